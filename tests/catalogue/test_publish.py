"""Publishing: five fields make a live offer; what is missing, forbidden or another's makes none."""

from collections.abc import Callable, Coroutine
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest

from market.catalogue import (
    BadListing,
    CancelTier,
    CertificateNeeded,
    CertificateWaiting,
    Kind,
    Move,
    NewActivity,
    NewProduct,
    NewStay,
    NotNow,
    ProducerNotOpen,
    State,
    TooManyListings,
    Wanted,
    change_price,
    change_text,
    get_product,
    get_stay,
    in_season,
    list_categories,
    list_counties,
    list_templates,
    listing_id_of,
    listings_of,
    move_listing,
    publish_activity,
    publish_product,
    publish_stay,
    qr_svg,
    refresh_scores,
    schema_facts,
    search_listings,
    why_not,
)
from market.catalogue.templates import plain_name
from market.identity import Actor, NotAllowed, NotFound, Role, SecondFactorNeeded
from market.kernel import Connection, Fen, Refusal
from market.producers import ForbiddenWord
from tests.conftest import NOW
from tests.factories import (
    VILLAGE_ELSEWHERE,
    a_certificate,
    a_freight_template,
    a_producer,
    a_product,
    a_stay,
    an_official,
    owner_of,
    the_actor,
)

NEW = NewProduct(title="阜平大枣 礼箱", category="fruit", unit="5斤箱", price_fen=45_00, quantity=52)


async def a_seller(conn: Connection, **more: Any) -> Actor:  # noqa: ANN401 - what a_producer takes
    return await owner_of(conn, await a_producer(conn, **more))


async def count(conn: Connection) -> tuple[int, int, int]:
    row = await conn.fetchrow(
        "SELECT (SELECT count(*) FROM listings), (SELECT count(*) FROM variants), (SELECT count(*) FROM lots)"
    )
    assert row is not None
    return tuple(row)


async def test_five_fields_make_a_product_that_is_live_found_and_in_stock(conn: Connection) -> None:
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
    assert (variant.gross_g, variant.left, variant.waiting) == (2800, 52, 0)
    assert product.freight is None
    assert [card.id for card in (await search_listings(conn, Wanted(text="大枣"), this_month=9)).items] == [
        published.listing_id
    ]
    assert await listing_id_of(conn, published.number) == published.listing_id
    assert await conn.fetchval("SELECT commission_bp FROM listings") == 200
    moves = await conn.fetch("SELECT reason, units FROM stock_moves")
    assert [tuple(move) for move in moves] == [("count", 52)]


async def test_every_fault_is_named_at_once_and_nothing_is_kept(conn: Connection) -> None:
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
    assert await count(conn) == (0, 0, 0)


