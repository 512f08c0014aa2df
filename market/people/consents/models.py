"""Purposes and texts of consents, and refusals. Source: 个人信息保护法 13 to 17."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.kernel import Refusal


class ConsentPurpose(StrEnum):
    """What a person consents to: to be shown in a story of the village, to warnings of the county by SMS."""

    STORY = "story"
    WARNING_SMS = "warning_sms"


CONSENT_VERSION = 1
CONSENT_TEXTS = {
    (ConsentPurpose.STORY, 1): "我同意：这篇村里的故事写到我、照片里有我，放在乡集上，谁都能看。"
    "随时可以撤回，撤回马上就看不到。",
    (ConsentPurpose.WARNING_SMS, 1): "我同意：县里发防骗提醒时，也用短信告诉我。随时可以撤回，撤回就不再发。",
}
"""What is consented to, by version; a new text is a new version."""


class PurposeConsent(Struct, frozen=True, kw_only=True):
    """A consent that stands, and since when; `subject_id` is the story of a consent to be shown in it."""

    id: UUID
    purpose: ConsentPurpose
    subject_id: UUID | None
    text_version: int
    given_at: datetime


class ConsentGivenBefore(Refusal):
    """The person consented to this before, and did not withdraw it."""

    code = "consent_given_before"
    zh = "您已经同意过，没有撤回。"
    en = "The person consented to this before, and did not withdraw it."
