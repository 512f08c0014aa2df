"""Cancellation: unpaid orders free their stock; paid goods are refunded in full, visits by their cancellation tier."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.bookings.models import BookingState, CancellationTier
from market.catalogue.bookings.tiers import compute_stay_refund, get_refund_rate
from market.catalogue.bookings.transitions import free_bookings
from market.catalogue.slots.models import ReservationState
from market.catalogue.slots.transitions import free_places, list_booked_places
from market.catalogue.stock.models import StockMoveReason
from market.catalogue.stock.reservations import free_stock, return_sold
from market.kernel import Connection, Database, Fen, GatewayUnavailable, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import notify_account, notify_money_owed
from market.sales.orders.checkout.redemptions import free_vouchers
from market.sales.orders.escrow import get_order_ref, release_escrow
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import (
    ContractNotCancellable,
    OrderNotCancellable,
    OrderState,
    PackageCancelledWhole,
    PaymentTerms,
    RefundChanged,
    SuborderKind,
    SuborderState,
)
from market.sales.orders.money.refund import refund_suborder
from market.sales.orders.transitions import (
    LockedOrder,
    LockedSuborder,
    finish_order,
    load_suborders,
    lock_order,
    move_orders,
    move_suborders,
)
from payments import (
    Gateway,
    Payment,
    ProviderMismatch,
    Purpose,
    Refund,
    RefundId,
    close_payment,
    find_live_payment,
    send_refund,
)
from payments.errors import AlreadyPaid
from payments.money import format_yuan


class Cancellation(Struct, frozen=True):
    """The result of a cancellation: the order's state and the refund to the buyer."""

    order_id: UUID
    state: OrderState
    refund_fen: Fen


class BookedVisit(Struct, frozen=True):
    """A booked stay or slot and its cancellation tiers, as they were when it was booked.

    `begun` is true once a guest has arrived, or the slot has started.
    """

    suborder_id: UUID
    arrive_on: date
    begun: bool
    holiday: bool
    tiers: list[CancellationTier]


LIST_BOOKED_STAYS = Query(
    BookedVisit,
    """
    SELECT DISTINCT ON (suborder_id) suborder_id, lower(nights) AS arrive_on,
           bool_or(bookings.state = 'arrived') OVER (PARTITION BY suborder_id) AS begun,
           EXISTS (SELECT FROM holidays WHERE day_off AND day >= lower(nights) AND day < upper(nights)) AS holiday,
           get_cancel_tiers(bookings.listing_id, orders.placed_at) AS tiers
      FROM bookings JOIN suborders ON suborders.id = suborder_id JOIN orders ON orders.id = order_id
     WHERE order_id = :order_id
     ORDER BY suborder_id, bookings.id
    """,
)


_AWAITED = {OrderState.PLACED: (Purpose.FULL, Purpose.DEPOSIT), OrderState.DEPOSITED: (Purpose.BALANCE,)}
_IS_PACKAGE = Query(bool, "SELECT EXISTS (SELECT FROM package_orders WHERE order_id = :order_id)")


class BuyerOrder(Struct, frozen=True):
    """A buyer's order, read without a lock."""

    number: int
    state: OrderState


GET_BUYER_ORDER = Query(BuyerOrder, "SELECT number, state FROM orders WHERE id = :order_id AND buyer_id = :buyer_id")