@pytest.mark.parametrize("category", ["stay", "picking", "nothing", ""])
async def test_a_product_goes_into_a_category_of_products(conn: Connection, category: str) -> None:
    seller = await a_seller(conn)
    with pytest.raises(BadListing) as refused:
        await publish_product(conn, seller, msgspec.structs.replace(NEW, category=category), now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["category"]
    assert await count(conn) == (0, 0, 0)


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
async def test_forbidden_words_are_named_even_when_pulled_apart(conn: Connection, title: str, word: str) -> None:
    seller = await a_seller(conn)
    with pytest.raises(ForbiddenWord) as refused:
        await publish_product(conn, seller, msgspec.structs.replace(NEW, title=title), now=NOW)
    assert refused.value.facts["word"] == word
    assert [fault.field for fault in refused.value.errors] == ["title"]
    assert await count(conn) == (0, 0, 0)


@pytest.mark.parametrize("state", ["applied", "confirmed", "recommended", "refused", "suspended"])
async def test_a_producer_that_is_not_open_publishes_nothing(conn: Connection, state: str) -> None:
    seller = await a_seller(conn, state=state)
    with pytest.raises(ProducerNotOpen):
        await publish_product(conn, seller, NEW, now=NOW)
    assert await count(conn) == (0, 0, 0)


async def test_nobody_publishes_for_another(conn: Connection) -> None:
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
    assert await count(conn) == (0, 0, 0)


async def test_processed_food_needs_one_of_two_certificates_verified_and_not_expired(conn: Connection) -> None:
    seller = await a_seller(conn)
    jam = msgspec.structs.replace(NEW, title="山楂酱", category="processed", unit="250g瓶")
    today = NOW.date()
    await a_certificate(conn, seller.producers[0], "food_licence", expires_on=today - timedelta(days=1))
    await a_certificate(conn, seller.producers[0], "origin")
    needed = "卖加工要先有食品生产许可证（SC）或小作坊登记证（食品安全法 35, 36）。把证拍照交上来，县里核对好了就能卖。"
    with pytest.raises(CertificateNeeded) as refused:
        await publish_product(conn, seller, jam, now=NOW)
    assert refused.value.text() == needed

    async def told_before() -> Refusal | None:
        return await why_not(conn, seller, seller.producers[0], category="processed", kind=Kind.PRODUCT, now=NOW)

    told = await told_before()
    assert told is not None
    assert told.text() == needed
    await a_certificate(conn, seller.producers[0], "food_licence", verified=False)
    waiting = "食品生产许可证（SC）已经交了，等县里核对。核对好了，就能卖加工。"
    with pytest.raises(CertificateWaiting) as refused:
        await publish_product(conn, seller, jam, now=NOW)
    assert (refused.value.text(), refused.value.code) == (waiting, "certificate_needed")
    assert await count(conn) == (0, 0, 0)
    await a_certificate(conn, seller.producers[0], "small_workshop", expires_on=today)
    assert await told_before() is None
    await publish_product(conn, seller, jam, now=NOW)
    assert await count(conn) == (1, 1, 1)


async def test_a_permit_is_shown_on_what_it_is_about_alone(conn: Connection) -> None:
    host = await a_seller(conn, kind="homestay")
    for kind in ("homestay_permit", "licence", "food_licence"):
        await a_certificate(conn, host.producers[0], kind)
    millet = await publish_product(conn, host, NEW, now=NOW)
    stay = await publish_stay(conn, host, NewStay(title="骆驼湾农家院", rooms=1, price_fen=280_00), now=NOW)
    jam = msgspec.structs.replace(NEW, title="山楂酱", category="processed", unit="250g瓶")
    jarred = await publish_product(conn, host, jam, now=NOW)
    assert (await get_product(conn, millet.listing_id, now=NOW)).listing.certificates == ["licence"]
    assert (await get_product(conn, jarred.listing_id, now=NOW)).listing.certificates == ["food_licence", "licence"]
    assert (await get_stay(conn, stay.listing_id, now=NOW)).listing.certificates == ["homestay_permit", "licence"]


async def test_a_photo_of_anothers_is_refused(conn: Connection) -> None:
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


async def test_a_producer_has_five_hundred_live_listings_at_most(conn: Connection) -> None:
    seller = await a_seller(conn)
    product = await a_product(conn, seller.producers[0])
    await conn.execute(
        "INSERT INTO listings (producer_id, kind, category_code, title, origin_code, commission_bp, searched, words,"
        " published_at) SELECT producer_id, kind, category_code, title, origin_code, commission_bp, searched, words,"
        " published_at FROM listings, generate_series(1, 499) WHERE id = $1",
        product.listing_id,
    )
    with pytest.raises(TooManyListings):
        await publish_product(conn, seller, NEW, now=NOW)


async def test_a_stay_needs_a_permit_and_opens_with_rooms_and_tiers(conn: Connection) -> None:
    host = await a_seller(conn, kind="homestay")
    new = NewStay(title="骆驼湾农家院", rooms=3, price_fen=280_00)
    with pytest.raises(CertificateNeeded):
        await publish_stay(conn, host, new, now=NOW)
    await a_certificate(conn, host.producers[0], "homestay_permit")
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
async def test_tiers_that_punish_who_cancels_early_are_refused(conn: Connection, tiers: tuple[CancelTier, ...]) -> None:
    host = await a_seller(conn, kind="homestay")
    await a_certificate(conn, host.producers[0], "homestay_permit")
    with pytest.raises(BadListing) as refused:
        await publish_stay(conn, host, NewStay(title="农家院", rooms=0, price_fen=1_00, tiers=tiers), now=NOW)
    assert [fault.field for fault in refused.value.errors] == ["rooms", "tiers"]


async def test_an_activity_has_places(conn: Connection) -> None:
    host = await a_seller(conn)
    new = NewActivity(title="革新庄采摘 上午场", category="picking", price_fen=30_00, places=20)
    published = await publish_activity(conn, host, new, now=NOW)
    activity = await get_product(conn, published.listing_id, now=NOW)
    assert activity.listing.kind is Kind.ACTIVITY
    assert [(variant.unit, variant.left, variant.per_kg_fen) for variant in activity.variants] == [("人", 20, None)]


async def test_a_withdrawn_listing_is_seen_by_its_people_alone_and_comes_back(conn: Connection) -> None:
    product = await a_product(conn)
    seller = await owner_of(conn, product.producer_id)
    assert (await move_listing(conn, seller, product.listing_id, Move.WITHDRAW, now=NOW)).state is State.WITHDRAWN
    with pytest.raises(NotFound):
        await get_product(conn, product.listing_id, now=NOW)
    own = await get_product(conn, product.listing_id, own=seller.producers, now=NOW)
    assert own.listing.state == "withdrawn"
    assert await listings_of(conn, product.producer_id, month=9) == []
    with pytest.raises(NotNow):
        await move_listing(conn, seller, product.listing_id, Move.WITHDRAW, now=NOW)
    assert (await move_listing(conn, seller, product.listing_id, Move.RELIST, now=NOW)).state is State.LIVE


async def test_the_county_suspends_with_a_reason_and_the_seller_cannot_undo_it(conn: Connection) -> None:
    product = await a_product(conn)
    seller = await owner_of(conn, product.producer_id)
    county = await the_actor(conn, await an_official(conn, Role.COUNTY, "130624"))
    with pytest.raises(BadListing):
        await move_listing(conn, county, product.listing_id, Move.SUSPEND, now=NOW)
    with pytest.raises(NotAllowed):
        await move_listing(conn, seller, product.listing_id, Move.SUSPEND, reason="x", now=NOW)
    await move_listing(conn, county, product.listing_id, Move.SUSPEND, reason="照片不符", now=NOW)
    for move, refusal in ((Move.RELIST, NotNow), (Move.REOPEN, NotAllowed)):
        with pytest.raises(refusal):
            await move_listing(conn, seller, product.listing_id, move, now=NOW)
    with pytest.raises(NotFound):
        await change_price(conn, seller, product.variant_id, Fen(1_00), now=NOW)
    assert (await move_listing(conn, county, product.listing_id, Move.REOPEN, now=NOW)).state is State.LIVE


type Attempt = Callable[[Connection, Actor, Any], Coroutine[Any, Any, object]]

ATTEMPTS: list[Attempt] = [
    lambda conn, actor, it: move_listing(conn, actor, it.listing_id, Move.WITHDRAW, now=NOW),
    lambda conn, actor, it: change_price(conn, actor, it.variant_id, Fen(1_00), now=NOW),
    lambda conn, actor, it: change_text(conn, actor, it.listing_id, title="别的", story="", now=NOW),
    lambda conn, actor, it: list_templates(conn, actor, it.producer_id),
]


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=["move", "price", "text", "templates"])
async def test_another_producer_and_another_county_find_nothing_and_change_nothing(
    conn: Connection, attempt: Attempt
) -> None:
    product = await a_product(conn)
    other = await a_seller(conn)
    elsewhere = await the_actor(conn, await an_official(conn, Role.COUNTY, "130725"))
    before = await conn.fetch("SELECT l.*, v.* FROM listings l JOIN variants v ON v.listing_id = l.id")
    for actor in (other, elsewhere):
        with pytest.raises(NotFound):
            await attempt(conn, actor, product)
    assert await conn.fetch("SELECT l.*, v.* FROM listings l JOIN variants v ON v.listing_id = l.id") == before
    assert await conn.fetchval("SELECT count(*) FROM audit_entries") == 0


