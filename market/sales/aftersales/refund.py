"""Partial refunds of a line, decided by the producer: for bad fruit, or by agreement; large ones by two people."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from market.kernel import BASIS_POINTS, Connection, Database, Fen, GatewayUnavailable, Query, divide_half_up
from market.kernel.clock import get_business_day
from market.kernel.idempotency import IdempotencyKeyReused
from market.kernel.seal import Seal
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import PHONE_CONTEXT
from market.people.notify.queue import queue_message
from market.sales.aftersales.models import (
    MAX_REQUESTS,
    SELLER_REFUND_WINDOW,
    InvalidRefundAmount,
    LineRefundReason,
    NotRefundable,
    TooLateToRefund,
    TooManyRefundRequests,
)
from market.sales.aftersales.refund_limit import needs_second_person
from market.sales.aftersales.ship import find_own_suborder
from market.sales.orders.catch_weight import CHARGED_FEN
from market.sales.orders.escrow import get_order_ref
from market.sales.orders.models import PaymentDisputed, SuborderState
from market.sales.orders.money.payment_problems import notify_finance
from market.sales.orders.money.refund import RefundAmountTooHigh, refund_suborder
from market.sales.orders.money.refund_requests import INSERT_REFUND_REQUEST, RefundRequestState
from market.sales.orders.transitions import LockedSuborder, lock_order_by_suborder
from payments import Gateway, ProviderMismatch, RefundId, has_open_dispute, send_refund
from payments.money import format_yuan


class LineRefund(Struct, frozen=True, kw_only=True):
    """The refund of a line, and the amount of the line that can still be refunded.

    `request_id` is None if it was refunded at once; otherwise a second person decides, and `request_state` is what came
    of it.
    """

    line_id: UUID
    amount_fen: Fen
    left_fen: Fen
    reason: LineRefundReason
    request_id: UUID | None = None
    request_state: RefundRequestState | None = None


class _OrderLineRow(Struct, frozen=True, kw_only=True):
    suborder_id: UUID
    amount_fen: Fen
    left_fen: Fen


class _PriorRefund(Struct, frozen=True):
    amount_fen: Fen
    reason: str
    request_id: UUID | None
    request_state: RefundRequestState | None


# What waits for a second person, and what an open return asks for, is not left.
GET_LINE = Query(
    _OrderLineRow,
    """
    SELECT suborder_id, """
    + CHARGED_FEN
    + """ AS amount_fen,
           amount_fen - refunded_fen
           - (SELECT coalesce(sum(q.amount_fen), 0) FROM refund_requests q
               WHERE q.line_id = order_lines.id AND q.state = 'waiting')::bigint
           - (SELECT coalesce(sum(r.amount_fen), 0) FROM goods_return_lines r
               WHERE r.line_id = order_lines.id AND r.state = 'open')::bigint AS left_fen
      FROM order_lines WHERE id = :line_id
    """,
)
FIND_PRIOR_REFUND = Query(
    _PriorRefund,
    """
    SELECT coalesce(q.amount_fen, r.amount_fen) AS amount_fen, coalesce(q.reason, r.reason) AS reason,
           q.id AS request_id, q.state AS request_state
      FROM (SELECT * FROM line_refunds WHERE line_id = :line_id AND key = :key) r
      FULL JOIN (SELECT * FROM refund_requests WHERE line_id = :line_id AND key = :key) q USING (line_id, key)
    """,
)
COUNT_REFUND_REQUESTS = Query(int, "SELECT count(*) FROM refund_requests WHERE suborder_id = :suborder_id")
LIST_SECOND_PERSON_PHONES = Query(
    bytes,
    """
    SELECT phone_sealed
      FROM producer_members JOIN accounts ON accounts.id = account_id
     WHERE producer_id = :producer_id AND valid_during @> :day::date AND phone_sealed IS NOT NULL
       AND accounts.closed_at IS NULL AND NOT is_same_person(account_id, :account_id)
       AND NOT EXISTS (SELECT FROM orders WHERE id = :order_id AND is_same_person(account_id, buyer_id))
     ORDER BY account_id
     LIMIT 3
    """,
)


async def refund_line(
    db: Database,
    gateway: Gateway,
    seal: Seal,
    actor: Actor,
    line_id: UUID,
    *,
    key: str,
    reason: LineRefundReason,
    amount_fen: int | None = None,
    share_bp: int | None = None,
    note: str = "",
    now: datetime,
) -> LineRefund:
    """Refund an amount of a line, or a share of its price; opens its own transactions.

    A refund above the county's limit (`needs_second_person`) is not executed: it is requested, its amount of the line
    is reserved, and who may consent is told; `decide_refund_request` decides. Idempotent by line and `key`. A share is
    rounded half up to the fen. Freight is not refunded. Before release the money comes from escrow, afterwards from the
    recorded payable and commission.

    Raises:
        InvalidRefundAmount: not exactly one of `amount_fen` and `share_bp` is given, or it is out of range.
        NotFound: the line does not belong to a producer that the actor works for.
        NotRefundable: the line was not paid, or its suborder was cancelled.
        TooLateToRefund: more than 90 days after receipt.
        RefundAmountTooHigh: the refund exceeds the remaining amount of the line.
        IdempotencyKeyReused: the key was used for another refund of the line.
        PaymentDisputed: a dispute over the order is open.
        TooManyRefundRequests: ten refunds of the parcel were requested, withdrawn ones included.
        RefundExceedsPayment, InsufficientBalance: the money is not available, because of a lost dispute or a payout.
    """
    async with db.transaction() as conn:
        result, refund_id = await _record_line_refund(
            conn,
            seal,
            actor,
            line_id,
            key=key,
            reason=reason,
            amount_fen=amount_fen,
            share_bp=share_bp,
            note=note,
            now=now,
        )
    if refund_id is not None:
        # If the provider does not answer, a job sends the refund later.
        with suppress(GatewayUnavailable, ProviderMismatch):
            await send_refund(db, gateway, refund_id, at=now)
    return result


async def _record_line_refund(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    line_id: UUID,
    *,
    key: str,
    reason: LineRefundReason,
    amount_fen: int | None,
    share_bp: int | None,
    note: str,
    now: datetime,
) -> tuple[LineRefund, RefundId | None]:
    # The prefix separates the producer's keys from internal ones: the key "cancelled" would block a cancellation.
    key = f"asked:{key}"
    unlocked = await GET_LINE.maybe(conn, line_id=line_id)
    order = None if unlocked is None else await lock_order_by_suborder(conn, unlocked.suborder_id)
    suborder = (
        None
        if unlocked is None or order is None
        else await find_own_suborder(conn, actor, order.id, unlocked.suborder_id)
    )
    line = await GET_LINE.maybe(conn, line_id=line_id)
    if suborder is None or line is None:
        raise NotFound
    amount = compute_refund_amount(line_fen=line.amount_fen, amount_fen=amount_fen, share_bp=share_bp)
    prior = await FIND_PRIOR_REFUND.maybe(conn, line_id=line_id, key=key)
    if prior is not None:
        if (prior.amount_fen, prior.reason) != (amount, reason):
            raise IdempotencyKeyReused
        return LineRefund(
            line_id=line_id, amount_fen=amount, left_fen=line.left_fen, reason=reason, request_id=prior.request_id,
            request_state=prior.request_state,
        ), None  # fmt: skip
    _check_refundable(suborder, now)
    if amount > line.left_fen:
        raise RefundAmountTooHigh(left_fen=line.left_fen)
    result = LineRefund(line_id=line_id, amount_fen=amount, left_fen=Fen(line.left_fen - amount), reason=reason)
    if await needs_second_person(conn, actor.account_id, suborder, amount, now=now):
        request_id = await _request_refund(conn, seal, actor, suborder, result, key=key, note=note, now=now)
        return replace(result, request_id=request_id, request_state=RefundRequestState.WAITING), None
    refunds = await refund_suborder(
        conn, suborder, goods_fen=amount, line_id=line_id, key=key, kind=describe_refund(suborder, reason),
        reason=reason, by=actor.account_id, note=note, now=now,
    )  # fmt: skip
    await _audit(conn, actor, "line.refund", suborder, result, now=now)
    return result, refunds[0].id if refunds else None


async def _request_refund(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    suborder: LockedSuborder,
    refund: LineRefund,
    *,
    key: str,
    note: str,
    now: datetime,
) -> UUID:
    """Store a refund that waits for a second person, and tell who may consent: other members, or else finance."""
    if await has_open_dispute(conn, get_order_ref(suborder.number)):
        raise PaymentDisputed
    if await COUNT_REFUND_REQUESTS.one(conn, suborder_id=suborder.id) >= MAX_REQUESTS:
        raise TooManyRefundRequests(limit=MAX_REQUESTS)
    request_id = await INSERT_REFUND_REQUEST.one(
        conn, suborder_id=suborder.id, line_id=refund.line_id, key=key, amount_fen=refund.amount_fen,
        reason=refund.reason, note=note, requested_by=actor.account_id, now=now,
    )  # fmt: skip
    await _audit(conn, actor, "refund.request", suborder, refund, now=now)
    facts = {"order": str(suborder.number), "amount": format_yuan(refund.amount_fen)}
    phones = await LIST_SECOND_PERSON_PHONES.all(
        conn,
        producer_id=suborder.producer_id,
        order_id=suborder.order_id,
        account_id=actor.account_id,
        day=get_business_day(now),
    )
    for sealed in phones:
        phone = seal.open(sealed, PHONE_CONTEXT)
        await queue_message(conn, seal, phone=phone, template="refund_waiting_seller", facts=facts, now=now)
    if not phones:
        await notify_finance(
            conn, seal, suborder.order_id, "refund_waiting_finance", facts, suborder_id=suborder.id, now=now
        )
    return request_id


async def _audit(
    conn: Connection, actor: Actor, action: str, suborder: LockedSuborder, refund: LineRefund, *, now: datetime
) -> None:
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action=action,
        object=f"order:{suborder.number}",
        detail={"line": str(refund.line_id), "amount_fen": refund.amount_fen, "reason": refund.reason},
        now=now,
    )


def describe_refund(suborder: LockedSuborder, reason: LineRefundReason) -> str:
    """Return the kind under which the ledger books a refund."""
    return name_refund(suborder, "bad fruit refund" if reason is LineRefundReason.BAD_FRUIT else "agreed refund")


def name_refund(suborder: LockedSuborder, kind: str) -> str:
    """Return the kind with whether the escrow was released before."""
    return f"{kind} {'before release' if suborder.payable_fen is None else 'after release'}"


def compute_refund_amount(*, line_fen: Fen, amount_fen: int | None, share_bp: int | None) -> Fen:
    """Return the amount to refund: the given amount, or the share of the line rounded half up.

    Raises:
        InvalidRefundAmount: not exactly one is given, or the amount is not positive.
    """
    if amount_fen is not None and share_bp is None and amount_fen > 0:
        return Fen(amount_fen)
    if share_bp is not None and amount_fen is None and 0 < share_bp <= BASIS_POINTS:
        amount = divide_half_up(line_fen * share_bp, BASIS_POINTS)
        if amount > 0:
            return Fen(amount)
    raise InvalidRefundAmount


def _check_refundable(suborder: LockedSuborder, now: datetime) -> None:
    if suborder.state not in {SuborderState.PAID, SuborderState.SHIPPED, SuborderState.RECEIVED}:
        raise NotRefundable
    if suborder.received_at is not None and suborder.received_at + SELLER_REFUND_WINDOW < now:
        raise TooLateToRefund(days=SELLER_REFUND_WINDOW // timedelta(days=1))
