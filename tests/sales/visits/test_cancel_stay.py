"""A host cancels a paid stay: everything goes back, the nights are free or closed, and it counts in the score."""

import asyncio
from datetime import timedelta
from uuid import UUID

import asyncpg
import pytest
from msgspec import Struct

from market.catalogue.listings.stay_deposit import StayDeposit, set_stay_deposit
from market.kernel import Refusal
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.check_in import check_in_guest
from market.sales.orders.cancel import Cancellation, cancel_order
from market.sales.orders.models import PaymentDisputed, PlacedOrder
from market.sales.reviews.score import GET_FIGURES, refresh_figures
from market.sales.visits.cancel_stay import CancelledStay, StayBegun, StayCancelReason, cancel_booked_stay
from market.sales.visits.guest_register import GuestDocument, NewStayGuest, register_guest
from payments import list_payments, poll_payment
from tests.conftest import NOW
from tests.support.make import StayIds, load_actor, load_owner, make_account, make_stay
from tests.support.shop import Shopping, make_october_nights

DAY = timedelta(days=1)
ARRIVAL = timedelta(days=20)


class Hosted(Struct, frozen=True):
    """A paid stay of two rooms, from 10 to 12 October, for which nothing would be refunded on its last days."""

    shopping: Shopping
    stay: StayIds
    order: PlacedOrder
    host: Actor
    booking_id: UUID

    async def cancel(
        self, *, by: Actor | None = None, close: bool = False, after: timedelta = ARRIVAL,
        reason: StayCancelReason = StayCancelReason.REPAIR,
    ) -> CancelledStay:  # fmt: skip
        w = self.shopping
        return await cancel_booked_stay(
            w.db, w.gateway, w.seal, by or self.host, self.booking_id, reason=reason, close=close, now=NOW + after
        )

    async def cancel_as_buyer(self, *, after: timedelta = timedelta()) -> Cancellation:
        w = self.shopping
        return await cancel_order(w.db, w.gateway, w.seal, w.buyer, self.order.id, now=NOW + after)

    async def check_in(self, *, after: timedelta = ARRIVAL) -> object:
        """Check the guests in; a refusal is an answer here."""
        w = self.shopping
        code = (await w.see(self.order)).suborders[0].bookings[0].code or ""
        async with w.db.transaction() as conn:
            return await check_in_guest(conn, w.seal, self.host, code, now=NOW + after)

    async def list_taken(self) -> list[tuple[bool, int]]:
        """Return the taken nights: whether by a booking, and how many."""
        async with self.shopping.db.connection() as conn:
            rows = await conn.fetch(
                "SELECT booking_id IS NOT NULL AS booked, sum(upper(nights) - lower(nights))::int AS nights"
                " FROM taken_nights GROUP BY 1"
            )
        return [(row["booked"], row["nights"]) for row in rows]


@pytest.fixture
async def hosted(shopping: Shopping) -> Hosted:
    async with shopping.db.transaction() as conn:
        stay = await make_stay(conn, price_fen=280_00, rooms=2)
        host = await load_owner(conn, stay.producer_id)
    order = await shopping.place(nights=[make_october_nights(stay.listing_id, arrive=10, leave=12, rooms=2)])
    await shopping.pay(order)
    booking = (await shopping.see(order)).suborders[0].bookings[0]
    return Hosted(shopping, stay, order, host, UUID(str(booking.id)))


@pytest.mark.parametrize("close", [False, True])
async def test_everything_goes_back_and_the_nights_are_free_or_closed(hosted: Hosted, close: bool) -> None:
    """On the day of arrival, when a guest who cancels would get nothing."""
    w = hosted.shopping
    assert (await hosted.cancel(close=close)).refund_fen == 4 * 280_00
    seen = await w.see(hosted.order)
    [suborder] = seen.suborders
    assert (seen.state, suborder.state, suborder.refunded_fen) == (
        "cancelled",
        "cancelled",
        4 * 280_00,
    )
    assert await w.balances() == {}
    assert await hosted.list_taken() == ([(False, 4)] if close else [])
    assert [name for name, _ in await w.messages() if name == "stay_cancelled"] == ["stay_cancelled"]
    with pytest.raises(StayBegun):
        await hosted.cancel()
    assert await w.balances() == {}


