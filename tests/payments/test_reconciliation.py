"""The provider's statement against the ledger: equal, or a break that only a transaction closes."""

from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from payments import (
    Database,
    GatewayUnavailable,
    Payment,
    ask,
    close_break,
    finish_operations,
    open_breaks,
    post,
    reconcile,
    request_refund,
    send_refund,
)
from payments.reconciliation import Break, UnknownBreak
from payments.sandbox import Sandbox, running
from payments.sql import Connection
from payments.stripe import Stripe
from tests.payments.shop import ref_of, started

DAY = date(2026, 11, 25)


@pytest.fixture
async def bank() -> AsyncGenerator[Sandbox]:
    """A provider that moved nothing yet."""
    async with running() as sandbox:
        yield sandbox


@pytest.fixture
async def own(bank: Sandbox) -> AsyncGenerator[Stripe]:
    """The library, speaking to it."""
    async with Stripe("sk_test_sample", bank.secret, base=bank.url) as gateway:
        yield gateway


async def paid(database: Database, gateway: Stripe, sandbox: Sandbox) -> Payment:
    payment = await started(database, gateway)
    await sandbox.pay(ref_of(payment))
    return await ask(database, gateway, payment.id)


async def refunded(database: Database, gateway: Stripe, payment: Payment, minor: int) -> None:
    async with database.transaction() as conn:
        refund = await request_refund(conn, payment.id, amount_minor=minor, key=f"r:{payment.order_ref}")
    await send_refund(database, gateway, refund.id)


async def found(database: Database, gateway: Stripe) -> list[tuple[str, str, int | None, int | None]]:
    now = datetime.now(UTC)
    since, until = now - timedelta(minutes=5), now + timedelta(minutes=5)
    breaks = await reconcile(database, gateway, day=DAY, since=since, until=until)
    return sorted((each.kind, each.reference, each.ours_minor, each.theirs_minor) for each in breaks)


async def test_books_that_agree_have_no_break(database: Database, own: Stripe, bank: Sandbox) -> None:
    bought = [await paid(database, own, bank) for _ in range(3)]
    await refunded(database, own, bought[0], 46_00)
    await started(database, own)
    assert await found(database, own) == []
    assert await found(database, own) == []
    async with database.connection() as conn:
        ours = await conn.fetchval(
            "SELECT -sum(amount_minor)::bigint FROM payments.postings JOIN payments.accounts ON id = account_id"
            " WHERE kind = 'clearing'"
        )
        theirs = await conn.fetchval("SELECT sum(amount_minor)::bigint FROM payments.statement_lines")
    assert ours == theirs == 3 * 146_00 - 46_00


async def test_what_they_moved_and_we_did_not_book_is_missing_here(
    database: Database, own: Stripe, bank: Sandbox
) -> None:
    payment = await started(database, own)
    await bank.pay(ref_of(payment))
    assert await found(database, own) == [("missing_here", f"paid:{payment.id}", None, 146_00)]
    assert await found(database, own) == []


async def test_what_is_not_ours_is_missing_here_under_their_own_reference(
    database: Database, own: Stripe, bank: Sandbox
) -> None:
    await bank.client.post(
        f"{bank.url}/v1/payment_intents",
        data={"amount": "900", "currency": "cny", "confirm": "true", "payment_method": "pm_card_visa"},
        headers={"Authorization": "Bearer sk_test_sample"},
    )
    (only,) = (await bank.state())["moved"]
    assert await found(database, own) == [("missing_here", only["id"], None, 900)]


async def test_what_we_booked_and_they_did_not_move_is_missing_there(database: Database, own: Stripe) -> None:
    async with database.transaction() as conn:
        legs = [("clearing:alipay", -5), ("escrow:R-1", 5)]
        await post(conn, key="paid:by-hand", kind="paid", legs=legs)
        await post(conn, key="bank", kind="paid", legs=[("clearing:bank", -7), ("escrow:R-1", 7)])
    assert await found(database, own) == [("missing_there", "paid:by-hand", 5, None)]


async def test_another_sum_and_a_line_told_twice_are_breaks(
    database: Database, own: Stripe, bank: Sandbox, owner: Connection
) -> None:
    one, two = await paid(database, own, bank), await paid(database, own, bank)
    assert await found(database, own) == []
    copy = "INSERT INTO payments.statement_lines SELECT provider, day, 'again', rail, kind, our_key, currency,"
    await owner.execute(f"{copy} amount_minor, 0 FROM payments.statement_lines WHERE our_key = $1", f"paid:{one.id}")
    change = "UPDATE payments.statement_lines SET amount_minor = 145_99 WHERE our_key = $1"
    await owner.execute(change, f"paid:{two.id}")
    assert await found(database, own) == [
        ("amount", f"paid:{two.id}", 146_00, 145_99),
        ("duplicate", f"paid:{one.id}", 146_00, 292_00),
    ]


async def test_a_break_is_closed_by_a_transaction_alone(database: Database, own: Stripe, bank: Sandbox) -> None:
    payment = await started(database, own)
    await bank.pay(ref_of(payment))
    await found(database, own)
    async with database.transaction() as conn:
        (only,) = await open_breaks(conn)
        assert isinstance(only, Break)
        with pytest.raises(UnknownBreak):
            await close_break(conn, only.id, key=f"paid:{payment.id}", note="not booked yet")
        assert await open_breaks(conn) == [only]
    await ask(database, own, payment.id)
    async with database.transaction() as conn:
        await close_break(conn, only.id, key=f"paid:{payment.id}", note="the message came late")
        assert await open_breaks(conn) == []
        with pytest.raises(UnknownBreak):
            await close_break(conn, only.id, key=f"paid:{payment.id}", note="twice")
        with pytest.raises(UnknownBreak):
            await close_break(conn, UUID(int=1), key=f"paid:{payment.id}", note="nobody's")


async def test_late_money_and_its_way_back_agree_too(database: Database, own: Stripe, bank: Sandbox) -> None:
    payment = await paid(database, own, bank)
    sent = await started(database, own)
    await bank.abandon(ref_of(sent))
    await ask(database, own, sent.id)
    await bank.client.post(
        f"{bank.url}/v1/payment_intents/{ref_of(sent)}/confirm",
        data={"payment_method_data[type]": "alipay", "return_url": "https://shop.example/"},
        headers={"Authorization": "Bearer sk_test_sample"},
    )
    await bank.pay(ref_of(sent))
    await ask(database, own, sent.id)
    assert await finish_operations(database, own) == 1
    assert await found(database, own) == []
    assert payment.captured_minor == 146_00


async def test_a_refund_sent_back_by_the_payers_bank_agrees_too(database: Database, own: Stripe, bank: Sandbox) -> None:
    payment = await paid(database, own, bank)
    await refunded(database, own, payment, 46_00)
    (refund,) = (await bank.state())["refunds"]
    await bank.set_refund(refund["id"], "failed")
    await ask(database, own, payment.id)
    assert await found(database, own) == []


async def test_without_a_statement_nothing_is_stored(database: Database, own: Stripe, bank: Sandbox) -> None:
    await paid(database, own, bank)
    await bank.fault("list", "500")
    with pytest.raises(GatewayUnavailable):
        await found(database, own)
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM payments.statement_lines") == 0
