"""States, limits and refusals of stories, warnings and reports."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.cases.casework.models import CaseOutcome, CaseState
from market.kernel import Refusal

MAX_TITLE_LENGTH, MIN_STORY_LENGTH, MAX_STORY_LENGTH = 40, 20, 2000
MAX_PHOTOS, MAX_PEOPLE = 3, 5
MAX_OPEN_STORIES = 5
MAX_REASON_LENGTH = 300
MAX_WARNING_LENGTH, MIN_WARNING_LENGTH = 50, 6
MAX_WARNING_DAYS = 92
MAX_TOLD = 500
"""How many people a warning is sent to by SMS at most; the pages show it to everybody."""
MAX_REPORT_LENGTH = 300
MAX_OPEN_REPORTS = 10


class StoryState(StrEnum):
    """Where a story is: written, consented to by everybody shown, published, or hidden for good."""

    DRAFT = "draft"
    CONSENTED = "consented"
    LIVE = "live"
    HIDDEN = "hidden"


class HiddenFor(StrEnum):
    """Why a story is hidden: a consent ended, its author took it back, or an official says why."""

    CONSENT = "consent"
    AUTHOR = "author"
    MODERATOR = "moderator"


class PaperConsent(Struct, frozen=True, kw_only=True):
    """Somebody without a telephone who signed on paper, which the station keeps."""

    name: Annotated[str, Meta(max_length=60)]
    given_on: date


class NewStory(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A story as it is written; `phones` are of those whom it shows, `papers` of those who signed on paper."""

    village_code: Annotated[str, Meta(max_length=12)]
    title: Annotated[str, Meta(max_length=2 * MAX_TITLE_LENGTH)]
    text: Annotated[str, Meta(max_length=2 * MAX_STORY_LENGTH)]
    photo_ids: Annotated[list[UUID], Meta(max_length=MAX_PHOTOS)] = []
    phones: Annotated[list[str], Meta(max_length=MAX_PEOPLE)] = []
    papers: Annotated[list[PaperConsent], Meta(max_length=MAX_PEOPLE)] = []


class Story(Struct, frozen=True, kw_only=True):
    """A story. `shown` is whom it shows, `agreed` how many of them consent; `photos` are names in the store."""

    id: UUID
    number: int
    village_code: str
    village: str
    county_code: str
    author_id: UUID
    by_station: bool
    title: str
    text: str
    state: StoryState
    written_at: datetime
    reason: str
    hidden_for: HiddenFor | None
    photos: list[str]
    shown: int
    agreed: int


class PublicStory(Struct, frozen=True, kw_only=True):
    """A published story as everybody reads it: of which village, by a villager or the station, and nobody's name."""

    number: int
    village: str
    village_code: str
    by_station: bool
    title: str
    text: str
    written_on: date
    photos: list[str]


class WarningReason(StrEnum):
    """What the fraud is about."""

    CODE = "code"
    TRANSFER = "transfer"
    SUBSIDY = "subsidy"
    ORDER = "order"
    LOAN = "loan"
    PARCEL = "parcel"
    OTHER = "other"


class NewWarning(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A warning of a county, both days included; `sms`: it is also sent to those who consented."""

    reason: WarningReason
    text: Annotated[str, Meta(max_length=200)]
    first: date
    last: date
    sms: bool = False


class FraudWarning(Struct, frozen=True, kw_only=True):
    """A warning that a county published, both days included; `told` is how many got it by SMS."""

    id: UUID
    county_code: str
    reason: WarningReason
    text: str
    first: date
    last: date
    published_at: datetime
    told: int
    ended: bool


class ReportedKind(StrEnum):
    """What is reported; messages are reported in their conversation."""

    LISTING = "listing"
    REVIEW = "review"
    STORY = "story"


class ReportReason(StrEnum):
    """Why something is reported."""

    FRAUD = "fraud"
    FALSE = "false"
    MEDICAL = "medical"
    PITY = "pity"
    INSULT = "insult"
    PRIVACY = "privacy"
    ILLEGAL = "illegal"


class NewReport(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A report: of a listing or story by its number, or a review by its id; the reason is required."""

    kind: ReportedKind
    reference: Annotated[str, Meta(max_length=40)]
    reason: ReportReason
    text: Annotated[str, Meta(max_length=2 * MAX_REPORT_LENGTH)] = ""


class ReportFields(Struct, frozen=True, kw_only=True):
    """What a report has besides what is sealed; `subject_id` and `about` are of what it reports."""

    case_id: UUID
    number: int
    kind: ReportedKind
    reason: ReportReason
    subject_id: UUID
    about: str
    path: str
    county_code: str
    state: CaseState
    outcome: CaseOutcome | None
    assignee: str | None
    received_at: datetime
    due_at: datetime


class ContentReport(ReportFields, frozen=True, kw_only=True):
    """A report with the reporter's words and the answer; who reported is in neither."""

    text: str
    answer: str


class StoryInvalid(Refusal):
    """Fields of a story, a warning or a decision are missing or wrong; `errors` names each."""

    code = "content_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are missing or wrong; see errors."


class StoryNotMovable(Refusal):
    """The story is in another state, or somebody whom it shows does not consent any more."""

    code = "story_not_movable"
    zh = "这篇故事已经有了变化：有人撤回了同意，或者别人先办了。请看最新的。"
    en = "The story has changed meanwhile: a consent was withdrawn, or somebody else decided."


class TooManyStories(Refusal):
    """A person has at most `MAX_OPEN_STORIES` stories that are not published; a hidden one counts for a day."""

    code = "too_many_stories"
    status = 429
    zh = f"您有 {MAX_OPEN_STORIES} 篇还没登，或者这一天里撤下了；登了，或者过一天再写。"
    en = f"At most {MAX_OPEN_STORIES} stories of a person can wait at the same time; a hidden one counts for a day."


class ReportedBefore(Refusal):
    """The person reported it before, and it is not answered."""

    code = "reported_before"
    zh = "您举报过，还在办，一个工作日里答复。"
    en = "The person reported it before, and it is not answered yet."


class TooManyReports(Refusal):
    """A person has at most `MAX_OPEN_REPORTS` reports that are not answered."""

    code = "too_many_content_reports"
    status = 429
    zh = f"您有 {MAX_OPEN_REPORTS} 件举报还在办，办完再写新的；着急拨 96110。"
    en = f"At most {MAX_OPEN_REPORTS} reports of a person can be open at the same time."
