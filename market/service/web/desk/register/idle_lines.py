"""闲置的号码: lines whose use stopped, whom to call about them, and what came of the calls."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.text import mask_phone
from market.people.identity.access import has_role_for
from market.people.identity.models import Actor
from market.reports.line import mask_name
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, open_desk, read_offset, render_desk_page
from market.service.web.forms import parse_day, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import clock_zh, day_short, day_zh
from market.subsidies.idle.calls import CALLERS, list_calls, record_call
from market.subsidies.idle.lines import (
    list_lines_to_call,
    open_call_list,
    open_contact,
    open_idle_line,
    open_number,
)
from market.subsidies.idle.models import (
    IDLE_STATE_NAMES,
    MAX_NOTE_LENGTH,
    OPEN_STATES,
    OUTCOME_NAMES,
    CallOutcome,
    IdleCall,
    IdleContact,
    IdleLine,
    IdleLineNotFound,
)
from market.subsidies.idle.tell import SERVICE_WORDS, list_told
from market.subsidies.names import OPERATOR_NAMES

_PAGE_SIZE = 50
_MAX_CALLS = 500
NO_PHONE = "没有电话"


class CallForm(Struct, frozen=True):
    """The form of a call as typed."""

    line: str = ""
    notice_on: str = ""
    outcome: str = ""
    note: str = ""


def _write_days_left(line: IdleLine, today: date) -> str:
    return f"{line.days_left(today)} 天" if line.state in OPEN_STATES else "—"


def _write_state(line: IdleLine) -> str:
    words = IDLE_STATE_NAMES[line.state]
    if line.period.used_again is not None:
        return f"{words}，{day_zh(line.period.used_again)}用了"
    return words


def _write_contact(contact: IdleContact) -> tuple[str, str]:
    return (
        mask_name(contact.name) if contact.name else "—",
        mask_phone(contact.phone) if contact.phone else NO_PHONE,
    )


def _write_use(line: IdleLine) -> str:
    return day_zh(line.period.last_use) if line.period.last_use else "没有用过"


def _write_calls(calls: Sequence[IdleCall]) -> str:
    if not calls:
        return "还没有打"
    more = f"，共 {len(calls)} 次" if len(calls) > 1 else ""
    return f"{OUTCOME_NAMES[calls[0].outcome]}（{day_zh(calls[0].at)}，{calls[0].by}）{more}"


def _list_reports(lines: Sequence[IdleLine]) -> list[str]:
    """Return until when the use of each service is known, oldest first."""
    known = {(each.operator, each.kind): each.known_until for each in lines if each.state in OPEN_STATES}
    return [
        f"{OPERATOR_NAMES[operator]}{SERVICE_WORDS[kind]}的使用报到 {day_short(day)}" if day
        else f"{OPERATOR_NAMES[operator]}{SERVICE_WORDS[kind]}还没有报过使用"
        for (operator, kind), day in sorted(known.items(), key=lambda item: (item[1] or date.min, item[0]))
    ]  # fmt: skip


async def _load_records(
    conn: Connection, seal: Seal, desk: DeskContext, lines: Sequence[IdleLine]
) -> tuple[Mapping[tuple[str, date], list[IdleCall]], set[tuple[str, date]]]:
    since = min((each.period.notice_on for each in lines), default=desk.today)
    codes = [each.line for each in lines]
    calls = await list_calls(conn, seal, desk.county, codes, since=since)
    return calls, await list_told(conn, desk.county, codes, since=since)


async def _page(
    request: HttpRequest, conn: Connection, seal: Seal, desk: DeskContext, *, chosen: str = "",
    values: CallForm | None = None, errors: Sequence[FieldFault] = (), notice: PageNotice | None = None,
    status: int = 200,
) -> Response[bytes]:  # fmt: skip
    lines = await list_lines_to_call(conn, desk.county, desk.divisions, today=desk.today)
    everything = request.query_params.get("all") == "1"
    listed = [each for each in lines if everything or each.certain]
    flag = "1" if everything else ""
    skip = read_offset(request)
    shown = listed[skip : skip + _PAGE_SIZE]
    opened: dict[str, Any] | None = None
    if chosen:
        line, contact = await open_idle_line(conn, seal, desk.actor, lines, chosen, county=desk.county, now=desk.now)
        calls, _ = await _load_records(conn, seal, desk, [line])
        opened = _present_line(desk, seal, line, contact, calls.get(line.key, []))
    calls, told = await _load_records(conn, seal, desk, shown)
    context = {
        "rows": [
            (desk.to("/desk/idle", all=flag, line=each.line, skip=skip) + "#call", each.line, [
                each.village, *_write_contact(open_contact(seal, each)), _write_use(each),
                day_short(each.period.notice_on), day_short(each.period.unpaid_from),
                day_short(each.period.removal_on), _write_days_left(each, desk.today), _write_state(each),
                "发过" if each.key in told else "没有发", _write_calls(calls.get(each.key, [])),
            ])
            for each in shown
        ],
        "open_lines": sum(each.state in OPEN_STATES for each in listed),
        "everything": everything,
        "uncertain": 0 if everything else len(lines) - len(listed),
        "reports": _list_reports(lines),
        "opened": opened,
        "values": values or CallForm(),
        "errors": errors,
        "notice": notice,
        "outcomes": list(OUTCOME_NAMES.items()),
        "max_note": MAX_NOTE_LENGTH,
        "back": desk.to("/desk/idle", all=flag, skip=max(skip - _PAGE_SIZE, 0)) if skip else None,
        "more": desk.to("/desk/idle", all=flag, skip=skip + _PAGE_SIZE) if skip + _PAGE_SIZE < len(listed) else None,
    }  # fmt: skip
    return render_desk_page(request, desk, "idle_lines.html", context, status=status)


def _present_line(
    desk: DeskContext, seal: Seal, line: IdleLine, contact: IdleContact, calls: Sequence[IdleCall]
) -> dict[str, Any]:
    return {
        "line": line.line,
        "notice_on": line.period.notice_on,
        "name": contact.name or "—",
        "phone": contact.phone,
        "facts": [
            ("村", line.village),
            ("户", line.household),
            ("业务", f"{SERVICE_WORDS[line.kind]}，尾号 {open_number(seal, line)[-4:]}"),
            ("最近一次用", _write_use(line)),
            ("现在", _write_state(line)),
        ],
        "history": [
            (f"{clock_zh(each.at)}　{OUTCOME_NAMES[each.outcome]}，{each.by}", "done", each.note or None)
            for each in calls
        ],
        "calls": has_role_for(desk.actor, CALLERS, line.village_code) and line.state in OPEN_STATES,
        "next": desk.to("/desk/lines", line=line.line) if calls and calls[0].outcome is CallOutcome.WANTS_END else "",
    }


@get("/idle", include_in_schema=False)
async def show_idle_lines(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show the idle lines of the official's divisions with masked names and phones; one of them opened, if chosen."""
    desk = await open_desk(request, db, actor, clock)
    notice = PageNotice("ok", "记下了") if request.query_params.get("done") == "1" else None
    async with db.transaction(scope=desk.county) as conn:
        return await _page(request, conn, seal, desk, chosen=request.query_params.get("line", ""), notice=notice)


