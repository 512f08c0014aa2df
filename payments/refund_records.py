"""Booking the provider's state of refunds: the state, the ledger and the event, in one transaction.

Every function expects the payment's row to be locked. A refund whose money a lost dispute took ends: its payer has it.
"""

from datetime import datetime, timedelta

from msgspec import Struct

from payments.errors import ProviderMismatch
from payments.ledger.journal import get_balance, list_legs, post
from payments.models import REFUND_TRANSITIONS, Payment, Refund, RefundState
from payments.money import split
from payments.outbox import publish_event
from payments.port import RefundReport
from payments.records import get_clearing_account, get_refund_account
from payments.sql import Connection, Query

MAX_REFUND_RETRIES = 5
"""How often a failed refund is sent again automatically."""
MAX_PENDING = timedelta(days=7)
"""How long a refund may be pending at the provider; then a person looks at it, and reconciliation expects its money."""

REFUND_COLUMNS = (
    "id, payment_id, key, kind, amount_minor, state, provider_ref, reason, attempt, requested_at, succeeded_at"
)


class _LostMoney(Struct, frozen=True):
    code: str
    minor: int


LOCK_REFUNDS = Query(
    Refund,
    "SELECT " + REFUND_COLUMNS + " FROM {schema}.refunds WHERE payment_id = :payment_id ORDER BY id FOR NO KEY UPDATE",
)
# A failed refund is due again after 10 min, 40 min, 2 h 40 min, 11 h and 43 h; afterwards a person decides.
UPDATE_REFUND_STATE = Query(
    Refund,
    """
    UPDATE {schema}.refunds
       SET state = :state, provider_ref = coalesce(nullif(:ref, ''), provider_ref), reason = coalesce(:reason, reason),
           succeeded_at = CASE WHEN :state = 'succeeded' THEN :at::timestamptz END,
           pending_since = CASE WHEN :state = 'pending' THEN clock_timestamp() END,
           retry_at = CASE WHEN :state = 'failed' AND attempt <= :max_retries
                           THEN clock_timestamp() + interval '10 minutes' * (4 ^ (attempt - 1)) END
     WHERE id = :refund_id AND state = ANY(:before::text[])
    RETURNING """
    + REFUND_COLUMNS,
)
# While a refund is pending, the provider is asked after 5 minutes, and then ever later, at least every 6 hours.
NEXT_REFUND_POLL = """
    (SELECT min(clock_timestamp() + least(greatest(clock_timestamp() - pending_since, interval '5 minutes'),
                                          interval '6 hours'))
       FROM {schema}.refunds WHERE payment_id = payments.id AND refunds.state = 'pending')
"""
SCHEDULE_REFUND_POLL = Query(
    None, "UPDATE {schema}.payments SET poll_at = " + NEXT_REFUND_POLL + " WHERE id = :payment_id"
)
# What lost disputes gave the payer of a failed refund: together they take at most what was captured. An earlier failed
# refund is covered first; what was booked as covered before is what neither came from clearing nor left it.
COVERED_MINOR = """
    least(refunds.amount_minor, greatest(0, refunded_minor - captured_minor
          + (SELECT coalesce(sum(amount_minor), 0)
               FROM {schema}.disputes WHERE payment_id = payments.id AND state = 'lost')
          - (SELECT coalesce(sum(amount_minor), 0)
               FROM {schema}.refunds AS earlier
              WHERE payment_id = payments.id AND state = 'failed' AND earlier.id < refunds.id)
          - (SELECT coalesce(sum(postings.amount_minor), 0)
               FROM {schema}.refunds AS ended
               JOIN {schema}.transaction_keys ON transaction_keys.key = 'refunded:' || ended.id || ':' || attempt
               JOIN {schema}.postings USING (transaction_id)
               JOIN {schema}.accounts ON accounts.id = account_id
              WHERE payment_id = payments.id AND state = 'succeeded'
                AND accounts.kind NOT IN ('refund', 'clearing'))))::bigint"""
