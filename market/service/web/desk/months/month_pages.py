"""Pages of a month: its figures, and the step that is due."""

from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import get_roles
from market.people.identity.models import Actor, NotFound, Role
from market.reports.imports import ImportedFile, list_imported_files
from market.reports.month import list_eligible_officials, list_months
from market.reports.month_view import MonthView, get_month_view
from market.reports.tables import CLAIM_TABLE, MONTHS_TABLE
from market.service.http import HttpRequest
from market.service.web.desk.context import (
    DeskContext,
    PageNotice,
    build_county_query,
    build_refusal_notice,
    open_desk,
    render_desk_page,
)
from market.service.web.desk.duty_text import (
    APPROVALS,
    HOLDER_NAMES,
    describe_eligible,
    describe_missing_people,
    explain_exclusion,
)
from market.service.web.desk.months.month_sections import describe_uncounted, list_month_withheld, present_settlement
from market.service.web.desk.presenters import (
    describe_state,
    draw_operator_chart,
    format_short_month,
    get_operator_name,
    present_figures,
    present_finding,
    present_opinions,
    present_reasons,
    present_return_targets,
    present_steps,
    sort_by_severity,
)
from market.service.web.desk.task_form import submit_task
from market.service.web.forms import make_form_key, read_form
from market.service.web.pages import redirect
from market.service.web.ui.charts import draw_bars
from market.service.web.ui.format import yuan
from market.subsidies.models import (
    CYCLE_STATE_NAMES,
    DUTY_NAMES,
    BadMonth,
    CycleState,
    Duty,
    SecondDuty,
    StepResult,
)
from market.subsidies.month.cycles import find_cycle, read_month
from market.subsidies.month.return_month import return_month
from market.subsidies.month.run import describe_approvals
from market.subsidies.month.steps import (
    CLOSE,
    CONFIRM,
    DECIDE,
    LONG_STEPS,
    NEXT_STEPS,
    RECONCILE,
    REVIEW,
    RUN,
    SETTLE,
    STEPS,
    STEPS_BY_NAME,
    UNSETTLED_STATES,
    MonthStep,
)
from market.subsidies.month.take_step import take_step as take_month_step
from market.subsidies.names import format_month_zh
from market.subsidies.tasks.submit import make_month_task


class StepButton(Struct, frozen=True):
    """The button of a step: its label, and the title of a refusal."""

    words: str
    refused: str


class StepOffer(Struct, frozen=True):
    """A step on the page of a month; `obstacles` state why it cannot be taken now, `excluded` that R14 forbids it."""

    name: str
    words: str
    title: str
    due: bool
    obstacles: list[str]
    excluded: bool


_BUTTONS = {
    RUN.name: StepButton("计算这个月", "没有计算"),
    CONFIRM.name: StepButton("村里核实，属实", "没有核实"),
    REVIEW.name: StepButton("乡镇审核，同意", "没有审核"),
    DECIDE.name: StepButton("县级审定", "没有审定"),
    SETTLE.name: StepButton("结算", "没有结算"),
    RECONCILE.name: StepButton("对账", "没有对账"),
    CLOSE.name: StepButton("关账", "没有关账"),
}
_PAGE_SIZE = 12
_AFTER_FINDINGS = (REVIEW, DECIDE)
_RECALCULABLE = (*RUN.repeats, CLOSE.after)


