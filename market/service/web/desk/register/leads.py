"""线索: households that come in, leave, are split, merged or enrolled, step by step."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.access import has_role_for
from market.people.identity.models import Actor, NotFound
from market.places.divisions.queries import list_divisions_named
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, open_desk, read_offset, render_desk_page
from market.service.web.desk.register.lead_persons import fill_persons, read_persons
from market.service.web.desk.register.objection_words import build_objection_context
from market.service.web.forms import PostedForm, parse_day, parse_id, parse_integer, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import day_zh
from market.subsidies.intake.consents import ConsentForm, LeadConsent, list_consents
from market.subsidies.intake.models import (
    DUE_STEPS,
    KIND_NAMES,
    OPEN_STATES,
    REASON_NAMES,
    REPORTERS,
    SOURCE_NAMES,
    STATE_NAMES,
    STEP_NAMES,
    LeadInvalid,
    LeadKind,
    LeadReason,
    LeadSource,
    LeadState,
    LeadStep,
    MonitoringStatus,
    Vote,
)
from market.subsidies.intake.report import NewLead, report_lead
from market.subsidies.intake.take_step import LeadStepRequest, list_steps, take_step
from market.subsidies.intake.views import Lead, LeadFields, get_lead, list_household_members, list_leads
from market.subsidies.terminology import list_types

_PAGE_SIZE = 50
_ENDED = (LeadState.DECIDED, LeadState.REJECTED, LeadState.WITHDRAWN)
_CODES = ("household_code", "into_code", "line_code", "programme_code")
_REPORTED_BY_OFFICIALS = (LeadSource.CADRE, LeadSource.WARNING)


class LeadForm(Struct, frozen=True):
    """The form of a new lead as typed."""

    kind: str = LeadKind.IDENTIFY
    source: str = LeadSource.CADRE
    reason: str = ""
    household_code: str = ""
    village_code: str = ""
    into_code: str = ""
    line_code: str = ""
    programme_code: str = ""
    note: str = ""


class StepForm(Struct, frozen=True):
    """The form of a step as typed."""

    opinion: str = ""
    household_code: str = ""
    line_code: str = ""
    programme_code: str = ""
    new_code: str = ""
    registered: str = ""
    monitoring: str = ""
    tier: str = ""
    attended: str = ""
    agreed: str = ""
    notice_from: str = ""
    effective_on: str = ""
    given_on: str = ""


def describe_lead(lead: LeadFields) -> str:
    """Return what a lead is about in a line: kind, household and village."""
    household = f"{lead.household_code} 户" if lead.household_code else "名册里还没有的一户"
    return f"{lead.village}　{household}"


def _describe_notice(lead: LeadFields) -> str:
    if lead.notice_from is None or lead.notice_until is None:
        return "—"
    return f"{day_zh(lead.notice_from)} 起满 {(lead.notice_until - lead.notice_from).days} 天"


@get("/leads", include_in_schema=False)
async def show_leads(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the leads of the official's divisions, open or ended."""
    desk = await open_desk(request, db, actor, clock)
    ended = request.query_params.get("ended") == "1"
    skip = read_offset(request)
    async with db.transaction(scope=desk.county) as conn:
        leads, more = await list_leads(
            conn, desk.county, desk.divisions, states=_ENDED if ended else OPEN_STATES, skip=skip, limit=_PAGE_SIZE
        )
    flag = "1" if ended else ""
    boards = {each.village_code: each.village for each in leads if each.state in {"noticed", "reviewed"}}
    context = {
        "rows": [
            (
                desk.to(f"/desk/leads/{each.id}"),
                f"{KIND_NAMES[each.kind]} {each.number}",
                [
                    STATE_NAMES[each.state], describe_lead(each), SOURCE_NAMES[each.source], REASON_NAMES[each.reason],
                    _describe_notice(each),
                ],
            )
            for each in leads
        ],
        "boards": [(desk.to(f"/desk/boards/{code}"), name) for code, name in boards.items()],
        "ended": ended,
        "back": desk.to("/desk/leads", ended=flag, skip=max(skip - _PAGE_SIZE, 0)) if skip else None,
        "more": desk.to("/desk/leads", ended=flag, skip=skip + _PAGE_SIZE) if more else None,
    }  # fmt: skip
    return render_desk_page(request, desk, "leads.html", context)


def _new_page(
    request: HttpRequest, desk: DeskContext, values: LeadForm, *, errors: Sequence[FieldFault] = (), status: int = 200
) -> Response[bytes]:
    context = {
        "values": values,
        "errors": errors,
        "kinds": list(KIND_NAMES.items()),
        "sources": [(each, SOURCE_NAMES[each]) for each in _REPORTED_BY_OFFICIALS],
        "reasons": list(REASON_NAMES.items()),
    }
    return render_desk_page(request, desk, "new_lead.html", context, status=status)


