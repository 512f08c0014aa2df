"""Cancellation tiers and the price of a child change after publishing; what was bought keeps its own."""

from datetime import date, timedelta
from uuid import UUID

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.catalogue.listings.cancel_tiers import CancelTerms, are_valid_tiers, load_cancel_terms, set_cancel_terms
from market.catalogue.listings.edit import VariantChange, change_price, change_variants, list_own_variants
from market.catalogue.listings.models import BadListing, CancelTier, WrongListingState
from market.catalogue.listings.person_classes import set_child_price
from market.catalogue.slots.models import SlotId
from market.kernel import Connection, Fen
from market.people.identity.models import Actor, NotFound
from market.sales.orders.address import seal_address
from market.sales.orders.cancel import cancel_order
from market.sales.orders.cart import put_cart
from market.sales.orders.cart_view import get_cart
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place_cart import place_cart
from market.sales.orders.checkout.seen_terms import CancelTermsChanged
from market.sales.orders.models import Line, PlacedOrder, VariantId
from tests.conftest import NOW
from tests.support.make import CANCEL_TIERS, ActivityIds, load_actor, load_owner, make_account, make_activity, make_stay
from tests.support.payment import gateway, provider, sandbox
from tests.support.postgres import as_owner
from tests.support.shop import BUYER_ADDRESS, Shopping, make_october_nights, shopping

__all__ = ["gateway", "provider", "sandbox", "shopping"]

HOUR = timedelta(hours=1)
NOTHING = CancelTerms(tiers=(CancelTier(0, 0),))
HALF = CancelTerms(tiers=(CancelTier(3, 5_000), CancelTier(0, 0)))


async def set_terms(w: Shopping, host: Actor, listing_id: UUID, terms: CancelTerms, *, after: timedelta) -> CancelTerms:
    async with w.db.transaction() as conn:
        return await set_cancel_terms(conn, host, listing_id, terms, now=NOW + after)


async def cancel(w: Shopping, order: PlacedOrder) -> Fen:
    return (await cancel_order(w.db, w.gateway, w.seal, w.buyer, order.id, now=NOW + 3 * HOUR)).refund_fen


async def test_orders_keep_the_tiers_of_the_moment_they_were_placed(shopping: Shopping) -> None:
    w = shopping
    async with w.db.transaction() as conn:
        stay = await make_stay(conn, price_fen=280_00, rooms=3)
        activity = await make_activity(conn, days=(date(2019, 10, 12),))
        host, guide = await load_owner(conn, stay.producer_id), await load_owner(conn, activity.producer_id)
    nights = [make_october_nights(stay.listing_id, arrive=10, leave=12)]
    before = await w.place(nights=nights)
    await w.pay(before)
    visit = await w.place(slot=(activity.variant_id, activity.slot_ids[0], 2))
    await w.pay(visit)
    await set_terms(w, host, stay.listing_id, NOTHING, after=HOUR)
    await set_terms(w, guide, activity.listing_id, NOTHING, after=HOUR)
    after = await w.place(nights=nights, now=NOW + 2 * HOUR)
    await w.pay(after)
    assert (await cancel(w, before), await cancel(w, visit), await cancel(w, after)) == (560_00, 60_00, 0)


async def test_other_tiers_than_the_buyer_saw_are_told_before_ordering_and_the_cart_stays(shopping: Shopping) -> None:
    w = shopping
    async with w.db.transaction() as conn:
        stay = await make_stay(conn, price_fen=280_00, rooms=3)
        activity = await make_activity(conn, days=(date(2019, 10, 12),))
        host, guide = await load_owner(conn, stay.producer_id), await load_owner(conn, activity.producer_id)
        nights = [make_october_nights(stay.listing_id, arrive=10, leave=12)]
        await put_cart(conn, w.buyer.account_id, nights=nights, now=NOW)
        line = Line(VariantId(activity.variant_id), 2, SlotId(activity.slot_ids[0]))
        await put_cart(conn, w.buyer.account_id, lines=[line], now=NOW)

    async def see_terms() -> str:
        async with w.db.connection() as conn:
            return (await get_cart(conn, w.buyer.account_id, now=NOW)).cancel_terms

    async def order(seen: str | None, key: str) -> PlacedOrder:
        async with Batcher(w.db) as batcher:
            return await place_cart(
                w.db, batcher, w.buyer.account_id, address=seal_address(w.seal, BUYER_ADDRESS), key=key,
                cancel_terms=seen, now=NOW + HOUR,
            )  # fmt: skip

    seen = await see_terms()
    for changed_by, listing_id in ((host, stay.listing_id), (guide, activity.listing_id)):
        await set_terms(w, changed_by, listing_id, HALF, after=timedelta())
        with pytest.raises(CancelTermsChanged) as refused:
            await order(seen, "k")
        assert [each.field for each in refused.value.errors] == ["lines[0]", "nights[0]"]
        assert "提前 3 天退 50%，再晚不退" in "".join(each.message for each in refused.value.errors)
        assert await see_terms() != seen
        seen = await see_terms()
    assert (await order(seen, "k")).id == (await order("other", "k")).id, "placed before: nothing is compared"
    assert await see_terms() == ""


