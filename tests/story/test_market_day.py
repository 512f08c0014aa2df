"""One market day, 20 September 2019: every figure equals expected/shop.json."""

from collections.abc import AsyncGenerator
from datetime import date
from typing import Any

import pytest

from market.aftersales.check_in import CheckIn, check_in_guest
from market.aftersales.models import CheckInCodeUsed, LineRefundReason, NotWeighed
from market.aftersales.receive import confirm_receipt
from market.aftersales.refund import refund_line
from market.aftersales.ship import ship_suborder
from market.aftersales.weigh import WeighedLine, weigh_parcel
from market.bookings.calendar import list_stay_nights
from market.catalogue.freight import RegionNotServed
from market.coupons.models import CouponLimitReached, VoucherUsed
from market.kernel import Connection, Database, Refusal
from market.kernel.seal import Seal
from market.orders.cancel import cancel_order
from market.orders.checkout.batcher import Batcher
from market.orders.models import (
    BalanceNotDue,
    InvalidQuantity,
    NightsTaken,
    OrderAlreadyPaid,
    SoldOut,
    WaitingForPayment,
)
from market.orders.pay import pay_order
from market.orders.queries import get_order
from market.payouts.statement import get_statement
from market.slots.list_slots import list_coming_slots
from market.slots.models import SlotStarted
from payments import Method
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.story.market_day import EXPECTED, STORY, World, at, build, expected_ledger, rush


@pytest.fixture
async def world(database: Database, seal: Seal, gateway: Stripe, sandbox: Sandbox) -> AsyncGenerator[World]:
    """The story's market on the morning of its day."""
    async with Batcher(database) as batcher:
        made = World(database, seal, gateway, sandbox, batcher)
        await build(made)
        yield made


def expected_order(order: str) -> dict[str, Any]:
    return next(each for each in EXPECTED["orders"] if each["id"] == order)


async def check_order(world: World, order: str, buyer: str) -> None:
    """Compare an order with the story: lines, suborders, sums."""
    wanted = expected_order(order)
    async with world.db.connection() as conn:
        found = await get_order(conn, world.seal, world.buyers[buyer], world.orders[order].id)
    assert (found.goods_fen, found.freight_fen, found.total_fen, found.refunded_fen) == (
        wanted["goods_fen"], wanted["freight_fen"], wanted["total_fen"], wanted["refunded_fen"],
    )  # fmt: skip
    lines = [(each.quantity, each.amount_fen) for suborder in found.suborders for each in suborder.lines]
    assert lines == [(each["quantity"], each["amount_fen"]) for each in wanted["lines"]]
    sums = [(each.goods_fen, each.freight_fen, each.total_fen) for each in found.suborders]
    assert sums == [(each["goods_fen"], each["freight_fen"], each["total_fen"]) for each in wanted["suborders"]]


async def follow_o1(world: World) -> None:
    await world.place_and_pay("O1")
    event = next(each for each in STORY["events"] if each["do"] == "confirm receipt" and each["order"] == "O1")
    async with world.db.transaction() as conn:
        received = await confirm_receipt(
            conn, world.seal, world.buyers["B1"], world.orders["O1"].id, now=at(event["at"])
        )
    assert (received.state, received.positions) == ("finished", [1, 2])
    assert await world.ledger("O1") == expected_ledger("O1")
    await check_order(world, "O1", "B1")


async def follow_o2(world: World) -> None:
    await world.place_and_pay("O2")
    assert await world.ledger("O2") == expected_ledger("O2")[:1]
    async with world.db.connection() as conn:
        order = await get_order(conn, world.seal, world.buyers["B2"], world.orders["O2"].id)
    event = next(each for each in STORY["events"] if each["do"] == "bad fruit" and each["order"] == "O2")
    await refund_line(
        world.db, world.gateway, world.seal, world.owners["P2"], order.suborders[0].lines[0].id, key="O2",
        reason=LineRefundReason.BAD_FRUIT, share_bp=10_000 * event["pieces"] // event["of"], now=at(event["at"]),
    )  # fmt: skip
    async with world.db.transaction() as conn:
        await confirm_receipt(conn, world.seal, world.buyers["B2"], order.id, now=at("2019-09-23T09:00"))
    ledger = [(at_, kind, sorted(legs)) for at_, kind, legs in await world.ledger("O2")]
    assert ledger == [(at_, kind, sorted(legs)) for at_, kind, legs in expected_ledger("O2")]
    await check_order(world, "O2", "B2")