GET_COVERED_AMOUNT = Query(
    int,
    "SELECT "
    + COVERED_MINOR
    + """
      FROM {schema}.refunds JOIN {schema}.payments ON payments.id = payment_id
     WHERE refunds.id = :refund_id AND refunds.state = 'failed'
    """,
)
# One that is covered in part is not sent again: the provider would pay all of it.
END_COVERED_REFUNDS = Query(
    Refund,
    """
    WITH covered AS (
        SELECT refunds.id AS refund_id, """
    + COVERED_MINOR
    + """ AS minor
          FROM {schema}.refunds JOIN {schema}.payments ON payments.id = payment_id
         WHERE payment_id = :payment_id AND refunds.state = 'failed'
    ), written AS (
        UPDATE {schema}.refunds
           SET state = CASE WHEN minor = amount_minor THEN 'succeeded' ELSE state END, retry_at = NULL,
               attempt = attempt + CASE WHEN minor = amount_minor THEN 1 ELSE 0 END,
               succeeded_at = CASE WHEN minor = amount_minor THEN :at::timestamptz END
          FROM covered
         WHERE id = refund_id AND minor > 0
        RETURNING """
    + REFUND_COLUMNS
    + """
    )
    SELECT """
    + REFUND_COLUMNS
    + """
      FROM written WHERE state = 'succeeded' ORDER BY id
    """,
)
DISPUTE_KEYS = """
    ARRAY['disputed:' || disputes.provider_ref] || ARRAY(
        SELECT 'dispute-changed:' || disputes.provider_ref || ':' || n FROM generate_series(1, disputes.changes) AS n)
"""
"""The keys of the transactions that took the money of a dispute: when it opened, and when its amount changed."""
# What the lost disputes over a payment took from the order's accounts.
LIST_LOST = Query(
    _LostMoney,
    """
    SELECT code, -sum(postings.amount_minor)::bigint AS minor
      FROM {schema}.disputes
      JOIN {schema}.transaction_keys ON key = ANY("""
    + DISPUTE_KEYS
    + """)
      JOIN {schema}.postings USING (transaction_id)
      JOIN {schema}.accounts ON accounts.id = account_id
     WHERE payment_id = :payment_id AND state = 'lost'
       AND accounts.kind IN ('escrow', 'payable', 'freight', 'commission')
     GROUP BY code
    HAVING sum(postings.amount_minor) < 0
     ORDER BY code
    """,
)


async def book_refund(conn: Connection, payment: Payment, refund: Refund, report: RefundReport, at: datetime) -> Refund:
    """Book the provider's state of a refund of a locked payment, and return the refund.

    The money of a failed refund stays in the order's refund account until it is sent again or transferred by hand, or
    a lost dispute covers it. If the provider says later that it made it, it is asked once more before that is booked.

    Raises:
        ProviderMismatch: the amount or currency differs from the refund's; nothing was written.
    """
    if (report.amount.minor, report.amount.currency) != (refund.amount_minor, payment.currency):
        raise ProviderMismatch(f"{report.ref} of {report.amount} for refund {refund.id} of {refund.amount_minor}")
    state = report.state
    if refund.state is RefundState.FAILED and state is RefundState.SUCCEEDED:
        state = RefundState.PENDING
    if state not in REFUND_TRANSITIONS[refund.state] or state is RefundState.REQUESTED:
        return refund
    return_key = f"refund-returned:{refund.id}:{refund.attempt}"
    if refund.state is RefundState.FAILED and await list_legs(conn, return_key):
        # It arrived and came back: what says otherwise is older.
        return refund
    updated = await UPDATE_REFUND_STATE.one(
        conn,
        refund_id=refund.id,
        state=state,
        before=[refund.state],
        ref=report.ref,
        reason=report.reason,
        at=at,
        max_retries=MAX_REFUND_RETRIES,
    )
    if RefundState.PENDING in {refund.state, state}:
        await SCHEDULE_REFUND_POLL.run(conn, payment_id=payment.id)
    if state is RefundState.SUCCEEDED:
        await record_refund(conn, payment, updated, at=at, account=get_clearing_account(payment))
    elif state is RefundState.FAILED:
        if refund.state is RefundState.SUCCEEDED:
            legs = [
                (get_clearing_account(payment), -refund.amount_minor),
                (get_refund_account(payment), refund.amount_minor),
            ]
            key, kind = return_key, "refund returned"
            await post(conn, key=key, kind=kind, order=payment.order_ref, legs=legs, currency=payment.currency, at=at)
        for ended in await end_covered_refunds(conn, payment, at):
            if ended.id == refund.id:
                return ended
        await publish_event(conn, "refund.failed", order=payment.order_ref, facts=_build_refund_facts(updated), at=at)
    return updated


