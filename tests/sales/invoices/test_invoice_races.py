"""Invoices under parallel use: what two devices, a refund beside a record, and the schema alone allow."""

import asyncio

import asyncpg
import pytest

from market.sales.invoices.models import (
    InvoiceAmountWrong,
)
from tests.conftest import NOW
from tests.sales.invoices.invoiced import ISSUE, PAID_FEN, REDUCE, Invoiced, make_invoiced, make_number
from tests.support.postgres import as_owner


async def test_two_devices_of_the_seller_record_once(invoiced: Invoiced) -> None:
    for _ in range(5):
        sale = await make_invoiced(invoiced.shopping)
        await sale.ask()
        done = await asyncio.gather(
            *(sale.record(PAID_FEN, by=who) for who in (sale.owner, sale.partner) * 3), return_exceptions=True
        )
        assert sorted(type(each).__name__ for each in done) == ["NoInvoiceDue"] * 5 + ["UUID"]
        assert (await sale.see()).net_fen == PAID_FEN


async def test_a_refund_beside_a_recorded_invoice_leaves_exactly_the_red_letter_to_issue(invoiced: Invoiced) -> None:
    outcomes: set[str] = set()
    for _ in range(6):
        sale = await make_invoiced(invoiced.shopping)
        await sale.ask()
        recorded, _ = await asyncio.gather(sale.record(PAID_FEN), sale.refund(10_00), return_exceptions=True)
        await sale.work()
        seen = await sale.see()
        if isinstance(recorded, InvoiceAmountWrong):
            assert (seen.net_fen, seen.task.step, seen.task.least_fen) == (0, ISSUE, PAID_FEN - 10_00)
        else:
            assert (seen.net_fen, seen.task.step, seen.task.most_fen) == (PAID_FEN, REDUCE, 10_00)
            assert seen.assignee == "seller"
        outcomes.add(seen.task.step)
    assert outcomes <= {ISSUE, REDUCE}


async def test_the_schema_refuses_more_than_was_paid_without_the_lock_of_the_order(invoiced: Invoiced) -> None:
    await invoiced.ask()
    add = (
        "INSERT INTO invoices (suborder_id, producer_id, corrects_id, number, issued_on, amount_fen, self_grown,"
        " recorded_by, recorded_at) VALUES ($1, $2, $3, $4, '2019-09-20', $5, false, $6, $7) RETURNING id"
    )

    async def insert(amount_fen: int, corrects: object = None) -> object:
        async with invoiced.shopping.db.transaction() as conn, as_owner(conn):
            return await conn.fetchval(
                add, invoiced.suborder_id, invoiced.producer_id, corrects, make_number(), amount_fen,
                invoiced.owner.account_id, NOW,
            )  # fmt: skip

    async with invoiced.shopping.db.transaction() as conn, as_owner(conn):
        blue = await conn.fetchval(
            add,
            invoiced.suborder_id,
            invoiced.producer_id,
            None,
            make_number(),
            PAID_FEN,
            invoiced.owner.account_id,
            NOW,
        )
        second = asyncio.create_task(insert(PAID_FEN))
        # Without the lock of the suborder the second one does not see the first, and both are committed.
        await asyncio.wait([second], timeout=0.5)
        assert not second.done()
    with pytest.raises(asyncpg.PostgresError) as refused:
        await second
    assert refused.value.sqlstate == "P0141"
    await insert(PAID_FEN // 2, blue)
    for amount_fen in (PAID_FEN // 2 + 1, PAID_FEN):
        with pytest.raises(asyncpg.PostgresError) as refused:
            await insert(amount_fen, blue)
        assert refused.value.sqlstate == "P0141"
