"""Repairs of money that went wrong: by whom, once, and on record."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from market.kernel import Connection
from market.people.identity.models import Actor, NotAllowed, Role
from market.sales.orders.expire import expire_orders
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import PlacedOrder
from market.sales.orders.money.money_problems import (
    NothingToRepair,
    close_open_discrepancy,
    load_money_problems,
    reconcile_day,
    requeue_stuck_message,
    retry_failed_refund,
)
from market.sales.orders.money.record_transfers import record_repaid, record_transfer
from market.sales.orders.money.repairs import RepairTextMissing
from market.sales.orders.money.uninvolved import OwnOrderMoney
from market.sales.orders.money.verification import verify_orders
from payments import (
    Amount,
    Method,
    RefundId,
    list_payments,
    list_refunds,
    record_bank_transfer,
    record_refund_transfer,
    send_refund,
    verify_ledger,
)
from payments.errors import AnotherTransferRecorded, KeyAlreadyUsed, NotBankTransfer
from payments.port import Ok, RefundRequest
from tests.conftest import NOW
from tests.sales.orders.test_payment_problems import Sale, sale
from tests.support.make import load_actor, load_owner, make_official

__all__ = ["sale"]


async def make_finance(sale: Sale, scope: str | None = None, role: Role = Role.FINANCE) -> Actor:
    async with sale.shopping.db.transaction() as conn:
        county = await conn.fetchval("SELECT county_code FROM producers WHERE id = $1", sale.product.producer_id)
        return await load_actor(conn, await make_official(conn, role, scope or str(county)))


async def list_actions(sale: Sale) -> list[str]:
    async with sale.shopping.db.connection() as conn:
        rows = await conn.fetch("SELECT action FROM audit_entries ORDER BY at, action")
    return [row["action"] for row in rows if not row["action"].startswith("line.")]


async def fail_refund(sale: Sale) -> UUID:
    await sale.refund(5_00)
    await sale.fail_refunds()
    async with sale.shopping.db.connection() as conn:
        (failed,) = (await load_money_problems(conn, None)).failed_refunds
    assert failed.order_ref == str(sale.order.number)
    return failed.id


async def test_finance_of_the_producers_county_sends_a_failed_refund_again(sale: Sale) -> None:
    w = sale.shopping
    refund_id = await fail_refund(sale)
    for other in (await make_finance(sale, "130999"), w.buyer, await make_finance(sale, role=Role.IMPORTER)):
        with pytest.raises(NotAllowed):
            await retry_failed_refund(w.db, w.gateway, other, refund_id, now=NOW)
    finance = await make_finance(sale)
    for _ in range(2):
        refund = await retry_failed_refund(w.db, w.gateway, finance, refund_id, now=NOW)
        assert (refund.state, refund.attempt) == ("succeeded", 2)
    assert await list_actions(sale) == ["refund.retry"]


async def test_a_failed_refund_that_the_provider_made_after_all_is_not_sent_again(sale: Sale) -> None:
    w = sale.shopping
    await w.sandbox.fault("refund", "decline")
    await sale.refund(5_00)
    async with w.db.connection() as conn:
        [payment] = await list_payments(conn, str(sale.order.number))
        [failed] = (await load_money_problems(conn, None)).failed_refunds
    assert payment.provider_ref is not None
    refund_id = failed.id
    request = RefundRequest(RefundId(refund_id), 1, payment.provider_ref, Amount(5_00, "CNY"))
    assert isinstance(await w.gateway.refund(request, "made after all"), Ok)
    finance = await make_finance(sale)
    for state in ("pending", "succeeded"):
        refund = await retry_failed_refund(w.db, w.gateway, finance, refund_id, now=NOW)
        assert (refund.state, refund.attempt) == (state, 1)
    assert len(await w.gateway.list_refunds(payment.provider_ref)) == 1
    assert await list_actions(sale) == []


async def test_a_failed_refund_that_was_transferred_by_hand_is_recorded_once_by_two_people(sale: Sale) -> None:
    w = sale.shopping
    refund_id = await fail_refund(sale)
    finance, other = await make_finance(sale), await make_finance(sale)

    async def record(who: Actor | None, reference: str) -> str:
        async with w.db.transaction() as conn:
            return (await record_repaid(conn, who, refund_id, reference=reference, now=NOW)).state

    with pytest.raises(RepairTextMissing):
        await record(finance, " ")
    assert [await record(who, "B-77") for who in (finance, finance)] == ["failed", "failed"]
    assert [await record(other, "B-78"), await record(None, "B-79")] == ["failed", "failed"]
    async with w.db.connection() as conn:
        [failed] = (await load_money_problems(conn, finance)).failed_refunds
        assert len(failed.recorders) == 3
        assert failed.retry_at is None
    assert [await record(who, "B-77") for who in (other, other, finance)] == ["succeeded"] * 3
    async with w.db.connection() as conn:
        assert (await load_money_problems(conn, finance)).failed_refunds == []
        assert await verify_ledger(conn) + await verify_orders(conn) == []
    with pytest.raises(KeyAlreadyUsed):
        await record(finance, "B-78")
    assert await list_actions(sale) == ["refund.found"] * 4 + ["refund.repaid"]


async def test_the_schema_takes_no_bank_transfer_that_two_people_did_not_find(sale: Sale) -> None:
    w = sale.shopping
    order = await w.place([(sale.product.variant_id, 1)])
    await w.start(order, method=Method.BANK)
    refund_id = await fail_refund(sale)
    finance = await make_finance(sale)
    async with w.db.transaction() as conn:
        await record_transfer(conn, finance, order.number, reference="B-1", now=NOW)
        await record_repaid(conn, finance, refund_id, reference="B-2", now=NOW)
        [payment] = await list_payments(conn, str(order.number))
    for reference in ("B-1", "B-2", "B-3"):
        with pytest.raises(asyncpg.PostgresError, match="not found by two people"):
            async with w.db.transaction() as conn:
                await record_bank_transfer(conn, payment.id, reference=reference, at=NOW)
        with pytest.raises(asyncpg.PostgresError, match="not found by two people"):
            async with w.db.transaction() as conn:
                await record_refund_transfer(conn, RefundId(refund_id), reference=reference, at=NOW)


async def test_a_transfer_that_two_people_found_is_recorded_under_both_names(sale: Sale) -> None:
    """The schema cannot know who is signed in; the service's login writes both names at most on the record."""
    w = sale.shopping
    order = await w.place([(sale.product.variant_id, 1)])
    named = [await make_finance(sale), await make_finance(sale)]
    async with w.db.transaction() as conn:
        for each in named:
            await conn.execute(
                "INSERT INTO transfer_records (order_id, reference, recorded_by, recorded_at)"
                " SELECT id, 'B-9', $1, $2 FROM orders WHERE number = $3",
                each.account_id, NOW, order.number,
            )  # fmt: skip
        entries = await conn.fetch(
            "SELECT actor, action, detail FROM audit_entries WHERE object = $1", f"order:{order.number}"
        )
    assert {(row["actor"], row["action"], row["detail"]["reference"]) for row in entries} == {
        (str(each.account_id), "transfer.record", "B-9") for each in named
    }


