"""Checking the books: every invariant computed anew from the postings."""

from msgspec import Struct

from payments.sql import Connection, Query

MOST = 1_000
"""The most findings of one kind that are returned."""


class Finding(Struct, frozen=True):
    """An invariant that does not hold; `code` says which, `subject` where."""

    code: str
    subject: str
    detail: str


UNEVEN = Query(
    Finding,
    """
    SELECT 'uneven_transaction' AS code, min(key) AS subject, currency || ' ' || sum(amount_minor) AS detail
      FROM payments.transactions
      JOIN payments.postings ON transaction_id = transactions.id
      JOIN payments.accounts ON accounts.id = account_id
     GROUP BY transactions.id, currency
    HAVING sum(amount_minor) <> 0
     LIMIT :most
    """,
)
FEW_LEGS = Query(
    Finding,
    """
    SELECT 'few_legs' AS code, key AS subject, count(seq) || ' legs' AS detail
      FROM payments.transactions LEFT JOIN payments.postings ON transaction_id = transactions.id
     GROUP BY transactions.id
    HAVING count(seq) < 2
     LIMIT :most
    """,
)
TOTAL = Query(
    Finding,
    """
    SELECT 'uneven_ledger' AS code, currency AS subject, sum(amount_minor)::text AS detail
      FROM payments.postings JOIN payments.accounts ON accounts.id = account_id
     GROUP BY currency
    HAVING sum(amount_minor) <> 0
     LIMIT :most
    """,
)
WRONG_BALANCES = Query(
    Finding,
    """
    SELECT 'wrong_balance' AS code, code AS subject,
           coalesce(balances.amount_minor::text, 'no row') || ' kept, ' || coalesce(total, 0) || ' posted' AS detail
      FROM payments.accounts
      LEFT JOIN payments.balances ON balances.account_id = accounts.id
      LEFT JOIN (SELECT account_id, sum(amount_minor) AS total FROM payments.postings GROUP BY account_id) AS sums
        ON sums.account_id = accounts.id
     WHERE keep_balance AND balances.amount_minor IS DISTINCT FROM coalesce(total, 0)
     LIMIT :most
    """,
)
BELOW = Query(
    Finding,
    """
    SELECT 'below_floor' AS code, code AS subject, total || ' under ' || floor_minor AS detail
      FROM payments.accounts
      JOIN (SELECT account_id, sum(amount_minor) AS total FROM payments.postings GROUP BY account_id) AS sums
        ON account_id = accounts.id
     WHERE total < floor_minor
     LIMIT :most
    """,
)
# What the rails brought in and took back, as the payments tell it and as the postings tell it.
WRONG_PAYMENTS = Query(
    Finding,
    """
    SELECT 'wrong_payment' AS code, payments.id::text AS subject,
           'captured ' || captured_minor || ', posted ' || coalesce(booked, 0) AS detail
      FROM payments.payments
      LEFT JOIN LATERAL (
          SELECT -sum(amount_minor) AS booked
            FROM payments.transactions
            JOIN payments.postings ON transaction_id = transactions.id
            JOIN payments.accounts ON accounts.id = account_id
           WHERE key IN ('paid:' || payments.id, 'late:' || payments.id) AND accounts.kind = 'clearing') AS sums
        ON true
     WHERE captured_minor <> coalesce(booked, 0)
     LIMIT :most
    """,
)
WRONG_REFUNDS = Query(
    Finding,
    """
    SELECT 'wrong_refunds' AS code, payments.id::text AS subject,
           'reserved ' || refunded_minor || ', asked for ' || coalesce(sum(refunds.amount_minor), 0) AS detail
      FROM payments.payments LEFT JOIN payments.refunds ON payment_id = payments.id
     GROUP BY payments.id
    HAVING refunded_minor <> coalesce(sum(refunds.amount_minor), 0)
     LIMIT :most
    """,
)
UNSETTLED_REFUNDS = Query(
    Finding,
    """
    SELECT 'unposted_refund' AS code, refunds.id::text AS subject, state AS detail
      FROM payments.refunds
     WHERE state = 'succeeded'
       AND NOT EXISTS (SELECT 1 FROM payments.transactions
                        WHERE key = 'refunded:' || refunds.id || ':' || refunds.attempt)
     LIMIT :most
    """,
)
DOUBLE_LIVE = Query(
    Finding,
    """
    SELECT 'two_live_payments' AS code, order_ref AS subject, string_agg(purpose, ', ') AS detail
      FROM payments.payments
     WHERE state NOT IN ('failed', 'canceled', 'expired')
     GROUP BY order_ref
    HAVING count(*) FILTER (WHERE purpose IN ('full', 'deposit')) > 1
        OR count(*) FILTER (WHERE purpose IN ('full', 'balance')) > 1
     LIMIT :most
    """,
)
LONG_UNKNOWN = Query(
    Finding,
    """
    SELECT 'long_unknown' AS code, key AS subject, state || ' since ' || first_sent_at AS detail
      FROM payments.operations
     WHERE state IN ('sent', 'unknown') AND first_sent_at < clock_timestamp() - interval '1 day'
     LIMIT :most
    """,
)
DEAD_MESSAGES = Query(
    Finding,
    """
    SELECT 'dead_message' AS code, event_id AS subject, coalesce(error, topic) AS detail
      FROM payments.inbox WHERE state = 'dead'
     LIMIT :most
    """,
)
# The guards themselves: whoever switches one off leaves this behind until it is on again.
GUARDS_OFF = Query(
    Finding,
    """
    SELECT 'guard_off' AS code, wanted AS subject, 'missing or disabled' AS detail
      FROM unnest(ARRAY['transactions_append_only', 'transactions_no_truncate', 'postings_append_only',
                        'postings_no_truncate', 'transactions_stamp', 'postings_same_transaction',
                        'transactions_balanced', 'postings_balanced']) AS wanted
     WHERE NOT EXISTS (SELECT 1 FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
                        WHERE tgname = wanted AND tgenabled IN ('O', 'A') AND relnamespace = 'payments'::regnamespace)
     LIMIT :most
    """,
)
CHECKS = (
    UNEVEN,
    FEW_LEGS,
    TOTAL,
    WRONG_BALANCES,
    BELOW,
    WRONG_PAYMENTS,
    WRONG_REFUNDS,
    UNSETTLED_REFUNDS,
    DOUBLE_LIVE,
    LONG_UNKNOWN,
    DEAD_MESSAGES,
    GUARDS_OFF,
)


async def verify(conn: Connection) -> list[Finding]:
    """Compute every invariant of the books anew and return what does not hold; an empty list is a clean bill.

    Reads every posting. At most 1,000 findings of each kind. Where others write, run it in a REPEATABLE READ
    transaction.
    """
    found: list[Finding] = []
    for check in CHECKS:
        found += await check.all(conn, most=MOST)
    return found
