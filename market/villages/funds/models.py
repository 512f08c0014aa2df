"""Calls of a county, applications of its producers, and refusals."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.cases.casework.models import CaseOutcome, CaseState
from market.catalogue.producers.models import ProducerKind
from market.kernel import Fen, Refusal

FUND = "fund"
"""The category of the cases."""
MAX_NAME_LENGTH = 60
MAX_TEXT_LENGTH = 500
MAX_FEN = Fen(100_000_000_00)
MAX_CALLS = 200
MAX_APPLICATIONS = 500


class FundKind(StrEnum):
    """What a call gives."""

    FUND = "fund"
    LOAN = "loan"
    INCUBATOR = "incubator"
    COURSE = "course"


KIND_NAMES = {
    FundKind.FUND: "资金",
    FundKind.LOAN: "贷款",
    FundKind.INCUBATOR: "孵化场地",
    FundKind.COURSE: "培训名额",
}


class FundCall(Struct, frozen=True, kw_only=True):
    """A call. `amount_fen` is the most that one applicant gets, null if it is no money; `last` is its last day."""

    id: UUID
    number: int
    county_code: str
    name: str
    department: str
    kind: FundKind
    amount_fen: Fen | None
    first: date
    last: date
    basis: str


class CountedCall(FundCall, frozen=True, kw_only=True):
    """A call with what came of it: how many applied, how many were granted something, and the sum of that."""

    applied: int
    granted: int
    granted_fen: Fen


class Snapshot(Struct, frozen=True, kw_only=True):
    """What the market knew of a producer when it applied, which is not typed.

    `sold_fen` are the goods, stays and activities of the year before that buyers received, without refunds, and
    `orders` how many; `certificates` are the kinds that are verified and valid.
    """

    name: str
    kind: ProducerKind
    village: str
    produce: str
    opened_on: date
    orders: int
    sold_fen: Fen
    certificates: list[str]


class NewFundApplication(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An application: for which producer, how much, and what it is for."""

    producer_id: UUID
    wanted_fen: Annotated[Fen, Meta(ge=1, le=MAX_FEN)] | None = None
    text: Annotated[str, Meta(max_length=2 * MAX_TEXT_LENGTH)]


class ApplicationFields(Struct, frozen=True, kw_only=True):
    """What an application has besides its sealed texts. `answered_on` is the day of the decision."""

    case_id: UUID
    number: int
    call: str
    call_number: int
    kind: FundKind
    amount_fen: Fen | None
    producer: str
    producer_id: UUID
    county_code: str
    snapshot: Snapshot
    wanted_fen: Fen | None
    granted_fen: Fen | None
    state: CaseState
    outcome: CaseOutcome | None
    assignee: str | None
    received_at: datetime
    due_at: datetime
    closed_at: datetime | None


class Application(ApplicationFields, frozen=True, kw_only=True):
    """An application with what it is for, and the reason of the decision, empty before."""

    text: str
    reason: str


class FundInvalid(Refusal):
    """Fields of an application or a decision are missing or wrong; `errors` names each."""

    code = "fund_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields of the application are missing or wrong; see errors."


class CallClosed(Refusal):
    """The call has not begun or has ended, or is of another county than the producer."""

    code = "call_closed"
    zh = "这一项现在不收申请：还没开始、已经截止，或者不是您店所在县的。"
    en = "The call takes no applications now, or is of another county than the producer."


class FundAppliedBefore(Refusal):
    """A producer applies once to a call."""

    code = "fund_applied_before"
    zh = "这家店已经申请过这一项。"
    en = "The producer applied to this call before."
