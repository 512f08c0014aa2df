"""Parcels that are not sent by their day: reminded, told, cancelled; and those that the seller cannot send."""

import asyncio
import json
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from market.kernel import Connection
from market.people.identity.models import Actor, NotFound, Role
from market.people.moderation.off_platform import OffPlatformContact
from market.places.counties.change import change_county_setting
from market.sales.aftersales.models import NotShippable
from market.sales.aftersales.ship import ship_suborder
from market.sales.aftersales.unsent import ReasonMissing, cancel_own_parcel, cancel_unsent, remind_sellers
from market.sales.orders.models import OrderState, PaymentDisputed, SuborderState
from market.sales.orders.queries import OrderView, SuborderView
from payments import finish_operations
from tests.conftest import NOW
from tests.support.make import load_actor, load_owner, make_account, make_freight_template, make_official, make_product
from tests.support.shop import Shopping

PAID_ON = date(2019, 9, 20)


def on(days: int, hour: int = 12) -> datetime:
    """The time so many days after the payment."""
    return NOW + timedelta(days=days, hours=hour - 12)


async def a_paid_parcel(shopping: Shopping) -> tuple[OrderView, Actor]:
    """One parcel of 99.99 with 17.00 freight, and its seller."""
    async with shopping.db.transaction() as conn:
        product = await make_product(conn, price_fen=33_33, gross_g=1200, left=10)
        await make_freight_template(conn, product.producer_id)
        owner = await load_owner(conn, product.producer_id)
    order = await shopping.place([(product.variant_id, 3)])
    await shopping.pay(order)
    return await shopping.see(order), owner


async def see_parcel(shopping: Shopping, order: OrderView) -> SuborderView:
    return (await shopping.see_id(order.id)).suborders[0]


async def list_messages(shopping: Shopping, *templates: str) -> list[dict[str, str]]:
    return [json.loads(facts) for template, facts in await shopping.messages() if template in templates]


async def test_a_parcel_is_promised_in_three_days_and_kept_a_week_longer(shopping: Shopping) -> None:
    order, _ = await a_paid_parcel(shopping)
    parcel = order.suborders[0]
    assert (parcel.send_by, parcel.cancel_on) == (date(2019, 9, 23), date(2019, 10, 1))


async def test_a_county_changes_the_promise_of_later_payments_only(shopping: Shopping) -> None:
    order, _ = await a_paid_parcel(shopping)
    async with shopping.db.transaction(scope="130624") as conn:
        official = await load_actor(conn, await make_official(conn, Role.COUNTY, "130624"))
        for name, value in (("ship_days", 1), ("unsent_days", 2)):
            await change_county_setting(
                conn, official, "130624", name, value, starts_on=PAID_ON + timedelta(days=1), basis="样例", now=NOW
            )
    later = await shopping.place([(order.suborders[0].lines[0].variant_id, 1)], now=on(1))
    await shopping.pay(later, now=on(1))
    days = [
        (each.send_by, each.cancel_on)
        for each in (await see_parcel(shopping, order), await see_parcel(shopping, await shopping.see(later)))
    ]
    assert days == [(date(2019, 9, 23), date(2019, 10, 1)), (date(2019, 9, 22), date(2019, 9, 25))]


async def test_a_seller_is_reminded_on_the_day_and_once_after_it_and_the_buyer_is_told(shopping: Shopping) -> None:
    order, _ = await a_paid_parcel(shopping)
    reminded = [await remind_sellers(shopping.db, shopping.seal, now=on(day)) for day in (2, 3, 3, 4, 4, 5)]
    assert reminded == [0, 1, 0, 1, 0, 0]
    name = order.suborders[0].producer
    assert await list_messages(shopping, "parcels_due") == [{"name": name, "count": "1"}]
    assert await list_messages(shopping, "parcels_late") == [{"name": name, "count": "1", "day": "10 月 1 日"}]
    assert await list_messages(shopping, "parcel_late") == [
        {"order": str(order.number), "name": name, "day": "10 月 1 日"}
    ]


async def test_a_sent_parcel_is_neither_reminded_of_nor_cancelled(shopping: Shopping) -> None:
    order, owner = await a_paid_parcel(shopping)
    async with shopping.db.transaction() as conn:
        await ship_suborder(
            conn, shopping.seal, owner, order.suborders[0].id, carrier="邮政", tracking="EMS0001", now=on(3)
        )
    assert await remind_sellers(shopping.db, shopping.seal, now=on(4)) == 0
    assert await cancel_unsent(shopping.db, shopping.seal, now=on(30)) == 0


async def test_an_unsent_parcel_is_cancelled_and_refunded_whole_on_its_last_day(
    shopping: Shopping, owner: Connection
) -> None:
    order, _ = await a_paid_parcel(shopping)
    assert await cancel_unsent(shopping.db, shopping.seal, now=on(10)) == 0
    cancelled = [await cancel_unsent(shopping.db, shopping.seal, now=on(11)) for _ in range(2)]
    assert cancelled == [1, 0]
    await finish_operations(shopping.db, shopping.gateway, at=on(11))
    seen = await shopping.see_id(order.id)
    assert (seen.state, seen.refunded_fen, seen.suborders[0].state) == (
        OrderState.CANCELLED, 116_99, SuborderState.CANCELLED,
    )  # fmt: skip
    assert await shopping.balances() == {}
    assert await owner.fetchval("SELECT available_units FROM lots JOIN variants ON lot_id = lots.id") == 10
    assert await owner.fetchval("SELECT actor FROM suborder_events WHERE state = 'cancelled'") == "clock"
    assert await owner.fetchval("SELECT DISTINCT reason FROM line_refunds") == "not_shipped"
    (told,) = await list_messages(shopping, "parcel_cancelled")
    assert (told["why"], told["amount"]) == ("过了日子没有发", "116.99")
    assert await list_messages(shopping, "parcel_cancelled_seller") == [
        {"order": str(order.number), "day": "10 月 1 日"}
    ]


