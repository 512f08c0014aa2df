"""One event, or one account, that cannot be worked on delays no other."""

from market.kernel import Connection, Database
from market.kernel.seal import Seal
from market.sales.payouts.account import PAYOUT_NUMBER_CONTEXT, check_payout_accounts
from market.sales.payouts.pay_out import apply_payout_events
from payments.outbox import publish_event
from payments.stripe import Stripe
from tests.conftest import NOW
from tests.support.make import load_owner, make_producer
from tests.support.payment import gateway, provider, sandbox

__all__ = ["gateway", "provider", "sandbox"]


async def test_an_event_that_cannot_be_applied_delays_no_other(
    database: Database, owner: Connection, seal: Seal
) -> None:
    async with database.transaction() as conn:
        number = await conn.fetchval("SELECT number FROM producers WHERE id = $1", await make_producer(conn))
        for payee in ("nobody", str(number)):
            facts = {"payee": payee, "minor": 5_00}
            await publish_event(conn, "payout.paid", order=f"payee:{payee}", facts=facts, at=NOW)
    assert await apply_payout_events(database, seal, now=NOW) == 1
    assert await apply_payout_events(database, seal, now=NOW) == 0
    assert await owner.fetchval("SELECT count(*) FROM messages WHERE template = 'payout_paid'") == 1
    [waiting] = await owner.fetch("SELECT order_ref, attempts FROM payments.events")
    assert tuple(waiting) == ("payee:nobody", 1)


async def test_an_account_whose_number_cannot_be_read_delays_no_other(
    database: Database, owner: Connection, seal: Seal, gateway: Stripe
) -> None:
    async with database.transaction() as conn:
        for number in (b"unreadable", seal.seal("000123456789", PAYOUT_NUMBER_CONTEXT)):
            producer_id = await make_producer(conn)
            await conn.execute(
                "INSERT INTO payout_accounts (producer_id, kind, holder, number_sealed, number_tail, entered_by,"
                " entered_at) VALUES ($1, 'bank', '样例农户', $2, '6789', $3, $4)",
                producer_id,
                number,
                (await load_owner(conn, producer_id)).account_id,
                NOW,
            )
    assert await check_payout_accounts(database, gateway, seal, now=NOW) == 1
    assert await check_payout_accounts(database, gateway, seal, now=NOW) == 0
    states = await owner.fetch("SELECT state FROM payout_accounts ORDER BY id")
    assert [row["state"] for row in states] == ["checking", "active"]
    assert await owner.fetchval("SELECT attempts FROM jobs.failures WHERE job = 'check_payout_account'") == 1
