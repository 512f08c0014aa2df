"""Calls to the provider as rows: written before the call with the key that is sent, settled by its outcome."""

from uuid import UUID

from msgspec import Struct

from payments.errors import GatewayUnavailable
from payments.models import OperationId, OperationState, PaymentId, RefundId
from payments.port import Declined, Ok, Outcome, Unknown
from payments.sql import Connection, Database, Query

ASK_AFTER_HOURS = 20
"""Stripe forgets idempotency keys after 24 hours; past this age one asks instead of sending again.

Source: docs.stripe.com/api/idempotent_requests.
"""


class Operation(Struct, frozen=True):
    """One call: what it is for, the key it carries, and whether it is too old to be sent again."""

    id: OperationId
    payment_id: PaymentId
    refund_id: RefundId | None
    kind: str
    key: str
    state: OperationState
    stale: bool


_COLUMNS = (
    "operations.id, operations.payment_id, operations.refund_id, operations.kind, operations.key, operations.state, "
    "coalesce(operations.first_sent_at < clock_timestamp() - interval '20 hours', false) AS stale"
)

# A worker that dies in the middle of a call leaves it `sent`; after a minute another one takes it up.
SEND = Query(
    Operation,
    """
    UPDATE payments.operations
       SET state = 'sent', attempts = attempts + 1, first_sent_at = coalesce(first_sent_at, clock_timestamp()),
           next_at = clock_timestamp() + interval '1 minute'
     WHERE key = :key AND state <> 'ok' AND state <> 'declined'
    RETURNING """
    + _COLUMNS,
)
FIND_OPERATION = Query(Operation, "SELECT " + _COLUMNS + " FROM payments.operations WHERE key = :key")
# Each try that the provider has answered uses its key up: it would give the same answer for ever.
SEND_CANCEL = Query(
    Operation,
    """
    INSERT INTO payments.operations (payment_id, kind, key, state, attempts, first_sent_at, next_at)
    SELECT :payment_id, 'cancel', 'cancel:' || :payment_id::uuid || ':' || 1 + count(*), 'sent', 1, clock_timestamp(),
           clock_timestamp() + interval '1 minute'
      FROM payments.operations
     WHERE payment_id = :payment_id AND kind = 'cancel' AND state IN ('ok', 'declined')
    ON CONFLICT (key) DO UPDATE
       SET state = 'sent', attempts = operations.attempts + 1, next_at = excluded.next_at
    RETURNING """
    + _COLUMNS,
)
SETTLE = Query(
    None,
    """
    UPDATE payments.operations
       SET state = :state, error = :error,
           settled_at = CASE WHEN :state = 'unknown' THEN NULL ELSE clock_timestamp() END,
           next_at = clock_timestamp() + least(interval '1 minute' * (2 ^ least(attempts, 10)), interval '1 hour')
     WHERE id = :operation_id
    """,
)
# A payment that was never sent waits for its payer, so a pending `create` is nobody's job.
CLAIM = Query(
    Operation,
    """
    WITH due AS (
        SELECT id
          FROM payments.operations
         WHERE next_at <= clock_timestamp()
           AND (state IN ('sent', 'unknown') OR (state = 'pending' AND kind <> 'create'))
         ORDER BY next_at
         LIMIT :most
           FOR UPDATE SKIP LOCKED
    )
    UPDATE payments.operations SET next_at = clock_timestamp() + interval '1 minute'
      FROM due
     WHERE operations.id = due.id
    RETURNING """
    + _COLUMNS,
)


def create_key(payment_id: UUID) -> str:
    """Return the key under which a payment is created at the provider."""
    return f"create:{payment_id}"


def refund_key(refund_id: UUID, attempt: int) -> str:
    """Return the key under which an attempt at a refund is sent."""
    return f"refund:{refund_id}:{attempt}"


async def settle_operation[T](conn: Connection, operation: Operation, outcome: Outcome[T]) -> None:
    """Record how a call went; an unknown one is taken up again later, each time after a longer wait."""
    match outcome:
        case Ok():
            state, error = OperationState.OK, None
        case Declined(code=code):
            state, error = OperationState.DECLINED, code
        case Unknown(why=why):
            state, error = OperationState.UNKNOWN, why
    await SETTLE.run(conn, operation_id=operation.id, state=state, error=error)


async def leave_unknown(db: Database, operation: Operation, why: str) -> None:
    """Record that a call's outcome is not known or not to be believed."""
    async with db.transaction() as conn:
        await settle_operation(conn, operation, Unknown(why[:500]))


def unanswered(outcome: Unknown) -> GatewayUnavailable:
    """Return what is raised where the provider gave no answer."""
    return GatewayUnavailable(outcome.why)
