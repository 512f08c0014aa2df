"""督办 on the desk: what the official gave and has to do, a task with its evidence, and the form of a new one."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.places.divisions.queries import get_division_names, list_children
from market.service.http import HttpRequest
from market.service.web.desk.context import PageNotice, build_refusal_notice
from market.service.web.forms import PostedForm, make_form_key, parse_integer, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import clock_zh, day_zh
from market.villages.supervision.issue import issue_supervision_task
from market.villages.supervision.measures import MEASURES
from market.villages.supervision.models import (
    MAX_EVIDENCE_LENGTH,
    MAX_REASON_LENGTH,
    TO_DO,
    CheckerSentEvidence,
    NewSupervisionTask,
    SupervisionEvent,
    SupervisionInvalid,
    SupervisionNotMovable,
    SupervisionState,
    SupervisionTask,
)
from market.villages.supervision.moves import check_evidence, return_evidence, send_evidence, withdraw_supervision_task
from market.villages.supervision.rules import (
    NO_NUMBERS,
    choose_scope,
    list_assignee_scopes,
    list_issuer_scopes,
    require_issuer,
)
from market.villages.supervision.views import (
    get_supervision_task,
    list_passed_on,
    list_supervision,
    list_supervision_events,
)

_STATES = {
    SupervisionState.ISSUED: "等报结果",
    SupervisionState.EVIDENCE: "报了，等核",
    SupervisionState.CHECKED: "核过了，办结",
    SupervisionState.RETURNED: "退回了，等再报",
    SupervisionState.WITHDRAWN: "撤回了",
}
_EVENTS = {
    "issued": "布置", "evidence": "报结果", "checked": "核过", "returned": "退回", "withdrawn": "撤回",
    "reminded": "催了一次",
}  # fmt: skip
_DONE = {
    "issued": "布置好了", "evidence": "报上去了", "checked": "办结了", "returned": "退回了", "withdrawn": "撤回了",
}  # fmt: skip
_NO_FORM = {"text": "", "reason": ""}


class TaskForm(Struct, frozen=True):
    """A new task as typed."""

    parent: str = ""
    assignee: str = ""
    title: str = ""
    text: str = ""
    basis: str = ""
    due_on: str = ""
    measure: str = ""
    target: str = ""


def _keep(request: HttpRequest) -> str:
    county = parse_integer(request.query_params.get("county", ""))
    return f"?county={county}" if county else ""


def _scope(request: HttpRequest, actor: Actor) -> str:
    return choose_scope(actor, request.query_params.get("county", ""))


def _read_notice(request: HttpRequest) -> PageNotice | None:
    done = _DONE.get(request.query_params.get("done", ""))
    return PageNotice("ok", done) if done else None


def _to(request: HttpRequest, number: int, done: SupervisionState) -> str:
    keep = _keep(request)
    return f"/desk/supervision/{number}{keep}{'&' if keep else '?'}done={done}"


def _describe_state(task: SupervisionTask, today: date) -> str:
    late = task.count_days_late(today)
    return _STATES[task.state] + (f"，过期 {late} 天" if late else "")


def _describe_measure(task: SupervisionTask) -> str:
    if task.measure is None:
        return ""
    measure = MEASURES[task.measure]
    target = "" if task.target is None else f"，不多于 {task.target} {measure.unit}"
    return f"{measure.name}{target}"


def _describe_figure(task: SupervisionTask, figure: int | None) -> str:
    """Return the figure that was counted, and whether it is what was asked for."""
    if task.measure is None or figure is None:
        return ""
    measure = MEASURES[task.measure]
    reached = "" if task.target is None else "，达到了" if figure <= task.target else f"，要不多于 {task.target}"
    return f"平台数的：{measure.name} {figure} {measure.unit}{reached}"


def _present(tasks: Sequence[SupervisionTask], keep: str, today: date, *, given: bool) -> list[tuple[str, str, Any]]:
    return [
        (
            f"/desk/supervision/{each.number}{keep}",
            each.title,
            [
                each.assignee if given else f"{each.issuer}布置",
                f"{day_zh(each.due_on)}前　{_describe_state(each, today)}",
            ],
        )
        for each in tasks
    ]


def _present_event(task: SupervisionTask, event: SupervisionEvent) -> tuple[str, list[str]]:
    head = f"{clock_zh(event.at)}　{_EVENTS[event.kind]}" + (f"，{event.by}" if event.by else "")
    return head, [line for line in (event.text, _describe_figure(task, event.figure)) if line]


@get("/supervision", include_in_schema=False)
async def show_supervision(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List what the official gave and has to do, overdue ones first."""
    today, keep = clock.today(), _keep(request)
    async with db.transaction(scope=_scope(request, actor)) as conn:
        tasks = await list_supervision(conn, actor, today=today)
    context = {
        "received": _present(tasks.received, keep, today, given=False),
        "given": _present(tasks.given, keep, today, given=True),
        "gets": bool(list_assignee_scopes(actor)),
        "gives": bool(list_issuer_scopes(actor)),
        "keep": keep,
        "today": today,
    }
    return render_page(request, "desk/supervision.html", context, actor=actor)


