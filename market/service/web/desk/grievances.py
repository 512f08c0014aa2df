"""减免投诉 on the desk: the county's grievances, one written down for a caller, triage and answer of each."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.cases.casework.history import record_case_looks
from market.cases.casework.models import CaseOutcome, CaseState
from market.cases.grievances.answer import ANSWERS, answer_grievance, extend_grievance, raise_grievance
from market.cases.grievances.models import (
    MAX_TEXT_LENGTH,
    SOURCE_NAMES,
    TOPIC_NAMES,
    GrievanceInvalid,
    GrievanceReceipt,
    GrievanceSource,
)
from market.cases.grievances.receive import write_down_grievance
from market.cases.grievances.triage import GrievanceLinks, link_grievance, triage_grievance
from market.cases.grievances.views import Grievance, get_grievance, list_grievances
from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import get_roles, has_case_role, require_whole_county
from market.people.identity.models import Actor, NotAllowed, Role
from market.people.notify.notifications import format_due
from market.service.http import HttpRequest
from market.service.web.desk.aftersales.decisions import load_assigned
from market.service.web.desk.context import DeskContext, open_desk, render_desk_page
from market.service.web.forms import PostedForm, parse_integer, parse_uuid, read_form, rename_faults
from market.service.web.pages import redirect

OUTCOME_NAMES = {
    CaseOutcome.SOLVED: "办好了",
    CaseOutcome.UNSOLVED: "查了，不能办",
    CaseOutcome.NOT_OURS: "不归我们管，写清楚找谁",
    CaseOutcome.DUPLICATE: "已经有一件一样的",
}
_FIELDS = {"answer": "text", "extend": "reason", "raise": "up", "link": "line"}
"""The field of each form at which a refusal without a field is shown."""
_WRITTEN_DOWN = [each for each in GrievanceSource if each is not GrievanceSource.WEB]


class NewGrievance(Struct, frozen=True):
    """The form in which an official writes down a grievance."""

    source: str = ""
    text: str = ""


class GrievanceWork(Struct, frozen=True):
    """The forms of a grievance as typed."""

    topic: str = ""
    line: str = ""
    finding: str = ""
    lead: str = ""
    officer: str = ""
    outcome: str = ""
    text: str = ""
    reason: str = ""
    up: str = ""


def _describe(grievance: Grievance) -> str:
    if grievance.state is CaseState.CLOSED and grievance.outcome is not None:
        return OUTCOME_NAMES.get(grievance.outcome, "办完了")
    if grievance.triaged_at is None:
        return f"等分类，{format_due(grievance.triage_due_at)}前"
    return f"等答复，{format_due(grievance.due_at)}前"


async def _list_page(
    request: HttpRequest, db: Database, seal: Seal, desk: DeskContext, *, values: NewGrievance,
    errors: Sequence[FieldFault] = (), receipt: GrievanceReceipt | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=desk.county) as conn:
        listed = await list_grievances(conn, seal, desk.county)
    context = {
        "rows": [
            (
                desk.to(f"/desk/grievances/{each.case_id}")
                if each.state is CaseState.ASSIGNED and has_case_role(desk.actor, each.assignee, each.county_code)
                else None,
                str(each.number),
                TOPIC_NAMES[each.topic] if each.topic else "—",
                SOURCE_NAMES[each.source] + ("，没有留名" if each.anonymous else ""),
                _describe(each),
                "请上一级看过" if each.reopened_at else "",
            )
            for each in listed
        ],
        "sources": [(each.value, SOURCE_NAMES[each]) for each in _WRITTEN_DOWN],
        "values": values,
        "errors": errors,
        "most": MAX_TEXT_LENGTH,
        "receipt": receipt,
    }
    return render_desk_page(request, desk, "grievances.html", context, status=status)


@get("/grievances", include_in_schema=False)
async def show_grievances(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """List the county's grievances, open ones first.

    Raises:
        NotAllowed: the official sees only a part of the county.
    """
    desk = await open_desk(request, db, actor, clock)
    require_whole_county(desk.divisions, desk.county)
    return await _list_page(request, db, seal, desk, values=NewGrievance())


@post("/grievances", include_in_schema=False)
async def submit_written_down(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Write down what somebody said by telephone, at the desk or in a letter; the receipt is for them.

    Raises:
        NotAllowed: the official does not answer for the county.
    """
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    values = NewGrievance(form.get_text("source"), form.get_text("text"))
    source = next((each for each in _WRITTEN_DOWN if each == values.source), None)
    try:
        async with db.transaction(scope=desk.county) as conn:
            receipt = await write_down_grievance(
                conn, seal, actor, county=desk.county, source=source, text=values.text, now=desk.now
            )
    except NotAllowed:
        raise
    except Refusal as refusal:
        errors = rename_faults(refusal, {}, otherwise="text")
        return await _list_page(request, db, seal, desk, values=values, errors=errors, status=refusal.status)
    return await _list_page(request, db, seal, desk, values=NewGrievance(), receipt=receipt)


