"""`market subsidies …`: the calculator, the steps of a month, and reports."""

import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from market.kernel import Connection
from market.kernel.clock import Clock
from market.people.audit.record import record_export
from market.people.identity.models import Role
from market.reports.registry import REPORTS, ReportName
from market.service.commands.exports import copy_file, write_atomically
from market.service.commands.options import As, County, Json
from market.service.commands.runtime import DONE, Runtime, open_runtime, require_county_reader, run
from market.subsidies.models import CycleState
from market.subsidies.month.cycles import find_cycle, read_county, read_month
from market.subsidies.month.steps import RUN, STEPS, MonthStep

app = App(name="subsidies")
app.command("market.service.commands.figures:app", name="figures", help="The kept figures of closed months.")
app.command("market.service.commands.samples:app", name="sample", help="Spot checks of a month, drawn by lot.")
app.command(
    "market.service.commands.agreements:app",
    name="agreement",
    help="Operators' agreements and terms, approved by another person.",
)
app.command(
    "market.service.commands.bank_accounts:app", name="account", help="The accounts to which operators are paid."
)
app.command("market.service.commands.clawbacks:app", name="clawback", help="Money of settled months that comes back.")
app.command(
    "market.service.commands.many_cases:calculate_many", name="calculate-many", help="The cases of a province, offline."
)
app.command("market.service.commands.lines:app", name="line", help="A line with its versions, and changes of it.")

type Month = Annotated[str, Parameter(name="--month", help="Service month, 2019-01.")]
type Opinion = Annotated[str, Parameter(help="What the official says of the step.")]
type VoidApprovals = Annotated[
    bool,
    Parameter(name="--void-approvals", help="Calculate changed facts although that voids approvals.", negative=""),
]
type Step = Callable[[Connection, Runtime, str, date], Awaitable[object]]
type Reading = Callable[[Connection, Runtime, str], Awaitable[object]]


def _run_step(step: Step, *, county: str, month: str, as_: str | None) -> Callable[[], Awaitable[object]]:
    async def work() -> object:
        code, first = read_county(county), read_month(month)
        async with open_runtime(as_) as ctx, ctx.db.transaction(scope=code) as conn:
            return await step(conn, ctx, code, first)

    return work


@app.command
def erase(*, county: County, as_: As = None, json: Json = False) -> int:
    """County: erase a person who left the register, on request; standard input has the identity number."""
    from market.service.commands.erasures import erase_registered_person

    return run(lambda: erase_registered_person(county, as_=as_), as_json=json)


@app.command
def calculate(case: Path, /, *, json: Json = True) -> int:
    """Calculate a case from its JSON file, offline; faults go to standard error, one per line."""
    from market.subsidies.engine.command import calculate_command

    del json  # the output is always JSON
    return calculate_command(case, sys.stdout, sys.stderr)


@app.command(name="check-file")
def check_file(
    file: Path,
    /,
    *,
    kind: Annotated[str, Parameter(help="billing or usage.")] = "billing",
    json: Json = False,
) -> int:
    """Check an operator's file before it is sent, offline: one line per fault, with row, column and what is right.

    Exits with 0 if it is sound, 1 if cells have faults, 2 if it cannot be read, 3 if the manifest does not match.
    """
    from market.subsidies.operators.check_file import CHECKED_KINDS, UNREADABLE, check_file_command

    chosen = CHECKED_KINDS.get(kind)
    if chosen is None:
        print(f"--kind: {'、'.join(CHECKED_KINDS)}", file=sys.stderr)
        return UNREADABLE
    return check_file_command(file, chosen, sys.stdout, sys.stderr, as_json=json, today=Clock().today())


def _run_read(
    read: Reading, name: str, *, period: str, county: str, as_: str | None
) -> Callable[[], Awaitable[object]]:
    """Return work that reads what belongs to single lines; the audit record keeps who read it, as on the desk."""

    async def work() -> object:
        code = read_county(county)
        async with open_runtime(as_) as ctx, ctx.db.transaction(scope=code) as conn:
            await require_county_reader(ctx, conn, code)
            result = await read(conn, ctx, code)
            who, now = ctx.get_actor_name(), ctx.clock.now()
            await record_export(conn, actor=who, name=name, county=code, detail={"month": period}, now=now)
            return result

    return work


@app.command
def case(*, county: County, month: Month, as_: As = None, json: Json = True) -> int:
    """Print the input case of a month's calculation from the current facts."""
    from market.subsidies.month.build_case import load_case

    async def read(conn: Connection, ctx: Runtime, code: str) -> object:
        return await load_case(conn, ctx.seal, code, read_month(month))

    del json  # the output is always JSON
    return run(_run_read(read, "case.json", period=month, county=county, as_=as_), as_json=True)


