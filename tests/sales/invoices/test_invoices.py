"""Invoices: who is told what until when, what may be recorded, and what a refund and a closed account change."""

from datetime import timedelta

import pytest

from market.cases.casework.models import CaseAnswererInvolved, CaseMove, CaseNotMovable
from market.cases.casework.moves import get_person_scope
from market.cases.casework.worklist import list_assigned_cases
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.case_view import load_case_view, make_case_move
from market.sales.invoices.models import (
    MAX_CHANGES,
    InvoiceAmountWrong,
    InvoiceChangedTooOften,
    InvoiceDetails,
    InvoiceInvalid,
    InvoiceKind,
    InvoiceNumberUsed,
    InvoiceStep,
    InvoiceStepChanged,
    NoInvoiceDue,
    NotInvoiced,
)
from market.sales.invoices.record import answer_invoice_task
from market.sales.invoices.views import (
    get_task_invoice,
    list_open_invoices,
    list_order_invoices,
    list_recorded_invoices,
    list_sale_lines,
    sum_up_open_invoices,
)
from tests.conftest import NOW
from tests.sales.invoices.invoiced import (
    DAY,
    ISSUE,
    PAID_FEN,
    PERSON,
    REDUCE,
    UNIT,
    Invoiced,
    make_invoiced,
    make_number,
)
from tests.support.make import load_owner, make_product
from tests.support.postgres import as_owner
from tests.support.shop import Shopping, make_buyer

LONG_TITLE = InvoiceDetails(kind=InvoiceKind.UNIT, title="字" * 61, tax_number="91130624MA0000001A")


async def test_the_seller_is_told_and_what_it_records_settles_the_task(invoiced: Invoiced) -> None:
    await invoiced.ask(UNIT)
    seen = await invoiced.see()
    assert seen.details == UNIT
    assert (seen.task.step, seen.task.least_fen, seen.assignee) == (ISSUE, PAID_FEN, "seller")
    # Friday the 20th; the week of the holiday has a working Sunday.
    assert seen.due_at == NOW.replace(hour=16) + timedelta(days=7)
    number = make_number()
    await invoiced.record(PAID_FEN, number=number, self_grown=True)
    done = await invoiced.see(invoiced.shopping.buyer)
    assert (done.task.step, done.case_id, done.net_fen) == (InvoiceStep.NONE, None, PAID_FEN)
    assert [(each.number, each.amount_fen, each.self_grown, each.corrects_id) for each in done.issued] == [
        (number, PAID_FEN, True, None)
    ]
    assert await invoiced.list_told() == ["invoice_asked_seller", "invoice_issued"]
    async with invoiced.shopping.db.transaction(scope=get_person_scope(invoiced.owner)) as conn:
        assert (await sum_up_open_invoices(conn, invoiced.owner)).count == 0
        assert await list_open_invoices(conn, invoiced.shopping.seal, [invoiced.producer_id]) == []
        page = await list_recorded_invoices(conn, [invoiced.producer_id])
        assert [(each.number, each.suborder_id) for each in page.items] == [(number, invoiced.suborder_id)]
        assert [(each.title, each.quantity) for each in await list_sale_lines(conn, invoiced.suborder_id)] == [
            ("阜平大枣 礼箱", 2)
        ]


async def test_the_details_are_sealed_and_only_both_sides_read_them(invoiced: Invoiced) -> None:
    await invoiced.ask(UNIT)
    w = invoiced.shopping
    async with w.db.transaction() as conn, as_owner(conn):
        [row] = await conn.fetch("SELECT * FROM invoice_requests")
    for plain in (UNIT.title, UNIT.tax_number, UNIT.email):
        assert plain.encode() not in b"".join(value for value in row.values() if isinstance(value, bytes))
    assert (await invoiced.see(w.buyer)).details == (await invoiced.see(invoiced.partner)).details == UNIT
    async with w.db.transaction() as conn:
        other = await make_product(conn)
        strangers = [await make_buyer(conn), await load_owner(conn, other.producer_id), invoiced.county]
    for stranger in strangers:
        assert await invoiced.find(stranger) is None
        with pytest.raises(NotFound):
            await invoiced.record(PAID_FEN, by=stranger)
        with pytest.raises(NotFound):
            await invoiced.ask(by=stranger)
    with pytest.raises(NotFound):
        await invoiced.record(PAID_FEN, by=w.buyer)


