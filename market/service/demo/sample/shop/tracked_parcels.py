"""Sample parcels on their way: registered for tracking; the carriers' sandbox knows where they are."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.sales.carriers.register import register_parcel
from market.service.demo.carrier.routes import Fate, SandboxParcel


class ShippedParcel(Struct, frozen=True):
    """A parcel that was sent by a carrier and not received."""

    suborder_id: UUID
    carrier: str
    tracking: str
    shipped_at: datetime


# Of the parcels on their way the one that has travelled longest never arrives.
LOSE_OLDEST = Query(
    None,
    """
    UPDATE suborders SET tracking = tracking || :lost
     WHERE id = (SELECT id FROM suborders WHERE state = 'shipped' AND tracking IS NOT NULL
                  ORDER BY shipped_at, id LIMIT 1)
    """,
)
LIST_SHIPPED = Query(
    ShippedParcel,
    """
    SELECT id AS suborder_id, carrier, tracking, shipped_at FROM suborders
     WHERE state = 'shipped' AND tracking IS NOT NULL
     ORDER BY id
    """,
)
LIST_TRAVELLING = Query(
    SandboxParcel,
    """
    SELECT tracked_parcels.carrier, tracked_parcels.tracking AS number, registered_at AS accepted_at, 1 AS speed,
           '' AS push, 0 AS pushed, true AS by_day
      FROM tracked_parcels
     ORDER BY suborder_id
    """,
)


async def add_tracked_parcels(conn: Connection) -> None:
    """Register every sample parcel that is on its way, as its seller did when it was sent."""
    await LOSE_OLDEST.run(conn, lost=str(Fate.LOST))
    for each in await LIST_SHIPPED.all(conn):
        await register_parcel(conn, each.suborder_id, carrier=each.carrier, tracking=each.tracking, now=each.shipped_at)
