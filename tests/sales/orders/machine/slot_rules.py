"""Rules about slots: the host adds, closes and cancels, buyers book and come."""

from datetime import date, time, timedelta
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from market.catalogue.listings.night_rules import NightRule, RuleKind, set_night_rule
from market.catalogue.listings.terms import NewSeason, SeasonNights, clear_season, set_season
from market.catalogue.slots.cancel_slot import cancel_slot
from market.catalogue.slots.change_slots import NewSlots, add_slots, move_slot
from market.catalogue.slots.list_slots import LIST_SLOTS
from market.catalogue.slots.models import CancelReason, SlotState
from market.kernel import Connection, Fen
from market.kernel.clock import get_business_day
from market.people.identity.models import Actor
from market.sales.aftersales.check_in import check_in_guest
from tests.sales.orders.machine.buying import PAY
from tests.sales.orders.machine.world import ShopMachine
from tests.support.make import ActivityIds, load_owner, make_activity, make_slot
from tests.support.shop import Shopping

PLACES = 6


class SlotRules(ShopMachine):
    """An activity with slots of six and twelve places; the larger one needs three guests to take place."""

    activity: ActivityIds
    guide: Actor
    first_slots: tuple[UUID, UUID]
    slots: list[UUID]

    @classmethod
    async def create_slots(cls, conn: Connection) -> None:
        """Create the activity and its first slots."""
        cls.activity = await make_activity(conn, days=[date(2019, 9, 21)], places=PLACES)
        second = await make_slot(conn, cls.activity.listing_id, date(2019, 9, 28), places=2 * PLACES, minimum=3)
        cls.first_slots = (cls.activity.slot_ids[0], second)
        cls.guide = await load_owner(conn, cls.activity.producer_id)

    @rule(
        who=st.integers(0, 1), slot=st.integers(0, 9), party=st.sampled_from([1, 2, 2, 3, 6, 7]),
        product=st.booleans(), pay=PAY,
    )  # fmt: skip
    def book(self, who: int, slot: int, party: int, *, product: bool, pay: bool) -> None:
        """Reserve places, with goods or alone, and pay for them or not."""
        self.run_allowing_refusal(self._book(self.shoppers[who], slot, party, product=product, pay=pay))

    async def _book(self, shopper: Shopping, slot: int, party: int, *, product: bool, pay: bool) -> None:
        chosen = (self.activity.variant_id, await self._choose_slot(slot), party)
        goods = [(self.products[0].variant_id, 1)] if product else []
        async with self.world.steady.connection() as conn:
            [shown] = await LIST_SLOTS.all(conn, slot_ids=[chosen[1]])
        order = await self.place(shopper, goods, slot=chosen)
        await self._check_price(order.id, shown.price_fen)
        if pay:
            await self.pay_now(shopper, order)

    async def _choose_slot(self, number: int) -> UUID:
        """Return mostly a slot that can be booked; any other is tried too, and refused."""
        w = self.world
        bookable = await w.owner.fetch(
            "SELECT id FROM slots WHERE id = ANY($1) AND state = 'open' AND lower(during) > $2 ORDER BY id",
            self.slots, self.now,
        )  # fmt: skip
        slots = [each["id"] for each in bookable] if bookable and number % 5 else self.slots
        return slots[number % len(slots)]

    async def _check_price(self, order_id: UUID, shown_fen: int) -> None:
        """Check that a place cost what its slot showed."""
        charged = await self.world.owner.fetchval(
            "SELECT price_fen FROM order_lines l JOIN suborders s ON s.id = suborder_id WHERE order_id = $1"
            " AND variant_id = $2", order_id, self.activity.variant_id,
        )  # fmt: skip
        assert charged == shown_fen

    @rule(
        applies=st.sampled_from([RuleKind.WEEKEND, RuleKind.HOLIDAY, RuleKind.SEASON]),
        price=st.none() | st.integers(1, 50_00),
    )
    def price_days(self, applies: RuleKind, price: int | None) -> None:
        """Let the host price weekends, holidays or the next weeks, or take it back; what was sold keeps its sums."""
        listing_id, first = self.activity.listing_id, get_business_day(self.now)
        until = first + timedelta(days=30)

        async def pricing() -> None:
            async with self.world.db.transaction() as conn:
                if applies is not RuleKind.SEASON:
                    rule = NightRule(applies=applies, price_fen=None if price is None else Fen(price))
                    await set_night_rule(conn, self.guide, listing_id, rule, now=self.now)
                elif price is None:
                    await clear_season(conn, self.guide, listing_id, SeasonNights(first, until), now=self.now)
                else:
                    await set_season(
                        conn, self.guide, listing_id, NewSeason(first=first, until=until, price_fen=price), now=self.now
                    )

        self.run_allowing_refusal(pricing())

    @rule(ahead=st.integers(1, 40), places=st.integers(1, PLACES), minimum=st.integers(1, 3))
    def add_slot(self, ahead: int, places: int, minimum: int) -> None:
        day = get_business_day(self.now) + timedelta(days=ahead)
        new = NewSlots(first=day, last=day, starts=time(14), ends=time(16), places=places, minimum=minimum)

        async def adding() -> None:
            async with self.world.db.transaction() as conn:
                self.slots += await add_slots(conn, self.guide, self.activity.listing_id, new, now=self.now)

        self.run_allowing_refusal(adding())

    @rule(slot=st.integers(0, 9), move=st.sampled_from([SlotState.OPEN, SlotState.CLOSED, SlotState.CANCELLED]))
    def change_slot(self, slot: int, move: SlotState) -> None:
        """Let the host close, open or cancel a slot."""
        self._change(self.slots[slot % len(self.slots)], move)

    def cancel_booked_slot(self, number: int) -> None:
        """Let the host cancel the slot of an order."""
        _, order = self.choose_order(number, "activity paid")
        found = "SELECT slot_id FROM slot_reservations JOIN suborders s ON s.id = suborder_id WHERE order_id = $1"
        slot_id = self.run(self.world.owner.fetchval(found, order.id))
        if slot_id is not None:
            self._change(slot_id, SlotState.CANCELLED)

    def _change(self, slot_id: UUID, move: SlotState) -> None:
        async def changing() -> None:
            async with self.world.db.transaction() as conn:
                if move is SlotState.CANCELLED:
                    await cancel_slot(conn, self.guide, slot_id, CancelReason.WEATHER, now=self.now)
                else:
                    await move_slot(conn, self.guide, slot_id, move, now=self.now)

        self.run_allowing_refusal(changing())

    @precondition(lambda self: self.has("activity paid"))
    @rule(number=st.integers(0, 99), wait=st.booleans())
    def come(self, number: int, *, wait: bool) -> None:
        """Check a party in, sometimes after the clock has come to its slot."""
        shopper, order = self.choose_order(number, "activity paid")

        async def coming() -> None:
            seen = await shopper.see(order)
            for places in [each.places for each in seen.suborders if each.places is not None][:1]:
                if wait and places.starts_at > self.now:
                    self.now = places.starts_at
                async with self.world.db.transaction() as conn:
                    await check_in_guest(conn, self.world.seal, self.guide, places.code or "0", now=self.now)

        self.run_allowing_refusal(coming())
