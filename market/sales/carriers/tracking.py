"""Read where parcels are."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.people.identity.models import Actor, NotFound
from market.sales.carriers.models import Carrier, TrackingFact, TrackingState


class Tracking(Struct, frozen=True):
    """Where a parcel is: the facts of its carrier, oldest first, at most 60 of the latest."""

    suborder_id: UUID
    carrier: Carrier
    tracking: str
    state: TrackingState
    moved_at: datetime
    delivered_at: datetime | None
    facts: list[TrackingFact]


LIST_TRACKING = Query(
    Tracking,
    """
    SELECT suborder_id, carrier, tracking, state, moved_at, delivered_at,
           coalesce((SELECT jsonb_agg(fact ORDER BY happened_at)
                       FROM (SELECT happened_at, jsonb_build_object('happened_at', happened_at, 'step', step,
                                                                    'detail', detail) AS fact
                               FROM tracking_facts f
                              WHERE (f.suborder_id, f.carrier, f.tracking) = (p.suborder_id, p.carrier, p.tracking)
                              ORDER BY happened_at DESC LIMIT 60) AS latest), '[]') AS facts
      FROM tracked_parcels p
     WHERE suborder_id = ANY(:suborder_ids::uuid[])
    """,
)
FIND_VISIBLE_SUBORDER = Query(
    UUID,
    """
    SELECT suborders.id FROM suborders JOIN orders ON orders.id = order_id
     WHERE suborders.id = :suborder_id AND (buyer_id = :account_id OR producer_id = ANY(:producers::uuid[]))
    """,
)


async def load_tracking(conn: Connection, suborder_ids: Sequence[UUID]) -> dict[UUID, Tracking]:
    """Return where those of some parcels are that are tracked; the caller has checked whose they are."""
    return {each.suborder_id: each for each in await LIST_TRACKING.all(conn, suborder_ids=list(suborder_ids))}


async def get_tracking(conn: Connection, actor: Actor, suborder_id: UUID) -> Tracking:
    """Return where a parcel is, to its buyer and its seller.

    Raises:
        NotFound: it is neither the actor's nor of a producer that the actor works for, or it is not tracked.
    """
    visible = await FIND_VISIBLE_SUBORDER.maybe(
        conn, suborder_id=suborder_id, account_id=actor.account_id, producers=list(actor.producers)
    )
    tracking = None if visible is None else (await load_tracking(conn, [visible])).get(visible)
    if tracking is None:
        raise NotFound
    return tracking
