"""对公转账: several transfers pay a purchase together; what pays nothing is sent back, or was recorded by mistake."""

import asyncio
from datetime import date

import asyncpg
import pytest

from market.kernel import Connection
from market.people.identity.models import NotAllowed, NotFound
from market.sales.orders.models import OrderState
from market.sales.orders.money.verification import verify_orders
from market.sales.procurement.models import (
    BankReceiptClosed,
    BankReceiptClosing,
    PurchaseInvalid,
    PurchaseState,
    ReceiptClosing,
    ReceiptOfRecorder,
)
from market.sales.procurement.pay import close_bank_receipt
from payments import Method, TransferRecordedBefore
from tests.conftest import NOW
from tests.sales.procurement.canteen import Canteen, make_canteen
from tests.sales.procurement.test_purchases import make_contract
from tests.support.shop import Shopping

MISTAKEN, RETURNED = ReceiptClosing.MISTAKEN, ReceiptClosing.RETURNED
TODAY = NOW.date()
DUE = 980_00


async def accept(canteen: Canteen, *, invoiced: bool = True, digits: str = "19" + "7" * 18) -> tuple[int, str]:
    """Return number and payer's code of an accepted purchase of 980.00."""
    number = await make_contract(canteen)
    await canteen.deliver(number, 20, 10)
    accepted = await canteen.accept(number, 20, 10)
    if invoiced:
        await canteen.invoice(number, DUE, digits=digits)
    return number, accepted.purchase.payer_code


async def require_paid(canteen: Canteen, number: int) -> None:
    """Require that the purchase is paid once, in the ledger and in the book of quotas."""
    await canteen.settle()
    shopping = canteen.shopping
    bought = (await canteen.see(number)).purchase
    assert bought.state is PurchaseState.PAID
    assert (await shopping.see_id(bought.order_id)).state is OrderState.FINISHED
    assert sorted((await shopping.balances()).values()) == [-DUE, DUE]
    assert [each[1:] for each in await canteen.list_entries() if each[1] == "spent"] == [("spent", DUE)]
    async with shopping.db.connection() as conn:
        assert await verify_orders(conn) == []