async def test_a_buyer_whose_dispute_took_an_open_refund_is_paid_once(sale: Sale) -> None:
    w = sale.shopping
    await w.sandbox.fault("refund", "500")
    await sale.refund(5_00)
    dispute = await sale.dispute()
    async with w.db.connection() as conn:
        (payment,) = await list_payments(conn, str(sale.order.number))
        (refund,) = await list_refunds(conn, payment.id)
    assert (refund.state, payment.refunded_minor, payment.disputed_minor) == ("requested", 5_00, 43_00)
    assert (await send_refund(w.db, w.gateway, refund.id, at=NOW)).state == "failed"
    await sale.judge(dispute, "lost")
    finance = await make_finance(sale)
    async with w.db.transaction() as conn:
        problems = await load_money_problems(conn, finance)
        assert (problems.failed_refunds, problems.advances) == ([], [])
        with pytest.raises(KeyAlreadyUsed):
            await record_repaid(conn, finance, refund.id, reference="B-77", now=NOW)
        assert await verify_ledger(conn) + await verify_orders(conn) == []
    assert (await retry_failed_refund(w.db, w.gateway, finance, refund.id, now=NOW)).state == "succeeded"
    assert {code: minor for code, minor in (await w.balances()).items() if minor} == {}
    assert await list_actions(sale) == []