async def follow_o3(world: World) -> None:
    await world.place_and_pay("O3")
    wanted = expected_order("O3")
    async with world.db.connection() as conn:
        order = await get_order(conn, world.seal, world.buyers["B3"], world.orders["O3"].id)
    [suborder] = order.suborders
    event = next(each for each in STORY["events"] if each["do"] == "weigh")
    tracking = {"carrier": "邮政", "tracking": "XA1234567890CN"}
    with pytest.raises(NotWeighed):
        async with world.db.transaction() as conn:
            await ship_suborder(conn, world.seal, world.owners["P1"], suborder.id, **tracking, now=at(event["at"]))
    [price] = await weigh_parcel(
        world.db, world.gateway, world.seal, world.owners["P1"], suborder.id,
        weights=[WeighedLine(suborder.lines[0].id, event["net_g"])], now=at(event["at"]),
    )  # fmt: skip
    [line] = wanted["lines"]
    assert suborder.lines[0].ceiling_g == line["ceiling_g"]
    assert (price.charged_fen, price.final_fen, price.refund_fen) == (
        line["amount_fen"], line["final_fen"], wanted["refunded_fen"],
    )  # fmt: skip
    async with world.db.transaction() as conn:
        await ship_suborder(conn, world.seal, world.owners["P1"], suborder.id, **tracking, now=at("2019-09-20T14:00"))
    async with world.db.transaction() as conn:
        await confirm_receipt(conn, world.seal, world.buyers["B3"], order.id, now=at("2019-09-23T09:30"))
    assert await world.ledger("O3") == expected_ledger("O3")
    await check_order(world, "O3", "B3")
    async with world.db.connection() as conn:
        left = await conn.fetchval("SELECT available_units FROM lots WHERE id = $1", world.lots["A"])
    assert left == next(each["left"] for each in EXPECTED["stock"] if each["lot"] == "A")


async def follow_o4(world: World) -> None:
    await world.place_and_pay("O4")
    event = next(each for each in STORY["events"] if each["do"] == "cancel")
    cancelled = await cancel_order(
        world.db, world.gateway, world.seal, world.buyers["B4"], world.orders["O4"].id, now=at(event["at"])
    )
    assert (cancelled.state, cancelled.refund_fen) == ("cancelled", 390_00)
    ledger = await world.ledger("O4")
    assert sorted(ledger, key=str) == sorted(expected_ledger("O4"), key=str)
    await check_order(world, "O4", "B4")
    async with world.db.connection() as conn:
        nights = await list_stay_nights(conn, world.listings["L6"], arrive=date(2019, 10, 3), leave=date(2019, 10, 5))
        assert [(each.night.isoformat(), each.free) for each in nights] == [
            (each["night"], each["free"]) for each in EXPECTED["nights"]
        ]
        statement = await get_statement(conn, world.owners["P4"], world.owners["P4"].producers[0])
    assert (statement.payable_fen, statement.freight_fen, statement.owed_fen, statement.pending_fen) == (
        378_30, 0, 378_30, 0,
    )  # fmt: skip
    assert [(each.payable_fen, each.commission_fen) for each in statement.lines] == [(378_30, 11_70)]


async def follow_o5(world: World) -> None:
    await world.place_and_pay("O5")
    async with world.db.transaction() as conn:
        await confirm_receipt(conn, world.seal, world.buyers["B5"], world.orders["O5"].id, now=at("2019-09-22T10:00"))
        order = await get_order(conn, world.seal, world.buyers["B5"], world.orders["O5"].id)
    event = next(each for each in STORY["events"] if each["do"] == "bad fruit" and each["order"] == "O5")
    line = order.suborders[0].lines[0]
    refund = await refund_line(
        world.db, world.gateway, world.seal, world.owners["P3"], line.id, key="O5", reason=LineRefundReason.BAD_FRUIT,
        share_bp=event["share_bp"], now=at(event["at"]),
    )  # fmt: skip
    assert (refund.amount_fen, refund.left_fen) == (19_20, 76_80)
    assert await world.ledger("O5") == expected_ledger("O5")
    await check_order(world, "O5", "B5")
    async with world.db.connection() as conn:
        statement = await get_statement(conn, world.owners["P3"], world.owners["P3"].producers[0])
    assert (statement.payable_fen, statement.freight_fen, statement.owed_fen) == (75_26, 17_00, 92_26)
    assert [(each.payable_fen, each.commission_fen) for each in statement.lines] == [(75_26, 1_54)]


