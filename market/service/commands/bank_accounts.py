"""`market subsidies account …`: the accounts to which operators are paid, each agreed to by another person."""

import sys
from datetime import date
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from market.kernel import Connection
from market.people.identity.access import get_visible_divisions
from market.people.identity.models import Actor
from market.service.commands.options import As, County, Json, run_for_county
from market.service.commands.runtime import Runtime
from market.subsidies.bank_accounts.accounts import decide_bank_account, enter_bank_account, list_bank_accounts
from market.subsidies.bank_accounts.models import NewBankAccount
from market.subsidies.names import Operator

app = App(name="account")


@app.command(name="list")
def list_(*, county: County, as_: As = None, json: Json = False) -> int:
    """Print the accounts of a county's operators, with the last digits of each, and who agreed to it."""

    async def read(conn: Connection, _: Runtime, actor: Actor, code: str) -> object:
        get_visible_divisions(actor, code)
        return {"accounts": await list_bank_accounts(conn, code)}

    return run_for_county(read, county=county, as_=as_, json=json)


@app.command
def enter(
    *,
    county: County,
    operator: Operator,
    holder: Annotated[str, Parameter(help="Name of the holder.")],
    bank: Annotated[str, Parameter(help="Name of the bank and branch.")],
    since: Annotated[date, Parameter(name="--since", help="First day, 2019-01-01.")],
    until: Annotated[date | None, Parameter(name="--until", help="First day after it; none if it is open.")] = None,
    as_: As = None,
    json: Json = False,
) -> int:
    """Finance: enter an operator's account; standard input has its number, so that no list of processes shows it."""
    number = sys.stdin.readline()

    async def work(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        new = NewBankAccount(operator=operator, holder=holder, bank=bank, number=number, start=since, until=until)
        return {"id": str(await enter_bank_account(conn, ctx.seal, actor, code, new, now=ctx.clock.now()))}

    return run_for_county(work, county=county, as_=as_, json=json)


@app.command
def decide(
    account_id: UUID,
    /,
    *,
    county: County,
    refuse: Annotated[bool, Parameter(help="Refuse it instead.", negative="")] = False,
    as_: As = None,
    json: Json = False,
) -> int:
    """County: agree to an account that another person entered; standard input has the number from the agreement."""
    number = None if refuse else sys.stdin.readline()

    async def work(conn: Connection, ctx: Runtime, actor: Actor, code: str) -> object:
        now = ctx.clock.now()
        return await decide_bank_account(conn, ctx.seal, actor, code, account_id, number=number, now=now)

    return run_for_county(work, county=county, as_=as_, json=json)
