"""Looking for orders and sales: by state, number, words, days, products and recipients; and how much one page reads."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

import market.sales.orders.list_orders as order_lists
import market.sales.orders.list_sales as sale_lists
from market.kernel.clock import get_business_day
from market.people.identity.models import NotFound
from market.sales.aftersales.receive import confirm_receipt
from market.sales.aftersales.ship import ship_suborder
from market.sales.orders.cancel import cancel_order
from market.sales.orders.list_orders import MAX_WORDS, OrderGroup, list_orders, parse_order_number, split_words
from market.sales.orders.list_sales import LIST_SALES, SaleFilters, SaleState, list_sales
from market.sales.orders.models import PlacedOrder
from tests.conftest import NOW
from tests.support.make import ProductIds, load_owner, make_producer, make_product
from tests.support.postgres import as_owner
from tests.support.shop import Shopping, make_buyer

DAY = timedelta(days=1)


class Market:
    """Two producers with a product each, and the orders of one buyer."""

    def __init__(self, shopping: Shopping, dates: ProductIds, millet: ProductIds) -> None:
        self.shopping, self.dates, self.millet = shopping, dates, millet

    async def buy(self, *products: ProductIds, pay: bool = True) -> PlacedOrder:
        order = await self.shopping.place([(each.variant_id, 1) for each in products])
        if pay:
            await self.shopping.pay(order)
        return order

    async def find(self, **wanted: object) -> list[int]:
        async with self.shopping.db.connection() as conn:
            page = await list_orders(conn, self.shopping.buyer, **wanted)  # type: ignore[arg-type]
        return [each.number for each in page.items]

    async def sales(self, of: ProductIds, **wanted: object) -> list[str]:
        async with self.shopping.db.connection() as conn:
            owner = await load_owner(conn, of.producer_id)
            page = await list_sales(
                conn,
                self.shopping.seal,
                owner,
                of.producer_id,
                SaleFilters(**wanted),  # type: ignore[arg-type]
            )
        return [each.code for each in page.items]


@pytest.fixture
async def market(shopping: Shopping) -> Market:
    async with shopping.db.transaction() as conn:
        dates = await make_product(conn, await make_producer(conn, name="样例枣园"), title="阜平大枣 Gold")
        millet = await make_product(conn, await make_producer(conn, name="顾家台合作社"), title="小米")
    return Market(shopping, dates, millet)


async def test_a_buyer_finds_orders_by_number_words_of_goods_and_sellers_and_state(market: Market) -> None:
    both = await market.buy(market.dates, market.millet)
    dates = await market.buy(market.dates, pay=False)
    millet = await market.buy(market.millet)
    assert await market.find() == [millet.number, dates.number, both.number]
    assert await market.find(text="大枣") == [dates.number, both.number]
    assert await market.find(text="顾家台") == [millet.number, both.number]
    assert await market.find(text="gold 合作社") == [both.number]
    assert await market.find(text="ＧＯＬＤ") == [dates.number, both.number]
    assert await market.find(text="100%") == []
    assert await market.find(text="_") == []
    assert await market.find(text=str(dates.number)) == [dates.number]
    assert await market.find(text=f"{both.number}-2") == [both.number]
    assert await market.find(text="999999") == []
    assert await market.find(group=OrderGroup.UNPAID) == [dates.number]
    assert await market.find(group=OrderGroup.OPEN) == [millet.number, both.number]
    assert await market.find(group=OrderGroup.OPEN, text="大枣") == [both.number]
    assert await market.find(group=OrderGroup.UNPAID, text=str(both.number)) == []
    assert await market.find(group=OrderGroup.FINISHED) == []
    w = market.shopping
    await cancel_order(w.db, w.gateway, w.seal, w.buyer, dates.id, positions=None, now=NOW)
    assert await market.find(group=OrderGroup.ENDED) == [dates.number]
    async with w.db.transaction() as conn:
        stranger = await make_buyer(conn)
        assert (await list_orders(conn, stranger, text=str(both.number))).items == []


async def test_a_page_reads_so_many_orders_and_the_next_one_goes_on(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_lists, "MAX_SCANNED", 2)
    wanted = (await market.buy(market.dates, pay=False)).number
    others = [(await market.buy(market.millet, pay=False)).number for _ in range(4)]
    found: list[int] = []
    before, pages = None, 0
    async with market.shopping.db.connection() as conn:
        while pages == 0 or before is not None:
            page = await list_orders(conn, market.shopping.buyer, text="大枣", before=before)
            found += [each.number for each in page.items]
            before, pages = (int(page.next) if page.next else None), pages + 1
        assert (found, pages) == ([wanted], 3)
        everything = await list_orders(conn, market.shopping.buyer, limit=1)
        assert (everything.items[0].number, everything.next) == (others[-1], str(others[-1]))
    assert await market.find(text=str(wanted)) == [wanted]


async def test_a_seller_finds_sales_by_state_day_product_number_and_recipient(market: Market) -> None:
    w = market.shopping
    await market.buy(market.dates, pay=False)
    both = await market.buy(market.dates, market.millet)
    second = await market.buy(market.dates)
    own = [each for each in (await w.see(both)).suborders if each.producer_id == market.dates.producer_id]
    first_code = own[0].code
    assert await market.sales(market.dates) == [f"{second.number}-1", first_code]
    assert await market.sales(market.dates, text=str(both.number)) == [first_code]
    assert await market.sales(market.dates, text=f"{second.number}") == [f"{second.number}-1"]
    assert await market.sales(market.dates, text="999999") == []
    assert await market.sales(market.dates, text="例买") == [f"{second.number}-1", first_code]
    assert await market.sales(market.dates, text="别人") == []
    async with w.db.transaction() as conn:
        owner = await load_owner(conn, market.dates.producer_id)
        await ship_suborder(conn, w.seal, owner, own[0].id, carrier="自己送", tracking="", now=NOW)
    assert await market.sales(market.dates, state=SaleState.SHIPPED) == [first_code]
    assert await market.sales(market.dates, state=SaleState.PAID) == [f"{second.number}-1"]
    assert await market.sales(market.dates, state=SaleState.PAID, text="样例") == [f"{second.number}-1"]
    async with w.db.transaction() as conn:
        await confirm_receipt(conn, w.seal, w.buyer, both.id, positions=[own[0].position], now=NOW)
    assert await market.sales(market.dates, state=SaleState.RECEIVED) == [first_code]
    assert await market.sales(market.dates, state=SaleState.RECEIVED, text="样例") == []
    assert await market.sales(market.dates, text="样例") == [f"{second.number}-1"]
    async with w.db.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE orders SET paid_at = paid_at + interval '2 days' WHERE id = $1", second.id)
        listings = await conn.fetch("SELECT number FROM listings ORDER BY number")
    today = get_business_day(NOW)
    assert await market.sales(market.dates, paid_until=today) == [first_code]
    assert await market.sales(market.dates, paid_from=today + DAY) == [f"{second.number}-1"]
    assert await market.sales(market.dates, paid_from=today, paid_until=today + 2 * DAY) == [
        f"{second.number}-1", first_code,
    ]  # fmt: skip
    numbers = [row["number"] for row in listings]
    assert len(await market.sales(market.dates, listing_number=numbers[0])) == 2
    assert await market.sales(market.dates, listing_number=numbers[1]) == []
    async with w.db.connection() as conn:
        with pytest.raises(NotFound):
            await list_sales(
                conn, w.seal, await load_owner(conn, market.millet.producer_id), market.dates.producer_id, SaleFilters()
            )


async def test_a_page_of_sales_reads_so_many_and_the_next_one_goes_on(
    market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sale_lists, "MAX_SCANNED", 2)
    w = market.shopping
    orders = [await market.buy(market.dates) for _ in range(5)]
    async with w.db.connection() as conn:
        owner = await load_owner(conn, market.dates.producer_id)
        found: list[str] = []
        before: UUID | None = None
        pages = 0
        while pages == 0 or before is not None:
            page = await list_sales(
                conn, w.seal, owner, market.dates.producer_id, SaleFilters(text="样例"), before=before, limit=3
            )
            found += [each.code for each in page.items]
            before, pages = (UUID(page.next) if page.next else None), pages + 1
    assert found == [f"{each.number}-1" for each in reversed(orders)]
    assert pages == 3


async def test_the_sales_of_one_seller_among_100_000_are_read_by_the_index(market: Market) -> None:
    w = market.shopping
    order = await market.buy(market.dates)
    async with w.db.transaction() as conn, as_owner(conn):
        await conn.execute("SET LOCAL session_replication_role = replica")
        await conn.execute(
            "INSERT INTO suborders SELECT copy.* FROM suborders s, generate_series(1, 100000) n,"
            " LATERAL jsonb_populate_record(s, jsonb_build_object('id', uuidv7(), 'position', n % 30000 + 10,"
            " 'order_id', uuidv7(),"
            " 'producer_id', CASE WHEN n % 20 = 0 THEN s.producer_id ELSE $2 END)) AS copy WHERE s.order_id = $1",
            order.id,
            market.millet.producer_id,
        )
        await conn.execute("ANALYZE suborders")
        values = {
            "producer_id": market.dates.producer_id, "before": UUID(int=2**128 - 1), "scanned": 5000, "states": None,
            "number": None, "paid_from": None, "paid_until": None, "listing_number": None, "limit": 21,
        }  # fmt: skip
        rows = await conn.fetch(f"EXPLAIN {LIST_SALES.sql}", *[values[name] for name in LIST_SALES.names])
    plan = "\n".join(row[0] for row in rows)
    assert "suborders_of_producer" in plan, plan
    assert "Seq Scan on suborders" not in plan, plan


@given(st.text(max_size=80))
def test_words_are_few_and_lower_and_a_number_is_an_integer(text: str) -> None:
    words = split_words(text)
    assert len(words) <= MAX_WORDS
    assert all(word and word == word.lower() and not word.isspace() for word in words)
    number = parse_order_number(text)
    assert number is None or 0 <= number < 10**18
