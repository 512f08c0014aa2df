"""Reconciliation: the provider's statement against the ledger."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from payments.errors import DiscrepancyNotFound
from payments.models import resolve_time
from payments.port import Gateway, StatementLine
from payments.sql import Connection, Database, Query


class StatementDiscrepancy(Struct, frozen=True, kw_only=True):
    """A difference between the provider's statement and the ledger; money received is positive, in minor units.

    `kind`: missing_here (not in the ledger), missing_there (not in the statement), amount, duplicate (two statement
    lines for one ledger transaction). `reference` is the key of the ledger transaction, or else of the line.
    """

    id: UUID
    provider: str
    day: date
    kind: str
    reference: str
    ledger_minor: int | None
    provider_minor: int | None


INSERT_STATEMENT_LINES = Query(
    None,
    """
    INSERT INTO {schema}.statement_lines (provider, day, line_ref, method, kind, ledger_key, currency, amount_minor,
                                          fee_minor)
    VALUES (:provider, :day, :line_ref, :method, :kind, :ledger_key, :currency, :amount_minor, :fee_minor)
    ON CONFLICT (provider, line_ref) DO NOTHING
    """,
)
# The ledger's side is the provider's clearing accounts with the sign reversed: they fall when money comes in. Late
# payments count. A transaction and its line may lie on two sides of midnight, so both are matched by key on any day,
# and only the transactions of the day itself are expected in the statement.
INSERT_DISCREPANCIES = Query(
    StatementDiscrepancy,
    """
    WITH statement AS (
        SELECT coalesce(ledger_key, line_ref) AS reference, ledger_key, count(*) AS lines, sum(amount_minor) AS minor
          FROM {schema}.statement_lines
         WHERE provider = :provider AND day = :day AND kind <> 'other' AND kind <> 'dispute'
         GROUP BY coalesce(ledger_key, line_ref), ledger_key
    ), ledger AS (
        SELECT key, -sum(amount_minor) AS minor
          FROM {schema}.transactions
          JOIN {schema}.postings ON transaction_id = transactions.id
          JOIN {schema}.accounts ON accounts.id = account_id
         WHERE accounts.kind = 'clearing' AND split_part(code, ':', 2) <> 'bank'
           AND ((at >= :since::timestamptz AND at < :until::timestamptz) OR key IN (SELECT reference FROM statement))
         GROUP BY key
    ), differing AS (
        SELECT CASE WHEN lines > 1 THEN 'duplicate'
                    WHEN ledger.key IS NULL THEN 'missing_here'
                    ELSE 'amount' END AS kind, reference,
               ledger.minor AS ledger_minor, statement.minor AS provider_minor
          FROM statement LEFT JOIN ledger ON ledger.key = reference
         WHERE ledger.minor IS DISTINCT FROM statement.minor
        UNION ALL
        SELECT 'missing_there', key, ledger.minor, NULL
          FROM ledger
         WHERE NOT EXISTS (SELECT 1 FROM {schema}.statement_lines
                            WHERE provider = :provider AND ledger_key = ledger.key)
    )
    INSERT INTO {schema}.discrepancies (provider, day, kind, reference, ledger_minor, provider_minor, opened_at)
    SELECT :provider, :day, kind, reference, ledger_minor, provider_minor, :at::timestamptz FROM differing
    ON CONFLICT (provider, day, kind, reference) DO NOTHING
    RETURNING id, provider, day, kind, reference, ledger_minor, provider_minor
    """,
)
LIST_OPEN_DISCREPANCIES = Query(
    StatementDiscrepancy,
    """
    SELECT id, provider, day, kind, reference, ledger_minor, provider_minor
      FROM {schema}.discrepancies WHERE closed_at IS NULL ORDER BY opened_at, id LIMIT 1000
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
    return None


LIST_LATE_KEYS = Query(str, "SELECT key FROM {schema}.transactions WHERE key = ANY(:keys::text[])")


async def reconcile(
    db: Database, gateway: Gateway, *, day: date, since: datetime, until: datetime, at: datetime | None = None
) -> list[StatementDiscrepancy]:
    """Compare the provider's statement of a day with the ledger and return the new discrepancies.

    The day is the half-open interval from `since` to `until`. Lines and discrepancies are stored once, so it may be run
    again.

    Raises:
        GatewayUnavailable: the provider did not answer; nothing was stored.
    """
    lines = await gateway.list_statement_lines(since, until)
    async with db.transaction() as conn:
        late = set(
            await LIST_LATE_KEYS.all(conn, keys=[f"late:{line.payment_id}" for line in lines if line.payment_id])
        )
        await INSERT_STATEMENT_LINES.run_many(conn, [_build_line(gateway.name, day, line, late) for line in lines])
        return await INSERT_DISCREPANCIES.all(
            conn, provider=gateway.name, day=day, since=since, until=until, at=resolve_time(at)
        )


def _build_line(provider: str, day: date, line: StatementLine, late: set[str]) -> dict[str, object]:
    key = compute_ledger_key(line)
    if line.kind == "charge" and f"late:{line.payment_id}" in late:
        key = f"late:{line.payment_id}"
    return {
        "provider": provider,
        "day": day,
        "line_ref": line.ref,
        "method": line.method,
        "kind": line.kind,
        "ledger_key": key,
        "currency": line.amount.currency,
        "amount_minor": line.amount.minor,
        "fee_minor": line.fee_minor,
    }


async def list_open_discrepancies(conn: Connection) -> list[StatementDiscrepancy]:
    """Return the open discrepancies, oldest first, at most 1,000."""
    return await LIST_OPEN_DISCREPANCIES.all(conn)


async def close_discrepancy(
    conn: Connection, discrepancy_id: UUID, *, key: str, note: str, at: datetime | None = None
) -> None:
    """Close a discrepancy with the key of the ledger transaction that corrects it.

    Raises:
        DiscrepancyNotFound: the discrepancy is not open, or no transaction has that key.
    """
    try:
        async with conn.transaction():
            closed = await CLOSE_DISCREPANCY.run(
                conn, discrepancy_id=discrepancy_id, key=key, note=note, at=resolve_time(at)
            )
    except asyncpg.ForeignKeyViolationError as error:
        raise DiscrepancyNotFound from error
    if not closed:
        raise DiscrepancyNotFound
