"""Who makes and closes coupons, with which terms; and claims of them."""

import time
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest

from market.kernel import Connection, Database
from market.people.identity.models import NotAllowed, NotFound, SecondFactorRequired
from market.people.moderation.forbidden_words import ForbiddenWord
from market.sales.coupons.claim import claim_voucher
from market.sales.coupons.manage import (
    close_coupon,
    create_coupon,
    create_producer_coupon,
    list_platform_coupons,
    list_producer_coupons,
)
from market.sales.coupons.models import (
    MAX_OPEN_COUPONS,
    Bearer,
    CouponClosed,
    CouponCodeTaken,
    CouponCodeUnknown,
    CouponExpired,
    CouponInvalid,
    CouponLimitReached,
    CouponUsedUp,
    TooManyCoupons,
)
from market.sales.coupons.offers import list_offers
from market.sales.coupons.vouchers import list_vouchers, load_vouchers
from tests.conftest import NOW
from tests.support.coupons import make_coupon, make_platform_staff, new_coupon
from tests.support.make import add_member, load_actor, load_owner, make_producer
from tests.support.shop import make_buyer

TODAY = date(2019, 9, 20)


async def test_the_platforms_staff_makes_and_closes_its_coupons(conn: Connection) -> None:
    staff, buyer = await make_platform_staff(conn), await make_buyer(conn)
    new = new_coupon(name=" 满100减10 ", county_code="130624", category_code="fruit")
    with pytest.raises(NotAllowed):
        await create_coupon(conn, buyer, new, now=NOW)
    unverified = await load_actor(conn, staff.account_id, second_factor=False)
    with pytest.raises(SecondFactorRequired):
        await create_coupon(conn, unverified, new, now=NOW)
    coupon = await create_coupon(conn, staff, new, now=NOW)
    assert (coupon.name, coupon.bearer, coupon.state, coupon.claimed, coupon.used) == (
        "满100减10", Bearer.PLATFORM, "open", 0, 0,
    )  # fmt: skip
    assert (coupon.category, coupon.county, coupon.budget_fen, coupon.used_fen) == ("水果", "阜平县", 1_000_00, 0)
    assert (coupon.starts_on, coupon.ends_on) == (new.starts_on, new.ends_on)
    for actor, refusal in ((buyer, NotAllowed), (unverified, SecondFactorRequired)):
        with pytest.raises(refusal):
            await close_coupon(conn, actor, coupon.id, now=NOW)
        with pytest.raises(refusal):
            await list_platform_coupons(conn, actor)
    closed = await close_coupon(conn, staff, coupon.id, now=NOW)
    assert await close_coupon(conn, staff, coupon.id, now=NOW + timedelta(days=1)) == closed
    assert await list_platform_coupons(conn, staff) == [closed]
    rows = await conn.fetch("SELECT action FROM audit_entries WHERE object = $1 ORDER BY at", f"coupon:{coupon.id}")
    assert sorted(row["action"] for row in rows) == ["coupon.close", "coupon.create"]


async def test_only_the_owner_makes_a_producers_coupon_and_it_covers_its_goods(conn: Connection) -> None:
    producer, other = await make_producer(conn), await make_producer(conn)
    owner, stranger = await load_owner(conn, producer), await load_owner(conn, other)
    helper = await add_member(conn, producer, "样例帮手")
    coupon = await create_producer_coupon(conn, owner, producer, new_coupon(producer_id=other), now=NOW)
    assert (coupon.bearer, coupon.producer_id) == (Bearer.PRODUCER, producer)
    for actor, refusal in ((stranger, NotFound), (helper, NotAllowed)):
        with pytest.raises(refusal):
            await create_producer_coupon(conn, actor, producer, new_coupon(), now=NOW)
        with pytest.raises(refusal):
            await close_coupon(conn, actor, coupon.id, now=NOW)
    with pytest.raises(ForbiddenWord):
        await create_producer_coupon(conn, owner, producer, new_coupon(name="加微信领券"), now=NOW)
    with pytest.raises(CouponInvalid):
        await create_producer_coupon(conn, owner, producer, new_coupon(name="平台补贴券"), now=NOW)
    assert await list_producer_coupons(conn, helper, producer) == [coupon]
    with pytest.raises(NotFound):
        await list_producer_coupons(conn, stranger, producer)
    with pytest.raises(NotFound):
        await close_coupon(conn, owner, other, now=NOW)
    assert (await close_coupon(conn, owner, coupon.id, now=NOW)).state == "closed"


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"name": ""}, "name"),
    ({"name": "字" * 21}, "name"),
    ({"code": "A!1"}, "code"),
    ({"category_code": "没有"}, "category_code"),
    ({"county_code": "999999"}, "county_code"),
    ({"county_code": "13"}, "county_code"),
    ({"amount_fen": 0}, "amount_fen"),
    ({"amount_fen": 1_000_01, "min_goods_fen": 2_000_00}, "amount_fen"),
    ({"min_goods_fen": 10_00}, "min_goods_fen"),
    ({"starts_on": date(2019, 10, 1)}, "starts_on"),
    ({"ends_on": date(2019, 9, 19)}, "ends_on"),
    ({"ends_on": date(2020, 9, 21)}, "ends_on"),
    ({"quota": 0}, "quota"),
    ({"quota": 100_001, "amount_fen": 1}, "quota"),
    ({"quota": 100_000, "amount_fen": 10_01}, "quota"),
    ({"per_person": 0}, "per_person"),
    ({"per_person": 11}, "per_person"),
]


