"""公示异议 on the desk: write down what somebody came to say, and answer it."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import has_role_for, require_role
from market.people.identity.models import Actor, Role
from market.people.notify.notifications import format_due
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, open_desk, render_desk_page
from market.service.web.desk.register.leads import parse_lead_id, render_lead
from market.service.web.forms import parse_uuid, read_form
from market.service.web.pages import redirect
from market.service.web.shop.village_notice import ObjectionForm, read_objection
from market.service.web.ui.format import day_zh
from market.subsidies.intake.models import REPORTERS
from market.subsidies.intake.objection_models import (
    ANSWER_NAMES,
    MAX_OBJECTION_LENGTH,
    OBJECTION_REASON_NAMES,
    Objection,
    ObjectionAnswer,
    ObjectionInvalid,
    ObjectionNotFound,
)
from market.subsidies.intake.objections import answer_objection, get_objection, object_to_notice
from market.subsidies.intake.views import get_lead


class AnswerForm(Struct, frozen=True):
    """The form of an answer as typed."""

    answer: str = ""
    text: str = ""


@post("/leads/{lead_id:str}/objections", include_in_schema=False, status_code=200)
async def submit_recorded_objection(
    request: HttpRequest,
    *,
    lead_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Write down an objection that somebody made in person, and show the receipt to give to them."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    parsed = parse_lead_id(lead_id)
    async with db.transaction(scope=desk.county) as conn:
        lead = await get_lead(conn, seal, parsed, desk.divisions)
        require_role(actor, REPORTERS, lead.village_code)
    try:
        new = read_objection(form, number=lead.number)
        async with db.transaction(scope=desk.county) as conn:
            received = await object_to_notice(conn, seal, lead.village_code, new, recorder=actor, now=desk.now)
    except Refusal as refusal:
        errors = refusal.errors or (FieldFault("reason", refusal.text("zh")),)
        async with db.transaction(scope=desk.county) as conn:
            return await render_lead(
                request, conn, seal, desk, lead, errors=errors, objection=form.fill(ObjectionForm),
                status=refusal.status,
            )  # fmt: skip
    context = {
        "number": received.number,
        "receipt": received.receipt,
        "due": format_due(received.due_at),
        "back": desk.to(f"/desk/leads/{lead.id}"),
    }
    return render_desk_page(request, desk, "objection_receipt.html", context)


async def _load(conn: Connection, seal: Seal, desk: DeskContext, case_id: str) -> Objection:
    parsed = parse_uuid(case_id)
    if parsed is None:
        raise ObjectionNotFound
    return await get_objection(conn, seal, desk.actor, desk.county, parsed, now=desk.now)


def _render(
    request: HttpRequest, desk: DeskContext, found: Objection,
    *, values: AnswerForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    answers = frozenset({Role(found.assignee)})
    context = {
        "objection": found,
        "title": f"公示异议 {found.number}",
        "about": f"{found.village}名单上的 {found.lead_number} 号，{OBJECTION_REASON_NAMES[found.reason]}",
        "received": f"{day_zh(found.received_at)}收到"
        + (f"，{found.recorded_by}记的" if found.recorded_by else "，自己在网上提的"),
        "state": ANSWER_NAMES[found.answer] if found.answer else f"正在核实，{format_due(found.due_at)}前答复",
        "answers": found.answer is None and has_role_for(desk.actor, answers, found.village_code),
        "choices": list(ANSWER_NAMES.items()),
        "most": MAX_OBJECTION_LENGTH,
        "values": values or AnswerForm(),
        "errors": errors,
    }
    return render_desk_page(request, desk, "objection.html", context, status=status)


@get("/objections/{case_id:str}", include_in_schema=False)
async def show_desk_objection(
    request: HttpRequest,
    *,
    case_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show an objection, and the form of the answer to whose turn it is."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        return _render(request, desk, await _load(conn, seal, desk, case_id))


@post("/objections/{case_id:str}", include_in_schema=False)
async def submit_objection_answer(
    request: HttpRequest,
    *,
    case_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Answer an objection."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        found = await _load(conn, seal, desk, case_id)
    answer = next((each for each in ObjectionAnswer if each == form.get_text("answer")), None)
    try:
        if answer is None:
            raise ObjectionInvalid(errors=(FieldFault("answer", "请选成立不成立"),))
        async with db.transaction(scope=desk.county) as conn:
            await answer_objection(
                conn, seal, actor, desk.county, found.case_id, answer=answer, text=form.get_text("text"), now=desk.now
            )
    except ObjectionNotFound:
        raise
    except Refusal as refusal:
        errors = refusal.errors or (FieldFault("text", refusal.text("zh")),)
        return _render(request, desk, found, values=form.fill(AnswerForm), errors=errors, status=refusal.status)
    return redirect(desk.to(f"/desk/leads/{found.lead_id}", done="objection"))


ROUTES = [submit_recorded_objection, show_desk_objection, submit_objection_answer]