def _find_issuer(actor: Actor, parent: SupervisionTask | None) -> str:
    """Return the division for which the actor gives a task: that of the task passed on, or the widest.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: the actor supervises nothing, or another division.
    """
    scope = parent.assignee_scope if parent else min(list_issuer_scopes(actor), key=len, default="")
    require_issuer(actor, scope)
    return scope


async def _new_page(
    request: HttpRequest, db: Database, actor: Actor, today: date, *, form: TaskForm,
    errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    number = parse_integer(form.parent)
    async with db.transaction(scope=_scope(request, actor)) as conn:
        parent = await get_supervision_task(conn, actor, number) if number else None
        issuer = _find_issuer(actor, parent)
        names = await get_division_names(conn, {issuer})
        children = await list_children(conn, issuer)
    context = {
        "issuer": names[issuer],
        "parent": parent,
        "latest": day_zh(parent.due_on) if parent else "",
        "assignees": [("", "请选"), *((each.code, each.name) for each in children)],
        "measures": [("", "不要数字"), *((key, each.name) for key, each in MEASURES.items())],
        "no_numbers": NO_NUMBERS,
        "form": form,
        "errors": errors,
        "key": make_form_key(),
        "keep": _keep(request),
        "today": today,
    }
    return render_page(request, "desk/supervision_new.html", context, status=status, actor=actor)


@get("/supervision/new", include_in_schema=False)
async def show_new_task(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the form of a new task; with `parent` filled in with the task that is passed on.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: the actor supervises nothing, or did not get the task.
    """
    form = TaskForm(parent=request.query_params.get("parent", "")[:19])
    number = parse_integer(form.parent)
    if number:
        async with db.transaction(scope=_scope(request, actor)) as conn:
            parent = await get_supervision_task(conn, actor, number)
        form = TaskForm(
            parent=str(number), title=parent.title, text=parent.text, basis=parent.basis, due_on=str(parent.due_on),
            measure=parent.measure or "", target="" if parent.target is None else str(parent.target),
        )  # fmt: skip
    return await _new_page(request, db, actor, clock.today(), form=form)


@post("/supervision/new", include_in_schema=False)
async def submit_task(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Give a task, once however often the form is sent."""
    form = await read_form(request)
    typed = form.fill(TaskForm)
    scope, parent = _scope(request, actor), parse_integer(typed.parent)
    require_issuer(actor, min(list_issuer_scopes(actor), key=len, default=""))

    async def issue(conn: Connection) -> str:
        passed_on = await get_supervision_task(conn, actor, parent) if parent else None
        due_on = form.read_day("due_on", fault="写哪天前报结果，比如 2026-12-31")
        target = form.read_integer("target", fault="写整数，比如 0") if typed.target else None
        if form.faults or due_on is None:
            raise SupervisionInvalid(errors=tuple(form.faults))
        new = NewSupervisionTask(
            issuer=_find_issuer(actor, passed_on), assignee=typed.assignee, parent=parent, title=typed.title,
            text=typed.text, basis=typed.basis, due_on=due_on, measure=typed.measure or None, target=target,
        )  # fmt: skip
        task = await issue_supervision_task(conn, seal, actor, new, now=clock.now())
        return _to(request, task.number, SupervisionState.ISSUED)

    try:
        return await submit_once(request, actor, form, issue, scope=scope)
    except SupervisionInvalid as refusal:
        return await _new_page(
            request, db, actor, clock.today(), form=typed, errors=refusal.errors, status=refusal.status
        )


async def _page(
    request: HttpRequest, db: Database, actor: Actor, number: str, today: date, *,
    form: dict[str, str] = _NO_FORM, errors: Sequence[FieldFault] = (), notice: PageNotice | None = None,
    status: int = 200,
) -> Response[bytes]:  # fmt: skip
    keep = _keep(request)
    async with db.transaction(scope=_scope(request, actor)) as conn:
        task = await get_supervision_task(conn, actor, parse_integer(number) or 0)
        events = await list_supervision_events(conn, task.number)
        passed_on = await list_passed_on(conn, task.number, today=today)
    issues = task.issuer_scope in list_issuer_scopes(actor)
    does = task.assignee_scope in list_assignee_scopes(actor)
    owed = task.state in TO_DO
    context = {
        "task": task,
        "facts": [
            ("谁办", task.assignee), ("谁布置", f"{task.issuer}，{task.issued_by}"), ("期限", day_zh(task.due_on)),
            ("到哪一步", _describe_state(task, today)), ("依据", task.basis),
            *([("要的数字", _describe_measure(task))] if task.measure else []),
        ],
        "events": [_present_event(task, each) for each in events],
        "passed_on": _present(passed_on, keep, today, given=True),
        "sends": does and owed,
        "passes": owed and task.assignee_scope in list_issuer_scopes(actor),
        "checks": issues and task.state is SupervisionState.EVIDENCE,
        "withdraws": issues and task.state not in {SupervisionState.CHECKED, SupervisionState.WITHDRAWN},
        "measured": MEASURES[task.measure].name if task.measure else "",
        "no_numbers": NO_NUMBERS,
        "most": MAX_EVIDENCE_LENGTH,
        "most_reason": MAX_REASON_LENGTH,
        "form": form,
        "errors": errors,
        "notice": notice,
        "keep": keep,
        "today": today,
    }  # fmt: skip
    return render_page(request, "desk/supervision_task.html", context, status=status, actor=actor)


@get("/supervision/{number:str}", include_in_schema=False)
async def show_task(
    request: HttpRequest,
    *,
    number: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show a task with what happened to it, and what the official may do.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: see `get_supervision_task`.
    """
    return await _page(request, db, actor, number, clock.today(), notice=_read_notice(request))


@post("/supervision/{number:str}", include_in_schema=False)
async def submit_move(
    request: HttpRequest,
    *,
    number: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Send evidence, check it, return it, or withdraw the task: `act` is the state that it gets."""
    form = await read_form(request)
    try:
        async with db.transaction(scope=_scope(request, actor)) as conn:
            moved = await _move(conn, seal, actor, parse_integer(number) or 0, form, now=clock.now())
    except SupervisionInvalid as invalid:
        words = {name: form.get_text(name) for name in _NO_FORM}
        return await _page(
            request, db, actor, number, clock.today(), form=words, errors=invalid.errors, status=invalid.status
        )
    except (SupervisionNotMovable, CheckerSentEvidence) as refusal:
        notice = build_refusal_notice(refusal)
        return await _page(request, db, actor, number, clock.today(), notice=notice, status=refusal.status)
    return redirect(_to(request, moved.number, moved.state))


async def _move(
    conn: Connection, seal: Seal, actor: Actor, number: int, form: PostedForm, *, now: datetime
) -> SupervisionTask:
    reason = form.get_text("reason")
    match form.get_text("act"):
        case SupervisionState.EVIDENCE:
            return await send_evidence(conn, actor, number, form.get_text("text"), now=now)
        case SupervisionState.CHECKED:
            return await check_evidence(conn, actor, number, now=now)
        case SupervisionState.RETURNED:
            return await return_evidence(conn, seal, actor, number, reason, now=now)
        case SupervisionState.WITHDRAWN:
            return await withdraw_supervision_task(conn, seal, actor, number, reason, now=now)
        case _:
            raise NotFound


ROUTES = [show_supervision, show_new_task, submit_task, show_task, submit_move]
