"""Checks of certificates: rejected with a reason, never by the submitter, valid in an area; told before they end."""

from datetime import date, datetime, timedelta
from uuid import UUID

import msgspec
import pytest

from market.catalogue.listings.detail import get_product
from market.catalogue.listings.publish import NewProduct, publish_product
from market.catalogue.listings.search.listings import SearchFilters, search_listings
from market.catalogue.producers.apply import add_certificate
from market.catalogue.producers.certificate_ends import list_ending_certificates, notify_ending_certificates
from market.catalogue.producers.check_certificates import reject_certificate, set_certificate_area, verify_certificate
from market.catalogue.producers.models import (
    AreaNeeded,
    CertificateClaim,
    CertificateKind,
    ProducerId,
    ReasonNeeded,
    ReviewerNotIndependent,
)
from market.catalogue.producers.queries import find_public_producer, get_producer
from market.kernel import Connection, Database
from market.kernel.clock import get_business_day
from market.people.identity.models import Actor, NotFound, Role
from market.people.notify.queue import FACTS_CONTEXT
from market.sales.orders.checkout.offers import load_goods_offers
from tests.conftest import NOW
from tests.support.make import (
    OTHER_VILLAGE,
    SEAL,
    VILLAGE,
    load_actor,
    load_owner,
    make_account,
    make_certificate,
    make_official,
    make_producer,
    make_product,
)

TODAY = get_business_day(NOW)
DAY = timedelta(days=1)
JAM = NewProduct(title="山楂酱", category="processed", unit="500g罐", price_fen=20_00, quantity=5)


async def make_county(conn: Connection) -> Actor:
    return await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))


async def read_messages(conn: Connection, template: str) -> list[dict[str, str]]:
    rows = await conn.fetch("SELECT facts_sealed FROM messages WHERE template = $1 ORDER BY id", template)
    return [msgspec.json.decode(SEAL.open(row["facts_sealed"], FACTS_CONTEXT)) for row in rows]


async def is_sold(conn: Connection, listing_id: UUID, variant_id: UUID, now: datetime) -> list[bool]:
    """Return whether the list, the page and the checkout have the listing."""
    today = get_business_day(now)
    listed = await search_listings(conn, SearchFilters(text="山楂酱"), today=today)
    try:
        await get_product(conn, listing_id, now=now)
        shown = True
    except NotFound:
        shown = False
    offers = await load_goods_offers(conn, [variant_id], day=today)
    return [bool(listed.items), shown, offers[variant_id].on_sale]


async def test_a_listing_is_sold_on_the_last_day_of_its_certificate_and_no_later(conn: Connection) -> None:
    producer = await make_producer(conn)
    owner = await load_owner(conn, producer)
    await make_certificate(conn, producer, "small_workshop", expires_on=TODAY + DAY)
    jam = await publish_product(conn, owner, JAM, now=NOW)
    box = await make_product(conn, producer)
    assert await is_sold(conn, jam.listing_id, jam.variant_id, NOW + DAY) == [True, True, True]
    assert await is_sold(conn, jam.listing_id, jam.variant_id, NOW + 2 * DAY) == [False, False, False]
    other = await search_listings(conn, SearchFilters(), today=TODAY + 2 * DAY)
    assert [card.id for card in other.items] == [box.listing_id]
    own = await get_product(conn, jam.listing_id, producer_ids=owner.producers, now=NOW + 2 * DAY)
    assert (own.listing.state, own.listing.certified) == ("live", False)


