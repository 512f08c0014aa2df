"""The case of a month, its codes and its faults.

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
MAX_COUNT = 2**53 - 1
"""The largest count (of days, of tiers). Source: RFC 8785, 3.2.2.3: larger ones have no exact canonical form."""


class TermsKind(StrEnum):
    """How the terms of a programme turn a charge into a full-month amount."""

    PERCENT_OFF = "percent_off"
    FIXED = "fixed"


class Proration(StrEnum):
    """Whether every payable day counts or only the 1st of the month."""

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
    """The days without use until the notice, and from the notice until the removal."""

    idle_days: int
    cure_days: int


class Programme(Struct, frozen=True, gc=False):
    """A programme with all versions of its terms; `idle` is set if it ends idle lines."""

    code: str
    proration: Proration
    idle: IdleRule | None
    terms: tuple[Terms, ...]


class CaseHousehold(Struct, frozen=True, gc=False):
    """A household and its budget tier; smaller tiers are funded first."""

    id: str
    tier: int


class Membership(Struct, frozen=True, gc=False, rename={"household": "id", "start": "from"}):
    """The household to which a line's person belongs from `start` until `until`, exclusive."""

    household: str
    start: date
    until: date | None


class ActiveSpan(Struct, frozen=True, gc=False, rename={"start": "from"}):
    """Days on which a line is bound, or paused; the day of a transfer belongs to the new operator."""

    start: date
    until: date | None


class MonthlyCharge(Struct, frozen=True, gc=False, rename={"start": "from"}):
    """A line's monthly charge before the reduction, in force from `start` until `until`, exclusive."""

    start: date
    until: date | None
    monthly_fen: Fen


class CaseLine(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """A mobile number or broadband account of one programme; `claimed_fen` is the reduction that its operator claims.

    `settled_fen` is the sum settled before for this line and month, or null. `paused` has the days between two active
    ones on which the reduction was paused; it is the only key that may be missing, and is missing where it is empty.
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
    paused: tuple[ActiveSpan, ...] = ()


class Case(Struct, frozen=True, gc=False):
    """The complete input of one month of one county; `month` is written `2019-04`."""

    month: str
    budget_fen: Fen | None
    programmes: tuple[Programme, ...]
    households: tuple[CaseHousehold, ...]
    lines: tuple[CaseLine, ...]


class CaseFault(Struct, frozen=True, order=True):
    """A fault at a path of a case; the message states what is required."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class BadCase(Exception):
    """The case cannot be calculated; `faults` lists every fault in the order of the case.

    Beyond 1,000 they are not listed: a last one, of path `$`, says how many there are.
    """

    def __init__(self, faults: Sequence[CaseFault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = list(faults)