async def cancel_order(
    db: Database,
    gateway: Gateway,
    seal: Seal,
    buyer: Actor,
    order_id: UUID,
    *,
    positions: Sequence[int] | None = None,
    refund_fen: Fen | None = None,
    now: datetime,
) -> Cancellation:
    """Cancel an order, or only the suborders at `positions` of a paid one; opens its own transactions.

    An unpaid order frees its stock, nights and places, after its open payment is closed at the provider. In a paid
    order, goods that are not shipped are refunded in full with their freight, stays and activities by their tier; the
    producer keeps the rest. Of an order whose balance is due, the deposit is refunded in the same way. What remains of
    a package is cancelled together.
    Cancelling what is cancelled returns the same result. `refund_fen` is the refund that the buyer was shown, if any.

    Raises:
        NotFound: the order is not the buyer's, or has no such suborder.
        OrderNotCancellable: a requested suborder was shipped or used, or has ended.
        ContractNotCancellable: a public unit's contract over the order is signed.
        PackageCancelledWhole: only some of what remains of a package is requested.
        RefundChanged: the refund is not the one that the buyer was shown.
        PaymentDisputed: a dispute over the order is open.
        GatewayUnavailable: it is not known yet whether the open payment succeeds; try again.
    """
    async with db.connection() as conn:
        payment = await _find_open_payment(conn, buyer, order_id)
    if payment is not None:
        try:
            await close_payment(db, gateway, payment.id, at=now)
        except AlreadyPaid:
            await apply_payment_events(db, gateway, seal, now=now, order_ref=payment.order_ref)
    async with db.transaction() as conn:
        order = await lock_own_order(conn, buyer, order_id)
        chosen = _select(await load_suborders(conn, order.id), positions)
        if chosen and all(each.state is SuborderState.CANCELLED for each in chosen):
            return Cancellation(order.id, order.state, Fen(sum(each.refunded_fen for each in chosen)))
        if order.state is OrderState.PLACED and order.terms is PaymentTerms.CONTRACT:
            raise ContractNotCancellable
        if await is_payment_open(conn, order):
            raise GatewayUnavailable("a payment of the order is open")
        if order.state is OrderState.PLACED:
            await cancel_unpaid(conn, order, buyer, now=now)
            return Cancellation(order.id, OrderState.CANCELLED, Fen(0))
        if order.state not in {OrderState.DEPOSITED, OrderState.PAID}:
            raise OrderNotCancellable
        cancellation, refunds = await _cancel_paid(conn, seal, order, buyer, positions=positions, now=now)
        if refund_fen is not None and cancellation.refund_fen != refund_fen:
            raise RefundChanged(refund_fen=cancellation.refund_fen)
    for refund_id in refunds:
        # If the provider does not answer, a job sends the refund later.
        with suppress(GatewayUnavailable, ProviderMismatch):
            await send_refund(db, gateway, refund_id, at=now)
    return cancellation


async def lock_own_order(conn: Connection, buyer: Actor, order_id: UUID) -> LockedOrder:
    """Lock an order of the buyer's.

    Raises:
        NotFound: the order is not the buyer's.
    """
    order = await lock_order(conn, order_id)
    if order is None or order.buyer_id != buyer.account_id:
        raise NotFound
    return order


async def _find_open_payment(conn: Connection, buyer: Actor, order_id: UUID) -> Payment | None:
    order = await GET_BUYER_ORDER.maybe(conn, order_id=order_id, buyer_id=buyer.account_id)
    if order is None:
        raise NotFound
    return await _find_live_payment(conn, order.number, order.state)


async def _find_live_payment(conn: Connection, number: int, state: OrderState) -> Payment | None:
    """Return the live payment of what an order in this state waits for."""
    for purpose in _AWAITED.get(state, ()):
        payment = await find_live_payment(conn, get_order_ref(number), purpose)
        if payment is not None:
            return payment
    return None


async def cancel_unpaid(conn: Connection, order: LockedOrder, actor: Actor, *, now: datetime) -> None:
    """Cancel a locked order that nobody paid: its stock, nights, places and vouchers are free again."""
    suborders = await load_suborders(conn, order.id)
    await move_orders(conn, [order.id], OrderState.CANCELLED, now=now)
    ids = [each.id for each in suborders]
    await move_suborders(conn, ids, SuborderState.CANCELLED, actor=str(actor.account_id), now=now)
    await free_stock(conn, [order.id], reason=StockMoveReason.CANCELLED, now=now)
    await free_bookings(conn, [order.id], state=BookingState.CANCELLED)
    await free_places(conn, [order.id], state=ReservationState.CANCELLED)
    await free_vouchers(conn, [order.id], now=now)


async def _cancel_paid(
    conn: Connection, seal: Seal, order: LockedOrder, buyer: Actor, *, positions: Sequence[int] | None, now: datetime
) -> tuple[Cancellation, list[RefundId]]:
    shares = await list_cancellation_shares(conn, order, positions=positions, now=now)
    refunds = await cancel_suborders(
        conn, seal, order, shares, actor=str(buyer.account_id), reason="cancelled", by=buyer.account_id, now=now
    )
    state = await finish_order(conn, order.id, now=now) or order.state
    refunded_fen = Fen(sum(refund.amount_minor for refund in refunds))
    facts = {"order": str(order.number), "amount": format_yuan(refunded_fen)}
    await notify_account(conn, seal, order.buyer_id, "order_cancelled", facts, now=now)
    return Cancellation(order.id, state, refunded_fen), [refund.id for refund in refunds]


async def is_payment_open(conn: Connection, order: LockedOrder) -> bool:
    """Return whether a payment that a locked order waits for is open, or was captured and that is not applied yet."""
    return await _find_live_payment(conn, order.number, order.state) is not None