async def test_a_renewed_certificate_brings_the_listing_back_but_not_a_withdrawn_one(conn: Connection) -> None:
    producer = await make_producer(conn)
    owner, county = await load_owner(conn, producer), await make_county(conn)
    await make_certificate(conn, producer, "small_workshop", expires_on=TODAY)
    jam = await publish_product(conn, owner, JAM, now=NOW)
    withdrawn = await publish_product(conn, owner, msgspec.structs.replace(JAM, title="山楂酱 礼盒"), now=NOW)
    await conn.execute("UPDATE listings SET state = 'withdrawn' WHERE id = $1", withdrawn.listing_id)
    later = NOW + 2 * DAY
    assert await is_sold(conn, jam.listing_id, jam.variant_id, later) == [False, False, False]
    claim = CertificateClaim(CertificateKind.FOOD_LICENCE, number="样例-9", expires_on=TODAY + 400 * DAY)
    await add_certificate(conn, SEAL, owner, ProducerId(producer), claim, now=later)
    assert await is_sold(conn, jam.listing_id, jam.variant_id, later) == [False, False, False]
    new = (await get_producer(conn, SEAL, owner, producer)).certificates[-1]
    await verify_certificate(conn, county, producer, new.id, now=later)
    assert await is_sold(conn, jam.listing_id, jam.variant_id, later) == [True, True, True]
    offers = await load_goods_offers(conn, [withdrawn.variant_id], day=get_business_day(later))
    assert offers[withdrawn.variant_id].on_sale is False
    await reject_certificate(conn, SEAL, county, producer, new.id, reason="号码查不到", now=later)
    assert await is_sold(conn, jam.listing_id, jam.variant_id, later) == [False, False, False]


async def test_a_rejected_certificate_tells_the_seller_why_and_another_one_may_follow(conn: Connection) -> None:
    producer = await make_producer(conn, name="样例枣园")
    owner, county = await load_owner(conn, producer), await make_county(conn)
    claim = CertificateClaim(CertificateKind.LICENCE, number="样例-9")
    await add_certificate(conn, SEAL, owner, ProducerId(producer), claim, now=NOW)
    [old] = (await get_producer(conn, SEAL, owner, producer)).certificates
    for reason in ("", " ", "长" * 301):
        with pytest.raises(ReasonNeeded):
            await reject_certificate(conn, SEAL, county, producer, old.id, reason=reason, now=NOW)
    await reject_certificate(conn, SEAL, county, producer, old.id, reason="照片看不清。", now=NOW)
    for again in (
        verify_certificate(conn, county, producer, old.id, now=NOW),
        reject_certificate(conn, SEAL, county, producer, old.id, reason="再来", now=NOW),
    ):
        with pytest.raises(NotFound):
            await again
    [rejected] = (await get_producer(conn, SEAL, owner, producer)).certificates
    assert (rejected.rejected_at, rejected.verified_at, rejected.reject_reason) == (NOW, None, "照片看不清。")
    assert await read_messages(conn, "certificate_rejected") == [
        {"name": "样例枣园", "certificate": "营业执照", "reason": "照片看不清"}
    ]
    audited = "SELECT detail ->> 'reason' FROM audit_entries WHERE action = 'producer.reject_certificate'"
    assert await conn.fetchval(audited) == "照片看不清。"
    await add_certificate(conn, SEAL, owner, ProducerId(producer), claim, now=NOW)
    new = (await get_producer(conn, SEAL, owner, producer)).certificates[-1]
    await verify_certificate(conn, county, producer, new.id, now=NOW)
    assert "licence" in (await find_public_producer(conn, producer, now=NOW)).certificates  # type: ignore[union-attr]


async def test_the_person_who_submitted_a_certificate_does_not_check_it(conn: Connection) -> None:
    producer = await make_producer(conn)
    helper = await load_actor(conn, await make_account(conn, name="样例甘某"), second_factor=False)
    helper = msgspec.structs.replace(helper, producers=(producer,))
    claim = CertificateClaim(CertificateKind.LICENCE, number="样例-9")
    await add_certificate(conn, SEAL, helper, ProducerId(producer), claim, now=NOW)
    [certificate] = (await get_producer(conn, SEAL, helper, producer)).certificates
    same = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624", name="样例 甘某"))
    with pytest.raises(ReviewerNotIndependent):
        await verify_certificate(conn, same, producer, certificate.id, now=NOW)
    with pytest.raises(ReviewerNotIndependent):
        await reject_certificate(conn, SEAL, same, producer, certificate.id, reason="不对", now=NOW)