async def record_refund(
    conn: Connection, payment: Payment, refund: Refund, *, at: datetime, account: str, covered_minor: int = 0
) -> None:
    """Book a refund as paid from `account`, less what lost disputes cover of it, and publish the event."""
    await _post_refund(conn, payment, refund, at=at, account=account, covered_minor=covered_minor)
    await publish_event(conn, "refund.succeeded", order=payment.order_ref, facts=_build_refund_facts(refund), at=at)


async def end_covered_refunds(conn: Connection, payment: Payment, at: datetime) -> list[Refund]:
    """End the failed refunds of a locked payment that lost disputes cover, and return them: the payer has that money.

    One that they cover in part is no longer sent again.
    """
    ended = await END_COVERED_REFUNDS.all(conn, payment_id=payment.id, at=at)
    for refund in ended:
        account = get_clearing_account(payment)
        await _post_refund(conn, payment, refund, at=at, account=account, covered_minor=refund.amount_minor)
    return ended


async def _post_refund(
    conn: Connection, payment: Payment, refund: Refund, *, at: datetime, account: str, covered_minor: int
) -> None:
    """Post that a refund left; what is covered repays the dispute's advance, and then whom the dispute took from."""
    legs = [(get_refund_account(payment), -refund.amount_minor), (account, refund.amount_minor - covered_minor)]
    if covered_minor:
        advance = f"advance:{payment.order_ref}"
        lost = await LIST_LOST.all(conn, payment_id=payment.id)
        owed = max(0, -await get_balance(conn, advance, payment.currency)) if lost else covered_minor
        advanced = min(covered_minor, owed)
        returned = split(covered_minor - advanced, [each.minor for each in lost])
        legs += [(advance, advanced), *((each.code, minor) for each, minor in zip(lost, returned, strict=True))]
    await post(
        conn,
        key=f"refunded:{refund.id}:{refund.attempt}",
        kind="refund covered by a dispute" if covered_minor == refund.amount_minor else "refund settled",
        order=payment.order_ref,
        legs=legs,
        currency=payment.currency,
        at=at,
    )


def _build_refund_facts(refund: Refund) -> dict[str, str | int | None]:
    return {
        "refund": str(refund.id),
        "payment": str(refund.payment_id),
        "key": refund.key,
        "kind": refund.kind,
        "minor": refund.amount_minor,
        "reason": refund.reason,
        "attempt": refund.attempt,
        "retries_left": max(0, MAX_REFUND_RETRIES + 1 - refund.attempt),
    }


async def book_refunds(conn: Connection, payment: Payment, reports: list[RefundReport], at: datetime) -> None:
    """Book the provider's state of each refund of a locked payment.

    A refund that this library did not create is left to reconciliation, which reports it as `missing_here`.
    """
    if not reports:
        return
    ours = {(refund.id, refund.attempt): refund for refund in await LOCK_REFUNDS.all(conn, payment_id=payment.id)}
    for report in reports:
        refund = None if report.refund_id is None else ours.get((report.refund_id, report.attempt))
        if refund is not None:
            await book_refund(conn, payment, refund, report, at)
