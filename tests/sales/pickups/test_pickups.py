"""A parcel is picked up at a point of the county: chosen, arrived, handed over for its code once, or not collected."""

import asyncio
from datetime import date, timedelta
from uuid import uuid4

import asyncpg
import pytest

from market.catalogue.slots.models import SlotId
from market.kernel import Connection
from market.people.identity.models import NotAllowed, NotFound, Role
from market.sales.aftersales.check_in import MAX_WRONG_CODES
from market.sales.aftersales.models import NotWeighed, TooManyCheckInCodes
from market.sales.aftersales.receive import confirm_overdue, confirm_receipt
from market.sales.aftersales.weigh import WeighedLine, weigh_parcel
from market.sales.orders.address import address_to_point, seal_address
from market.sales.orders.cancel import cancel_order
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place import place
from market.sales.orders.models import Line, OrderState, SuborderState, VariantId
from market.sales.pickup_points.models import PickupPointInvalid, PickupPointUnavailable
from market.sales.pickup_points.register import change_keeper, open_point
from market.sales.pickups.end_pickups import end_overdue_pickups
from market.sales.pickups.hand_over import Collection, hand_over
from market.sales.pickups.models import PickupCodeInvalid, PickupCodeUsed, PickupNotExpected, PickupState
from market.sales.pickups.remind import remind_of_pickups
from market.sales.pickups.view import list_pickups, list_point_parcels
from payments import finish_operations
from tests.conftest import NOW
from tests.sales.pickups.point import DAYS, KEEPER_PHONE, Point, register
from tests.support.make import load_actor, make_account, make_official, make_product
from tests.support.postgres import wait_for_blocked
from tests.support.shop import BUYER_ADDRESS

AFTER = NOW + timedelta(days=DAYS + 1)


async def test_a_parcel_goes_to_its_point_and_is_handed_over_for_its_code(point: Point) -> None:
    order, parcel = await point.buy()
    seen = await point.shopping.see(order)
    assert seen.address is not None
    assert (seen.address.region_code, seen.address.street) == ("130624", "样例自提点（自提），样例街 1 号")
    assert (await point.see(order)).state is PickupState.EXPECTED
    await point.arrive(parcel)
    await point.arrive(parcel)
    pickup = await point.see(order)
    assert (pickup.state, pickup.until) == (PickupState.ARRIVED, date(2019, 9, 27))
    (told,) = await point.list_told("pickup_arrived")
    assert (told["code"], told["day"]) == (pickup.code, "9 月 27 日")
    assert pickup.code is not None
    assert len(pickup.code) == 8
    assert await point.hand_over(f"{pickup.code[:4]} {pickup.code[4:]}") == Collection(parcel, f"{order.number}-1")
    assert (await point.shopping.see(order)).state is OrderState.FINISHED
    assert (await point.see(order)).code is None
    balances = await point.shopping.balances()
    assert not [code for code in balances if code.startswith("escrow")]
    assert sum(fen for code, fen in balances.items() if not code.startswith("clearing")) == order.total_fen


async def test_a_code_is_redeemed_once_by_any_number_of_devices(point: Point) -> None:
    order, parcel = await point.buy()
    await point.arrive(parcel)
    code = await point.get_code(order)
    ended = await asyncio.gather(*(point.hand_over(code) for _ in range(12)), return_exceptions=True)
    assert sum(isinstance(each, Collection) for each in ended) == 1
    assert {type(each) for each in ended if not isinstance(each, Collection)} == {PickupCodeUsed}
    assert len(await point.list_told("money_owed")) == 1


async def test_a_wrong_code_opens_nothing_and_only_ten_are_tried_in_an_hour(point: Point) -> None:
    order, parcel = await point.buy()
    await point.arrive(parcel)
    code = await point.get_code(order)
    wrong = f"{(int(code) + 1) % 10**8:08}"
    for _ in range(MAX_WRONG_CODES):
        assert isinstance(await point.hand_over(wrong), PickupCodeInvalid)
    with pytest.raises(TooManyCheckInCodes):
        await point.hand_over(code)
    assert await point.get_state(parcel) is SuborderState.SHIPPED
    assert isinstance(await point.hand_over(code, now=NOW + timedelta(hours=2)), Collection)


async def test_only_the_keeper_of_its_point_receives_and_hands_over_a_parcel(point: Point) -> None:
    order, parcel = await point.buy()
    async with point.shopping.db.transaction() as conn:
        stranger = await load_actor(conn, await make_account(conn))
        assert await list_point_parcels(conn, point.shopping.seal, stranger, days=DAYS) == []
        assert await list_pickups(conn, point.shopping.seal, stranger, order.id, days=DAYS) == []
    for keeper in (stranger, point.seller, point.shopping.buyer):
        with pytest.raises(NotFound):
            await point.arrive(parcel, keeper=keeper)
    await point.arrive(parcel)
    assert isinstance(await point.hand_over(await point.get_code(order), keeper=stranger), PickupCodeInvalid)
    async with point.shopping.db.connection() as conn:
        (listed,) = await list_point_parcels(conn, point.shopping.seal, point.keeper, days=DAYS)
    assert (listed.parcel_code, listed.recipient, listed.state) == (
        f"{order.number}-1",
        "样例买家",
        PickupState.ARRIVED,
    )


