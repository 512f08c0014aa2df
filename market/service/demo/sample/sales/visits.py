"""Sample visits to the demo's host: guests of these days, changed days and terms, a deposit, one the host cancelled."""

from datetime import date, datetime, time, timedelta
from uuid import UUID

from market.catalogue.listings.cancel_tiers import CancelTerms, set_cancel_terms
from market.catalogue.listings.models import CancelTier
from market.catalogue.listings.night_rules import NightRule, RuleKind, set_night_rule
from market.catalogue.listings.publish import NewActivity, publish_activity
from market.catalogue.listings.stay_deposit import StayDeposit, set_stay_deposit
from market.catalogue.slots.cancel_slot import cancel_slot
from market.catalogue.slots.change_slots import NewSlots, add_slots
from market.catalogue.slots.models import CancelReason, SlotId
from market.kernel import BASIS_POINTS, Fen, Refusal
from market.people.identity.models import Actor
from market.sales.aftersales.cancelled_slots import refund_cancelled_slots
from market.sales.aftersales.check_in import check_in_guest
from market.sales.orders.models import Line, ListingId, Nights, VariantId
from market.sales.visits.cancel_stay import StayCancelReason, cancel_booked_stay
from market.sales.visits.change_booking import propose_change, quote_change
from market.sales.visits.changeable_stay import NewDays
from market.sales.visits.guest_register import GuestDocument, NewStayGuest, register_guest
from market.service.demo.sample.identities import make_identity_number
from market.service.demo.sample.sales.simulation import Sale, SaleSimulation, SampleOffer

_STAY = "骆驼湾村农家小院"
_ACTIVITY = "骆驼湾村剪纸半天"
_TWO_NIGHTS = timedelta(days=2)
_MAX_SHIFT = 14


async def play_visits(sales: SaleSimulation) -> None:
    """Play the visits; the demo's buyer arrives today."""
    stay = await sales.find_offer(sales.host, _STAY)
    await _house_guests(sales, stay)
    await _change_days(sales, stay)
    await _cancel_stay(sales, stay)
    await set_stay_deposit(
        sales.conn, sales.host, stay.listing_id, StayDeposit(share_bp=3_000, days_before=7), now=sales.ago(days=4)
    )
    await _book(sales, sales.buyer, stay, sales.today + timedelta(days=45), at=sales.ago(days=3))
    await _half_days(sales)


async def _book(sales: SaleSimulation, guest: Actor, stay: SampleOffer, arrive_on: date, *, at: datetime) -> Sale:
    nights = Nights(ListingId(stay.listing_id), arrive_on, arrive_on + _TWO_NIGHTS)
    return await sales.buy(guest, nights=[nights], at=at)


async def _house_guests(sales: SaleSimulation, stay: SampleOffer) -> None:
    """One guest came yesterday and is registered, the demo's buyer comes today, one comes tomorrow."""
    yesterday = sales.ago(days=1)
    first = await sales.find_buyer(7)
    sale = await _book(sales, first, stay, sales.today - timedelta(days=1), at=sales.ago(days=9))
    booking = sale.suborder.bookings[0]
    assert booking.code is not None, "a paid stay has its code"
    await check_in_guest(sales.conn, sales.seal, sales.host, booking.code, now=yesterday)
    number = make_identity_number("130102", date(1988, 5, 4), sequence=1)
    guest = NewStayGuest(name=first.name, document=GuestDocument.IDENTITY, number=number)
    await register_guest(sales.conn, sales.seal, sales.host, booking.id, guest, now=yesterday)
    await _book(sales, sales.buyer, stay, sales.today, at=sales.ago(days=8))
    await _book(sales, await sales.find_buyer(8), stay, sales.today + timedelta(days=1), at=sales.ago(days=7))


