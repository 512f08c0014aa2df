"""Reconciliation: the statement matches the ledger, or a discrepancy that only a transaction closes."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
import stripe

from payments import (
    Amount,
    Database,
    GatewayUnavailable,
    Payment,
    close_discrepancy,
    finish_operations,
    list_open_discrepancies,
    poll_payment,
    post,
    reconcile,
    request_refund,
    retry_refund,
    send_refund,
)
from payments.errors import DiscrepancyNotFound
from payments.ledger.reconciliation import StatementDiscrepancy
from payments.sandbox import Sandbox, running
from payments.sql import Connection
from payments.stripe import Stripe
from payments.stripe.objects import read_statement_line
from payments.suspense import book_suspense, return_suspense
from tests.payments.slow_gateway import SlowGateway
from tests.support.sandbox_payments import get_provider_ref, start_test_payment

DAY = date(2026, 11, 25)


@pytest.fixture
async def bank() -> AsyncGenerator[Sandbox]:
    """A provider without balance transactions."""
    async with running() as sandbox:
        yield sandbox


@pytest.fixture
async def own(bank: Sandbox) -> AsyncGenerator[Stripe]:
    """The library, connected to it."""
    async with Stripe("sk_test_sample", bank.secret, base=bank.url) as gateway:
        yield gateway


async def paid(database: Database, gateway: Stripe, sandbox: Sandbox) -> Payment:
    payment = await start_test_payment(database, gateway)
    await sandbox.pay(get_provider_ref(payment))
    return await poll_payment(database, gateway, payment.id)


async def refunded(database: Database, gateway: Stripe, payment: Payment, minor: int) -> None:
    async with database.transaction() as conn:
        refund = await request_refund(conn, payment.id, amount_minor=minor, key=f"r:{payment.order_ref}")
    await send_refund(database, gateway, refund.id)


async def found(database: Database, gateway: Stripe) -> list[tuple[str, str, int | None, int | None]]:
    now = datetime.now(UTC)
    since, until = now - timedelta(minutes=5), now + timedelta(minutes=5)
    discrepancies = await reconcile(database, gateway, day=DAY, since=since, until=until)
    return sorted((each.kind, each.reference, each.ledger_minor, each.provider_minor) for each in discrepancies)


async def test_a_matching_ledger_has_no_discrepancy(database: Database, own: Stripe, bank: Sandbox) -> None:
    bought = [await paid(database, own, bank) for _ in range(3)]
    await refunded(database, own, bought[0], 46_00)
    await start_test_payment(database, own)
    assert await found(database, own) == []
    assert await found(database, own) == []
    async with database.connection() as conn:
        ours = await conn.fetchval(
            "SELECT -sum(amount_minor)::bigint FROM payments.postings JOIN payments.accounts ON id = account_id"
            " WHERE kind = 'clearing'"
        )
        theirs = await conn.fetchval("SELECT sum(amount_minor)::bigint FROM payments.statement_lines")
    assert ours == theirs == 3 * 146_00 - 46_00


async def test_an_unbooked_statement_line_is_missing_here(database: Database, own: Stripe, bank: Sandbox) -> None:
    payment = await start_test_payment(database, own)
    await bank.pay(get_provider_ref(payment))
    assert await found(database, own) == [("missing_here", f"paid:{payment.id}", None, 146_00)]
    assert await found(database, own) == []


async def test_a_foreign_statement_line_is_missing_here_under_its_reference(
    database: Database, own: Stripe, bank: Sandbox
) -> None:
    await bank.client.post(
        f"{bank.url}/v1/payment_intents",
        data={"amount": "900", "currency": "cny", "confirm": "true", "payment_method": "pm_card_visa"},
        headers={"Authorization": "Bearer sk_test_sample"},
    )
    (only,) = (await bank.state())["balance_transactions"]
    assert await found(database, own) == [("missing_here", only["id"], None, 900)]


async def test_a_transaction_without_a_statement_line_is_missing_there(database: Database, own: Stripe) -> None:
    async with database.transaction() as conn:
        legs = [("clearing:alipay", -5), ("escrow:R-1", 5)]
        await post(conn, key="paid:by-hand", kind="paid", legs=legs)
        await post(conn, key="bank", kind="paid", legs=[("clearing:bank", -7), ("escrow:R-1", 7)])
    assert await found(database, own) == [("missing_there", "paid:by-hand", 5, None)]


async def test_a_different_amount_and_a_duplicate_line_are_discrepancies(
    database: Database, own: Stripe, bank: Sandbox, owner: Connection
) -> None:
    one, two = await paid(database, own, bank), await paid(database, own, bank)
    assert await found(database, own) == []
    copy = "INSERT INTO payments.statement_lines SELECT provider, day, 'again', method, kind, ledger_key, currency,"
    await owner.execute(
        f"{copy} amount_minor, 0, fee_currency FROM payments.statement_lines WHERE ledger_key = $1", f"paid:{one.id}"
    )
    change = "UPDATE payments.statement_lines SET amount_minor = 145_99 WHERE ledger_key = $1"
    await owner.execute(change, f"paid:{two.id}")
    assert await found(database, own) == [
        ("amount", f"paid:{two.id}", 146_00, 145_99),
        ("duplicate", f"paid:{one.id}", 146_00, 292_00),
    ]


async def test_a_discrepancy_is_closed_by_a_posted_transaction(database: Database, own: Stripe, bank: Sandbox) -> None:
    payment = await start_test_payment(database, own)
    await bank.pay(get_provider_ref(payment))
    await found(database, own)
    async with database.transaction() as conn:
        (only,) = await list_open_discrepancies(conn)
        assert isinstance(only, StatementDiscrepancy)
        with pytest.raises(DiscrepancyNotFound):
            await close_discrepancy(conn, only.id, key=f"paid:{payment.id}", note="not booked yet")
        assert await list_open_discrepancies(conn) == [only]
    await poll_payment(database, own, payment.id)
    async with database.transaction() as conn:
        await close_discrepancy(conn, only.id, key=f"paid:{payment.id}", note="the message came late")
        assert await list_open_discrepancies(conn) == []
        with pytest.raises(DiscrepancyNotFound):
            await close_discrepancy(conn, only.id, key=f"paid:{payment.id}", note="twice")
        with pytest.raises(DiscrepancyNotFound):
            await close_discrepancy(conn, UUID(int=1), key=f"paid:{payment.id}", note="nobody's")


async def test_a_late_payment_and_its_refund_match(database: Database, own: Stripe, bank: Sandbox) -> None:
    payment = await paid(database, own, bank)
    sent = await start_test_payment(database, own)
    await bank.abandon(get_provider_ref(sent))
    await poll_payment(database, own, sent.id)
    await bank.client.post(
        f"{bank.url}/v1/payment_intents/{get_provider_ref(sent)}/confirm",
        data={"payment_method_data[type]": "alipay", "return_url": "https://shop.example/"},
        headers={"Authorization": "Bearer sk_test_sample"},
    )
    await bank.pay(get_provider_ref(sent))
    await poll_payment(database, own, sent.id)
    assert await finish_operations(database, own) == 1
    assert await found(database, own) == []
    assert payment.captured_minor == 146_00


async def test_a_refund_returned_by_the_payers_bank_matches(database: Database, own: Stripe, bank: Sandbox) -> None:
    payment = await paid(database, own, bank)
    await refunded(database, own, payment, 46_00)
    (refund,) = (await bank.state())["refunds"]
    await bank.set_refund(refund["id"], "failed")
    await poll_payment(database, own, payment.id)
    assert await found(database, own) == []


async def test_a_dispute_is_compared_once_it_has_ended(database: Database, own: Stripe, bank: Sandbox) -> None:
    lost, won = await paid(database, own, bank), await paid(database, own, bank)
    refs = [str((await bank.open_dispute(get_provider_ref(each)))["id"]) for each in (lost, won)]
    assert await found(database, own) == [
        ("missing_here", f"dispute-lost:{ref}", None, -146_00) for ref in sorted(refs)
    ]
    for payment in (lost, won):
        await poll_payment(database, own, payment.id)
    await bank.close_dispute(refs[0], "lost")
    await bank.close_dispute(refs[1], "won")
    for payment in (lost, won):
        await poll_payment(database, own, payment.id)
    assert await found(database, own) == []
    async with database.connection() as conn:
        assert [each.reference for each in await list_open_discrepancies(conn)] == [f"dispute-lost:{refs[1]}"]


async def test_a_refund_that_is_still_pending_is_no_discrepancy(
    database: Database, own: Stripe, bank: Sandbox, owner: Connection
) -> None:
    payment = await paid(database, own, bank)
    async with database.transaction() as conn:
        refund = await request_refund(conn, payment.id, amount_minor=46_00, key="pending")
    await bank.fault("refund", "close", after=True)
    with pytest.raises(GatewayUnavailable):
        await send_refund(database, own, refund.id)
    assert await found(database, own) == []
    await owner.execute("UPDATE payments.operations SET next_at = now()")
    await finish_operations(database, own)
    assert await found(database, own) == []


async def test_a_settlement_in_another_currency_is_compared_in_the_payers(
    database: Database, own: Stripe, bank: Sandbox, owner: Connection
) -> None:
    payment = await paid(database, own, bank)
    line = own.list_statement_lines
    (only,) = await line(datetime.now(UTC) - timedelta(minutes=5), datetime.now(UTC) + timedelta(minutes=5))
    assert (only.amount.minor, only.amount.currency) == (146_00, "CNY")
    assert await found(database, own) == []
    fee = await owner.fetchrow("SELECT fee_minor, fee_currency FROM payments.statement_lines")
    assert fee is not None
    assert tuple(fee) == (87, "CNY")
    await owner.execute("UPDATE payments.statement_lines SET currency = 'HKD'")
    assert await found(database, own) == [("currency", f"paid:{payment.id}", 146_00, 146_00)]


def test_a_fee_is_in_the_currency_of_the_settlement_and_the_amount_in_the_payers() -> None:
    source = {"id": "ch_1", "object": "charge", "amount": 146_00, "currency": "cny"}
    settled = {"id": "txn_1", "type": "charge", "amount": 160_60, "currency": "hkd", "fee": 96, "source": source}
    line = read_statement_line(stripe.BalanceTransaction.construct_from(settled, "sk_test_sample"))
    assert (line.amount, line.fee) == (Amount(146_00, "CNY"), Amount(96, "HKD"))


async def test_what_was_missing_and_arrived_later_closes_its_discrepancy(
    database: Database, own: Stripe, bank: Sandbox
) -> None:
    payment = await start_test_payment(database, own)
    await bank.pay(get_provider_ref(payment))
    assert [kind for kind, *_ in await found(database, own)] == ["missing_here"]
    await poll_payment(database, own, payment.id)
    assert await found(database, own) == []
    async with database.connection() as conn:
        assert await list_open_discrepancies(conn) == []


async def test_a_discrepancy_is_closed_with_a_reason(database: Database, own: Stripe, bank: Sandbox) -> None:
    payment = await start_test_payment(database, own)
    await bank.pay(get_provider_ref(payment))
    await found(database, own)
    async with database.transaction() as conn:
        (only,) = await list_open_discrepancies(conn)
        with pytest.raises(ValueError, match="reason"):
            await close_discrepancy(conn, only.id, note=" ")
        assert len(await list_open_discrepancies(conn)) == 1
        await close_discrepancy(conn, only.id, note="a test charge of the provider")
        assert await list_open_discrepancies(conn) == []


async def test_without_a_statement_nothing_is_stored(database: Database, own: Stripe, bank: Sandbox) -> None:
    await paid(database, own, bank)
    await bank.fault("list", "500")
    with pytest.raises(GatewayUnavailable):
        await found(database, own)
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM payments.statement_lines") == 0


async def test_a_charge_in_suspense_and_its_refund_match(database: Database, own: Stripe, bank: Sandbox) -> None:
    payment = await start_test_payment(database, own)
    ref = get_provider_ref(payment)
    await bank.pay(ref)
    charge = await own.get_charge(ref)
    assert charge is not None
    async with database.transaction() as conn:
        await book_suspense(conn, charge, at=datetime.now(UTC))
    assert await found(database, own) == []
    async with database.transaction() as conn:
        assert await return_suspense(conn, ref)
    (missing,) = await found(database, own)
    assert missing[:2] == ("missing_there", f"suspense-returned:{ref}")


async def test_a_refund_that_was_made_after_it_was_sent_again_is_a_discrepancy(
    database: Database, own: Stripe, bank: Sandbox
) -> None:
    payment = await paid(database, own, bank)
    async with database.transaction() as conn:
        refund = await request_refund(conn, payment.id, amount_minor=46_00, key=f"r:{payment.order_ref}")
    slow = SlowGateway(own)
    sending = asyncio.create_task(send_refund(database, slow, refund.id))
    await slow.made.wait()
    await bank.fault("refund", "decline")
    await send_refund(database, own, refund.id)
    async with database.transaction() as conn:
        await retry_refund(conn, refund.id)
    await send_refund(database, own, refund.id)
    slow.answer.set()
    await sending
    await poll_payment(database, own, payment.id)
    assert await found(database, own) == [("missing_here", f"refunded:{refund.id}:1", None, -46_00)]