async def test_a_cancelled_parcel_is_not_expected(point: Point) -> None:
    order, parcel = await point.buy()
    w = point.shopping
    await cancel_order(w.db, w.gateway, w.seal, w.buyer, order.id, now=NOW)
    with pytest.raises(PickupNotExpected):
        await point.arrive(parcel)
    async with w.db.connection() as conn:
        assert await list_point_parcels(conn, w.seal, point.keeper, days=DAYS) == []


async def test_a_parcel_that_was_not_weighed_does_not_arrive(point: Point) -> None:
    await point.owner.execute("UPDATE variants SET ceiling_bp = 11000 WHERE id = $1", point.goods.variant_id)
    order, parcel = await point.buy()
    with pytest.raises(NotWeighed):
        await point.arrive(parcel)
    w, line = point.shopping, (await point.shopping.see(order)).suborders[0].lines[0].id
    await weigh_parcel(w.db, w.gateway, w.seal, point.seller, parcel, weights=[WeighedLine(line, 7500)], now=NOW)
    await point.arrive(parcel)
    assert (await point.see(order)).state is PickupState.ARRIVED


async def test_the_code_of_a_parcel_that_was_received_is_dead(point: Point) -> None:
    order, parcel = await point.buy()
    await point.arrive(parcel)
    code = await point.get_code(order)
    async with point.shopping.db.transaction() as conn:
        await confirm_receipt(conn, point.shopping.seal, point.shopping.buyer, order.id, now=NOW)
    with pytest.raises(PickupCodeUsed):
        await point.hand_over(code)


async def test_fresh_goods_that_nobody_collects_are_not_refunded(point: Point) -> None:
    await point.owner.execute("UPDATE listings SET perishable = true")
    order, parcel = await point.buy()
    await point.arrive(parcel)
    w = point.shopping
    ended = [await end_overdue_pickups(w.db, w.seal, days=DAYS, now=NOW + timedelta(days=day)) for day in (7, 8, 8)]
    assert ended == [0, 1, 0]
    assert await point.get_state(parcel) is SuborderState.RECEIVED
    assert (await w.see(order)).refunded_fen == 0
    assert await point.list_told("pickup_spoiled") == [{"order": str(order.number)}]


async def test_a_seller_who_keeps_the_point_is_not_paid_for_what_nobody_collected(point: Point) -> None:
    await point.owner.execute("UPDATE listings SET perishable = true")
    keeper = await point.owner.fetchval("SELECT keeper_id FROM pickup_points")
    seller = await point.owner.fetchval("SELECT account_id FROM producer_members LIMIT 1")
    order, parcel = await point.buy()
    await point.arrive(parcel)
    names = "UPDATE accounts SET name = '样例守点的' WHERE id = ANY($1)"
    await point.owner.execute(names, [keeper, seller])
    w = point.shopping
    assert await end_overdue_pickups(w.db, w.seal, days=DAYS, now=AFTER) == 1
    assert await point.get_state(parcel) is SuborderState.CANCELLED
    assert (await w.see(order)).refunded_fen == order.goods_fen
    assert len(await point.list_told("pickup_returned")) == 1


async def test_other_goods_that_nobody_collects_go_back_and_the_freight_is_the_sellers(point: Point) -> None:
    await point.owner.execute("UPDATE listings SET perishable = false")
    order, parcel = await point.buy()
    await point.arrive(parcel)
    w = point.shopping
    assert await end_overdue_pickups(w.db, w.seal, days=DAYS, now=AFTER) == 1
    await finish_operations(w.db, w.gateway, at=AFTER)
    seen = await w.see(order)
    assert (seen.state, seen.refund_arrived_fen) == (OrderState.CANCELLED, order.goods_fen)
    balances = await w.balances()
    freight = {code: fen for code, fen in balances.items() if code.startswith("freight")}
    assert list(freight.values()) == [order.freight_fen]
    assert order.freight_fen == 17_00
    assert set(balances) == {*freight, "clearing:alipay"}
    assert await w.lots() == [(97, 0, 3)]
    (told,) = await point.list_told("pickup_returned")
    assert told["amount"] == "99.99"


