"""Reconciliation: what the provider says it moved, against what the ledger says moved."""

from datetime import date, datetime
from uuid import UUID

import asyncpg
from msgspec import Struct

from payments.errors import Refusal
from payments.models import instant
from payments.port import Gateway, StatementLine
from payments.sql import Connection, Database, Query


class Break(Struct, frozen=True):
    """A difference between the provider's statement and the ledger; sums in minor units, money towards us positive.

    `kind`: missing_here (they moved it, we did not book it), missing_there, amount, duplicate (two of their lines for
    one fact of ours). `reference` is our transaction's key, or their line's reference where we have none.
    """

    id: UUID
    provider: str
    day: date
    kind: str
    reference: str
    ours_minor: int | None
    theirs_minor: int | None


class UnknownBreak(Refusal):
    """There is no such open break, or no such transaction to close it with."""

    code = "unknown_break"
    status = 404
    zh = "没有这条未处理的对账差异，或没有用来销账的分录。"
    en = "There is no such open break, or no such transaction to close it."


STORE_LINES = Query(
    None,
    """
    INSERT INTO payments.statement_lines (provider, day, line_ref, rail, kind, our_key, currency, amount_minor,
                                          fee_minor)
    VALUES (:provider, :day, :line_ref, :rail, :kind, :our_key, :currency, :amount_minor, :fee_minor)
    ON CONFLICT (provider, line_ref) DO NOTHING
    """,
)
# Ours is what the provider's rails moved, the sign turned round: a clearing account goes down when money comes in.
# A late payment's money is as real as any. A fact and its line may fall on two sides of midnight, so each side is
# looked up by key, whatever its day, and only the day's own facts are asked for.
OPEN_BREAKS = Query(
    Break,
    """
    WITH theirs AS (
        SELECT coalesce(our_key, line_ref) AS reference, our_key, count(*) AS lines, sum(amount_minor) AS minor
          FROM payments.statement_lines
         WHERE provider = :provider AND day = :day AND kind <> 'other' AND kind <> 'dispute'
         GROUP BY coalesce(our_key, line_ref), our_key
    ), ours AS (
        SELECT key, -sum(amount_minor) AS minor
          FROM payments.transactions
          JOIN payments.postings ON transaction_id = transactions.id
          JOIN payments.accounts ON accounts.id = account_id
         WHERE accounts.kind = 'clearing' AND split_part(code, ':', 2) <> 'bank'
           AND ((at >= :since::timestamptz AND at < :until::timestamptz) OR key IN (SELECT reference FROM theirs))
         GROUP BY key
    ), found AS (
        SELECT CASE WHEN lines > 1 THEN 'duplicate'
                    WHEN ours.key IS NULL THEN 'missing_here'
                    ELSE 'amount' END AS kind, reference, ours.minor AS ours_minor, theirs.minor AS theirs_minor
          FROM theirs LEFT JOIN ours ON ours.key = reference
         WHERE ours.minor IS DISTINCT FROM theirs.minor
        UNION ALL
        SELECT 'missing_there', key, ours.minor, NULL
          FROM ours
         WHERE NOT EXISTS (SELECT 1 FROM payments.statement_lines
                            WHERE provider = :provider AND our_key = ours.key)
    )
    INSERT INTO payments.breaks (provider, day, kind, reference, ours_minor, theirs_minor, opened_at)
    SELECT :provider, :day, kind, reference, ours_minor, theirs_minor, :at::timestamptz FROM found
    ON CONFLICT (provider, day, kind, reference) DO NOTHING
    RETURNING id, provider, day, kind, reference, ours_minor, theirs_minor
    """,
)
STILL_OPEN = Query(
    Break,
    """
    SELECT id, provider, day, kind, reference, ours_minor, theirs_minor
      FROM payments.breaks WHERE closed_at IS NULL ORDER BY opened_at, id LIMIT 1000
    """,
)
CLOSE = Query(
    None,
    """
    UPDATE payments.breaks SET closed_by = :key, closed_at = :at, note = :note
     WHERE id = :break_id AND closed_at IS NULL
    """,
)


def our_key(line: StatementLine) -> str | None:
    """Return the ledger's key for what a line is about, or None where it is nothing of ours."""
    if line.kind == "charge" and line.payment_id is not None:
        return f"paid:{line.payment_id}"
    if line.kind in {"refund", "refund_failure"} and line.refund_id is not None:
        word = "refunded" if line.kind == "refund" else "refund-returned"
        return f"{word}:{line.refund_id}:{line.attempt}"
    return None


LATE = Query(str, "SELECT key FROM payments.transactions WHERE key = ANY(:keys::text[])")


async def reconcile(
    db: Database, gateway: Gateway, *, day: date, since: datetime, until: datetime, at: datetime | None = None
) -> list[Break]:
    """Fetch the statement of a day, compare it with the ledger, and return the breaks that are new.

    `since` and `until` are the half-open interval that is the day. Re-runnable: lines and breaks are stored once.

    Raises:
        GatewayUnavailable: the provider gave no statement; nothing was stored.
    """
    lines = await gateway.statement(since, until)
    async with db.transaction() as conn:
        late = set(await LATE.all(conn, keys=[f"late:{line.payment_id}" for line in lines if line.payment_id]))
        await STORE_LINES.run_many(conn, [_row(gateway.name, day, line, late) for line in lines])
        return await OPEN_BREAKS.all(conn, provider=gateway.name, day=day, since=since, until=until, at=instant(at))


def _row(provider: str, day: date, line: StatementLine, late: set[str]) -> dict[str, object]:
    key = our_key(line)
    if line.kind == "charge" and f"late:{line.payment_id}" in late:
        key = f"late:{line.payment_id}"
    return {
        "provider": provider,
        "day": day,
        "line_ref": line.ref,
        "rail": line.rail,
        "kind": line.kind,
        "our_key": key,
        "currency": line.amount.currency,
        "amount_minor": line.amount.minor,
        "fee_minor": line.fee_minor,
    }


async def open_breaks(conn: Connection) -> list[Break]:
    """Return the breaks that nobody has closed, oldest first, at most 1,000."""
    return await STILL_OPEN.all(conn)


async def close_break(conn: Connection, break_id: UUID, *, key: str, note: str, at: datetime | None = None) -> None:
    """Close a break by the ledger transaction that settles it; there is no other way.

    Raises:
        UnknownBreak: there is none such, it is closed, or no transaction has that key.
    """
    try:
        async with conn.transaction():
            closed = await CLOSE.run(conn, break_id=break_id, key=key, note=note, at=instant(at))
    except asyncpg.ForeignKeyViolationError as error:
        raise UnknownBreak from error
    if not closed:
        raise UnknownBreak
