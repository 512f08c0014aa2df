"""Verification of the ledger: every invariant, recomputed from the postings.

A checkpoint keeps the sum of each account up to a transaction. A verification that is not of everything reads what is
open or newer than the last checkpoint, so that it does not take longer with the years; it trusts the sums before.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from payments.ledger.guards import list_changed_guards
from payments.ledger.months import get_archived_until
from payments.refund_records import DISPUTE_KEYS
from payments.sql import Connection, Database, Query

MAX_DISCREPANCIES = 1_000
"""The maximum number of discrepancies of one kind."""


CHANGEABLE = timedelta(days=60)
"""Payments and refunds that are younger than this before the checkpoint are read again."""
_NOTHING = UUID(int=0)


class Checkpoint(Struct, frozen=True):
    """The last transaction whose postings are part of the checkpoint's sums; `hash` is that of its last sums."""

    through_id: int
    hash: bytes
    closed_at: datetime


class LedgerDiscrepancy(Struct, frozen=True):
    """A violated invariant, named by `code`, and the row that violates it."""

    code: str
    subject: str
    detail: str


FIND_UNBALANCED_TRANSACTIONS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'uneven_transaction' AS code, min(key) AS subject, currency || ' ' || sum(amount_minor) AS detail
      FROM {schema}.transactions
      JOIN {schema}.postings ON transaction_id = transactions.id
      JOIN {schema}.accounts ON accounts.id = account_id
     WHERE transactions.id > :after
     GROUP BY transactions.id, currency
    HAVING sum(amount_minor) <> 0
     LIMIT :limit
    """,
)
FIND_INCOMPLETE_TRANSACTIONS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'few_legs' AS code, key AS subject, count(seq) || ' legs' AS detail
      FROM {schema}.transactions LEFT JOIN {schema}.postings ON transaction_id = transactions.id
     WHERE transactions.id > :after
     GROUP BY transactions.id
    HAVING count(seq) < 2
     LIMIT :limit
    """,
)
FIND_UNBALANCED_CURRENCIES = Query(
    LedgerDiscrepancy,
    """
    SELECT 'uneven_ledger' AS code, currency AS subject, sum(amount_minor)::text AS detail
      FROM {schema}.postings JOIN {schema}.accounts ON accounts.id = account_id
     WHERE transaction_id > :after
     GROUP BY currency
    HAVING sum(amount_minor) <> 0
     LIMIT :limit
    """,
)
# The accounts that are not empty at the checkpoint, and those with newer postings; without a checkpoint all.
FIND_WRONG_BALANCES = Query(
    LedgerDiscrepancy,
    """
    WITH newer AS (
        SELECT account_id, sum(amount_minor) AS total
          FROM {schema}.postings WHERE transaction_id > :after::bigint
         GROUP BY account_id
    ), summed AS (
        SELECT account_id, sum(total) AS total
          FROM (SELECT account_id, total FROM newer
                UNION ALL
                SELECT account_id, amount_minor FROM {schema}.checkpoint_sums
                 WHERE :after > 0 AND amount_minor <> 0
                UNION ALL
                SELECT account_id, amount_minor FROM {schema}.archived_sums WHERE :after = 0
                UNION ALL
                SELECT account_id, 0 FROM {schema}.balances WHERE :after = 0) AS parts
         GROUP BY account_id
    )
    SELECT CASE WHEN below THEN 'below_floor' ELSE 'wrong_balance' END AS code,
           code AS subject,
           CASE WHEN below THEN total || ' under ' || accounts.floor_minor
                ELSE coalesce(balances.amount_minor::text, 'no row') || ' kept, ' || total || ' posted' END AS detail
      FROM summed
      JOIN {schema}.accounts ON accounts.id = summed.account_id
      LEFT JOIN {schema}.balances ON balances.account_id = accounts.id
     CROSS JOIN (VALUES (false), (true)) AS checked (below)
     WHERE CASE WHEN below THEN total < accounts.floor_minor
                ELSE keep_balance AND balances.amount_minor IS DISTINCT FROM total END
     ORDER BY below, code
     LIMIT :limit
    """,
)
# The captured sum of a payment against its clearing postings.
FIND_WRONG_PAYMENTS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'wrong_payment' AS code, payments.id::text AS subject,
           'captured ' || captured_minor || ', posted ' || coalesce(booked, 0) AS detail
      FROM {schema}.payments
      LEFT JOIN LATERAL (
          SELECT -sum(amount_minor) AS booked
            FROM {schema}.transaction_keys
            JOIN {schema}.postings USING (transaction_id)
            JOIN {schema}.accounts ON accounts.id = account_id
           WHERE key IN ('paid:' || payments.id, 'late:' || payments.id) AND accounts.kind = 'clearing') AS sums
        ON true
     WHERE payments.id >= :since AND captured_minor <> coalesce(booked, 0)
     LIMIT :limit
    """,
)
FIND_WRONG_REFUNDED_SUMS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'wrong_refunds' AS code, payments.id::text AS subject,
           'reserved ' || refunded_minor || ', requested ' || coalesce(sum(refunds.amount_minor), 0) AS detail
      FROM (SELECT id FROM {schema}.payments WHERE id >= :since
             UNION
            SELECT payment_id FROM {schema}.refunds WHERE refunds.id >= :since) AS chosen
      JOIN {schema}.payments USING (id)
      LEFT JOIN {schema}.refunds ON payment_id = payments.id
     GROUP BY payments.id
    HAVING refunded_minor <> coalesce(sum(refunds.amount_minor), 0)
     LIMIT :limit
    """,
)
FIND_UNPOSTED_REFUNDS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'unposted_refund' AS code, refunds.id::text AS subject, state AS detail
      FROM {schema}.refunds
     WHERE refunds.id >= :since AND state = 'succeeded'
       AND NOT EXISTS (SELECT 1 FROM {schema}.transaction_keys
                        WHERE key = 'refunded:' || refunds.id || ':' || refunds.attempt)
     LIMIT :limit
    """,
)
# What is in transit to a payee is the sum of the payouts that have not ended; each end was posted.
FIND_WRONG_TRANSITS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'wrong_transit' AS code, code AS subject,
           kept.amount_minor || ' kept, ' || coalesce(sent, 0) || ' in transit' AS detail
      FROM (SELECT code, currency, balances.amount_minor
              FROM {schema}.accounts JOIN {schema}.balances ON balances.account_id = accounts.id
             WHERE accounts.kind = 'transit') AS kept
      FULL JOIN (SELECT 'transit:' || payee AS code, currency, sum(amount_minor) AS sent
                   FROM {schema}.payouts WHERE state IN ('created', 'in_transit')
                  GROUP BY payee, currency) AS open USING (code, currency)
     WHERE coalesce(kept.amount_minor, 0) <> coalesce(sent, 0)
     LIMIT :limit
    """,
)
FIND_UNPOSTED_PAYOUTS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'unposted_payout' AS code, payouts.id::text AS subject, state AS detail
      FROM {schema}.payouts
     WHERE payouts.id >= :since
       AND NOT EXISTS (SELECT 1
                         FROM {schema}.transaction_keys
                         JOIN {schema}.postings USING (transaction_id)
                         JOIN {schema}.accounts ON accounts.id = account_id
                        WHERE postings.amount_minor = payouts.amount_minor
                              * CASE WHEN state IN ('created', 'in_transit') THEN 1 ELSE -1 END
                          AND key = CASE WHEN state = 'paid' THEN 'paid-out:'
                                         WHEN state <> 'failed' THEN 'payout:'
                                         WHEN paid_at IS NULL THEN 'payout-failed:'
                                         ELSE 'payout-returned:' END || payouts.id)
     LIMIT :limit
    """,
)
FIND_DUPLICATE_LIVE_PAYMENTS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'two_live_payments' AS code, order_ref AS subject, string_agg(purpose, ', ') AS detail
      FROM {schema}.payments
     WHERE id >= :since AND state NOT IN ('failed', 'canceled', 'expired')
     GROUP BY order_ref
    HAVING count(*) FILTER (WHERE purpose IN ('full', 'deposit')) > 1
        OR count(*) FILTER (WHERE purpose IN ('full', 'balance')) > 1
     LIMIT :limit
    """,
)
FIND_LONG_UNKNOWN_CALLS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'long_unknown' AS code, key AS subject, state || ' since ' || first_sent_at AS detail
      FROM {schema}.operations
     WHERE state IN ('sent', 'unknown') AND first_sent_at < clock_timestamp() - interval '1 day'
     LIMIT :limit
    """,
)
FIND_DEAD_MESSAGES = Query(
    LedgerDiscrepancy,
    """
    SELECT 'dead_message' AS code, event_id AS subject, coalesce(error, topic) AS detail
      FROM {schema}.inbox WHERE state = 'dead'
     LIMIT :limit
    """,
)
# Nothing sends it again, so that a person has to.
FIND_FAILED_REFUNDS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'failed_refund' AS code, id::text AS subject, coalesce(reason, 'no reason') AS detail
      FROM {schema}.refunds WHERE state = 'failed' AND retry_at IS NULL
     LIMIT :limit
    """,
)
FIND_OLD_EVENTS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'untaken_event' AS code, id::text AS subject, topic || coalesce(': ' || error, '') AS detail
      FROM {schema}.events
     WHERE written_at < clock_timestamp() - interval '1 day' OR dead_at IS NOT NULL
     LIMIT :limit
    """,
)
# A fact is a row of another table with the sum of the transaction. Keys of the caller begin with one of `prefixes`.
FIND_UNKNOWN_FACTS = Query(
    LedgerDiscrepancy,
    """
    WITH newer AS (
        SELECT transactions.id, key, split_part(key, ':', 1) AS prefix,
               CASE WHEN key ~ '^refund(ed|-returned):' THEN split_part(key, ':', 2)
                    WHEN key ~ '^dispute-changed:' THEN regexp_replace(key, '^[^:]+:|:[0-9]+$', '', 'g')
                    ELSE substr(key, strpos(key, ':') + 1) END AS fact,
               coalesce(sum(amount_minor) FILTER (WHERE accounts.kind = 'refund'), 0) AS refund_leg,
               coalesce(sum(amount_minor) FILTER (WHERE accounts.kind = 'disputed'), 0) AS disputed_leg,
               coalesce(sum(amount_minor) FILTER (WHERE accounts.kind = 'transit'), 0) AS transit_leg,
               coalesce(sum(amount_minor) FILTER (WHERE accounts.kind = 'clearing'), 0) AS clearing_leg,
               bool_and(accounts.kind IN ('clearing', 'suspense')) AS suspended,
               bool_and(accounts.kind IN ('clearing', 'promotion', 'escrow')) AS collected,
               bool_and(accounts.kind IN ('clearing', 'refund')) AS passed_on
          FROM {schema}.transactions
          JOIN {schema}.postings ON transaction_id = transactions.id
          JOIN {schema}.accounts ON accounts.id = account_id
         WHERE transactions.id > :after
         GROUP BY transactions.id
    ), checked AS (
        SELECT *, CASE WHEN fact ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN fact::uuid END AS fact_id
          FROM newer
    )
    SELECT 'unknown_fact' AS code, checked.key AS subject, 'no such fact' AS detail
      FROM checked
      LEFT JOIN {schema}.payments ON payments.id = fact_id AND prefix IN ('paid', 'late')
      LEFT JOIN {schema}.refunds ON refunds.id = fact_id AND prefix IN ('refund', 'refunded', 'refund-returned')
      LEFT JOIN {schema}.disputes ON disputes.provider_ref = fact AND prefix LIKE 'dispute%'
      LEFT JOIN {schema}.payouts ON payouts.id = fact_id AND (prefix = 'paid-out' OR prefix LIKE 'payout%')
     WHERE NOT coalesce(
               CASE prefix WHEN 'paid' THEN captured_minor = -clearing_leg AND collected
                           WHEN 'late' THEN captured_minor = refund_leg AND passed_on
                           WHEN 'refund' THEN refunds.amount_minor = refund_leg
                           WHEN 'refunded' THEN refunds.amount_minor = -refund_leg
                                AND (refunds.state = 'succeeded'
                                     AND checked.key = 'refunded:' || refunds.id || ':' || refunds.attempt
                                     OR passed_on AND EXISTS (
                                         SELECT FROM {schema}.transaction_keys AS back
                                          WHERE back.key = replace(checked.key, 'refunded:', 'refund-returned:')))
                           WHEN 'refund-returned' THEN refunds.amount_minor = refund_leg AND passed_on
                                AND NOT (refunds.state = 'succeeded'
                                         AND checked.key = 'refund-returned:' || refunds.id || ':' || refunds.attempt)
                                AND EXISTS (
                                    SELECT FROM {schema}.transaction_keys AS given
                                     WHERE given.key = replace(checked.key, 'refund-returned:', 'refunded:'))
                           WHEN 'disputed' THEN disputes.amount_minor <= disputed_leg OR changes * disputed_leg > 0
                           WHEN 'dispute-changed' THEN checked.key = ANY("""
    + DISPUTE_KEYS
    + """)
                           WHEN 'dispute-won' THEN disputes.amount_minor <= -disputed_leg AND disputes.state = 'won'
                           WHEN 'dispute-lost' THEN disputes.amount_minor <= -disputed_leg AND disputes.state = 'lost'
                           WHEN 'payout' THEN payouts.amount_minor = transit_leg
                           WHEN 'paid-out' THEN payouts.amount_minor = -transit_leg AND paid_at IS NOT NULL
                           WHEN 'payout-failed' THEN payouts.amount_minor = -transit_leg AND payouts.state = 'failed'
                                AND paid_at IS NULL
                           WHEN 'payout-returned' THEN payouts.amount_minor = -clearing_leg AND payouts.state = 'failed'
                           WHEN 'suspense' THEN suspended
                           WHEN 'suspense-returned' THEN suspended
                           ELSE prefix = ANY(:prefixes::text[]) END, false)
     ORDER BY checked.id
     LIMIT :limit
    """,
)
FIND_CHANGED_CHECKPOINTS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'changed_history' AS code, 'transaction ' || before || ' to ' || through_id AS subject,
           'closed ' || closed_at AS detail
      FROM (SELECT *, lag(through_id, 1, 0::bigint) OVER (ORDER BY through_id) AS before
              FROM {schema}.checkpoints) AS spans
     WHERE hash <> {schema}.hash_sums(before, through_id)
    UNION ALL
    SELECT 'changed_history', code, 'sum of the checkpoint ' || coalesce(amount_minor, 0) || ', posted ' || total
      FROM (SELECT account_id, sum(amount_minor) AS total
              FROM (SELECT account_id, amount_minor
                      FROM {schema}.postings
                     WHERE transaction_id <= (SELECT max(through_id) FROM {schema}.checkpoints)
                    UNION ALL
                    SELECT account_id, amount_minor FROM {schema}.archived_sums) AS parts
             GROUP BY account_id) AS sums
      FULL JOIN {schema}.checkpoint_sums USING (account_id)
      JOIN {schema}.accounts ON accounts.id = account_id
     WHERE amount_minor IS DISTINCT FROM total
     LIMIT :limit
    """,
)
GET_CHECKPOINT = Query(
    Checkpoint, "SELECT through_id, hash, closed_at FROM {schema}.checkpoints ORDER BY through_id DESC LIMIT 1"
)
ADD_CHECKPOINT = Query(int, "SELECT through_id FROM {schema}.add_checkpoint() AS through_id WHERE through_id > 0")
CHECKS = (
    FIND_UNBALANCED_TRANSACTIONS,
    FIND_INCOMPLETE_TRANSACTIONS,
    FIND_UNBALANCED_CURRENCIES,
    FIND_WRONG_BALANCES,
    FIND_WRONG_PAYMENTS,
    FIND_WRONG_REFUNDED_SUMS,
    FIND_UNPOSTED_REFUNDS,
    FIND_WRONG_TRANSITS,
    FIND_UNPOSTED_PAYOUTS,
    FIND_DUPLICATE_LIVE_PAYMENTS,
    FIND_LONG_UNKNOWN_CALLS,
    FIND_DEAD_MESSAGES,
    FIND_FAILED_REFUNDS,
    FIND_OLD_EVENTS,
)


