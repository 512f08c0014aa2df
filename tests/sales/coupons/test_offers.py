"""Which coupons help with an order: the best voucher, why others do not fit, and better ones to claim."""

from datetime import date
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from market.catalogue.listings.detail import get_numbered_product
from market.kernel import Connection, Fen
from market.sales.coupons.manage import list_platform_coupons
from market.sales.coupons.models import Bearer, Voucher, VoucherBelowMinimum, VoucherId, VoucherNotForGoods
from market.sales.coupons.offers import (
    MAX_OFFERS,
    CouponOffer,
    advise,
    list_claimable_offers,
    list_covering_offers,
    list_offers,
)
from market.sales.coupons.rules import CouponItem, find_voucher_fault
from tests.conftest import NOW
from tests.sales.coupons.test_rules import DAY, EGGS, GROVE, HENS, NUTS, VOUCHER
from tests.support.coupons import make_coupon, make_platform_staff
from tests.support.make import make_producer, make_product
from tests.support.postgres import as_owner

OFFER = CouponOffer(
    number=9, name="满100减20", bearer=Bearer.PLATFORM, amount_fen=Fen(20_00), min_goods_fen=Fen(100_00),
    starts_on=date(2019, 9, 1), ends_on=date(2019, 9, 30), producer=None, category=None, county=None, per_person=1,
)  # fmt: skip


def voucher(number: int, **changes: object) -> Voucher:
    return structs.replace(VOUCHER, id=VoucherId(UUID(int=number)), coupon_number=number, **changes)


def test_the_best_voucher_is_used_and_the_others_say_why_not() -> None:
    small, large = voucher(10, amount_fen=Fen(5_00)), voucher(11)
    dear, dearer = voucher(12, min_goods_fen=Fen(150_00)), voucher(13, min_goods_fen=Fen(900_00))
    fruit = voucher(14, category_code="fruit")
    gone, used = voucher(15, ends_on=date(2019, 9, 19)), voucher(16, used=True)
    advice = advise([small, fruit, dearer, large, dear, gone, used], [], [EGGS, NUTS], day=DAY)
    assert advice.best == large
    assert [(each.id, type(fault)) for each, fault in advice.unfit] == [
        (dear.id, VoucherBelowMinimum), (dearer.id, VoucherBelowMinimum), (fruit.id, VoucherNotForGoods),
    ]  # fmt: skip


def test_an_offer_is_suggested_only_if_it_gives_more_than_what_one_has() -> None:
    assert advise([], [OFFER], [EGGS, NUTS], day=DAY).offers == [OFFER]
    assert advise([VOUCHER], [OFFER], [EGGS, NUTS], day=DAY).offers == [OFFER]
    assert advise([voucher(10, amount_fen=Fen(20_00))], [OFFER], [EGGS, NUTS], day=DAY).offers == []
    assert advise([], [OFFER], [EGGS], day=DAY).offers == []
    assert advise([], [structs.replace(OFFER, starts_on=date(2019, 9, 21))], [EGGS, NUTS], day=DAY).offers == []
    assert advise([voucher(9, used=True)], [OFFER], [EGGS, NUTS], day=DAY).offers == []
    twice = structs.replace(OFFER, per_person=2)
    assert advise([voucher(9, used=True)], [twice], [EGGS, NUTS], day=DAY).offers == [twice]


def test_a_coupon_of_the_platform_is_not_offered_for_what_one_sells() -> None:
    assert list_covering_offers([OFFER], [EGGS], own_producers=[HENS]) == []
    assert list_covering_offers([OFFER], [EGGS, NUTS], own_producers=[HENS]) == [OFFER]
    own = structs.replace(OFFER, bearer=Bearer.PRODUCER, producer_id=HENS)
    assert list_covering_offers([own], [EGGS], own_producers=[HENS]) == [own]
    assert list_covering_offers([own], [NUTS]) == []
    assert advise([], [OFFER], [EGGS, NUTS], own_producers=[GROVE], day=DAY).offers == []


PRICES = st.integers(1, 300_00)