def _render(
    request: HttpRequest, desk: DeskContext, grievance: Grievance, *, values: GrievanceWork,
    errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    about = [
        *([f"业务 {grievance.line}"] if grievance.line else []),
        *(["一件疑点"] if grievance.finding_id else []),
        *([f"线索 {grievance.lead} 的公示"] if grievance.lead else []),
        *([grievance.officer] if grievance.officer else []),
    ]
    context = {
        "grievance": grievance,
        "open": grievance.state is CaseState.ASSIGNED,
        "linkable": not (grievance.line and grievance.finding_id and grievance.lead and grievance.officer),
        "back": desk.to(get_list_path(desk.actor)),
        "facts": [
            ("怎么来的", SOURCE_NAMES[grievance.source] + ("，没有留名" if grievance.anonymous else "，留了名")),
            ("到了", format_due(grievance.received_at)),
            ("现在", _describe(grievance)),
            ("什么事", TOPIC_NAMES[grievance.topic] if grievance.topic else "还没有分类"),
            *([("关于", "、".join(about))] if about else []),
        ],
        "topics": [(each.value, words) for each, words in TOPIC_NAMES.items()],
        "outcomes": [(each.value, words) for each, words in OUTCOME_NAMES.items() if each in ANSWERS],
        "values": values,
        "errors": errors,
        "most": MAX_TEXT_LENGTH,
        "said": request.query_params.get("done") == "1",
    }
    return render_desk_page(request, desk, "grievance.html", context, status=status)


async def _open(
    request: HttpRequest, db: Database, seal: Seal, *, actor: Actor, clock: Clock, case_id: str
) -> tuple[DeskContext, UUID, Grievance]:
    desk = await open_desk(request, db, actor, clock, register=False)
    found, grievance = await load_assigned(db, actor, case_id, lambda conn, case: get_grievance(conn, seal, case))
    return desk, found, grievance


@get("/grievances/{case_id:str}", include_in_schema=False)
async def show_grievance(
    request: HttpRequest,
    *,
    case_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show a grievance to the official whose turn it is, with what is to be done."""
    desk, _, grievance = await _open(request, db, seal, actor=actor, clock=clock, case_id=case_id)
    async with db.transaction() as conn:
        await record_case_looks(conn, actor, [grievance], now=desk.now)
    return _render(request, desk, grievance, values=GrievanceWork())


@post("/grievances/{case_id:str}", include_in_schema=False)
async def submit_grievance_work(
    request: HttpRequest,
    *,
    case_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Work on a grievance: `act` is triage, link, answer, extend, or raise, which gives it to the next level."""
    form = await read_form(request)
    desk, found, grievance = await _open(request, db, seal, actor=actor, clock=clock, case_id=case_id)
    try:
        async with db.transaction(scope=grievance.county_code) as conn:
            done = await _work(conn, seal, desk, found, form=form)
    except Refusal as refusal:
        values = GrievanceWork(**{name: form.get_text(name) for name in GrievanceWork.__struct_fields__})
        errors = rename_faults(refusal, {}, otherwise=_FIELDS.get(form.get_text("act"), "topic"))
        return _render(request, desk, grievance, values=values, errors=errors, status=refusal.status)
    open_still = done.state is CaseState.ASSIGNED and done.assignee == grievance.assignee
    return redirect(desk.to(f"/desk/grievances/{found}" if open_still else get_list_path(actor), done=1))


def get_list_path(actor: Actor) -> str:
    """Return where an official goes after an answer: who answers for several counties to what waits in all of them."""
    return "/desk/cases" if get_roles(actor) & {Role.SUPERVISOR, Role.PLATFORM} else "/desk/grievances"


async def _work(conn: Connection, seal: Seal, desk: DeskContext, case_id: UUID, *, form: PostedForm) -> Grievance:
    actor = desk.actor
    match form.get_text("act"):
        case "triage":
            return await triage_grievance(
                conn, seal, actor, case_id, topic=form.get_text("topic"), links=_read_links(form), now=desk.now
            )
        case "link":
            return await link_grievance(conn, seal, actor, case_id, links=_read_links(form), now=desk.now)
        case "raise":
            return await raise_grievance(conn, seal, actor, case_id, reason=form.get_text("up"), now=desk.now)
        case "extend":
            return await extend_grievance(conn, seal, actor, case_id, reason=form.get_text("reason"), now=desk.now)
        case _:
            typed = form.get_text("outcome")
            outcome = next((each for each in CaseOutcome if each == typed), None)
            return await answer_grievance(
                conn, seal, actor, case_id, outcome=outcome, text=form.get_text("text"), now=desk.now
            )


def _read_links(form: PostedForm) -> GrievanceLinks:
    """Return what a grievance is linked to.

    Raises:
        GrievanceInvalid: the id of a finding, or the number of a lead, is none.
    """
    typed_finding, typed_lead = form.get_text("finding"), form.get_text("lead")
    finding, lead = parse_uuid(typed_finding), parse_integer(typed_lead)
    if typed_finding and finding is None:
        raise GrievanceInvalid(errors=(FieldFault("finding", "请粘贴疑点的编号"),))
    if typed_lead and lead is None:
        raise GrievanceInvalid(errors=(FieldFault("lead", "请写线索的编号"),))
    officer = form.get_text("officer")[:40]
    return GrievanceLinks(line=form.get_text("line")[:40], finding_id=finding, lead=lead, officer=officer)


ROUTES = [show_grievances, submit_written_down, show_grievance, submit_grievance_work]
