"""Payouts for tests: what is owed, an account at the sandbox, and what the ledger says."""

import itertools
from datetime import timedelta
from typing import Any

import asyncpg

from payments import (
    AccountKind,
    Database,
    Payout,
    get_balance,
    list_payouts,
    post,
    request_payout,
    verify_ledger,
)
from payments.ledger.journal import Leg
from payments.port import AccountRequest, Ok
from payments.sandbox import Sandbox
from payments.stripe import Stripe

_numbers = itertools.count(1)


SHORTLY = timedelta(minutes=5)


async def owe(db: Database, *, goods: int = 90_00, freight: int = 10_00) -> str:
    """Return a new payee who is owed money for goods and for freight."""
    payee = f"P{next(_numbers)}"
    legs: list[Leg] = [("commission", -goods - freight), (f"payable:{payee}", goods), (f"freight:{payee}", freight)]
    async with db.transaction() as conn:
        await post(conn, key=f"released:{payee}", kind="released", legs=legs)
    return payee


async def open_bank_account(gateway: Stripe, payee: str, number: str = "000123456789") -> str:
    request = AccountRequest(payee=payee, kind=AccountKind.BANK, holder="样例", number=number)
    outcome = await gateway.open_account(request, f"account:{payee}:{number}")
    assert isinstance(outcome, Ok)
    return outcome.value.ref


async def make_payout(db: Database, gateway: Stripe, payee: str, *, destination: str = "", key: str = "") -> Payout:
    destination = destination or await open_bank_account(gateway, payee)
    legs = [(f"payable:{payee}", -90_00), (f"freight:{payee}", -10_00)]
    async with db.transaction() as conn:
        return await request_payout(
            conn, gateway, payee=payee, destination=destination, legs=legs, key=key or f"1:{payee}"
        )


async def get_balances(db: Database, payee: str) -> tuple[int, int, int, int]:
    """Return what is owed for goods and freight, what is in transit, and what the provider paid out in all."""
    async with db.connection() as conn:
        codes = (f"payable:{payee}", f"freight:{payee}", f"transit:{payee}", "clearing:stripe")
        goods, freight, transit, clearing = [await get_balance(conn, code) for code in codes]
        return goods, freight, transit, clearing


async def find_transfers(sandbox: Sandbox, payout: Payout) -> list[dict[str, Any]]:
    transfers = (await sandbox.state())["transfers"]
    return [each for each in transfers if each["metadata"].get("payout") == str(payout.id)]


async def load(db: Database, payout: Payout) -> Payout:
    async with db.connection() as conn:
        return next(each for each in await list_payouts(conn, payout.payee) if each.id == payout.id)


async def require_sound(db: Database) -> None:
    async with db.connection() as conn:
        assert await verify_ledger(conn, prefixes=["released"]) == []


async def make_calls_due(dsn: str) -> None:
    owner = await asyncpg.connect(dsn)
    await owner.execute("UPDATE payments.operations SET next_at = now()")
    await owner.execute("UPDATE payments.payouts SET poll_at = now() WHERE poll_at IS NOT NULL")
    await owner.close()
