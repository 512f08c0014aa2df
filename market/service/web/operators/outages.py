"""没信号: the reports about an operator in a county, and its answer to each."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.forms import parse_id, read_form
from market.service.web.operators.context import OperatorRoom, render_room, require_room
from market.service.web.pages import redirect
from market.service.web.village.coverage import describe_outage
from market.villages.coverage.models import ANSWERS, MAX_TEXT_LENGTH, OutageInvalid
from market.villages.coverage.outages import answer_outage, list_operator_outages


class OutageAnswerForm(Struct, frozen=True):
    """The answer as typed."""

    outcome: str = ""
    text: str = ""


async def _page(
    request: HttpRequest, db: Database, seal: Seal, room: OperatorRoom, *, at: str = "",
    form: OutageAnswerForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=room.county) as conn:
        found = await list_operator_outages(conn, seal, room.actor, room.county)
    context = {
        "waiting": [
            (str(each.case_id), f"{each.village}，第 {each.number} 件", [*describe_outage(each), each.text])
            for each in found
            if each.assignee == "operator"
        ],
        "others": [
            (f"{each.village}，第 {each.number} 件", describe_outage(each))
            for each in found
            if each.assignee != "operator"
        ],
        "outcomes": [(each.value, words) for each, words in ANSWERS.items()],
        "most": MAX_TEXT_LENGTH,
        "at": at if any(str(each.case_id) == at and each.assignee == "operator" for each in found) else "",
        "form": form or OutageAnswerForm(),
        "errors": errors,
        "sent": request.query_params.get("done") == "1",
    }
    return render_room(request, room, "outages.html", context, status=status)


@get("/outages", include_in_schema=False)
async def show_outages(
    request: HttpRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """List the reports about the operator, those that wait for it first."""
    room = await require_room(request, db, actor, clock)
    return await _page(request, db, seal, room, at=request.query_params.get("at", ""))


@post("/outages/{case_id:str}", include_in_schema=False)
async def submit_outage_answer(
    request: HttpRequest,
    *,
    case_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Answer a report, which closes it."""
    form = await read_form(request)
    room = await require_room(request, db, actor, clock)
    found = parse_id(case_id)
    typed = form.fill(OutageAnswerForm)
    try:
        async with db.transaction(scope=room.county) as conn:
            await answer_outage(conn, seal, actor, found, outcome=typed.outcome, text=typed.text, now=room.now)
    except OutageInvalid as refusal:
        return await _page(
            request, db, seal, room, at=str(found), form=typed, errors=refusal.errors, status=refusal.status
        )
    return redirect(room.to("/operators/outages", done=1))


ROUTES = [show_outages, submit_outage_answer]
