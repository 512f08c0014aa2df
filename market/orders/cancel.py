"""Cancelling: before payment everything comes free; after it goods go back whole, nights by their tier."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.audit import record
from market.bookings import BookingState, Tier, free_bookings, refund_rate, refund_share
from market.identity import Actor, NotFound
from market.kernel import Connection, Database, Fen, GatewayUnavailable, Query
from market.kernel.clock import day_of
from market.kernel.seal import Seal
from market.orders.accounts import order_ref
from market.orders.giveback import give_back
from market.orders.models import NotCancellable, OrderState, SuborderKind, SuborderState
from market.orders.move import (
    OrderRow,
    SuborderRow,
    finish_order,
    lock_order,
    move_orders,
    move_suborders,
    suborders_of_order,
)
from market.orders.release import release
from market.orders.settle import act_on_payments
from market.orders.tell import tell_account, tell_money
from market.stock import Reason, release_held, return_sold
from payments import Gateway, PaymentId, ProviderDisagrees, Refund, RefundId, close_payment, live_payment, send_refund
from payments.models import AlreadyPaid
from payments.money import yuan


class Cancelled(Struct, frozen=True):
    """What a cancellation did: where the order stands now, and what goes back to the buyer."""

    order_id: UUID
    state: OrderState
    refund_fen: Fen


class StayTerms(Struct, frozen=True):
    """A booked stay as its cancellation is judged; it has `begun` when the first guest of it has arrived."""

    suborder_id: UUID
    arrive_on: date
    begun: bool
    holiday: bool
    tiers: list[Tier]


STAYS_OF_ORDER = Query(
    StayTerms,
    """
    SELECT DISTINCT ON (suborder_id) suborder_id, lower(nights) AS arrive_on,
           bool_or(bookings.state = 'arrived') OVER (PARTITION BY suborder_id) AS begun,
           EXISTS (SELECT FROM holidays WHERE rest AND day >= lower(nights) AND day < upper(nights)) AS holiday,
           coalesce((SELECT jsonb_agg(jsonb_build_object('holiday', holiday, 'days_before', days_before,
                                                         'refund_bp', refund_bp))
                       FROM cancel_tiers WHERE cancel_tiers.listing_id = bookings.listing_id), '[]') AS tiers
      FROM bookings JOIN suborders ON suborders.id = suborder_id
     WHERE order_id = :order_id
     ORDER BY suborder_id, bookings.id
    """,
)


class OwnOrder(Struct, frozen=True):
    """A buyer's order, not locked."""

    number: int
    state: OrderState


FIND_ORDER = Query(OwnOrder, "SELECT number, state FROM orders WHERE id = :order_id AND buyer_id = :buyer_id")


async def cancel_order(
    db: Database,
    gateway: Gateway,
    seal: Seal,
    buyer: Actor,
    order_id: UUID,
    *,
    positions: Sequence[int] | None = None,
    now: datetime,
) -> Cancelled:
    """Cancel an order, or of a paid one only the suborders at `positions`; opens its own transactions.

    Before payment everything comes free, the payment under way being ended at the provider first. After it, what is not
    shipped yet goes back whole, with its freight; a stay by the tier of its notice, and the producer gets the rest.
    A cancelled order answers as it did.

    Raises:
        NotFound: the order is not the buyer's, or has no such suborder.
        NotCancellable: something asked for was shipped, used, or ended.
        GatewayUnavailable: whether the payment under way goes through is not known yet; ask again.
    """
    async with db.connection() as conn:
        payment_id = await _payment_under_way(conn, buyer, order_id)
    if payment_id is not None:
        try:
            await close_payment(db, gateway, payment_id, at=now)
        except AlreadyPaid:
            await act_on_payments(db, gateway, seal, now=now)
    async with db.transaction() as conn:
        order = await _own(conn, buyer, order_id)
        if order.state is OrderState.CANCELLED:
            back = sum(each.refunded_fen for each in await suborders_of_order(conn, order.id))
            return Cancelled(order.id, order.state, Fen(back))
        if order.state is OrderState.PLACED:
            await _cancel_unpaid(conn, order, buyer, now)
            return Cancelled(order.id, OrderState.CANCELLED, Fen(0))
        if order.state is not OrderState.PAID:
            raise NotCancellable
        answer, refunds = await _cancel_paid(conn, seal, order, buyer, positions=positions, now=now)
    for refund_id in refunds:
        # Where the provider does not answer now, finish_operations sends it later.
        with suppress(GatewayUnavailable, ProviderDisagrees):
            await send_refund(db, gateway, refund_id, at=now)
    return answer