async def test_a_disputed_parcel_waits(shopping: Shopping, owner: Connection) -> None:
    order, seller = await a_paid_parcel(shopping)
    await owner.execute(
        """
        INSERT INTO payments.disputes (payment_id, provider_ref, amount_minor, state, reason, opened_at)
        SELECT id, 'dp_sample', 100, 'open', '', $1 FROM payments.payments
        """,
        NOW,
    )
    assert await remind_sellers(shopping.db, shopping.seal, now=on(4)) == 0
    assert await cancel_unsent(shopping.db, shopping.seal, now=on(11)) == 0
    with pytest.raises(PaymentDisputed):
        await cancel_own_parcel(
            shopping.db, shopping.gateway, shopping.seal, seller, order.suborders[0].id, reason="没了", now=on(1)
        )


async def test_a_parcel_that_cannot_be_cancelled_delays_no_other(shopping: Shopping, owner: Connection) -> None:
    broken, _ = await a_paid_parcel(shopping)
    other, _ = await a_paid_parcel(shopping)
    # Without a captured payment nothing can be refunded.
    await owner.execute("UPDATE payments.payments SET state = 'failed' WHERE order_ref = $1", str(broken.number))
    assert await cancel_unsent(shopping.db, shopping.seal, now=on(11)) == 1
    assert (await see_parcel(shopping, broken)).state is SuborderState.PAID
    assert await cancel_unsent(shopping.db, shopping.seal, now=on(11)) == 0
    assert await owner.fetchval("SELECT sum(attempts) FROM jobs.failures WHERE job = 'cancel_unsent'") == 1
    assert (await see_parcel(shopping, other)).state is SuborderState.CANCELLED


async def test_a_seller_cancels_what_cannot_be_sent_and_says_why(shopping: Shopping) -> None:
    order, seller = await a_paid_parcel(shopping)
    parcel = order.suborders[0]

    async def cancel(actor: Actor, reason: str) -> None:
        await cancel_own_parcel(
            shopping.db, shopping.gateway, shopping.seal, actor, parcel.id, reason=reason, now=on(1)
        )

    async with shopping.db.transaction() as conn:
        stranger = await load_actor(conn, await make_account(conn))
    with pytest.raises(NotFound):
        await cancel(stranger, "没了")
    with pytest.raises(ReasonMissing):
        await cancel(seller, "  ")
    with pytest.raises(OffPlatformContact):
        await cancel(seller, "加我微信另外卖您")
    await cancel(seller, "下雨，枣裂了")
    await cancel(seller, "下雨，枣裂了")
    seen = await shopping.see_id(order.id)
    assert (seen.state, seen.refund_arrived_fen) == (OrderState.CANCELLED, 116_99)
    assert seen.suborders[0].cancel_note == "下雨，枣裂了"
    (told,) = await list_messages(shopping, "parcel_cancelled")
    assert told["why"] == "发不了"


async def test_a_sent_parcel_is_not_cancelled_by_its_seller(shopping: Shopping) -> None:
    order, seller = await a_paid_parcel(shopping)
    parcel = order.suborders[0]
    async with shopping.db.transaction() as conn:
        await ship_suborder(conn, shopping.seal, seller, parcel.id, carrier="邮政", tracking="EMS0001", now=on(1))
    with pytest.raises(NotShippable):
        await cancel_own_parcel(
            shopping.db, shopping.gateway, shopping.seal, seller, parcel.id, reason="没了", now=on(1)
        )


async def ship_late(shopping: Shopping, seller: Actor, suborder_id: UUID) -> None:
    async with shopping.db.transaction() as conn:
        await ship_suborder(conn, shopping.seal, seller, suborder_id, carrier="邮政", tracking="EMS0001", now=on(11))


async def test_sending_races_the_cancellation_of_the_last_day(shopping: Shopping) -> None:
    """Either the parcel is sent and the money stays, or it is cancelled and the money goes back."""
    for _ in range(5):
        order, seller = await a_paid_parcel(shopping)
        shipped, cancelled, again = await asyncio.gather(
            ship_late(shopping, seller, order.suborders[0].id),
            cancel_unsent(shopping.db, shopping.seal, now=on(11)),
            cancel_unsent(shopping.db, shopping.seal, now=on(11)),
            return_exceptions=True,
        )
        refunded = (await see_parcel(shopping, order)).refunded_fen
        assert (shipped, cancelled, again, refunded) in [
            (None, 0, 0, 0),
            *(((shipped, count, 1 - count, 116_99)) for count in (0, 1) if isinstance(shipped, NotShippable)),
        ]