async def verify_ledger(
    conn: Connection, *, since: Checkpoint | None = None, prefixes: Sequence[str] | None = None
) -> list[LedgerDiscrepancy]:
    """Return the violated invariants of the ledger, at most 1,000 of each kind.

    It reads every posting, or with `since` what is open or newer than that checkpoint. With `prefixes`, a transaction
    whose key is neither that of a payment, refund, payout or dispute nor begins with one of them is a discrepancy. If
    others write at the same time, run it in a REPEATABLE READ transaction.
    """
    # What was opened before the archive ends may have been posted in it.
    unread = await get_archived_until(conn) if since is None else since.closed_at - CHANGEABLE
    values: dict[str, object] = {
        "after": 0 if since is None else since.through_id,
        "since": _NOTHING if unread is None else _get_first_id(unread),
        "limit": MAX_DISCREPANCIES,
        "prefixes": prefixes,
    }
    checks = [*CHECKS]
    if prefixes is not None:
        checks.append(FIND_UNKNOWN_FACTS)
    if since is None:
        checks.append(FIND_CHANGED_CHECKPOINTS)
    discrepancies: list[LedgerDiscrepancy] = []
    for check in checks:
        discrepancies += await check.all(conn, **{name: values[name] for name in check.names})
    for guard in await list_changed_guards(conn):
        code, detail = ("guard_off", "missing or disabled") if guard.source is None else ("guard_changed", "changed")
        discrepancies.append(LedgerDiscrepancy(code, guard.name, detail))
    return discrepancies


def _get_first_id(moment: datetime) -> UUID:
    """Return the smallest id that PostgreSQL's uuidv7() makes at a moment."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


async def find_checkpoint(conn: Connection) -> Checkpoint | None:
    """Return the last checkpoint, or None if there is none yet."""
    return await GET_CHECKPOINT.maybe(conn)


async def add_checkpoints(db: Database) -> int:
    """Close what was posted at least an hour ago, after a verification that found nothing; return how many were added.

    Each covers at most 50,000 transactions and is a transaction of its own.
    """
    added = 0
    while True:
        async with db.transaction() as conn:
            if await ADD_CHECKPOINT.maybe(conn) is None:
                return added
        added += 1
