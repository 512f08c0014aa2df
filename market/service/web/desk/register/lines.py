"""业务变更: a line with its versions, what one official reports of it, and what another takes or refuses."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import get_roles, has_role_for
from market.people.identity.models import Actor, Role
from market.reports.line import unseal_masked_name
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, open_desk, read_offset, render_desk_page
from market.service.web.forms import parse_day, parse_uuid, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import clock_zh, day_zh
from market.subsidies.lines.changes import refuse_change, report_change, take_change
from market.subsidies.lines.models import (
    MAX_NOTE_LENGTH,
    NEW_LINE_VERBS,
    REALNAME_RESULTS,
    REPORTERS,
    VERB_FIELDS,
    VERB_NAMES,
    ChangeDetails,
    LineChangeInvalid,
    LineNotFound,
    LineVerb,
    NewLineChange,
)
from market.subsidies.lines.pauses import (
    ENROLMENT_STATE_NAMES,
    PAUSE_REASON_NAMES,
    PAUSERS,
    EnrolmentPause,
    EnrolmentState,
    NewPause,
    PauseEnd,
    PauseReason,
    end_pause,
    find_enrolment_state,
    is_consent_missing,
    list_pauses,
    pause_line,
)
from market.subsidies.lines.views import (
    ChangeOutcome,
    KnownLine,
    LineChange,
    LineVersion,
    get_bound_until,
    get_line,
    list_line_changes,
    list_versions,
    list_waiting_changes,
)
from market.subsidies.names import KIND_NAMES, OPERATOR_NAMES, OPERATORS, Operator

_PAGE_SIZE = 50
_DONE = {
    "report": "记下了，等另一个人办",
    "take": "办好了，已经写进绑定",
    "refuse": "退回了，绑定没有变",
    "pause": "暂停了，要另一个人来恢复",
    "resume": "恢复了",
}
_DETAIL_NAMES = {
    "sim": "新卡号",
    "device": "新设备",
    "identity": "新机主",
    "new_line": "新业务编号",
    "operator": "转到",
    "plan": "新套餐",
    "realname": "实名核验",
}


class ChangeForm(Struct, frozen=True):
    """The form of a change as typed."""

    line: str = ""
    verb: str = ""
    effective_on: str = ""
    sim: str = ""
    device: str = ""
    identity: str = ""
    new_line: str = ""
    operator: str = ""
    plan: str = ""
    realname: str = ""
    note: str = ""
    reason: str = ""


class PauseForm(Struct, frozen=True):
    """The form of a pause, or of its end, as typed."""

    line: str = ""
    pause_reason: str = ""
    paused_from: str = ""
    resumed_on: str = ""
    note: str = ""


def _find_verb(text: str) -> LineVerb | None:
    return next((each for each in LineVerb if each == text), None)


def _write_days(each: LineVersion) -> str:
    return f"{each.start} 起" + (f"，到 {each.until} 止" if each.until else "")


def _write_details(change: LineChange) -> str:
    """Return what is new of a line in a row: 新卡号 8986…, 新套餐 LT18."""
    words = [
        f"{name} {OPERATOR_NAMES[value] if isinstance(value, Operator) else value}"
        for field, name in _DETAIL_NAMES.items()
        if (value := getattr(change.details, field))
    ]
    return "，".join(words)


def _present_change(change: LineChange) -> tuple[str, str, str | None]:
    """Return a change as an item of a history: what, its state, and what belongs to it."""
    head = f"{VERB_NAMES[change.verb]} {change.number}，{change.effective_on} 起，{change.reported_by}登记"
    if change.outcome is None:
        return head, "now", _write_details(change) or None
    done = "办了" if change.outcome is ChangeOutcome.TAKEN else f"退回：{change.reason}"
    small = "，".join(filter(None, (_write_details(change), f"{change.decided_by} {done}", change.file)))
    return head, "done", small


def _present_pause(pause: EnrolmentPause) -> tuple[str, str, str | None]:
    days = f"{pause.paused_from} 起" + (f"，{pause.resumed_on} 恢复" if pause.resumed_on else "，还没有恢复")
    small = f"{pause.paused_by}：{pause.note}" + (f"；{pause.ended_by}：{pause.end_note}" if pause.ended_by else "")
    return f"{PAUSE_REASON_NAMES[pause.reason]}，{days}", "done" if pause.resumed_on else "now", small


def _list_facts(seal: Seal, line: KnownLine, state: EnrolmentState) -> list[tuple[str, str]]:
    facts = [
        ("状态", ENROLMENT_STATE_NAMES[state]),
        (
            "业务",
            f"{OPERATOR_NAMES[line.operator]}，{KIND_NAMES[line.kind]}"
            if line.operator and line.kind
            else "还没有绑定",
        ),
        ("享受的人", unseal_masked_name(seal, line.person_sealed)),
        ("户", f"{line.village or ''} {line.household} 户" if line.household else ""),
        ("项目", f"{line.programme}，{line.status}" if line.programme else "没有登记享受"),
        ("享受起", day_zh(line.entitled_from) if line.entitled_from else ""),
    ]
    return [(name, text) for name, text in facts if text]


async def _page(
    request: HttpRequest, conn: Connection, seal: Seal, desk: DeskContext, *, code: str, verb: LineVerb | None = None,
    values: ChangeForm | None = None, paused: PauseForm | None = None, errors: Sequence[FieldFault] = (),
    notice: PageNotice | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    line = await get_line(conn, desk.county, code, desk.divisions)
    versions = await list_versions(conn, desk.county, line.line)
    changes = await list_line_changes(conn, seal, desk.county, line.line, desk.divisions)
    waiting = next((each for each in changes if each.outcome is None), None)
    pauses = await list_pauses(conn, seal, desk.county, line.line)
    state = find_enrolment_state(status=line.status, entitled_from=line.entitled_from, pauses=pauses, day=desk.today,
                                 bound_until=get_bound_until(versions))  # fmt: skip
    open_pause = next((each for each in pauses if each.resumed_on is None), None)
    place = line.village_code or desk.county
    pauser = has_role_for(desk.actor, PAUSERS, place)
    context = {
        "line": line.line,
        "facts": _list_facts(seal, line, state),
        "pauses": [_present_pause(each) for each in pauses],
        "resumes": open_pause.id if open_pause and pauser else None,
        "consent_missing": open_pause is not None and await is_consent_missing(conn, desk.county, line.line),
        "pausing": pauser and open_pause is None and state in {EnrolmentState.ACTIVE, EnrolmentState.UNBOUND},
        "pause_reasons": list(PAUSE_REASON_NAMES.items()),
        "paused": paused or PauseForm(),
        "versions": [
            [_write_days(each), each.change, each.realname, each.file or "系统启用前", each.by or "—",
             f"{clock_zh(each.replaced_at)} 被换下" if each.replaced_at else "有效"]
            for each in versions
        ],
        "history": [_present_change(each) for each in changes],
        "waiting": waiting,
        "waiting_words": _present_change(waiting)[0] if waiting else "",
        "reports": waiting is None and bool(versions) and has_role_for(desk.actor, REPORTERS, place),
        "decides": waiting is not None and desk.whole and Role.IMPORTER in get_roles(desk.actor),
        "verbs": [(desk.to("/desk/lines", line=line.line, verb=each) + "#change", name, each == verb)
                  for each, name in VERB_NAMES.items()],
        "verb": verb,
        "verb_name": VERB_NAMES[verb] if verb else "",
        "fields": VERB_FIELDS[verb] if verb else (),
        "new_line": verb in NEW_LINE_VERBS,
        "operators": [("", "请选"), *((each.value, name) for name, each in OPERATORS.items())],
        "realnames": [(each, each) for each in REALNAME_RESULTS],
        "max_note": MAX_NOTE_LENGTH,
        "values": values or ChangeForm(),
        "errors": errors,
        "notice": notice,
    }  # fmt: skip
    return render_desk_page(request, desk, "line.html", context, status=status)


@get("/lines", include_in_schema=False)
async def show_lines(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show one line with its versions, or the changes of the official's divisions that wait."""
    desk = await open_desk(request, db, actor, clock)
    code = request.query_params.get("line", "").strip()
    done = _DONE.get(request.query_params.get("done", ""))
    missing = False
    async with db.transaction(scope=desk.county) as conn:
        if code:
            verb = _find_verb(request.query_params.get("verb", ""))
            try:
                notice = PageNotice("ok", done) if done else None
                return await _page(request, conn, seal, desk, code=code, verb=verb, notice=notice)
            except LineNotFound:
                missing = True
        skip = read_offset(request)
        waiting, more = await list_waiting_changes(conn, seal, desk.county, desk.divisions, skip=skip)
    context = {
        "rows": [
            (desk.to("/desk/lines", line=each.line), each.line, [
                each.village or "—", f"{VERB_NAMES[each.verb]} {each.number}", str(each.effective_on), each.reported_by,
                clock_zh(each.reported_at),
            ])
            for each in waiting
        ],
        "typed": code[:40],
        "errors": [FieldFault("line", LineNotFound().text("zh"))] if missing else [],
        "back": desk.to("/desk/lines", skip=max(skip - _PAGE_SIZE, 0)) if skip else None,
        "more": desk.to("/desk/lines", skip=skip + _PAGE_SIZE) if more else None,
    }  # fmt: skip
    return render_desk_page(request, desk, "lines.html", context, status=404 if missing else 200)


