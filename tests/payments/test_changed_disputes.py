"""Disputes whose amount changes while they are open."""

from datetime import UTC, datetime

import msgspec
import pytest

from payments import Amount, Database, DisputeState, Payment, consume_events, get_balance, post, verify_ledger
from payments.disputes import book_disputes
from payments.pay import lock_payment
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.payments.disputing import load_balances, pay, release
from tests.support.sandbox_payments import get_provider_ref, load_payment, make_order_ref


async def report_dispute(
    database: Database, gateway: Stripe, payment: Payment, minor: int, state: DisputeState = DisputeState.OPEN
) -> None:
    """Book the only dispute over a payment as the provider would report it with another amount or state."""
    [report] = await gateway.list_disputes(get_provider_ref(payment))
    report = msgspec.structs.replace(report, amount=Amount(minor, "CNY"), state=state)
    async with database.transaction() as conn:
        await book_disputes(conn, await lock_payment(conn, payment.id), [report], datetime.now(UTC))


@pytest.mark.parametrize("amounts", [[22_50], [45_00, 22_50], [9_00, 22_50], [9_00, 36_00, 9_00, 36_00, 22_50]])
@pytest.mark.parametrize("discount", [0, 9_00])
@pytest.mark.parametrize("released", [False, True])
@pytest.mark.parametrize("end", [DisputeState.WON, DisputeState.LOST])
async def test_a_dispute_takes_what_is_disputed_at_its_end(
    database: Database, gateway: Stripe, sandbox: Sandbox, amounts: list[int], discount: int, *, released: bool,
    end: DisputeState,
) -> None:  # fmt: skip
    order = make_order_ref()
    payment = await pay(database, gateway, sandbox, order, discount_minor=discount)
    paid = 45_00 - discount
    amounts = [each * paid // 45_00 for each in amounts]
    if released:
        await release(database, order)
    before = await load_balances(database, order)
    await sandbox.open_dispute(get_provider_ref(payment), amounts[0])
    for minor in amounts:
        await report_dispute(database, gateway, payment, minor)
        assert (await load_payment(database, payment.id)).disputed_minor == minor
        assert (await load_balances(database, order))[f"disputed:{order}"] == minor * 45_00 // paid
    await report_dispute(database, gateway, payment, amounts[-1], end)
    lost = end is DisputeState.LOST
    assert await load_balances(database, order) == {
        code: minor // 2 if lost else minor for code, minor in before.items()
    }
    async with database.connection() as conn:
        assert await get_balance(conn, "clearing:alipay") == (-paid // 2 if lost else -paid)
        assert await get_balance(conn, "promotion") == (-discount // 2 if lost else -discount)
        assert await get_balance(conn, "commission") == (released * (40 if lost else 80))
        assert await verify_ledger(conn, prefixes=["released"]) == []


@pytest.mark.parametrize("end", [DisputeState.WON, DisputeState.LOST])
async def test_what_was_advanced_for_a_dispute_is_repaid_when_less_is_disputed(
    database: Database, gateway: Stripe, sandbox: Sandbox, end: DisputeState
) -> None:
    order = make_order_ref()
    payment = await pay(database, gateway, sandbox, order)
    await release(database, order)
    async with database.transaction() as conn:
        legs = [(f"payable:{order}", -30_00), ("clearing:bank", 30_00)]
        await post(conn, key=f"out:{order}", kind="paid out", legs=legs)
    await sandbox.open_dispute(get_provider_ref(payment))
    await report_dispute(database, gateway, payment, 45_00)
    for minor, advance in ((25_00, -10_00), (10_00, 0)):
        await report_dispute(database, gateway, payment, minor)
        async with database.connection() as conn:
            assert await get_balance(conn, f"advance:{order}") == advance
    await report_dispute(database, gateway, payment, 10_00, end)
    async with database.connection() as conn:
        assert await get_balance(conn, f"disputed:{order}") == await get_balance(conn, f"advance:{order}") == 0
        left = sum([await get_balance(conn, code) for code in (f"escrow:{order}-2", f"payable:{order}", "commission")])
        assert left == (15_00 if end is DisputeState.WON else 5_00)
        assert await verify_ledger(conn) == []


async def test_the_provider_takes_the_amount_of_a_dispute_that_changed_at_its_end(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    order = make_order_ref()
    payment = await pay(database, gateway, sandbox, order)
    await sandbox.open_dispute(get_provider_ref(payment))
    await report_dispute(database, gateway, payment, 45_00)
    await report_dispute(database, gateway, payment, 18_00, DisputeState.LOST)
    assert await load_balances(database, order) == {f"escrow:{order}-1": 24_00, f"escrow:{order}-2": 3_00}
    async with database.transaction() as conn:
        assert await get_balance(conn, "clearing:alipay") == -27_00
        [lost] = await consume_events(conn, ["dispute.lost"])
        assert lost.facts["minor"] == 18_00
