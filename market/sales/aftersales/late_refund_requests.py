"""A refund that waits for a second person does not wait for ever: finance is told, then it lapses."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Database, Fen, Query
from market.kernel.failures import forget_failure, record_failure
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.notify.notifications import notify_account, notify_producer
from market.sales.orders.expire import CLOCK_ACTOR
from market.sales.orders.money.payment_problems import notify_finance
from market.sales.orders.money.refund_requests import ESCALATE_REFUND_REQUEST, LAPSE_REFUND_REQUEST, LapseReason
from market.sales.orders.transitions import lock_order_by_suborder
from payments.money import format_yuan
from payments.retries import RetryPolicy, run_listed

ESCALATE_AFTER = timedelta(days=3)
LAPSE_AFTER = timedelta(days=7)
MAX_LATE = 500
_JOB = "late_refund_request"
_RETRIES = RetryPolicy(first_delay=timedelta(minutes=10), max_delay=timedelta(hours=6))


class _LateRequest(Struct, frozen=True, kw_only=True):
    id: UUID
    suborder_id: UUID
    producer_id: UUID
    order_number: int
    amount_fen: Fen
    over: bool


LIST_LATE_REQUESTS = Query(
    _LateRequest,
    """
    SELECT q.id, q.suborder_id, producer_id, orders.number AS order_number, q.amount_fen,
           requested_at <= :lapse_before::timestamptz AS over
      FROM refund_requests q
      JOIN suborders ON suborders.id = q.suborder_id
      JOIN orders ON orders.id = order_id
     WHERE q.state = 'waiting' AND requested_at <= :escalate_before::timestamptz
       AND (escalated_at IS NULL OR requested_at <= :lapse_before::timestamptz)
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'late_refund_request' AND item = q.id AND next_at > clock_timestamp())
     ORDER BY q.id
     LIMIT :limit
    """,
)


async def end_late_refund_requests(db: Database, seal: Seal, *, now: datetime) -> int:
    """Tell finance of refunds that wait for three days, and lapse those that wait for seven; return how many.

    A lapsed one holds nothing of its line any more; buyer and seller are told, and the seller may request it again.
    Each has a transaction of its own; one that fails is tried again later.
    """

    async def list_due(most: int) -> list[_LateRequest]:
        async with db.connection() as conn:
            return await LIST_LATE_REQUESTS.all(
                conn, escalate_before=now - ESCALATE_AFTER, lapse_before=now - LAPSE_AFTER, limit=most
            )

    async def end(request: _LateRequest) -> int:
        async with db.transaction() as conn:
            order = await lock_order_by_suborder(conn, request.suborder_id)
            assert order is not None, "a request belongs to an order"
            detail: dict[str, object] = {"request": str(request.id), "amount_fen": request.amount_fen}
            facts = {"order": str(request.order_number), "amount": format_yuan(request.amount_fen)}
            if request.over:
                moved = await LAPSE_REFUND_REQUEST.maybe(
                    conn, request_id=request.id, reason=LapseReason.EXPIRED, now=now
                )
                if moved is not None:
                    facts |= {"days": str(LAPSE_AFTER.days)}
                    await notify_account(conn, seal, order.buyer_id, "refund_lapsed", facts, now=now)
                    await notify_producer(conn, seal, request.producer_id, "refund_lapsed_seller", facts, now=now)
            else:
                moved = await ESCALATE_REFUND_REQUEST.maybe(conn, request_id=request.id, now=now)
                if moved is not None:
                    await notify_finance(
                        conn, seal, order.id, "refund_waiting_finance", facts, suborder_id=request.suborder_id, now=now
                    )
            if moved is not None:
                await add_audit_entry(
                    conn, actor=CLOCK_ACTOR, action="refund.lapse" if request.over else "refund.escalate",
                    object=f"order:{request.order_number}", detail=detail, now=now,
                )  # fmt: skip
        await forget_failure(db, job=_JOB, item=request.id)
        return int(moved is not None)

    async def fail(request: _LateRequest, error: Exception) -> None:
        await record_failure(db, _RETRIES, job=_JOB, item=request.id, error=error)

    return await run_listed(list_due, end, fail, most=MAX_LATE)
