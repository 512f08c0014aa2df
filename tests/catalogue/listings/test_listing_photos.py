"""The photos of a listing: set in order by its producer alone, at most six, kept while shown, deleted afterwards."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from market.catalogue.listings.describe import NewDescription, edit_listing, get_description
from market.catalogue.listings.detail import get_product
from market.catalogue.listings.feed import list_feed_items
from market.catalogue.listings.listing_photos import (
    MAX_LISTING_PHOTOS,
    ListingPhotos,
    NewPhotoOrder,
    list_own_photos,
    set_listing_photos,
)
from market.catalogue.listings.models import BadListing, ListingChanged, WrongListingState
from market.kernel import Connection, Database
from market.kernel.clock import get_business_day
from market.people.identity.models import Actor, NotFound
from market.people.storage.files import open_file_store
from market.people.storage.photos import require_listed_photo
from market.people.storage.unused_photos import RETENTION, delete_unused_photos
from tests.conftest import NOW
from tests.support.make import ProductIds, load_owner, make_product
from tests.support.postgres import as_owner


async def add_photo(conn: Connection, owner: Actor, *, purpose: str = "listing") -> UUID:
    async with as_owner(conn):
        return await conn.fetchval(
            "INSERT INTO photos (owner_id, purpose, sha256, width, height, kind, created_at)"
            " VALUES ($1, $2, sha256(uuidv7()::text::bytea), 9, 9, 'webp', $3) RETURNING id",
            owner.account_id, purpose, NOW,
        )  # fmt: skip


async def make_shop(conn: Connection, count: int) -> tuple[ProductIds, Actor, list[UUID]]:
    product = await make_product(conn)
    owner = await load_owner(conn, product.producer_id)
    return product, owner, [await add_photo(conn, owner) for _ in range(count)]


async def put(conn: Connection, product: ProductIds, owner: Actor, photos: list[UUID], version: int) -> ListingPhotos:
    new = NewPhotoOrder(version=version, photo_ids=photos)
    return await set_listing_photos(conn, owner, product.listing_id, new, now=NOW)


def ids(photos: ListingPhotos) -> list[UUID]:
    return [each.id for each in photos.photos]


async def test_photos_are_added_ordered_and_removed(conn: Connection) -> None:
    product, owner, (a, b, c) = await make_shop(conn, 3)
    own = await list_own_photos(conn, owner, product.listing_id)
    assert (own.version, own.photos) == (1, [])
    assert ids(await put(conn, product, owner, [a, b, c], 1)) == [a, b, c]
    seen = (await get_product(conn, product.listing_id, now=NOW)).listing
    names = {row["id"]: row["name"] for row in await conn.fetch("SELECT id, name FROM photos")}
    assert (seen.photo, seen.more_photos) == (names[a], [names[b], names[c]])
    [item], _ = await list_feed_items(conn, today=get_business_day(NOW))
    assert (item.photo, item.more_photos) == (names[a], [names[b], names[c]])
    for photo in (a, b, c):
        await require_listed_photo(conn, names[photo])
    assert ids(await put(conn, product, owner, [c, a], 2)) == [c, a]
    with pytest.raises(NotFound):
        await require_listed_photo(conn, names[b])
    last = await put(conn, product, owner, [], 3)
    assert (last.version, last.photos) == (4, [])
    assert (await get_product(conn, product.listing_id, now=NOW)).listing.photo is None


async def test_what_is_wrong_with_an_order_changes_nothing(conn: Connection) -> None:
    product, owner, photos = await make_shop(conn, MAX_LISTING_PHOTOS + 1)
    other, stranger, (foreign,) = await make_shop(conn, 1)
    certificate = await add_photo(conn, owner, purpose="certificate")
    assert len((await put(conn, product, owner, photos[:-1], 1)).photos) == MAX_LISTING_PHOTOS
    for wrong in (photos, [photos[0], photos[0]], [foreign], [certificate], [UUID(int=1)]):
        with pytest.raises(BadListing):
            await put(conn, product, owner, wrong, 2)
    with pytest.raises(ListingChanged):
        await put(conn, product, owner, [], 1)
    with pytest.raises(NotFound):
        await put(conn, product, stranger, [foreign], 2)
    with pytest.raises(NotFound):
        await list_own_photos(conn, stranger, product.listing_id)
    async with as_owner(conn):
        await conn.execute("UPDATE listings SET state = 'suspended' WHERE id = $1", product.listing_id)
    with pytest.raises(WrongListingState):
        await put(conn, product, owner, [], 2)
    assert ids(await list_own_photos(conn, owner, product.listing_id)) == photos[:-1]
    assert ids(await list_own_photos(conn, stranger, other.listing_id)) == []


async def test_a_corrected_description_keeps_one_cover(conn: Connection) -> None:
    product, owner, (a, b, c) = await make_shop(conn, 3)
    await put(conn, product, owner, [a, b, c], 1)

    async def correct(version: int, **changes: object) -> list[UUID]:
        old = await get_description(conn, owner, product.listing_id)
        new = NewDescription(version=version, title=old.title, category=old.category, **changes)  # type: ignore[arg-type]
        await edit_listing(conn, owner, product.listing_id, new, now=NOW)
        return ids(await list_own_photos(conn, owner, product.listing_id))

    assert await correct(2) == [a, b, c]
    assert await correct(3, photo_id=b) == [b, c]
    assert await correct(4, remove_photo=True) == [c]
    assert await correct(5, remove_photo=True) == []


async def test_the_schema_bounds_the_photos(conn: Connection) -> None:
    product, _, (a,) = await make_shop(conn, 1)
    for position in (0, MAX_LISTING_PHOTOS):
        with pytest.raises(asyncpg.CheckViolationError):
            async with conn.transaction():
                await conn.execute(
                    "INSERT INTO listing_photos (listing_id, position, photo_id) VALUES ($1, $2, $3)",
                    product.listing_id, position, a,
                )  # fmt: skip


async def test_a_photo_is_deleted_when_no_listing_shows_it_any_more(database: Database, tmp_path: Path) -> None:
    async with database.transaction() as conn:
        product, owner, (a, b) = await make_shop(conn, 2)
        await put(conn, product, owner, [a, b], 1)
    files, later = open_file_store((tmp_path / "files").as_uri()), NOW + RETENTION + timedelta(days=1)
    await delete_unused_photos(database, files, now=later)
    async with database.transaction() as conn:
        assert await conn.fetchval("SELECT count(*) FROM photos") == 2
        await put(conn, product, owner, [a], 2)
    await delete_unused_photos(database, files, now=later)
    async with database.connection() as conn:
        assert [row["id"] for row in await conn.fetch("SELECT id FROM photos")] == [a]