async def _own(conn: Connection, buyer: Actor, order_id: UUID) -> OrderRow:
    order = await lock_order(conn, order_id)
    if order is None or order.buyer_id != buyer.account_id:
        raise NotFound
    return order


async def _payment_under_way(conn: Connection, buyer: Actor, order_id: UUID) -> PaymentId | None:
    order = await FIND_ORDER.maybe(conn, order_id=order_id, buyer_id=buyer.account_id)
    if order is None:
        raise NotFound
    if order.state is not OrderState.PLACED:
        return None
    payment = await live_payment(conn, order_ref(order.number))
    return None if payment is None else payment.id


async def _cancel_unpaid(conn: Connection, order: OrderRow, buyer: Actor, now: datetime) -> None:
    suborders = await suborders_of_order(conn, order.id)
    await move_orders(conn, [order.id], OrderState.CANCELLED, now=now)
    ids = [each.id for each in suborders]
    await move_suborders(conn, ids, SuborderState.CANCELLED, actor=str(buyer.account_id), now=now)
    await release_held(conn, [order.id], reason=Reason.CANCELLED, now=now)
    await free_bookings(conn, [order.id], state=BookingState.CANCELLED)


async def _cancel_paid(
    conn: Connection, seal: Seal, order: OrderRow, buyer: Actor, *, positions: Sequence[int] | None, now: datetime
) -> tuple[Cancelled, list[RefundId]]:
    suborders = await suborders_of_order(conn, order.id)
    chosen = [each for each in suborders if positions is None or each.position in positions]
    if positions is not None and len(chosen) != len(set(positions)):
        raise NotFound
    if not chosen or any(each.state is not SuborderState.PAID for each in chosen):
        raise NotCancellable
    terms = {row.suborder_id: row for row in await STAYS_OF_ORDER.all(conn, order_id=order.id)}
    shares = {each.id: _share(each, terms.get(each.id), now) for each in chosen}
    ids = [each.id for each in chosen]
    await move_suborders(conn, ids, SuborderState.CANCELLED, actor=str(buyer.account_id), now=now)
    await return_sold(conn, ids, now=now)
    await free_bookings(conn, [order.id], state=BookingState.CANCELLED, suborder_ids=ids)
    refunds: list[Refund] = []
    for each in chosen:
        kind = "cancelled by tier" if each.kind is SuborderKind.STAY else "cancelled"
        refund = await give_back(
            conn, each, goods_fen=shares[each.id], freight_fen=each.freight_fen, key="cancelled", kind=kind,
            reason="cancelled", by=buyer, now=now,
        )  # fmt: skip
        refunds += [] if refund is None else [refund]
    # By producer, as receipts do, so that nobody waits for the producers' accounts in a circle.
    for each in sorted(await suborders_of_order(conn, order.id), key=lambda each: each.producer_id):
        if each.id in shares and each.goods_left_fen:
            await tell_money(conn, seal, each.producer_id, await release(conn, each, now=now), now=now)
    state = await finish_order(conn, order.id, now=now) or OrderState.PAID
    back = Fen(sum(refund.amount_minor for refund in refunds))
    facts = {"order": str(order.number), "amount": yuan(back)}
    await tell_account(conn, seal, order.buyer_id, "order_cancelled", facts, now=now)
    await record(
        conn, actor=str(buyer.account_id), action="order.cancel", object=f"order:{order.number}",
        detail={"positions": [each.position for each in chosen], "refund_fen": back}, now=now,
    )  # fmt: skip
    return Cancelled(order.id, state, back), [refund.id for refund in refunds]


def _share(suborder: SuborderRow, terms: StayTerms | None, now: datetime) -> Fen:
    """Return how much of the goods comes back."""
    if terms is None:
        return suborder.goods_left_fen
    days_left = (terms.arrive_on - day_of(now)).days
    if days_left < 0 or terms.begun:
        raise NotCancellable
    return refund_share(suborder.goods_left_fen, refund_rate(terms.tiers, days_left=days_left, holiday=terms.holiday))
