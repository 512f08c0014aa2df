"""县里的决定: a person reads a decision that money has to come back, and asks the level above to look at it."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.forms import parse_uuid, read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_zh, yuan
from market.subsidies.clawbacks.appeals import (
    OwnClawback,
    appeal_own_clawback,
    list_own_clawbacks,
    require_own_clawback,
)
from market.subsidies.clawbacks.models import GROUND_NAMES, MAX_TEXT_LENGTH, ClawbackNotFound, ClawbackState

_STATES: dict[ClawbackState, str] = {
    ClawbackState.DECIDED: "还没有生效，现在不用还。",
    ClawbackState.SERVED: "还没有生效，现在不用还。",
    ClawbackState.APPEALED: "您申诉了，上一级在看，现在不用还。",
    ClawbackState.ANNULLED: "撤销了，不用还。",
    ClawbackState.OWED: "生效了。怎么还，问县里。",
    ClawbackState.CLEARED: "还清了。",
}


def _present(each: OwnClawback) -> dict[str, object]:
    """Return a decision as the page shows it; `field` is the name of the text of its appeal."""
    until = f"申诉到 {day_zh(each.appeal_until)}。" if each.appeal_until and each.may_appeal else ""
    rows = [
        ("多少", f"{yuan(each.amount_fen)} 元"),
        ("哪天定的", day_zh(each.decided_on)),
        ("县里说", f"{GROUND_NAMES[each.ground]}。{each.reason}"),
        ("您当时说", each.statement),
        ("为什么这样定", each.opinion),
        ("上一级说", each.ruling),
    ]
    return {
        "id": str(each.id),
        "number": each.number,
        "rows": [(words, text) for words, text in rows if text],
        "state": _STATES.get(each.state, "") + until,
        "may_appeal": each.may_appeal,
        "field": f"text-{each.id}",
    }


async def _page(
    request: HttpRequest, own: Sequence[OwnClawback], actor: Actor, *, typed: tuple[str, str] = ("", ""),
    errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    context = {
        "decisions": [_present(each) for each in own],
        "typed": {typed[0]: typed[1]},
        "errors": errors,
        "most": MAX_TEXT_LENGTH,
        "done": request.query_params.get("done") == "1",
    }
    return render_page(request, "farm/decisions.html", context, actor=actor, status=status)


@get("/farm/bill/decisions", include_in_schema=False)
async def show_decisions(
    request: HttpRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Show the decisions against a person, and the form of an appeal."""
    async with db.connection() as conn:
        own = await list_own_clawbacks(conn, seal, actor.account_id, day=clock.today())
    return await _page(request, own, actor)


@post("/farm/bill/decisions/{clawback_id:str}", include_in_schema=False)
async def submit_appeal(
    request: HttpRequest,
    *,
    clawback_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Ask the level above the county to look at a decision."""
    form = await read_form(request)
    async with db.connection() as conn:
        own = await require_own_clawback(conn, seal, actor.account_id, parse_uuid(clawback_id), day=clock.today())
    field = f"text-{own.id}"
    text = form.get_text(field)
    try:
        async with db.transaction(scope=own.county_code) as conn:
            await appeal_own_clawback(conn, seal, actor, own, text=text, now=clock.now())
    except ClawbackNotFound:
        raise
    except Refusal as refusal:
        errors = rename_faults(refusal, {"text": field}, otherwise=field)
        async with db.connection() as conn:
            listed = await list_own_clawbacks(conn, seal, actor.account_id, day=clock.today())
        return await _page(request, listed, actor, typed=(field, text), errors=errors, status=refusal.status)
    return redirect("/farm/bill/decisions?done=1", draft=form.draft)


ROUTES = [show_decisions, submit_appeal]
