"""Other days for a booked stay: the difference is stated, nights are freed and taken together, and money adds up."""

import asyncio
from datetime import date, datetime, timedelta

import asyncpg
import pytest
from msgspec import Struct

from market.catalogue.bookings.models import StayTooShort
from market.catalogue.listings.cancel_tiers import CancelTerms, set_cancel_terms
from market.catalogue.listings.models import CancelTier
from market.catalogue.listings.night_rules import NightRule, RuleKind, set_night_rule
from market.kernel import Connection, Refusal
from market.people.identity.models import Actor, NotFound
from market.sales.orders.cancel import cancel_order
from market.sales.orders.checkout.placing import place_batch
from market.sales.orders.models import NightsTaken, PlacedOrder
from market.sales.orders.queries import OrderView
from market.sales.visits.change_booking import (
    answer_change,
    lapse_changes,
    offer_change,
    propose_change,
    withdraw_change,
)
from market.sales.visits.changeable_stay import NewDays
from market.sales.visits.models import (
    BookingChange,
    BookingChangeState,
    BookingNotChangeable,
    ChangeCostsMore,
    ChangeInvalid,
    ChangeNotOpen,
    ChangeOpen,
    ChangePriceMoved,
    TooManyChanges,
)
from tests.conftest import NOW
from tests.sales.orders.requests import make_request
from tests.support.make import StayIds, load_owner, make_stay
from tests.support.postgres import wait_for_blocked
from tests.support.shop import Shopping, make_buyer, make_october_nights

SEASONS = [(date(2019, 10, 1), date(2019, 10, 4), 420_00), (date(2019, 10, 4), date(2019, 10, 8), 360_00)]
TEN_DAYS_BEFORE = datetime.fromisoformat("2019-09-23T12:00:00+08:00")
"""When a stay from 3 October in the holiday is refunded by half, so that its host must consent to a change."""


class Booked(Struct, frozen=True):
    """A paid stay of two rooms at most, of 3 to 5 October, for 780 yuan a room."""

    shopping: Shopping
    stay: StayIds
    order: OrderView
    host: Actor

    async def propose(
        self, arrive: int, leave: int, *, price_fen: int | None = None, now: datetime = TEN_DAYS_BEFORE
    ) -> BookingChange:
        w = self.shopping
        days = october(arrive, leave, price_fen)
        return await propose_change(w.db, w.gateway, w.seal, w.buyer, self.order.id, position=1, days=days, now=now)

    async def offer(self, arrive: int, leave: int, *, by: Actor | None = None) -> BookingChange:
        w = self.shopping
        booking_id = self.order.suborders[0].bookings[0].id
        async with w.db.transaction() as conn:
            days = october(arrive, leave)
            return await offer_change(conn, w.seal, by or self.host, booking_id, days, now=TEN_DAYS_BEFORE)

    async def answer(
        self, change: BookingChange, *, accept: bool = True, by: Actor | None = None, now: datetime = TEN_DAYS_BEFORE
    ) -> BookingChange:
        w = self.shopping
        return await answer_change(w.db, w.gateway, w.seal, by or self.host, change.id, accept=accept, now=now)

    async def days(self) -> set[tuple[date, date]]:
        seen = await self.shopping.see_id(self.order.id)
        return {(each.arrive_on, each.leave_on) for each in seen.suborders[0].bookings}

    async def taken(self) -> list[tuple[date, date]]:
        async with self.shopping.db.connection() as conn:
            rows = await conn.fetch(
                "SELECT lower(nights) AS first, upper(nights) AS until FROM taken_nights ORDER BY nights, room_id"
            )
        return [(row["first"], row["until"]) for row in rows]


def october(arrive: int, leave: int, price_fen: int | None = None) -> NewDays:
    return NewDays(arrive_on=date(2019, 10, arrive), leave_on=date(2019, 10, leave), price_fen=price_fen)


async def book(shopping: Shopping, *, rooms: int = 1, now: datetime = NOW) -> Booked:
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn, seasons=SEASONS)
        host = await load_owner(conn, stay.producer_id)
    order = await shopping.place(nights=[make_october_nights(stay.listing_id, rooms=rooms)], now=now)
    await shopping.pay(order, now=now)
    return Booked(shopping, stay, await shopping.see(order), host)