async def test_a_parcel_is_collected_or_ends_but_never_both(point: Point) -> None:
    await point.owner.execute("UPDATE listings SET perishable = false")
    order, parcel = await point.buy()
    await point.arrive(parcel)
    code, w = await point.get_code(order), point.shopping
    collected, *ended = await asyncio.gather(
        point.hand_over(code, now=AFTER),
        *(end_overdue_pickups(w.db, w.seal, days=DAYS, now=AFTER) for _ in range(4)),
        return_exceptions=True,
    )
    assert isinstance(collected, Collection) != (sum(each == 1 for each in ended) == 1)
    refunded = (await w.see(order)).refunded_fen
    assert refunded == (0 if isinstance(collected, Collection) else order.goods_fen)


async def test_a_pickup_that_ends_waits_for_the_hand_over_before_it(point: Point) -> None:
    order, parcel = await point.buy()
    await point.owner.execute("UPDATE listings SET perishable = false")
    await point.arrive(parcel)
    code, w = await point.get_code(order), point.shopping
    async with w.db.transaction() as conn:
        assert isinstance(await hand_over(conn, w.seal, point.keeper, code, now=AFTER), Collection)
        ending = asyncio.create_task(end_overdue_pickups(w.db, w.seal, days=DAYS, now=AFTER))
        await wait_for_blocked(point.owner, await conn.fetchval("SELECT pg_backend_pid()"))
    assert await ending == 0
    assert (await point.get_state(parcel), (await w.see(order)).refunded_fen) == (SuborderState.RECEIVED, 0)
    assert await point.owner.fetchval("SELECT count(*) FROM jobs.failures") == 0


async def test_silence_receives_no_parcel_that_waits_at_a_point(point: Point) -> None:
    _, parcel = await point.buy()
    await point.arrive(parcel)
    assert await confirm_overdue(point.shopping.db, now=NOW + timedelta(days=60), days=10) == 0
    assert await point.get_state(parcel) is SuborderState.SHIPPED


async def test_a_closed_point_and_one_of_another_county_cannot_be_chosen(point: Point, owner: Connection) -> None:
    w = point.shopping
    async with w.db.transaction() as conn:
        official = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
        await open_point(conn, official, "130624", point.point.id, opened=False, now=NOW)
    with pytest.raises(PickupPointUnavailable) as refused:
        await point.order()
    assert [each.field for each in refused.value.errors] == ["pickup_point_id"]
    async with w.db.transaction() as conn:
        await open_point(conn, official, "130624", point.point.id, opened=True, now=NOW)
    await owner.execute("UPDATE producers SET village_code = '130725102202' WHERE id = $1", point.goods.producer_id)
    with pytest.raises(PickupPointUnavailable):
        await point.order()
    assert await owner.fetchval("SELECT count(*) FROM orders") == 0


async def test_a_line_of_goods_with_a_slot_is_of_its_county_too(point: Point, owner: Connection) -> None:
    w = point.shopping
    async with w.db.transaction() as conn:
        far = await make_product(conn)
    await owner.execute("UPDATE producers SET village_code = '130725102202' WHERE id = $1", far.producer_id)
    lines = [Line(VariantId(point.goods.variant_id), 1), Line(VariantId(far.variant_id), 1, SlotId(uuid4()))]
    address = seal_address(w.seal, address_to_point(BUYER_ADDRESS, point.point))
    async with Batcher(w.db) as batcher:
        with pytest.raises(PickupPointUnavailable):
            await place(batcher, w.buyer.account_id, lines, address=address, pickup_point_id=point.point.id, now=NOW)


async def test_a_request_with_another_point_is_another_request(point: Point) -> None:
    first = await point.order(key="k")
    assert (await point.order(key="k")).id == first.id
    assert await point.owner.fetchval("SELECT count(*) FROM pickups") == 1


async def test_an_order_is_placed_with_its_point_or_not_at_all(point: Point, owner: Connection) -> None:
    await owner.execute("ALTER TABLE pickups ADD CONSTRAINT never CHECK (point_id IS NULL) NOT VALID")
    with pytest.raises(asyncpg.CheckViolationError):
        await point.order()
    assert await owner.fetchval("SELECT count(*) FROM orders") == 0
    assert await owner.fetchval("SELECT reserved_units FROM lots WHERE id = $1", point.goods.lot_id) == 0


async def test_the_county_alone_keeps_its_register_with_a_keeper_who_has_an_account(point: Point) -> None:
    w = point.shopping
    async with w.db.transaction() as conn:
        official = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
        elsewhere = await load_actor(conn, await make_official(conn, Role.COUNTY, "130725"))
    with pytest.raises(PickupPointInvalid) as refused:
        await register(w, official, "17000007799", name="二号点")
    assert [each.field for each in refused.value.errors] == ["keeper_phone"]
    for name in ("乡集客服点", "\u3164"):
        with pytest.raises(PickupPointInvalid) as refused:
            await register(w, official, KEEPER_PHONE, name=name)
        assert [each.field for each in refused.value.errors] == ["name"]
    with pytest.raises(PickupPointInvalid) as refused:
        await register(w, official, KEEPER_PHONE)
    assert [each.field for each in refused.value.errors] == ["name"]
    with pytest.raises(NotAllowed):
        await register(w, elsewhere, KEEPER_PHONE, name="二号点")


