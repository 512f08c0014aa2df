"""What a person has to look at: stuck messages, calls without an outcome, expected transfers, and unresolved money."""

from datetime import datetime

from msgspec import Struct

from payments.models import PaymentId
from payments.sql import Connection, Query


class StuckMessage(Struct, frozen=True, kw_only=True):
    """A webhook that could not be applied: parked for another attempt, or dead until it is queued again.

    The order, currency and amount are those of the payment that it is about, if that is known.
    """

    provider: str
    event_id: str
    topic: str
    state: str
    attempts: int
    received_at: datetime
    error: str | None
    order_ref: str | None
    currency: str | None
    amount_minor: int | None


class UnknownCall(Struct, frozen=True, kw_only=True):
    """A call to the provider that has had no answer for an hour; it is repeated automatically.

    A payout belongs to no order.
    """

    order_ref: str | None
    kind: str
    key: str
    attempts: int
    first_sent_at: datetime
    error: str | None
    currency: str
    amount_minor: int


class ExpectedTransfer(Struct, frozen=True, kw_only=True):
    """A payment by bank transfer that has not been recorded as received."""

    payment_id: PaymentId
    order_ref: str
    currency: str
    amount_minor: int
    opened_at: datetime
    expires_at: datetime


class UnresolvedBalance(Struct, frozen=True, kw_only=True):
    """Money in an account `suspense:…` or `advance:…`, the order of its transactions, and since when it is there.

    Of one whose transactions are all in the archive: since when at the latest.
    """

    code: str
    currency: str
    amount_minor: int
    order_ref: str | None
    since: datetime


LIST_STUCK_MESSAGES = Query(
    StuckMessage,
    """
    SELECT provider, event_id, topic, inbox.state, attempts, received_at, error, order_ref, currency, amount_minor
      FROM {schema}.inbox LEFT JOIN {schema}.payments ON provider_ref = object_ref
     WHERE inbox.state = 'dead' OR (inbox.state = 'parked' AND received_at < clock_timestamp() - interval '1 hour')
     ORDER BY received_at
     LIMIT 1000
    """,
)
LIST_UNKNOWN_CALLS = Query(
    UnknownCall,
    """
    SELECT order_ref, operations.kind, operations.key, attempts, first_sent_at, error,
           coalesce(payment.currency, payouts.currency) AS currency,
           coalesce(payouts.amount_minor, refunds.amount_minor, payment.amount_minor) AS amount_minor
      FROM {schema}.operations
      LEFT JOIN {schema}.payments AS payment ON payment.id = operations.payment_id
      LEFT JOIN {schema}.payouts ON payouts.id = payout_id
      LEFT JOIN {schema}.refunds ON refunds.id = refund_id
     WHERE operations.state IN ('sent', 'unknown') AND first_sent_at < clock_timestamp() - interval '1 hour'
     ORDER BY first_sent_at
     LIMIT 1000
    """,
)
LIST_EXPECTED_TRANSFERS = Query(
    ExpectedTransfer,
    """
    SELECT id AS payment_id, order_ref, currency, amount_minor, opened_at, expires_at
      FROM {schema}.payments
     WHERE state IN ('created', 'requires_action') AND method = 'bank'
     ORDER BY opened_at
     LIMIT 1000
    """,
)
LIST_UNRESOLVED_BALANCES = Query(
    UnresolvedBalance,
    """
    SELECT code, currency, balances.amount_minor,
           coalesce(min(order_ref), substring(code FROM '^advance:(.*)')) AS order_ref,
           coalesce(min(at), (SELECT max(archived_at) - interval '60 months' FROM {schema}.archived_months)) AS since
      FROM {schema}.accounts
      JOIN {schema}.balances ON balances.account_id = accounts.id
      LEFT JOIN {schema}.postings ON postings.account_id = accounts.id
      LEFT JOIN {schema}.transactions ON transactions.id = transaction_id
     WHERE accounts.kind IN ('advance', 'suspense') AND balances.amount_minor <> 0
     GROUP BY accounts.id, balances.amount_minor
     ORDER BY since, code
     LIMIT 1000
    """,
)


async def list_stuck_messages(conn: Connection) -> list[StuckMessage]:
    """Return the dead messages and those parked for an hour, oldest first, at most 1,000."""
    return await LIST_STUCK_MESSAGES.all(conn)


async def list_unknown_calls(conn: Connection) -> list[UnknownCall]:
    """Return the calls without an answer for an hour, oldest first, at most 1,000."""
    return await LIST_UNKNOWN_CALLS.all(conn)


async def list_expected_transfers(conn: Connection) -> list[ExpectedTransfer]:
    """Return the payments that wait for a bank transfer, oldest first, at most 1,000."""
    return await LIST_EXPECTED_TRANSFERS.all(conn)


async def list_unresolved_balances(conn: Connection) -> list[UnresolvedBalance]:
    """Return the accounts `suspense:…` and `advance:…` that are not empty, oldest first, at most 1,000."""
    return await LIST_UNRESOLVED_BALANCES.all(conn)
