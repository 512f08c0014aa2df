"""Invariants between stock, nights, orders and the ledger: one statement each, selecting violations."""

from market.kernel import Connection

INVARIANTS = {
    "14: a lot's units are available, reserved, or sold, and sum to its count": """
        SELECT lots.id FROM lots
         WHERE available_units + reserved_units + sold_units <> 12
            OR least(available_units, reserved_units, sold_units) < 0
    """,
    "14: reserved and sold units are exactly those of live orders": """
        SELECT lots.id FROM lots
         WHERE (reserved_units, sold_units) <> (
               SELECT coalesce(sum(units) FILTER (WHERE suborders.state = 'placed'), 0),
                      coalesce(sum(units) FILTER (WHERE suborders.state
                                                    IN ('deposited', 'paid', 'shipped', 'received')), 0)
                 FROM order_lines JOIN suborders ON suborders.id = suborder_id WHERE lot_id = lots.id)
    """,
    "17: the nights taken are those of live bookings, room by room": """
        (SELECT id, room_id, nights FROM bookings WHERE state IN ('reserved', 'booked', 'arrived')
         EXCEPT SELECT booking_id, room_id, nights FROM taken_nights)
        UNION ALL
        (SELECT booking_id, room_id, nights FROM taken_nights
         EXCEPT SELECT id, room_id, nights FROM bookings WHERE state IN ('reserved', 'booked', 'arrived'))
    """,
    "17: the state of a booking matches its suborder": """
        SELECT bookings.id FROM bookings JOIN suborders ON suborders.id = suborder_id
         WHERE (suborders.state, bookings.state) NOT IN (
               ('placed', 'reserved'), ('deposited', 'booked'), ('paid', 'booked'), ('paid', 'arrived'),
               ('received', 'arrived'),
               ('cancelled', 'cancelled'), ('expired', 'expired'))
    """,
    "14: the free places of a slot are those that no live party takes": """
        SELECT slots.id FROM slots
         WHERE free < 0 OR free <> capacity - (
               SELECT coalesce(sum(party), 0) FROM slot_reservations
                WHERE slot_id = slots.id AND state NOT IN ('cancelled', 'expired'))
    """,
    "17: the state of places matches their suborder": """
        SELECT r.id FROM slot_reservations r JOIN suborders ON suborders.id = suborder_id
         WHERE (suborders.state, r.state) NOT IN (
               ('placed', 'reserved'), ('paid', 'booked'), ('received', 'attended'), ('received', 'missed'),
               ('cancelled', 'cancelled'), ('expired', 'expired'))
    """,
    "slots: a cancellation of the host leaves nothing with anybody but the buyers": """
        SELECT suborders.id FROM suborders JOIN suborder_events e ON e.suborder_id = suborders.id
         WHERE e.note = 'slot cancelled' AND refunded_fen <> goods_fen - discount_fen
    """,
    "7: an order is the sum of its suborders, and they of their lines": """
        SELECT orders.id FROM orders
         WHERE (goods_fen, freight_fen) <> (
               SELECT sum(goods_fen), sum(freight_fen) FROM suborders WHERE order_id = orders.id)
            OR EXISTS (SELECT FROM suborders WHERE order_id = orders.id AND goods_fen <> (
                       SELECT sum(amount_fen) FROM order_lines WHERE suborder_id = suborders.id))
    """,
    "7: escrow holds exactly what was paid and neither received nor refunded, unless a dispute took of it": """
        SELECT suborders.id
          FROM suborders JOIN orders ON orders.id = order_id
          LEFT JOIN payments.accounts ON code = 'escrow:' || orders.number || '-' || position
          LEFT JOIN payments.balances ON account_id = accounts.id
         WHERE NOT EXISTS (SELECT FROM payments.disputes JOIN payments.payments ON payments.id = payment_id
                            WHERE order_ref = orders.number::text AND disputes.state <> 'won')
           AND coalesce(amount_minor, 0) <> CASE
               WHEN suborders.state IN ('paid', 'shipped')
               THEN suborders.freight_fen + (SELECT sum(amount_fen - order_lines.refunded_fen) FROM order_lines
                                              WHERE suborder_id = suborders.id)
               WHEN suborders.state = 'deposited'
               THEN (SELECT deposit_fen - suborders.refunded_fen FROM deposits WHERE order_id = orders.id)
               WHEN suborders.state = 'received' OR orders.paid_at IS NOT NULL
                    OR EXISTS (SELECT FROM deposits WHERE order_id = orders.id AND deposited_at IS NOT NULL) THEN 0
               ELSE coalesce(amount_minor, 0) END
    """,
    "7: refunds to the buyer equal those recorded on the suborders": """
        SELECT orders.id FROM orders
         WHERE (paid_at IS NOT NULL
                OR EXISTS (SELECT FROM deposits WHERE order_id = orders.id AND deposited_at IS NOT NULL))
           AND (SELECT coalesce(sum(refunded_minor), 0) FROM payments.payments WHERE order_ref = orders.number::text)
            <> (SELECT sum(refunded_fen) FROM suborders WHERE order_id = orders.id)
    """,
    "6: captures do not exceed the amount, refunds and disputes together not the captures": """
        SELECT id FROM payments.payments
         WHERE captured_minor NOT IN (0, amount_minor) OR refunded_minor + disputed_minor > captured_minor
    """,
    "6: what is disputed of an order is kept apart until it is decided, with the platform's share of a discount": """
        SELECT orders.id
          FROM orders
         CROSS JOIN LATERAL (
               SELECT coalesce(sum(disputes.amount_minor), 0) AS open_fen
                 FROM payments.disputes JOIN payments.payments ON payments.id = payment_id
                WHERE order_ref = orders.number::text AND disputes.state = 'open') AS disputed
          LEFT JOIN payments.accounts ON code = 'disputed:' || orders.number
          LEFT JOIN payments.balances ON account_id = accounts.id
         WHERE coalesce(amount_minor, 0)
               NOT BETWEEN open_fen AND open_fen + CASE WHEN open_fen > 0 THEN discount_fen ELSE 0 END
    """,
    "8: an order has at most one captured payment, or one of its deposit and one of its balance": """
        SELECT order_ref FROM payments.payments WHERE state = 'captured'
         GROUP BY order_ref
        HAVING count(*) > 1 AND array_agg(purpose ORDER BY purpose) <> '{balance,deposit}'
    """,
    "8: what an order's payments captured is its total, or its deposit": """
        SELECT orders.id
          FROM orders
          JOIN payments.payments ON order_ref = number::text AND payments.state = 'captured'
          LEFT JOIN deposits ON order_id = orders.id
         GROUP BY orders.id, deposit_fen
        HAVING sum(captured_minor) NOT IN (total_fen, coalesce(deposit_fen, total_fen))
    """,
    "18: producers are owed exactly the payable of received and cancelled suborders, less payouts and disputes": """
        SELECT producers.id
          FROM producers
          LEFT JOIN payments.accounts ON code = 'payable:' || producers.number
          LEFT JOIN payments.balances ON account_id = accounts.id
         WHERE coalesce(amount_minor, 0) <> (
               SELECT coalesce(sum(payable_fen), 0) FROM suborders
                WHERE producer_id = producers.id AND state IN ('received', 'cancelled'))
             + (SELECT coalesce(sum(p.amount_minor), 0)
                  FROM payments.postings p JOIN payments.transactions t ON t.id = transaction_id
                 WHERE p.account_id = accounts.id AND key ~ '^(payout|dispute)')
    """,
    "20: payable and commission of a released suborder sum to what was kept: its goods, or the rest of its deposit": """
        SELECT suborders.id FROM suborders JOIN orders ON orders.id = order_id
         WHERE released_at IS NOT NULL
           AND NOT EXISTS (SELECT FROM payments.disputes JOIN payments.payments ON payments.id = payment_id
                            WHERE order_ref = orders.number::text AND disputes.state = 'lost')
           AND payable_fen + commission_fen <> CASE WHEN paid_at IS NOT NULL
               THEN (SELECT sum(amount_fen - order_lines.refunded_fen) FROM order_lines
                      WHERE suborder_id = suborders.id)
               ELSE (SELECT deposit_fen - suborders.refunded_fen FROM deposits
                      WHERE order_id = orders.id AND deposited_at IS NOT NULL) END
    """,
    "payouts: what was taken of a producer's accounts is that of its payouts that did not fail": """
        SELECT number FROM producers
         WHERE (SELECT coalesce(-sum(p.amount_minor), 0)
                  FROM payments.postings p
                  JOIN payments.transactions t ON t.id = transaction_id
                  JOIN payments.accounts a ON a.id = account_id
                 WHERE a.code IN ('payable:' || number, 'freight:' || number)
                   AND split_part(t.key, ':', 1) LIKE 'payout%')
            <> (SELECT coalesce(sum(amount_minor), 0) FROM payments.payouts
                 WHERE payee = number::text AND state <> 'failed')
    """,
    "payouts: what is in transit to a producer is that of its payouts that neither arrived nor failed": """
        SELECT number
          FROM producers
          LEFT JOIN payments.accounts ON code = 'transit:' || producers.number
          LEFT JOIN payments.balances ON account_id = accounts.id
         WHERE coalesce(amount_minor, 0) <> (
               SELECT coalesce(sum(amount_minor), 0) FROM payments.payouts
                WHERE payee = number::text AND state NOT IN ('paid', 'failed'))
    """,
    "weights: nothing is sent or received before it was weighed": """
        SELECT line_id
          FROM catch_weights JOIN order_lines ON order_lines.id = line_id JOIN suborders ON suborders.id = suborder_id
         WHERE weighed_at IS NULL AND suborders.state IN ('shipped', 'received')
    """,
    "weights: a weighed line is within its ceiling, and costs its final price less what else was refunded": """
        SELECT w.line_id
          FROM catch_weights w JOIN order_lines l ON l.id = w.line_id
         WHERE weighed_at IS NOT NULL
           AND (weighed_g > ceiling_g OR final_fen > amount_fen
                OR amount_fen - refunded_fen > final_fen
                OR EXISTS (SELECT FROM line_refunds r WHERE r.line_id = l.id AND reason = 'weighed'
                                                        AND r.amount_fen > l.amount_fen - final_fen))
    """,
    "claims: what was granted was refunded once, and at most what was claimed": """
        SELECT c.case_id
          FROM bad_fruit_claims c
          JOIN cases ON cases.id = case_id
          LEFT JOIN line_refunds r ON r.line_id = c.line_id AND r.key = 'claim:' || cases.number
         WHERE coalesce(granted_fen, 0) <> coalesce(r.amount_fen, 0) OR granted_fen > c.amount_fen
            OR granted_fen IS NULL <> (cases.closed_at IS NULL)
    """,
    "returns: what was sent back is refunded once, at the price of what was returned": """
        SELECT l.case_id
          FROM goods_return_lines l
          JOIN cases ON cases.id = l.case_id
          LEFT JOIN line_refunds r ON r.line_id = l.line_id AND r.key = 'return:' || cases.number
         WHERE (l.state = 'refunded') <> (r.id IS NOT NULL) OR r.amount_fen <> l.amount_fen
            OR (l.state = 'open') <> (cases.closed_at IS NULL)
    """,
    "mediations: a share of what was refused is refunded once, when the mediation ends": """
        SELECT l.case_id
          FROM mediation_lines l
          JOIN cases ON cases.id = l.case_id
          LEFT JOIN line_refunds r ON r.line_id = l.line_id AND r.key = 'mediation:' || cases.number
         WHERE coalesce(granted_fen, 0) <> coalesce(r.amount_fen, 0)
            OR (granted_fen IS NULL) <> (cases.closed_at IS NULL)
    """,
    "invoices: what is invoiced too much or too little has a task": """
        SELECT q.suborder_id
          FROM invoice_requests q
          JOIN suborders ON suborders.id = q.suborder_id
         CROSS JOIN LATERAL (
             SELECT coalesce(sum(CASE WHEN corrects_id IS NULL THEN amount_fen ELSE -amount_fen END), 0) AS net_fen
               FROM invoices WHERE invoices.suborder_id = q.suborder_id) AS issued
          JOIN orders ON orders.id = order_id
         WHERE net_fen < 0 OR net_fen > suborders.goods_fen + suborders.freight_fen
            OR NOT changed AND wanted
               AND net_fen <> CASE WHEN orders.paid_at IS NULL THEN 0
                                   ELSE suborders.goods_fen + suborders.freight_fen - suborders.discount_fen
                                        - suborders.refunded_fen - lost_fen END
               AND NOT EXISTS (SELECT FROM invoice_tasks WHERE invoice_tasks.suborder_id = q.suborder_id)
    """,
    "packages: an order has every part as often as it has packages, at the shares of its price": """
        SELECT o.order_id
          FROM package_orders o JOIN package_parts p USING (package_id)
          LEFT JOIN package_lines l ON l.order_id = o.order_id AND l.position = p.position
          LEFT JOIN order_lines line ON line.id = l.line_id
         GROUP BY o.order_id, p.position, o.count, p.share_fen, p.quantity
        HAVING coalesce(sum(packages), 0) <> o.count OR sum(line.amount_fen) <> p.share_fen * o.count
            OR sum(line.quantity) <> p.quantity * o.count
    """,
    "refunds: of an order nobody of the seller refunded more than the limit without a second person": """
        SELECT suborders.id
          FROM line_refunds r JOIN order_lines l ON l.id = line_id JOIN suborders ON suborders.id = suborder_id
          JOIN producers ON producers.id = producer_id
         WHERE r.reason IN ('bad_fruit', 'agreed', 'goods_return') AND EXISTS (SELECT FROM producer_members m
                WHERE m.producer_id = producers.id AND m.account_id = r.requested_by)
           AND NOT EXISTS (SELECT FROM refund_requests q WHERE q.line_id = r.line_id AND q.key = r.key)
         GROUP BY suborders.id, county_code
        HAVING sum(r.amount_fen) > coalesce(get_county_setting(county_code, 'refund_limit_fen', current_date), 50000)
    """,
    "refunds: in a day nobody of the seller refunded more than the limit without a second person": """
        SELECT producers.id
          FROM line_refunds r JOIN order_lines l ON l.id = line_id JOIN suborders ON suborders.id = suborder_id
          JOIN producers ON producers.id = producer_id
          JOIN accounts ON accounts.id = requested_by
         WHERE r.reason IN ('bad_fruit', 'agreed', 'goods_return') AND EXISTS (SELECT FROM producer_members m
                WHERE m.producer_id = producers.id AND m.account_id = r.requested_by)
           AND NOT EXISTS (SELECT FROM refund_requests q WHERE q.line_id = r.line_id AND q.key = r.key)
         GROUP BY producers.id, county_code, fold_name(accounts.name), business_day(r.at)
        HAVING sum(r.amount_fen) > coalesce(get_county_setting(county_code, 'refund_limit_fen', current_date), 50000)
    """,
    "refunds: what waits is left of its line, and its suborder was neither cancelled nor left unpaid": """
        SELECT l.id
          FROM refund_requests q JOIN order_lines l ON l.id = line_id JOIN suborders ON suborders.id = q.suborder_id
         WHERE q.state = 'waiting'
         GROUP BY l.id, suborders.state
        HAVING sum(q.amount_fen) > l.amount_fen - l.refunded_fen
            OR suborders.state NOT IN ('deposited', 'paid', 'shipped', 'received')
    """,
    "refunds: what was consented to was refunded once, by two people, and nothing else that was requested": """
        SELECT q.id
          FROM refund_requests q LEFT JOIN line_refunds r USING (line_id, key)
         WHERE (q.state = 'consented') <> (r.id IS NOT NULL) OR r.amount_fen <> q.amount_fen
            OR (q.state = 'consented' AND is_same_person(q.requested_by, decided_by))
    """,
    "coupons: no more is claimed than the quota, counted exactly, and per person than the limit": """
        SELECT coupons.id FROM coupons
         WHERE claimed > quota OR claimed <> (SELECT count(*) FROM vouchers WHERE coupon_id = coupons.id)
            OR EXISTS (SELECT FROM vouchers WHERE coupon_id = coupons.id
                        GROUP BY account_id HAVING count(*) > coupons.per_person)
    """,
    "coupons: an order takes off exactly what its voucher is worth, of whoever bears it": """
        SELECT orders.id
          FROM orders
          LEFT JOIN redemptions ON order_id = orders.id
          LEFT JOIN vouchers ON vouchers.id = voucher_id
          LEFT JOIN coupons ON coupons.id = coupon_id
         WHERE (orders.discount_fen, (SELECT coalesce(sum(reduction_fen), 0)
                                        FROM order_lines JOIN suborders s ON s.id = suborder_id
                                       WHERE s.order_id = orders.id AND price_basis <> 'package'))
            <> (CASE WHEN bearer = 'platform' THEN amount_fen ELSE 0 END,
                CASE WHEN bearer = 'producer' THEN amount_fen ELSE 0 END)
            OR redemptions.discount_fen <> amount_fen OR account_id <> buyer_id
    """,
    "coupons: a voucher is used for one order at a time, and by none that ended unpaid": """
        SELECT voucher_id FROM redemptions JOIN orders ON orders.id = order_id
         WHERE freed_at IS NULL <> (
               orders.state NOT IN ('expired', 'cancelled') OR paid_at IS NOT NULL
               OR EXISTS (SELECT FROM deposits WHERE order_id = orders.id AND deposited_at IS NOT NULL))
        UNION ALL
        SELECT voucher_id FROM redemptions WHERE freed_at IS NULL GROUP BY voucher_id HAVING count(*) > 1
    """,
    "states: an order's state follows from its suborders": """
        SELECT orders.id FROM orders
         WHERE state <> (SELECT CASE
                   WHEN bool_and(s.state = 'expired') THEN 'expired'
                   WHEN bool_and(s.state = 'cancelled') THEN 'cancelled'
                   WHEN bool_and(s.state = 'placed') THEN 'placed'
                   WHEN bool_and(s.state = 'deposited') THEN 'deposited'
                   WHEN bool_and(s.state IN ('received', 'cancelled')) THEN 'finished'
                   ELSE 'paid' END FROM suborders s WHERE s.order_id = orders.id)
    """,
}


# One statement without line breaks: asyncpg keeps no statement above 15 kB prepared, and to plan it takes 30 ms.
_COUNTS = " UNION ALL ".join(
    f"SELECT {number}, count(*) FROM ({' '.join(text.split())}) AS rows_of_{number}"
    for number, text in enumerate(INVARIANTS.values())
)
assert len(_COUNTS) < 15 * 1024, len(_COUNTS)


async def find_violations(conn: Connection) -> dict[str, int]:
    """Return the number of violating rows of each violated invariant."""
    names = list(INVARIANTS)
    return {names[number]: count for number, count in await conn.fetch(_COUNTS) if count}
