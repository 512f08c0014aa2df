"""A county's subsidy month: run, decide, settle, reconcile and close it, and read its reports."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Struct

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.page import Page
from market.kernel.seal import Seal
from market.people.identity.access import get_visible_divisions, require_whole_county
from market.people.identity.models import Actor
from market.reports.drilldown import DrilldownSums, list_lines, sum_by_household, sum_by_township, sum_by_village
from market.reports.findings import FindingView, list_findings
from market.reports.line import ExplainedLine, explain_line
from market.reports.month import MonthRow, list_months
from market.reports.month_view import MonthView, get_month_view
from market.reports.quarter import QuarterReport, compute_quarter
from market.service.api.idempotency import run_once
from market.service.api.parameters import Cursor, Offset
from market.service.api.subsidies.requests import FindingDecision, HoldRequest, ReturnRequest, StepRequest
from market.service.api.tasks import ACCEPTED, submit_task
from market.service.http import HttpRequest
from market.subsidies.findings.decide import DecisionResult, decide_finding
from market.subsidies.findings.hold import HoldResult, hold_line
from market.subsidies.models import StepResult
from market.subsidies.month.cycles import find_cycle, read_county, read_month, read_quarter
from market.subsidies.month.return_month import return_month
from market.subsidies.month.run import RunResult
from market.subsidies.month.settle import Settlement, get_settlement
from market.subsidies.month.steps import LONG_STEPS, RUN, STEPS, MonthStep
from market.subsidies.month.take_step import take_step
from market.subsidies.tasks.submit import make_month_task

_TOWNSHIP, _VILLAGE = 9, 12


class FindingPage(Struct, frozen=True):
    """A page of findings, open ones that stop a line first; `more` is true if others follow."""

    items: list[FindingView]
    more: bool


class CountyRequest(Struct, frozen=True):
    """The county and month of a request, and the divisions that its actor may see."""

    county: str
    month: date
    divisions: tuple[str, ...]


def read_county_request(actor: Actor, county: str, month: str) -> CountyRequest:
    """Parse the county and month of a URL, and require access before anything is read.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: see `get_visible_divisions`.
        BadCounty, BadMonth: the URL is malformed.
    """
    code = read_county(county)
    return CountyRequest(code, read_month(month), get_visible_divisions(actor, code))


async def _run_step[T](
    request: HttpRequest,
    *,
    db: Database,
    actor: Actor,
    clock: Clock,
    target: CountyRequest,
    step: Callable[..., Awaitable[T]],
) -> Response[T]:
    """Run a step of the month once per idempotency key, in a transaction scoped to the county."""
    now: datetime = clock.now()
    return await run_once(
        request,
        db,
        actor,
        lambda conn: step(conn, actor, target.county, target.month, now=now),
        scope=target.county,
    )


class MonthController(Controller):
    """The steps of a county's month, from its calculation to its close."""

    path = "/api/v1/counties/{county:str}/months"
    tags = ["subsidies"]

    @get(operation_id="ListMonths")
    async def list(
        self, county: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> list[MonthRow]:
        """List the county's months, latest first, at most 60."""
        code = read_county(county)
        divisions = get_visible_divisions(actor, code)
        async with db.transaction(scope=code) as conn:
            return await list_months(conn, code, divisions)

    @get("/{month:str}", operation_id="GetMonth")
    async def show(
        self,
        *,
        county: FromPath[str],
        month: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
    ) -> MonthView:
        """Return a month: sums, hashes, reasons, findings, steps taken and pending."""
        target = read_county_request(actor, county, month)
        async with db.transaction(scope=target.county) as conn:
            return await get_month_view(conn, seal, target.county, target.month, target.divisions)

    @post("/{month:str}/findings/decisions", operation_id="DecideFinding", idempotent=True, status_code=200)
    async def decide(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        month: FromPath[str],
        data: JSONBody[FindingDecision],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
    ) -> Response[DecisionResult]:
        """Township: decide which lines of a finding are paid and which stay stopped, with the reason."""

        async def step(conn: Connection, by: Actor, code: str, first: date, *, now: datetime) -> DecisionResult:
            return await decide_finding(
                conn,
                by,
                code,
                first,
                check=data.check,
                subject=data.subject,
                pays=data.pay,
                stops=data.stop,
                why=data.why,
                seen=data.seen,
                seal=seal,
                now=now,
            )

        return await _run_step(
            request, db=db, actor=actor, clock=clock, target=read_county_request(actor, county, month), step=step
        )


@post(
    f"{MonthController.path}/{{month:str}}/return",
    operation_id="ReturnMonth",
    idempotent=True,
    status_code=200,
    tags=["subsidies"],
)
async def submit_return(
    *,
    request: HttpRequest,
    county: FromPath[str],
    month: FromPath[str],
    data: JSONBody[ReturnRequest],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[StepResult]:
    """Return a month to an earlier state, with the reason; approvals after it must be given again."""

    async def act(conn: Connection, by: Actor, code: str, first: date, *, now: datetime) -> StepResult:
        return await return_month(conn, by, code, first, why=data.why, to=data.to, now=now)

    return await _run_step(
        request, db=db, actor=actor, clock=clock, target=read_county_request(actor, county, month), step=act
    )


def _make_step_route(step: MonthStep) -> HTTPRouteHandler:
    """Return the route that takes a step of the month."""

    async def take(
        *,
        request: HttpRequest,
        county: FromPath[str],
        month: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
        data: JSONBody[StepRequest | None] = None,
    ) -> Response[StepResult]:
        given = data or StepRequest()

        target = read_county_request(actor, county, month)
        if step in LONG_STEPS:
            task = make_month_task(step, month, opinion=given.opinion, void_approvals=given.void_approvals)
            return await submit_task(request, db, actor, target.county, task, seal=seal, now=clock.now())

        async def act(conn: Connection, by: Actor, code: str, first: date, *, now: datetime) -> StepResult:
            taken = await take_step(
                conn,
                step,
                by,
                code,
                first,
                opinion=given.opinion,
                seal=seal,
                now=now,
            )
            assert isinstance(taken, StepResult)  # only the steps of LONG_STEPS have other results
            return taken

        return await _run_step(request, db=db, actor=actor, clock=clock, target=target, step=act)

    take.__doc__ = step.en
    take.__name__ = f"{step.name}_month"
    if step is RUN:
        take.__annotations__["return"] = Response[RunResult]
    return post(
        f"{MonthController.path}/{{month:str}}/{step.name}",
        operation_id=f"{step.name.title()}Month",
        idempotent=True,
        status_code=200,
        responses=ACCEPTED if step in LONG_STEPS else None,
        tags=MonthController.tags,
    )(take)


class MonthReportController(Controller):
    """The reports of a month, from the county down to the line."""

    path = "/api/v1/counties/{county:str}/months/{month:str}"
    tags = ["subsidies"]

    @get("/findings", operation_id="ListFindings")
    async def findings(
        self,
        *,
        county: FromPath[str],
        month: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        skip: FromQuery[Offset] = 0,
    ) -> FindingPage:
        """Return the month's findings with their evidence, 50 per page."""
        target = read_county_request(actor, county, month)
        async with db.transaction(scope=target.county) as conn:
            items, more = await list_findings(
                conn, target.county, target.divisions, seal=seal, month=target.month, skip=skip
            )
        return FindingPage(items, more)

    @get("/settlement", operation_id="GetSettlement")
    async def settlement(
        self,
        *,
        county: FromPath[str],
        month: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
    ) -> Settlement:
        """Return the payment to each operator, with the control totals; requires access to the whole county."""
        target = read_county_request(actor, county, month)
        require_whole_county(target.divisions, target.county)
        async with db.transaction(scope=target.county) as conn:
            return await get_settlement(conn, seal, await find_cycle(conn, target.county, target.month))

    @get("/places", operation_id="GetPlaces")
    async def list_divisions(
        self,
        *,
        county: FromPath[str],
        month: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        under: FromQuery[Cursor] = "",
        after: FromQuery[Cursor] = "",
    ) -> Page[DrilldownSums]:
        """Return the sums below a division: townships or, by the code in `under`, villages, households or lines.

        `none` returns the lines without a village. The items add up to the sums of the level above.
        """
        target = read_county_request(actor, county, month)
        async with db.transaction(scope=target.county) as conn:
            cycle = await find_cycle(conn, target.county, target.month)
            if under in {"", target.county}:
                return Page(await sum_by_township(conn, cycle, target.divisions), None)
            if under.isdigit() and len(under) == _TOWNSHIP:
                return Page(await sum_by_village(conn, cycle, target.divisions, under), None)
            if under.isdigit() and len(under) == _VILLAGE:
                return await sum_by_household(conn, cycle, target.divisions, under, after=after, limit=100)
            return await list_lines(conn, seal, cycle, target.divisions, under, after=after, limit=100)

    @get("/lines/{line:str}", operation_id="ExplainLine")
    async def explain(
        self,
        *,
        county: FromPath[str],
        month: FromPath[str],
        line: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
    ) -> ExplainedLine:
        """Explain a line: days, amounts, each step of the calculation, the sentences of the policy document."""
        target = read_county_request(actor, county, month)
        async with db.transaction(scope=target.county) as conn:
            cycle = await find_cycle(conn, target.county, target.month)
            return await explain_line(conn, seal, cycle, target.divisions, line)


@post(
    f"{MonthController.path}/{{month:str}}/lines/{{line:str}}/hold",
    operation_id="HoldLine",
    idempotent=True,
    status_code=200,
    tags=["subsidies"],
)
async def submit_hold(
    *,
    request: HttpRequest,
    county: FromPath[str],
    month: FromPath[str],
    line: FromPath[str],
    data: JSONBody[HoldRequest],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[HoldResult]:
    """Hold a line that is not settled yet, with the reason; the township decides it as a finding."""

    async def act(conn: Connection, by: Actor, code: str, first: date, *, now: datetime) -> HoldResult:
        return await hold_line(conn, by, code, first, line, why=data.why, seal=seal, now=now)

    return await _run_step(
        request, db=db, actor=actor, clock=clock, target=read_county_request(actor, county, month), step=act
    )


@get("/api/v1/counties/{county:str}/quarters/{quarter:str}", operation_id="GetQuarter", tags=["subsidies"])
async def show_quarter(
    county: FromPath[str], quarter: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> QuarterReport:
    """Return the quarter's report: beneficiaries, concessions, payments; requires access to the whole county."""
    code = read_county(county)
    require_whole_county(get_visible_divisions(actor, code), code)
    first, until = read_quarter(quarter)
    async with db.transaction(scope=code) as conn:
        return await compute_quarter(conn, code, first, until)


ROUTES = [
    MonthController,
    *map(_make_step_route, STEPS),
    submit_return,
    submit_hold,
    MonthReportController,
    show_quarter,
]
