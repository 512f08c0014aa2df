"""Partial refunds of a line, decided by the producer: for bad fruit, or by agreement."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.aftersales.models import (
    AGREED_REFUND_WINDOW,
    BAD_FRUIT_WINDOW,
    InvalidRefundAmount,
    LineRefundReason,
    NotRefundable,
    TooLateToRefund,
)
from market.aftersales.ship import find_own_suborder
from market.audit.record import add_audit_entry
from market.identity.models import Actor, NotFound
from market.kernel import BASIS_POINTS, Connection, Database, Fen, GatewayUnavailable, Query, divide_half_up
from market.kernel.idempotency import IdempotencyKeyReused
from market.orders.models import SuborderState
from market.orders.refund import RefundAmountTooHigh, refund_suborder
from market.orders.transitions import LockedSuborder, lock_order_by_suborder
from payments import Gateway, ProviderMismatch, RefundId, send_refund


class LineRefund(Struct, frozen=True, kw_only=True):
    """The refund of a line, and the remaining amount of the line."""

    line_id: UUID
    amount_fen: Fen
    left_fen: Fen
    reason: LineRefundReason


class _OrderLineRow(Struct, frozen=True, kw_only=True):
    suborder_id: UUID
    amount_fen: Fen
    refunded_fen: Fen


class _PriorRefund(Struct, frozen=True):
    amount_fen: Fen
    reason: str


GET_LINE = Query(_OrderLineRow, "SELECT suborder_id, amount_fen, refunded_fen FROM order_lines WHERE id = :line_id")
FIND_PRIOR_REFUND = Query(
    _PriorRefund, "SELECT amount_fen, reason FROM line_refunds WHERE line_id = :line_id AND key = :key"
)


async def refund_line(
    db: Database,
    gateway: Gateway,
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

    Idempotent by line and `key`. A share is rounded half up to the fen. Freight is not refunded. Before release the
    money comes from escrow, afterwards from the recorded payable and commission.

    Raises:
        InvalidRefundAmount: not exactly one of `amount_fen` and `share_bp` is given, or it is out of range.
        NotFound: the line does not belong to a producer that the actor works for.
        NotRefundable: the line was not paid, or its suborder was cancelled.
        TooLateToRefund: more than 48 hours after receipt for bad fruit, or 90 days otherwise.
        RefundAmountTooHigh: the refund exceeds the remaining amount of the line.
        IdempotencyKeyReused: the key was used for another refund of the line.
        PaymentDisputed: a dispute over the order is open.
        RefundExceedsPayment, InsufficientBalance: the money is not available, because of a lost dispute or a payout.
    """
    async with db.transaction() as conn:
        result, refund_id = await _record_line_refund(
            conn, actor, line_id, key=key, reason=reason, amount_fen=amount_fen, share_bp=share_bp, note=note, now=now
        )
    if refund_id is not None:
        # If the provider does not answer, a job sends the refund later.
        with suppress(GatewayUnavailable, ProviderMismatch):
            await send_refund(db, gateway, refund_id, at=now)
    return result


async def _record_line_refund(
    conn: Connection,
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
            line_id=line_id, amount_fen=amount, left_fen=Fen(line.amount_fen - line.refunded_fen), reason=reason
        ), None
    _check_refundable(suborder, reason, now)
    left = Fen(line.amount_fen - line.refunded_fen)
    if amount > left:
        raise RefundAmountTooHigh(left_fen=left)
    refund = await refund_suborder(
        conn,
        suborder,
        goods_fen=amount,
        line_id=line_id,
        key=key,
        kind=_describe_refund(suborder, reason),
        reason=reason,
        by=actor,
        note=note,
        now=now,
    )
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="line.refund",
        object=f"order:{suborder.number}",
        detail={"line": str(line_id), "amount_fen": amount, "reason": reason},
        now=now,
    )
    return LineRefund(
        line_id=line_id, amount_fen=amount, left_fen=Fen(left - amount), reason=reason
    ), None if refund is None else refund.id


def _describe_refund(suborder: LockedSuborder, reason: LineRefundReason) -> str:
    """Return the kind under which the ledger books a refund."""
    kind = "bad fruit refund" if reason is LineRefundReason.BAD_FRUIT else "agreed refund"
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


def _check_refundable(suborder: LockedSuborder, reason: LineRefundReason, now: datetime) -> None:
    if suborder.state not in {SuborderState.PAID, SuborderState.SHIPPED, SuborderState.RECEIVED}:
        raise NotRefundable
    within = BAD_FRUIT_WINDOW if reason is LineRefundReason.BAD_FRUIT else AGREED_REFUND_WINDOW
    if suborder.received_at is not None and suborder.received_at + within < now:
        raise TooLateToRefund(hours=within // timedelta(hours=1))
