"""State transitions of orders and suborders; lock the order first. A suborder's event is in the same statement."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.sales.orders.models import (
    ORDER_MOVES,
    SUBORDER_MOVES,
    OrderId,
    OrderState,
    PaymentTerms,
    SuborderId,
    SuborderKind,
    SuborderState,
)
from market.sales.orders.money.refund_requests import LapseReason, lapse_refund_requests


class LockedOrder(Struct, frozen=True):
    """A locked order."""

    id: OrderId
    number: int
    buyer_id: UUID
    state: OrderState
    total_fen: Fen
    pay_until: datetime
    terms: PaymentTerms


class LockedSuborder(Struct, frozen=True, kw_only=True):
    """A suborder of a locked order; `goods_left_fen` is the sum of its lines after refunds.

    With `owes_balance` only the deposit was paid: `goods_left_fen` is then what is left of it.
    """

    id: SuborderId
    order_id: OrderId
    number: int
    position: int
    producer_id: UUID
    producer_number: int
    kind: SuborderKind
    state: SuborderState
    goods_fen: Fen
    freight_fen: Fen
    discount_fen: Fen
    refunded_fen: Fen
    goods_left_fen: Fen
    commission_bp: int
    payable_fen: Fen | None
    commission_fen: Fen | None
    received_at: datetime | None
    owes_balance: bool = False


LOCK_ORDER = Query(
    LockedOrder,
    """
    SELECT id, number, buyer_id, state, total_fen, pay_until, terms
      FROM orders WHERE id = :order_id FOR NO KEY UPDATE
    """,
)
LOCK_ORDER_BY_NUMBER = Query(
    LockedOrder,
    """
    SELECT id, number, buyer_id, state, total_fen, pay_until, terms
      FROM orders WHERE number = :number FOR NO KEY UPDATE
    """,
)
LIST_SUBORDERS = Query(
    LockedSuborder,
    """
    SELECT suborders.id, suborders.order_id, orders.number, position, producer_id, producers.number AS producer_number,
           suborders.kind, suborders.state, suborders.goods_fen, suborders.freight_fen, suborders.discount_fen,
           suborders.refunded_fen,
           least((SELECT sum(amount_fen - order_lines.refunded_fen) FROM order_lines
                   WHERE suborder_id = suborders.id)::bigint, deposit_fen - suborders.refunded_fen) AS goods_left_fen,
           commission_bp, payable_fen, commission_fen, received_at, deposit_fen IS NOT NULL AS owes_balance
      FROM suborders
      JOIN orders ON orders.id = suborders.order_id
      JOIN producers ON producers.id = producer_id
      LEFT JOIN deposits ON deposits.order_id = orders.id AND deposited_at IS NOT NULL AND orders.paid_at IS NULL
     WHERE suborders.order_id = :order_id
     ORDER BY position
    """,
)
GET_ORDER_ID = Query(UUID, "SELECT order_id FROM suborders WHERE id = :suborder_id")
MOVE_ORDERS = Query(
    UUID,
    """
    UPDATE orders
       SET state = :state,
           paid_at = CASE WHEN :state = 'paid' THEN :now ELSE paid_at END,
           closed_at = CASE WHEN :state IN ('deposited', 'paid') THEN NULL ELSE :now::timestamptz END,
           method = coalesce(:method, method)
     WHERE id = ANY(:order_ids::uuid[]) AND state = ANY(:before::text[])
    RETURNING id
    """,
)
MOVE_SUBORDERS = Query(
    UUID,
    """
    WITH moved AS (
        UPDATE suborders
           SET state = :state,
               shipped_at = CASE WHEN :state = 'shipped' THEN :now ELSE shipped_at END,
               received_at = CASE WHEN :state = 'received' THEN :now ELSE received_at END,
               closed_at = CASE WHEN :state IN ('received', 'cancelled', 'expired') THEN :now::timestamptz END,
               carrier = coalesce(:carrier, carrier), tracking = coalesce(:tracking, tracking)
         WHERE id = ANY(:suborder_ids::uuid[]) AND state = ANY(:before::text[])
        RETURNING id
    ), recorded AS (
        INSERT INTO suborder_events (suborder_id, state, actor, note, at)
        SELECT id, :state, :actor, :note, :now FROM moved
    )
    SELECT id FROM moved
    """,
)
LIST_SUBORDER_IDS = Query(UUID, "SELECT id FROM suborders WHERE order_id = ANY(:order_ids::uuid[]) ORDER BY id")
# An order is finished when its last suborder has ended, or cancelled if all suborders are cancelled.
FINISH_ORDER = Query(
    OrderState,
    """
    UPDATE orders
       SET state = CASE WHEN EXISTS (SELECT FROM suborders WHERE order_id = orders.id AND state = 'received')
                        THEN 'finished' ELSE 'cancelled' END,
           closed_at = :now
     WHERE id = :order_id AND state IN ('deposited', 'paid')
       AND NOT EXISTS (SELECT FROM suborders
                        WHERE order_id = orders.id AND state IN ('placed', 'deposited', 'paid', 'shipped'))
    RETURNING state
    """,
)


def _list_order_sources(state: OrderState) -> list[str]:
    return [before for before, after in ORDER_MOVES.items() if state in after]


def _list_suborder_sources(state: SuborderState) -> list[str]:
    return [before for before, after in SUBORDER_MOVES.items() if state in after]


async def move_orders(
    conn: Connection, order_ids: Sequence[UUID], state: OrderState, *, now: datetime, method: str | None = None
) -> list[UUID]:
    """Move orders, locked by the caller, to a state; return those whose state allowed it."""
    return await MOVE_ORDERS.all(
        conn, order_ids=list(order_ids), state=state, now=now, method=method, before=_list_order_sources(state)
    )


async def move_suborders(
    conn: Connection,
    suborder_ids: Sequence[UUID],
    state: SuborderState,
    *,
    actor: str,
    now: datetime,
    note: str = "",
    carrier: str | None = None,
    tracking: str | None = None,
) -> list[UUID]:
    """Move suborders of locked orders to a state and record who did it; return those whose state allowed it.

    What is shipped may have a carrier and a tracking number, both or neither.
    A refund of a cancelled suborder that waits for a second person lapses.
    """
    moved = await MOVE_SUBORDERS.all(
        conn,
        suborder_ids=list(suborder_ids),
        state=state,
        actor=actor,
        note=note,
        carrier=carrier,
        tracking=tracking,
        now=now,
        before=_list_suborder_sources(state),
    )
    if state is SuborderState.CANCELLED:
        await lapse_refund_requests(conn, moved, LapseReason.CANCELLED, now=now)
    return moved


async def load_suborders(conn: Connection, order_id: UUID) -> list[LockedSuborder]:
    """Return the suborders of a locked order by position."""
    return await LIST_SUBORDERS.all(conn, order_id=order_id)


async def list_suborder_ids(conn: Connection, order_ids: Sequence[UUID]) -> list[UUID]:
    """Return the ids of the suborders of several orders."""
    return await LIST_SUBORDER_IDS.all(conn, order_ids=list(order_ids))


async def lock_order(conn: Connection, order_id: UUID) -> LockedOrder | None:
    """Lock an order for this transaction, before its lots, rooms and payment (see docs/locks.md)."""
    return await LOCK_ORDER.maybe(conn, order_id=order_id)


async def lock_order_by_number(conn: Connection, number: int) -> LockedOrder | None:
    """Lock an order by its public number."""
    return await LOCK_ORDER_BY_NUMBER.maybe(conn, number=number)


async def lock_order_by_suborder(conn: Connection, suborder_id: UUID) -> LockedOrder | None:
    """Lock the order of a suborder."""
    order_id = await GET_ORDER_ID.maybe(conn, suborder_id=suborder_id)
    return None if order_id is None else await lock_order(conn, order_id)


async def finish_order(conn: Connection, order_id: UUID, *, now: datetime) -> OrderState | None:
    """Finish or cancel a paid order whose last suborder has ended; return its state, or None if it is still open."""
    return await FINISH_ORDER.maybe(conn, order_id=order_id, now=now)