async def test_an_official_without_the_second_factor_suspends_nothing(conn: Connection) -> None:
    product = await a_product(conn)
    county = await the_actor(conn, await an_official(conn, Role.COUNTY, "130624"), second_factor=False)
    with pytest.raises(SecondFactorNeeded):
        await move_listing(conn, county, product.listing_id, Move.SUSPEND, reason="样例", now=NOW)
    assert await conn.fetchval("SELECT state FROM listings") == "live"


async def test_a_new_price_is_shown_at_once(conn: Connection) -> None:
    product = await a_product(conn)
    seller = await owner_of(conn, product.producer_id)
    assert (await change_price(conn, seller, product.variant_id, Fen(39_90), now=NOW)).price_fen == 39_90
    for price in (0, 1_000_000_01):
        with pytest.raises(BadListing):
            await change_price(conn, seller, product.variant_id, Fen(price), now=NOW)
    [card] = (await search_listings(conn, Wanted(text="大枣"), this_month=9)).items
    assert card.price_fen == 39_90


async def test_a_new_title_is_found_and_the_old_one_is_not(conn: Connection) -> None:
    product = await a_product(conn, title="阜平大枣 礼箱")
    seller = await owner_of(conn, product.producer_id)
    await change_text(conn, seller, product.listing_id, title="新核桃", story="今年的", now=NOW)
    assert [card.title for card in (await search_listings(conn, Wanted(text="新核桃"), this_month=9)).items] == [
        "新核桃"
    ]
    assert (await search_listings(conn, Wanted(text="礼箱"), this_month=9)).items == []
    with pytest.raises(ForbiddenWord):
        await change_text(conn, seller, product.listing_id, title="滞销核桃", story="", now=NOW)
    with pytest.raises(BadListing):
        await change_text(conn, seller, product.listing_id, title="核", story="", now=NOW)


