"""Reconciliation: the provider's statement against the ledger."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from payments.errors import DiscrepancyNotFound
from payments.models import resolve_time
from payments.port import Gateway, StatementLine
from payments.refund_records import MAX_PENDING
from payments.sql import Connection, Database, Query


class StatementDiscrepancy(Struct, frozen=True, kw_only=True):
    """A difference between the provider's statement and the ledger; money received is positive, in minor units.

    `kind`: missing_here (not in the ledger), missing_there (not in the statement), amount, currency, duplicate (two
    statement lines for one ledger transaction). `reference` is the key of the ledger transaction, or else of the line.
    `order_ref` is the order of that transaction, if the ledger has it.
    """

    id: UUID
    provider: str
    day: date
    kind: str
    reference: str
    ledger_minor: int | None
    provider_minor: int | None
    opened_at: datetime
    order_ref: str | None


INSERT_STATEMENT_LINES = Query(
    None,
    """
    INSERT INTO {schema}.statement_lines (provider, day, line_ref, method, kind, ledger_key, currency, amount_minor,
                                          fee_minor, fee_currency)
    VALUES (:provider, :day, :line_ref, :method, :kind, :ledger_key, :currency, :amount_minor, :fee_minor,
            :fee_currency)
    ON CONFLICT (provider, line_ref) DO UPDATE SET ledger_key = excluded.ledger_key
     WHERE statement_lines.ledger_key IS DISTINCT FROM excluded.ledger_key
    """,
)
# The ledger's side is the clearing accounts of the provider's methods and payouts with the sign reversed: they fall
# when money comes in. Both sides are compared by key over all days, for the keys that either side has on this day. The
# provider reports a refund, a payout and a dispute when they begin, the ledger books them when they end; until then
# they are left out. A refund that is pending for too long is compared once.
INSERT_DISCREPANCIES = Query(
    StatementDiscrepancy,
    """
    WITH pending AS (
        SELECT 'refunded:' || id || ':' || attempt AS key FROM {schema}.refunds
         WHERE state = 'requested'
            OR (state = 'pending' AND pending_since >= clock_timestamp() - :max_pending::interval)
        UNION ALL
        SELECT 'dispute-lost:' || provider_ref FROM {schema}.disputes WHERE state = 'open'
        UNION ALL
        SELECT 'paid-out:' || id FROM {schema}.payouts WHERE state IN ('created', 'in_transit')
    ), booked_today AS (
        SELECT DISTINCT replace(key, 'payout-returned:', 'paid-out:') AS key
          FROM {schema}.transactions
          JOIN {schema}.postings ON transaction_id = transactions.id
          JOIN {schema}.accounts ON accounts.id = account_id
         WHERE at >= :since::timestamptz AND at < :until::timestamptz
           AND accounts.kind = 'clearing' AND split_part(code, ':', 2) = ANY(:methods::text[])
    ), overdue AS (
        SELECT 'refunded:' || id || ':' || attempt AS key FROM {schema}.refunds
         WHERE state = 'pending' AND pending_since < clock_timestamp() - :max_pending::interval
    ), compared AS (
        SELECT coalesce(ledger_key, line_ref) AS key
          FROM {schema}.statement_lines
         WHERE provider = :provider AND day = :day AND kind <> 'other'
        UNION
        SELECT key FROM booked_today
        UNION
        SELECT key FROM overdue WHERE NOT EXISTS (SELECT FROM {schema}.discrepancies WHERE reference = overdue.key)
        EXCEPT
        SELECT key FROM pending
    ), statement AS (
        SELECT compared.key, count(*) AS lines, sum(amount_minor) AS minor, min(currency) AS currency,
               bool_or(kind IN ('dispute', 'payout')) AS returnable
          FROM compared JOIN {schema}.statement_lines ON coalesce(ledger_key, line_ref) = compared.key
         WHERE provider = :provider
         GROUP BY compared.key
    ), ledger AS (
        SELECT compared.key, -sum(amount_minor) AS minor, min(currency) AS currency
          FROM compared
          JOIN {schema}.transactions
            ON transactions.key IN (compared.key, replace(compared.key, 'paid-out:', 'payout-returned:'))
          JOIN {schema}.postings ON transaction_id = transactions.id
          JOIN {schema}.accounts ON accounts.id = account_id
         WHERE accounts.kind = 'clearing' AND split_part(code, ':', 2) = ANY(:methods::text[])
         GROUP BY compared.key
    ), differing AS (
        SELECT CASE WHEN statement.key IS NULL THEN 'missing_there'
                    WHEN lines > 1 AND NOT returnable THEN 'duplicate'
                    WHEN ledger.key IS NULL THEN 'missing_here'
                    WHEN ledger.currency <> statement.currency THEN 'currency'
                    ELSE 'amount' END AS kind,
               key, ledger.minor AS ledger_minor, statement.minor AS provider_minor
          FROM statement FULL JOIN ledger USING (key)
         -- A dispute that was won took money and gave it back, and so did a payout that failed on its way: nothing in
         -- the ledger, zero in the statement.
         WHERE (ledger.minor IS DISTINCT FROM statement.minor AND NOT (ledger.key IS NULL AND returnable
                                                                        AND statement.minor = 0))
            OR ledger.currency <> statement.currency
    )
    INSERT INTO {schema}.discrepancies (provider, day, kind, reference, ledger_minor, provider_minor, opened_at)
    SELECT :provider, :day, kind, key, ledger_minor, provider_minor, :at::timestamptz FROM differing
    ON CONFLICT (provider, day, kind, reference) DO NOTHING
    RETURNING id, provider, day, kind, reference, ledger_minor, provider_minor, opened_at,
              (SELECT order_ref FROM {schema}.transactions WHERE key = reference) AS order_ref
    """,
)
# What one side was missing may arrive on the next day, on the other side of midnight.
CLOSE_MATCHED = Query(
    None,
    """
    UPDATE {schema}.discrepancies
       SET closed_at = :at, closed_by = reference, note = 'matched later'
     WHERE provider = :provider AND closed_at IS NULL AND kind IN ('missing_here', 'missing_there')
       AND (SELECT sum(amount_minor) FROM {schema}.statement_lines
             WHERE statement_lines.provider = :provider AND coalesce(ledger_key, line_ref) = reference)
         = (SELECT -sum(amount_minor)
              FROM {schema}.transactions
              JOIN {schema}.postings ON transaction_id = transactions.id
              JOIN {schema}.accounts ON accounts.id = account_id
             WHERE key = reference AND accounts.kind = 'clearing')
    """,
)
FIND_LAST_STATEMENT_DAY = Query(
    date, "SELECT day FROM {schema}.statement_lines WHERE provider = :provider ORDER BY day DESC LIMIT 1"
)
LIST_OPEN_DISCREPANCIES = Query(
    StatementDiscrepancy,
    """
    SELECT discrepancies.id, provider, day, discrepancies.kind, reference, ledger_minor, provider_minor, opened_at,
           order_ref
      FROM {schema}.discrepancies LEFT JOIN {schema}.transactions ON key = reference
     WHERE closed_at IS NULL
     ORDER BY opened_at, discrepancies.id
     LIMIT 1000
    """,
)
CLOSE_DISCREPANCY = Query(
    None,
    """
    UPDATE {schema}.discrepancies SET closed_by = :key, closed_at = :at, note = :note
     WHERE id = :discrepancy_id AND closed_at IS NULL
    """,
)


def compute_ledger_key(line: StatementLine) -> str | None:
    """Return the key of the ledger transaction that a line belongs to, or None if there cannot be one."""
    if line.kind == "charge" and line.payment_id is not None:
        return f"paid:{line.payment_id}"
    if line.kind in {"refund", "refund_failure"} and line.refund_id is not None:
        prefix = "refunded" if line.kind == "refund" else "refund-returned"
        return f"{prefix}:{line.refund_id}:{line.attempt}"
    if line.kind == "dispute" and line.dispute_ref is not None:
        return f"dispute-lost:{line.dispute_ref}"
    if line.kind == "payout" and line.payout_id is not None:
        # Both legs, the payout and its return, are compared together.
        return f"paid-out:{line.payout_id}"
    return None


LIST_KNOWN_KEYS = Query(str, "SELECT key FROM {schema}.transactions WHERE key = ANY(:keys::text[])")


async def reconcile(
    db: Database, gateway: Gateway, *, day: date, since: datetime, until: datetime, at: datetime | None = None
) -> list[StatementDiscrepancy]:
    """Compare the provider's statement of a day with the ledger and return the new discrepancies.

    The day is the half-open interval from `since` to `until`. Lines and discrepancies are stored once, so it may be run
    again. A missing transaction or line that has arrived since closes its discrepancy.

    Raises:
        GatewayUnavailable: the provider did not answer; nothing was stored.
    """
    lines = await gateway.list_statement_lines(since, until)
    async with db.transaction() as conn:
        known = set(await LIST_KNOWN_KEYS.all(conn, keys=[key for line in lines for key in _list_other_keys(line)]))
        await INSERT_STATEMENT_LINES.run_many(conn, [_build_line(gateway.name, day, line, known) for line in lines])
        await CLOSE_MATCHED.run(conn, provider=gateway.name, at=resolve_time(at))
        return await INSERT_DISCREPANCIES.all(
            conn,
            provider=gateway.name,
            methods=[*sorted(gateway.methods), gateway.name],
            day=day,
            since=since,
            until=until,
            max_pending=MAX_PENDING,
            at=resolve_time(at),
        )


def _list_other_keys(line: StatementLine) -> list[str]:
    """Return the keys under which a charge or refund is booked if it is not the usual one."""
    if line.kind == "charge":
        return [f"late:{line.payment_id}", f"suspense:{line.charge_ref}"]
    return [f"suspense-returned:{line.charge_ref}"] if line.kind == "refund" and line.refund_id is None else []


def _build_line(provider: str, day: date, line: StatementLine, known: set[str]) -> dict[str, object]:
    key = next((key for key in _list_other_keys(line) if key in known), compute_ledger_key(line))
    return {
        "provider": provider,
        "day": day,
        "line_ref": line.ref,
        "method": line.method,
        "kind": line.kind,
        "ledger_key": key,
        "currency": line.amount.currency,
        "amount_minor": line.amount.minor,
        "fee_minor": line.fee.minor,
        "fee_currency": line.fee.currency,
    }


async def find_last_statement_day(conn: Connection, provider: str) -> date | None:
    """Return the newest day of which a line of the provider's statement is stored, or None if there is none."""
    return await FIND_LAST_STATEMENT_DAY.maybe(conn, provider=provider)


async def list_open_discrepancies(conn: Connection) -> list[StatementDiscrepancy]:
    """Return the open discrepancies, oldest first, at most 1,000."""
    return await LIST_OPEN_DISCREPANCIES.all(conn)


async def close_discrepancy(
    conn: Connection, discrepancy_id: UUID, *, note: str, key: str | None = None, at: datetime | None = None
) -> None:
    """Close a discrepancy with a reason, and the key of the ledger transaction that corrects it, if there is one.

    Raises:
        DiscrepancyNotFound: the discrepancy is not open, or no transaction has that key.
        ValueError: the reason is empty.
    """
    if not note.strip():
        raise ValueError("a discrepancy is closed with a reason")
    try:
        async with conn.transaction():
            closed = await CLOSE_DISCREPANCY.run(
                conn, discrepancy_id=discrepancy_id, key=key, note=note.strip(), at=resolve_time(at)
            )
    except asyncpg.ForeignKeyViolationError as error:
        raise DiscrepancyNotFound from error
    if not closed:
        raise DiscrepancyNotFound
