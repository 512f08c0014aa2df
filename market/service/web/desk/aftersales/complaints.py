"""Complaints that the county or the platform answers."""

from uuid import UUID

from msgspec import Struct

from market.cases.casework.models import CaseOutcome, CaseState
from market.cases.casework.moves import get_person_scope
from market.catalogue.trace.packed import PackedLot, list_packed_lots
from market.kernel import Connection, FieldFault
from market.kernel.seal import Seal
from market.sales.complaints.complain import ANSWERS, answer_complaint
from market.sales.complaints.models import MAX_COMPLAINT_LENGTH, InvalidComplaint
from market.sales.complaints.views import Complaint, get_complaint
from market.service.web.desk.aftersales.decisions import DecidedCase, DecidedKind, Decision, make_decision_routes
from market.service.web.farm.trace.packed import describe_packed_lot
from market.service.web.shop.aftersales.complaints import OUTCOME_NAMES

_CHOICES = [(each.value, words) for each, words in OUTCOME_NAMES.items() if each in ANSWERS]
_OF_BUYER = "complaint_buyer"


class _Complained(Struct, frozen=True):
    """A complaint, and the lots of which labels are on the parcel."""

    complaint: Complaint
    lots: list[PackedLot]

    @property
    def assignee(self) -> str:
        return self.complaint.assignee

    @property
    def county_code(self) -> str:
        return self.complaint.county_code


async def _read(conn: Connection, seal: Seal, case_id: UUID) -> _Complained | None:
    complaint = await get_complaint(conn, seal, case_id)
    return complaint and _Complained(complaint, await list_packed_lots(conn, complaint.suborder_id))


def _view(found: _Complained) -> DecidedCase:
    complaint = found.complaint
    of_buyer = complaint.category == _OF_BUYER
    facts = [f"{'卖家' if of_buyer else '买家'}说：{complaint.text}"]
    facts += [f"贴的标签：{describe_packed_lot(each)}" for each in found.lots]
    return DecidedCase(
        name=complaint.name, number=complaint.number, about=f"{complaint.producer}，订单 {complaint.code}",
        due_at=complaint.due_at, due="前答复",
        facts=facts
        + ([f"上一次的答复：{complaint.answer}"] if complaint.answer else [])
        + ([f"请再看一次，因为：{complaint.reopened_for}"] if complaint.reopened_for else []),
        asks="问一句、延期、转上一级", open=complaint.state is CaseState.ASSIGNED,
        more={
            "choices": _CHOICES, "most": MAX_COMPLAINT_LENGTH,
            "readers": "举报的人看得到" if of_buyer else "买家看得到",
        },
    )  # fmt: skip


async def _decide(asked: Decision[_Complained]) -> None:
    typed, text = asked.form.get_text("outcome"), asked.form.get_text("text")
    outcome = next((each for each in CaseOutcome if each == typed), None)
    if outcome is None:
        raise InvalidComplaint(errors=(FieldFault("outcome", "请选办得怎么样"),))
    async with asked.db.transaction(scope=get_person_scope(asked.actor)) as conn:
        await answer_complaint(conn, asked.seal, asked.actor, asked.case_id, outcome=outcome, text=text, now=asked.now)


ROUTES = make_decision_routes(
    DecidedKind(
        path="complaints", template="complaint.html", fields=("outcome", "text"), read=_read, view=_view,
        decide=_decide,
    )
)  # fmt: skip
