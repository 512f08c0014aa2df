"""Ask the carriers for the parcels that are on their way, and store what they answer."""

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from msgspec import Struct

from market.kernel import Connection, Database, Query
from market.kernel.seal import Seal
from market.kernel.text import clean_name, mask_long_numbers
from market.people.notify.notifications import notify_account
from market.sales.carriers.models import (
    CARRIER_NAMES,
    MAX_DETAIL_LENGTH,
    Carrier,
    CarrierPort,
    TrackingFact,
    TrackingState,
)
from market.sales.carriers.rules import QUIET, UNANSWERED, TrackingStatus, derive_status
from payments.port import Declined, Ok, Unknown
from payments.retries import BatchSummary, describe_error, run_each
from payments.sql import run_in_pieces

log = structlog.get_logger()

CONCURRENCY = 4
FACT_LIFETIME = timedelta(days=1_200)
"""How long what a carrier said is kept. Source: 电子商务法 31, three years from the end of a sale, which ends later."""
PROOF_PERIOD = timedelta(days=30)
"""How long after its receipt a parcel is still asked for: its delivery frees what `sum_kept_back` keeps."""


class DueParcel(Struct, frozen=True):
    """A parcel that this worker asks for, under a lease, if it is `wanted`: it travels, or was just received."""

    suborder_id: UUID
    order_number: int
    buyer_id: UUID
    shipped: bool
    wanted: bool
    carrier: Carrier
    tracking: str
    state: TrackingState
    paid_at: datetime
    registered_at: datetime
    attempts: int
    claimed_at: datetime


CLAIM_PARCELS = Query(
    DueParcel,
    """
    WITH due AS (
        SELECT suborder_id FROM tracked_parcels
         WHERE state IN ('waiting', 'moving', 'unknown') AND next_at <= clock_timestamp()
         ORDER BY next_at
         LIMIT :limit
           FOR UPDATE SKIP LOCKED
    )
    UPDATE tracked_parcels
       SET attempts = attempts + 1, claimed_at = clock_timestamp(), next_at = clock_timestamp() + :lease::interval
      FROM due JOIN suborders ON suborders.id = due.suborder_id JOIN orders ON orders.id = order_id
     WHERE tracked_parcels.suborder_id = due.suborder_id
    RETURNING tracked_parcels.suborder_id, orders.number AS order_number, buyer_id,
              suborders.state = 'shipped' AS shipped,
              suborders.state = 'shipped' OR suborders.state = 'received' AND received_at > :proof_since AS wanted,
              tracked_parcels.carrier, tracked_parcels.tracking, tracked_parcels.state, paid_at, registered_at,
              attempts, claimed_at
    """,
)
ADD_FACTS = Query(
    UUID,
    """
    INSERT INTO tracking_facts (suborder_id, carrier, tracking, happened_at, step, detail, recorded_at)
    SELECT :suborder_id, :carrier, :tracking, happened_at, step, detail, :now
      FROM unnest(:happened_at::timestamptz[], :steps::text[], :details::text[]) AS f (happened_at, step, detail)
    ON CONFLICT DO NOTHING
    RETURNING suborder_id
    """,
)
LIST_FACTS = Query(
    TrackingFact,
    """
    SELECT happened_at, step, detail FROM tracking_facts
     WHERE suborder_id = :suborder_id AND carrier = :carrier AND tracking = :tracking
     ORDER BY happened_at
    """,
)
# Only under the number that was asked for: the seller may have corrected it meanwhile. A parcel that was delivered
# stays so. A push that came while the carrier was asked makes the parcel due again at once.
RECORD_STATUS = Query(
    UUID,
    """
    UPDATE tracked_parcels
       SET state = :state, moved_at = :moved_at, delivered_at = :delivered_at, error = :error,
           attempts = CASE WHEN :news THEN 0 ELSE attempts END,
           next_at = CASE WHEN hinted_at > claimed_at THEN clock_timestamp()
                          ELSE clock_timestamp() + :delay::interval END
     WHERE suborder_id = :suborder_id AND carrier = :carrier AND tracking = :tracking
       AND state IN ('waiting', 'moving', 'unknown')
    RETURNING suborder_id
    """,
)
RETRY_PARCEL = Query(
    None,
    """
    UPDATE tracked_parcels SET error = :error, next_at = clock_timestamp() + :delay::interval
     WHERE suborder_id = :suborder_id AND tracking = :tracking
    """,
)
DELETE_OLD_FACTS = Query(
    None,
    """
    DELETE FROM tracking_facts
     WHERE ctid = ANY(ARRAY(SELECT ctid FROM tracking_facts WHERE recorded_at < :before LIMIT :piece::integer))
    """,
)
STOP_TRACKING = Query(None, "UPDATE tracked_parcels SET next_at = 'infinity' WHERE suborder_id = :suborder_id")
GIVE_UP_PARCELS = Query(
    UUID,
    """
    UPDATE tracked_parcels SET state = 'given_up'
     WHERE suborder_id IN (SELECT suborder_id FROM tracked_parcels JOIN suborders ON suborders.id = suborder_id
                            WHERE suborders.state = 'shipped' AND registered_at <= :before
                              AND tracked_parcels.state IN ('moving', 'unknown') AND next_at < 'infinity'
                            ORDER BY registered_at LIMIT 500
                              FOR UPDATE OF tracked_parcels SKIP LOCKED)
    RETURNING suborder_id
    """,
)


