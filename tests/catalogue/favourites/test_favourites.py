"""Favourites: added once, at most 200, shown when they cannot be bought, in a person's copy and erased with them."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest

from market.catalogue.favourites.keep import add_favourite, is_favourite, remove_favourite
from market.catalogue.favourites.models import MAX_FAVOURITES, Favourite, FavouriteKind, TooManyFavourites
from market.catalogue.favourites.views import list_favourites
from market.kernel import Connection, Database
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.models import AccountId, NotFound
from market.privacy.close_account import close_account
from market.privacy.personal_data import load_personal_data
from tests.conftest import NOW
from tests.support.make import ProductIds, make_account, make_product, make_stay
from tests.support.postgres import as_owner

LISTING, PRODUCER = FavouriteKind.LISTING, FavouriteKind.PRODUCER


async def number(conn: Connection, product: ProductIds, *, of: str = "listings") -> int:
    wanted = product.listing_id if of == "listings" else product.producer_id
    return await conn.fetchval(f"SELECT number FROM {of} WHERE id = $1", wanted)


async def kept(conn: Connection, account_id: AccountId) -> list[Favourite]:
    return (await list_favourites(conn, account_id, today=get_business_day(NOW), limit=100)).items


async def fill(conn: Connection, account_id: AccountId, count: int) -> None:
    for _ in range(count):
        product = await make_product(conn)
        await add_favourite(conn, account_id, LISTING, await number(conn, product), now=NOW)


async def test_a_listing_and_its_seller_are_kept_once_and_removed(conn: Connection) -> None:
    buyer, other = await make_account(conn), await make_account(conn)
    product, stay = await make_product(conn, title="样例大枣"), await make_stay(conn)
    for _ in range(2):
        await add_favourite(conn, buyer, LISTING, await number(conn, product), now=NOW)
    await add_favourite(conn, buyer, PRODUCER, await number(conn, product, of="producers"), now=NOW)
    stay_number = await conn.fetchval("SELECT number FROM listings WHERE id = $1", stay.listing_id)
    await add_favourite(conn, buyer, LISTING, stay_number, now=NOW)
    third, second, first = await kept(conn, buyer)
    assert (first.kind, first.title, first.price_fen, first.village) == (LISTING, "样例大枣", 45_00, "革新庄村")
    assert (second.kind, second.title, second.price_fen, second.unit) == (PRODUCER, "样例枣园", None, None)
    assert third.listing_kind == "stay"
    assert [(each.shown, each.on_sale, each.taking_orders) for each in (first, second, third)] == [(True,) * 3] * 3
    assert await kept(conn, other) == []
    assert await is_favourite(conn, buyer, LISTING, product.listing_id)
    assert not await is_favourite(conn, buyer, PRODUCER, product.listing_id)
    await remove_favourite(conn, other, LISTING, first.number)
    for _ in range(2):
        await remove_favourite(conn, buyer, LISTING, first.number)
    assert [each.id for each in await kept(conn, buyer)] == [third.id, second.id]
    await remove_favourite(conn, buyer, PRODUCER, second.number)
    assert [each.id for each in await kept(conn, buyer)] == [third.id]


async def test_what_is_off_the_shelf_stays_and_says_so_but_is_not_added(conn: Connection) -> None:
    buyer, product = await make_account(conn), await make_product(conn)
    listing, producer = await number(conn, product), await number(conn, product, of="producers")
    await add_favourite(conn, buyer, LISTING, listing, now=NOW)
    await add_favourite(conn, buyer, PRODUCER, producer, now=NOW)

    async def states() -> list[tuple[bool, bool, bool]]:
        return [(each.shown, each.on_sale, each.taking_orders) for each in await kept(conn, buyer)]

    async with as_owner(conn):
        await conn.execute("UPDATE lots SET available_units = 0")
    assert await states() == [(True, True, True), (True, False, True)]
    async with as_owner(conn):
        await conn.execute(
            "INSERT INTO closures (producer_id, closed_during, reason, created_by, created_at)"
            " VALUES ($1, daterange($2, $3), 'road', $4, $5)",
            product.producer_id, get_business_day(NOW), get_business_day(NOW) + timedelta(days=1), buyer, NOW,
        )  # fmt: skip
    assert await states() == [(True, True, False), (True, False, False)]
    async with as_owner(conn):
        await conn.execute("UPDATE listings SET state = 'withdrawn'")
    assert await states() == [(True, True, False), (False, False, False)]
    await remove_favourite(conn, buyer, LISTING, listing)
    with pytest.raises(NotFound):
        await add_favourite(conn, buyer, LISTING, listing, now=NOW)
    with pytest.raises(NotFound):
        await add_favourite(conn, buyer, PRODUCER, 999_999, now=NOW)


async def test_a_listing_without_its_certificate_is_not_shown(conn: Connection) -> None:
    buyer, product = await make_account(conn), await make_product(conn)
    listing = await number(conn, product)
    await add_favourite(conn, buyer, LISTING, listing, now=NOW)
    async with as_owner(conn):
        await conn.execute("UPDATE listings SET certified_until = $1", get_business_day(NOW) - timedelta(days=1))
    assert [(each.shown, each.on_sale) for each in await kept(conn, buyer)] == [(False, False)]
    with pytest.raises(NotFound):
        await add_favourite(conn, await make_account(conn), LISTING, listing, now=NOW)


async def test_pages_go_on_behind_the_last_one(conn: Connection) -> None:
    buyer = await make_account(conn)
    await fill(conn, buyer, 5)
    seen: list[UUID] = []
    before: UUID | None = None
    for size in (2, 2, 1):
        page = await list_favourites(conn, buyer, today=get_business_day(NOW), before=before, limit=2)
        assert len(page.items) == size
        seen += [each.id for each in page.items]
        before = UUID(page.next) if page.next else None
    assert before is None
    assert seen == sorted(set(seen), reverse=True)
    assert len(seen) == 5


async def test_two_devices_never_keep_more_than_the_maximum(database: Database) -> None:
    async with database.transaction() as conn:
        buyer = await make_account(conn)
        products = [await make_product(conn) for _ in range(6)]
        numbers = [await number(conn, each) for each in products]
        seller = await number(conn, products[0], of="producers")
        async with as_owner(conn):
            await conn.execute(
                "INSERT INTO favourites (account_id, position, producer_id, added_at)"
                " SELECT $1, n, (SELECT id FROM producers WHERE number = $2), $3 FROM generate_series(7, 7) n",
                buyer, seller, NOW,
            )  # fmt: skip

    async def add(listing: int) -> bool:
        try:
            async with database.transaction() as conn:
                await add_favourite(conn, buyer, LISTING, listing, now=NOW)
        except TooManyFavourites:
            return False
        return True

    async with database.transaction() as conn, as_owner(conn):
        await conn.execute("ALTER TABLE favourites DROP CONSTRAINT favourites_producer_once")
        await conn.execute(
            "INSERT INTO favourites (account_id, position, producer_id, added_at)"
            " SELECT account_id, n, producer_id, added_at FROM favourites, generate_series(8, $1::int) n",
            MAX_FAVOURITES - 1,
        )
        await conn.execute("DELETE FROM favourites WHERE position IN (100, 101)")
    # Free are 1 to 6, 100, 101 and 200; six are added at once twice over, then four different positions are left.
    done = await asyncio.gather(*(add(each) for each in numbers * 2))
    assert all(done)
    async with database.transaction() as conn:
        positions = await conn.fetch("SELECT position FROM favourites WHERE listing_id IS NOT NULL ORDER BY 1")
        assert [row["position"] for row in positions] == [1, 2, 3, 4, 5, 6]
        more = [await number(conn, await make_product(conn)) for _ in range(8)]
    done = await asyncio.gather(*(add(each) for each in more))
    assert done.count(True) == 3
    async with database.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM favourites") == MAX_FAVOURITES


async def test_the_schema_bounds_what_is_kept(conn: Connection) -> None:
    buyer, product = await make_account(conn), await make_product(conn)
    for position, listing, producer, constraint in (
        (0, product.listing_id, None, "favourites_bound"),
        (MAX_FAVOURITES + 1, product.listing_id, None, "favourites_bound"),
        (1, product.listing_id, product.producer_id, "favourites_one"),
        (1, None, None, "favourites_one"),
    ):
        with pytest.raises(asyncpg.CheckViolationError) as refused:
            async with conn.transaction():
                await conn.execute(
                    "INSERT INTO favourites (account_id, position, listing_id, producer_id, added_at)"
                    " VALUES ($1, $2, $3, $4, $5)",
                    buyer, position, listing, producer, NOW,
                )  # fmt: skip
        assert refused.value.constraint_name == constraint


async def test_favourites_are_in_the_copy_and_erased_with_the_account(conn: Connection, seal: Seal) -> None:
    buyer, product = await make_account(conn), await make_product(conn, title="样例大枣")
    listing, producer = await number(conn, product), await number(conn, product, of="producers")
    await add_favourite(conn, buyer, LISTING, listing, now=NOW)
    await add_favourite(conn, buyer, PRODUCER, producer, now=NOW)
    copy = (await load_personal_data(conn, seal, buyer)).favourites
    assert [(each.kind, each.name) for each in copy] == [("producer", "样例枣园"), ("listing", "样例大枣")]
    await close_account(conn, seal, buyer, by="样例", now=NOW)
    assert await kept(conn, buyer) == []
    with pytest.raises(TooManyFavourites):
        await add_favourite(conn, buyer, LISTING, listing, now=NOW)
    assert await kept(conn, buyer) == []
