"""`market subsidies agreement …`: agreements of operators and files of terms, each approved by another person."""

from datetime import date
from pathlib import Path
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from market.kernel import Connection, FieldFault
from market.people.identity.access import get_visible_divisions
from market.people.identity.models import Actor
from market.service.commands.options import As, County, Json, run_for_county
from market.service.commands.runtime import Runtime
from market.subsidies.agreements.agreements import decide_agreement, list_agreements, propose_agreement
from market.subsidies.agreements.models import AgreementInvalid, AgreementRate, NewAgreement
from market.subsidies.agreements.terms import approve_terms, list_terms_files
from market.subsidies.names import Operator

app = App(name="agreement")


@app.command(name="list")
def list_(*, county: County, as_: As = None, json: Json = False) -> int:
    """Print the agreements of a county and the files of its terms, with who approved each."""

    async def read(conn: Connection, _: Runtime, actor: Actor, code: str) -> object:
        get_visible_divisions(actor, code)
        return {"agreements": await list_agreements(conn, code), "terms": await list_terms_files(conn, code)}

    return run_for_county(read, county=county, as_=as_, json=json)


@app.command
def propose(
    document: Path,
    /,
    *,
    county: County,
    operator: Operator,
    name: Annotated[str, Parameter(help="Name or number of the agreement.")],
    rate: Annotated[
        list[str],
        Parameter(help="The operator's own part of a programme's reductions in basis points, P1=7000; once for each."),
    ],
    since: Annotated[date, Parameter(name="--since", help="First day, 2019-01-01.")],
    until: Annotated[date | None, Parameter(name="--until", help="First day after it; none if it is open.")] = None,
    as_: As = None,
    json: Json = False,
) -> int:
    """Policy: propose an operator's agreement with its document; it counts once another person approves it."""

    async def work(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        new = NewAgreement(
            operator=operator, name=name, rates=[_read_rate(each) for each in rate], start=since, until=until,
            document_name=document.name, document=document.read_bytes(),
        )  # fmt: skip
        return {"id": str(await propose_agreement(conn, ctx.seal, actor, code, new, now=ctx.clock.now()))}

    return run_for_county(work, county=county, as_=as_, json=json)


def _read_rate(text: str) -> AgreementRate:
    programme, _, rate = text.rpartition("=")
    if not programme or not rate.isdecimal():
        raise AgreementInvalid(errors=(FieldFault("rates", f"{text} 应像 P1=7000：项目、等号、基点"),))
    return AgreementRate(programme=programme, concession_bp=int(rate))


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

    return run_for_county(work, county=county, as_=as_, json=json)


@app.command(name="approve-terms")
def approve(file_id: UUID, /, *, county: County, as_: As = None, json: Json = False) -> int:
    """County: approve a file of programmes or plans that another person imported; `list` prints its id."""

    async def work(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        return await approve_terms(conn, actor, code, file_id, now=ctx.clock.now())

    return run_for_county(work, county=county, as_=as_, json=json)
