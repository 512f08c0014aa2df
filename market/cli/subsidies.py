"""`market subsidies …`: the calculator, the official's month, its reports."""

import sys
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter

from market.cli.runtime import Runtime, run, runtime
from market.identity import Actor, NotAllowed, NotSignedIn
from market.kernel import Connection
from market.subsidies.cycles import Cycle, find_cycle, read_county, read_month, read_quarter

app = App(name="subsidies", help="The subsidy of phone bills: calculate, the month's steps, reports.")

type County = Annotated[str, Parameter(name="--county", help="Six digits of the county.")]
type Month = Annotated[str, Parameter(name="--month", help="Service month, 2019-01.")]
type As = Annotated[str | None, Parameter(name="--as", help="Account that acts (embedded server only).")]
type Json = Annotated[bool, Parameter(name="--json", help="Answer as one JSON value.", negative="")]
type Step = Callable[..., Awaitable[object]]
type Reading = Callable[[Connection, Runtime, str], Awaitable[object]]
type Report = Literal[
    "sheets", "villages", "claims", "findings", "adjustments", "settlement", "idle", "quarter", "overview"
]


def _step(step: Step, *, county: str, month: str, as_: str | None) -> Callable[[], Awaitable[object]]:
    async def work() -> object:
        code, first = read_county(county), read_month(month)
        async with runtime(as_) as ctx, ctx.db.transaction(scope=code) as conn:
            return await step(conn, ctx.actor, code, first, now=ctx.clock.now())

    return work


@app.command
def calculate(case: Path, /, *, json: Json = True) -> int:
    """Calculate a case from its JSON file, offline; faults go to standard error, one a line."""
    from market.subsidies.engine import calculate_command

    del json  # the answer is JSON whatever is asked
    return calculate_command(case, sys.stdout, sys.stderr)


def _read(read: Reading, *, county: str, as_: str | None) -> Callable[[], Awaitable[object]]:
    async def work() -> object:
        code = read_county(county)
        async with runtime(as_) as ctx, ctx.db.transaction(scope=code) as conn:
            _let_read(ctx, code)
            return await read(conn, ctx, code)

    return work


def _let_read(ctx: Runtime, county: str) -> None:
    """Let pass an official of the whole county, and the operator of the embedded server.

    Raises:
        NotSignedIn: nobody reads, on a database of one's own.
        NotAllowed, NotFound, SecondFactorNeeded: the reader has no role for the whole county; see `places_in`.
    """
    from market.reports.desk.sight import places_in

    if ctx.actor is None:
        if ctx.settings.database_url:
            raise NotSignedIn
        return
    if places_in(ctx.actor, county) != (county,):
        raise NotAllowed


@app.command
def case(*, county: County, month: Month, as_: As = None, json: Json = True) -> int:
    """Print the calculator's case of a month, as it is known now."""
    from market.subsidies.case import case_of

    async def read(conn: Connection, _ctx: Runtime, code: str) -> object:
        return await case_of(conn, code, read_month(month))

    del json  # a case is JSON whatever is asked
    return run(_read(read, county=county, as_=as_), as_json=True)


@app.command(name="run")
def run_(*, county: County, month: Month, as_: As = None, json: Json = False) -> int:
    """Calculate and match a month; a closed month posts what changed in the open cycle."""
    from market.subsidies.run import run_month

    return run(_step(run_month, county=county, month=month, as_=as_), as_json=json)


@app.command
def confirm(*, county: County, month: Month, as_: As = None, json: Json = False) -> int:
    """Village: say that the month's lines are as they are in life."""
    from market.subsidies.approve import confirm_month

    return run(_step(confirm_month, county=county, month=month, as_=as_), as_json=json)


@app.command
def review(*, county: County, month: Month, as_: As = None, json: Json = False) -> int:
    """Township: review the exceptions and a sample."""
    from market.subsidies.approve import review_month

    return run(_step(review_month, county=county, month=month, as_=as_), as_json=json)


@app.command
def decide(*, county: County, month: Month, as_: As = None, json: Json = False) -> int:
    """County: decide the month against its budget."""
    from market.subsidies.approve import decide_month

    return run(_step(decide_month, county=county, month=month, as_=as_), as_json=json)