@pytest.mark.parametrize(
    ("details", "fields"),
    [
        (InvoiceDetails(kind=InvoiceKind.PERSON, title=" "), ["title"]),
        (InvoiceDetails(kind=InvoiceKind.PERSON, title="样例", email="样例@"), ["email"]),
        (InvoiceDetails(kind=InvoiceKind.UNIT, title="样例食堂"), ["tax_number"]),
        (
            LONG_TITLE,
            ["title", "tax_number"],
        ),
    ],
)
async def test_wrong_details_are_refused_at_their_fields(
    invoiced: Invoiced, details: InvoiceDetails, fields: list[str]
) -> None:
    with pytest.raises(InvoiceInvalid) as refused:
        await invoiced.ask(details)
    assert [each.field for each in refused.value.errors] == fields
    assert await invoiced.find(invoiced.owner) is None


async def test_nothing_is_invoiced_that_was_all_refunded(invoiced: Invoiced) -> None:
    await invoiced.refund(PAID_FEN)
    with pytest.raises(NotInvoiced):
        await invoiced.ask()


async def test_a_full_refund_before_the_invoice_ends_the_task(invoiced: Invoiced) -> None:
    await invoiced.ask()
    await invoiced.refund(PAID_FEN)
    assert await invoiced.work() == 1
    seen = await invoiced.see()
    assert (seen.task.step, seen.case_id) == (InvoiceStep.NONE, None)
    with pytest.raises(NoInvoiceDue):
        await invoiced.record(PAID_FEN)
    assert await invoiced.list_told() == ["invoice_asked_seller"]


async def test_only_what_is_due_is_recorded(invoiced: Invoiced) -> None:
    with pytest.raises(NotFound):
        await invoiced.record(PAID_FEN)
    await invoiced.ask()
    for amount in (PAID_FEN - 1, PAID_FEN + 1):
        for before in (False, True):
            with pytest.raises(InvoiceAmountWrong):
                await invoiced.record(amount, before_refund=before)
    with pytest.raises(InvoiceStepChanged):
        await invoiced.record(PAID_FEN, REDUCE)
    for number in ("", "19132", "1913" + "x" * 16, make_number(18)):
        with pytest.raises(InvoiceInvalid):
            await invoiced.record(PAID_FEN, number=number or " ")
    number = make_number()
    await invoiced.record(PAID_FEN, number=f"{number[:8]} {number[8:]}")
    with pytest.raises(NoInvoiceDue):
        await invoiced.record(PAID_FEN)
    assert [each.number for each in (await invoiced.see()).issued] == [number]


async def test_the_day_of_an_invoice_is_from_the_payment_to_today(invoiced: Invoiced) -> None:
    await invoiced.ask()
    with pytest.raises(InvoiceInvalid) as refused:
        await invoiced.record(PAID_FEN, now=NOW - DAY)
    assert [each.field for each in refused.value.errors] == ["issued_on"]
    await invoiced.record(PAID_FEN, now=NOW + DAY)
    await invoiced.refund(10_00, now=NOW + DAY)
    with pytest.raises(InvoiceInvalid):
        await invoiced.record(10_00, REDUCE)


async def test_a_seller_uses_a_number_once_and_another_seller_may_use_it(invoiced: Invoiced) -> None:
    number = make_number()
    await invoiced.ask()
    await invoiced.record(PAID_FEN, number=number)
    await invoiced.refund(10_00)
    with pytest.raises(InvoiceNumberUsed):
        await invoiced.record(10_00, REDUCE, number=number)
    other = await make_invoiced(invoiced.shopping)
    await other.ask()
    await other.record(PAID_FEN, number=number)


@pytest.mark.parametrize(("category", "grown"), [("processed", True), ("fruit", False)])
async def test_only_what_the_seller_grew_bears_the_mark(invoiced: Invoiced, category: str, *, grown: bool) -> None:
    await invoiced.ask()
    assert (await invoiced.see()).markable
    async with invoiced.shopping.db.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE listings SET category_code = $1", category)
        await conn.execute("UPDATE producers SET self_grown = $1", grown)
    assert not (await invoiced.see()).markable
    with pytest.raises(InvoiceInvalid) as refused:
        await invoiced.record(PAID_FEN, self_grown=True)
    assert [each.field for each in refused.value.errors] == ["self_grown"]
    await invoiced.record(PAID_FEN)


