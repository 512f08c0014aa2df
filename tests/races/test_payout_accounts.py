"""Whom a shop pays out to, while somebody else changes it at the same moment."""

import asyncio
from uuid import UUID

import pytest

from market.kernel import Connection, Database, Fen
from market.kernel.seal import Seal
from market.people.identity.models import AccountId, Actor
from market.privacy.close_account import AccountNotClosable, close_account
from market.sales.payouts.account import (
    PAYOUT_NUMBER_CONTEXT,
    PayoutAccount,
    check_payout_accounts,
    enter_payout_account,
)
from market.sales.payouts.correct_name import correct_name
from market.sales.payouts.models import PayoutAccountExists, PayoutAccountOwnerOnly
from market.sales.payouts.pay_out import PayoutHold, take_owed
from payments import AccountKind, post
from payments.stripe import Stripe
from tests.conftest import NOW
from tests.support.make import load_owner, make_producer
from tests.support.payment import gateway, provider, sandbox
from tests.support.postgres import as_owner, wait_for_blocked

__all__ = ["gateway", "provider", "sandbox"]

HELD = 4_711
PAUSE = f"""
CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock({HELD}); RETURN NEW; END $$;
CREATE TRIGGER pause BEFORE INSERT ON payout_accounts FOR EACH ROW EXECUTE FUNCTION pause();
"""


async def get_pid(conn: Connection) -> int:
    return await conn.fetchval("SELECT pg_backend_pid()")


@pytest.fixture
async def farmer(database: Database) -> Actor:
    async with database.transaction() as conn:
        return await load_owner(conn, await make_producer(conn))


async def enter(database: Database, gateway: Stripe, seal: Seal, actor: Actor, tail: str) -> PayoutAccount:
    return await enter_payout_account(
        database, gateway, seal, actor, actor.producers[0], kind=AccountKind.BANK, number=f"622200000000{tail}", now=NOW
    )


async def add_unchecked(conn: Connection, seal: Seal, actor: Actor) -> UUID:
    """Add the first account of a shop, for whose check the provider did not answer."""
    return await conn.fetchval(
        "INSERT INTO payout_accounts (producer_id, kind, holder, number_sealed, number_tail, entered_by, entered_at)"
        " VALUES ($1, 'bank', '样例农户', $2, '6789', $3, $4) RETURNING id",
        actor.producers[0], seal.seal("6222000000006789", PAYOUT_NUMBER_CONTEXT), actor.account_id, NOW,
    )  # fmt: skip


async def test_an_account_that_is_entered_while_the_first_is_checked_is_no_first_account(
    database: Database, owner: Connection, seal: Seal, gateway: Stripe, farmer: Actor
) -> None:
    async with database.transaction() as conn:
        first = await add_unchecked(conn, seal, farmer)
    await owner.execute(PAUSE)
    async with owner.transaction():
        await owner.execute("SELECT pg_advisory_xact_lock($1)", HELD)
        entering = asyncio.create_task(enter(database, gateway, seal, farmer, "1111"))
        await wait_for_blocked(owner, await get_pid(owner))
        checking = asyncio.create_task(check_payout_accounts(database, gateway, seal, account_id=first, now=NOW))
        await asyncio.wait({checking}, timeout=1)
    with pytest.raises(PayoutAccountExists):
        await entering
    assert await checking == 1
    assert await owner.fetchval("SELECT array_agg(state) FROM payout_accounts") == ["active"]
    await owner.execute("DROP TRIGGER pause ON payout_accounts; DROP FUNCTION pause")
    changed = await enter(database, gateway, seal, farmer, "2222")
    assert (changed.state, changed.replaces) == ("waiting", first)


async def test_an_account_that_is_entered_while_the_name_is_corrected_has_the_new_name(
    database: Database, owner: Connection, seal: Seal, gateway: Stripe, farmer: Actor
) -> None:
    async with database.transaction() as conn:
        await correct_name(conn, seal, farmer.account_id, name="样例新名", reason="看了身份证", now=NOW)
        entering = asyncio.create_task(enter(database, gateway, seal, farmer, "1111"))
        await wait_for_blocked(owner, await get_pid(conn))
    assert (await entering).holder == "样例新名"


async def test_no_account_number_comes_after_its_person_closed_their_account(
    database: Database, owner: Connection, seal: Seal, gateway: Stripe, farmer: Actor
) -> None:
    async with database.transaction() as conn:
        await close_account(conn, seal, AccountId(farmer.account_id), by="test", now=NOW)
        entering = asyncio.create_task(enter(database, gateway, seal, farmer, "1111"))
        await wait_for_blocked(owner, await get_pid(conn))
    with pytest.raises(PayoutAccountOwnerOnly):
        await entering
    assert await owner.fetchval("SELECT count(*) FROM payout_accounts") == 0


async def test_an_account_is_not_closed_while_a_payout_is_being_requested(
    database: Database, owner: Connection, seal: Seal, gateway: Stripe, farmer: Actor
) -> None:
    """The payout is committed between the count of payouts and the look at what is owed, if nothing prevents that."""
    shop = farmer.producers[0]
    async with database.transaction() as conn:
        await add_unchecked(conn, seal, farmer)
        number = await conn.fetchval("SELECT number FROM producers WHERE id = $1", shop)
        legs = [(f"payable:{number}", 5_00), ("commission", -5_00)]
        await post(conn, key="owed", kind="released", legs=legs, at=NOW)
    await check_payout_accounts(database, gateway, seal, now=NOW)

    async def close() -> None:
        async with database.transaction() as conn:
            await close_account(conn, seal, farmer.account_id, by="test", now=NOW)

    hold = PayoutHold(claim_hours=0, return_days=0)
    async with database.transaction() as conn:
        payout = await take_owed(conn, gateway, shop, key="asked", min_fen=Fen(1), hold=hold, now=NOW)
        async with as_owner(conn):
            await conn.execute("LOCK TABLE payments.balances IN ACCESS EXCLUSIVE MODE")
        closing = asyncio.create_task(close())
        await wait_for_blocked(owner, await get_pid(conn))
    assert payout is not None
    with pytest.raises(AccountNotClosable) as refused:
        await closing
    assert [fault.field for fault in refused.value.errors] == ["money"]