async def test_cheaper_days_are_given_at_once_while_all_money_would_come_back(shopping: Shopping) -> None:
    """On 1 September the stay could be cancelled for all of its money, so nobody is asked."""
    booked = await book(shopping)
    code = booked.order.suborders[0].bookings[0].code
    change = await booked.propose(4, 6, price_fen=720_00, now=NOW - timedelta(days=19))
    assert (change.state, change.paid_fen, change.price_fen, change.refund_fen) == ("done", 780_00, 720_00, 60_00)
    assert await booked.taken() == [(date(2019, 10, 4), date(2019, 10, 6))]
    seen = await shopping.see_id(booked.order.id)
    assert (seen.refunded_fen, seen.refund_arrived_fen) == (60_00, 60_00)
    assert seen.suborders[0].bookings[0].code == code
    assert await shopping.balances() == {"clearing:alipay": -720_00, f"escrow:{seen.number}-1": 720_00}
    async with shopping.db.connection() as conn:
        prices = await conn.fetch("SELECT night, price_fen FROM booked_nights ORDER BY night")
    assert [(row["night"].day, row["price_fen"]) for row in prices] == [(4, 360_00), (5, 360_00)]


async def test_later_the_host_is_asked_and_nothing_moves_before(shopping: Shopping) -> None:
    booked = await book(shopping, rooms=2)
    change = await booked.propose(4, 6)
    assert change.state is BookingChangeState.PROPOSED
    assert await booked.days() == {(date(2019, 10, 3), date(2019, 10, 5))}
    done = await booked.answer(change)
    assert (done.state, done.refund_fen) == (BookingChangeState.DONE, 120_00)
    assert await booked.days() == {(date(2019, 10, 4), date(2019, 10, 6))}
    assert len(await booked.taken()) == 2
    number = booked.order.number
    assert [message for message, _ in await shopping.messages()][-3:] == [
        "change_asked_seller", "change_done", "change_done_seller",
    ]  # fmt: skip
    assert (await shopping.balances())[f"escrow:{number}-1"] == 1440_00


@pytest.mark.parametrize(
    ("refund_bp", "proposed_at", "state"),
    [(10_000, TEN_DAYS_BEFORE, "proposed"), (0, NOW - timedelta(days=17), "done")],
)
async def test_a_change_is_at_once_by_the_tiers_of_the_order(
    shopping: Shopping, refund_bp: int, proposed_at: datetime, state: str
) -> None:
    """The host changed them a day after the order: what cancelling would give decides, not what it gives to others."""
    ordered_at = NOW - timedelta(days=19)
    booked = await book(shopping, now=ordered_at)
    terms = CancelTerms(tiers=(CancelTier(days_before=0, refund_bp=refund_bp),))
    async with shopping.db.transaction() as conn:
        await set_cancel_terms(conn, booked.host, booked.stay.listing_id, terms, now=ordered_at + timedelta(days=1))
    assert (await booked.propose(4, 6, now=proposed_at)).state == state


async def test_dearer_days_are_refused_with_the_difference(shopping: Shopping) -> None:
    booked = await book(shopping)
    with pytest.raises(ChangeCostsMore) as refused:
        await booked.propose(1, 3)
    assert refused.value.text() == (
        "新日子比付过的多 60.00 元，不能改成这几晚。换便宜的日子，请店家不加钱改给您，或者退了重订。"
    )
    assert [each.field for each in refused.value.errors] == ["leave_on"]


async def test_the_host_offers_dearer_days_for_what_was_paid(shopping: Shopping) -> None:
    booked = await book(shopping)
    change = await booked.offer(1, 3)
    assert (change.price_fen, change.refund_fen) == (780_00, 0)
    with pytest.raises(NotFound):
        await booked.answer(change)
    await booked.answer(change, by=shopping.buyer)
    assert await booked.days() == {(date(2019, 10, 1), date(2019, 10, 3))}
    assert (await shopping.see_id(booked.order.id)).refunded_fen == 0