async def test_a_refund_after_the_invoice_asks_for_a_red_letter_one(invoiced: Invoiced) -> None:
    await invoiced.ask()
    blue = await invoiced.record(PAID_FEN, self_grown=True)
    await invoiced.refund(12_34)
    assert (await invoiced.see()).task.step is REDUCE
    later = NOW + 10 * DAY
    assert await invoiced.work(now=later) == 1
    assert await invoiced.work(now=later) == 0
    seen = await invoiced.see()
    assert (seen.task.most_fen, seen.assignee) == (12_34, "seller")
    assert seen.due_at is not None
    assert seen.due_at > later
    for amount in (0, 12_35):
        with pytest.raises(InvoiceAmountWrong):
            await invoiced.record(amount, REDUCE)
    await invoiced.record(2_34, REDUCE, now=later)
    assert (await invoiced.see()).task.most_fen == 10_00
    await invoiced.refund(1_00)
    await invoiced.record(11_00, REDUCE, now=later)
    done = await invoiced.see()
    assert (done.task.step, done.net_fen) == (InvoiceStep.NONE, PAID_FEN - 13_34)
    assert [(each.corrects_id, each.self_grown) for each in done.issued] == [(None, True), (blue, True), (blue, True)]
    assert await invoiced.list_told() == [
        "invoice_asked_seller", "invoice_issued", "invoice_refunded_seller", "invoice_reduced",
    ]  # fmt: skip
    assert await invoiced.work() == 1


async def test_an_invoice_issued_before_a_refund_is_recorded_as_it_is(invoiced: Invoiced) -> None:
    await invoiced.ask()
    await invoiced.refund(20_00)
    with pytest.raises(InvoiceAmountWrong):
        await invoiced.record(PAID_FEN)
    await invoiced.record(PAID_FEN, before_refund=True)
    assert (await invoiced.see()).task.most_fen == 20_00
    await invoiced.record(20_00, REDUCE)
    assert await invoiced.list_told() == ["invoice_asked_seller", "invoice_reduced"]


async def test_other_details_replace_the_first_ones_before_the_invoice_and_correct_it_afterwards(
    invoiced: Invoiced,
) -> None:
    await invoiced.ask()
    await invoiced.ask()
    await invoiced.ask(UNIT)
    assert await invoiced.list_told() == ["invoice_asked_seller", "invoice_asked_seller"]
    await invoiced.record(PAID_FEN)
    await invoiced.ask(UNIT)
    assert (await invoiced.see()).task.step is InvoiceStep.NONE
    await invoiced.ask(PERSON)
    assert (await invoiced.see()).task.most_fen == PAID_FEN
    await invoiced.refund(10_00)
    await invoiced.record(PAID_FEN, REDUCE)
    replaced = await invoiced.see()
    assert (replaced.task.step, replaced.task.least_fen, replaced.details) == (ISSUE, PAID_FEN - 10_00, PERSON)
    await invoiced.record(PAID_FEN - 10_00)
    assert (await invoiced.see()).net_fen == PAID_FEN - 10_00
    told = (await invoiced.list_told())[2:]
    assert told == ["invoice_issued", "invoice_correct_seller", "invoice_issued"]


async def test_details_are_changed_five_times(invoiced: Invoiced) -> None:
    await invoiced.ask()
    for number in range(MAX_CHANGES):
        await invoiced.ask(InvoiceDetails(kind=InvoiceKind.PERSON, title=f"样例 {number}"))
    with pytest.raises(InvoiceChangedTooOften):
        await invoiced.ask(UNIT)


