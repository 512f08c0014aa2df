"""Verification of orders: what they record against what the ledger holds for them."""

from datetime import UTC, datetime

from market.sales.orders.money.refund import DISCOUNT_PREFIX, ORDER_OVER
from payments import Connection
from payments.ledger.months import get_archived_until
from payments.ledger.verification import MAX_DISCREPANCIES, Checkpoint, LedgerDiscrepancy
from payments.sql import Query

RELEASE_PREFIX = "released"
ORDER_PREFIXES = (RELEASE_PREFIX, DISCOUNT_PREFIX)
"""How the keys begin that the market posts itself of orders; the library posts all others."""

# The orders that are open, or were posted to since the checkpoint. One with an event that nobody has applied yet is
# between two states: `verify_ledger` reports old events.
_CHECKED_ORDERS = """
    WITH chosen AS (
        SELECT id FROM orders WHERE :after::bigint = 0 AND placed_at >= :since
        UNION
        SELECT order_id FROM suborders WHERE state IN ('deposited', 'paid', 'shipped')
        UNION
        SELECT orders.id
          FROM payments.transactions
          JOIN orders ON number = CASE WHEN order_ref ~ '^[0-9]{1,18}$' THEN order_ref::bigint END
         WHERE transactions.id > :after
    ), applied AS (
        SELECT id FROM chosen JOIN orders USING (id)
         WHERE NOT EXISTS (SELECT FROM payments.events
                            WHERE order_ref = number::text AND dead_at IS NULL)
    )"""
FIND_WRONG_ORDERS = Query(
    LedgerDiscrepancy,
    _CHECKED_ORDERS
    + """, checked AS (
        SELECT orders.id, number, state, total_fen, total_fen - refused_fen AS due_fen,
               coalesce(captured.minor, 0) AS captured_fen, coalesce(captured.refunded, 0) AS refunded_fen,
               coalesce(captured.returned, 0) AS returned_fen
          FROM applied
          JOIN orders USING (id)
          LEFT JOIN LATERAL (
              SELECT sum(captured_minor) AS minor, sum(refunded_minor) AS refunded,
                     sum(CASE WHEN refunded_minor > 0
                              THEN (SELECT sum(refunds.amount_minor) FROM payments.refunds
                                     WHERE payment_id = payments.id AND refunds.kind = :order_over) END) AS returned
                FROM payments.payments WHERE order_ref = number::text AND payments.state = 'captured') AS captured
            ON true
    ), sums AS (
        SELECT checked.id, sum(suborders.refunded_fen) AS refunded_fen, sum(coalesce(payable_fen, 0)) AS payable_fen,
               sum(coalesce(commission_fen, 0)) AS commission_fen,
               sum(goods_fen + freight_fen - discount_fen) AS total_fen
          FROM checked JOIN suborders ON order_id = checked.id
         GROUP BY checked.id
    ), posted AS (
        SELECT checked.id, coalesce(sum(amount_minor) FILTER (WHERE accounts.kind = 'payable'), 0) AS payable_fen,
               coalesce(sum(amount_minor) FILTER (WHERE accounts.kind = 'commission'), 0) AS commission_fen
          FROM checked
          JOIN payments.transaction_keys
            ON order_ref = number::text
               AND split_part(transaction_keys.key, ':', 1) IN ('released', 'discount', 'refund')
          JOIN payments.postings USING (transaction_id)
          JOIN payments.accounts ON accounts.id = account_id
         GROUP BY checked.id
    ), compared (number, code, recorded, found) AS (
        SELECT number, 'order_not_paid', due_fen, captured_fen FROM checked WHERE state IN ('paid', 'finished')
        UNION ALL
        SELECT number, 'deposit_not_paid', deposit_fen, captured_fen
          FROM checked JOIN deposits ON order_id = checked.id WHERE state = 'deposited'
        UNION ALL
        SELECT number, 'paid_order_open', 0, captured_fen - refunded_fen FROM checked
         WHERE state IN ('placed', 'expired')
        UNION ALL
        SELECT number, 'wrong_order_refunds', sums.refunded_fen, checked.refunded_fen - returned_fen
          FROM checked JOIN sums USING (id) WHERE state IN ('deposited', 'paid', 'finished', 'cancelled')
        UNION ALL
        SELECT number, 'wrong_parts', checked.total_fen, sums.total_fen FROM checked JOIN sums USING (id)
        UNION ALL
        SELECT number, 'wrong_payable', sums.payable_fen, coalesce(posted.payable_fen, 0)
          FROM checked JOIN sums USING (id) LEFT JOIN posted USING (id)
        UNION ALL
        SELECT number, 'wrong_commission', sums.commission_fen, coalesce(posted.commission_fen, 0)
          FROM checked JOIN sums USING (id) LEFT JOIN posted USING (id)
    )
    SELECT code, number::text AS subject,
           'recorded ' || recorded || CASE code WHEN 'wrong_parts' THEN ', in its parts ' ELSE ', in payments ' END
           || found AS detail
      FROM compared
     WHERE recorded <> found
     ORDER BY number, code
     LIMIT :limit
    """,
)
# What was paid for a suborder is in escrow, or it was released or refunded, and then nothing is left there; what a
# dispute took is in the account `disputed`.
FIND_WRONG_ESCROWS = Query(
    LedgerDiscrepancy,
    _CHECKED_ORDERS
    + """
    SELECT 'wrong_escrow' AS code, orders.number || '-' || position AS subject,
           'due ' || due_fen || ', in escrow ' || coalesce(amount_minor, 0) AS detail
      FROM applied
      JOIN orders USING (id)
      JOIN suborders ON order_id = orders.id
     CROSS JOIN LATERAL (
         SELECT CASE WHEN suborders.state IN ('paid', 'shipped')
                     THEN suborders.freight_fen + (SELECT sum(amount_fen - order_lines.refunded_fen)
                                                     FROM order_lines WHERE suborder_id = suborders.id)
                     WHEN suborders.state = 'deposited'
                     THEN (SELECT deposit_fen FROM deposits WHERE deposits.order_id = orders.id)
                          - suborders.refunded_fen
                     ELSE 0 END AS due_fen) AS due
      LEFT JOIN payments.accounts ON code = 'escrow:' || orders.number || '-' || position AND accounts.currency = 'CNY'
      LEFT JOIN payments.balances ON account_id = accounts.id
     WHERE due_fen <> coalesce(amount_minor, 0)
       AND NOT EXISTS (SELECT FROM payments.disputes JOIN payments.payments ON payments.id = payment_id
                        WHERE order_ref = orders.number::text AND disputes.state <> 'won')
     ORDER BY subject
     LIMIT :limit
    """,
)
FIND_UNKNOWN_RELEASES = Query(
    LedgerDiscrepancy,
    """
    SELECT 'unknown_fact' AS code, key AS subject, 'no such release' AS detail
      FROM payments.transactions
     WHERE id > :after AND split_part(key, ':', 1) = :prefix
       AND NOT EXISTS (SELECT FROM orders JOIN suborders ON order_id = orders.id
                        WHERE number = CASE WHEN order_ref ~ '^[0-9]{1,18}$' THEN order_ref::bigint END
                          AND released_at IS NOT NULL
                          AND transactions.key = :prefix || ':' || number || '-' || position)
     ORDER BY id
     LIMIT :limit
    """,
)
# What goes back to the platform is at most the discount that it paid of the suborder, and nobody else gets anything.
FIND_UNKNOWN_DISCOUNTS = Query(
    LedgerDiscrepancy,
    """
    SELECT 'unknown_fact' AS code, key AS subject, 'no such discount' AS detail
      FROM payments.transactions
     WHERE id > :after AND split_part(key, ':', 1) = :prefix
       AND NOT EXISTS (
           SELECT FROM orders JOIN suborders ON order_id = orders.id
            WHERE number::text = order_ref
              AND starts_with(transactions.key, :prefix || ':' || number || '-' || position || ':')
              AND suborders.discount_fen >= ALL (SELECT CASE WHEN accounts.kind = 'promotion' THEN amount_minor
                                                   WHEN amount_minor > 0 THEN NULL ELSE 0 END
                                         FROM payments.postings JOIN payments.accounts ON accounts.id = account_id
                                        WHERE transaction_id = transactions.id))
     ORDER BY id
     LIMIT :limit
    """,
)

