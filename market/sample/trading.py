"""From wishes to rows: how each order went by now, what it moved in stock, rooms and ledger, what was said of it."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg

from market.bookings.move import CODE_CONTEXT, CODE_DIGITS, code_index
from market.kernel.clock import day_of, start_of
from market.kernel.seal import Seal
from market.orders.address import Address, seal_address
from market.orders.expire import BY_CLOCK
from market.orders.models import OrderState, SuborderState
from market.orders.rules import DraftSuborder
from market.orders.settle import BY_PAYMENTS
from market.sample.chance import Chance
from market.sample.names import BUYER_PHONES, phone
from market.sample.people import BUYERS
from market.sample.reviewing import Reviewing
from market.sample.rows import TakenNights
from market.sample.settling import Paid, add_money, move_stock
from market.sample.trade import Asked, Fate, NightsTaken, is_parcel, total_of
from market.sample.trade_rows import (
    BookedNight,
    Booking,
    LineRefund,
    Order,
    OrderLine,
    Suborder,
    SuborderEvent,
)
from market.sample.traded import Share, Traded

_REGIONS = (
    ("130102", "石家庄"), ("130203", "唐山"), ("130602", "保定"), ("130702", "张家口"), ("131002", "廊坊"),
    ("110105", "北京朝阳"), ("110108", "北京海淀"), ("120101", "天津和平"), ("310104", "上海徐汇"), ("370102", "济南"),
    ("410105", "郑州"), ("320102", "南京"), ("440106", "广州"), ("510104", "成都"), ("610103", "西安"),
)  # fmt: skip
_CARRIERS = (("顺丰", "SF"), ("中通", "ZT"), ("圆通", "YT"), ("邮政", "EM"), ("韵达", "YD"))


class Bookkeeper:
    """Books wishes one by one, in the order of their placing."""

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
        self._chance = Chance(seed, "trading")
        self._seal = seal
        self._buyers = buyers
        self._names = names
        self._producers = producers
        self._last_number = last_number
        self._pay = timedelta(minutes=pay_minutes)
        self._receive = timedelta(days=receive_days)
        self._now = now
        self._homes = self._make_homes(seed)
        self.made = Traded()
        self.reviewing = Reviewing(seed, now)

    def _make_homes(self, seed: int) -> list[tuple[str, Address]]:
        chance = Chance(seed, "homes")
        homes: list[tuple[str, Address]] = []
        for number in range(BUYERS):
            region, city = chance.pick(_REGIONS[:8]) if chance.percent(75) else chance.pick(_REGIONS)
            street = (
                f"{city}样例路 {chance.between(1, 300)} 号 {chance.between(1, 20)} 栋 {chance.between(101, 2405)} 室"
            )
            homes.append((region, Address(self._names[number], phone(BUYER_PHONES, number + 1), region, street)))
        return homes

    def book(self, asked: Asked) -> None:
        """Write everything of one order."""
        order_id = self._chance.id_at(asked.placed_at)
        number = self._last_number + len(self.made.orders) + 1
        paid_at = asked.placed_at + timedelta(seconds=self._chance.between(40, 700))
        state, closed_at = self._order_state(asked, paid_at)
        was_paid = state not in {OrderState.PLACED, OrderState.EXPIRED} and asked.fate is not Fate.CANCELLED_UNPAID
        shares = [
            self._share(draft, position, asked, state, paid_at, was_paid=was_paid)
            for position, draft in enumerate(asked.suborders, 1)
        ]
        if was_paid:
            state, closed_at = self._paid_state(shares)
        rail = self._chance.pick(("alipay", "wechat", "wechat"))
        self._add_order(
            asked, order_id, number, state=state, rail=rail, paid_at=paid_at if was_paid else None, closed_at=closed_at
        )
        for share in shares:
            self._add_share(asked, order_id, share, paid_at if was_paid else None, closed_at)
        if was_paid:
            paid = Paid(number, shares, rail, asked.placed_at, paid_at, self._producers)
            add_money(self.made, self._chance, paid)
        move_stock(self.made, order_id, shares, closed_at=closed_at, was_paid=was_paid)

    def _order_state(self, asked: Asked, paid_at: datetime) -> tuple[OrderState, datetime | None]:
        """Return the state before anything was shipped, and when an unpaid order ended."""
        late = asked.placed_at + self._pay
        if asked.fate is Fate.EXPIRES and late < self._now:
            return OrderState.EXPIRED, late
        if asked.fate is Fate.CANCELLED_UNPAID and paid_at < self._now:
            return OrderState.CANCELLED, paid_at
        if paid_at >= self._now or asked.fate in {Fate.EXPIRES, Fate.CANCELLED_UNPAID}:
            return OrderState.PLACED, None
        return OrderState.PAID, None

    def _share(
        self,
        draft: DraftSuborder,
        position: int,
        asked: Asked,
        state: OrderState,
        paid_at: datetime,
        *,
        was_paid: bool,
    ) -> Share:
        share = Share(self._chance.id_at(asked.placed_at), position, draft, SuborderState(state))
        if not was_paid:
            return share
        share.state = SuborderState.PAID
        if asked.fate is Fate.CANCELLED_PAID:
            refunded_at = paid_at + timedelta(hours=self._chance.between(1, 5))
            if refunded_at < self._now:
                share.state, share.refunded_at = SuborderState.CANCELLED, refunded_at
            return share
        if not asked.waits:
            self._deliver(share, asked, paid_at)
        return share

    def _deliver(self, share: Share, asked: Asked, paid_at: datetime) -> None:
        """Bring a paid suborder as far as the time allows."""
        chance = self._chance
        if is_parcel(share.draft):
            shipped_at = paid_at + timedelta(hours=chance.between(4, 44), minutes=chance.below(60))
            if shipped_at >= self._now:
                return
            share.state, share.shipped_at = SuborderState.SHIPPED, shipped_at
            slow = chance.percent(15)
            received_at = shipped_at + (self._receive if slow else timedelta(hours=chance.between(40, 140)))
        else:
            day = asked.nights.arrive_on if asked.nights else day_of(paid_at) + timedelta(days=chance.between(1, 6))
            received_at = start_of(day) + timedelta(hours=14 if asked.nights else 9, minutes=chance.below(300))
        if received_at < self._now:
            share.state, share.received_at = SuborderState.RECEIVED, received_at

    def _paid_state(self, shares: list[Share]) -> tuple[OrderState, datetime | None]:
        ends = [share.received_at or share.refunded_at for share in shares]
        closed = [end for end in ends if end is not None]
        if len(closed) < len(shares):
            return OrderState.PAID, None
        received = any(share.state is SuborderState.RECEIVED for share in shares)
        return (OrderState.FINISHED if received else OrderState.CANCELLED), max(closed)

    def _add_order(
        self,
        asked: Asked,
        order_id: UUID,
        number: int,
        *,
        state: OrderState,
        rail: str,
        paid_at: datetime | None,
        closed_at: datetime | None,
    ) -> None:
        region, address = self._homes[asked.buyer]
        goods_fen, freight_fen = total_of(asked.suborders)
        key = f"sample-{len(self.made.orders) + 1}"
        self.made.orders.append(
            Order(
                id=order_id,
                number=number,
                buyer_id=self._buyers[asked.buyer],
                key=key,
                fingerprint=hashlib.sha256(key.encode()).digest(),
                state=state,
                region_code=region,
                address_sealed=seal_address(self._seal, address).sealed,
                goods_fen=goods_fen,
                freight_fen=freight_fen,
                total_fen=goods_fen + freight_fen,
                rail=rail if paid_at is not None else None,
                placed_at=asked.placed_at,
                pay_until=asked.placed_at + self._pay,
                paid_at=paid_at,
                closed_at=closed_at,
            )
        )

    def _add_share(
        self, asked: Asked, order_id: UUID, share: Share, paid_at: datetime | None, closed_at: datetime | None
    ) -> None:
        draft = share.draft
        carrier, prefix = self._chance.pick(_CARRIERS)
        sent = share.shipped_at is not None
        gone = share.refunded_at is not None
        released = share.received_at is not None
        ended_at = share.received_at or share.refunded_at or (closed_at if paid_at is None else None)
        self.made.suborders.append(
            Suborder(
                id=share.id,
                order_id=order_id,
                position=share.position,
                producer_id=draft.producer_id,
                kind=draft.kind,
                state=share.state,
                goods_fen=draft.goods_fen,
                freight_fen=draft.freight_fen,
                refunded_fen=share.total_fen if gone else 0,
                commission_bp=draft.commission_bp,
                carrier=carrier if sent else None,
                tracking=f"{prefix}{self._chance.between(10**11, 10**12 - 1)}" if sent else None,
                shipped_at=share.shipped_at,
                received_at=share.received_at,
                closed_at=ended_at,
                released_at=share.received_at,
                payable_fen=draft.goods_fen - share.commission_fen if released else None,
                commission_fen=share.commission_fen if released else None,
            )
        )
        for place, line in enumerate(draft.lines, 1):
            line_id = self._chance.id_at(asked.placed_at)
            self.made.lines.append(
                OrderLine(
                    id=line_id,
                    suborder_id=share.id,
                    position=place,
                    listing_id=line.listing_id,
                    variant_id=line.variant_id,
                    title=line.title,
                    unit=line.unit,
                    quantity=line.quantity,
                    price_fen=line.price_fen,
                    amount_fen=line.amount_fen,
                    lot_id=line.lot_id,
                    units=line.units,
                    refunded_fen=line.amount_fen if gone else 0,
                )
            )
            if share.refunded_at is not None:
                self.made.line_refunds.append(
                    LineRefund(
                        id=self._chance.id_at(share.refunded_at),
                        line_id=line_id,
                        key="cancelled",
                        amount_fen=line.amount_fen,
                        reason="cancelled",
                        asked_by=self._buyers[asked.buyer],
                        at=share.refunded_at,
                    )
                )
            if asked.nights is not None:
                self._add_booking(asked.nights, share, line_id, asked.placed_at)
            if paid_at is not None:
                self.made.sold[line.listing_id] = self.made.sold.get(line.listing_id, 0) + line.quantity
        self._add_events(asked, share, paid_at, ended_at)
        if share.received_at is not None:
            self.reviewing.look_back(share.id, self._buyers[asked.buyer], draft, share.received_at)

    def _add_events(self, asked: Asked, share: Share, paid_at: datetime | None, ended_at: datetime | None) -> None:
        buyer = str(self._buyers[asked.buyer])
        moments = [
            (SuborderState.PAID, BY_PAYMENTS, paid_at),
            (SuborderState.SHIPPED, str(share.draft.producer_id), share.shipped_at),
        ]
        if share.state in {SuborderState.RECEIVED, SuborderState.CANCELLED, SuborderState.EXPIRED}:
            moments.append((share.state, BY_CLOCK if share.state is SuborderState.EXPIRED else buyer, ended_at))
        for state, actor, at in moments:
            if at is not None:
                self.made.events.append(SuborderEvent(self._chance.id_at(at), share.id, state, actor, at))

    def _add_booking(self, nights: NightsTaken, share: Share, line_id: UUID, placed_at: datetime) -> None:
        state = {
            SuborderState.PLACED: "held",
            SuborderState.PAID: "booked",
            SuborderState.RECEIVED: "arrived",
            SuborderState.CANCELLED: "cancelled",
            SuborderState.EXPIRED: "expired",
        }[share.state]
        code = str(self._chance.below(10**CODE_DIGITS)).rjust(CODE_DIGITS, "0")
        coded = state in {"booked", "arrived"}
        booking_id = self._chance.id_at(placed_at)
        days = asyncpg.Range(nights.arrive_on, nights.leave_on)
        self.made.bookings.append(
            Booking(
                id=booking_id,
                suborder_id=share.id,
                line_id=line_id,
                listing_id=nights.lodging.listing.id,
                room_id=nights.room_id,
                nights=days,
                amount_fen=share.draft.goods_fen,
                state=state,
                code_hash=code_index(self._seal, code) if coded else None,
                code_sealed=self._seal.seal(code, CODE_CONTEXT) if coded else None,
                arrived_at=share.received_at,
            )
        )
        if state in {"held", "booked", "arrived"}:
            self.made.taken_nights.append(TakenNights(nights.room_id, days, booking_id))
        night = nights.arrive_on
        while night < nights.leave_on:
            self.made.booked_nights.append(BookedNight(booking_id, night, nights.lodging.price_of(night)))
            night += timedelta(days=1)
