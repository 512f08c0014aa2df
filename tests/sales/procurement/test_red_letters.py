"""红字发票 of purchases: for what came back and no more, by the seller alone; the quota does not wait for them."""

import asyncio
from collections.abc import Awaitable
from datetime import date, datetime, timedelta

import asyncpg
import pytest

from market.cases.casework.models import WaitingCases
from market.kernel import Connection
from market.kernel.clock import SHANGHAI
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.models import LineRefundReason
from market.sales.aftersales.refund import refund_line
from market.sales.procurement.chase import chase_red_letters, tell_of_red_letters
from market.sales.procurement.models import PurchaseDetail, PurchaseInvalid, PurchaseStepChanged, SellerInvoice
from market.sales.procurement.quotas import get_own_book
from market.sales.procurement.reduce import record_red_letter
from market.sales.procurement.views import count_late_red_letters, count_seller_steps, sum_up_red_letters
from tests.conftest import NOW
from tests.sales.procurement.canteen import Canteen, make_canteen
from tests.sales.procurement.test_purchases import make_contract
from tests.support.postgres import wait_for_locks
from tests.support.shop import Shopping

INVOICED_ON = date(2019, 9, 20)
GIVEN_BACK = NOW.replace(month=12, day=15)
LATER = NOW.replace(year=2020, month=1, day=10)
RED = SellerInvoice(number="20" + "8" * 18, issued_on=LATER.date(), amount_fen=30_00)


async def pay_purchase(canteen: Canteen) -> int:
    """Buy, accept everything, invoice and pay."""
    number = await make_contract(canteen)
    await canteen.deliver(number, 20, 10)
    accepted = await canteen.accept(number, 20, 10)
    await canteen.invoice(number, 980_00)
    await canteen.receive(accepted.purchase.payer_code, 980_00)
    await canteen.settle()
    return number


async def give_back(canteen: Canteen, number: int, fen: int, *, key: str = "r") -> None:
    """Refund a part of the first line."""
    bought = (await canteen.see(number)).lines[0]
    await refund_line(
        canteen.shopping.db, canteen.shopping.gateway, canteen.shopping.seal, canteen.seller, bought.line_id, key=key,
        reason=LineRefundReason.AGREED, amount_fen=fen, now=GIVEN_BACK,
    )  # fmt: skip


def record(
    canteen: Canteen, number: int, red: SellerInvoice = RED, actor: Actor | None = None
) -> Awaitable[PurchaseDetail]:
    who = actor or canteen.seller
    return canteen.run(who, lambda conn: record_red_letter(conn, who, number, red, now=LATER))


def change(
    red: SellerInvoice, *, number: str = "", issued_on: date | None = None, fen: int | None = None
) -> SellerInvoice:
    return SellerInvoice(
        number=number or red.number, issued_on=issued_on or red.issued_on,
        amount_fen=red.amount_fen if fen is None else fen,
    )  # fmt: skip