@app.command
def settle(*, county: County, month: Month, as_: As = None, json: Json = False) -> int:
    """Finance: post what was decided and fix the operators' control totals."""
    from market.subsidies.settle import settle_month

    return run(_step(settle_month, county=county, month=month, as_=as_), as_json=json)


@app.command
def reconcile(*, county: County, month: Month, as_: As = None, json: Json = False) -> int:
    """Compare the postings with what the operators were told."""
    from market.subsidies.settle import reconcile_month

    return run(_step(reconcile_month, county=county, month=month, as_=as_), as_json=json)


@app.command
def close(*, county: County, month: Month, as_: As = None, json: Json = False) -> int:
    """Close a reconciled month for good."""
    from market.subsidies.settle import close_month

    return run(_step(close_month, county=county, month=month, as_=as_), as_json=json)


@app.command
def finding(
    *,
    county: County,
    month: Month,
    check: Annotated[str, Parameter(help="Code of the check.")],
    subject: Annotated[str, Parameter(help="Subject of the finding.")],
    pay: Annotated[list[str] | None, Parameter(help="A line to be paid; may be repeated.", negative="")] = None,
    stop: Annotated[
        list[str] | None, Parameter(help="A line that stays stopped; may be repeated.", negative="")
    ] = None,
    why: Annotated[str, Parameter(help="The reason.")] = "",
    as_: As = None,
    json: Json = False,
) -> int:
    """Township: decide a finding."""
    from market.subsidies.decide_finding import decide_finding

    async def decide_it(conn: Connection, actor: Actor | None, code: str, first: date, *, now: datetime) -> object:
        return await decide_finding(
            conn, actor, code, first, check=check, subject=subject, pays=pay or [], stops=stop or [], why=why, now=now
        )

    return run(_step(decide_it, county=county, month=month, as_=as_), as_json=json)


@app.command
def report(
    name: Report,
    /,
    *,
    county: County,
    month: Annotated[str | None, Parameter(name="--month", help="Service month, 2019-01.")] = None,
    quarter: Annotated[str | None, Parameter(name="--quarter", help="Quarter, 2019Q1.")] = None,
    as_: As = None,
    json: Json = False,
) -> int:
    """Print a report: by month, or idle and quarter by quarter."""

    async def read(conn: Connection, _ctx: Runtime, code: str) -> object:
        if name in ("idle", "quarter"):
            return await _of_quarter(conn, name, code, quarter or "")
        return await _of_month(conn, name, code, month or "")

    return run(_read(read, county=county, as_=as_), as_json=json)


@app.command
def explain(line: str, /, *, county: County, month: Month, as_: As = None, json: Json = False) -> int:
    """Explain a line of a month: days, rule, the sentence of the document, findings."""
    from market.reports.desk.line import explain_line

    async def read(conn: Connection, ctx: Runtime, code: str) -> object:
        cycle = await find_cycle(conn, code, read_month(month))
        return await explain_line(conn, ctx.seal, cycle, (code,), line)

    return run(_read(read, county=county, as_=as_), as_json=json)


async def _of_quarter(conn: Connection, name: str, county: str, quarter: str) -> object:
    from market.reports.subsidies.idle import idle_of
    from market.reports.subsidies.quarter import quarter_of

    first, until = read_quarter(quarter)
    if name == "quarter":
        return await quarter_of(conn, county, first, until)
    return {"quarter": quarter, "rows": await idle_of(conn, county, first, until)}


async def _of_month(conn: Connection, name: str, county: str, month: str) -> object:
    from market.reports.desk.view import view_month
    from market.reports.subsidies import month as reports
    from market.subsidies.settle import settlement_of

    first = read_month(month)
    if name == "claims":
        return {"month": month, "rows": await reports.claims_of(conn, county, first)}
    cycle = await find_cycle(conn, county, first)
    of_cycle: dict[str, Callable[[Connection, Cycle], Awaitable[object]]] = {
        "sheets": reports.sheet_of,
        "villages": reports.villages_of,
        "settlement": settlement_of,
        "overview": lambda conn, _cycle: view_month(conn, county, first, (county,)),
        "findings": lambda conn, _cycle: reports.findings_of(conn, county, first),
        "adjustments": lambda conn, _cycle: reports.adjustments_of(conn, county, first),
    }
    answer = await of_cycle[name](conn, cycle)
    return answer if name in ("settlement", "overview") else {"month": month, "rows": answer}