def _add_step_command(step: MonthStep) -> None:
    def command(*, county: County, month: Month, opinion: Opinion = "", as_: As = None, json: Json = False) -> int:
        return _take_step(step, county=county, month=month, opinion=opinion, void_approvals=False, as_=as_, json=json)

    def run_command(
        *,
        county: County,
        month: Month,
        void_approvals: VoidApprovals = False,
        opinion: Opinion = "",
        as_: As = None,
        json: Json = False,
    ) -> int:
        return _take_step(
            step, county=county, month=month, opinion=opinion, void_approvals=void_approvals, as_=as_, json=json
        )

    app.command(run_command if step is RUN else command, name=step.name, help=step.en)


def _take_step(
    step: MonthStep, *, county: str, month: str, opinion: str, void_approvals: bool, as_: str | None, json: bool
) -> int:
    from market.subsidies.month.take_step import take_step

    async def take(conn: Connection, ctx: Runtime, code: str, first: date) -> object:
        return await take_step(
            conn,
            step,
            ctx.actor,
            code,
            first,
            opinion=opinion,
            void_approvals=void_approvals,
            seal=ctx.seal,
            now=ctx.clock.now(),
            beside=ctx.db,
        )

    return run(_run_step(take, county=county, month=month, as_=as_), as_json=json)


for _each in STEPS:
    _add_step_command(_each)


@app.command(name="return")
def return_(
    *,
    county: County,
    month: Month,
    why: Annotated[str, Parameter(help="The reason.")],
    to: Annotated[CycleState | None, Parameter(help="The earlier state; by default the one before.")] = None,
    as_: As = None,
    json: Json = False,
) -> int:
    """Return a month to an earlier state; whose step is due returns it, and approvals after it are given again."""
    from market.subsidies.month.return_month import return_month

    async def send_back(conn: Connection, ctx: Runtime, code: str, first: date) -> object:
        return await return_month(conn, ctx.actor, code, first, why=why, to=to, now=ctx.clock.now())

    return run(_run_step(send_back, county=county, month=month, as_=as_), as_json=json)


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
    seen: Annotated[
        datetime | None,
        Parameter(help="`facts_at` of the report that was read: what was calculated again since is refused."),
    ] = None,
    as_: As = None,
    json: Json = False,
) -> int:
    """Township: decide a finding."""
    from market.subsidies.findings.decide import decide_finding

    async def decide(conn: Connection, ctx: Runtime, code: str, first: date) -> object:
        return await decide_finding(
            conn,
            ctx.actor,
            code,
            first,
            check=check,
            subject=subject,
            pays=pay or [],
            stops=stop or [],
            why=why,
            seen=seen if seen is None or seen.tzinfo else seen.replace(tzinfo=UTC),
            seal=ctx.seal,
            now=ctx.clock.now(),
        )

    return run(_run_step(decide, county=county, month=month, as_=as_), as_json=json)


@app.command
def hold(
    line: str,
    /,
    *,
    county: County,
    month: Month,
    why: Annotated[str, Parameter(help="The reason.")],
    as_: As = None,
    json: Json = False,
) -> int:
    """Hold a line that is not settled yet; the township decides it as a finding."""
    from market.subsidies.findings.hold import hold_line

    async def keep(conn: Connection, ctx: Runtime, code: str, first: date) -> object:
        return await hold_line(conn, ctx.actor, code, first, line, why=why, seal=ctx.seal, now=ctx.clock.now())

    return run(_run_step(keep, county=county, month=month, as_=as_), as_json=json)


@app.command
def differences(*, county: County, month: Month, as_: As = None, json: Json = False) -> int:
    """Print what each operator credited of a settled month, and what differs, with its age in days and who must act."""
    from market.reports.reconciliation import get_reconciliation

    async def read(conn: Connection, ctx: Runtime, code: str) -> object:
        cycle = await find_cycle(conn, code, read_month(month))
        return await get_reconciliation(conn, ctx.seal, cycle, now=ctx.clock.now())

    return run(_run_read(read, "differences", period=month, county=county, as_=as_), as_json=json)


@app.command
def accept(
    differences: list[UUID],
    /,
    *,
    county: County,
    month: Month,
    why: Annotated[str, Parameter(help="The reason.")],
    as_: As = None,
    json: Json = False,
) -> int:
    """Reconciler: accept differences of a return file as they are; `differences` prints their ids."""
    from market.subsidies.reconciliation.answer import accept_differences

    async def answer(conn: Connection, ctx: Runtime, code: str, first: date) -> object:
        return await accept_differences(conn, ctx.actor, code, first, ids=differences, why=why, now=ctx.clock.now())

    return run(_run_step(answer, county=county, month=month, as_=as_), as_json=json)