async def follow_o8(world: World) -> None:
    await world.place_and_pay("O8")
    order = world.orders["O8"]
    async with world.db.connection() as conn:
        paid = await get_order(conn, world.seal, world.buyers["B4"], order.id)
    assert paid.suborders[0].places is not None
    code = paid.suborders[0].places.code
    assert code is not None
    event = next(each for each in STORY["events"] if each["do"] == "check in")
    async with world.db.transaction() as conn:
        guests = await check_in_guest(conn, world.seal, world.owners["P1"], code, now=at(event["at"]))
    assert isinstance(guests, CheckIn)
    assert guests.party == expected_order("O8")["lines"][0]["quantity"]
    with pytest.raises(CheckInCodeUsed):
        async with world.db.transaction() as conn:
            await check_in_guest(conn, world.seal, world.owners["P1"], code, now=at(event["at"]))
    assert await world.ledger("O8") == expected_ledger("O8")
    await check_order(world, "O8", "B4")
    async with world.db.connection() as conn:
        slots = await list_coming_slots(conn, world.listings["L8"], now=at("2019-09-20T12:00"))
        assert [(each.day.isoformat(), each.free) for each in slots] == [
            (each["date"], each["left"]) for each in EXPECTED["slots"]
        ]
        statement = await get_statement(conn, world.owners["P1"], world.owners["P1"].producers[0])
    assert [(each.payable_fen, each.commission_fen) for each in statement.lines] == [(87_30, 2_70)]


async def follow_o7(world: World) -> None:
    await world.place_order("O7")
    await world.pay("O7", "pay deposit")
    with pytest.raises(BalanceNotDue):
        await pay_order(
            world.db, world.gateway, world.buyers["B7"], world.orders["O7"].id, method=Method.ALIPAY, return_url=None,
            now=at("2019-09-27T23:59"),
        )  # fmt: skip
    await world.pay("O7", "pay balance")
    async with world.db.transaction() as conn:
        await confirm_receipt(conn, world.seal, world.buyers["B7"], world.orders["O7"].id, now=at("2019-10-02T12:00"))
    assert await world.ledger("O7") == expected_ledger("O7")
    await check_order(world, "O7", "B7")
    async with world.db.connection() as conn:
        left = await conn.fetchval("SELECT available_units FROM lots WHERE id = $1", world.lots["F"])
    assert left == next(each["left"] for each in EXPECTED["stock"] if each["lot"] == "F")


async def test_a_presale_is_paid_by_a_deposit_and_a_balance(world: World) -> None:
    await follow_o7(world)


async def test_three_people_pick_in_a_slot_and_the_money_is_released_at_check_in(world: World) -> None:
    await follow_o8(world)


async def test_two_producers_in_one_cart_are_released_on_receipt(world: World) -> None:
    await follow_o1(world)


async def test_a_coupon_of_the_platform_is_split_over_suborders_and_refunded_in_proportion(world: World) -> None:
    await follow_o2(world)


async def test_a_weighed_parcel_is_charged_by_weight_and_the_difference_is_refunded(world: World) -> None:
    await follow_o3(world)


async def test_two_holiday_nights_are_cancelled_by_their_tier(world: World) -> None:
    await follow_o4(world)


async def test_bad_fruit_after_release_comes_from_the_recorded_parts(world: World) -> None:
    await follow_o5(world)