async def _change_days(sales: SaleSimulation, stay: SampleOffer) -> None:
    """One stay was moved at once; another guest, who comes soon, asks the host for other days."""
    sale = await _book(sales, sales.buyer, stay, sales.today + timedelta(days=25), at=sales.ago(days=6))
    await _ask_for_other_days(sales, sale, at=sales.ago(days=5))
    sale = await _book(sales, await sales.find_buyer(9), stay, sales.today + timedelta(days=4), at=sales.ago(days=6))
    await _ask_for_other_days(sales, sale, at=sales.ago(hours=3))


async def _cancel_stay(sales: SaleSimulation, stay: SampleOffer) -> None:
    """A stay is booked and its host asks for less notice from then on; the room was let twice, so it is cancelled."""
    sale = await _book(sales, sales.buyer, stay, sales.today + timedelta(days=52), at=sales.ago(days=6))
    terms = CancelTerms(tiers=(CancelTier(3, BASIS_POINTS), CancelTier(1, BASIS_POINTS // 2)))
    await set_cancel_terms(sales.conn, sales.host, stay.listing_id, terms, now=sales.ago(days=5))
    await cancel_booked_stay(
        sales.db, sales.provider, sales.seal, sales.host, sale.suborder.bookings[0].id,
        reason=StayCancelReason.DOUBLE, close=False, now=sales.ago(days=2),
    )  # fmt: skip


async def _ask_for_other_days(sales: SaleSimulation, sale: Sale, *, at: datetime) -> None:
    """Ask for the next days that cost no more; there are none in a long holiday."""
    for shift in range(1, _MAX_SHIFT):
        arrive_on = sale.suborder.bookings[0].arrive_on + timedelta(days=shift)
        days = NewDays(arrive_on=arrive_on, leave_on=arrive_on + _TWO_NIGHTS)
        try:
            quote = await quote_change(sales.conn, sale.buyer, sale.order_id, 1, days, now=at)
        except Refusal:
            continue
        if not quote.extra_fen:
            await propose_change(
                sales.db, sales.provider, sales.seal, sale.buyer, sale.order_id, position=1, days=days, now=at
            )
            return


async def _half_days(sales: SaleSimulation) -> None:
    """Sell half days of cutting paper: one was cancelled for the weather, parties come; later weekends cost more."""
    published_at = sales.ago(days=12)
    activity = await publish_activity(
        sales.conn,
        sales.host,
        NewActivity(
            title=_ACTIVITY,
            story="跟着村里的老人学剪纸，剪的带回家。（样例）",
            category="outing",
            price_fen=60_00,
            child_price_fen=30_00,
            photo_id=await sales.add_drawing(sales.host, "研学", _ACTIVITY, at=published_at),
        ),
        now=published_at,
    )
    slots = NewSlots(
        first=sales.today - timedelta(days=2), last=sales.today + timedelta(days=14), starts=time(14), ends=time(17),
        places=12,
    )  # fmt: skip
    slot_ids = await add_slots(sales.conn, sales.host, activity.listing_id, slots, now=published_at)
    before, _, today, tomorrow = slot_ids[:4]
    await _join(sales, await sales.find_buyer(10), activity.variant_id, before, party=3)
    rained = sales.ago(days=3)
    await cancel_slot(sales.conn, sales.host, before, CancelReason.WEATHER, now=rained)
    await refund_cancelled_slots(sales.db, sales.provider, sales.seal, now=rained + timedelta(minutes=1))
    await _join(sales, await sales.find_buyer(11), activity.variant_id, today, party=2)
    await _join(sales, sales.buyer, activity.variant_id, tomorrow, party=4)
    for rule in (
        NightRule(applies=RuleKind.WEEKEND, price_fen=Fen(68_00)),
        NightRule(applies=RuleKind.HOLIDAY, holiday="春节", price_fen=Fen(88_00), child_price_fen=Fen(44_00)),
    ):
        await set_night_rule(sales.conn, sales.host, activity.listing_id, rule, now=sales.ago(days=2))


async def _join(sales: SaleSimulation, guest: Actor, variant_id: UUID, slot_id: UUID, *, party: int) -> None:
    await sales.buy(guest, [Line(VariantId(variant_id), party, SlotId(slot_id))], at=sales.ago(days=6, hours=party))