async def test_a_red_letter_invoice_is_for_what_came_back(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    number = await pay_purchase(canteen)
    with pytest.raises(PurchaseStepChanged):
        await record(canteen, number)
    await give_back(canteen, number, 45_00)
    entries, balances = await canteen.list_entries(), await shopping.balances()
    assert entries[-1] == (2019, "returned", 45_00), "of the year of the order"
    assert (await canteen.see(number)).purchase.reducible_fen == 45_00
    for wrong, field in (
        (change(RED, number="1"), "number"),
        (change(RED, number="19" + "8" * 18), "number"),
        (change(RED, number="19" + "7" * 18, issued_on=date(2019, 12, 31)), "number"),
        (change(RED, number="19" + "8" * 18, issued_on=INVOICED_ON - timedelta(days=1)), "issued_on"),
        (change(RED, issued_on=RED.issued_on + timedelta(days=1)), "issued_on"),
        (change(RED, fen=0), "amount_fen"),
        (change(RED, fen=45_01), "amount_fen"),
    ):
        with pytest.raises(PurchaseInvalid) as refused:
            await record(canteen, number, wrong)
        assert [each.field for each in refused.value.errors] == [field], wrong
    for stranger in (canteen.school.finance, canteen.other.requester):
        with pytest.raises(NotFound):
            await record(canteen, number, actor=stranger)
    seen = await record(canteen, number)
    assert (seen.purchase.returned_fen, seen.purchase.reduced_fen, seen.purchase.reducible_fen) == (45_00, 30_00, 15_00)
    with pytest.raises(PurchaseInvalid) as refused:
        await record(canteen, number, change(RED, fen=15_00))
    assert [each.message for each in refused.value.errors] == ["这个号码记过了"]
    await record(canteen, number, change(RED, number="20" + "9" * 18, fen=15_00))
    with pytest.raises(PurchaseStepChanged):
        await record(canteen, number, change(RED, number="20" + "6" * 18, fen=1))
    seen = await canteen.see(number, canteen.school.finance)
    assert [(each.number[-1], each.fen) for each in seen.red_letters] == [("8", 30_00), ("9", 15_00)]
    assert await canteen.run(canteen.seller, lambda conn: count_seller_steps(conn, canteen.seller)) == 0
    assert (await canteen.list_entries(), await shopping.balances()) == (entries, balances)
    finance = canteen.school.finance
    book = await canteen.run(finance, lambda conn: get_own_book(conn, finance, 2019, day=NOW.date()))
    assert (book.spent_fen, book.returned_fen) == (935_00, 45_00)


async def test_of_two_red_letter_invoices_at_once_the_later_finds_nothing_left(
    shopping: Shopping, owner: Connection
) -> None:
    canteen = await make_canteen(shopping)
    number = await pay_purchase(canteen)
    await give_back(canteen, number, 30_00)
    async with owner.transaction():
        # Who has the order waits for its purchase here; who came without it would wait here too, having read before.
        await owner.execute("SELECT FROM procurements FOR UPDATE")
        both = [asyncio.ensure_future(record(canteen, number, change(RED, number=f"20{n:018d}"))) for n in range(2)]
        await wait_for_locks(owner, len(both))
    done = await asyncio.gather(*both, return_exceptions=True)
    assert sum(isinstance(each, PurchaseDetail) for each in done) == 1
    assert sum(isinstance(each, PurchaseStepChanged) for each in done) == 1
    assert (await canteen.see(number)).purchase.reduced_fen == 30_00


async def test_the_schema_refuses_a_red_letter_that_is_not_of_the_invoice(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    number = await pay_purchase(canteen)
    await give_back(canteen, number, 30_00)
    purchase = (await canteen.see(number)).purchase
    insert = (
        "INSERT INTO procurement_red_letters (order_id, producer_id, number, issued_on, fen, recorded_by, recorded_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, now())"
    )
    for digits, day, fen, told in (
        ("20" + "8" * 18, LATER.date(), 30_01, "procurements_reduced"),
        ("19" + "8" * 18, INVOICED_ON - timedelta(days=1), 1, "is not of this purchase"),
        ("19" + "7" * 18, INVOICED_ON, 1, "is not of this purchase"),
        ("20" + "8" * 18, LATER.date(), 0, "procurement_red_letters_amount"),
    ):
        with pytest.raises(asyncpg.PostgresError, match=told):
            async with shopping.db.transaction(scope=f"person:{canteen.seller.account_id}") as conn:
                await conn.execute(
                    insert, purchase.order_id, purchase.producer_id, digits, day, fen, canteen.seller.account_id
                )
    for change_row in ("returned_fen = 0", "returned_fen = 980.01 * 100", "reduced_fen = 30.01 * 100"):
        with pytest.raises(asyncpg.PostgresError):
            async with shopping.db.transaction(scope=f"person:{canteen.seller.account_id}") as conn:
                await conn.execute(f"UPDATE procurements SET {change_row} WHERE order_id = $1", purchase.order_id)


async def list_texts(canteen: Canteen) -> list[str]:
    async with canteen.shopping.db.connection() as conn:
        rows = await conn.fetch(
            "SELECT template FROM messages WHERE template LIKE 'purchase_red%' ORDER BY queued_at, id"
        )
    return [each["template"] for each in rows]


async def test_the_seller_is_told_has_five_working_days_and_is_chased(shopping: Shopping) -> None:
    canteen = await make_canteen(shopping)
    number = await pay_purchase(canteen)
    db, seal, seller = shopping.db, shopping.seal, canteen.seller

    async def tell(now: datetime) -> tuple[int, int]:
        return await tell_of_red_letters(db, seal, now=now), await chase_red_letters(db, seal, now=now)

    def sum_up() -> Awaitable[WaitingCases]:
        return canteen.run(seller, lambda conn: sum_up_red_letters(conn, seller))

    def count_late(day: date) -> Awaitable[int]:
        return canteen.run(canteen.school.finance, lambda conn: count_late_red_letters(conn, "130624", day=day))

    assert await tell(GIVEN_BACK) == (0, 0)
    await give_back(canteen, number, 30_00)
    assert await sum_up() == WaitingCases(1, None), "it waits before anybody was told"
    # A Sunday: from the day on which the seller was told, Monday to Friday.
    assert await tell(GIVEN_BACK) == (1, 0)
    assert (await canteen.see(number)).purchase.reduce_due_on == date(2019, 12, 20)
    assert await sum_up() == WaitingCases(1, datetime(2019, 12, 21, tzinfo=SHANGHAI))
    assert await tell(GIVEN_BACK) == (0, 0)
    await give_back(canteen, number, 15_00, key="more")
    assert await tell(GIVEN_BACK + timedelta(days=2)) == (1, 0), "more came back; the day stays"
    assert (await canteen.see(number)).purchase.reduce_due_on == date(2019, 12, 20)
    assert [await tell(GIVEN_BACK + timedelta(days=n)) for n in range(3, 8)] == [(0, 1), (0, 0), (0, 0), (0, 1), (0, 1)]
    assert [await count_late(date(2019, 12, day)) for day in (20, 21)] == [0, 1]
    await record(canteen, number)
    assert (await canteen.see(number)).purchase.reduce_due_on == date(2019, 12, 20), "15 yuan are left"
    await record(canteen, number, change(RED, number="20" + "9" * 18, fen=15_00))
    assert (await canteen.see(number)).purchase.reduce_due_on is None
    assert (await sum_up(), await count_late(LATER.date()), await tell(GIVEN_BACK + timedelta(days=9))) == (
        WaitingCases(0, None), 0, (0, 0),
    )  # fmt: skip
    assert [each.removeprefix("purchase_red_letter") for each in await list_texts(canteen)] == [
        "", "", "_due", "_late", "_late",
    ]  # fmt: skip


async def test_two_workers_tell_a_seller_once(shopping: Shopping, owner: Connection) -> None:
    canteen = await make_canteen(shopping)
    await give_back(canteen, await pay_purchase(canteen), 30_00)
    db, seal = shopping.db, shopping.seal
    late = GIVEN_BACK + timedelta(days=8)
    for work, now in ((tell_of_red_letters, GIVEN_BACK), (chase_red_letters, late)):
        async with owner.transaction():
            await owner.execute("SELECT FROM procurements FOR UPDATE")
            both = [asyncio.ensure_future(work(db, seal, now=now)) for _ in range(2)]
            await wait_for_locks(owner, len(both))
        assert sorted(await asyncio.gather(*both)) == [0, 1]
    assert await list_texts(canteen) == ["purchase_red_letter", "purchase_red_letter_late"]
