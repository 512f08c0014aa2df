"""Turn sample orders into rows: their current states, bookings, stock moves, payments, ledger facts and reviews."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from market.catalogue.bookings.transitions import CODE_CONTEXT, CODE_DIGITS, index_check_in_code
from market.kernel.clock import get_day_start
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.sales.orders.address import Address, seal_address
from market.sales.orders.checkout.pricing import DraftSuborder
from market.sales.orders.expire import CLOCK_ACTOR
from market.sales.orders.mark_paid import PAYMENTS_ACTOR
from market.sales.orders.models import OrderState, SuborderState
from market.service.demo.sample.accounts import BUYERS
from market.service.demo.sample.copy_rows import TakenNightsCopyRow
from market.service.demo.sample.identities import BUYER_PHONES, make_phone
from market.service.demo.sample.seeded_random import SeededRandom
from market.service.demo.sample.shop.ledger_facts import PaidOrder, record_payment, record_stock_moves
from market.service.demo.sample.shop.order_records import OrderRecords, SampleSuborder
from market.service.demo.sample.shop.order_rows import (
    BookedNightCopyRow,
    BookingCopyRow,
    LineRefundCopyRow,
    OrderCopyRow,
    OrderLineCopyRow,
    SuborderCopyRow,
    SuborderEventCopyRow,
)
from market.service.demo.sample.shop.reviews import ReviewGenerator
from market.service.demo.sample.shop.sample_orders import OrderFate, SampleOrder, SampleStay, is_parcel, sum_suborders
from market.service.demo.sample.shop.slots import SlotReservationCopyRow, make_reservation
from market.service.demo.sample.waking_hours import find_waking_moment

_REGIONS = (
    ("130102", "石家庄"), ("130203", "唐山"), ("130602", "保定"), ("130702", "张家口"), ("131002", "廊坊"),
    ("110105", "北京朝阳"), ("110108", "北京海淀"), ("120101", "天津和平"), ("310104", "上海徐汇"), ("370102", "济南"),
    ("410105", "郑州"), ("320102", "南京"), ("440106", "广州"), ("510104", "成都"), ("610103", "西安"),
)  # fmt: skip
_CARRIERS = (("顺丰", "SF"), ("中通", "ZT"), ("圆通", "YT"), ("邮政", "EM"), ("韵达", "YD"))


class OrderRecorder:
    """Records orders one by one, in the order of their placement."""

    def __init__(
        self,
        seed: int,
        seal: Seal,
        buyers: list[UUID],
        names: list[str],
        producers: dict[UUID, int],
        *,
        last_number: int,
        pay_minutes: int,
        receive_days: int,
        now: datetime,
    ) -> None:
        self._rng = SeededRandom(seed, "trading")
        self._party_rng = SeededRandom(seed, "parties")
        self._seal = seal
        self._buyers = buyers
        self._names = names
        self._producers = producers
        self._last_number = last_number
        self._pay = timedelta(minutes=pay_minutes)
        self._receive = timedelta(days=receive_days)
        self._now = now
        self._addresses = self._make_addresses(seed)
        self.records = OrderRecords()
        self.reservations: list[SlotReservationCopyRow] = []
        self.reviews = ReviewGenerator(seed, now)

    def _make_addresses(self, seed: int) -> list[tuple[str, Address]]:
        rng = SeededRandom(seed, "homes")
        addresses: list[tuple[str, Address]] = []
        for number in range(BUYERS):
            region, city = rng.choice(_REGIONS[:8]) if rng.chance(75) else rng.choice(_REGIONS)
            street = f"{city}样例路 {rng.randint(1, 300)} 号 {rng.randint(1, 20)} 栋 {rng.randint(101, 2405)} 室"
            addresses.append(
                (region, Address(self._names[number], make_phone(BUYER_PHONES, number + 1), region, street))
            )
        return addresses

    def record(self, order: SampleOrder) -> None:
        """Add every row of an order."""
        order_id = self._rng.make_uuid7(order.placed_at)
        number = self._last_number + len(self.records.orders) + 1
        paid_at = order.placed_at + timedelta(seconds=self._rng.randint(40, 700))
        state, closed_at = self._decide_unpaid_state(order, paid_at)
        was_paid = state not in {OrderState.PLACED, OrderState.EXPIRED} and order.fate is not OrderFate.CANCELLED_UNPAID
        suborders = [
            self._make_suborder(draft, position, order, state, paid_at, was_paid=was_paid)
            for position, draft in enumerate(order.suborders, 1)
        ]
        if was_paid:
            state, closed_at = self._close_paid_order(suborders)
        method = self._rng.choice(("alipay", "wechat", "wechat"))
        self._add_order(
            order,
            order_id,
            number,
            state=state,
            method=method,
            paid_at=paid_at if was_paid else None,
            closed_at=closed_at,
        )
        for suborder in suborders:
            self._add_suborder(order, order_id, suborder, paid_at if was_paid else None, closed_at)
        if was_paid:
            pay_until = order.placed_at + self._pay
            paid = PaidOrder(number, suborders, method, order.placed_at, pay_until, paid_at, self._producers)
            record_payment(self.records, self._rng, paid)
        record_stock_moves(self.records, order_id, suborders, closed_at=closed_at, was_paid=was_paid)

    def _decide_unpaid_state(self, order: SampleOrder, paid_at: datetime) -> tuple[OrderState, datetime | None]:
        """Return the state before shipping, and the time at which an unpaid order closed."""
        expired_at = order.placed_at + self._pay
        if order.fate is OrderFate.EXPIRES and expired_at < self._now:
            return OrderState.EXPIRED, expired_at
        if order.fate is OrderFate.CANCELLED_UNPAID and paid_at < self._now:
            return OrderState.CANCELLED, paid_at
        if paid_at >= self._now or order.fate in {OrderFate.EXPIRES, OrderFate.CANCELLED_UNPAID}:
            return OrderState.PLACED, None
        return OrderState.PAID, None

    def _make_suborder(
        self,
        draft: DraftSuborder,
        position: int,
        order: SampleOrder,
        state: OrderState,
        paid_at: datetime,
        *,
        was_paid: bool,
    ) -> SampleSuborder:
        suborder = SampleSuborder(self._rng.make_uuid7(order.placed_at), position, draft, SuborderState(state))
        if not was_paid:
            return suborder
        suborder.state = SuborderState.PAID
        if order.fate is OrderFate.CANCELLED_PAID:
            refunded_at = paid_at + timedelta(hours=self._rng.randint(1, 5))
            if refunded_at < self._now:
                suborder.state, suborder.refunded_at = SuborderState.CANCELLED, refunded_at
            return suborder
        if not order.awaits_shipping:
            self._deliver(suborder, order, paid_at)
        return suborder

    def _deliver(self, suborder: SampleSuborder, order: SampleOrder, paid_at: datetime) -> None:
        """Ship and receive a paid suborder, if enough time has passed."""
        rng = self._rng
        if is_parcel(suborder.draft):
            shipped_at = paid_at + timedelta(hours=rng.randint(4, 44), minutes=rng.randbelow(60))
            if shipped_at >= self._now:
                return
            suborder.state, suborder.shipped_at = SuborderState.SHIPPED, find_waking_moment(shipped_at, now=self._now)
            slow = rng.chance(15)
            received_at = shipped_at + (self._receive if slow else timedelta(hours=rng.randint(40, 140)))
        else:
            received_at = self._pick_arrival(suborder, order)
        if received_at < self._now:
            if is_parcel(suborder.draft):
                received_at = find_waking_moment(received_at, now=self._now)
            suborder.state, suborder.received_at = SuborderState.RECEIVED, received_at

    def _pick_arrival(self, suborder: SampleSuborder, order: SampleOrder) -> datetime:
        """Return when the guests come: in the afternoon of a stay, or within three hours of the start of a slot."""
        if order.stay is not None:
            return get_day_start(order.stay.arrive_on) + timedelta(hours=14, minutes=self._rng.randbelow(300))
        assert suborder.draft.slot is not None, "an activity has a slot"
        return suborder.draft.slot.starts_at + timedelta(
            minutes=20 * self._rng.randint(1, 6) + self._rng.randbelow(300) // 5
        )

    def _close_paid_order(self, suborders: list[SampleSuborder]) -> tuple[OrderState, datetime | None]:
        ends = [suborder.received_at or suborder.refunded_at for suborder in suborders]
        closed = [end for end in ends if end is not None]
        if len(closed) < len(suborders):
            return OrderState.PAID, None
        received = any(suborder.state is SuborderState.RECEIVED for suborder in suborders)
        return (OrderState.FINISHED if received else OrderState.CANCELLED), max(closed)

    def _add_order(
        self,
        order: SampleOrder,
        order_id: UUID,
        number: int,
        *,
        state: OrderState,
        method: str,
        paid_at: datetime | None,
        closed_at: datetime | None,
    ) -> None:
        region, address = self._addresses[order.buyer]
        goods_fen, freight_fen = sum_suborders(order.suborders)
        lines = [line for suborder in order.suborders for line in suborder.lines]
        key = f"sample-{len(self.records.orders) + 1}"
        self.records.orders.append(
            OrderCopyRow(
                id=order_id,
                number=number,
                buyer_id=self._buyers[order.buyer],
                key=key,
                fingerprint=hashlib.sha256(key.encode()).digest(),
                state=state,
                region_code=region,
                address_sealed=seal_address(self._seal, address).sealed,
                goods_fen=goods_fen,
                freight_fen=freight_fen,
                total_fen=goods_fen + freight_fen,
                items=sum(line.quantity for line in lines),
                lot_units=sum(line.lot_units for line in lines),
                method=method if paid_at is not None else None,
                placed_at=order.placed_at,
                pay_until=order.placed_at + self._pay,
                paid_at=paid_at,
                closed_at=closed_at,
            )
        )

    def _add_suborder(
        self,
        order: SampleOrder,
        order_id: UUID,
        suborder: SampleSuborder,
        paid_at: datetime | None,
        closed_at: datetime | None,
    ) -> None:
        draft = suborder.draft
        carrier, prefix = self._rng.choice(_CARRIERS)
        shipped = suborder.shipped_at is not None
        refunded = suborder.refunded_at is not None
        released = suborder.received_at is not None
        ended_at = suborder.received_at or suborder.refunded_at or (closed_at if paid_at is None else None)
        self.records.suborders.append(
            SuborderCopyRow(
                id=suborder.id,
                order_id=order_id,
                position=suborder.position,
                producer_id=draft.producer_id,
                kind=draft.kind,
                state=suborder.state,
                goods_fen=draft.goods_fen,
                freight_fen=draft.freight_fen,
                refunded_fen=suborder.total_fen if refunded else 0,
                commission_bp=draft.commission_bp,
                carrier=carrier if shipped else None,
                tracking=f"{prefix}{self._rng.randint(10**11, 10**12 - 1)}" if shipped else None,
                shipped_at=suborder.shipped_at,
                received_at=suborder.received_at,
                closed_at=ended_at,
                released_at=suborder.received_at,
                payable_fen=suborder.share.payable_fen if released else None,
                commission_fen=suborder.share.commission_fen if released else None,
            )
        )
        self._add_lines(order, suborder, is_paid=paid_at is not None)
        if draft.slot is not None:
            code = str(self._party_rng.randbelow(10**CODE_DIGITS)).rjust(CODE_DIGITS, "0")
            code_hash, code_sealed = index_check_in_code(self._seal, code), self._seal.seal(code, CODE_CONTEXT)
            reservation_id = self._party_rng.make_uuid7(order.placed_at)
            self.reservations.append(make_reservation(suborder, draft.slot, reservation_id, code_hash, code_sealed))
        self._add_events(order, suborder, paid_at, ended_at)
        if suborder.received_at is not None:
            self.reviews.add_reviews(suborder.id, self._buyers[order.buyer], draft, suborder.received_at)

    def _add_lines(self, order: SampleOrder, suborder: SampleSuborder, *, is_paid: bool) -> None:
        for position, line in enumerate(suborder.draft.lines, 1):
            line_id = self._rng.make_uuid7(order.placed_at)
            self.records.lines.append(
                build_from(
                    OrderLineCopyRow,
                    line,
                    id=line_id,
                    suborder_id=suborder.id,
                    position=position,
                    units=line.lot_units,
                    refunded_fen=line.amount_fen if suborder.refunded_at is not None else 0,
                )
            )
            if suborder.refunded_at is not None:
                self.records.line_refunds.append(
                    LineRefundCopyRow(
                        id=self._rng.make_uuid7(suborder.refunded_at),
                        line_id=line_id,
                        key="cancelled",
                        amount_fen=line.amount_fen,
                        reason="cancelled",
                        requested_by=self._buyers[order.buyer],
                        at=suborder.refunded_at,
                    )
                )
            if order.stay is not None:
                self._add_booking(order.stay, suborder, line_id, order.placed_at)
            if is_paid:
                self.records.sold[line.listing_id] = self.records.sold.get(line.listing_id, 0) + line.quantity

    def _add_events(
        self, order: SampleOrder, suborder: SampleSuborder, paid_at: datetime | None, ended_at: datetime | None
    ) -> None:
        buyer = str(self._buyers[order.buyer])
        transitions = [
            (SuborderState.PAID, PAYMENTS_ACTOR, paid_at),
            (SuborderState.SHIPPED, str(suborder.draft.producer_id), suborder.shipped_at),
        ]
        if suborder.state in {SuborderState.RECEIVED, SuborderState.CANCELLED, SuborderState.EXPIRED}:
            transitions.append(
                (suborder.state, CLOCK_ACTOR if suborder.state is SuborderState.EXPIRED else buyer, ended_at)
            )
        for state, actor, at in transitions:
            if at is not None:
                self.records.events.append(SuborderEventCopyRow(suborder.id, state, actor, at))

    def _add_booking(self, stay: SampleStay, suborder: SampleSuborder, line_id: UUID, placed_at: datetime) -> None:
        state = {
            SuborderState.PLACED: "reserved",
            SuborderState.PAID: "booked",
            SuborderState.RECEIVED: "arrived",
            SuborderState.CANCELLED: "cancelled",
            SuborderState.EXPIRED: "expired",
        }[suborder.state]
        code = str(self._rng.randbelow(10**CODE_DIGITS)).rjust(CODE_DIGITS, "0")
        coded = state in {"booked", "arrived"}
        booking_id = self._rng.make_uuid7(placed_at)
        days = asyncpg.Range(stay.arrive_on, stay.leave_on)
        self.records.bookings.append(
            BookingCopyRow(
                id=booking_id,
                suborder_id=suborder.id,
                line_id=line_id,
                listing_id=stay.lodging.listing.id,
                room_id=stay.room_id,
                nights=days,
                amount_fen=suborder.draft.goods_fen,
                state=state,
                code_hash=index_check_in_code(self._seal, code) if coded else None,
                code_sealed=self._seal.seal(code, CODE_CONTEXT) if coded else None,
                arrived_at=suborder.received_at,
            )
        )
        if state in {"reserved", "booked", "arrived"}:
            self.records.taken_nights.append(TakenNightsCopyRow(stay.room_id, days, booking_id))
        night = stay.arrive_on
        while night < stay.leave_on:
            self.records.booked_nights.append(BookedNightCopyRow(booking_id, night, stay.lodging.get_price(night)))
            night += timedelta(days=1)