async def poll_parcels(db: Database, carriers: CarrierPort, seal: Seal, *, now: datetime) -> BatchSummary:
    """Ask for the due parcels, four at a time, until none is due; opens its own transactions.

    Each is claimed for a minute; no connection is held while a carrier is asked. One that moved is asked for again
    after two hours, others after a delay that doubles up to half a day, a carrier that did not answer after five
    minutes or more. A parcel whose buyer confirmed it is asked for until its carrier says that it was delivered, for 30
    days. The buyer is told of the delivery once, unless they confirmed before.
    """
    done = failed = 0
    while True:
        async with db.connection() as conn:
            due = await CLAIM_PARCELS.all(conn, limit=CONCURRENCY, lease=QUIET.lease, proof_since=now - PROOF_PERIOD)
        if not due:
            return BatchSummary(done=done, failed=failed)

        async def ask(parcel: DueParcel) -> None:
            await _ask(db, carriers, seal, parcel, now)

        async def fail(parcel: DueParcel, error: Exception) -> None:
            log.warning("parcel_not_tracked", suborder=str(parcel.suborder_id), exc_info=error)
            await _retry(db, parcel, describe_error(error))

        batch = await run_each(due, ask, fail, concurrency=CONCURRENCY)
        done, failed = done + batch.done, failed + batch.failed


async def give_up_parcels(db: Database, *, days: int, now: datetime) -> int:
    """Stop asking for parcels whose number was registered `days` ago and that were not delivered; return how many.

    They wait for a person. A parcel of which nothing was ever heard, as no carrier answered, is not given up: its
    receipt is confirmed by the days since it was sent.
    """
    async with db.transaction() as conn:
        return len(await GIVE_UP_PARCELS.all(conn, before=now - timedelta(days=days)))


async def _ask(db: Database, carriers: CarrierPort, seal: Seal, parcel: DueParcel, now: datetime) -> None:
    if not parcel.wanted:
        async with db.connection() as conn:
            await STOP_TRACKING.run(conn, suborder_id=parcel.suborder_id)
        return
    match await carriers.track(parcel.carrier, parcel.tracking):
        case Ok(report):
            async with db.transaction() as conn:
                await _record(conn, seal, parcel, report.facts, now)
        case Declined():
            async with db.transaction() as conn:
                await _record(conn, seal, parcel, [], now)
        case Unknown(reason):
            await _retry(db, parcel, reason)


async def _retry(db: Database, parcel: DueParcel, error: str) -> None:
    delay = UNANSWERED.compute_delay(parcel.attempts)
    async with db.connection() as conn:
        await RETRY_PARCEL.run(conn, suborder_id=parcel.suborder_id, tracking=parcel.tracking, error=error, delay=delay)


async def _record(conn: Connection, seal: Seal, parcel: DueParcel, facts: list[TrackingFact], now: datetime) -> None:
    """Store new facts and the status that follows from all of them, and tell the buyer of the delivery once.

    Numbers in a carrier's text are not kept: they are telephones of couriers and codes of lockers.
    """
    number = {"suborder_id": parcel.suborder_id, "carrier": parcel.carrier, "tracking": parcel.tracking}
    added = await ADD_FACTS.all(
        conn, **number, happened_at=[each.happened_at for each in facts], steps=[each.step for each in facts],
        details=[mask_long_numbers(clean_name(each.detail))[:MAX_DETAIL_LENGTH] for each in facts], now=now,
    )  # fmt: skip
    known = await LIST_FACTS.all(conn, **number)
    status = derive_status(known, paid_at=parcel.paid_at, registered_at=parcel.registered_at, now=now)
    recorded = await _record_status(conn, parcel, status, news=bool(added))
    if recorded and parcel.shipped and status.state is TrackingState.DELIVERED:
        facts_told = {"order": str(parcel.order_number), "carrier": CARRIER_NAMES[parcel.carrier]}
        await notify_account(conn, seal, parcel.buyer_id, "parcel_delivered", facts_told, now=now)


async def _record_status(conn: Connection, parcel: DueParcel, status: TrackingStatus, *, news: bool) -> bool:
    delay = QUIET.compute_delay(1 if news else parcel.attempts)
    recorded = await RECORD_STATUS.all(
        conn, suborder_id=parcel.suborder_id, carrier=parcel.carrier, tracking=parcel.tracking, state=status.state,
        moved_at=status.moved_at, delivered_at=status.delivered_at, news=news, error=None, delay=delay,
    )  # fmt: skip
    return bool(recorded)


async def delete_old_facts(db: Database, before: datetime) -> int:
    """Delete what carriers said before a moment; return how many facts."""
    return await run_in_pieces(db, DELETE_OLD_FACTS, before=before)
