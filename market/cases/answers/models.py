"""Inquiries of citizens, what is published of them, and refusals."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.cases.casework.models import CaseOutcome, CaseState
from market.kernel import Refusal

MAX_INQUIRY_LENGTH = 1000
MAX_OPEN_INQUIRIES = 5
MAX_LISTED = 200


class InquiryKind(StrEnum):
    """What a citizen asks for; the category of the case."""

    INQUIRY = "inquiry"
    DISCLOSURE = "disclosure"


INQUIRY_NAMES = {InquiryKind.INQUIRY: "咨询", InquiryKind.DISCLOSURE: "申请信息公开"}


class NewInquiry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a citizen asks."""

    kind: InquiryKind
    text: Annotated[str, Meta(max_length=4000)]


class InquiryFields(Struct, frozen=True, kw_only=True):
    """What of an inquiry is not sealed: where it is, and what others read since `shared_at`."""

    case_id: UUID
    number: int
    kind: InquiryKind
    village_code: str
    village: str
    county_code: str
    state: CaseState
    outcome: CaseOutcome | None
    assignee: str | None
    received_at: datetime
    due_at: datetime
    extended_at: datetime | None
    closed_at: datetime | None
    public_text: str
    shared_at: datetime | None


class Inquiry(InquiryFields, frozen=True, kw_only=True):
    """An inquiry with its text, the answer, and why it was extended; the last two are empty without one."""

    text: str
    answer: str
    extension: str


class PublicInquiry(Struct, frozen=True, kw_only=True):
    """An inquiry as anybody reads it: nothing of who asked, nor of which village."""

    kind: InquiryKind
    text: str
    answer: str
    shared_at: datetime


class InquiryInvalid(Refusal):
    """Fields of an inquiry, its answer or its public words are invalid; `errors` lists each."""

    code = "inquiry_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class TooManyInquiries(Refusal):
    """The person has `MAX_OPEN_INQUIRIES` that are not answered."""

    code = "too_many_inquiries"
    status = 429
    zh = f"您问的还有 {MAX_OPEN_INQUIRIES} 件没有答复，答了再问。"
    en = f"{MAX_OPEN_INQUIRIES} of your inquiries are open."


class InquiryNotExtendable(Refusal):
    """Only an application for disclosure is extended."""

    code = "inquiry_not_extendable"
    zh = "只有信息公开申请能延期，咨询按期限答复。"
    en = "Only an application for disclosure can be extended."
