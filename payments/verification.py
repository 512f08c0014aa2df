"""Verification of the ledger: every invariant, recomputed from the postings."""

from msgspec import Struct

from payments.sql import Connection, Query

MAX_DISCREPANCIES = 1_000
"""The maximum number of discrepancies of one kind."""


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
     GROUP BY currency
    HAVING sum(amount_minor) <> 0
     LIMIT :limit
    """,
)
FIND_WRONG_BALANCES = Query(
    LedgerDiscrepancy,
    """
    SELECT 'wrong_balance' AS code, code AS subject,
           coalesce(balances.amount_minor::text, 'no row') || ' kept, ' || coalesce(total, 0) || ' posted' AS detail
      FROM {schema}.accounts
      LEFT JOIN {schema}.balances ON balances.account_id = accounts.id
      LEFT JOIN (SELECT account_id, sum(amount_minor) AS total FROM {schema}.postings GROUP BY account_id) AS sums
        ON sums.account_id = accounts.id
     WHERE keep_balance AND balances.amount_minor IS DISTINCT FROM coalesce(total, 0)
     LIMIT :limit
    """,
)
FIND_BALANCES_BELOW_FLOOR = Query(
    LedgerDiscrepancy,
    """
    SELECT 'below_floor' AS code, code AS subject, total || ' under ' || floor_minor AS detail
      FROM {schema}.accounts
      JOIN (SELECT account_id, sum(amount_minor) AS total FROM {schema}.postings GROUP BY account_id) AS sums
        ON account_id = accounts.id
     WHERE total < floor_minor
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
            FROM {schema}.transactions
            JOIN {schema}.postings ON transaction_id = transactions.id
            JOIN {schema}.accounts ON accounts.id = account_id
           WHERE key IN ('paid:' || payments.id, 'late:' || payments.id) AND accounts.kind = 'clearing') AS sums
        ON true
     WHERE captured_minor <> coalesce(booked, 0)
     LIMIT :limit
    """,
)
FIND_WRONG_REFUNDED_SUMS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'wrong_refunds' AS code, payments.id::text AS subject,
           'reserved ' || refunded_minor || ', requested ' || coalesce(sum(refunds.amount_minor), 0) AS detail
      FROM {schema}.payments LEFT JOIN {schema}.refunds ON payment_id = payments.id
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
     WHERE state = 'succeeded'
       AND NOT EXISTS (SELECT 1 FROM {schema}.transactions
                        WHERE key = 'refunded:' || refunds.id || ':' || refunds.attempt)
     LIMIT :limit
    """,
)
FIND_DUPLICATE_LIVE_PAYMENTS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'two_live_payments' AS code, order_ref AS subject, string_agg(purpose, ', ') AS detail
      FROM {schema}.payments
     WHERE state NOT IN ('failed', 'canceled', 'expired')
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
# The triggers that guard the ledger: a disabled one is reported until it is enabled again.
FIND_DISABLED_TRIGGERS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'guard_off' AS code, trigger AS subject, 'missing or disabled' AS detail
      FROM unnest(ARRAY['transactions_append_only', 'transactions_no_truncate', 'postings_append_only',
                        'postings_no_truncate', 'transactions_stamp', 'postings_same_transaction',
                        'transactions_balanced', 'postings_balanced']) AS trigger
     WHERE NOT EXISTS (SELECT 1 FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
                        WHERE tgname = trigger AND tgenabled IN ('O', 'A') AND relnamespace = '{schema}'::regnamespace)
     LIMIT :limit
    """,
)
CHECKS = (
    FIND_UNBALANCED_TRANSACTIONS,
    FIND_INCOMPLETE_TRANSACTIONS,
    FIND_UNBALANCED_CURRENCIES,
    FIND_WRONG_BALANCES,
    FIND_BALANCES_BELOW_FLOOR,
    FIND_WRONG_PAYMENTS,
    FIND_WRONG_REFUNDED_SUMS,
    FIND_UNPOSTED_REFUNDS,
    FIND_DUPLICATE_LIVE_PAYMENTS,
    FIND_LONG_UNKNOWN_CALLS,
    FIND_DEAD_MESSAGES,
    FIND_DISABLED_TRIGGERS,
)


async def verify_ledger(conn: Connection) -> list[LedgerDiscrepancy]:
    """Return the violated invariants of the ledger, at most 1,000 of each kind.

    It reads every posting. If others write at the same time, run it in a REPEATABLE READ transaction.
    """
    discrepancies: list[LedgerDiscrepancy] = []
    for check in CHECKS:
        discrepancies += await check.all(conn, limit=MAX_DISCREPANCIES)
    return discrepancies