async def test_templates_are_the_countys_own_products_with_what_others_ask(conn: Connection) -> None:
    seller = await a_seller(conn)
    others = [await a_producer(conn), await a_producer(conn, village=VILLAGE_ELSEWHERE)]
    for producer_id, price in ((others[0], 30_00), (others[1], 50_00), (others[1], 90_00)):
        await a_product(conn, producer_id, title="大枣一箱", category="nut", price_fen=price, net_g=2500)
    await a_product(conn, seller.producers[0], title="自家大枣", category="nut", price_fen=1_00, net_g=2500)
    await a_product(conn, others[0], title="大枣酱", category="processed", price_fen=1_00, net_g=100)
    templates = {template.name: template for template in await list_templates(conn, seller, seller.producers[0])}
    dates = templates["阜平大枣"]
    assert (dates.category, dates.unit) == ("nut", "1kg袋")
    assert dates.asked is not None
    assert (dates.asked.count, dates.asked.per_kg) == (3, True)
    assert (dates.asked.least_fen, dates.asked.median_fen, dates.asked.most_fen) == (12_00, 20_00, 36_00)
    assert dates.asked_unit_fen == 20_00
    assert {template.asked for name, template in templates.items() if name != "阜平大枣"} == {None}


@pytest.mark.parametrize(
    ("name", "county", "plain"),
    [
        ("阜平大枣", "阜平县", "大枣"),
        ("丰宁黄旗小米", "丰宁满族自治县", "黄旗小米"),
        ("小米", "蔚县", "小米"),
        ("万全糯玉米", "万全区", "糯玉米"),
    ],
)
def test_a_plain_name_is_without_its_county(name: str, county: str, plain: str) -> None:
    assert plain_name(name, county) == plain


async def test_categories_and_counties_count_what_is_live(conn: Connection) -> None:
    producer_id = await a_producer(conn)
    await a_product(conn, producer_id)
    await a_product(conn, producer_id, category="nut")
    await a_product(conn, producer_id, state="withdrawn")
    await a_product(conn, await a_producer(conn, village=VILLAGE_ELSEWHERE))
    categories = {category.code: category.count for category in await list_categories(conn)}
    assert (categories["fruit"], categories["nut"], categories["stay"]) == (2, 1, 0)
    assert [(county.code, county.count) for county in await list_counties(conn)] == [("130624", 2), ("130725", 1)]


async def test_what_is_in_season_is_harvested_this_month(conn: Connection) -> None:
    now = await a_product(conn, title="秋枣", months=[9, 10])
    await a_product(conn, title="夏桃", months=[7])
    await a_stay(conn)
    assert [card.id for card in await in_season(conn, month=9)] == [now.listing_id]


async def test_the_score_counts_sales_ratings_and_news(conn: Connection) -> None:
    old = NOW - timedelta(days=60)
    product = await a_product(conn, now=old)
    await conn.execute("UPDATE listings SET sold_count = 600, rating_sum = 25, rating_count = 5")
    await a_product(conn, now=NOW)
    assert await refresh_scores(conn, new_since=NOW - timedelta(days=30)) == 2
    scores = await conn.fetch("SELECT id = $1 AS old, score FROM listings ORDER BY score DESC", product.listing_id)
    assert [tuple(row) for row in scores] == [(True, 1100), (False, 50)]
    assert await refresh_scores(conn, new_since=NOW - timedelta(days=30)) == 0


async def test_search_engines_read_price_stock_and_rating(conn: Connection) -> None:
    made = await a_product(conn, price_fen=45_05, left=0)
    await a_freight_template(conn, made.producer_id)
    await conn.execute("UPDATE listings SET rating_sum = 14, rating_count = 3")
    product = await get_product(conn, made.listing_id, now=NOW)
    facts = schema_facts(product, address="https://shop.test/p/1", photo=None)
    offer = facts["offers"]
    assert isinstance(offer, dict)
    assert (offer["price"], offer["availability"]) == ("45.05", "https://schema.org/OutOfStock")
    assert facts["aggregateRating"] == {"@type": "AggregateRating", "ratingValue": "4.7", "reviewCount": 3}
    assert product.freight is not None
    assert (product.freight.first_g, product.freight.first_fen) == (1000, 8_00)


def test_a_poster_holds_a_qr_code_as_a_drawing() -> None:
    svg = qr_svg("https://shop.test/p/1")
    assert svg.startswith("<svg")
    assert "script" not in svg