async def record_arrival(
    sale: Sale, order: PlacedOrder, finance: Actor, *, reference: str, now: datetime = NOW
) -> None:
    """Record that a transfer arrived, as the county's finance and as the platform."""
    for who in (finance, await make_finance(sale, "13", Role.PLATFORM)):
        async with sale.shopping.db.transaction() as conn:
            await record_transfer(conn, who, order.number, reference=reference, now=now)


async def test_a_transfer_that_one_person_recorded_pays_nothing(sale: Sale, owner: Connection) -> None:
    w = sale.shopping
    order = await w.place([(sale.product.variant_id, 1)])
    await w.start(order, method=Method.BANK)
    finance, other = await make_finance(sale), await make_finance(sale)
    both = [finance.account_id, other.account_id]
    names = [await owner.fetchval("SELECT name FROM accounts WHERE id = $1", each) for each in both]
    await owner.execute("UPDATE accounts SET name = '样例同名' WHERE id = ANY($1)", both)

    async def record(who: Actor | None, reference: str) -> int:
        async with w.db.transaction() as conn:
            return (await record_transfer(conn, who, order.number, reference=reference, now=NOW)).captured_minor

    # Neither twice, nor by another account, nor under another number; the operator of the system is one person too.
    assert [await record(who, "ICBC-1") for who in (finance, finance, other)] == [0, 0, 0]
    assert [await record(None, "ICBC-2") for _ in range(2)] == [0, 0]
    for account, name in zip(both, names, strict=True):
        await owner.execute("UPDATE accounts SET name = $2 WHERE id = $1", account, name)
    assert await record(other, "ICBC-3") == 0
    async with w.db.connection() as conn:
        [waiting] = (await load_money_problems(conn, finance)).transfers
    assert waiting.recorders == sorted(["operator", *names])
    await apply_payment_events(w.db, w.gateway, w.seal, now=NOW)
    assert (await w.see(order)).state == "placed"
    assert await record(finance, "ICBC-2") == order.total_fen


async def test_a_recorded_bank_transfer_marks_the_order_as_paid(sale: Sale) -> None:
    w = sale.shopping
    order = await w.place([(sale.product.variant_id, 1)])
    await w.start(order, method=Method.BANK)
    finance = await make_finance(sale)
    for _ in range(2):
        await record_arrival(sale, order, finance, reference="ICBC-1")
    await apply_payment_events(w.db, w.gateway, w.seal, now=NOW)
    assert (await w.see(order)).state == "paid"
    assert await list_actions(sale) == ["transfer.confirm", "transfer.record", "transfer.record"]
    async with w.db.transaction() as conn:
        with pytest.raises(NotBankTransfer):
            await record_transfer(conn, finance, sale.order.number, reference="ICBC-2", now=NOW)


async def repay_the_only_refund(conn: Connection, finance: Actor, order: PlacedOrder, *, now: datetime) -> None:
    """Record that the whole order was transferred back: then no refund is left to repay."""
    [refund] = (await load_money_problems(conn, finance)).failed_refunds
    assert (refund.order_ref, refund.amount_minor) == (str(order.number), order.total_fen)
    for who in (None, finance):
        await record_repaid(conn, who, refund.id, reference="ICBC-9", now=now)
    assert (await load_money_problems(conn, finance)).failed_refunds == []


async def test_who_bought_or_sold_does_not_record_a_transfer(sale: Sale, owner: Connection) -> None:
    w = sale.shopping
    order = await w.place([(sale.product.variant_id, 1)])
    await w.start(order, method=Method.BANK)
    refund_id = await fail_refund(sale)
    finance = await make_finance(sale)
    async with w.db.connection() as conn:
        seller = await load_owner(conn, sale.product.producer_id)
    for party in (w.buyer, seller):
        # The official has another account, under the same name.
        await owner.execute("UPDATE accounts SET name = '样例同名' WHERE id = ANY($1)", [
            party.account_id, finance.account_id,
        ])  # fmt: skip
        async with w.db.transaction() as conn:
            with pytest.raises(OwnOrderMoney):
                await record_transfer(conn, finance, order.number, reference="ICBC-1", now=NOW)
            with pytest.raises(OwnOrderMoney):
                await record_repaid(conn, finance, refund_id, reference="ICBC-2", now=NOW)
        await owner.execute("UPDATE accounts SET name = '样例' || id WHERE id = $1", party.account_id)
    async with w.db.transaction() as conn:
        await record_transfer(conn, finance, order.number, reference="ICBC-1", now=NOW)


