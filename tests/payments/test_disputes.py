"""Disputes: the disputed money leaves the order's accounts, and comes back only if the dispute is won."""

import pytest

from payments import (
    Database,
    GatewayUnavailable,
    KeyAlreadyUsed,
    Part,
    Payment,
    Purpose,
    Refund,
    RefundExceedsPayment,
    consume_events,
    get_balance,
    has_open_dispute,
    list_disputes,
    list_failed_refunds,
    list_open_disputes,
    list_order_entries,
    list_unresolved_balances,
    poll_payment,
    post,
    record_refund_transfer,
    request_refund,
    retry_refund,
    send_refund,
    verify_ledger,
)
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.payments.disputing import load_balances, pay, release
from tests.support.sandbox_payments import get_provider_ref, load_payment, make_order_ref, start_test_payment


async def list_entries_of_disputes(database: Database, order: str) -> list[tuple[str, list[tuple[str, int]]]]:
    async with database.connection() as conn:
        entries = await list_order_entries(conn, order=order)
        assert await verify_ledger(conn) == []
    return [(each.kind, [(code, minor) for code, minor in each.legs]) for each in entries if "dispute" in each.kind]


async def test_a_lost_dispute_before_release_takes_the_escrow(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    order = make_order_ref()
    payment = await pay(database, gateway, sandbox, order)
    dispute = await sandbox.open_dispute(get_provider_ref(payment))
    await poll_payment(database, gateway, payment.id)
    assert await load_balances(database, order) == {f"disputed:{order}": 45_00}
    async with database.connection() as conn:
        assert await has_open_dispute(conn, order)
        (opened,) = await list_open_disputes(conn)
        assert (opened.order_ref, opened.amount_minor, opened.reason) == (order, 45_00, "product_not_received")
        assert opened.due_at is not None
    await sandbox.close_dispute(dispute["id"], "lost")
    for _ in range(2):
        await poll_payment(database, gateway, payment.id)
    assert await list_entries_of_disputes(database, order) == [
        ("dispute opened", [(f"escrow:{order}-1", -40_00), (f"escrow:{order}-2", -5_00), (f"disputed:{order}", 45_00)]),
        ("dispute lost", [(f"disputed:{order}", -45_00), ("clearing:alipay", 45_00)]),
    ]
    async with database.transaction() as conn:
        assert not await has_open_dispute(conn, order)
        assert await list_open_disputes(conn) == []
        assert [each.state for each in await list_disputes(conn, order)] == ["lost"]
        assert await get_balance(conn, "clearing:alipay") == 0
        topics = [each.topic for each in await consume_events(conn, ["dispute.open", "dispute.won", "dispute.lost"])]
    assert topics == ["dispute.open", "dispute.lost"]


async def test_a_lost_dispute_after_release_takes_from_payee_and_commission(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    order = make_order_ref()
    payment = await pay(database, gateway, sandbox, order)
    await release(database, order)
    dispute = await sandbox.open_dispute(get_provider_ref(payment), 22_50)
    await poll_payment(database, gateway, payment.id)
    assert await load_balances(database, order) == {
        f"escrow:{order}-2": 2_50, f"payable:{order}": 19_60, f"disputed:{order}": 22_50,
    }  # fmt: skip
    await sandbox.close_dispute(dispute["id"], "lost")
    await poll_payment(database, gateway, payment.id)
    assert await load_balances(database, order) == {f"escrow:{order}-2": 2_50, f"payable:{order}": 19_60}
    async with database.connection() as conn:
        assert await get_balance(conn, "commission") == 40
    assert len(await list_entries_of_disputes(database, order)) == 2


async def test_a_won_dispute_returns_the_money_to_where_it_came_from(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    order = make_order_ref()
    payment = await pay(database, gateway, sandbox, order)
    await release(database, order)
    before = await load_balances(database, order)
    dispute = await sandbox.open_dispute(get_provider_ref(payment))
    await poll_payment(database, gateway, payment.id)
    with pytest.raises(RefundExceedsPayment):
        async with database.transaction() as conn:
            await request_refund(conn, payment.id, amount_minor=1, key=order)
    await sandbox.close_dispute(dispute["id"], "won")
    await poll_payment(database, gateway, payment.id)
    assert await load_balances(database, order) == before
    assert (await load_payment(database, payment.id)).disputed_minor == 0
    async with database.transaction() as conn:
        refund = await request_refund(conn, payment.id, amount_minor=5_00, key=order)
    assert (await send_refund(database, gateway, refund.id)).state == "succeeded"
    assert len(await list_entries_of_disputes(database, order)) == 2


async def test_the_platform_gets_its_share_of_the_discount_back_from_a_lost_dispute(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    order = make_order_ref()
    payment = await pay(database, gateway, sandbox, order, discount_minor=9_00)
    dispute = await sandbox.open_dispute(get_provider_ref(payment), 18_00)
    await poll_payment(database, gateway, payment.id)
    await sandbox.close_dispute(dispute["id"], "lost")
    await poll_payment(database, gateway, payment.id)
    assert await list_entries_of_disputes(database, order) == [
        ("dispute opened", [(f"escrow:{order}-1", -20_00), (f"escrow:{order}-2", -2_50), (f"disputed:{order}", 22_50)]),
        ("dispute lost", [(f"disputed:{order}", -22_50), ("clearing:alipay", 18_00), ("promotion", 4_50)]),
    ]
    async with database.transaction() as conn:
        await request_refund(conn, payment.id, amount_minor=18_00, key=order)
        assert await get_balance(conn, "promotion") == 0
    assert await load_balances(database, order) == {f"refund:{order}": 18_00}


async def test_what_a_payee_no_longer_holds_is_advanced(database: Database, gateway: Stripe, sandbox: Sandbox) -> None:
    order = make_order_ref()
    payment = await pay(database, gateway, sandbox, order)
    await release(database, order)
    async with database.transaction() as conn:
        await post(
            conn, key=f"out:{order}", kind="paid out", legs=[(f"payable:{order}", -30_00), ("clearing:bank", 30_00)]
        )
    dispute = await sandbox.open_dispute(get_provider_ref(payment))
    await poll_payment(database, gateway, payment.id)
    async with database.connection() as conn:
        assert await get_balance(conn, f"payable:{order}") == 0
        assert await get_balance(conn, f"advance:{order}") == -30_00
    await sandbox.close_dispute(dispute["id"], "lost")
    await poll_payment(database, gateway, payment.id)
    async with database.connection() as conn:
        assert await get_balance(conn, f"disputed:{order}") == 0
        assert await get_balance(conn, f"advance:{order}") == -30_00
        assert await verify_ledger(conn) == []


@pytest.mark.parametrize("won", [[0], [1], [0, 1], [1, 0], []])
async def test_a_won_dispute_repays_what_was_advanced_for_another_one(
    database: Database, gateway: Stripe, sandbox: Sandbox, won: list[int]
) -> None:
    """Two disputes over the whole charge: the accounts have the money of one only, whichever is reported first."""
    order = make_order_ref()
    payment = await pay(database, gateway, sandbox, order)
    before = await load_balances(database, order)
    disputes: list[str] = []
    for _ in range(2):
        disputes.append((await sandbox.open_dispute(get_provider_ref(payment)))["id"])
        await poll_payment(database, gateway, payment.id)
    for place in [each for each in (0, 1) if each not in won]:
        await sandbox.close_dispute(disputes[place], "lost")
        await poll_payment(database, gateway, payment.id)
    for place in won:
        await sandbox.close_dispute(disputes[place], "won")
        await poll_payment(database, gateway, payment.id)
    lost = 2 - len(won)
    async with database.connection() as conn:
        assert await get_balance(conn, f"advance:{order}") == -45_00 * max(0, lost - 1)
        assert await get_balance(conn, f"disputed:{order}") == 0
        assert await verify_ledger(conn) == []
    assert (await load_balances(database, order)).get(f"escrow:{order}-1", 0) == (
        0 if lost else before[f"escrow:{order}-1"]
    )


async def test_an_inquiry_that_comes_to_nothing_leaves_the_payment_refundable(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    order = make_order_ref()
    payment = await pay(database, gateway, sandbox, order)
    inquiry = await sandbox.open_dispute(get_provider_ref(payment), inquiry=True)
    await poll_payment(database, gateway, payment.id)
    assert (await load_payment(database, payment.id)).disputed_minor == 45_00
    await sandbox.close_dispute(inquiry["id"], "warning_closed")
    await poll_payment(database, gateway, payment.id)
    assert (await load_payment(database, payment.id)).disputed_minor == 0
    assert await load_balances(database, order) == {f"escrow:{order}-1": 40_00, f"escrow:{order}-2": 5_00}
    async with database.connection() as conn:
        assert [each.state for each in await list_disputes(conn, order)] == ["won"]


async def request(database: Database, payment: Payment, minor: int, key: str = "r") -> Refund:
    async with database.transaction() as conn:
        return await request_refund(conn, payment.id, amount_minor=minor, key=f"{key}:{payment.order_ref}")


async def lose(gateway: Stripe, sandbox: Sandbox, database: Database, payment: Payment, minor: int) -> None:
    dispute = await sandbox.open_dispute(get_provider_ref(payment), minor)
    await poll_payment(database, gateway, payment.id)
    await sandbox.close_dispute(dispute["id"], "lost")
    await poll_payment(database, gateway, payment.id)


@pytest.mark.parametrize("minor", [10_00, 45_00])
@pytest.mark.parametrize("declined", ["before the end", "after the end"])
async def test_a_lost_dispute_ends_the_failed_refunds_whose_money_it_took(
    database: Database, gateway: Stripe, sandbox: Sandbox, minor: int, declined: str
) -> None:
    order = make_order_ref()
    payment = await pay(database, gateway, sandbox, order)
    refund = await request(database, payment, minor)
    await sandbox.fault("refund", "500")
    with pytest.raises(GatewayUnavailable):
        await send_refund(database, gateway, refund.id)
    dispute = await sandbox.open_dispute(get_provider_ref(payment))
    await poll_payment(database, gateway, payment.id)
    assert (await load_balances(database, order))[f"advance:{order}"] == -minor
    if declined == "before the end":
        assert (await send_refund(database, gateway, refund.id)).state == "failed"
    await sandbox.close_dispute(dispute["id"], "lost")
    await poll_payment(database, gateway, payment.id)
    for _ in range(2):
        ended = await send_refund(database, gateway, refund.id)
        assert (ended.state, ended.attempt) == ("succeeded", 2)
    assert await load_balances(database, order) == {}
    async with database.transaction() as conn:
        assert (await retry_refund(conn, refund.id)).attempt == 2
        with pytest.raises(KeyAlreadyUsed):
            await record_refund_transfer(conn, refund.id, reference="B-1")
        assert await list_failed_refunds(conn) == []
        assert await list_unresolved_balances(conn) == []
        assert await get_balance(conn, "clearing:alipay") == 0
        entry = (await list_order_entries(conn, order=order))[-1]
        topics = [each.topic for each in await consume_events(conn, ["refund.failed", "refund.succeeded"])]
        assert await verify_ledger(conn) == []
    assert (entry.kind, entry.legs) == (
        "refund covered by a dispute", [(f"refund:{order}", -minor), (f"advance:{order}", minor)],
    )  # fmt: skip
    assert topics == (["refund.failed"] if declined == "before the end" else [])


async def test_a_refund_that_a_lost_dispute_covers_in_part_is_transferred_less_that_part(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    order = make_order_ref()
    payment = await pay(database, gateway, sandbox, order)
    refunds = [await request(database, payment, minor, key) for key, minor in (("a", 5_00), ("b", 10_00), ("c", 1_00))]
    await sandbox.fault("refund", "decline", times=3)
    for refund in refunds:
        assert (await send_refund(database, gateway, refund.id)).state == "failed"
    await lose(gateway, sandbox, database, payment, 29_00 + 8_00)
    async with database.transaction() as conn:
        failed = await list_failed_refunds(conn)
        assert [(each.amount_minor, each.covered_minor, each.retry_at is None) for each in failed] == [
            (10_00, 3_00, True), (1_00, 0, False),
        ]  # fmt: skip
        assert (await retry_refund(conn, failed[0].id)).attempt == 1
        for _ in range(2):
            paid = await record_refund_transfer(conn, failed[0].id, reference="B-1")
            assert paid.state == "succeeded"
        assert await get_balance(conn, "clearing:bank") == 7_00
        assert [each.covered_minor for each in await list_failed_refunds(conn)] == [0]
    assert await load_balances(database, order) == {f"refund:{order}": 1_00}
    async with database.connection() as conn:
        assert await verify_ledger(conn) == []


async def test_what_a_lost_dispute_took_from_another_payment_goes_back_to_its_account(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    """The refund of a deposit fails, the deposit is disputed, and the order still holds the balance."""
    order = make_order_ref()
    parts = [Part(f"{order}-1", 20_00)]
    deposit, balance = [
        await start_test_payment(database, gateway, order=order, parts=parts, purpose=purpose)
        for purpose in (Purpose.DEPOSIT, Purpose.BALANCE)
    ]
    for payment in (deposit, balance):
        await sandbox.pay(get_provider_ref(payment))
        await poll_payment(database, gateway, payment.id)
    refund = await request(database, deposit, 5_00)
    await sandbox.fault("refund", "decline")
    assert (await send_refund(database, gateway, refund.id)).state == "failed"
    await lose(gateway, sandbox, database, deposit, 20_00)
    assert await load_balances(database, order) == {f"escrow:{order}-1": 20_00}
    async with database.connection() as conn:
        assert await verify_ledger(conn) == []


async def test_a_refund_that_failed_beside_a_won_dispute_is_sent_again(
    database: Database, gateway: Stripe, sandbox: Sandbox
) -> None:
    order = make_order_ref()
    payment = await pay(database, gateway, sandbox, order)
    refund = await request(database, payment, 10_00)
    dispute = await sandbox.open_dispute(get_provider_ref(payment))
    await poll_payment(database, gateway, payment.id)
    assert (await send_refund(database, gateway, refund.id)).state == "failed"
    await sandbox.close_dispute(dispute["id"], "won")
    await poll_payment(database, gateway, payment.id)
    async with database.transaction() as conn:
        assert [each.covered_minor for each in await list_failed_refunds(conn)] == [0]
        assert (await retry_refund(conn, refund.id)).attempt == 2
    assert (await send_refund(database, gateway, refund.id)).state == "succeeded"
    assert await load_balances(database, order) == {f"escrow:{order}-1": 31_11, f"escrow:{order}-2": 3_89}


@pytest.mark.parametrize("end", ["won", "lost"])
async def test_a_dispute_first_seen_when_closed_is_booked_once(
    database: Database, gateway: Stripe, sandbox: Sandbox, end: str
) -> None:
    order = make_order_ref()
    payment = await pay(database, gateway, sandbox, order)
    dispute = await sandbox.open_dispute(get_provider_ref(payment))
    await sandbox.close_dispute(dispute["id"], end)
    for _ in range(2):
        await poll_payment(database, gateway, payment.id)
    kinds = [kind for kind, _ in await list_entries_of_disputes(database, order)]
    assert kinds == ([] if end == "won" else ["dispute opened", "dispute lost"])
    assert (await load_payment(database, payment.id)).disputed_minor == (0 if end == "won" else 45_00)