@post("/lines", include_in_schema=False)
async def submit_change(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Report a change of a line."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    typed = form.fill(ChangeForm)
    verb = _find_verb(typed.verb)
    try:
        async with db.transaction(scope=desk.county) as conn:
            await report_change(conn, seal, actor, desk.county, _read(typed, verb), now=desk.now)
    except LineNotFound:
        raise
    except Refusal as refusal:
        return await _answer(request, db, seal, desk, typed, refusal=refusal, verb=verb)
    return redirect(desk.to("/desk/lines", line=typed.line, done="report"))


def _read(typed: ChangeForm, verb: LineVerb | None) -> NewLineChange:
    """Return a change as typed.

    Raises:
        LineChangeInvalid: the verb or the day is missing.
    """
    day: date | None = parse_day(typed.effective_on)
    faults: list[FieldFault] = []
    if verb is None:
        faults.append(FieldFault("verb", "请选一样"))
    if day is None:
        faults.append(FieldFault("effective_on", "请写从哪天起，例如 2019-01-31"))
    if verb is None or day is None:
        raise LineChangeInvalid(errors=tuple(faults))
    operator = next((each for each in Operator if each == typed.operator), None)
    written = {name: getattr(typed, name).strip() for name in VERB_FIELDS[verb] if name != "operator"}
    return NewLineChange(
        line=typed.line, verb=verb, effective_on=day, note=typed.note,
        details=ChangeDetails(**written, operator=operator if "operator" in VERB_FIELDS[verb] else None),
    )  # fmt: skip


@post("/lines/{change_id:str}", include_in_schema=False)
async def submit_change_decision(
    request: HttpRequest,
    *,
    change_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Take or refuse a change that another official reported."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    typed, parsed = form.fill(ChangeForm), parse_uuid(change_id)
    if parsed is None:
        raise LineNotFound
    takes = form.get_text("decision") == "take"
    try:
        async with db.transaction(scope=desk.county) as conn:
            if takes:
                await take_change(conn, seal, actor, desk.county, parsed, now=desk.now)
            else:
                await refuse_change(conn, seal, actor, desk.county, parsed, reason=typed.reason, now=desk.now)
    except LineNotFound:
        raise
    except Refusal as refusal:
        return await _answer(request, db, seal, desk, typed, refusal=refusal)
    return redirect(desk.to("/desk/lines", line=typed.line, done="take" if takes else "refuse"))


@post("/lines/pauses", include_in_schema=False)
async def submit_pause(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Pause an enrolled line."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    typed = form.fill(PauseForm)
    reason, day = next((each for each in PauseReason if each == typed.pause_reason), None), parse_day(typed.paused_from)
    try:
        async with db.transaction(scope=desk.county) as conn:
            if reason is None or day is None:
                missing = [FieldFault("pause_reason", "请选一个")] if reason is None else []
                missing += [FieldFault("paused_from", "请写从哪天起")] if day is None else []
                raise LineChangeInvalid(errors=tuple(missing))
            new = NewPause(line=typed.line, reason=reason, paused_from=day, note=typed.note)
            await pause_line(conn, seal, actor, desk.county, new, now=desk.now)
    except LineNotFound:
        raise
    except Refusal as refusal:
        return await _answer(request, db, seal, desk, ChangeForm(line=typed.line), refusal=refusal, paused=typed)
    return redirect(desk.to("/desk/lines", line=typed.line, done="pause"))


@post("/lines/pauses/{pause_id:str}", include_in_schema=False)
async def submit_pause_end(
    request: HttpRequest,
    *,
    pause_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """End a pause that another official began."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    typed, parsed = form.fill(PauseForm), parse_uuid(pause_id)
    if parsed is None:
        raise LineNotFound
    day = parse_day(typed.resumed_on)
    try:
        async with db.transaction(scope=desk.county) as conn:
            if day is None:
                raise LineChangeInvalid(errors=(FieldFault("resumed_on", "请写从哪天起"),))
            end = PauseEnd(resumed_on=day, note=typed.note)
            await end_pause(conn, seal, actor, desk.county, end, pause_id=parsed, now=desk.now)
    except LineNotFound:
        raise
    except Refusal as refusal:
        return await _answer(request, db, seal, desk, ChangeForm(line=typed.line), refusal=refusal, paused=typed)
    return redirect(desk.to("/desk/lines", line=typed.line, done="resume"))


async def _answer(
    request: HttpRequest, db: Database, seal: Seal, desk: DeskContext, typed: ChangeForm,
    *, refusal: Refusal, verb: LineVerb | None = None, paused: PauseForm | None = None,
) -> Response[bytes]:  # fmt: skip
    """Return the page of the line with what is wrong: by field, or as a notice."""
    notice = None if refusal.errors else PageNotice("no", refusal.text("zh"))
    async with db.transaction(scope=desk.county) as conn:
        return await _page(
            request, conn, seal, desk, code=typed.line, verb=verb, values=typed, paused=paused, errors=refusal.errors,
            notice=notice, status=refusal.status,
        )  # fmt: skip


ROUTES = [show_lines, submit_change, submit_pause, submit_pause_end, submit_change_decision]