async def test_a_transfer_for_an_order_that_was_then_paid_otherwise_is_returned_by_hand(sale: Sale) -> None:
    w = sale.shopping
    order = await w.place([(sale.product.variant_id, 1)])
    await w.start(order, method=Method.BANK)
    await w.pay(order)
    finance = await make_finance(sale)
    for _ in range(2):
        await record_arrival(sale, order, finance, reference="ICBC-3")
    await apply_payment_events(w.db, w.gateway, w.seal, now=NOW)
    assert (await w.see(order)).state == "paid"
    async with w.db.transaction() as conn:
        with pytest.raises(AnotherTransferRecorded):
            await record_transfer(conn, finance, order.number, reference="ICBC-4", now=NOW)
        await repay_the_only_refund(conn, finance, order, now=NOW)
        assert await verify_ledger(conn) + await verify_orders(conn) == []
    assert await list_actions(sale) == [
        "refund.found", "refund.found", "refund.repaid", "transfer.confirm", "transfer.record", "transfer.record",
    ]  # fmt: skip


async def test_a_transfer_for_an_expired_order_is_recorded_and_returned_by_hand(sale: Sale) -> None:
    w = sale.shopping
    order = await w.place([(sale.product.variant_id, 1)])
    await w.start(order, method=Method.BANK)
    later = NOW + timedelta(hours=3)
    assert await expire_orders(w.db, w.gateway, now=later) == 1
    finance = await make_finance(sale)
    for _ in range(2):
        await record_arrival(sale, order, finance, reference="ICBC-1", now=later)
    await apply_payment_events(w.db, w.gateway, w.seal, now=later)
    assert (await w.see(order)).state == "expired"
    async with w.db.transaction() as conn:
        await repay_the_only_refund(conn, finance, order, now=later)
        assert await verify_ledger(conn) == []
    assert await list_actions(sale) == [
        "refund.found", "refund.found", "refund.repaid", "transfer.confirm", "transfer.record", "transfer.record",
    ]  # fmt: skip


async def test_what_belongs_to_no_order_is_repaired_by_the_platform(sale: Sale, owner: Connection) -> None:
    w = sale.shopping
    finance, platform = await make_finance(sale), await make_finance(sale, "13", Role.PLATFORM)
    await owner.execute(
        "INSERT INTO payments.inbox (provider, event_id, topic, object_ref, state)"
        " VALUES ('stripe', 'evt_dead', 'charge.refunded', '', 'dead')"
    )
    await owner.execute(
        "INSERT INTO payments.discrepancies (provider, day, kind, reference, provider_minor, opened_at)"
        " VALUES ('stripe', '2026-11-25', 'missing_here', 'txn_1', 900, now())"
    )
    async with w.db.connection() as conn:
        found = await load_money_problems(conn, platform)
        assert (await load_money_problems(conn, finance)).count() == 0
    assert [each.event_id for each in found.messages] == ["evt_dead"]
    (discrepancy,) = found.discrepancies
    async with w.db.transaction() as conn:
        with pytest.raises(NotAllowed):
            await requeue_stuck_message(conn, w.gateway, finance, "evt_dead", now=NOW)
        await requeue_stuck_message(conn, w.gateway, platform, "evt_dead", now=NOW)
        with pytest.raises(NothingToRepair):
            await requeue_stuck_message(conn, w.gateway, platform, "evt_dead", now=NOW)
        with pytest.raises(NotAllowed):
            await close_open_discrepancy(conn, finance, discrepancy.id, note="a test charge", now=NOW)
        await close_open_discrepancy(conn, platform, discrepancy.id, note="a test charge", now=NOW)
        left = await load_money_problems(conn, platform)
    assert (left.messages, left.discrepancies) == ([], [])
    assert await list_actions(sale) == ["discrepancy.close", "message.requeue"]


async def test_the_days_statement_is_compared_with_the_ledger_in_shanghais_day(sale: Sale) -> None:
    w = sale.shopping
    (found,) = await reconcile_day(w.db, w.gateway, NOW.date(), now=NOW)
    assert (found.kind, found.ledger_minor, found.provider_minor) == ("missing_there", sale.order.total_fen, None)
    assert await reconcile_day(w.db, w.gateway, NOW.date() - timedelta(days=1), now=NOW) == []
