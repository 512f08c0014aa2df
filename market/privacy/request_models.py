"""What a person may ask about the own data, the answer, and refusals. Source: 个人信息保护法 44 to 50."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.cases.casework.models import CaseOutcome, CaseState
from market.kernel import Refusal

MAX_DETAIL_LENGTH = 500
MAX_OPEN_REQUESTS = 5
PROVINCE_CODE = "130000000000"
"""The division of a request that the platform answers."""


class DataRequestKind(StrEnum):
    """What is asked: a correction, erasure, an explanation, a copy of the county's register, or it is a complaint."""

    CORRECT = "correct"
    ERASE = "erase"
    EXPLAIN = "explain"
    COPY = "copy"
    COMPLAIN = "complain"


REQUEST_NAMES = {
    DataRequestKind.CORRECT: "更正：写错了",
    DataRequestKind.ERASE: "删除：不该再留着",
    DataRequestKind.EXPLAIN: "说明：为什么有、给谁看过",
    DataRequestKind.COPY: "县里名册上我家的那份",
    DataRequestKind.COMPLAIN: "投诉：信息被乱用、不让看、不给改",
}


class DataField(StrEnum):
    """What is wrong, of a correction; the name of somebody who does not sell is corrected at once without a request."""

    NAME = "name"
    PHONE = "phone"
    IDENTITY = "identity"
    HOUSEHOLD = "household"
    LINE = "line"
    BILL = "bill"
    OTHER = "other"


FIELD_NAMES = {
    DataField.NAME: "姓名",
    DataField.PHONE: "电话",
    DataField.IDENTITY: "身份证号",
    DataField.HOUSEHOLD: "家里几口人、户主",
    DataField.LINE: "减免的号码",
    DataField.BILL: "减免的数目",
    DataField.OTHER: "别的",
}


class NewDataRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request: to the county of `village_code`, or to the platform without one."""

    kind: DataRequestKind
    text: Annotated[str, Meta(max_length=2 * MAX_DETAIL_LENGTH)]
    field: DataField | None = None
    village_code: Annotated[str, Meta(max_length=12)] = ""


class DataRequestFields(Struct, frozen=True, kw_only=True):
    """What a request has besides what is sealed. `assignee` is who answers now, None if nobody does."""

    case_id: UUID
    number: int
    kind: DataRequestKind
    field: str
    division: str
    county_code: str
    state: CaseState
    outcome: CaseOutcome | None
    assignee: str | None
    received_at: datetime
    due_at: datetime
    closed_at: datetime | None


class DataRequest(DataRequestFields, frozen=True, kw_only=True):
    """A request with its words, None once the account is closed, and the answer, empty before."""

    text: str | None
    answer: str


class DataRequestInvalid(Refusal):
    """Fields of a request or its answer are missing or wrong; `errors` names each."""

    code = "data_request_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields of the request are missing or wrong; see errors."


class TooManyDataRequests(Refusal):
    """A person has at most `MAX_OPEN_REQUESTS` requests that are not answered."""

    code = "too_many_data_requests"
    status = 429
    zh = f"您有 {MAX_OPEN_REQUESTS} 件还在办，办完再写新的；着急请打电话。"
    en = f"At most {MAX_OPEN_REQUESTS} requests of a person can be open at the same time."