async def test_a_price_that_moved_is_not_charged_silently(shopping: Shopping) -> None:
    booked = await book(shopping)
    with pytest.raises(ChangePriceMoved):
        await booked.propose(4, 6, price_fen=700_00)


async def test_changes_that_are_proposed_again_and_again_end(
    shopping: Shopping, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("market.sales.visits.change_booking.MAX_CHANGES", 2)
    booked = await book(shopping)
    for _ in range(2):
        await booked.answer(await booked.propose(4, 6), accept=False)
    with pytest.raises(TooManyChanges):
        await booked.propose(4, 6)
    assert (await booked.offer(1, 3)).state is BookingChangeState.PROPOSED


async def test_a_change_is_declined_withdrawn_or_lapses_and_the_days_stay(shopping: Shopping) -> None:
    booked = await book(shopping)
    assert (await booked.answer(await booked.propose(4, 6), accept=False)).state is BookingChangeState.DECLINED
    change = await booked.propose(4, 6)
    with pytest.raises(ChangeOpen):
        await booked.propose(5, 7)
    async with shopping.db.transaction() as conn:
        assert (await withdraw_change(conn, shopping.buyer, change.id, now=TEN_DAYS_BEFORE)).state == "withdrawn"
    with pytest.raises(ChangeNotOpen):
        await booked.answer(change)
    change = await booked.propose(4, 6)
    assert await lapse_changes(shopping.db, shopping.seal, now=TEN_DAYS_BEFORE + timedelta(hours=23)) == 0
    late = TEN_DAYS_BEFORE + timedelta(hours=24)
    with pytest.raises(ChangeNotOpen):
        await booked.answer(change, now=late)
    assert await lapse_changes(shopping.db, shopping.seal, now=late) == 1
    assert (await shopping.messages())[-1][0] == "change_lapsed"
    assert await booked.days() == {(date(2019, 10, 3), date(2019, 10, 5))}


async def test_days_that_cannot_be_had_are_refused_at_their_field(shopping: Shopping) -> None:
    booked = await book(shopping, rooms=2)
    async with shopping.db.transaction() as conn:
        rule = NightRule(applies=RuleKind.HOLIDAY, holiday="国庆", min_nights=2)
        await set_night_rule(conn, booked.host, booked.stay.listing_id, rule, now=NOW)
        await conn.execute(
            "INSERT INTO taken_nights VALUES ($1, $2)", booked.stay.room_ids[0],
            asyncpg.Range(date(2019, 10, 6), date(2019, 10, 7)),
        )  # fmt: skip
    seen: list[tuple[type[Refusal], list[str]]] = []
    for arrive, leave in ((3, 5), (8, 8), (4, 5), (5, 7)):
        with pytest.raises(Refusal) as refused:
            await booked.propose(arrive, leave)
        seen.append((type(refused.value), [each.field for each in refused.value.errors]))
    assert seen == [
        (ChangeInvalid, ["arrive_on"]), (ChangeInvalid, ["arrive_on"]), (StayTooShort, ["leave_on"]),
        (NightsTaken, ["arrive_on"]),
    ]  # fmt: skip


async def test_only_the_two_sides_see_and_answer_a_change(shopping: Shopping) -> None:
    booked = await book(shopping)
    async with shopping.db.transaction() as conn:
        stranger, other = await make_buyer(conn), await load_owner(conn, (await make_stay(conn)).producer_id)
    change = await booked.propose(4, 6)
    for actor in (stranger, other, shopping.buyer):
        with pytest.raises(NotFound):
            await booked.answer(change, by=actor)
    with pytest.raises(NotFound):
        await booked.offer(4, 6, by=other)


async def test_a_stay_that_was_cancelled_meanwhile_is_not_moved(shopping: Shopping) -> None:
    booked = await book(shopping)
    change = await booked.propose(4, 6)
    await cancel_order(
        shopping.db, shopping.gateway, shopping.seal, shopping.buyer, booked.order.id, now=TEN_DAYS_BEFORE
    )
    with pytest.raises(BookingNotChangeable):
        await booked.answer(change)
    assert await booked.taken() == []


async def test_nights_that_were_taken_meanwhile_leave_the_old_ones(shopping: Shopping) -> None:
    booked = await book(shopping, rooms=2)
    change = await booked.propose(4, 6)
    async with shopping.db.transaction() as conn:
        await conn.execute(
            "INSERT INTO taken_nights VALUES ($1, $2)", booked.stay.room_ids[1],
            asyncpg.Range(date(2019, 10, 5), date(2019, 10, 6)),
        )  # fmt: skip
    with pytest.raises(NightsTaken):
        await booked.answer(change)
    assert await booked.days() == {(date(2019, 10, 3), date(2019, 10, 5))}
    assert len(await booked.taken()) == 3


async def test_a_change_and_new_bookings_never_share_a_night(shopping: Shopping) -> None:
    """One room is left in the nights that a guest moves to, and eight others want it at the same time."""
    booked = await book(shopping)
    async with shopping.db.transaction() as conn:
        await conn.execute(
            "INSERT INTO taken_nights VALUES ($1, $2)", booked.stay.room_ids[1],
            asyncpg.Range(date(2019, 10, 5), date(2019, 10, 7)),
        )  # fmt: skip
        others = [await make_buyer(conn) for _ in range(8)]
    change = await booked.propose(5, 7)
    nights = make_october_nights(booked.stay.listing_id, arrive=5, leave=7)

    async def place(buyer: Actor) -> bool:
        own = Shopping(shopping.db, shopping.seal, shopping.gateway, shopping.sandbox, buyer)
        try:
            await own.place(nights=[nights], now=TEN_DAYS_BEFORE)
        except NightsTaken:
            return False
        return True

    async def move() -> bool:
        try:
            await booked.answer(change)
        except NightsTaken:
            return False
        return True

    outcomes = await asyncio.gather(
        *(place(each) for each in others[:4]), move(), *(place(each) for each in others[4:])
    )
    assert sum(outcomes) == 1
    moved = outcomes[4]
    assert await booked.days() == {
        (date(2019, 10, 5), date(2019, 10, 7)) if moved else (date(2019, 10, 3), date(2019, 10, 5))
    }
    assert len(await booked.taken()) == (2 if moved else 3)


async def test_a_change_waits_for_a_checkout_and_takes_the_other_room(shopping: Shopping, owner: Connection) -> None:
    """Without the lock of the rooms it finds its own room free, loses it to the checkout, and is refused."""
    booked = await book(shopping)
    async with shopping.db.transaction() as conn:
        other = await make_buyer(conn)
    change = await booked.propose(5, 7)
    nights = make_october_nights(booked.stay.listing_id, arrive=5, leave=7)
    async with shopping.db.transaction() as conn:
        [placed] = await place_batch(conn, [make_request(other.account_id, [], nights=[nights])])
        assert isinstance(placed, PlacedOrder)
        moving = asyncio.create_task(booked.answer(change))
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    assert (await moving).state is BookingChangeState.DONE
    assert await booked.days() == {(date(2019, 10, 5), date(2019, 10, 7))}
    assert await owner.fetchval("SELECT count(DISTINCT room_id) FROM taken_nights") == 2


async def test_a_change_that_cannot_lapse_delays_no_other(shopping: Shopping, owner: Connection) -> None:
    stuck, other = await book(shopping), await book(shopping)
    for each in (stuck, other):
        await each.propose(4, 6)
    late = TEN_DAYS_BEFORE + timedelta(hours=24)
    lock = owner.transaction()
    await lock.start()
    await owner.fetch("SELECT FROM orders WHERE id = $1 FOR NO KEY UPDATE", stuck.order.id)
    assert await lapse_changes(shopping.db, shopping.seal, now=late) == 1
    await lock.rollback()
    assert await lapse_changes(shopping.db, shopping.seal, now=late) == 0
    await owner.execute("UPDATE jobs.failures SET next_at = now()")
    assert await lapse_changes(shopping.db, shopping.seal, now=late) == 1
    assert await owner.fetchval("SELECT count(*) FROM jobs.failures") == 0
