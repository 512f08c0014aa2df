"""Receipt: the buyer confirms, or time does; only then does the money become the producer's."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.aftersales.models import NotReceivable
from market.identity import Actor, NotFound
from market.kernel import Connection, Database, Query
from market.kernel.clock import day_of
from market.kernel.seal import Seal
from market.orders.models import OrderState, SuborderState
from market.orders.move import (
    OrderRow,
    SuborderRow,
    finish_order,
    lock_order,
    lock_order_of,
    move_suborders,
    suborders_of_order,
)
from market.orders.release import release
from market.orders.tell import tell_money

MOST = 500
BY_CLOCK = "clock"


class Received(Struct, frozen=True):
    """Where an order stands after a receipt, and which of its suborders it was for."""

    order_id: UUID
    state: OrderState
    positions: list[int]


# A stay can be received from its day of arrival on.
NOT_YET = Query(
    UUID,
    """
    SELECT DISTINCT suborder_id FROM bookings JOIN suborders ON suborders.id = suborder_id
     WHERE order_id = :order_id AND lower(nights) > :day::date
    """,
)
ARRIVE_ALL = Query(
    None,
    """
    UPDATE bookings SET state = 'arrived', arrived_at = :now
     WHERE suborder_id = ANY(:suborder_ids::uuid[]) AND state = 'booked'
    """,
)
OVERDUE = Query(
    UUID,
    """
    (SELECT id FROM suborders WHERE state = 'shipped' AND shipped_at <= :shipped_before ORDER BY shipped_at LIMIT :most)
    UNION
    (SELECT suborders.id FROM bookings JOIN suborders ON suborders.id = suborder_id
      WHERE bookings.state = 'booked' AND suborders.state = 'paid' AND upper(nights) <= :left_before::date LIMIT :most)
    """,
)


async def confirm_receipt(
    conn: Connection,
    seal: Seal | None,
    buyer: Actor,
    order_id: UUID,
    *,
    positions: Sequence[int] | None = None,
    now: datetime,
) -> Received:
    """Confirm that an order, or its suborders at `positions`, was received, in the caller's transaction.

    What was held for each becomes its producer's, who is told. Without positions it is for everything that can be
    received now; what was received before stays as it is.

    Raises:
        NotFound: the order is not the buyer's, or has no such suborder.
        NotReceivable: something asked for, or everything, is unpaid, cancelled, or a stay before its arrival.
    """
    order = await lock_order(conn, order_id)
    if order is None or order.buyer_id != buyer.account_id:
        raise NotFound
    suborders = await suborders_of_order(conn, order_id)
    chosen = [each for each in suborders if positions is None or each.position in positions]
    if positions is not None and len(chosen) != len(set(positions)):
        raise NotFound
    early = set(await NOT_YET.all(conn, order_id=order_id, day=day_of(now)))
    ready = [each for each in chosen if is_receivable(each) and each.id not in early]
    done = [each for each in chosen if each.state is SuborderState.RECEIVED]
    if len(ready) + len(done) < (1 if positions is None else len(chosen)):
        raise NotReceivable
    state = await receive(conn, seal, order, ready, actor=str(buyer.account_id), now=now)
    return Received(order_id, state, [each.position for each in sorted(ready + done, key=lambda each: each.position)])


def is_receivable(suborder: SuborderRow) -> bool:
    """Say whether a suborder's state allows its receipt; a parcel handed over in person was never shipped."""
    return suborder.state in {SuborderState.PAID, SuborderState.SHIPPED}


async def receive(
    conn: Connection,
    seal: Seal | None,
    order: OrderRow,
    suborders: Sequence[SuborderRow],
    *,
    actor: str,
    now: datetime,
) -> OrderState:
    """Receive suborders of a locked order: move, release, tell; return where the order stands then."""
    ids = [each.id for each in suborders]
    moved = set(await move_suborders(conn, ids, SuborderState.RECEIVED, actor=actor, now=now))
    await ARRIVE_ALL.run(conn, suborder_ids=ids, now=now)
    # By producer, so that two receipts of the same farms never wait for each other's accounts in a circle.
    for each in sorted(suborders, key=lambda each: each.producer_id):
        if each.id in moved:
            gained = await release(conn, each, now=now)
            if seal is not None:
                await tell_money(conn, seal, each.producer_id, gained, now=now)
    return await finish_order(conn, order.id, now=now) or order.state


async def confirm_overdue(db: Database, *, now: datetime, days: int, seal: Seal | None = None) -> int:
    """Take as received what was shipped `days` ago, and stays that ended `days` ago; one transaction each.

    Returns how many there were, at most 1,000 a call; producers are told where a seal is given.
    """
    async with db.connection() as conn:
        overdue = await OVERDUE.all(
            conn,
            shipped_before=now - timedelta(days=days),
            left_before=day_of(now) - timedelta(days=days),
            most=MOST,
        )
    done = 0
    for suborder_id in overdue:
        async with db.transaction() as conn:
            order = await lock_order_of(conn, suborder_id)
            if order is None:
                continue
            ready = [
                each
                for each in await suborders_of_order(conn, order.id)
                if each.id == suborder_id and is_receivable(each)
            ]
            await receive(conn, seal, order, ready, actor=BY_CLOCK, now=now)
            done += len(ready)
    return done
