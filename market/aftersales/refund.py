"""Giving back part of a line: bad fruit is made good, anything else by agreement; the producer's people decide."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.aftersales.models import (
    AGREED_WITHIN,
    BAD_FRUIT_WITHIN,
    NotRefundable,
    OtherRefundUnderKey,
    RefundWrong,
    TooLateToRefund,
    Why,
)
from market.aftersales.ship import own_suborder
from market.audit import record
from market.identity import Actor, NotFound
from market.kernel import BASIS, Connection, Database, Fen, GatewayUnavailable, Query, ratio_half_up
from market.orders import MoreThanLeft, give_back
from market.orders.models import SuborderState
from market.orders.move import SuborderRow, lock_order_of
from payments import Gateway, ProviderDisagrees, RefundId, send_refund


class LineRefund(Struct, frozen=True):
    """What went back of a line, and what is left of it."""

    line_id: UUID
    amount_fen: Fen
    left_fen: Fen
    reason: Why


class _LineRow(Struct, frozen=True):
    suborder_id: UUID
    amount_fen: Fen
    refunded_fen: Fen


class _Known(Struct, frozen=True):
    amount_fen: Fen
    reason: str


LINE = Query(_LineRow, "SELECT suborder_id, amount_fen, refunded_fen FROM order_lines WHERE id = :line_id")
KNOWN = Query(_Known, "SELECT amount_fen, reason FROM line_refunds WHERE line_id = :line_id AND key = :key")


async def refund_line(
    db: Database,
    gateway: Gateway,
    actor: Actor,
    line_id: UUID,
    *,
    key: str,
    reason: Why,
    amount_fen: int | None = None,
    share_bp: int | None = None,
    note: str = "",
    now: datetime,
) -> LineRefund:
    """Give back a sum of a line, or a share of what it was ordered for; opens its own transactions.

    Idempotent by line and `key`. A share is rounded half up to the fen. Freight stays. Before release the money comes
    from what is held, after it from the producer's part and the commission as they were recorded.

    Raises:
        RefundWrong: how much goes back is not said, or said twice.
        NotFound: the line is not of a producer that the actor works for.
        NotRefundable: it was never paid for, or was cancelled.
        TooLateToRefund: bad fruit more than 48 hours, anything more than 90 days after receipt.
        MoreThanLeft: less is left of the line.
        OtherRefundUnderKey: the key was used for another refund of the line.
        OverRefund, BelowFloor: the money is not there, because of a dispute or a payout.
    """
    async with db.transaction() as conn:
        answer, refund_id = await _refund(
            conn, actor, line_id, key=key, reason=reason, amount_fen=amount_fen, share_bp=share_bp, note=note, now=now
        )
    if refund_id is not None:
        # Where the provider does not answer now, finish_operations sends it later.
        with suppress(GatewayUnavailable, ProviderDisagrees):
            await send_refund(db, gateway, refund_id, at=now)
    return answer


async def _refund(
    conn: Connection,
    actor: Actor,
    line_id: UUID,
    *,
    key: str,
    reason: Why,
    amount_fen: int | None,
    share_bp: int | None,
    note: str,
    now: datetime,
) -> tuple[LineRefund, RefundId | None]:
    # Keys that a producer chooses stand apart from ours: one called "cancelled" would bar the buyer's cancellation.
    key = f"asked:{key}"
    found = await LINE.maybe(conn, line_id=line_id)
    order = None if found is None else await lock_order_of(conn, found.suborder_id)
    suborder = None if found is None or order is None else await own_suborder(conn, actor, order.id, found.suborder_id)
    line = await LINE.maybe(conn, line_id=line_id)
    if suborder is None or line is None:
        raise NotFound
    amount = refund_amount(line.amount_fen, amount_fen=amount_fen, share_bp=share_bp)
    known = await KNOWN.maybe(conn, line_id=line_id, key=key)
    if known is not None:
        if (known.amount_fen, known.reason) != (amount, reason):
            raise OtherRefundUnderKey
        return LineRefund(line_id, amount, Fen(line.amount_fen - line.refunded_fen), reason), None
    _check_time(suborder, reason, now)
    left = Fen(line.amount_fen - line.refunded_fen)
    if amount > left:
        raise MoreThanLeft(left_fen=left)
    kind = "bad fruit refund" if reason is Why.BAD_FRUIT else "agreed refund"
    when = "before release" if suborder.payable_fen is None else "after release"
    refund = await give_back(
        conn,
        suborder,
        goods_fen=amount,
        line_id=line_id,
        key=key,
        kind=f"{kind} {when}",
        reason=reason,
        by=actor,
        note=note,
        now=now,
    )
    await record(
        conn,
        actor=str(actor.account_id),
        action="line.refund",
        object=f"order:{suborder.number}",
        detail={"line": str(line_id), "amount_fen": amount, "reason": reason},
        now=now,
    )
    return LineRefund(line_id, amount, Fen(left - amount), reason), None if refund is None else refund.id


def refund_amount(line_fen: Fen, *, amount_fen: int | None, share_bp: int | None) -> Fen:
    """Return how much goes back of a line: the sum given, or the share of it rounded half up.

    Raises:
        RefundWrong: neither or both are given, or one is not above zero.
    """
    if amount_fen is not None and share_bp is None and amount_fen > 0:
        return Fen(amount_fen)
    if share_bp is not None and amount_fen is None and 0 < share_bp <= BASIS:
        amount = ratio_half_up(line_fen, share_bp, BASIS)
        if amount > 0:
            return Fen(amount)
    raise RefundWrong


def _check_time(suborder: SuborderRow, reason: Why, now: datetime) -> None:
    if suborder.state not in {SuborderState.PAID, SuborderState.SHIPPED, SuborderState.RECEIVED}:
        raise NotRefundable
    within = BAD_FRUIT_WITHIN if reason is Why.BAD_FRUIT else AGREED_WITHIN
    if suborder.received_at is not None and suborder.received_at + within < now:
        raise TooLateToRefund(hours=within // timedelta(hours=1))