@given(
    st.lists(st.tuples(st.integers(1, 50_00), PRICES, st.sampled_from([None, HENS, GROVE])), max_size=6),
    st.lists(st.tuples(st.integers(1, 50_00), PRICES), max_size=6),
    st.lists(st.tuples(st.sampled_from([HENS, GROVE]), PRICES), max_size=4),
)
def test_advice_never_suggests_what_a_claim_would_not_give(
    have: list[tuple[int, int, UUID | None]], open_ones: list[tuple[int, int]], lines: list[tuple[UUID, int]]
) -> None:
    items = [
        CouponItem(producer_id=producer, category_code="egg", county_code="130624", amount_fen=Fen(amount))
        for producer, amount in lines
    ]
    vouchers = [
        voucher(100 + n, amount_fen=Fen(a), min_goods_fen=Fen(m), producer_id=p) for n, (a, m, p) in enumerate(have)
    ]
    offers = [
        structs.replace(OFFER, number=200 + n, amount_fen=Fen(a), min_goods_fen=Fen(m))
        for n, (a, m) in enumerate(open_ones)
    ]
    advice = advise(vouchers, offers, items, day=DAY)
    fitting = [each for each in vouchers if find_voucher_fault(each, items, day=DAY) is None]
    assert (advice.best.amount_fen if advice.best else 0) == max((each.amount_fen for each in fitting), default=0)
    assert len(advice.unfit) == len(vouchers) - len(fitting)
    for offer in advice.offers:
        claimed = voucher(offer.number, amount_fen=offer.amount_fen, min_goods_fen=offer.min_goods_fen)
        assert find_voucher_fault(claimed, items, day=DAY) is None
        assert advise([*vouchers, claimed], [], items, day=DAY).best == claimed


async def test_offers_of_other_producers_are_left_out(conn: Connection) -> None:
    own, other = await make_product(conn), await make_product(conn)
    everywhere = await make_coupon(conn, name="平台")
    mine = await make_coupon(conn, borne_by=own.producer_id, name="自家")
    theirs = await make_coupon(conn, borne_by=other.producer_id, name="别家")
    numbers = {each.number for each in await list_offers(conn, day=DAY)}
    assert numbers == {everywhere.number, mine.number, theirs.number}
    found = await list_offers(conn, day=DAY, producer_ids=[own.producer_id])
    assert {each.number for each in found} == {everywhere.number, mine.number}
    assert {each.number for each in await list_offers(conn, day=DAY, producer_ids=[])} == {everywhere.number}
    assert list_claimable_offers(found, []) == found


OTHERS = """
    INSERT INTO coupons (name, bearer, producer_id, amount_fen, min_goods_fen, valid_during, quota, per_person,
                         created_by, created_at, state, closed_at)
    SELECT '满减', 'producer', $2, 1 + n % 9000, 10000, '[2019-01-01,2019-12-31)', 9, 1, uuidv7(), $1,
           CASE WHEN n % 2 = 0 THEN 'open' ELSE 'closed' END, CASE WHEN n % 2 = 1 THEN $1::timestamptz END
      FROM generate_series(1, 40000) n
"""


async def count_read(conn: Connection) -> int:
    return await conn.fetchval(
        "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = 'coupons'"
    )


async def test_a_page_reads_what_its_seller_and_the_platform_offer(new_conn: Connection) -> None:
    sold, staff = await make_product(new_conn), await make_platform_staff(new_conn)
    await make_coupon(new_conn, borne_by=sold.producer_id)
    number = await new_conn.fetchval("SELECT number FROM listings WHERE producer_id = $1", sold.producer_id)
    other = await make_producer(new_conn)
    async with as_owner(new_conn):
        await new_conn.execute("SET LOCAL session_replication_role = replica")
        await new_conn.execute(OTHERS, NOW, other)
        await new_conn.execute("ANALYZE coupons, producers")
    before = await count_read(new_conn)
    assert len(await list_offers(new_conn, day=DAY, producer_ids=[sold.producer_id])) == 1
    assert await list_platform_coupons(new_conn, staff) == []
    assert (await get_numbered_product(new_conn, number, now=NOW)).listing.offered
    await make_coupon(new_conn, borne_by=sold.producer_id)
    assert await count_read(new_conn) - before < 20
    assert len(await list_offers(new_conn, day=DAY)) == MAX_OFFERS
    assert await count_read(new_conn) - before < 400
