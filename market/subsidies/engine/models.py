"""The case of a month, its codes, and the faults that a case can have.

Attribute names are those of the JSON contract, except `from`, a Python keyword, which is `start` here, and the `id` of
a membership, which is `household`. The lists of a read case are sorted: programmes by code, households and lines by
id, dated items by `start`, days of use ascending and unique; funders stay as listed, as their order decides ties.
"""

from collections.abc import Sequence
from datetime import date
from enum import StrEnum

from msgspec import Struct

from payments.money import Fen

MAX_FEN = 10**12
"""The largest amount in a case, in fen."""
WHOLE_BP = 10_000
"""One whole, in basis points."""
MAX_COUNT = 2**53 - 1
"""The largest count (of days, of tiers). Source: RFC 8785, 3.2.2.3: larger ones have no exact canonical form."""


class TermsKind(StrEnum):
    """How the terms of a programme turn a charge into a full-month amount."""

    PERCENT_OFF = "percent_off"
    FIXED = "fixed"


class Proration(StrEnum):
    """Whether every payable day counts, or only the 1st of the month."""

    DAILY = "daily"
    NONE = "none"


class Funder(StrEnum):
    """Who bears a part of the subsidy; the operator's part is its own concession (让利)."""

    OPERATOR = "operator"
    COUNTY = "county"
    PREFECTURE = "prefecture"
    PROVINCE = "province"
    CENTRAL = "central"
    OTHER = "other"


class ReasonCode(StrEnum):
    """Why a line's amount is what it is, in the order in which reasons are listed."""

    MATCHED = "MATCHED"
    REDUCED = "REDUCED"
    NO_USAGE_YET = "NO_USAGE_YET"
    IN_CURE = "IN_CURE"
    LOST_ELIGIBILITY = "LOST_ELIGIBILITY"
    SUSPENDED = "SUSPENDED"
    NOT_IN_SNAPSHOT = "NOT_IN_SNAPSHOT"
    NOT_BOUND = "NOT_BOUND"
    OVER_CHARGE = "OVER_CHARGE"
    DUPLICATE_OPERATOR = "DUPLICATE_OPERATOR"
    OVER_HOUSEHOLD_CAP = "OVER_HOUSEHOLD_CAP"
    UNFUNDED = "UNFUNDED"
    ENDED = "ENDED"


class CauseCode(StrEnum):
    """What `REDUCED` stands for where no reason code says it.

    `PART_OF_MONTH`: not every day of the month is payable. `NOT_ON_FIRST`: not payable on the 1st, without proration.
    `LINE_CAP`, `ABOVE_TERMS`: the claim is above the line cap, or above what the terms give.
    """

    PART_OF_MONTH = "PART_OF_MONTH"
    NOT_ON_FIRST = "NOT_ON_FIRST"
    LINE_CAP = "LINE_CAP"
    ABOVE_TERMS = "ABOVE_TERMS"


class FunderShare(Struct, frozen=True, gc=False):
    """One funder of the terms and its share."""

    funder: Funder
    share_bp: int


class Terms(Struct, frozen=True, gc=False, rename={"start": "from"}, kw_only=True):
    """One version of a programme's standard (补贴标准), in force from `start` until `until`, exclusive."""

    start: date
    until: date | None
    kind: TermsKind
    household_pays_bp: int | None
    fixed_fen: Fen | None
    line_cap_fen: Fen | None
    household_cap_fen: Fen | None
    funders: tuple[FunderShare, ...]


class IdleRule(Struct, frozen=True, gc=False, kw_only=True):
    """How many days without use lead to the notice, and how many more to the removal."""

    idle_days: int
    cure_days: int


class Programme(Struct, frozen=True, gc=False):
    """A programme with all versions of its terms; `idle` only where use is the proof of life."""

    code: str
    proration: Proration
    idle: IdleRule | None
    terms: tuple[Terms, ...]


class CaseHousehold(Struct, frozen=True, gc=False):
    """A household and its tier in the budget; a smaller tier is served first."""

    id: str
    tier: int


class Membership(Struct, frozen=True, gc=False, rename={"household": "id", "start": "from"}):
    """The household to which a line's person belongs from `start` until `until`, exclusive."""

    household: str
    start: date
    until: date | None


class ActiveSpan(Struct, frozen=True, gc=False, rename={"start": "from"}):
    """Days on which a line is bound; the day of a transfer belongs to the new operator."""

    start: date
    until: date | None


class MonthlyCharge(Struct, frozen=True, gc=False, rename={"start": "from"}):
    """A line's monthly charge before the reduction, in force from `start` until `until`, exclusive."""

    start: date
    until: date | None
    monthly_fen: Fen


class CaseLine(Struct, frozen=True, gc=False, kw_only=True):
    """A mobile number or broadband account of one programme; `claimed_fen` is what its operator says it reduced.

    `settled_fen` is what was settled for this line and month before, null when nothing was.
    """

    id: str
    programme: str
    operator: str
    in_snapshot: bool
    households: tuple[Membership, ...]
    active: tuple[ActiveSpan, ...]
    charges: tuple[MonthlyCharge, ...]
    used_on: tuple[date, ...]
    claimed_fen: Fen | None
    settled_fen: Fen | None


class Case(Struct, frozen=True, gc=False):
    """The complete input of one month of one county; `month` is written `2019-04`."""

    month: str
    budget_fen: Fen | None
    programmes: tuple[Programme, ...]
    households: tuple[CaseHousehold, ...]
    lines: tuple[CaseLine, ...]


class CaseFault(Struct, frozen=True, order=True):
    """A fault at one path of a case, and what is required there."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class BadCase(Exception):
    """The case cannot be calculated; `faults` lists every fault, in the order of the case."""

    def __init__(self, faults: Sequence[CaseFault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = list(faults)
