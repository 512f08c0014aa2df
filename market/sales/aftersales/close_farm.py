"""Close a farm for some days, and tell the buyers whose parcels are sent later."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.producers.closures import CLOSURE_REASON_NAMES, Closure, NewClosure, write_closure
from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.people.notify.notifications import format_month_day, notify_account

MAX_TOLD = 300


class _WaitingBuyer(Struct, frozen=True):
    buyer_id: UUID
    order_number: int
    producer: str


LIST_WAITING_BUYERS = Query(
    _WaitingBuyer,
    """
    SELECT DISTINCT ON (orders.buyer_id) orders.buyer_id, orders.number AS order_number, producers.name AS producer
      FROM suborders JOIN orders ON orders.id = order_id JOIN producers ON producers.id = producer_id
     WHERE producer_id = :producer_id AND suborders.state = 'paid' AND suborders.kind = 'goods'
     ORDER BY orders.buyer_id, orders.number
     LIMIT :limit
    """,
)


async def close_farm(
    conn: Connection, seal: Seal, actor: Actor, producer_id: UUID, new: NewClosure, *, now: datetime
) -> Closure:
    """Close a producer of the actor for some days, in the caller's transaction; one that has not ended is replaced.

    Nobody orders meanwhile. Closed days do not count for the day by which a paid parcel is sent; its buyer is told,
    once for several orders, and may cancel.

    Raises:
        NotFound: the actor does not work for the producer.
        ClosureInvalid: the days are past, too far ahead, too many, or in the wrong order.
        TooManyClosures: it announced ten within 30 days.
    """
    closure = await write_closure(conn, actor, producer_id, new, now=now)
    facts = {"why": CLOSURE_REASON_NAMES[closure.reason], "day": format_month_day(closure.reopens_on)}
    for waiting in await LIST_WAITING_BUYERS.all(conn, producer_id=producer_id, limit=MAX_TOLD):
        named = {**facts, "name": waiting.producer, "order": str(waiting.order_number)}
        await notify_account(conn, seal, waiting.buyer_id, "farm_closed", named, now=now)
    return closure
