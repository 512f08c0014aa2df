"""The objections to a lead, on its page."""

from typing import Any

from market.kernel import Connection
from market.kernel.seal import Seal
from market.people.identity.access import has_role_for
from market.service.web.desk.context import DeskContext
from market.subsidies.intake.models import REPORTERS
from market.subsidies.intake.objection_models import ANSWER_NAMES, MAX_OBJECTION_LENGTH, OBJECTION_REASON_NAMES
from market.subsidies.intake.objections import list_objections
from market.subsidies.intake.views import Lead


async def build_objection_context(conn: Connection, seal: Seal, desk: DeskContext, lead: Lead) -> dict[str, Any]:
    """Return the objections to a lead, and whether the official writes one down: its notice runs today."""
    first, until = lead.notice_from, lead.notice_until
    return {
        "objections": [
            (
                desk.to(f"/desk/objections/{each.case_id}"),
                f"异议 {each.number}",
                f"{OBJECTION_REASON_NAMES[each.reason]}　{ANSWER_NAMES[each.answer] if each.answer else '等答复'}",
            )
            for each in await list_objections(conn, seal, lead.id)
        ],
        "objects": lead.state in {"noticed", "reviewed"}
        and first is not None
        and until is not None
        and first <= desk.today < until
        and has_role_for(desk.actor, REPORTERS, lead.village_code),
        "objection_reasons": list(OBJECTION_REASON_NAMES.items()),
        "objection_most": MAX_OBJECTION_LENGTH,
    }
