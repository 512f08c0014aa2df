"""我的信息 on the desk: the request of a person about the own data, and its answer; never the copy."""

from market.cases.casework.models import CaseOutcome
from market.cases.casework.moves import get_person_scope
from market.kernel import FieldFault
from market.privacy.request_models import MAX_DETAIL_LENGTH, DataRequest, DataRequestInvalid
from market.privacy.requests import answer_data_request, get_data_request
from market.service.web.account.data_requests import describe_data_request
from market.service.web.desk.aftersales.decisions import DecidedCase, DecidedKind, Decision, make_decision_routes

_CHOICES = [
    (CaseOutcome.SOLVED.value, "照办了"),
    (CaseOutcome.UNSOLVED.value, "不能办，写清为什么"),
    (CaseOutcome.NOT_OURS.value, "不归这里管，写清找谁"),
]


def _view(found: DataRequest) -> DecidedCase:
    return DecidedCase(
        name="我的信息", number=found.number, about=found.division or "平台", due_at=found.due_at, due="前答复",
        facts=[*describe_data_request(found)[:2], "资料本人自己看、自己存，这里看不到。"], asks="",
        more={"choices": _CHOICES, "most": MAX_DETAIL_LENGTH, "readers": "本人看得到；要改名册的，照名册的办法改"},
    )  # fmt: skip


async def _decide(asked: Decision[DataRequest]) -> None:
    outcome = next((each for each in CaseOutcome if each == asked.form.get_text("outcome")), None)
    if outcome is None:
        raise DataRequestInvalid(errors=(FieldFault("outcome", "请选办得怎么样"),))
    async with asked.db.transaction(scope=get_person_scope(asked.actor)) as conn:
        await answer_data_request(
            conn, asked.seal, asked.actor, asked.case_id, outcome=outcome, text=asked.form.get_text("text"),
            now=asked.now,
        )  # fmt: skip


ROUTES = make_decision_routes(
    DecidedKind(
        path="data-requests", template="complaint.html", fields=("outcome", "text"), read=get_data_request,
        view=_view, decide=_decide,
    )
)  # fmt: skip
