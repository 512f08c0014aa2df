"""`market subsidies line …`: a line with its versions, changes and pauses, each of two people."""

import getpass
import sys
from datetime import date
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from market.kernel import Connection, FieldFault
from market.people.identity.access import get_visible_divisions
from market.people.identity.models import Actor
from market.service.commands.options import As, County, Json, run_for_county
from market.service.commands.runtime import Runtime
from market.subsidies.lines.changes import refuse_change, report_change, take_change
from market.subsidies.lines.models import ChangeDetails, LineChangeInvalid, LineVerb, NewLineChange
from market.subsidies.lines.pauses import NewPause, PauseEnd, PauseReason, end_pause, list_pauses, pause_line
from market.subsidies.lines.views import get_line, list_line_changes, list_versions
from market.subsidies.names import Operator

app = App(name="line")


@app.command
def show(line: str, /, *, county: County, as_: As = None, json: Json = False) -> int:
    """Print a line with every version of its binding, the file of each, and its changes."""

    async def read(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        divisions = get_visible_divisions(actor, code)
        row = await get_line(conn, code, line, divisions)
        return {
            "line": row.line,
            "household": row.household,
            "versions": await list_versions(conn, code, line),
            "changes": await list_line_changes(conn, ctx.seal, code, line, divisions),
            "pauses": await list_pauses(conn, ctx.seal, code, line),
        }

    return run_for_county(read, county=county, as_=as_, json=json)


@app.command
def change(
    line: str,
    verb: LineVerb,
    /,
    *,
    county: County,
    on: Annotated[str, Parameter(name="--on", help="First day of the change, 2019-01-31.")],
    note: Annotated[str, Parameter(help="How the official knows.")],
    sim: Annotated[str, Parameter(help="New ICCID.")] = "",
    device: Annotated[str, Parameter(help="New IMEI.")] = "",
    new_line: Annotated[str, Parameter(help="Code under which a number goes on that is transferred or ported.")] = "",
    operator: Annotated[Operator | None, Parameter(help="Operator that the number is ported to.")] = None,
    plan: Annotated[str, Parameter(help="Plan of that operator.")] = "",
    realname: Annotated[str, Parameter(help="The operator's result: 一致 or 不一致.")] = "",
    as_: As = None,
    json: Json = False,
) -> int:
    """Report a change of a line; the identity number of a transfer is read from standard input.

    It then is in no list of processes.
    """
    given = _read_identity() if verb is LineVerb.TRANSFER else ""
    details = ChangeDetails(
        sim=sim, device=device, identity=given, new_line=new_line, operator=operator, plan=plan, realname=realname
    )

    async def report(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        day = _read_day(on, "effective_on")
        new = NewLineChange(line=line, verb=verb, effective_on=day, note=note, details=details)
        return await report_change(conn, ctx.seal, actor, code, new, now=ctx.clock.now())

    return run_for_county(report, county=county, as_=as_, json=json)


def _read_identity() -> str:
    return getpass.getpass("新机主的身份证号（不显示）：") if sys.stdin.isatty() else sys.stdin.readline().strip()


@app.command
def take(change_id: UUID, /, *, county: County, as_: As = None, json: Json = False) -> int:
    """Importer: take a change that another person reported; its versions are stored as a bindings file."""

    async def decide(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        return await take_change(conn, ctx.seal, actor, code, change_id, now=ctx.clock.now())

    return run_for_county(decide, county=county, as_=as_, json=json)


@app.command
def refuse(
    change_id: UUID,
    /,
    *,
    county: County,
    why: Annotated[str, Parameter(help="The reason.")],
    as_: As = None,
    json: Json = False,
) -> int:
    """Importer: refuse a change that another person reported; the line stays as it is."""

    async def decide(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        return await refuse_change(conn, ctx.seal, actor, code, change_id, reason=why, now=ctx.clock.now())

    return run_for_county(decide, county=county, as_=as_, json=json)


@app.command
def pause(
    line: str,
    /,
    *,
    county: County,
    reason: Annotated[PauseReason, Parameter(help="Why nothing is reduced for a time.")],
    since: Annotated[str, Parameter(name="--since", help="First day without a reduction, 2019-01-31.")],
    why: Annotated[str, Parameter(help="What happened.")],
    as_: As = None,
    json: Json = False,
) -> int:
    """Township or county: pause an enrolled line; no file ends the pause."""

    async def work(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        new = NewPause(line=line, reason=reason, paused_from=_read_day(since, "paused_from"), note=why)
        return await pause_line(conn, ctx.seal, actor, code, new, now=ctx.clock.now())

    return run_for_county(work, county=county, as_=as_, json=json)


@app.command
def resume(
    pause_id: UUID,
    /,
    *,
    county: County,
    on: Annotated[str, Parameter(name="--on", help="First day with a reduction again, 2019-01-31.")],
    why: Annotated[str, Parameter(help="Why.")],
    as_: As = None,
    json: Json = False,
) -> int:
    """Township or county: end a pause that another person began; `show` prints its id."""

    async def work(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        end = PauseEnd(resumed_on=_read_day(on, "resumed_on"), note=why)
        return await end_pause(conn, ctx.seal, actor, code, end, pause_id=pause_id, now=ctx.clock.now())

    return run_for_county(work, county=county, as_=as_, json=json)


def _read_day(text: str, field: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LineChangeInvalid(errors=(FieldFault(field, "应是日期，例如 2019-01-31"),)) from None