@get("/months", include_in_schema=False)
async def show_months(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the county's months with their sums, latest first."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        before = _before(request.query_params.get("before", ""))
        months = await list_months(conn, desk.county, desk.divisions, before=before, limit=_PAGE_SIZE)
    shown = [month for month in months if month.lines]
    chart = draw_bars("各月核定", [(f"{month.month.month} 月", month.approved_fen) for month in reversed(shown)])
    rows = [
        (
            name := f"{month.month:%Y-%m}",
            format_month_zh(name),
            CYCLE_STATE_NAMES[month.state],
            MONTHS_TABLE.get_cells(month),
        )
        for month in months
    ]
    more = desk.to("/desk/months", before=f"{months[-1].month:%Y-%m}") if len(months) == _PAGE_SIZE else None
    return render_desk_page(
        request,
        desk,
        "months.html",
        {"rows": rows, "table": MONTHS_TABLE, "bars": chart if shown else None, "more": more},
    )


def _before(text: str) -> date:
    """Return the month before which the list continues, or `date.max` if the URL has none."""
    try:
        return read_month(text) if text else date.max
    except BadMonth:
        return date.max


@get("/months/{month:str}", include_in_schema=False)
async def show_month(
    request: HttpRequest,
    *,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show one month and the step that is due."""
    desk = await open_desk(request, db, actor, clock)
    notice = _OUTCOME_TEXT.get(request.query_params.get("done", ""))
    return await render_month(request, db, seal, desk, month, notice=PageNotice("ok", notice) if notice else None)


_OUTCOME_TEXT = {
    "run": "算好了",
    "again": "又算了一遍，结果号没有变",
    "confirm": "已核实",
    "review": "已审核",
    "decide": "已审定",
    "settle": "已结算",
    "reconcile": "已对账",
    "close": "已关账",
    "return": "已退回，后面的步骤要重新办",
    "wait": "您负责的村已办，还要等别的村",
}


@post("/months/{month:str}/{step:str}", include_in_schema=False)
async def submit_step(
    request: HttpRequest,
    *,
    month: FromPath[str],
    step: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Take a step and redirect to the month, or to the task of a long step; a refusal is shown on the same page.

    Raises:
        NotFound: the step does not exist.
    """
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    chosen = STEPS_BY_NAME.get(step)
    if chosen is None:
        raise NotFound
    first, opinion = read_month(month), form.get_text("opinion")
    try:
        if chosen in LONG_STEPS:
            void = form.get_text("void") == "1"
            task = make_month_task(chosen, month, opinion=opinion, void_approvals=void)
            return await submit_task(request, desk, form, task)
        async with db.transaction(scope=desk.county) as conn:
            done = await take_month_step(
                conn, chosen, actor, desk.county, first, opinion=opinion, seal=seal, now=desk.now
            )
    except Refusal as refusal:
        notice = await explain_refusal(db, seal, desk, month, chosen, refusal=refusal)
        return await render_month(request, db, seal, desk, month, notice=notice, status=refusal.status)
    waiting = isinstance(done, StepResult) and done.waiting
    return redirect(desk.to(f"/desk/months/{month}", done="wait" if waiting else chosen.name))


@post("/months/{month:str}/return", include_in_schema=False)
async def submit_return(
    request: HttpRequest,
    *,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Return the month to an earlier state with the reason; a refusal is shown on the same page."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    to, first = form.get_text("to"), read_month(month)
    try:
        async with db.transaction(scope=desk.county) as conn:
            target = CycleState(to) if to in set(CycleState) else None
            await return_month(conn, actor, desk.county, first, why=form.get_text("why"), to=target, now=desk.now)
    except Refusal as refusal:
        notice = build_refusal_notice(refusal, "没有退回")
        return await render_month(request, db, seal, desk, month, notice=notice, status=refusal.status)
    return redirect(desk.to(f"/desk/months/{month}", done="return"))


async def explain_refusal(
    db: Database, seal: Seal, desk: DeskContext, month: str, step: MonthStep, *, refusal: Refusal
) -> PageNotice:
    """Return the notice of a refused step, with the officials who can take it."""
    if not isinstance(refusal, SecondDuty):
        return build_refusal_notice(refusal, _BUTTONS[step.name].refused)
    async with db.transaction(scope=desk.county) as conn:
        cycle = await find_cycle(conn, desk.county, read_month(month))
        names = await list_eligible_officials(conn, cycle, role=step.role, duty=step.duty, day=desk.today)
        view = await get_month_view(conn, seal, desk.county, cycle.month, desk.divisions)
    own_duty = _find_own_duty(desk, view)
    who = HOLDER_NAMES[own_duty] if own_duty else "代办人"
    cannot = "不能审批" if step.duty in APPROVALS else f"不能{_BUTTONS[step.name].words}"
    return PageNotice(
        "no", f"{_BUTTONS[step.name].refused}：{who}{cannot}", (refusal.text("zh"), describe_eligible(names))
    )


def _find_own_duty(desk: DeskContext, view: MonthView) -> Duty | None:
    """Return the official's own duty of the month."""
    return next((Duty(each.duty) for each in view.duties if each.account_id == desk.actor.account_id), None)


async def render_month(
    request: HttpRequest,
    db: Database,
    seal: Seal,
    desk: DeskContext,
    month: str,
    *,
    notice: PageNotice | None,
    status: int = 200,
) -> Response[bytes]:
    """Return the page of one month, with a notice of what was just done or refused."""
    async with db.transaction(scope=desk.county) as conn:
        view = await get_month_view(conn, seal, desk.county, read_month(month), desk.divisions)
        # A bill covers the whole county, so only its officials see the files.
        files = (await list_imported_files(conn, desk.county, month=read_month(month)))[0] if desk.whole else []
        offers = await _list_offers(conn, desk, view)
        voids = await describe_approvals(conn, await find_cycle(conn, desk.county, read_month(month)))
        step = NEXT_STEPS.get(view.state)
        eligible = [] if step is None else await _list_eligible(conn, desk, view, step)
        uncounted = await describe_uncounted(conn, desk.county, view) if desk.whole else ""
        withheld = await list_month_withheld(conn, view)
        missing: list[str] = []
        if desk.whole and view.state in UNSETTLED_STATES:
            missing = await describe_missing_people(conn, desk.county, day=desk.today, cycle_id=view.cycle_id)
    context = _context(desk, view, files) | {
        **present_settlement(view, withheld),
        "offers": offers,
        "eligible": describe_eligible(eligible) if eligible else "",
        "missing": missing,
        "uncounted": uncounted,
        "voids": voids if view.state is not CLOSE.after else "",
        "returns": present_return_targets(view.state) if any(each.due and not each.excluded for each in offers) else [],
        "key": make_form_key(),
    }
    return render_desk_page(request, desk, "month.html", {"notice": notice, **context}, status=status)


async def _list_eligible(conn: Connection, desk: DeskContext, view: MonthView, step: MonthStep) -> list[str]:
    cycle = await find_cycle(conn, desk.county, read_month(view.month))
    return await list_eligible_officials(conn, cycle, role=step.role, duty=step.duty, day=desk.today)


async def _list_offers(conn: Connection, desk: DeskContext, view: MonthView) -> list[StepOffer]:
    """Return the steps of the official's roles: the one that is due, and those that R14 forbids, with obstacles."""
    roles = get_roles(desk.actor)
    own_duty = _find_own_duty(desk, view)
    offers: list[StepOffer] = []
    for step in STEPS[list(CycleState).index(view.state) :]:
        words = _BUTTONS[step.name].words
        due = step.before is view.state
        excluded = own_duty is not None and own_duty is not step.duty
        if step.role not in roles or not (due or (excluded and step.duty in APPROVALS)):
            continue
        obstacles: list[str] = []
        if own_duty is not None and excluded:
            obstacles += [
                explain_exclusion(own_duty, step.duty),
                describe_eligible(await _list_eligible(conn, desk, view, step)),
            ]
        if not due:
            obstacles.append(f"也还没轮到：现在等{NEXT_STEPS[view.state].zh}。")
        stopping = view.open_findings.stopping
        if due and stopping and step in _AFTER_FINDINGS:
            obstacles.append(f"还有 {stopping} 件停付的疑点没有处理，处理完才能{DUTY_NAMES[step.duty]}。")
        offers.append(StepOffer(step.name, words, words if due else DUTY_NAMES[step.duty], due, obstacles, excluded))
    return offers


def _context(desk: DeskContext, view: MonthView, files: list[ImportedFile]) -> dict[str, Any]:
    roles = get_roles(desk.actor)
    own = _find_own_duty(desk, view)
    step = NEXT_STEPS.get(view.state)
    awaited = step.zh if step else ""
    return {
        "view": view,
        "name": format_month_zh(view.month),
        "short": format_short_month(view.month),
        "state": describe_state(view),
        "sums": present_figures(view.total),
        "bars": draw_operator_chart(format_short_month(view.month), view.operators) if view.operators else None,
        "steps": present_steps(view),
        "awaited": awaited,
        "own": DUTY_NAMES[own] if own else "",
        "may_recalculate": Role.IMPORTER in roles and desk.whole and view.state in _RECALCULABLE,
        "pending_title": f"等{awaited}的村" if awaited else "",
        "claims": CLAIM_TABLE,
        "claim_rows": [
            [get_operator_name(row.operator), *CLAIM_TABLE.get_cells(row)] for row in [*view.operators, view.total]
        ],
        "reasons": present_reasons(view.reasons),
        "reasons_sum": ["合计", sum(row.lines for row in view.reasons), sum(row.over_fen for row in view.reasons)],
        "files": files,
        "operator_names": {each.operator: get_operator_name(each.operator) for each in files if each.operator},
        "opinions": present_opinions(view.opinions),
        "cards": [present_finding(finding) for finding in sort_by_severity(view.findings)[:3]],
        "finding_count": len(view.findings),
        "approved": yuan(view.total.approved_fen),
        "keep": build_county_query(desk),
        "transfers": Role.FINANCE in roles and desk.whole,
    }  # fmt: skip


ROUTES = [show_months, show_month, submit_step, submit_return]