@pytest.mark.parametrize(("changes", "field"), FAULTS)
async def test_terms_that_cannot_be_kept_are_refused_at_their_field(
    conn: Connection, changes: dict[str, Any], field: str
) -> None:
    staff = await make_platform_staff(conn)
    with pytest.raises(CouponInvalid) as refused:
        await create_coupon(conn, staff, new_coupon(**changes), now=NOW)
    assert {each.field for each in refused.value.errors} == {field}
    assert await conn.fetchval("SELECT count(*) FROM coupons") == 0


async def test_the_longest_and_dearest_terms_are_accepted(conn: Connection) -> None:
    cases: list[dict[str, Any]] = [
        {"quota": 100_000, "amount_fen": 10_00},
        {"ends_on": TODAY},
        {"ends_on": date(2020, 9, 20)},
    ]
    for changes in cases:
        assert (await make_coupon(conn, **changes)).budget_fen <= 1_000_000_00


async def test_a_code_belongs_to_one_coupon_and_is_claimed_by_typing_it(conn: Connection) -> None:
    coupon = await make_coupon(conn, code="zao2019")
    assert coupon.code == "ZAO2019"
    with pytest.raises(CouponCodeTaken) as taken:
        await make_coupon(conn, code="ZAO2019")
    assert [each.field for each in taken.value.errors] == ["code"]
    buyer = await make_buyer(conn)
    assert await list_offers(conn, day=TODAY) == []
    for number, code in ((coupon.number, None), (None, "ZAO"), (None, None)):
        with pytest.raises(CouponCodeUnknown):
            await claim_voucher(conn, buyer, number=number, code=code, now=NOW)
    claimed = await claim_voucher(conn, buyer, code=" zao2019 ", now=NOW)
    assert [claimed] == await list_vouchers(conn, buyer.account_id)
    assert (claimed.account_id, claimed.coupon_number, claimed.used) == (buyer.account_id, coupon.number, False)


async def test_claims_end_with_the_quota_the_limit_the_days_and_the_closing(conn: Connection) -> None:
    first, second, third = [await make_buyer(conn) for _ in range(3)]
    staff = await make_platform_staff(conn)
    coupon = await create_coupon(
        conn, staff, new_coupon(quota=3, per_person=2, starts_on=date(2019, 9, 25)), now=NOW
    )  # fmt: skip
    for _ in range(2):
        await claim_voucher(conn, first, number=coupon.number, now=NOW)
    with pytest.raises(CouponLimitReached):
        await claim_voucher(conn, first, number=coupon.number, now=NOW)
    assert [each.number for each in await list_offers(conn, day=TODAY)] == [coupon.number]
    await claim_voucher(conn, second, number=coupon.number, now=NOW)
    with pytest.raises(CouponUsedUp):
        await claim_voucher(conn, third, number=coupon.number, now=NOW)
    assert await list_offers(conn, day=TODAY) == []
    other = await create_coupon(conn, staff, new_coupon(), now=NOW)
    with pytest.raises(CouponExpired):
        await claim_voucher(conn, first, number=other.number, now=NOW + timedelta(days=11))
    assert await list_offers(conn, day=date(2019, 10, 1)) == []
    await close_coupon(conn, staff, other.id, now=NOW)
    with pytest.raises(CouponClosed):
        await claim_voucher(conn, first, number=other.number, now=NOW)
    counts = await conn.fetch("SELECT claimed FROM coupons ORDER BY id")
    assert [row["claimed"] for row in counts] == [3, 0]
    assert await load_vouchers(conn, {}) == {}


async def test_the_coupons_of_a_suspended_producer_are_not_shown(conn: Connection) -> None:
    producer = await make_producer(conn)
    await make_coupon(conn, borne_by=producer)
    assert len(await list_offers(conn, day=TODAY)) == 1
    await conn.execute("UPDATE producers SET state = 'suspended' WHERE id = $1", producer)
    assert await list_offers(conn, day=TODAY) == []


async def test_a_bearer_opens_at_most_fifty_coupons(conn: Connection) -> None:
    staff, producer = await make_platform_staff(conn), await make_producer(conn)
    last = [await create_coupon(conn, staff, new_coupon(), now=NOW) for _ in range(MAX_OPEN_COUPONS)][-1]
    with pytest.raises(TooManyCoupons):
        await create_coupon(conn, staff, new_coupon(), now=NOW)
    await make_coupon(conn, borne_by=producer)
    await close_coupon(conn, staff, last.id, now=NOW)
    await create_coupon(conn, staff, new_coupon(), now=NOW)


async def test_a_locked_coupon_holds_up_who_claims_it_for_a_moment_only(database: Database, owner: Connection) -> None:
    """Each waiting person holds a connection, and others need one."""
    async with database.transaction() as conn:
        coupon, buyer = await make_coupon(conn), await make_buyer(conn)
    async with owner.transaction():
        await owner.fetch("SELECT FROM coupons WHERE id = $1 FOR NO KEY UPDATE", coupon.id)
        begun = time.monotonic()
        with pytest.raises(asyncpg.LockNotAvailableError):
            async with database.transaction() as conn:
                await claim_voucher(conn, buyer, number=coupon.number, now=NOW)
        assert time.monotonic() - begun < 2
    async with database.transaction() as conn:
        assert (await claim_voucher(conn, buyer, number=coupon.number, now=NOW)).coupon_number == coupon.number
