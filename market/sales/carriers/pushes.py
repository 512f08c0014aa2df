"""Pushes of the carriers: verify, store once, answer. Each is a hint: the parcel is asked for soon."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import asyncpg
import structlog
from msgspec import Struct

from market.kernel import Database, Query
from market.sales.carriers.models import CarrierPort
from payments.retries import describe_error, run_each
from payments.sql import run_in_pieces

log = structlog.get_logger()
PUSH_LIFETIME = timedelta(days=30)

# Not what else the message says: it is a hint, and may have telephones of couriers and recipients.
ADD_PUSH = Query(
    str,
    """
    INSERT INTO carrier_pushes (event_id, carrier, tracking)
    VALUES (:event_id, :carrier, :tracking)
    ON CONFLICT (event_id) DO NOTHING
    RETURNING event_id
    """,
)
# One statement: the parcels of the due pushes are due now, and the pushes are done. A parcel may be asked for at this
# moment, so that `hinted_at` has it asked for again. A push may be earlier than the seller's form, so one
# without a parcel waits, 10 s, 20 s … at most an hour, and is given up after a day. So does one whose parcel somebody
# else has locked: it delays no other.
APPLY_PUSHES = Query(
    str,
    """
    WITH due AS (
        SELECT event_id, carrier, tracking FROM carrier_pushes
         WHERE state = 'new' AND next_at <= clock_timestamp() AND event_id = coalesce(:event_id::text, event_id)
         ORDER BY next_at
         LIMIT :limit
           FOR UPDATE SKIP LOCKED
    ), hinted AS (
        UPDATE tracked_parcels SET next_at = least(next_at, clock_timestamp()), hinted_at = clock_timestamp()
         WHERE suborder_id IN (SELECT suborder_id FROM tracked_parcels
                                WHERE (carrier, tracking) IN (SELECT carrier, tracking FROM due)
                                  FOR NO KEY UPDATE SKIP LOCKED)
        RETURNING carrier, tracking
    )
    UPDATE carrier_pushes
       SET attempts = attempts + 1,
           state = CASE WHEN EXISTS (SELECT FROM hinted WHERE hinted.carrier = due.carrier
                                                         AND hinted.tracking = due.tracking) THEN 'done'
                        WHEN received_at < clock_timestamp() - interval '1 day' THEN 'dead'
                        ELSE 'new' END,
           next_at = clock_timestamp() + least(interval '10 seconds' * (2 ^ least(attempts, 12)), interval '1 hour')
      FROM due
     WHERE carrier_pushes.event_id = due.event_id
    RETURNING state
    """,
)
LIST_DUE_PUSHES = Query(
    str,
    """
    SELECT event_id FROM carrier_pushes
     WHERE state = 'new' AND next_at <= clock_timestamp()
     ORDER BY next_at
     LIMIT :limit
    """,
)
POSTPONE_PUSH = Query(
    None,
    """
    UPDATE carrier_pushes
       SET attempts = attempts + 1,
           state = CASE WHEN received_at < clock_timestamp() - interval '1 day' THEN 'dead' ELSE 'new' END,
           next_at = clock_timestamp() + least(interval '10 seconds' * (2 ^ least(attempts, 12)), interval '1 hour')
     WHERE event_id = :event_id AND state = 'new'
    """,
)
DELETE_OLD_PUSHES = Query(
    None,
    """
    DELETE FROM carrier_pushes
     WHERE event_id IN (SELECT event_id FROM carrier_pushes WHERE received_at < :before AND state <> 'new'
                         ORDER BY received_at LIMIT :piece::integer)
    """,
)
_MAX_PUSHES = 200


class PushReceipt(Struct, frozen=True):
    """Whether a push is new."""

    received: bool


async def receive_push(
    db: Database, carriers: CarrierPort, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None
) -> PushReceipt:
    """Verify a push and store it once, committed; answer with 200 afterwards.

    `now` is the real time, never a shifted business clock: it decides whether the message is fresh.

    Raises:
        InvalidSignature: the message is not the service's, or not fresh.
    """
    notice = carriers.verify(headers, body, now or datetime.now(UTC))
    async with db.transaction() as conn:
        stored = await ADD_PUSH.maybe(conn, event_id=notice.id, carrier=notice.carrier, tracking=notice.tracking)
    return PushReceipt(received=stored is not None)


async def apply_pushes(db: Database) -> int:
    """Make the parcels of the due pushes due; return how many pushes were done.

    They are applied in one transaction. If that fails, each is applied in its own, and the one that fails waits.
    """
    try:
        return await _apply(db)
    except asyncpg.PostgresError as error:
        log.warning("pushes_not_applied_together", error=describe_error(error))
    async with db.connection() as conn:
        due = await LIST_DUE_PUSHES.all(conn, limit=_MAX_PUSHES)
    done = 0

    async def apply(event_id: str) -> None:
        nonlocal done
        done += await _apply(db, event_id)

    async def postpone(event_id: str, error: Exception) -> None:
        log.warning("push_not_applied", push=event_id, error=describe_error(error))
        async with db.transaction() as conn:
            await POSTPONE_PUSH.run(conn, event_id=event_id)

    await run_each(due, apply, postpone)
    return done


async def _apply(db: Database, event_id: str | None = None) -> int:
    async with db.transaction() as conn:
        return (await APPLY_PUSHES.all(conn, limit=_MAX_PUSHES, event_id=event_id)).count("done")


async def delete_old_pushes(db: Database, before: datetime) -> int:
    """Delete the pushes received before a moment of real time, in pieces; return how many. Waiting ones stay."""
    return await run_in_pieces(db, DELETE_OLD_PUSHES, before=before)