async def test_two_hundred_buyers_race_for_fifty_boxes(world: World) -> None:
    await world.place_and_pay("O1")
    placed, refused = await rush(world)
    wanted = EXPECTED["race"]
    assert (len(placed), len(refused)) == (wanted["orders"], wanted["told_sold_out"])
    assert {each.total_fen for each in placed} == {wanted["each_total_fen"]}
    assert {type(each) for each in refused} == {WaitingForPayment}
    async with world.db.connection() as conn:
        lot = await conn.fetchrow(
            "SELECT available_units, reserved_units, sold_units FROM lots WHERE id = $1", world.lots["B"]
        )
    assert lot is not None
    assert tuple(lot) == (wanted["stock_after"], 50, 2)


REFUSED = {
    "L4 does not ship to 54": (RegionNotServed, "address.region_code", "土鸡蛋 30枚箱 不发往这里"),
    "only 25 of L5 are left after O2 and O5": (SoldOut, "lines[0].quantity", "只剩 25 袋"),
    "28 boxes and 30 eggs are 870 枚 of one lot that holds 860: lines on one lot are summed": (
        SoldOut,
        "lines[0].quantity",
        "只剩 28 箱",
    ),
    "two rooms only": (NightsTaken, "nights[0]", "这几晚房间不够"),
    "17 places are left, and the slot is over": (SlotStarted, "lines[0].slot_id", "这一场已经开始了"),
    "quantity zero": (InvalidQuantity, "lines[0].quantity", "要在 1 到 9999 之间"),
}


@pytest.mark.parametrize("why", REFUSED)
async def test_refused_events_change_nothing(world: World, owner: Connection, why: str) -> None:
    kind, named, message = REFUSED[why]
    await owner.execute("UPDATE lots SET available_units = 860 WHERE id = $1", world.lots["D"])
    await owner.execute("UPDATE lots SET available_units = 25 WHERE id = $1", world.lots["E"])
    before = await owner.fetch("SELECT id, available_units, reserved_units FROM lots ORDER BY id")
    wish = next(each["try"] for each in STORY["refused"] if each["why"] == why)
    with pytest.raises(Refusal) as raised:
        await world.place({"at": "2019-10-02T13:00" if "slot" in wish else "2019-09-20T12:00", **wish})
    assert type(raised.value) is kind
    assert (raised.value.errors[0].field, raised.value.errors[0].message) == (named, message)
    assert await owner.fetch("SELECT id, available_units, reserved_units FROM lots ORDER BY id") == before
    assert await owner.fetchval("SELECT count(*) FROM orders") == 0
    assert await owner.fetchval("SELECT count(*) FROM taken_nights") == 0


async def test_a_coupon_that_was_used_is_refused(world: World) -> None:
    await world.place_and_pay("O2")
    wish = next(each["try"] for each in STORY["refused"] if each["why"] == "C1 was used by B2")
    with pytest.raises(VoucherUsed) as raised:
        await world.place({"at": "2019-09-20T12:00", **wish})
    assert [each.field for each in raised.value.errors] == ["voucher_id"]
    world.vouchers.clear()
    with pytest.raises(CouponLimitReached):
        await world.get_voucher("B2", "C1")
    async with world.db.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM orders") == 1


async def test_a_paid_order_is_not_charged_again(world: World) -> None:
    await world.place_and_pay("O4")
    with pytest.raises(OrderAlreadyPaid):
        await pay_order(
            world.db, world.gateway, world.buyers["B4"], world.orders["O4"].id, method=Method.WECHAT,
            return_url=None, now=at("2019-09-20T10:00"),
        )  # fmt: skip
    assert await world.ledger("O4") == expected_ledger("O4")[:1]


async def test_the_balances_match_the_story(world: World) -> None:
    """All orders but that of the public unit to their ends: what they left in each account."""
    for follow in (follow_o8, follow_o1, follow_o3, follow_o4, follow_o5, follow_o2, follow_o7):
        await follow(world)
    wanted: dict[str, int] = {}
    for each in EXPECTED["ledger"]:
        if each["order"] in {"O1", "O2", "O3", "O4", "O5", "O7", "O8"}:
            for account, fen in each["legs"]:
                wanted[account] = wanted.get(account, 0) + fen
    assert await world.balances() == wanted
    assert sum(wanted.values()) == 0
