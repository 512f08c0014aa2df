"""`market subsidies clawback …`: money that comes back, proposed, decided, delivered and repaid by different people."""

from datetime import date
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from market.kernel import Connection, Fen
from market.people.identity.access import get_visible_divisions
from market.people.identity.models import Actor
from market.service.commands.options import As, County, Json, run_for_county
from market.service.commands.runtime import Runtime
from market.subsidies.clawbacks.decide import decide_clawback, serve_clawback
from market.subsidies.clawbacks.models import ClawbackItem, Debtor, EntryKind, FraudGround, NewClawback, Service
from market.subsidies.clawbacks.propose import propose_clawback
from market.subsidies.clawbacks.recover import NewEntry, decide_entry, record_entry
from market.subsidies.clawbacks.views import get_clawback, list_clawbacks, list_recoverable
from market.subsidies.models import FindingId

app = App(name="clawback")

type Refuse = Annotated[bool, Parameter(help="Refuse it instead.", negative="")]


@app.command(name="list")
def list_(*, county: County, as_: As = None, json: Json = False) -> int:
    """Print the clawbacks of a county, and what decided findings show of settled lines and is in none."""

    async def read(conn: Connection, _: Runtime, actor: Actor, code: str) -> object:
        divisions = get_visible_divisions(actor, code)
        clawbacks = await list_clawbacks(conn, code, divisions)
        return {
            "clawbacks": clawbacks,
            "recoverable": await list_recoverable(conn, code) if divisions == (code,) else [],
        }

    return run_for_county(read, county=county, as_=as_, json=json)


@app.command
def show(clawback_id: UUID, /, *, county: County, as_: As = None, json: Json = False) -> int:
    """Print one clawback with its lines and what it was recovered by."""

    async def read(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        divisions = get_visible_divisions(actor, code)
        return await get_clawback(conn, ctx.seal, code, clawback_id, divisions=divisions)

    return run_for_county(read, county=county, as_=as_, json=json)


@app.command
def propose(
    finding_id: UUID,
    /,
    *,
    county: County,
    reason: Annotated[str, Parameter(help="What shows that the money has to come back.")],
    household: Annotated[
        bool, Parameter(help="Of the household, for fraud, not of the operator.", negative="")
    ] = False,
    ground: Annotated[FraudGround | None, Parameter(help="What the household did.")] = None,
    statement: Annotated[str, Parameter(help="What the household said when it was heard.")] = "",
    as_: As = None,
    json: Json = False,
) -> int:
    """Finance or policy: propose to take back everything that was settled of the lines that a decided finding stops."""

    async def work(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        finding = FindingId(finding_id)
        items = [
            ClawbackItem(line=each.line, month=each.month, fen=each.fen)
            for each in await list_recoverable(conn, code, finding_id=finding)
        ]
        new = NewClawback(
            debtor=Debtor.HOUSEHOLD if household else Debtor.OPERATOR, finding_id=finding, items=items, reason=reason,
            ground=ground, statement=statement,
        )  # fmt: skip
        return {"id": str(await propose_clawback(conn, ctx.seal, actor, code, new, now=ctx.clock.now()))}

    return run_for_county(work, county=county, as_=as_, json=json)


@app.command
def decide(
    clawback_id: UUID,
    /,
    *,
    county: County,
    opinion: Annotated[str, Parameter(help="Why; a household reads it.")],
    refuse: Refuse = False,
    as_: As = None,
    json: Json = False,
) -> int:
    """County: agree to a clawback that another person proposed; `list` prints its id."""

    async def work(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        return await decide_clawback(
            conn, ctx.seal, actor, code, clawback_id, agree=not refuse, opinion=opinion, now=ctx.clock.now()
        )

    return run_for_county(work, county=county, as_=as_, json=json)


@app.command
def deliver(
    clawback_id: UUID,
    /,
    *,
    county: County,
    on: Annotated[date, Parameter(name="--on", help="The day on which it was delivered, 2019-05-06.")],
    by: Annotated[Service, Parameter(name="--by", help="How it was delivered.")],
    as_: As = None,
    json: Json = False,
) -> int:
    """Record that a decision was delivered to the household, and print until when it may be appealed."""

    async def work(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        until = await serve_clawback(conn, actor, code, clawback_id, served_on=on, service=by, now=ctx.clock.now())
        return {"appeal_until": until}

    return run_for_county(work, county=county, as_=as_, json=json)


@app.command
def repay(
    clawback_id: UUID,
    /,
    *,
    county: County,
    fen: Annotated[int, Parameter(help="The sum in fen.")],
    note: Annotated[str, Parameter(help="The bank's reference; of a write-off why nothing more comes.")],
    on: Annotated[
        date | None, Parameter(name="--on", help="The day on which the money came; none: a write-off.")
    ] = None,
    as_: As = None,
    json: Json = False,
) -> int:
    """Finance: record a repayment or a write-off; it counts once another person confirms it."""

    async def work(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        kind = EntryKind.WRITTEN_OFF if on is None else EntryKind.REPAID
        new = NewEntry(kind=kind, fen=Fen(fen), note=note, paid_on=on)
        return {"id": str(await record_entry(conn, ctx.seal, actor, code, clawback_id, new=new, now=ctx.clock.now()))}

    return run_for_county(work, county=county, as_=as_, json=json)


@app.command
def confirm(
    clawback_id: UUID, entry_id: UUID, /, *, county: County, refuse: Refuse = False, as_: As = None, json: Json = False
) -> int:
    """Reconciler: confirm a repayment or a write-off that another person recorded; `show` prints its id."""

    async def work(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        now = ctx.clock.now()
        return await decide_entry(conn, actor, code, clawback_id, entry_id=entry_id, confirm=not refuse, now=now)

    return run_for_county(work, county=county, as_=as_, json=json)