async def test_the_last_version_holds_and_none_overlaps(shopping: Shopping) -> None:
    w = shopping
    async with w.db.transaction() as conn:
        stay = await make_stay(conn)
        host = await load_owner(conn, stay.producer_id)
    for terms, after in ((HALF, HOUR), (NOTHING, HOUR), (CancelTerms(), 2 * HOUR), (HALF, HOUR), (HALF, 5 * HOUR)):
        assert await set_terms(w, host, stay.listing_id, terms, after=after) == terms
    async with w.db.connection() as conn:
        versions = await conn.fetch(
            "SELECT lower(valid_during) - $1 AS since, upper(valid_during) - $1 AS until, count(*) FROM cancel_tiers"
            " GROUP BY valid_during ORDER BY valid_during",
            NOW,
        )
        assert await load_cancel_terms(conn, stay.listing_id) == HALF
        with pytest.raises(asyncpg.ExclusionViolationError):
            await conn.execute("INSERT INTO cancel_tiers VALUES ($1, false, 3, 0)", stay.listing_id)
    assert [tuple(row) for row in versions] == [
        (None, HOUR, len(CANCEL_TIERS)),
        (HOUR, 2 * HOUR, 1),
        (2 * HOUR, None, 2),
    ]


async def test_only_the_own_listing_has_its_tiers_changed_and_only_to_possible_ones(shopping: Shopping) -> None:
    w = shopping
    async with w.db.transaction() as conn:
        stay, account_id = await make_stay(conn), await make_account(conn)
        host, stranger = await load_owner(conn, stay.producer_id), await load_actor(conn, account_id)
        before = await load_cancel_terms(conn, stay.listing_id)
    with pytest.raises(NotFound):
        await set_terms(w, stranger, stay.listing_id, NOTHING, after=HOUR)
    wrong = CancelTerms(
        tiers=(CancelTier(3, 0), CancelTier(1, 5_000)), holiday_tiers=(CancelTier(1, 0), CancelTier(1, 1))
    )
    with pytest.raises(BadListing) as refused:
        await set_terms(w, host, stay.listing_id, wrong, after=HOUR)
    assert [each.field for each in refused.value.errors] == ["tiers", "holiday_tiers"]
    async with w.db.transaction() as conn, as_owner(conn):
        await conn.execute("UPDATE listings SET state = 'suspended'")
    with pytest.raises(WrongListingState):
        await set_terms(w, host, stay.listing_id, NOTHING, after=HOUR)
    async with w.db.connection() as conn:
        assert await load_cancel_terms(conn, stay.listing_id) == before


async def set_child(w: Shopping, host: Actor, activity: ActivityIds, price: int | None) -> int | None:
    async with w.db.transaction() as conn:
        return await set_child_price(
            conn, host, activity.listing_id, None if price is None else Fen(price), now=NOW + HOUR
        )


async def list_prices(conn: Connection, host: Actor, activity: ActivityIds) -> list[tuple[str, int]]:
    return [(each.label, each.price_fen) for each in await list_own_variants(conn, host, activity.listing_id)]


async def test_a_child_gets_a_price_keeps_at_most_the_adults_and_loses_it(shopping: Shopping) -> None:
    w = shopping
    async with w.db.transaction() as conn:
        activity = await make_activity(conn, price_fen=30_00)
        host, stranger = await load_owner(conn, activity.producer_id), await load_actor(conn, await make_account(conn))
    for price in (15_00, 15_00, 12_00):
        assert await set_child(w, host, activity, price) == price
    for wrong in (30_01, 0):
        with pytest.raises(BadListing):
            await set_child(w, host, activity, wrong)
    with pytest.raises(NotFound):
        await set_child(w, stranger, activity, 1_00)
    async with w.db.transaction() as conn:
        assert await list_prices(conn, host, activity) == [("", 30_00), ("儿童", 12_00)]
        child = (await list_own_variants(conn, host, activity.listing_id))[1]
        with pytest.raises(BadListing):
            async with conn.transaction():
                await change_price(conn, host, activity.variant_id, Fen(11_99), now=NOW)
        # Both at once, whichever comes first.
        changes = [VariantChange(activity.variant_id, Fen(8_00)), VariantChange(child.id, Fen(8_00))]
        await change_variants(conn, host, activity.listing_id, changes, reference="1", now=NOW)
        assert await list_prices(conn, host, activity) == [("", 8_00), ("儿童", 8_00)]
    with pytest.raises(asyncpg.CheckViolationError, match="more than an adult"):
        async with w.db.transaction() as conn:
            await conn.execute("UPDATE variants SET price_fen = 7_00 WHERE id = $1", activity.variant_id)
    for _ in range(2):
        assert await set_child(w, host, activity, None) is None
    assert await set_child(w, host, activity, 5_00) == 5_00
    async with w.db.connection() as conn:
        assert await list_prices(conn, host, activity) == [("", 8_00), ("儿童", 5_00)]


@given(st.lists(st.builds(CancelTier, st.integers(0, 9), st.integers(0, 3)), max_size=5))
def test_more_notice_never_refunds_less(tiers: list[CancelTier]) -> None:
    expected = all(
        one.days_before != other.days_before
        and (one.days_before > other.days_before) <= (one.refund_bp >= other.refund_bp)
        for index, one in enumerate(tiers)
        for other in [*tiers[:index], *tiers[index + 1 :]]
    )
    assert are_valid_tiers(tiers) == expected
