"""Mediations: an official of the county proposes a share; if the sides do not agree, the platform decides."""

from market.cases.casework.models import CaseState
from market.cases.casework.moves import get_person_scope
from market.people.identity.models import Role
from market.sales.mediation.agree import propose_share
from market.sales.mediation.end import decide_mediation
from market.sales.mediation.models import MAX_MEDIATION_TEXT_LENGTH
from market.sales.mediation.views import Mediation, get_mediation
from market.service.web.desk.aftersales.decisions import DecidedCase, DecidedKind, Decision, make_decision_routes
from market.service.web.forms import parse_integer
from market.service.web.shop.aftersales.mediation import describe_mediation

_WHOLE = 100


def _view(mediation: Mediation) -> DecidedCase:
    decides = mediation.assignee == Role.PLATFORM
    proposed = mediation.proposed_bp is not None and not decides
    return DecidedCase(
        name="调解", number=mediation.number, title=mediation.title, about=mediation.producer,
        due_at=mediation.due_at, due="前有结果", facts=describe_mediation(mediation),
        open=mediation.state is CaseState.ASSIGNED and not proposed,
        more={"decides": decides, "amount_fen": mediation.amount_fen, "most": MAX_MEDIATION_TEXT_LENGTH},
    )  # fmt: skip


async def _decide(asked: Decision[Mediation]) -> None:
    share = parse_integer(asked.form.get_text("share"), maximum=_WHOLE)
    share_bp, reason = -1 if share is None else share * _WHOLE, asked.form.get_text("reason")
    if asked.found.assignee == Role.PLATFORM:
        await decide_mediation(
            asked.db, asked.gateway, asked.seal, asked.actor, asked.case_id,
            share_bp=share_bp, reason=reason, now=asked.now,
        )  # fmt: skip
        return
    async with asked.db.transaction(scope=get_person_scope(asked.actor)) as conn:
        await propose_share(
            conn, asked.seal, asked.actor, asked.case_id, share_bp=share_bp, reason=reason, now=asked.now
        )


ROUTES = make_decision_routes(
    DecidedKind(
        path="mediations", template="mediation.html", fields=("share", "reason"), read=get_mediation, view=_view,
        decide=_decide,
    )
)  # fmt: skip
