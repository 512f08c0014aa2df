"""The official's month over HTTP: run, look, decide, settle, reconcile, close; what it came to and why."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Annotated, Any

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from market.api import subsidy_imports
from market.api.plumbing import once
from market.identity import Actor, NotAllowed
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.page import Page
from market.kernel.seal import Seal
from market.reports.desk.findings import FindingView, list_findings
from market.reports.desk.line import ExplainedLine, explain_line
from market.reports.desk.months import MonthRow, list_months
from market.reports.desk.places import PlaceSums, households_of, lines_of, townships_of, villages_of
from market.reports.desk.sight import places_in
from market.reports.desk.view import MonthView, view_month
from market.reports.subsidies.quarter import Quarter, quarter_of
from market.subsidies.approve import confirm_month, decide_month, review_month
from market.subsidies.cycles import find_cycle, read_county, read_month, read_quarter
from market.subsidies.decide_finding import Decided, decide_finding
from market.subsidies.models import Done
from market.subsidies.run import RunResult, run_month
from market.subsidies.settle import Settlement, close_month, reconcile_month, settle_month, settlement_of

Asked = Request[Any, Any, Any]

_TOWNSHIP, _VILLAGE = 9, 12


# Litestar holds the bounds of a query parameter only under a name of their own.
type Cursor = Annotated[str, Meta(max_length=40)]
type Offset = Annotated[int, Meta(ge=0, le=100_000)]


class FindingDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """For and against lines of a finding: `pay` goes on, `stop` stays stopped, each line once."""

    check: Annotated[str, Meta(max_length=60)]
    subject: Annotated[str, Meta(max_length=400)]
    why: Annotated[str, Meta(max_length=500)]
    pay: Annotated[list[str], Meta(max_length=200)] = []
    stop: Annotated[list[str], Meta(max_length=200)] = []


class Findings(Struct, frozen=True):
    """Some findings, open ones that stop a line first; `more` says that others follow."""

    items: list[FindingView]
    more: bool


class Asker(Struct, frozen=True):
    """Who asks about a county's month, and what of the county may be seen."""

    county: str
    month: date
    places: tuple[str, ...]


def ask(actor: Actor, county: str, month: str) -> Asker:
    """Check who asks before anything else is looked at.

    Raises:
        NotAllowed, SecondFactorNeeded, NotFound: see `places_in`.
        BadCounty, BadMonth: the address cannot be read.
    """
    code = read_county(county)
    return Asker(code, read_month(month), places_in(actor, code))


def require_whole(places: tuple[str, ...], county: str) -> None:
    """Let pass who sees the whole county: its sums say nothing less.

    Raises:
        NotAllowed: the official sees a part of it alone.
    """
    if places != (county,):
        raise NotAllowed


async def _step[T](
    request: Asked,
    *,
    db: Database,
    actor: Actor,
    clock: Clock,
    asker: Asker,
    step: Callable[..., Awaitable[T]],
) -> Response[Any]:
    """Take a step of the month once a key, in a transaction that sees the county alone."""
    now: datetime = clock.now()
    return await once(
        request,
        db,
        actor,
        lambda conn: step(conn, actor, asker.county, asker.month, now=now),
        scope=asker.county,
        status=200,
    )