# What an order or a payout posts to a seller is posted to a seller of that order, or taken from who is paid out.
FIND_WRONG_PAYEES = Query(
    LedgerDiscrepancy,
    """
    SELECT 'wrong_payee' AS code, transactions.key AS subject, accounts.code AS detail
      FROM payments.transactions
      JOIN payments.postings ON transaction_id = transactions.id
      JOIN payments.accounts ON accounts.id = account_id
     WHERE transactions.id > :after AND accounts.kind IN ('payable', 'freight')
       AND NOT EXISTS (SELECT FROM orders
                         JOIN suborders ON order_id = orders.id
                         JOIN producers ON producers.id = producer_id
                        WHERE orders.number = CASE WHEN order_ref ~ '^[0-9]{1,18}$' THEN order_ref::bigint END
                          AND producers.number::text = split_part(accounts.code, ':', 2))
       AND NOT EXISTS (SELECT FROM payments.payouts
                        WHERE payouts.id = CASE WHEN transactions.key ~ '^payout(-failed|-returned)?:[0-9a-f-]{36}$'
                                                THEN split_part(transactions.key, ':', 2)::uuid END
                          AND payee = split_part(accounts.code, ':', 2))
     ORDER BY transactions.id, seq
     LIMIT :limit
    """,
)


async def verify_orders(conn: Connection, *, since: Checkpoint | None = None) -> list[LedgerDiscrepancy]:
    """Return the orders that differ from the ledger, at most 1,000 of each kind.

    With `since`, those that are open or were posted to after that checkpoint. What the ledger has of orders that were
    placed before its archive ends may be in the archive, so that they are not compared.
    """
    after = 0 if since is None else since.through_id
    unread = await get_archived_until(conn) or datetime.min.replace(tzinfo=UTC)
    found = await FIND_WRONG_ORDERS.all(conn, after=after, since=unread, order_over=ORDER_OVER, limit=MAX_DISCREPANCIES)
    found += await FIND_WRONG_ESCROWS.all(conn, after=after, since=unread, limit=MAX_DISCREPANCIES)
    found += await FIND_UNKNOWN_RELEASES.all(conn, after=after, prefix=RELEASE_PREFIX, limit=MAX_DISCREPANCIES)
    found += await FIND_UNKNOWN_DISCOUNTS.all(conn, after=after, prefix=DISCOUNT_PREFIX, limit=MAX_DISCREPANCIES)
    found += await FIND_WRONG_PAYEES.all(conn, after=after, limit=MAX_DISCREPANCIES)
    return found
