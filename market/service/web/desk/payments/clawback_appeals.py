"""追缴申诉: the level above the county decides whether a decision against a household stands."""

from market.cases.casework.models import CaseState
from market.service.web.desk.aftersales.decisions import DecidedCase, DecidedKind, Decision, make_decision_routes
from market.service.web.ui.format import yuan
from market.subsidies.clawbacks.appeals import AppealRuling, ClawbackAppeal, get_appeal, rule_on_appeal
from market.subsidies.clawbacks.models import GROUND_NAMES

RULING_NAMES: dict[AppealRuling, str] = {
    AppealRuling.STANDS: "县里的决定对，维持",
    AppealRuling.ANNULLED: "撤销县里的决定",
}


def _view(appeal: ClawbackAppeal) -> DecidedCase:
    facts = [
        f"县里的决定：追缴 {yuan(appeal.amount_fen)} 元，{GROUND_NAMES[appeal.ground]}。",
        f"凭什么：{appeal.reason}",
        f"本人当时说：{appeal.statement}",
        f"县里的理由：{appeal.opinion}",
        f"申诉：{appeal.text}",
    ]
    return DecidedCase(
        name="追缴申诉", number=appeal.case_number, title=f"决定 {appeal.number}", about=f"农户 {appeal.household}",
        due_at=appeal.due_at, facts=facts + ([f"答复：{appeal.ruling}"] if appeal.ruling else []), asks="问、延期",
        open=appeal.state is CaseState.ASSIGNED,
        more={"choices": [(each.value, words) for each, words in RULING_NAMES.items()]},
    )  # fmt: skip


async def _decide(asked: Decision[ClawbackAppeal]) -> None:
    typed = asked.form.get_text("ruling")
    ruling = next((each for each in AppealRuling if each == typed), None)
    async with asked.db.transaction(scope=asked.found.county_code) as conn:
        await rule_on_appeal(
            conn, asked.seal, asked.actor, asked.case_id, ruling=ruling, text=asked.form.get_text("text"),
            now=asked.now,
        )  # fmt: skip


ROUTES = make_decision_routes(
    DecidedKind(
        path="clawback-appeals", template="clawback_appeal.html", fields=("ruling", "text"), read=get_appeal,
        view=_view, decide=_decide,
    )
)  # fmt: skip
