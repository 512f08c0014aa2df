"""Invoices of closed accounts, and how long their details are kept."""

from market.cases.casework.moves import get_person_scope
from market.privacy.close_account import close_account
from market.sales.invoices.erase import erase_old_invoice_details
from market.sales.invoices.models import (
    DETAILS_LIFETIME,
    InvoiceStep,
)
from market.sales.invoices.own import list_own_invoices
from tests.conftest import NOW
from tests.sales.invoices.invoiced import DAY, PAID_FEN, REDUCE, UNIT, Invoiced, make_invoiced
from tests.support.postgres import as_owner


async def test_a_closed_account_ends_what_is_not_issued_and_a_refund_still_asks_for_the_red_letter(
    invoiced: Invoiced,
) -> None:
    w = invoiced.shopping
    waiting = await make_invoiced(w)
    await waiting.ask(UNIT)
    await invoiced.ask(UNIT)
    await invoiced.record(PAID_FEN)
    async with w.db.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE orders SET state = 'finished', closed_at = $1", NOW)
        await conn.execute("UPDATE suborders SET state = 'received', received_at = $1, closed_at = $1", NOW)
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        copy = await list_own_invoices(conn, w.seal, w.buyer.account_id, limit=9)
        assert [(each.details, len(each.numbers)) for each in copy] == [(UNIT, 0), (UNIT, 1)]
        await close_account(conn, w.seal, w.buyer.account_id, by="test", now=NOW)
    await invoiced.work()
    assert (await waiting.see()).task.step is InvoiceStep.NONE
    assert (await waiting.see()).case_id is None
    async with w.db.transaction() as conn, as_owner(conn):
        sealed = "SELECT count(coalesce(title_sealed, tax_number_sealed, email_sealed)) FROM invoice_requests"
        assert await conn.fetchval(sealed) == 0
    told = len(await invoiced.list_told())
    await invoiced.refund(10_00)
    assert await invoiced.work() == 1
    seen = await invoiced.see()
    assert (seen.details, seen.task.step, seen.task.most_fen, seen.assignee) == (None, REDUCE, 10_00, "seller")
    await invoiced.record(10_00, REDUCE)
    assert (await invoiced.see()).net_fen == PAID_FEN - 10_00
    assert (await invoiced.list_told())[told:] == ["invoice_refunded_seller"]


async def test_details_are_erased_three_years_after_their_last_use(invoiced: Invoiced) -> None:
    await invoiced.ask(UNIT)
    await invoiced.record(PAID_FEN, now=NOW + DAY)
    db = invoiced.shopping.db
    assert await erase_old_invoice_details(db, NOW + DAY + DETAILS_LIFETIME - DETAILS_LIFETIME) == 0
    assert await erase_old_invoice_details(db, NOW + 2 * DAY) == 1
    assert (await invoiced.see()).details is None
    assert [each.amount_fen for each in (await invoiced.see()).issued] == [PAID_FEN]
