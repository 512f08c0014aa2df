"""A mistyped number is corrected as a new version, and what a lost dispute took asks for a red-letter invoice."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from market.cases.casework.moves import get_person_scope
from market.people.identity.models import Actor, NotFound
from market.sales.invoices.correct import correct_invoice
from market.sales.invoices.models import InvoiceCorrectedTooOften, InvoiceInvalid, InvoiceNumberUsed, InvoiceStep
from market.sales.orders.mark_paid import apply_payment_events
from payments import list_payments, poll_payment
from tests.conftest import NOW
from tests.sales.invoices.invoiced import PAID_FEN, REDUCE, Invoiced, make_number

DAY = timedelta(days=1)


async def correct(invoiced: Invoiced, invoice_id: UUID, number: str, *, by: Actor | None = None) -> None:
    w, seller = invoiced.shopping, by or invoiced.owner
    async with w.db.transaction(scope=get_person_scope(seller)) as conn:
        await correct_invoice(conn, w.seal, seller, invoice_id, number=number, now=NOW + DAY)


async def list_numbers(invoiced: Invoiced, reader: Actor | None = None) -> list[tuple[str, list[str]]]:
    return [(each.number, each.old_numbers) for each in (await invoiced.see(reader)).issued]


async def test_a_corrected_number_keeps_the_old_one_and_tells_the_buyer(invoiced: Invoiced) -> None:
    await invoiced.ask()
    numbers = [make_number() for _ in range(5)]
    invoice_id = await invoiced.record(PAID_FEN, number=numbers[0])
    await correct(invoiced, invoice_id, f" {numbers[1][:8]} {numbers[1][8:]}")
    await correct(invoiced, invoice_id, numbers[1])
    assert await list_numbers(invoiced, invoiced.shopping.buyer) == [(numbers[1], [numbers[0]])]
    assert [each for each in await invoiced.list_told() if each == "invoice_number_corrected"] == [
        "invoice_number_corrected"
    ]
    for number in numbers[2:4]:
        await correct(invoiced, invoice_id, number, by=invoiced.partner)
    with pytest.raises(InvoiceCorrectedTooOften):
        await correct(invoiced, invoice_id, numbers[4])
    assert await list_numbers(invoiced) == [(numbers[3], numbers[:3])]


async def test_a_wrong_correction_changes_nothing(invoiced: Invoiced) -> None:
    await invoiced.ask()
    number = make_number()
    invoice_id = await invoiced.record(PAID_FEN, number=number)
    await invoiced.refund(10_00)
    used = make_number()
    await invoiced.record(10_00, REDUCE, number=used)
    for wrong, refusal in (
        ("123", InvoiceInvalid), (make_number(20), InvoiceInvalid), (used, InvoiceNumberUsed),
    ):  # fmt: skip
        with pytest.raises(refusal) as refused:
            await correct(invoiced, invoice_id, wrong)
        assert [each.field for each in refused.value.errors] == ["number"]
    for stranger in (invoiced.shopping.buyer, invoiced.county):
        with pytest.raises(NotFound):
            await correct(invoiced, invoice_id, make_number(), by=stranger)
    assert await list_numbers(invoiced) == [(number, []), (used, [])]


async def test_two_corrections_at_once_are_two_versions(invoiced: Invoiced) -> None:
    await invoiced.ask()
    number = make_number()
    invoice_id = await invoiced.record(PAID_FEN, number=number)
    wanted = [make_number(), make_number()]
    await asyncio.gather(*(correct(invoiced, invoice_id, each) for each in wanted))
    [(current, old)] = await list_numbers(invoiced)
    assert {current, *old} == {number, *wanted}
    assert old[0] == number


async def test_the_schema_keeps_old_numbers_by_any_statement(invoiced: Invoiced) -> None:
    await invoiced.ask()
    invoice_id = await invoiced.record(PAID_FEN)
    async with invoiced.shopping.db.transaction(scope=get_person_scope(invoiced.owner)) as conn:
        await conn.execute("UPDATE invoices SET number = $2 WHERE id = $1", invoice_id, make_number())
        assert await conn.fetchval("SELECT count(*) FROM invoice_versions") == 1
    for statement in ("DELETE FROM invoice_versions", "UPDATE invoices SET amount_fen = 1", "DELETE FROM invoices"):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with invoiced.shopping.db.transaction(scope=get_person_scope(invoiced.owner)) as conn:
                await conn.execute(statement)


async def judge(invoiced: Invoiced, amount: int | None, end: str) -> None:
    """Let the buyer dispute an amount of the payment, and the bank decide."""
    w = invoiced.shopping
    async with w.db.connection() as conn:
        number = await conn.fetchval("SELECT number FROM orders WHERE id = $1", invoiced.order_id)
        (payment,) = await list_payments(conn, str(number))
    dispute = await w.sandbox.open_dispute(payment.provider_ref or "", amount)
    for step in ("", end):
        if step:
            await w.sandbox.close_dispute(str(dispute["id"]), step)
        await poll_payment(w.db, w.gateway, payment.id, at=NOW)
        await apply_payment_events(w.db, w.gateway, w.seal, now=NOW)


@pytest.mark.parametrize(("amount", "lost"), [(None, PAID_FEN), (30_00, 30_00)])
async def test_a_lost_dispute_asks_for_a_red_letter_invoice(invoiced: Invoiced, amount: int | None, lost: int) -> None:
    await invoiced.ask()
    await invoiced.record(PAID_FEN)
    await judge(invoiced, amount, "lost")
    assert await invoiced.work() == 1
    seen = await invoiced.see()
    assert (seen.task.step, seen.task.least_fen, seen.refunded_fen) == (InvoiceStep.REDUCE, lost, lost)
    await invoiced.record(lost, REDUCE)
    assert (await invoiced.see()).task.step is InvoiceStep.NONE
    await judge_again_changes_nothing(invoiced, lost)


async def judge_again_changes_nothing(invoiced: Invoiced, lost: int) -> None:
    w = invoiced.shopping
    await apply_payment_events(w.db, w.gateway, w.seal, now=NOW)
    async with w.db.connection() as conn:
        assert await conn.fetchval("SELECT sum(lost_fen)::bigint FROM suborders") == lost


async def test_a_won_dispute_asks_for_nothing(invoiced: Invoiced) -> None:
    await invoiced.ask()
    await invoiced.record(PAID_FEN)
    await judge(invoiced, None, "won")
    assert await invoiced.work() == 0
    assert (await invoiced.see()).task.step is InvoiceStep.NONE