async def test_a_point_goes_to_another_keeper_who_alone_hands_its_parcels_over(point: Point) -> None:
    order, parcel = await point.buy()
    await point.arrive(parcel)
    w = point.shopping
    async with w.db.transaction() as conn:
        official = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
        stranger = await load_actor(conn, await make_official(conn, Role.COUNTY, "130725"))
        keeper = await load_actor(conn, await make_account(conn, name="样例新点长", phone="17000007702"))
    for wrong in ("17000007709", "abc", ""):
        with pytest.raises(PickupPointInvalid) as refused:
            async with w.db.transaction() as conn:
                await change_keeper(conn, w.seal, official, "130624", point.point.id, keeper_phone=wrong, now=NOW)
        assert [fault.field for fault in refused.value.errors] == ["keeper_phone"]
    for actor, county, kind in ((stranger, "130624", NotAllowed), (stranger, "130725", NotFound)):
        with pytest.raises(kind):
            async with w.db.transaction() as conn:
                await change_keeper(conn, w.seal, actor, county, point.point.id, keeper_phone="17000007702", now=NOW)
    for _ in range(2):
        async with w.db.transaction() as conn:
            await change_keeper(conn, w.seal, official, "130624", point.point.id, keeper_phone="17000007702", now=NOW)
    assert await point.list_told("point_keeper_added") == [{"point": "样例自提点"}]
    assert await point.list_told("point_keeper_ended") == [{"point": "样例自提点"}]
    code = await point.get_code(order)
    assert isinstance(await point.hand_over(code), PickupCodeInvalid)
    async with w.db.connection() as conn:
        assert await list_point_parcels(conn, w.seal, point.keeper, days=DAYS) == []
        assert len(await list_point_parcels(conn, w.seal, keeper, days=DAYS)) == 1
        assert await conn.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'pickup_point.keeper'") == 1
    assert isinstance(await point.hand_over(code, keeper=keeper), Collection)


async def test_a_buyer_is_reminded_once_the_day_before_the_last(point: Point) -> None:
    _, parcel = await point.buy()
    w = point.shopping

    async def remind(day: int) -> int:
        return await remind_of_pickups(w.db, w.seal, days=DAYS, now=NOW + timedelta(days=day))

    assert await remind(0) == 0
    await point.arrive(parcel)
    assert [await remind(day) for day in (0, 5)] == [0, 0]
    assert await asyncio.gather(*(remind(6) for _ in range(4))) in (
        [1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, 0, 1],
    )
    assert await remind(7) == 0
    (told,) = await point.list_told("pickup_ending")
    assert (told["day"], told["point"]) == ("9 月 27 日", "样例自提点")


async def test_nobody_is_reminded_of_what_was_collected_or_is_over(point: Point) -> None:
    order, parcel = await point.buy()
    _, late = await point.buy()
    await point.arrive(parcel)
    await point.arrive(late)
    await point.hand_over(await point.get_code(order))
    w = point.shopping
    assert await remind_of_pickups(w.db, w.seal, days=DAYS, now=NOW + timedelta(days=DAYS + 1)) == 0
    assert await remind_of_pickups(w.db, w.seal, days=DAYS, now=NOW + timedelta(days=DAYS)) == 1


async def test_a_reminder_that_fails_delays_no_other(point: Point, owner: Connection) -> None:
    w = point.shopping
    for _ in range(2):
        await point.arrive((await point.buy())[1])
    other = await make_account(owner)
    await owner.execute("UPDATE accounts SET phone_sealed = 'x' WHERE id = $1", other)
    await owner.execute("UPDATE orders SET buyer_id = $1 WHERE id = (SELECT min(id::text)::uuid FROM orders)", other)
    assert await remind_of_pickups(w.db, w.seal, days=DAYS, now=NOW + timedelta(days=6)) == 1
    assert len(await point.list_told("pickup_ending")) == 1


async def test_a_point_that_buyer_or_seller_keeps_proves_no_receipt(point: Point) -> None:
    order, parcel = await point.buy()
    await point.arrive(parcel)
    await point.hand_over(await point.get_code(order))
    proven = "SELECT is_receipt_proven($1)"
    assert await point.owner.fetchval(proven, parcel)
    for party in (point.seller, point.shopping.buyer):
        # The keeper has a second account, under the same name.
        names = "UPDATE accounts SET name = CASE WHEN id = ANY($1) THEN '样例同名' ELSE '样例' || id END"
        await point.owner.execute(names, [party.account_id, point.keeper.account_id])
        assert not await point.owner.fetchval(proven, parcel)