@post("/idle", include_in_schema=False)
async def submit_idle_call(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Record what came of a call."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    typed = form.fill(CallForm)
    notice_on = parse_day(typed.notice_on)
    if notice_on is None:
        raise IdleLineNotFound
    try:
        async with db.transaction(scope=desk.county) as conn:
            await record_call(
                conn, seal, actor, desk.divisions, county=desk.county, line=typed.line, notice_on=notice_on,
                outcome=typed.outcome, note=typed.note, now=desk.now, today=desk.today,
            )  # fmt: skip
    except Refusal as refusal:
        if not refusal.errors:
            raise
        async with db.transaction(scope=desk.county) as conn:
            return await _page(
                request, conn, seal, desk, chosen=typed.line, values=typed, errors=refusal.errors,
                status=refusal.status,
            )  # fmt: skip
    return redirect(desk.to("/desk/idle", all="1" if form.get_text("all") == "1" else "", done=1))


@get("/idle/calls", include_in_schema=False)
async def show_call_list(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show the list to call from, to print, with names and phones; the audit record keeps who took it."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        lines = await list_lines_to_call(conn, desk.county, desk.divisions, today=desk.today)
        everything = request.query_params.get("all") == "1"
        due = [each for each in lines if each.state in OPEN_STATES and (everything or each.certain)]
        listed = await open_call_list(conn, seal, actor, due[:_MAX_CALLS], county=desk.county, now=desk.now)
    context = {
        "rows": [
            [
                each.line, each.village, contact.name or "—", contact.phone or NO_PHONE,
                f"{SERVICE_WORDS[each.kind]} {open_number(seal, each)[-4:]}",
                _write_use(each), day_short(each.period.notice_on), day_short(each.period.removal_on),
                _write_days_left(each, desk.today), "",
            ]
            for each, contact in listed
        ],
        "left_out": len(due) - len(listed),
        "outcomes": "、".join(OUTCOME_NAMES.values()),
        "back": desk.to("/desk/idle"),
    }  # fmt: skip
    return render_desk_page(request, desk, "idle_calls.html", context)


ROUTES = [show_idle_lines, submit_idle_call, show_call_list]