@app.command
def report(
    name: ReportName,
    /,
    *,
    county: County,
    month: Annotated[str | None, Parameter(name="--month", help="Service month, 2019-01.")] = None,
    quarter: Annotated[str | None, Parameter(name="--quarter", help="Quarter, 2019Q1.")] = None,
    as_: As = None,
    json: Json = False,
) -> int:
    """Print a report: by month, or idle and quarter by quarter."""
    chosen = REPORTS[name]
    period = (quarter if chosen.by_quarter else month) or ""

    async def read(conn: Connection, ctx: Runtime, code: str) -> object:
        return await chosen.read(conn, ctx.seal, code, period)

    return run(_run_read(read, f"report {name}", period=period, county=county, as_=as_), as_json=json)


@app.command
def explain(
    line: Annotated[str, Parameter(name="--line", help="The line's code.")],
    *,
    county: County,
    month: Month,
    as_: As = None,
    json: Json = False,
) -> int:
    """Explain a line of a month: days, rule, the document's sentence, findings, what was known when, who approved."""
    from market.reports.line import explain_line
    from market.reports.line_text import write_explained_line

    async def read(conn: Connection, ctx: Runtime, code: str) -> object:
        cycle = await find_cycle(conn, code, read_month(month))
        explained = await explain_line(conn, ctx.seal, cycle, (code,), line)
        return explained if json else write_explained_line(explained)

    return run(_run_read(read, "line", period=month, county=county, as_=as_), as_json=json)


@app.command
def pack(
    *,
    county: County,
    month: Month,
    out: Annotated[Path, Parameter(name="--out", help="ZIP file to write; an existing file is replaced.")],
    as_: As = None,
    json: Json = False,
) -> int:
    """Write the evidence pack of a closed month, which is sealed the first time; files and names are encrypted."""
    from market.subsidies.evidence.seal_pack import load_pack

    async def work() -> object:
        code = read_county(county)
        async with open_runtime(as_) as ctx, ctx.db.transaction(scope=code) as conn:
            await require_county_reader(ctx, conn, code)
            who, now = ctx.get_actor_name(), ctx.clock.now()
            sealed, content = await load_pack(conn, ctx.seal, code, read_month(month), by=who, now=now)
        written = write_atomically(out, content)
        made: dict[str, object] = {"outcome": "ok", "file": written.file, "bytes": written.bytes}
        return made | {"number": sealed.number, "head": sealed.head_sha256, "public_key": sealed.public_key}

    return run(work, as_json=json)


@app.command(name="pack-key")
def pack_key(*, county: County, month: Month, as_: As = None, json: Json = False) -> int:
    """Print the key that opens the files and names of a month's pack; hand it over apart from the pack."""
    from market.subsidies.evidence.seal_pack import read_pack_key

    async def work() -> object:
        code = read_county(county)
        async with open_runtime(as_) as ctx, ctx.db.transaction(scope=code) as conn:
            _require_key_access(ctx, code)
            who, now = ctx.get_actor_name(), ctx.clock.now()
            key = await read_pack_key(conn, ctx.seal, code, read_month(month), by=who, now=now)
        return {"outcome": "ok", "key": key}

    return run(work, as_json=json)


def _require_key_access(ctx: Runtime, county: str) -> None:
    """Require the role that decides for the county, because the key opens identity numbers; the operator needs none."""
    from market.people.identity.access import require_county_role

    if ctx.actor is not None or ctx.settings.database_url:
        require_county_role(ctx.actor, Role.COUNTY, county)


@app.command(name="verify-pack")
def verify_pack(
    *packs: Path,
    key: Annotated[list[str], Parameter(help="Key of a pack, one for each, which also opens files and names.")] = [],  # noqa: B006
    public_key: Annotated[str | None, Parameter(name="--public-key", help="Key that the county published.")] = None,
    copy_to: Annotated[Path | None, Parameter(name="--copy-to", help="Write verify_pack.py to a file.")] = None,
) -> int:
    """Verify evidence packs, in the order of their months, or write the program that does, for another computer."""
    from market.subsidies.evidence import verify_pack as verifier

    if copy_to is not None and (failed := copy_file(Path(verifier.__file__), copy_to)):
        return failed
    keys = [word for each in key for word in ("--key", each)]
    words = [*map(str, packs), *keys, *(["--public-key", public_key] if public_key else [])]
    return verifier.main(words) if packs or copy_to is None else DONE
