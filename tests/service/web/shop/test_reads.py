"""What everybody reads costs no transaction, and no statement is planned again each time."""

from contextvars import ContextVar
from datetime import UTC, datetime, timedelta

import pytest

from market.catalogue.favourites.keep import add_favourite
from market.catalogue.favourites.models import FavouriteKind
from market.catalogue.listings.detail import get_product
from market.kernel import Database
from market.sales.coupons.claim import claim_voucher
from market.sales.coupons.manage import create_coupon
from tests.conftest import NOW
from tests.service.web.conftest import Village
from tests.service.web.test_packages import agree_and_publish, compose, make_picking
from tests.support.coupons import make_platform_staff, new_coupon
from tests.support.make import load_actor, make_product
from tests.support.statements import QueryTrace

OPENING = ContextVar("opening", default=False)
"""Set in the test, whose requests take it over; the worker beside, which looks for tasks, began before."""
SHOWN = 8
"""From the sixth execution on PostgreSQL uses the plan that fits all values, if it is as good."""


async def test_public_pages_are_read_without_a_transaction(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    number = await village.number(village.dates.listing_id)
    begun: list[str] = []
    begin = Database.transaction

    def count(self: Database, **options: str) -> object:
        if OPENING.get():
            begun.append(str(options))
        return begin(self, **options)

    async with await village.browser() as visitor:
        await visitor.open("/")
        monkeypatch.setattr(Database, "transaction", count)
        OPENING.set(True)
        for path in ("/", f"/goods/{number}", "/kinds"):
            await visitor.open(path)
    assert begun == []


async def test_a_public_page_takes_at_most_four_statements(village: Village, monkeypatch: pytest.MonkeyPatch) -> None:
    number = await village.number(village.dates.listing_id)
    activity = await make_picking(village)
    async with await village.browser(village.farmer) as farm:
        await compose(village, farm, activity)
        await agree_and_publish(village, farm)
    pages = {
        "/": ["FIND", "FIND", "LIST_CARDS", "LIST_LISTED_PACKAGES"],
        f"/goods/{number}": ["GET_LISTING"],
        "/kinds/fruit": ["FIND", "LIST_CARDS", "FIND_LAST_SEARCHED", "LIST_LISTED_PACKAGES"],
        "/search?q=大枣": ["FIND_MATCHES", "LIST_CARDS", "FIND_LAST_SEARCHED", "SEARCH_LISTED_PACKAGES"],
    }
    trace = QueryTrace(monkeypatch)
    async with await village.browser() as visitor:
        for path, expected in pages.items():
            await visitor.open(path)  # what is kept for a few seconds is loaded
            trace.take()
            await visitor.open(f"{path}{'&' if '?' in path else '?'}again=1")
            # Statements that a table has one of for each order have no name.
            # The worker beside looks for tasks.
            ran = [name.replace("?", "FIND") for name in trace.take() if name != "CLAIM_TASK"]
            assert [path, *ran] == [path, *expected]


async def test_a_search_looks_at_no_packages_where_none_is_on_sale(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = QueryTrace(monkeypatch)
    async with await village.browser() as visitor:
        await visitor.open("/search?q=大枣")
        trace.take()
        await visitor.open("/search?q=大枣&again=1")
        ran = [name for name in trace.take() if name != "CLAIM_TASK"]
    assert ran == ["FIND_MATCHES", "LIST_CARDS", "FIND_LAST_SEARCHED"]


async def test_the_page_of_a_product_takes_a_buyer_at_most_four_statements(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = await village.number(village.dates.listing_id)
    trace = QueryTrace(monkeypatch)
    async with await village.browser(village.buyer) as buyer:

        async def list_statements() -> list[str]:
            await buyer.open(f"/goods/{number}")
            return [name for name in trace.take() if name != "CLAIM_TASK"]

        await list_statements()
        assert await list_statements() == ["FIND_SESSION", "GET_LISTING", "GET_OWN_VIEW"]
        period = {"starts_on": village.today, "ends_on": village.today + timedelta(days=9), "min_goods_fen": 10_00}
        async with village.database.transaction() as conn:
            actor = await load_actor(conn, village.buyer)
            now = datetime.now(UTC)
            staff = await make_platform_staff(conn)
            held = await create_coupon(conn, staff, new_coupon(name="有的券", amount_fen=5_00, **period), now=now)
            await claim_voucher(conn, actor, number=held.number, now=now)
            await create_coupon(conn, staff, new_coupon(name="没领的券", amount_fen=6_00, **period), now=now)
            await add_favourite(conn, village.buyer, FavouriteKind.LISTING, number, now=now)
        rated = "UPDATE listings SET rating_sum = 5, rating_count = 1 WHERE number = $1"
        await village.value(rated, number)
        priced = "UPDATE variants SET public_price_fen = price_fen - 100 WHERE listing_id = $1"
        await village.value(priced, village.dates.listing_id)
        trace.take()
        assert await list_statements() == ["FIND_SESSION", "GET_LISTING", "GET_OWN_VIEW", "LIST_LISTING_REVIEWS"]
        for words in ("您有一张券：满 10.00 元减 5.00 元", "没领的券", "收藏了，取消"):
            assert words in buyer.current.text


async def test_a_statement_that_is_read_often_is_planned_once(database: Database) -> None:
    async with database.transaction() as conn:
        product = await make_product(conn)
    async with database.connection() as conn:
        for _ in range(SHOWN):
            await get_product(conn, product.listing_id, now=NOW)
        plans = await conn.fetch(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE custom_plans > 3"
        )
    assert plans
    assert any(each["generic_plans"] > 0 for each in plans)