async def test_what_the_seller_does_not_issue_goes_to_the_county_which_may_end_it(invoiced: Invoiced) -> None:
    await invoiced.ask()
    due = (await invoiced.see()).due_at
    assert due is not None
    assert await invoiced.escalate(due - timedelta(seconds=1)) == 0
    assert await invoiced.escalate(due) == 1
    case_id = (await invoiced.see()).case_id
    assert case_id is not None
    w = invoiced.shopping

    async def answer(by: Actor, text: str = "卖家病了，下月开") -> None:
        async with w.db.transaction(scope=get_person_scope(by)) as conn:
            await answer_invoice_task(conn, w.seal, by, case_id, text=text, now=due)

    async with w.db.transaction(scope=get_person_scope(invoiced.county)) as conn:
        assert [each.id for each in await list_assigned_cases(conn, invoiced.county)] == [case_id]
        task = await get_task_invoice(conn, w.seal, case_id)
        assert task is not None
        assert (task.assignee, task.task.least_fen) == ("county", PAID_FEN)
    assert await invoiced.find(invoiced.county) is None
    for stranger in (invoiced.elsewhere, invoiced.owner, w.buyer):
        with pytest.raises(NotFound):
            await answer(stranger)
    with pytest.raises(InvoiceInvalid):
        await answer(invoiced.county, " ")
    async with w.db.transaction() as conn, as_owner(conn):
        await conn.execute(
            "INSERT INTO producer_members VALUES ($1, $2, 'helper', daterange('2012-01-01', NULL))",
            invoiced.producer_id, invoiced.county.account_id,
        )  # fmt: skip
    with pytest.raises(CaseAnswererInvolved):
        await answer(invoiced.county)
    async with w.db.transaction() as conn, as_owner(conn):
        await conn.execute("DELETE FROM producer_members WHERE account_id = $1", invoiced.county.account_id)
    await answer(invoiced.county)
    with pytest.raises((CaseNotMovable, NotFound)):
        await answer(invoiced.county)
    ended = await invoiced.see(w.buyer)
    assert (ended.task.step, ended.case_id, ended.answer) == (InvoiceStep.NONE, None, "卖家病了，下月开")
    assert await invoiced.list_told() == ["invoice_asked_seller", "case_late", "case_assigned", "invoice_answered"]
    await invoiced.ask()
    assert (await invoiced.see()).task.step is ISSUE
    await invoiced.record(PAID_FEN)


async def test_the_buyer_does_not_withdraw_what_the_seller_owes(invoiced: Invoiced) -> None:
    await invoiced.ask()
    w, case_id = invoiced.shopping, (await invoiced.see()).case_id
    assert case_id is not None
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        assert (await load_case_view(conn, w.seal, w.buyer, case_id, now=NOW)).moves == []
        with pytest.raises(CaseNotMovable):
            await make_case_move(conn, w.seal, w.buyer, case_id, CaseMove.WITHDRAW, text="", now=NOW)


async def test_the_seller_asks_about_the_details_and_new_ones_answer(invoiced: Invoiced) -> None:
    await invoiced.ask(UNIT)
    w, case_id = invoiced.shopping, (await invoiced.see()).case_id
    assert case_id is not None
    async with w.db.transaction(scope=get_person_scope(invoiced.owner)) as conn:
        await make_case_move(conn, w.seal, invoiced.owner, case_id, CaseMove.ASK, text="税号查不到", now=NOW + DAY)
    assert (await invoiced.see(w.buyer)).stopped
    await invoiced.ask(PERSON, now=NOW + 3 * DAY)
    seen = await invoiced.see()
    assert (seen.stopped, seen.due_at) == (False, NOW.replace(hour=16) + 9 * DAY)
    async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
        view = await load_case_view(conn, w.seal, w.buyer, case_id, now=NOW)
    assert [(each.move, each.actor) for each in view.events][1:] == [
        (CaseMove.ASK, "seller"), (CaseMove.SUPPLY, "asker"),
    ]  # fmt: skip


async def test_what_the_seller_records_late_settles_the_task_of_the_county(invoiced: Invoiced) -> None:
    await invoiced.ask()
    assert await invoiced.escalate(NOW + 30 * DAY) == 1
    await invoiced.record(PAID_FEN, now=NOW + 31 * DAY)
    async with invoiced.shopping.db.transaction(scope=get_person_scope(invoiced.county)) as conn:
        assert await list_assigned_cases(conn, invoiced.county) == []


async def test_an_order_says_how_far_its_invoices_are(invoiced: Invoiced) -> None:
    w = invoiced.shopping

    async def load() -> list[tuple[bool, bool]]:
        async with w.db.transaction(scope=get_person_scope(w.buyer)) as conn:
            found = await list_order_invoices(conn, w.buyer, invoiced.order_id)
        return [(each.issued, each.due_at is not None) for each in found.values()]

    assert await load() == []
    await invoiced.ask()
    assert await load() == [(False, True)]
    await invoiced.record(PAID_FEN)
    assert await load() == [(True, False)]


async def test_a_shop_asks_for_what_it_bought_too(shopping: Shopping) -> None:
    """A person of the seller's own team who buys from it is its buyer, and the seller."""
    sale = await make_invoiced(shopping)
    async with shopping.db.transaction() as conn, as_owner(conn):
        await conn.execute(
            "INSERT INTO producer_members VALUES ($1, $2, 'helper', daterange('2012-01-01', NULL))",
            sale.producer_id, shopping.buyer.account_id,
        )  # fmt: skip
    await sale.ask()
    await sale.record(PAID_FEN)
    assert (await sale.see()).net_fen == PAID_FEN
