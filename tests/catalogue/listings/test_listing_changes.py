"""Moving a listing between states, and changing its price and text."""

from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from market.catalogue.listings.browse import list_producer_listings
from market.catalogue.listings.detail import get_product
from market.catalogue.listings.edit import change_price, move_listing
from market.catalogue.listings.models import BadListing, ListingMove, ListingState, WrongListingState
from market.catalogue.listings.search.listings import SearchFilters, search_listings
from market.catalogue.listings.templates import list_templates
from market.catalogue.producers.models import ReviewerNotIndependent
from market.kernel import Connection, Fen
from market.people.identity.models import Actor, NotAllowed, NotFound, Role, SecondFactorRequired
from tests.conftest import NOW
from tests.support.make import (
    SEPTEMBER,
    days_since,
    load_actor,
    load_owner,
    make_official,
    make_producer,
    make_product,
)


async def a_seller(conn: Connection, **more: Any) -> Actor:
    return await load_owner(conn, await make_producer(conn, **more))


async def test_a_withdrawn_listing_is_visible_to_its_members_and_can_be_relisted(conn: Connection) -> None:
    product = await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    assert (
        await move_listing(conn, seller, product.listing_id, ListingMove.WITHDRAW, now=NOW)
    ).state is ListingState.WITHDRAWN
    with pytest.raises(NotFound):
        await get_product(conn, product.listing_id, now=NOW)
    own = await get_product(conn, product.listing_id, producer_ids=seller.producers, now=NOW)
    assert own.listing.state == "withdrawn"
    assert await list_producer_listings(conn, product.producer_id, today=SEPTEMBER) == []
    with pytest.raises(WrongListingState):
        await move_listing(conn, seller, product.listing_id, ListingMove.WITHDRAW, now=NOW)
    assert (
        await move_listing(conn, seller, product.listing_id, ListingMove.RELIST, now=NOW)
    ).state is ListingState.LIVE


async def test_the_county_suspends_with_a_reason_and_the_seller_cannot_undo_it(conn: Connection) -> None:
    product = await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    county = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
    with pytest.raises(BadListing):
        await move_listing(conn, county, product.listing_id, ListingMove.SUSPEND, now=NOW)
    with pytest.raises(NotAllowed):
        await move_listing(conn, seller, product.listing_id, ListingMove.SUSPEND, reason="x", now=NOW)
    await move_listing(conn, county, product.listing_id, ListingMove.SUSPEND, reason="照片不符", now=NOW)
    for move, refusal in ((ListingMove.RELIST, WrongListingState), (ListingMove.REOPEN, NotAllowed)):
        with pytest.raises(refusal):
            await move_listing(conn, seller, product.listing_id, move, now=NOW)
    with pytest.raises(NotFound):
        await change_price(conn, seller, product.variant_id, Fen(1_00), now=NOW)
    assert (
        await move_listing(conn, county, product.listing_id, ListingMove.REOPEN, now=NOW)
    ).state is ListingState.LIVE


async def test_an_official_does_not_reopen_a_listing_of_a_producer_they_work_for(conn: Connection) -> None:
    product = await make_product(conn)
    account_id = await make_official(conn, Role.COUNTY, "130624")
    await conn.execute(
        "INSERT INTO producer_members VALUES ($1, $2, 'member', $3)", product.producer_id, account_id, days_since()
    )
    county = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
    await move_listing(conn, county, product.listing_id, ListingMove.SUSPEND, reason="照片不符", now=NOW)
    with pytest.raises(ReviewerNotIndependent):
        await move_listing(conn, await load_actor(conn, account_id), product.listing_id, ListingMove.REOPEN, now=NOW)
    reopened = await move_listing(conn, county, product.listing_id, ListingMove.REOPEN, now=NOW)
    assert reopened.state is ListingState.LIVE


async def test_an_official_of_the_shop_does_not_put_its_suspended_listing_back_on_sale(conn: Connection) -> None:
    product = await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    colleague, county = [
        await load_actor(conn, await make_official(conn, Role.COUNTY, "130624", name=name))
        for name in ("样例同事", seller.name)
    ]
    await move_listing(conn, colleague, product.listing_id, ListingMove.SUSPEND, reason="照片不符", now=NOW)
    with pytest.raises(ReviewerNotIndependent):
        await move_listing(conn, county, product.listing_id, ListingMove.REOPEN, now=NOW)
    await move_listing(conn, colleague, product.listing_id, ListingMove.REOPEN, now=NOW)


type Attempt = Callable[[Connection, Actor, Any], Coroutine[Any, Any, object]]

ATTEMPTS: list[Attempt] = [
    lambda conn, actor, it: move_listing(conn, actor, it.listing_id, ListingMove.WITHDRAW, now=NOW),
    lambda conn, actor, it: change_price(conn, actor, it.variant_id, Fen(1_00), now=NOW),
    lambda conn, actor, it: list_templates(conn, actor, it.producer_id),
]


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=["move", "price", "templates"])
async def test_another_producer_and_another_county_get_not_found_and_change_nothing(
    conn: Connection, attempt: Attempt
) -> None:
    product = await make_product(conn)
    other = await a_seller(conn)
    elsewhere = await load_actor(conn, await make_official(conn, Role.COUNTY, "130725"))
    before = await conn.fetch("SELECT l.*, v.* FROM listings l JOIN variants v ON v.listing_id = l.id")
    for actor in (other, elsewhere):
        with pytest.raises(NotFound):
            await attempt(conn, actor, product)
    assert await conn.fetch("SELECT l.*, v.* FROM listings l JOIN variants v ON v.listing_id = l.id") == before
    assert await conn.fetchval("SELECT count(*) FROM audit_entries") == 0


async def test_suspending_requires_the_second_factor(conn: Connection) -> None:
    product = await make_product(conn)
    county = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"), second_factor=False)
    with pytest.raises(SecondFactorRequired):
        await move_listing(conn, county, product.listing_id, ListingMove.SUSPEND, reason="样例", now=NOW)
    assert await conn.fetchval("SELECT state FROM listings") == "live"


async def test_a_new_price_is_shown_at_once(conn: Connection) -> None:
    product = await make_product(conn)
    seller = await load_owner(conn, product.producer_id)
    assert (await change_price(conn, seller, product.variant_id, Fen(39_90), now=NOW)).price_fen == 39_90
    for price in (0, 1_000_000_01):
        with pytest.raises(BadListing):
            await change_price(conn, seller, product.variant_id, Fen(price), now=NOW)
    [card] = (await search_listings(conn, SearchFilters(text="大枣"), today=SEPTEMBER)).items
    assert card.price_fen == 39_90
