"""Job postings, applications, and refusals."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.kernel import Fen, Refusal

MAX_POSITIONS = 500
MAX_WAGE_FEN = 100_000_00
MAX_DAYS = 366
"""How long a posting is valid at most."""
MAX_TITLE_LENGTH, MAX_NOTE_LENGTH, MAX_REASON_LENGTH = 30, 300, 200
MAX_OPEN_POSTINGS = 20
MAX_OPEN_APPLICATIONS = 10
CONTACT_DAYS = 30
"""How long after the end of a posting its employer reads who applied."""


class WagePer(StrEnum):
    """What the wage is paid for."""

    DAY = "day"
    MONTH = "month"
    PIECE = "piece"


PER_NAMES = {WagePer.DAY: "天", WagePer.MONTH: "月", WagePer.PIECE: "件"}


class PostingState(StrEnum):
    """Where a posting is; a live one whose period is over has expired."""

    DRAFT = "draft"
    LIVE = "live"
    REFUSED = "refused"
    FILLED = "filled"
    ENDED = "ended"


POSTING_STATES = {
    PostingState.DRAFT: "等县里核", PostingState.LIVE: "在招", PostingState.REFUSED: "退回了",
    PostingState.FILLED: "招满了", PostingState.ENDED: "停了",
}  # fmt: skip


class ApplicationState(StrEnum):
    """Where an application is: the employer says that it hired, and the worker confirms or denies it."""

    APPLIED = "applied"
    WITHDRAWN = "withdrawn"
    HIRED = "hired"
    CONFIRMED = "confirmed"
    DENIED = "denied"


class NewPosting(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A posting as a member of the organisation writes it; both days are included, wages are in fen."""

    title: Annotated[str, Meta(max_length=200)]
    village_code: Annotated[str, Meta(max_length=12)]
    positions: int
    wage_min_fen: Fen
    wage_max_fen: Fen
    per: WagePer
    first: date
    last: date
    note: Annotated[str, Meta(max_length=1000)] = ""


class JobPosting(Struct, frozen=True, kw_only=True):
    """A posting with how many applied, were hired, and confirmed that they were; both days are included."""

    id: UUID
    organisation_id: UUID
    organisation: str
    village_code: str
    village: str
    title: str
    note: str
    positions: int
    wage_min_fen: Fen
    wage_max_fen: Fen
    per: WagePer
    first: date
    last: date
    state: PostingState
    reason: str
    applied: int
    hired: int
    confirmed: int


class PublicPosting(Struct, frozen=True, kw_only=True):
    """A live posting as everybody reads it; `open` positions are left."""

    id: UUID
    organisation: str
    village_code: str
    village: str
    title: str
    note: str
    positions: int
    open: int
    wage_min_fen: Fen
    wage_max_fen: Fen
    per: WagePer
    first: date
    last: date


class Applicant(Struct, frozen=True, kw_only=True):
    """Who applied, as the employer reads it with the applicant's consent; without a telephone once it is long over."""

    id: UUID
    name: str
    phone: str
    state: ApplicationState
    consented_at: datetime
    hired_on: date | None


class OwnJobApplication(Struct, frozen=True, kw_only=True):
    """An application of a person."""

    id: UUID
    posting_id: UUID
    title: str
    organisation: str
    village: str
    state: ApplicationState
    consented_at: datetime
    hired_on: date | None


class PostingInvalid(Refusal):
    """Fields of a posting, an application or a decision are invalid; `errors` lists each."""

    code = "posting_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class PostingOwnChecker(Refusal):
    """Who wrote a posting, or is a member of its organisation, does not check it."""

    code = "posting_own_checker"
    status = 403
    zh = "自己写的、自己单位的招工，要另一个人来核。"
    en = "Another person has to check this posting."


class PostingNotOpen(Refusal):
    """The posting is not where this is possible: it is not live, is filled, over, or was decided before."""

    code = "posting_not_open"
    zh = "这个招工现在不能这样办：没核过、招满了、停了，或者已经有人办过。"
    en = "The state of the posting does not allow this."


class AppliedBefore(Refusal):
    """The person applied before."""

    code = "applied_before"
    zh = "您报过这个了。"
    en = "You have applied for this before."
