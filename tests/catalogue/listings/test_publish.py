"""Publishing, moderating and reading listings."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from market.catalogue.listings.certificates import find_publish_refusal
from market.catalogue.listings.detail import get_listing_id, get_product, get_stay
from market.catalogue.listings.models import (
    BadListing,
    CancelTier,
    CertificateNeeded,
    CertificateUnverified,
    ListingKind,
    NewActivity,
    NewStay,
    ProducerNotOpen,
    TooManyListings,
)
from market.catalogue.listings.publish import NewProduct, publish_activity, publish_product, publish_stay
from market.catalogue.listings.search.listings import SearchFilters, search_listings
from market.kernel import Connection, Refusal
from market.people.identity.models import Actor, NotFound
from market.people.moderation.forbidden_words import ForbiddenWord
from market.people.moderation.off_platform import OffPlatformContact
from tests.conftest import NOW
from tests.support.make import (
    SEPTEMBER,
    load_owner,
    make_certificate,
    make_producer,
    make_product,
)

NEW = NewProduct(title="阜平大枣 礼箱", category="fruit", unit="5斤箱", price_fen=45_00, quantity=52)


async def a_seller(conn: Connection, **more: Any) -> Actor:
    return await load_owner(conn, await make_producer(conn, **more))


async def count_rows(conn: Connection) -> tuple[int, int, int]:
    row = await conn.fetchrow(
        "SELECT (SELECT count(*) FROM listings), (SELECT count(*) FROM variants), (SELECT count(*) FROM lots)"
    )
    assert row is not None
    return tuple(row)


async def test_a_published_product_is_live_found_and_in_stock(conn: Connection) -> None:
    seller = await a_seller(conn)
    published = await publish_product(conn, seller, NEW, now=NOW)
    product = await get_product(conn, published.listing_id, now=NOW)
    assert (product.listing.title, product.listing.state) == ("阜平大枣 礼箱", "live")
    assert (product.listing.prefecture, product.listing.county, product.listing.listed_county) == (
        "保定市",
        "阜平县",
        True,
    )
    assert (product.listing.perishable, product.listing.self_grown, product.listing.taking_orders) == (True, True, True)
    [variant] = product.variants
    assert (variant.unit, variant.price_fen, variant.net_g, variant.per_kg_fen) == ("5斤箱", 45_00, 2500, 18_00)
    assert (variant.gross_g, variant.left, variant.reserved) == (2800, 52, 0)
    assert product.freight is None
    assert [card.id for card in (await search_listings(conn, SearchFilters(text="大枣"), today=SEPTEMBER)).items] == [
        published.listing_id
    ]
    assert await get_listing_id(conn, published.number) == published.listing_id
    assert await conn.fetchval("SELECT commission_bp FROM listings") == 200
    moves = await conn.fetch("SELECT reason, units FROM stock_moves")
    assert [tuple(move) for move in moves] == [("count", 52)]


async def test_all_faults_are_listed_at_once_and_nothing_is_stored(conn: Connection) -> None:
    seller = await a_seller(conn)
    bad = msgspec.structs.replace(NEW, title="枣", unit="", price_fen=0, quantity=-1, story="长" * 2001, gross_g=-1)
    with pytest.raises(BadListing) as refused:
        await publish_product(conn, seller, bad, now=NOW)
    assert [fault.field for fault in refused.value.errors] == [
        "title",
        "story",
        "price_fen",
        "unit",
        "quantity",
        "gross_g",
    ]
    assert await count_rows(conn) == (0, 0, 0)


@pytest.mark.parametrize("title", ["乡集官方直营大枣", "平台补贴大枣", "鄉集\u3164大枣", "\u2800\u3164"])
async def test_a_title_does_not_pass_for_the_platform(conn: Connection, title: str) -> None:
    seller = await a_seller(conn)
    with pytest.raises(BadListing) as refused:
        await publish_product(conn, seller, msgspec.structs.replace(NEW, title=title), now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["title"]


@pytest.mark.parametrize("category", ["stay", "picking", "nothing", ""])
async def test_a_product_needs_a_category_of_products(conn: Connection, category: str) -> None:
    seller = await a_seller(conn)
    with pytest.raises(BadListing) as refused:
        await publish_product(conn, seller, msgspec.structs.replace(NEW, category=category), now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["category"]
    assert await count_rows(conn) == (0, 0, 0)


@pytest.mark.parametrize(
    ("title", "word"),
    [
        ("滞销大枣", "滞销"),
        ("扶 贫·大枣", "扶贫"),
        ("大枣 包治百病", "包治"),
        ("爱-心_价大枣", "爱心价"),
        ("献爱心大枣", "献爱心"),
    ],
)
async def test_forbidden_words_are_found_despite_blanks_and_punctuation(
    conn: Connection, title: str, word: str
) -> None:
    seller = await a_seller(conn)
    with pytest.raises(ForbiddenWord) as refused:
        await publish_product(conn, seller, msgspec.structs.replace(NEW, title=title), now=NOW)
    assert refused.value.facts["word"] == word
    assert [fault.field for fault in refused.value.errors] == ["title"]
    assert await count_rows(conn) == (0, 0, 0)


@pytest.mark.parametrize(
    ("field", "text"), [("title", "好枣 13900009001"), ("story", "看 www.abc"), ("story", "加我微信便宜")]
)
async def test_a_listing_leads_nobody_away_from_the_platform(conn: Connection, field: str, text: str) -> None:
    seller = await a_seller(conn)
    with pytest.raises(OffPlatformContact) as refused:
        await publish_product(conn, seller, msgspec.structs.replace(NEW, **{field: text}), now=NOW)
    assert [fault.field for fault in refused.value.errors] == [field]
    assert await count_rows(conn) == (0, 0, 0)


@pytest.mark.parametrize("state", ["applied", "confirmed", "recommended", "refused", "suspended"])
async def test_a_producer_that_is_not_open_cannot_publish(conn: Connection, state: str) -> None:
    seller = await a_seller(conn, state=state)
    with pytest.raises(ProducerNotOpen):
        await publish_product(conn, seller, NEW, now=NOW)
    assert await count_rows(conn) == (0, 0, 0)


async def test_publishing_for_another_producer_is_refused(conn: Connection) -> None:
    seller, other = await a_seller(conn), await a_seller(conn)
    with pytest.raises(NotFound):
        await publish_product(conn, seller, msgspec.structs.replace(NEW, producer_id=other.producers[0]), now=NOW)
    nobody = msgspec.structs.replace(seller, producers=())
    with pytest.raises(NotFound):
        await publish_product(conn, nobody, NEW, now=NOW)
    both = msgspec.structs.replace(seller, producers=(seller.producers[0], other.producers[0]))
    with pytest.raises(BadListing) as refused:
        await publish_product(conn, both, NEW, now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["producer_id"]
    assert await count_rows(conn) == (0, 0, 0)


async def test_processed_food_needs_a_verified_certificate_that_has_not_expired(conn: Connection) -> None:
    seller = await a_seller(conn)
    jam = msgspec.structs.replace(NEW, title="山楂酱", category="processed", unit="250g瓶")
    today = NOW.date()
    await make_certificate(conn, seller.producers[0], "food_licence", expires_on=today - timedelta(days=1))
    await make_certificate(conn, seller.producers[0], "origin")
    needed = "卖加工要先有食品生产许可证（SC）或小作坊登记证（食品安全法 35, 36）。把证拍照交上来，县里核对好了就能卖。"
    with pytest.raises(CertificateNeeded) as refused:
        await publish_product(conn, seller, jam, now=NOW)
    assert refused.value.text() == needed

    async def find_refusal() -> Refusal | None:
        return await find_publish_refusal(
            conn, seller, seller.producers[0], category="processed", kind=ListingKind.PRODUCT, now=NOW
        )

    refusal = await find_refusal()
    assert refusal is not None
    assert refusal.text() == needed
    await make_certificate(conn, seller.producers[0], "food_licence", verified=False)
    unverified = "食品生产许可证（SC）已经交了，等县里核对。核对好了，就能卖加工。"
    with pytest.raises(CertificateUnverified) as refused:
        await publish_product(conn, seller, jam, now=NOW)
    assert (refused.value.text(), refused.value.code) == (unverified, "certificate_needed")
    assert await count_rows(conn) == (0, 0, 0)
    await make_certificate(conn, seller.producers[0], "small_workshop", expires_on=today)
    assert await find_refusal() is None
    await publish_product(conn, seller, jam, now=NOW)
    assert await count_rows(conn) == (1, 1, 1)


async def test_a_certificate_is_shown_only_on_the_categories_that_require_it(conn: Connection) -> None:
    host = await a_seller(conn, kind="homestay")
    for kind in ("homestay_permit", "licence", "food_licence"):
        await make_certificate(conn, host.producers[0], kind)
    millet = await publish_product(conn, host, NEW, now=NOW)
    stay = await publish_stay(conn, host, NewStay(title="骆驼湾农家院", rooms=1, price_fen=280_00), now=NOW)
    jam = msgspec.structs.replace(NEW, title="山楂酱", category="processed", unit="250g瓶")
    jarred = await publish_product(conn, host, jam, now=NOW)
    assert (await get_product(conn, millet.listing_id, now=NOW)).listing.certificates == ["licence"]
    assert (await get_product(conn, jarred.listing_id, now=NOW)).listing.certificates == ["food_licence", "licence"]
    assert (await get_stay(conn, stay.listing_id, now=NOW)).listing.certificates == ["homestay_permit", "licence"]


async def test_a_photo_of_another_account_is_refused(conn: Connection) -> None:
    seller, other = await a_seller(conn), await a_seller(conn)

    async def photo(owner_id: UUID, purpose: str) -> UUID:
        return await conn.fetchval(
            "INSERT INTO photos (owner_id, purpose, sha256, width, height, kind, created_at)"
            " VALUES ($1, $2, sha256('x'), 1, 1, 'webp', $3) RETURNING id",
            owner_id,
            purpose,
            NOW,
        )

    for photo_id in (
        await photo(other.account_id, "listing"),
        await photo(seller.account_id, "certificate"),
        uuid4(),
    ):
        with pytest.raises(BadListing) as refused:
            await publish_product(conn, seller, msgspec.structs.replace(NEW, photo_id=photo_id), now=NOW)
        assert [fault.field for fault in refused.value.errors] == ["photo_id"]
    mine = await photo(seller.account_id, "listing")
    published = await publish_product(conn, seller, msgspec.structs.replace(NEW, photo_id=mine), now=NOW)
    assert (await get_product(conn, published.listing_id, now=NOW)).listing.photo == (
        "2d711642b726b04401627ca9fbac32f5c8530fb1"
    )


async def test_a_producer_has_at_most_500_live_listings(conn: Connection) -> None:
    seller = await a_seller(conn)
    product = await make_product(conn, seller.producers[0])
    await conn.execute(
        "INSERT INTO listings (producer_id, kind, category_code, title, origin_code, commission_bp, search_text,"
        " search_words, published_at)"
        " SELECT producer_id, kind, category_code, title, origin_code, commission_bp, search_text, search_words,"
        " published_at FROM listings, generate_series(1, 499) WHERE id = $1",
        product.listing_id,
    )
    with pytest.raises(TooManyListings):
        await publish_product(conn, seller, NEW, now=NOW)


async def test_a_stay_needs_a_permit_and_is_published_with_rooms_and_tiers(conn: Connection) -> None:
    host = await a_seller(conn, kind="homestay")
    new = NewStay(title="骆驼湾农家院", rooms=3, price_fen=280_00)
    with pytest.raises(CertificateNeeded):
        await publish_stay(conn, host, new, now=NOW)
    await make_certificate(conn, host.producers[0], "homestay_permit")
    published = await publish_stay(conn, host, new, now=NOW)
    assert published.lot_id is None
    stay = await get_stay(conn, published.listing_id, now=NOW)
    assert (stay.price_fen, stay.unit) == (280_00, "间/晚")
    assert [(room.position, room.name, room.open) for room in stay.rooms] == [
        (1, "1 号", True),
        (2, "2 号", True),
        (3, "3 号", True),
    ]
    assert [(tier.holiday, tier.days_before, tier.refund_bp) for tier in stay.tiers] == [
        (False, 7, 10_000),
        (False, 3, 5_000),
        (False, 0, 0),
        (True, 15, 10_000),
        (True, 7, 5_000),
        (True, 0, 0),
    ]
    assert await conn.fetchval("SELECT commission_bp FROM listings") == 300
    with pytest.raises(NotFound):
        await get_product(conn, published.listing_id, now=NOW)


@pytest.mark.parametrize(
    "tiers",
    [
        (CancelTier(7, 5_000), CancelTier(7, 4_000)),
        (CancelTier(7, 5_000), CancelTier(3, 10_000)),
    ],
)
async def test_tiers_that_refund_less_for_cancelling_earlier_are_refused(
    conn: Connection, tiers: tuple[CancelTier, ...]
) -> None:
    host = await a_seller(conn, kind="homestay")
    await make_certificate(conn, host.producers[0], "homestay_permit")
    with pytest.raises(BadListing) as refused:
        await publish_stay(conn, host, NewStay(title="农家院", rooms=0, price_fen=1_00, tiers=tiers), now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["rooms", "tiers"]


async def test_an_activity_is_priced_by_person_and_has_no_stock(conn: Connection) -> None:
    host = await a_seller(conn)
    new = NewActivity(title="革新庄采摘 上午场", category="picking", price_fen=30_00, tiers=(CancelTier(3, 5_000),))
    published = await publish_activity(conn, host, new, now=NOW)
    activity = await get_product(conn, published.listing_id, now=NOW)
    assert activity.listing.kind is ListingKind.ACTIVITY
    assert [(variant.unit, variant.left, variant.per_kg_fen) for variant in activity.variants] == [("人", None, None)]
    assert [tuple(row) for row in await conn.fetch("SELECT holiday, days_before, refund_bp FROM cancel_tiers")] == [
        (False, 3, 5_000)
    ]
