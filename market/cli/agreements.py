"""`market subsidies agreement …`: agreements of operators and files of terms, each approved by another person."""

from collections.abc import Awaitable, Callable
from datetime import date
from pathlib import Path
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from market.cli.runtime import Runtime, open_runtime, run
from market.identity.access import get_visible_divisions
from market.identity.models import Actor, NotSignedIn
from market.kernel import Connection
from market.subsidies.agreements.agreements import decide_agreement, list_agreements, propose_agreement
from market.subsidies.agreements.models import NewAgreement
from market.subsidies.agreements.terms import approve_terms, list_terms_files
from market.subsidies.month.cycles import read_county
from market.subsidies.names import Operator

app = App(name="agreement")

type County = Annotated[str, Parameter(name="--county", help="Six digits of the county.")]
type As = Annotated[str | None, Parameter(name="--as", help="Account that acts (embedded server only).")]
type Json = Annotated[bool, Parameter(name="--json", help="Print the result as one JSON value.", negative="")]
type Work = Callable[[Connection, Runtime, Actor, str], Awaitable[object]]


def _run(work: Work, *, county: str, as_: str | None, json: bool) -> int:
    async def act() -> object:
        code = read_county(county)
        async with open_runtime(as_) as ctx, ctx.db.transaction(scope=code) as conn:
            if ctx.actor is None:
                raise NotSignedIn
            return await work(conn, ctx, ctx.actor, code) or {"outcome": "ok"}

    return run(act, as_json=json)


@app.command(name="list")
def list_(*, county: County, as_: As = None, json: Json = False) -> int:
    """Print the agreements of a county and the files of its terms, with who approved each."""

    async def read(conn: Connection, _: Runtime, actor: Actor, code: str) -> object:
        get_visible_divisions(actor, code)
        return {"agreements": await list_agreements(conn, code), "terms": await list_terms_files(conn, code)}

    return _run(read, county=county, as_=as_, json=json)


@app.command
def propose(
    document: Path,
    /,
    *,
    county: County,
    operator: Operator,
    name: Annotated[str, Parameter(help="Name or number of the agreement.")],
    concession_bp: Annotated[int, Parameter(help="The operator's own part of each reduction, in basis points.")],
    since: Annotated[date, Parameter(name="--since", help="First day, 2019-01-01.")],
    until: Annotated[date | None, Parameter(name="--until", help="First day after it; none if it is open.")] = None,
    as_: As = None,
    json: Json = False,
) -> int:
    """Policy: propose an operator's agreement with its document; it counts once another person approves it."""

    async def work(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        new = NewAgreement(
            operator=operator, name=name, concession_bp=concession_bp, start=since, until=until,
            document_name=document.name, document=document.read_bytes(),
        )  # fmt: skip
        return {"id": str(await propose_agreement(conn, ctx.seal, actor, code, new, now=ctx.clock.now()))}

    return _run(work, county=county, as_=as_, json=json)


@app.command
def decide(
    agreement_id: UUID,
    /,
    *,
    county: County,
    refuse: Annotated[bool, Parameter(help="Refuse it instead.", negative="")] = False,
    as_: As = None,
    json: Json = False,
) -> int:
    """County: approve an agreement that another person proposed; `list` prints its id."""

    async def work(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        return await decide_agreement(conn, actor, code, agreement_id, approve=not refuse, now=ctx.clock.now())

    return _run(work, county=county, as_=as_, json=json)


@app.command(name="approve-terms")
def approve(file_id: UUID, /, *, county: County, as_: As = None, json: Json = False) -> int:
    """County: approve a file of programmes or plans that another person imported; `list` prints its id."""

    async def work(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        return await approve_terms(conn, actor, code, file_id, now=ctx.clock.now())

    return _run(work, county=county, as_=as_, json=json)