async def test_a_deposit_goes_back_whole(shopping: Shopping) -> None:
    w = shopping
    async with w.db.transaction() as conn:
        stay = await make_stay(conn, price_fen=280_00, rooms=1)
        host = await load_owner(conn, stay.producer_id)
        await set_stay_deposit(conn, host, stay.listing_id, StayDeposit(share_bp=3_000, days_before=3), now=NOW)
    order = await w.place(nights=[make_october_nights(stay.listing_id, arrive=10, leave=12)])
    await w.pay(order)
    assert (await w.see(order)).state == "deposited"
    booking = (await w.see(order)).suborders[0].bookings[0]
    hosted = Hosted(w, stay, order, host, UUID(str(booking.id)))
    assert (await hosted.cancel(after=DAY)).refund_fen == 168_00
    assert await w.balances() == {}
    assert (await w.see(order)).state == "cancelled"


async def test_guests_who_came_or_were_registered_are_not_sent_away(hosted: Hosted) -> None:
    w = hosted.shopping
    with pytest.raises(StayBegun):
        await hosted.cancel(after=ARRIVAL + DAY)
    async with w.db.transaction() as conn:
        guest = NewStayGuest(name="样例住客", document=GuestDocument.PASSPORT, number="E12345678")
        await register_guest(conn, w.seal, hosted.host, hosted.booking_id, guest, now=NOW + ARRIVAL)
    with pytest.raises(StayBegun):
        await hosted.cancel()
    async with w.db.transaction() as conn:
        await conn.execute("DELETE FROM stay_guests")
    await hosted.check_in()
    before = await w.balances()
    with pytest.raises(StayBegun):
        await hosted.cancel()
    assert await w.balances() == before


async def test_only_a_member_of_the_host_cancels(hosted: Hosted) -> None:
    async with hosted.shopping.db.transaction() as conn:
        stranger = await load_actor(conn, await make_account(conn))
    for actor in (stranger, hosted.shopping.buyer):
        with pytest.raises(NotFound):
            await hosted.cancel(by=actor)
    assert await hosted.list_taken() == [(True, 4)]


async def test_host_and_guest_cancel_at_once_and_one_of_both_holds(hosted: Hosted) -> None:
    """In either order the guest who cancels on time gets as much, once."""
    outcomes = await asyncio.gather(hosted.cancel(after=DAY), hosted.cancel_as_buyer(after=DAY), return_exceptions=True)
    kinds = sorted(type(each).__name__ for each in outcomes)
    assert kinds in (["Cancellation", "CancelledStay"], ["Cancellation", "StayBegun"])
    seen = await hosted.shopping.see(hosted.order)
    assert seen.suborders[0].refunded_fen == 4 * 280_00
    assert await hosted.shopping.balances() == {}


async def test_a_check_in_beside_a_cancellation_ends_in_one_of_both(hosted: Hosted) -> None:
    outcomes = await asyncio.gather(hosted.cancel(), hosted.check_in(), return_exceptions=True)
    states = {each.state for each in (await hosted.shopping.see(hosted.order)).suborders[0].bookings}
    if isinstance(outcomes[0], CancelledStay):
        assert isinstance(outcomes[1], Refusal)
        assert states == {"cancelled"}
    else:
        assert isinstance(outcomes[0], StayBegun)
        assert "arrived" in states


async def test_a_cancelled_stay_counts_against_its_host_and_a_kept_one_for_it(hosted: Hosted) -> None:
    w = hosted.shopping
    await hosted.cancel(after=DAY)
    await refresh_figures(w.db, now=NOW + 3 * DAY)
    async with w.db.connection() as conn:
        figures = await GET_FIGURES.one(conn, producer_id=hosted.stay.producer_id)
    assert (figures.stays, figures.kept_stays) == (1, 0)


async def test_a_disputed_stay_is_not_cancelled(hosted: Hosted) -> None:
    w = hosted.shopping
    async with w.db.connection() as conn:
        (payment,) = await list_payments(conn, str(hosted.order.number))
    await w.sandbox.open_dispute(payment.provider_ref or "", None)
    await poll_payment(w.db, w.gateway, payment.id, at=NOW)
    with pytest.raises(PaymentDisputed):
        await hosted.cancel()
    assert await hosted.list_taken() == [(True, 4)]


async def test_the_schema_wants_the_whole_refund(hosted: Hosted) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="refunded whole"):
        async with hosted.shopping.db.transaction() as conn:
            await conn.execute(
                "INSERT INTO stay_cancellations SELECT suborder_id, 'host', false, $1, $2 FROM bookings LIMIT 1",
                hosted.host.account_id,
                NOW,
            )