async def list_cancellation_shares(
    conn: Connection, order: LockedOrder, *, positions: Sequence[int] | None = None, now: datetime
) -> list[tuple[LockedSuborder, Fen]]:
    """Return the suborders of a locked order, or those at `positions`, with what is refunded of their goods.

    Of goods all that was paid is refunded, of visits the share of their tier.

    Raises:
        NotFound: the order has no such suborder.
        OrderNotCancellable: a suborder was shipped or used, or has ended.
        PackageCancelledWhole: see `cancel_order`.
    """
    suborders = await load_suborders(conn, order.id)
    cancellable = {SuborderState.DEPOSITED, SuborderState.PAID}
    if await is_package(conn, order.id):
        remaining = {each.position for each in suborders if each.state in cancellable}
        if positions is not None and remaining.intersection(positions) not in (set(), remaining):
            raise PackageCancelledWhole
        positions = list(remaining) if positions is None else positions
    selected = _select(suborders, positions)
    if not selected or any(each.state not in cancellable for each in selected):
        raise OrderNotCancellable
    visits = {row.suborder_id: row for row in await list_booked_visits(conn, order.id, now=now)}
    return [(each, _compute_goods_refund(each, visits.get(each.id), now)) for each in selected]


def _select(suborders: Sequence[LockedSuborder], positions: Sequence[int] | None) -> list[LockedSuborder]:
    selected = [each for each in suborders if positions is None or each.position in positions]
    if positions is not None and len(selected) != len(set(positions)):
        raise NotFound
    return selected


async def is_package(conn: Connection, order_id: UUID) -> bool:
    """Return whether an order was placed as a package."""
    return await _IS_PACKAGE.one(conn, order_id=order_id)


async def cancel_suborders(
    conn: Connection,
    seal: Seal,
    order: LockedOrder,
    shares: Sequence[tuple[LockedSuborder, Fen]],
    *,
    actor: str,
    reason: str,
    by: UUID,
    note: str = "",
    restock: bool = True,
    with_freight: bool = True,
    now: datetime,
) -> list[Refund]:
    """Cancel paid suborders of a locked order, and refund of each the given part of its goods and all of its freight.

    Without `with_freight` the producer keeps the freight. Nights return to sale, and units if `restock`; what is not
    refunded is released to the producer. `actor` moves the suborders and is audited, `by` is the account that the
    refund is recorded for. The caller finishes the order and tells the buyer.

    Raises:
        PaymentDisputed: a dispute over the order is open.
    """
    ids = [each.id for each, _ in shares]
    await move_suborders(conn, ids, SuborderState.CANCELLED, actor=actor, note=note, now=now)
    if restock:
        await return_sold(conn, ids, now=now)
    await free_bookings(conn, [order.id], state=BookingState.CANCELLED, suborder_ids=ids)
    await free_places(conn, [order.id], state=ReservationState.CANCELLED, suborder_ids=ids)
    refunds: list[Refund] = []
    for each, goods_fen in shares:
        kind = "cancelled" if each.kind is SuborderKind.GOODS else "cancelled by tier"
        freight_fen = each.freight_fen if with_freight and not each.owes_balance else Fen(0)
        refunds += await refund_suborder(
            conn, each, goods_fen=goods_fen, freight_fen=freight_fen, key="cancelled", kind=kind,
            reason=reason, by=by, note=note, now=now,
        )  # fmt: skip
    # Sorted by producer, as for receipts, so that transactions cannot deadlock on the producers' accounts.
    for each in sorted(await load_suborders(conn, order.id), key=lambda each: each.producer_id):
        if each.id in ids and (each.goods_left_fen or (each.freight_fen and not with_freight)):
            await notify_money_owed(conn, seal, each.producer_id, await release_escrow(conn, each, now=now), now=now)
    await add_audit_entry(
        conn, actor=actor, action="order.cancel", object=f"order:{order.number}",
        detail={
            "positions": [each.position for each, _ in shares],
            "refund_fen": sum(refund.amount_minor for refund in refunds),
            **({} if reason == "cancelled" else {"reason": reason}),
        },
        now=now,
    )  # fmt: skip
    return refunds


async def list_booked_visits(conn: Connection, order_id: UUID, *, now: datetime) -> list[BookedVisit]:
    """Return the stays and places of an order; those in a cancelled slot are not among them."""
    return await LIST_BOOKED_STAYS.all(conn, order_id=order_id) + [
        BookedVisit(each.suborder_id, get_business_day(each.starts_at), each.begun, each.holiday, each.tiers)
        for each in await list_booked_places(conn, order_id, now=now)
    ]


def _compute_goods_refund(suborder: LockedSuborder, visit: BookedVisit | None, now: datetime) -> Fen:
    """Return the refunded part of a suborder's goods."""
    if visit is None:
        return suborder.goods_left_fen
    days_left = (visit.arrive_on - get_business_day(now)).days
    if days_left < 0 or visit.begun:
        raise OrderNotCancellable
    return compute_stay_refund(
        paid_fen=suborder.goods_left_fen,
        refund_bp=get_refund_rate(visit.tiers, days_left=days_left, holiday=visit.holiday),
    )
