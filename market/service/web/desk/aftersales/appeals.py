"""Appeals of reviews that the platform decides."""

from market.cases.casework.models import CaseState
from market.cases.casework.moves import get_person_scope
from market.kernel import FieldFault
from market.sales.reviews.appeal import decide_appeal
from market.sales.reviews.appeal_views import ReviewAppeal, get_appeal
from market.sales.reviews.models import HIDING_REASON_NAMES, HidingReason, InvalidAppeal
from market.service.web.desk.aftersales.decisions import DecidedCase, DecidedKind, Decision, make_decision_routes

_SHOWN = "show"
_CHOICES = [
    (_SHOWN, "照样显示"),
    *((each.value, f"文字和照片不显示：{words}") for each, words in HIDING_REASON_NAMES.items()),
]


def _view(appeal: ReviewAppeal) -> DecidedCase:
    facts = [
        f"评价：{appeal.rating} 分。{appeal.review or '没写字'}",
        f"卖家说：{HIDING_REASON_NAMES[appeal.claimed]}。{appeal.text}",
    ]
    return DecidedCase(
        name="评价申诉", number=appeal.number, title=appeal.title, about=appeal.producer, due_at=appeal.due_at,
        facts=facts + ([f"答复：{appeal.decision}"] if appeal.decision else []), asks="问卖家、延期",
        open=appeal.state is CaseState.ASSIGNED, more={"choices": _CHOICES},
    )  # fmt: skip


async def _decide(asked: Decision[ReviewAppeal]) -> None:
    decision, reason = asked.form.get_text("decision"), asked.form.get_text("reason")
    hide_for = next((each for each in HidingReason if each == decision), None)
    if hide_for is None and decision != _SHOWN:
        raise InvalidAppeal(errors=(FieldFault("decision", "请选怎么定"),))
    async with asked.db.transaction(scope=get_person_scope(asked.actor)) as conn:
        await decide_appeal(
            conn, asked.seal, asked.actor, asked.case_id, hide_for=hide_for, reason=reason, now=asked.now
        )


ROUTES = make_decision_routes(
    DecidedKind(
        path="appeals", template="appeal.html", fields=("decision", "reason"), read=get_appeal, view=_view,
        decide=_decide,
    )
)  # fmt: skip