class MonthController(Controller):
    """A month of a county, from its first bill to its close."""

    path = "/api/v1/counties/{county:str}/months"
    tags = ["subsidies"]  # noqa: RUF012 - the framework's own declaration

    @get(operation_id="ListMonths")
    async def list(
        self, county: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> list[MonthRow]:
        """Return the county's months, the latest first, at most 60."""
        code = read_county(county)
        places = places_in(actor, code)
        async with db.transaction(scope=code) as conn:
            return await list_months(conn, code, places)

    @get("/{month:str}", operation_id="GetMonth")
    async def show(
        self, county: FromPath[str], month: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> MonthView:
        """Return a month: sums, hashes, reasons, findings, who did what, what waits."""
        asker = ask(actor, county, month)
        async with db.transaction(scope=asker.county) as conn:
            return await view_month(conn, asker.county, asker.month, asker.places)

    @post("/{month:str}/run", operation_id="RunMonth", status_code=200)
    async def run(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        month: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[RunResult]:
        """Calculate and match a month; the same facts give the same hashes and change nothing."""
        return await _step(request, db=db, actor=actor, clock=clock, asker=ask(actor, county, month), step=run_month)

    @post("/{month:str}/confirm", operation_id="ConfirmMonth", status_code=200)
    async def confirm(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        month: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Done]:
        """Village: say that the month's lines are as they are in life."""
        return await _step(
            request, db=db, actor=actor, clock=clock, asker=ask(actor, county, month), step=confirm_month
        )

    @post("/{month:str}/review", operation_id="ReviewMonth", status_code=200)
    async def review(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        month: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Done]:
        """Township: review the exceptions and a sample."""
        return await _step(request, db=db, actor=actor, clock=clock, asker=ask(actor, county, month), step=review_month)

    @post("/{month:str}/decide", operation_id="DecideMonth", status_code=200)
    async def decide(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        month: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Done]:
        """County: decide the month against its budget; never who imported it."""
        return await _step(request, db=db, actor=actor, clock=clock, asker=ask(actor, county, month), step=decide_month)

    @post("/{month:str}/settle", operation_id="SettleMonth", status_code=200)
    async def settle(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        month: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Done]:
        """Finance: post what was decided and fix each operator's control totals."""
        return await _step(request, db=db, actor=actor, clock=clock, asker=ask(actor, county, month), step=settle_month)

    @post("/{month:str}/reconcile", operation_id="ReconcileMonth", status_code=200)
    async def reconcile(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        month: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Done]:
        """Compare the postings with what each operator was told."""
        return await _step(
            request, db=db, actor=actor, clock=clock, asker=ask(actor, county, month), step=reconcile_month
        )

    @post("/{month:str}/close", operation_id="CloseMonth", status_code=200)
    async def close(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        month: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Done]:
        """Close a reconciled month for good."""
        return await _step(request, db=db, actor=actor, clock=clock, asker=ask(actor, county, month), step=close_month)

    @post("/{month:str}/findings/decisions", operation_id="DecideFinding", status_code=200)
    async def decide_a_finding(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        month: FromPath[str],
        data: JSONBody[FindingDecision],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Decided]:
        """Township: decide which lines of a finding are paid and which stay stopped, and why."""

        async def step(conn: Connection, by: Actor, code: str, first: date, *, now: datetime) -> Decided:
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
                now=now,
            )

        return await _step(request, db=db, actor=actor, clock=clock, asker=ask(actor, county, month), step=step)


class MonthReportController(Controller):
    """What a month came to, from the county down to the line."""

    path = "/api/v1/counties/{county:str}/months/{month:str}"
    tags = ["subsidies"]  # noqa: RUF012 - the framework's own declaration

    @get("/findings", operation_id="ListFindings")
    async def findings(
        self,
        *,
        county: FromPath[str],
        month: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        skip: FromQuery[Offset] = 0,
    ) -> Findings:
        """Return the month's findings with their evidence, 50 at once."""
        asker = ask(actor, county, month)
        async with db.transaction(scope=asker.county) as conn:
            items, more = await list_findings(conn, asker.county, asker.places, month=asker.month, skip=skip)
        return Findings(items, more)

    @get("/settlement", operation_id="GetSettlement")
    async def settlement(
        self, county: FromPath[str], month: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> Settlement:
        """Return what each operator is paid, with the control totals, to who sees the whole county."""
        asker = ask(actor, county, month)
        require_whole(asker.places, asker.county)
        async with db.transaction(scope=asker.county) as conn:
            return await settlement_of(conn, await find_cycle(conn, asker.county, asker.month))

    @get("/places", operation_id="GetPlaces")
    async def places(
        self,
        *,
        county: FromPath[str],
        month: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        under: FromQuery[Cursor] = "",
        after: FromQuery[Cursor] = "",
    ) -> Page[PlaceSums]:
        """Return the sums below a place: townships, or by the code in `under` villages, households, lines.

        `none` opens the lines that belong to no village. What is returned adds up to the place above.
        """
        asker = ask(actor, county, month)
        async with db.transaction(scope=asker.county) as conn:
            cycle = await find_cycle(conn, asker.county, asker.month)
            if under in {"", asker.county}:
                return Page(await townships_of(conn, cycle, asker.places), None)
            if under.isdigit() and len(under) == _TOWNSHIP:
                return Page(await villages_of(conn, cycle, asker.places, under), None)
            if under.isdigit() and len(under) == _VILLAGE:
                return await households_of(conn, cycle, asker.places, under, after=after, most=100)
            return await lines_of(conn, cycle, asker.places, under, after=after, most=100)

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
        """Explain a line: days, figures, each step of the reckoning, the document's sentences."""
        asker = ask(actor, county, month)
        async with db.transaction(scope=asker.county) as conn:
            cycle = await find_cycle(conn, asker.county, asker.month)
            return await explain_line(conn, seal, cycle, asker.places, line)


@get("/api/v1/counties/{county:str}/quarters/{quarter:str}", operation_id="GetQuarter", tags=["subsidies"])
async def show_quarter(
    county: FromPath[str], quarter: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Quarter:
    """Return the quarter's report to who sees the whole county: who gained, what was conceded, what was paid."""
    code = read_county(county)
    require_whole(places_in(actor, code), code)
    first, until = read_quarter(quarter)
    async with db.transaction(scope=code) as conn:
        return await quarter_of(conn, code, first, until)


ROUTES = [*subsidy_imports.ROUTES, MonthController, MonthReportController, show_quarter]