@get("/leads/new", include_in_schema=False)
async def show_new_lead(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the form of a lead."""
    return _new_page(request, await open_desk(request, db, actor, clock), LeadForm())


@post("/leads/new", include_in_schema=False)
async def submit_new_lead(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Report a lead."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    typed = form.fill(LeadForm)
    try:
        async with db.transaction(scope=desk.county) as conn:
            kind, source = _choose(form, "kind", LeadKind), _choose(form, "source", LeadSource)
            reason = _choose(form, "reason", LeadReason)
            village = await _find_village(conn, desk, typed)
            codes = {name: getattr(typed, name) for name in _CODES}
            new = NewLead(kind=kind, source=source, reason=reason, note=typed.note, village_code=village, **codes)
            lead_id = await report_lead(conn, seal, actor, desk.county, new, now=desk.now)
    except Refusal as refusal:
        errors = refusal.errors or (FieldFault("household_code", refusal.text("zh")),)
        return _new_page(request, desk, typed, errors=errors, status=refusal.status)
    return redirect(desk.to(f"/desk/leads/{lead_id}", done="report"))


def _choose[E: (LeadKind, LeadSource, LeadReason)](form: PostedForm, name: str, words: type[E]) -> E:
    found = next((each for each in words if each == form.get_text(name)), None)
    if found is None:
        raise LeadInvalid(errors=(FieldFault(name, "请选一个"),))
    return found


async def _find_village(conn: Connection, desk: DeskContext, typed: LeadForm) -> str:
    """Return the code of the village whose name or code was typed, or what was typed."""
    if not typed.village_code or typed.household_code:
        return ""
    found = await list_divisions_named(conn, typed.village_code, within=desk.county)
    return found[0].code if len(found) == 1 else typed.village_code


async def render_lead(
    request: HttpRequest, conn: Connection, seal: Seal, desk: DeskContext, lead: Lead,
    *, values: StepForm | None = None, posted: PostedForm | None = None, errors: Sequence[FieldFault] = (),
    notice: PageNotice | None = None, objection: Struct | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    """Return the page of a lead with the form of the due step, as `posted`; `objection` is that form as typed."""
    due = DUE_STEPS.get(lead.state)
    own = due is not None and has_role_for(desk.actor, due.roles, lead.village_code)
    members = []
    if household := lead.household_code or _find_visited_household(values, errors):
        members = await list_household_members(conn, seal, desk.county, household, day=desk.today)
    waits = lead.notice_until is not None and desk.today < lead.notice_until
    consents = await list_consents(conn, lead.id)
    withdrawn = lead.state == "decided" and bool(consents) and all(each.withdrawn_at for each in consents)
    context = {
        "lead": lead,
        "title": f"{KIND_NAMES[lead.kind]} {lead.number}",
        "about": describe_lead(lead),
        "state": STATE_NAMES[lead.state],
        "facts": _list_facts(lead),
        "history": [
            (
                f"{day_zh(each.at)}　{STEP_NAMES[each.step]}，{each.name}"
                + (f"，到会 {each.attended} 人，同意 {each.agreed} 人" if each.attended else ""),
                "done",
                each.opinion or None,
            )
            for each in lead.steps
        ],
        "persons": lead.members,
        "members": members,
        "step": due.step if due and own else None,
        "others": [(each, STEP_NAMES[each]) for each in list_steps(lead.state)[1:]] if own else [],
        "step_name": STEP_NAMES[due.step] if due else "",
        "waits": day_zh(lead.notice_until) if waits and lead.notice_until and lead.state == "noticed" else "",
        "values": values or StepForm(),
        "errors": errors,
        "notice": notice,
        "monitoring": [(each, each) for each in list_types(desk.today, desk.today)],
        "typed": fill_persons(posted),
        "consents": None
        if lead.kind is not LeadKind.ENROL
        else [_present_consent(desk, lead, each) for each in consents],
        "records_consent": (lead.state in OPEN_STATES or withdrawn)
        and has_role_for(desk.actor, REPORTERS, lead.village_code),
        "board": desk.to(f"/desk/boards/{lead.village_code}") if lead.notice_until else None,
        "objection": objection,
        **await build_objection_context(conn, seal, desk, lead),
    }
    return render_desk_page(request, desk, "lead.html", context, status=status)


def _find_visited_household(values: StepForm | None, errors: Sequence[FieldFault]) -> str:
    """Return the household that a visit found in the village, once only the choice of its persons is missing."""
    chooses = values is not None and {each.field for each in errors} == {"persons"}
    return values.household_code.strip().upper() if values is not None and chooses else ""


def _present_consent(desk: DeskContext, lead: Lead, consent: LeadConsent) -> tuple[str, str]:
    """Return a consent in words, and where the photo of it is."""
    how = "在手机上申请时同意" if consent.form is ConsentForm.PAGE else f"签了字，{consent.recorded_by}传的照片"
    words = f"{day_zh(consent.given_on)}　{how}"
    if consent.withdrawn_at is not None:
        words += f"，{day_zh(consent.withdrawn_at)}撤回"
    photo = consent.form is ConsentForm.PHOTO
    return words, desk.to(f"/desk/leads/{lead.id}/consents/{consent.id}") if photo else ""


def _list_facts(lead: Lead) -> list[tuple[str, str]]:
    facts = [
        ("来源", SOURCE_NAMES[lead.source]),
        ("原因", REASON_NAMES[lead.reason]),
        ("并到", f"{lead.into_code} 户" if lead.into_code else ""),
        ("新户编号", lead.new_code or ""),
        ("业务", f"{lead.line_code}，项目 {lead.programme_code}" if lead.line_code else ""),
        ("监测类型", f"{lead.monitoring}，原建档立卡{'是' if lead.registered else '否'}" if lead.monitoring else ""),
        ("保障档", str(lead.tier) if lead.tier else ""),
        ("公示", _describe_notice(lead) if lead.notice_from else ""),
        ("从哪天起", str(lead.effective_on) if lead.effective_on else ""),
    ]
    return [(name, text) for name, text in facts if text]


@get("/leads/{lead_id:str}", include_in_schema=False)
async def show_lead(
    request: HttpRequest,
    *,
    lead_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show a lead with its steps, and the form of the step that is due."""
    desk = await open_desk(request, db, actor, clock)
    done = request.query_params.get("done", "")
    words = {"consent": "同意书", "objection": "异议的答复", **STEP_NAMES}.get(done)
    notice = PageNotice("ok", f"记下了：{words}") if words else None
    async with db.transaction(scope=desk.county) as conn:
        lead = await get_lead(conn, seal, parse_lead_id(lead_id), desk.divisions)
        return await render_lead(request, conn, seal, desk, lead, notice=notice)


@post("/leads/{lead_id:str}", include_in_schema=False)
async def submit_lead_step(
    request: HttpRequest,
    *,
    lead_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Take a step of a lead, return it or reject it."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    lead_uuid = parse_lead_id(lead_id)
    step = next((each for each in LeadStep if each == form.get_text("step")), None)
    if step is None:
        raise NotFound
    typed = form.fill(StepForm)
    try:
        async with db.transaction(scope=desk.county) as conn:
            request_ = _read_step(form, typed, step)
            await take_step(conn, seal, actor, lead_uuid, request_, county=desk.county, now=desk.now)
    except NotFound:
        raise
    except Refusal as refusal:
        errors = refusal.errors or (FieldFault("opinion", refusal.text("zh")),)
        async with db.transaction(scope=desk.county) as conn:
            lead = await get_lead(conn, seal, lead_uuid, desk.divisions)
            return await render_lead(
                request, conn, seal, desk, lead, values=typed, posted=form, errors=errors, status=refusal.status
            )
    return redirect(desk.to(f"/desk/leads/{lead_uuid}", done=step))


def _read_step(form: PostedForm, typed: StepForm, step: LeadStep) -> LeadStepRequest:
    """Return the step as typed.

    Raises:
        LeadInvalid: a figure or a day is not one.
    """
    faults: list[FieldFault] = []
    standing = vote = None
    if typed.monitoring:
        tier = parse_integer(typed.tier, maximum=99)
        if tier is None:
            faults.append(FieldFault("tier", "保障档是 1 到 99"))
        standing = MonitoringStatus(registered=typed.registered == "1", monitoring=typed.monitoring, tier=tier or 1)
    if typed.attended or typed.agreed:
        vote = Vote(
            attended=parse_integer(typed.attended, maximum=9999) or 0,
            agreed=parse_integer(typed.agreed, maximum=9999) or 0,
            notice_from=_read_day(typed.notice_from, "notice_from", faults),
        )
    effective_on = _read_day(typed.effective_on, "effective_on", faults)
    if faults:
        raise LeadInvalid(errors=tuple(faults))
    return build_from(
        LeadStepRequest,
        typed,
        step=step,
        persons=read_persons(form),
        standing=standing,
        vote=vote,
        effective_on=effective_on,
    )


def _read_day(text: str, name: str, faults: list[FieldFault]) -> Any:
    if not text:
        return None
    day = parse_day(text)
    if day is None:
        faults.append(FieldFault(name, "应是日期，例如 2019-01-31"))
    return day


def parse_lead_id(text: str) -> UUID:
    """Return the id of a lead in a URL.

    Raises:
        NotFound: it is no id.
    """
    return parse_id(text)


ROUTES = [show_leads, show_new_lead, submit_new_lead, show_lead, submit_lead_step]