async def test_a_geographical_indication_is_shown_only_inside_its_area(conn: Connection) -> None:
    county = await make_county(conn)
    township = f"{VILLAGE[:9]}000"
    assert not OTHER_VILLAGE.startswith(VILLAGE[:9])
    for village, shown in ((VILLAGE, True), (OTHER_VILLAGE, False)):
        producer = await make_producer(conn, village=village)
        product = await make_product(conn, producer)
        mark = await make_certificate(conn, producer, "geographical_indication", verified=False)
        with pytest.raises(AreaNeeded):
            await verify_certificate(conn, county, producer, mark, now=NOW)
        for wrong in ([], ["130000000000"], ["999999999999"]):
            with pytest.raises(AreaNeeded):
                await set_certificate_area(conn, county, producer, mark, wrong, now=NOW)
        await set_certificate_area(conn, county, producer, mark, [township], now=NOW)
        await verify_certificate(conn, county, producer, mark, now=NOW)
        detail = await get_product(conn, product.listing_id, now=NOW)
        assert ("geographical_indication" in detail.listing.certificates) is shown
        public = await find_public_producer(conn, producer, now=NOW)
        assert public is not None
        assert ("geographical_indication" in public.certificates) is shown


async def test_a_seller_is_told_90_30_and_7_days_before_once_each(database: Database) -> None:
    async with database.transaction() as conn:
        producer = await make_producer(conn, name="样例枣园")
        await make_certificate(conn, producer, "small_workshop", expires_on=date(2019, 12, 31))
        await make_certificate(conn, producer, "licence", expires_on=date(2019, 12, 31), verified=False)
        renewed = await make_producer(conn, name="样例换过证的家")
        await make_certificate(conn, renewed, "small_workshop", expires_on=date(2019, 12, 31))
        await make_certificate(conn, renewed, "small_workshop", expires_on=date(2022, 12, 31))
        late = await make_producer(conn, name="样例晚交的家")
        await make_certificate(conn, late, "origin", expires_on=date(2019, 10, 20))
        owner = await load_owner(conn, producer)
    told: list[tuple[str, int]] = []
    start = datetime.fromisoformat("2019-09-25T09:00:00+08:00")
    for now in [start + offset * DAY for offset in (0, 6, 7, 17, 18, 66, 67, 89, 90, 97, 98, 99)]:
        counts = [await notify_ending_certificates(database, SEAL, now=now) for _ in range(2)]
        told += [(f"{now:%m-%d}", count) for count in counts if count]
    assert told == [("09-25", 1), ("10-02", 1), ("10-13", 1), ("12-01", 1), ("12-24", 1)]
    async with database.connection() as conn:
        facts = await read_messages(conn, "certificate_ending")
        assert facts[1] == {"name": "样例枣园", "certificate": "小作坊登记证", "day": "2019-12-31", "days": "90"}
        assert [each["days"] for each in facts if each["name"] == "样例晚交的家"] == ["25", "7"]
        assert not any(each["name"] == "样例换过证的家" for each in facts)
        ending = await list_ending_certificates(conn, owner, today=date(2020, 1, 2))
        assert [(each.kind, each.expires_on) for each in ending] == [("small_workshop", date(2019, 12, 31))]
        assert await list_ending_certificates(conn, owner, today=date(2019, 9, 1)) == []


async def test_a_notice_that_fails_delays_no_other(database: Database, owner: Connection) -> None:
    async with database.transaction() as conn:
        for _ in range(3):
            await make_certificate(conn, await make_producer(conn), "origin", expires_on=date(2019, 10, 20))
    await owner.execute(
        "UPDATE accounts SET phone_sealed = 'x' WHERE id = (SELECT applied_by FROM producers ORDER BY id LIMIT 1)"
    )
    assert await notify_ending_certificates(database, SEAL, now=NOW) == 2
    await owner.execute("UPDATE accounts SET phone_sealed = NULL, phone_index = NULL WHERE phone_sealed = 'x'")
    assert await notify_ending_certificates(database, SEAL, now=NOW) == 0
