"""Calls to the provider as rows: written before the call, with the key that is sent, and completed by its outcome."""

from uuid import UUID

from msgspec import Struct

from payments.models import OperationId, OperationState, PaymentId, PayoutId, RefundId
from payments.port import Declined, Ok, Outcome, Unknown
from payments.retries import escape_error
from payments.sql import Connection, Database, Query


class Operation(Struct, frozen=True):
    """One call to the provider, about a payment or a payout; a `stale` one is too old to repeat under its key."""

    id: OperationId
    payment_id: PaymentId | None
    refund_id: RefundId | None
    payout_id: PayoutId | None
    kind: str
    key: str
    state: OperationState
    stale: bool


# Stripe forgets idempotency keys after 24 hours, so from 20 hours on the object is queried instead of sent again.
# Source: docs.stripe.com/api/idempotent_requests.
_COLUMNS = (
    "operations.id, operations.payment_id, operations.refund_id, operations.payout_id, operations.kind, "
    "operations.key, operations.state, "
    "coalesce(operations.first_sent_at < clock_timestamp() - interval '20 hours', false) AS stale"
)

# A charge is written as a call when its payer starts the payment. Once it succeeded the payment has its reference.
START_CREATE = Query(
    Operation,
    """
    INSERT INTO {schema}.operations (payment_id, kind, key, state, attempts, first_sent_at, next_at)
    VALUES (:payment_id, 'create', 'create:' || :payment_id::uuid, 'sent', 1, clock_timestamp(),
            clock_timestamp() + interval '1 minute')
    ON CONFLICT (key) DO UPDATE
       SET state = 'sent', attempts = operations.attempts + 1,
           next_at = clock_timestamp() + least(interval '1 minute' * (2 ^ least(operations.attempts, 10)),
                                               interval '1 hour')
     WHERE operations.state <> 'ok' AND operations.state <> 'declined'
    RETURNING """
    + _COLUMNS,
)
# If a worker dies during a call, the operation stays `sent` and another worker finishes it after a minute.
MARK_SENT = Query(
    Operation,
    """
    UPDATE {schema}.operations
       SET state = 'sent', attempts = attempts + 1, first_sent_at = coalesce(first_sent_at, clock_timestamp()),
           next_at = clock_timestamp() + least(interval '1 minute' * (2 ^ least(attempts, 10)), interval '1 hour')
     WHERE key = :key AND state <> 'ok' AND state <> 'declined'
    RETURNING """
    + _COLUMNS,
)
FIND_OPERATION_BY_KEY = Query(Operation, "SELECT " + _COLUMNS + " FROM {schema}.operations WHERE key = :key")
# After an answered attempt a new key is needed: under the same key the provider repeats its answer.
INSERT_CANCEL = Query(
    Operation,
    """
    INSERT INTO {schema}.operations (payment_id, kind, key, state, attempts, first_sent_at, next_at)
    SELECT :payment_id, 'cancel', 'cancel:' || :payment_id::uuid || ':' || 1 + count(*), 'sent', 1 + count(*),
           clock_timestamp(),
           clock_timestamp() + least(interval '1 minute' * (2 ^ least(count(*), 10)), interval '1 hour')
      FROM {schema}.operations
     WHERE payment_id = :payment_id AND kind = 'cancel' AND state IN ('ok', 'declined')
    ON CONFLICT (key) DO UPDATE
       SET state = 'sent', attempts = operations.attempts + 1,
           next_at = clock_timestamp() + least(interval '1 minute' * (2 ^ least(operations.attempts, 10)),
                                               interval '1 hour')
    RETURNING """
    + _COLUMNS,
)
# A later timeout of another attempt does not open an answered call again.
COMPLETE_OPERATION = Query(
    None,
    """
    UPDATE {schema}.operations
       SET state = :state, error = :error,
           next_at = clock_timestamp() + least(interval '1 minute' * (2 ^ least(attempts, 10)), interval '1 hour')
     WHERE id = :operation_id AND state IN ('pending', 'sent', 'unknown')
    """,
)
# What a call that succeeded made has the provider's reference, and nobody asks for the call again. Cancellations stay:
# the number of those that were answered is part of the next one's key.
DELETE_OPERATION = Query(None, "DELETE FROM {schema}.operations WHERE id = :operation_id")
# The attempt at another kind of call than `create` is counted when it is sent. The lease grows with the attempts, so
# that a call that always fails waits ever longer.
CLAIM_DUE_OPERATIONS = Query(
    Operation,
    """
    WITH due AS (
        SELECT id
          FROM {schema}.operations
         WHERE next_at <= clock_timestamp() AND state IN ('pending', 'sent', 'unknown')
         ORDER BY next_at
         LIMIT :limit
           FOR UPDATE SKIP LOCKED
    )
    UPDATE {schema}.operations
       SET attempts = attempts + CASE kind WHEN 'create' THEN 1 ELSE 0 END,
           next_at = clock_timestamp() + least(interval '1 minute' * (2 ^ least(attempts, 10)), interval '1 hour')
      FROM due
     WHERE operations.id = due.id
    RETURNING """
    + _COLUMNS,
)


def build_create_key(payment_id: UUID) -> str:
    """Return the idempotency key for creating a payment at the provider."""
    return f"create:{payment_id}"


def build_refund_key(refund_id: UUID, attempt: int) -> str:
    """Return the idempotency key for one attempt at a refund."""
    return f"refund:{refund_id}:{attempt}"


def build_payout_key(payout_id: UUID) -> str:
    """Return the idempotency key for a payout."""
    return f"payout:{payout_id}"


async def complete_call[T](conn: Connection, operation: Operation, outcome: Outcome[T]) -> bool:
    """Record the outcome of a call; return False if it was answered before: of two answers the first counts.

    An unknown outcome is retried after a wait that doubles each time.
    """
    match outcome:
        case Ok() if operation.kind != "cancel":
            return await DELETE_OPERATION.run(conn, operation_id=operation.id) == 1
        case Ok():
            state, error = OperationState.OK, None
        case Declined(code=code):
            state, error = OperationState.DECLINED, escape_error(code)
        case Unknown(reason=reason):
            state, error = OperationState.UNKNOWN, escape_error(reason)
    return await COMPLETE_OPERATION.run(conn, operation_id=operation.id, state=state, error=error) == 1


async def record_unknown_outcome(db: Database, operation: Operation, reason: str) -> None:
    """Record that the outcome of a call is unknown or contradicts what was requested."""
    async with db.transaction() as conn:
        await complete_call(conn, operation, Unknown(reason))