async def test_transfers_that_add_up_to_the_invoice_pay_the_purchase(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    number, code = await accept(canteen)
    first = await canteen.receive(code, 500_00, reference="B-1")
    assert (first.problem, first.due_fen, first.waiting_fen) == ("wrong_amount", DUE, 500_00)
    assert (await canteen.see(number)).purchase.waiting_fen == 500_00
    second = await canteen.receive(code, 480_00, reference="B-2")
    assert (second.problem, second.order_number) == (None, number)
    assert {each.order_number for each in await canteen.list_receipts()} == {number}
    assert (await canteen.see(number)).purchase.waiting_fen == 0
    await require_paid(canteen, number)
    assert (await canteen.receive(code, 500_00, reference="B-3")).problem == "paid_before"


async def test_a_transfer_pays_nothing_before_a_second_person_confirms_it(
    shopping: Shopping, owner: Connection
) -> None:
    canteen = await make_canteen(shopping)
    number, code = await accept(canteen)
    receipt = await canteen.record(code, DUE)
    assert (receipt.problem, receipt.own, receipt.confirmed_at, receipt.waits) == ("unconfirmed", True, None, True)
    assert (await canteen.see(number)).purchase.state is PurchaseState.INVOICED
    with pytest.raises(ReceiptOfRecorder):
        await canteen.confirm(receipt, by=canteen.staff)
    # Another account of the recorder is no second person.
    both = [canteen.staff.account_id, canteen.second.account_id]
    names = [await owner.fetchval("SELECT name FROM accounts WHERE id = $1", each) for each in both]
    await owner.execute("UPDATE accounts SET name = '样例同名' WHERE id = ANY($1)", both)
    with pytest.raises(ReceiptOfRecorder):
        await canteen.confirm(receipt)
    for account, name in zip(both, names, strict=True):
        await owner.execute("UPDATE accounts SET name = $2 WHERE id = $1", account, name)
    with pytest.raises(NotAllowed):
        await canteen.confirm(receipt, by=canteen.school.finance)
    await canteen.settle()
    assert (await canteen.see(number)).purchase.state is PurchaseState.INVOICED
    for _ in range(2):
        confirmed = await canteen.confirm(receipt)
        assert (confirmed.order_number, confirmed.problem, confirmed.confirmed_at) == (number, None, NOW)
    await require_paid(canteen, number)


async def test_what_is_confirmed_last_joins_the_transfers_that_wait(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    number, code = await accept(canteen)
    receipts = [await canteen.record(code, fen, reference=f"B-{fen}") for fen in (400_00, 580_00, 7_00)]
    assert (await canteen.confirm(receipts[0])).problem == "wrong_amount"
    # What is not confirmed is no part of the sum.
    assert (await canteen.confirm(receipts[1])).order_number == number
    await require_paid(canteen, number)
    assert (await canteen.confirm(receipts[2])).problem == "paid_before"


async def place_by_transfer(canteen: Canteen) -> int:
    """Return the number of another order of the shop, which is to be paid by bank transfer."""
    placed = await canteen.place(1, 1)
    await canteen.shopping.start(placed, method=Method.BANK)
    return placed.number


async def test_a_number_of_the_bank_is_of_one_order(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    number, code = await accept(canteen, invoiced=False)
    other = await place_by_transfer(canteen)
    assert (await canteen.receive(code, DUE, reference="B-1")).problem == "not_invoiced"
    with pytest.raises(TransferRecordedBefore) as refused:
        await canteen.record_other(other, "样例B-1")
    assert refused.value.facts == {"reference": "样例B-1", "order": code}
    await canteen.invoice(number, DUE)
    await canteen.settle()
    assert (await canteen.see(number)).purchase.state is PurchaseState.PAID
    await canteen.record_other(other, "样例B-2")
    with pytest.raises(TransferRecordedBefore):
        await canteen.record(code, 1_00, reference="B-2")


async def test_a_transfer_whose_number_paid_another_order_is_taken_out(shopping: Shopping, owner: Connection) -> None:
    canteen = await make_canteen(shopping)
    number, code = await accept(canteen, invoiced=False)
    other = await place_by_transfer(canteen)
    await canteen.record_other(other, "样例B-1")
    waiting = await canteen.record(code, DUE, reference="B-2")
    # As before a number was looked up at both places.
    await owner.execute("UPDATE bank_receipts SET reference = '样例B-1'")
    with pytest.raises(TransferRecordedBefore):
        await canteen.confirm(waiting)
    await canteen.invoice(number, DUE)
    await canteen.close(waiting, MISTAKEN, "样例：号写错了")
    assert (await canteen.receive(code, DUE, reference="B-3")).order_number == number


async def test_one_number_at_two_places_at_once_is_recorded_at_one(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    _, code = await accept(canteen)
    other = await place_by_transfer(canteen)
    for index in range(5):
        both = await asyncio.gather(
            canteen.record(code, 1_00, reference=f"B-{index}"), canteen.record_other(other, f"样例B-{index}"),
            return_exceptions=True,
        )  # fmt: skip
        refused = [each for each in both if isinstance(each, Exception)]
        assert [type(each) for each in refused] == [TransferRecordedBefore]
        if refused[0] is both[0]:
            break


async def test_a_closed_transfer_is_not_confirmed(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    _, code = await accept(canteen)
    receipt = await canteen.record(code, DUE)
    await canteen.close(receipt, MISTAKEN, "样例")
    with pytest.raises(BankReceiptClosed):
        await canteen.confirm(receipt)


async def test_a_transfer_is_confirmed_once_by_two_at_once(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    number, code = await accept(canteen)
    receipt = await canteen.record(code, DUE)
    both = await asyncio.gather(canteen.confirm(receipt), canteen.confirm(receipt))
    assert [each.order_number for each in both] == [number, number]
    await require_paid(canteen, number)


async def test_transfers_before_the_invoice_pay_it_together(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    number, code = await accept(canteen, invoiced=False)
    for index, fen in enumerate((900_00, 80_00)):
        receipt = await canteen.receive(code, fen, reference=f"B-{index}")
        assert (receipt.problem, receipt.due_fen) == ("not_invoiced", None)
    await canteen.invoice(number, DUE)
    await require_paid(canteen, number)


async def test_what_waits_for_a_paid_purchase_is_to_be_sent_back(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    number, code = await accept(canteen)
    wrong = await canteen.receive(code, 500_00, reference="B-1")
    assert (await canteen.receive(code, DUE, reference="B-2")).order_number == number
    [waiting, _] = await canteen.list_receipts()
    assert (waiting.id, waiting.problem, waiting.due_fen) == (wrong.id, "paid_before", None)
    closed = await canteen.close(waiting, RETURNED, "样例退 1", on=TODAY)
    assert (closed.closed_as, closed.returned_on, closed.waits) == (RETURNED, TODAY, False)
    assert (await canteen.see(number)).purchase.waiting_fen == 0
    await require_paid(canteen, number)


async def test_a_transfer_that_is_sent_back_lets_the_others_pay(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    number, code = await accept(canteen)
    receipts = [await canteen.receive(code, fen, reference=f"B-{fen}") for fen in (400_00, 401_00, 580_00)]
    assert {each.problem for each in receipts} == {"wrong_amount"}
    await canteen.close(receipts[1], RETURNED, "样例退 1", on=TODAY)
    await require_paid(canteen, number)
    assert [each.order_number for each in await canteen.list_receipts() if each.closed_as is None] == [number] * 2


async def test_a_mistake_is_recorded_again_under_the_number_of_the_bank(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    number, code = await accept(canteen)
    mistake = await canteen.receive(code, 98_00)
    assert (await canteen.close(mistake, MISTAKEN, "样例：少写一个零")).waits is False
    assert (await canteen.receive(code, DUE)).order_number == number
    await require_paid(canteen, number)


async def test_a_closing_is_refused(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    _, code = await accept(canteen)
    first, second = [await canteen.receive(code, fen, reference=f"B-{fen}") for fen in (100, 200)]
    day = first.received_on
    for closed_as, note, on, fields in (
        (RETURNED, "退", None, ["note", "returned_on"]),
        (RETURNED, "样例退 1", date(2019, 9, 19), ["returned_on"]),
        (RETURNED, "样例退 1", date(2029, 9, 19), ["returned_on"]),
        (MISTAKEN, " ", day, ["note", "returned_on"]),
        (MISTAKEN, "长" * 201, None, ["note"]),
    ):
        with pytest.raises(PurchaseInvalid) as refused:
            await canteen.close(first, closed_as, note, on=on)
        assert [each.field for each in refused.value.errors] == fields
    await canteen.close(first, RETURNED, "样例退 1", on=day)
    with pytest.raises(PurchaseInvalid):
        await canteen.close(second, RETURNED, "样例退 1", on=day)
    with pytest.raises(BankReceiptClosed):
        await canteen.close(first, MISTAKEN, "样例")
    paid = await canteen.receive(code, DUE, reference="B-3")
    with pytest.raises(BankReceiptClosed):
        await canteen.close(paid, MISTAKEN, "样例")
    closing = BankReceiptClosing(closed_as=MISTAKEN, note="样例")
    async with shopping.db.transaction() as conn:
        with pytest.raises(NotAllowed):
            await close_bank_receipt(conn, canteen.seller, second.id, closing, now=NOW)
        with pytest.raises(NotFound):
            await close_bank_receipt(conn, canteen.staff, canteen.school.id, closing, now=NOW)


async def test_transfers_and_a_return_at_once_pay_once(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    number, code = await accept(canteen)
    extra = await canteen.receive(code, 7_00, reference="B-x")
    await asyncio.gather(
        canteen.receive(code, 500_00, reference="B-1"),
        canteen.receive(code, 480_00, reference="B-2"),
        canteen.close(extra, RETURNED, "样例退 1", on=TODAY),
    )
    await require_paid(canteen, number)


async def test_the_schema_refuses_transfers_that_do_not_add_up(shopping: Shopping, owner: Connection) -> None:
    canteen = await make_canteen(shopping)
    number, code = await accept(canteen)
    order = (await canteen.see(number)).purchase.order_id
    receipt = await canteen.receive(code, 500_00)
    match = "UPDATE bank_receipts SET order_id = $1, matched_at = now(), problem = NULL WHERE id = $2"
    pay = "UPDATE procurements SET paid_at = now() WHERE order_id = $1"

    async def change(*statements: tuple[object, ...]) -> None:
        async with owner.transaction():
            for sql, *values in statements:
                await owner.execute(str(sql), *values)

    for statements in ([(match, order, receipt.id)], [(pay, order)], [(match, order, receipt.id), (pay, order)]):
        with pytest.raises(asyncpg.PostgresError, match="do not add up"):
            await change(*statements)
    await canteen.close(receipt, MISTAKEN, "样例")
    with pytest.raises(asyncpg.CheckViolationError, match="bank_receipts_closed"):
        await owner.execute(match, order, receipt.id)
