"""Notices of public benefit and refusals."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.kernel import Refusal
from market.places.organisations.models import OrganisationKind

MAX_NOTICE_TITLE, MAX_PLACE, MAX_NOTICE_NOTE, MAX_NOTICE_REASON = 30, 60, 300, 200
MAX_NOTICE_DAYS = 92
MAX_OPEN_NOTICES = 10
MAX_NOTICES = 100
ORGANISERS = frozenset({
    OrganisationKind.CHARITY, OrganisationKind.CLINIC, OrganisationKind.PUBLIC_UNIT, OrganisationKind.ORGANISER,
})  # fmt: skip
"""The kinds of organisations that do such work; a company employs, and gives no notices."""


class NoticeKind(StrEnum):
    """What a notice asks people to come to."""

    BLOOD = "blood"
    SCHOOL = "school"
    VISIT = "visit"
    GOODS = "goods"
    OTHER = "other"


NOTICE_NAMES = {
    NoticeKind.BLOOD: "献血", NoticeKind.SCHOOL: "助学", NoticeKind.VISIT: "看望老人", NoticeKind.GOODS: "旧衣旧书",
    NoticeKind.OTHER: "别的公益活动",
}  # fmt: skip


class NoticeState(StrEnum):
    """Where a notice is; a live one whose period is over is not shown any more."""

    DRAFT = "draft"
    LIVE = "live"
    REFUSED = "refused"
    ENDED = "ended"


NOTICE_STATES = {
    NoticeState.DRAFT: "等县里核", NoticeState.LIVE: "核过了", NoticeState.REFUSED: "退回了", NoticeState.ENDED: "停了",
}  # fmt: skip


class NewNotice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A notice as its organiser writes it; both days are included. It has no field for money."""

    kind: NoticeKind
    title: Annotated[str, Meta(max_length=200)]
    village_code: Annotated[str, Meta(max_length=12)]
    place: Annotated[str, Meta(max_length=300)]
    first: date
    last: date
    note: Annotated[str, Meta(max_length=1500)] = ""


class PublicNotice(Struct, frozen=True, kw_only=True):
    """A notice as anybody reads it."""

    id: UUID
    kind: NoticeKind
    title: str
    organisation: str
    village_code: str
    village: str
    place: str
    note: str
    first: date
    last: date


class OwnNotice(PublicNotice, frozen=True, kw_only=True):
    """A notice as its organiser and the county see it."""

    organisation_id: UUID
    state: NoticeState
    reason: str
    added_at: datetime


class NoticeInvalid(Refusal):
    """Fields of a notice are invalid, or ask for money; `errors` lists each."""

    code = "charity_notice_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class NoticeOwnChecker(Refusal):
    """Who wrote a notice, or is of its organisation, does not check it."""

    code = "charity_notice_own_checker"
    status = 403
    zh = "这是您自己的单位的，要另一个人来核。"
    en = "You wrote this notice, or are of its organisation; another person checks it."


class NoticeNotOpen(Refusal):
    """It was checked before, has ended, or is over."""

    code = "charity_notice_not_open"
    zh = "已经有了变化，请看最新的情况。"
    en = "The notice was checked, ended or is over."
