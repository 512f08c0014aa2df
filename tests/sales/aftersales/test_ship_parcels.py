"""Several parcels are sent at once, all or none."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from market.kernel import Connection
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.models import OWN_DELIVERY, InvalidTracking, NotShippable
from market.sales.aftersales.ship_parcels import MAX_SHIPMENTS, SentParcel, ship_parcels
from tests.conftest import NOW
from tests.support.make import load_owner, make_product
from tests.support.shop import Shopping

LATER = NOW + timedelta(hours=1)


async def make_parcels(shopping: Shopping, count: int = 2) -> tuple[Actor, list[UUID]]:
    """Return a seller and the ids of so many paid parcels."""
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, price_fen=33_33, left=100)
        seller = await load_owner(conn, product.producer_id)
    ids: list[UUID] = []
    for _ in range(count):
        order = await shopping.place([(product.variant_id, 1)])
        await shopping.pay(order)
        ids.append((await shopping.see(order)).suborders[0].id)
    return seller, ids


async def send(shopping: Shopping, seller: Actor, *shipments: SentParcel) -> int:
    async with shopping.db.transaction() as conn:
        return await ship_parcels(conn, shopping.seal, seller, shipments, now=LATER)


async def list_states(owner: Connection) -> list[str]:
    return [row[0] for row in await owner.fetch("SELECT state FROM suborders ORDER BY id")]


async def test_parcels_are_sent_together_and_each_buyer_is_told_once(shopping: Shopping, owner: Connection) -> None:
    seller, (first, second) = await make_parcels(shopping)
    shipments = [SentParcel(first, "中通", "ZT0001"), SentParcel(second, OWN_DELIVERY)]
    assert [await send(shopping, seller, *shipments) for _ in range(2)] == [2, 2]
    assert await list_states(owner) == ["shipped", "shipped"]
    told = [template for template, _ in await shopping.messages()]
    assert sorted(each for each in told if each in {"shipped", "brought"}) == ["brought", "shipped"]


async def test_one_wrong_number_keeps_all_from_being_sent(shopping: Shopping, owner: Connection) -> None:
    seller, (first, second) = await make_parcels(shopping)
    with pytest.raises(InvalidTracking) as refused:
        await send(shopping, seller, SentParcel(first, "中通", "ZT0001"), SentParcel(second, "中通", "?"))
    assert [each.field for each in refused.value.errors] == [f"tracking.{second}"]
    assert await list_states(owner) == ["paid", "paid"]


async def test_a_parcel_that_cannot_be_sent_is_named_and_keeps_all(shopping: Shopping, owner: Connection) -> None:
    seller, (first, second) = await make_parcels(shopping)
    await owner.execute("UPDATE suborders SET state = 'cancelled', closed_at = now() WHERE id = $1", second)
    with pytest.raises(NotShippable) as refused:
        await send(shopping, seller, SentParcel(first, "中通", "ZT0001"), SentParcel(second, "中通", "ZT0002"))
    assert [each.field for each in refused.value.errors] == [f"tracking.{second}"]
    assert await list_states(owner) == ["paid", "cancelled"]


async def test_somebody_elses_parcel_is_not_sent_along(shopping: Shopping, owner: Connection) -> None:
    seller, (first,) = await make_parcels(shopping, 1)
    _, (other,) = await make_parcels(shopping, 1)
    with pytest.raises(NotFound):
        await send(shopping, seller, SentParcel(first, "中通", "ZT0001"), SentParcel(other, "中通", "ZT0002"))
    assert await list_states(owner) == ["paid", "paid"]


async def test_a_parcel_is_named_once_and_at_most_fifty_are(shopping: Shopping) -> None:
    seller, (first,) = await make_parcels(shopping, 1)
    for count in (2, MAX_SHIPMENTS + 1):
        with pytest.raises(InvalidTracking):
            await send(shopping, seller, *[SentParcel(first, "中通", "ZT0001")] * count)


async def test_two_people_who_send_the_same_parcels_in_another_order_do_not_block_each_other(
    shopping: Shopping, owner: Connection
) -> None:
    seller, ids = await make_parcels(shopping, 6)
    shipments = [SentParcel(each, "中通", f"ZT{n:04}") for n, each in enumerate(ids)]
    sent = await asyncio.gather(
        *(send(shopping, seller, *(shipments if n % 2 else shipments[::-1])) for n in range(10))
    )
    assert sent == [6] * 10
    assert await list_states(owner) == ["shipped"] * 6
    told = [template for template, _ in await shopping.messages()]
    assert told.count("shipped") == 6
