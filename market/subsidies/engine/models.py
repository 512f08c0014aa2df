"""What a case of a month says, what its answer says, and the faults of a case.

Attribute names are those of the JSON contract, but for `from`, a keyword of Python, which is `start` here, and a
membership's `id`, which is its `household`. Lists of a read case are in one order: programmes by code, households and
lines by id, everything with a `start` by it, days of use ascending without a double; funders as listed, for their
order decides ties.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from operator import attrgetter

import msgspec
from msgspec import Struct

from payments.money import Fen

MAX_FEN = 10**12
"""The largest sum of a case, in fen."""
WHOLE_BP = 10_000
"""All of it, in basis points."""
MAX_COUNT = 2**53 - 1
"""The largest count (of days, of tiers). Source: RFC 8785, 3.2.2.3: larger ones have no exact canonical form."""


class Kind(StrEnum):
    """How a programme's terms make the full-month amount of a charge."""

    PERCENT_OFF = "percent_off"
    FIXED = "fixed"


class Proration(StrEnum):
    """Whether payable days count, or only the first of the month."""

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


class Reason(StrEnum):
    """Why a line's figure is what it is, in the order in which they are told."""

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


class FunderShare(Struct, frozen=True, gc=False):
    """One funder of the terms and its part of the whole."""

    funder: Funder
    share_bp: int


class Terms(Struct, frozen=True, gc=False, rename={"start": "from"}):
    """One version of a programme's standard (补贴标准), in force from `start` until `until`, exclusive."""

    start: date
    until: date | None
    kind: Kind
    household_pays_bp: int | None
    fixed_fen: Fen | None
    line_cap_fen: Fen | None
    household_cap_fen: Fen | None
    funders: tuple[FunderShare, ...]


class Idle(Struct, frozen=True, gc=False):
    """After how many days without use a line gets its notice, and after how many more it is removed."""

    idle_days: int
    cure_days: int


class Programme(Struct, frozen=True, gc=False):
    """A programme with all versions of its terms; `idle` only where use is the proof of life."""

    code: str
    proration: Proration
    idle: Idle | None
    terms: tuple[Terms, ...]


class Household(Struct, frozen=True, gc=False):
    """A household and its tier in the budget; a smaller tier is served first."""

    id: str
    tier: int


class Membership(Struct, frozen=True, gc=False, rename={"household": "id", "start": "from"}):
    """The household to which a line's person belongs from `start` until `until`, exclusive."""

    household: str
    start: date
    until: date | None


class Active(Struct, frozen=True, gc=False, rename={"start": "from"}):
    """Days on which a line is bound; the day of a transfer belongs to the new operator."""

    start: date
    until: date | None


class Charge(Struct, frozen=True, gc=False, rename={"start": "from"}):
    """A line's monthly charge before the reduction, in force from `start` until `until`, exclusive."""

    start: date
    until: date | None
    monthly_fen: Fen


class Line(Struct, frozen=True, gc=False):
    """A mobile number or broadband account of one programme; `claimed_fen` is what its operator says it reduced.

    `settled_fen` is what was settled for this line and month before, null when nothing was.
    """

    id: str
    programme: str
    operator: str
    in_snapshot: bool
    households: tuple[Membership, ...]
    active: tuple[Active, ...]
    charges: tuple[Charge, ...]
    used_on: tuple[date, ...]
    claimed_fen: Fen | None
    settled_fen: Fen | None


class Case(Struct, frozen=True, gc=False):
    """Everything from which one month of one county is calculated; `month` is written `2019-04`."""

    month: str
    budget_fen: Fen | None
    programmes: tuple[Programme, ...]
    households: tuple[Household, ...]
    lines: tuple[Line, ...]


class AnswerLine(Struct, frozen=True, gc=False):
    """What one line gets of the month, who bears it, why, and how it was counted."""

    id: str
    entitled_fen: Fen
    funded_fen: Fen
    approved_fen: Fen
    over_fen: Fen
    under_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    shares: Mapping[Funder, Fen]
    adjustment_fen: Fen | None
    reasons: tuple[Reason, ...]
    removed_on: date | None
    trace: tuple[str, ...]


class Totals(Struct, frozen=True, gc=False):
    """The sums of all lines; `adjustment_fen` is that of the lines settled before."""

    entitled_fen: Fen
    funded_fen: Fen
    approved_fen: Fen
    over_fen: Fen
    under_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    shares: Mapping[Funder, Fen]
    adjustment_fen: Fen


class Answer(Struct, frozen=True, gc=False):
    """The month's result; lines are in the order of their ids, by code point."""

    month: str
    manifest_sha256: str
    result_sha256: str
    lines: tuple[AnswerLine, ...]
    totals: Totals

    def line(self, line_id: str) -> AnswerLine:
        """Return the line's answer.

        Raises:
            KeyError: the case has no such line.
        """
        at = bisect_left(self.lines, line_id, key=attrgetter("id"))
        if at == len(self.lines) or self.lines[at].id != line_id:
            raise KeyError(line_id)
        return self.lines[at]

    def to_json(self) -> bytes:
        """Return the answer as JSON in the shape of the contract, indented for people."""
        return msgspec.json.format(msgspec.json.encode(self), indent=1)


class Fault(Struct, frozen=True, order=True):
    """What is wrong at one place of a case, and what would be right."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


class BadCase(Exception):  # noqa: N818 - an answer about the input, not our error
    """The case cannot be calculated; `faults` names every place, in the order of the case."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = list(faults)
