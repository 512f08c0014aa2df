"""Register the number that a seller gave, so that its parcel is tracked."""

from datetime import datetime
from uuid import UUID

from market.kernel import Connection, Query
from market.sales.carriers.models import find_carrier

# A corrected number starts from the beginning; the facts of the earlier one stay under that number.
REGISTER_PARCEL = Query(
    None,
    """
    INSERT INTO tracked_parcels (suborder_id, carrier, tracking, registered_at, moved_at)
    VALUES (:suborder_id, :carrier, :tracking, :now, :now)
    ON CONFLICT (suborder_id) DO UPDATE
       SET carrier = EXCLUDED.carrier, tracking = EXCLUDED.tracking, state = 'waiting', registered_at = :now,
           moved_at = :now, delivered_at = NULL, attempts = 0, next_at = clock_timestamp(), hinted_at = NULL,
           error = NULL
     WHERE (tracked_parcels.carrier, tracked_parcels.tracking) <> (EXCLUDED.carrier, EXCLUDED.tracking)
    """,
)
FORGET_PARCEL = Query(None, "DELETE FROM tracked_parcels WHERE suborder_id = :suborder_id")


async def register_parcel(conn: Connection, suborder_id: UUID, *, carrier: str, tracking: str, now: datetime) -> None:
    """Track a parcel from now on, in the caller's transaction, which has locked its order.

    The same number again changes nothing. Without a number, or with a carrier that cannot be asked, it is not tracked.
    """
    known = find_carrier(carrier) if tracking else None
    if known is None:
        await FORGET_PARCEL.run(conn, suborder_id=suborder_id)
    else:
        await REGISTER_PARCEL.run(conn, suborder_id=suborder_id, carrier=known, tracking=tracking, now=now)
