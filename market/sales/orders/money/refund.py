"""Refunds of a suborder: from escrow before release, afterwards from the producer and the commission."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query, Refusal, split
from market.sales.orders.escrow import compute_refund_share, divide_legs, get_order_ref, get_suborder_ref, refund_legs
from market.sales.orders.models import PaymentDisputed
from market.sales.orders.pay import CURRENCY
from market.sales.orders.transitions import LockedSuborder
from payments import (
    Amount,
    Payment,
    Purpose,
    Refund,
    RefundExceedsPayment,
    has_open_dispute,
    list_captured_payments,
    post,
    request_refund,
)

ZERO = Fen(0)
ORDER_OVER = "refunded: the order was over"
"""The kind of the refund of a payment whose order had ended: the order's suborders do not record it."""
DISCOUNT_PREFIX = "discount"
"""How the keys begin under which the market posts what goes back to the platform alone."""


class RefundableLine(Struct, frozen=True, kw_only=True):
    """A line and the amount that can still be refunded, and what was refunded of all lines of its suborder."""

    id: UUID
    left_fen: Fen
    refunded_goods_fen: Fen


LIST_REFUNDABLE_LINES = Query(
    RefundableLine,
    """
    SELECT id, amount_fen - refunded_fen AS left_fen,
           (SELECT sum(refunded_fen) FROM order_lines WHERE suborder_id = :suborder_id)::bigint AS refunded_goods_fen
      FROM order_lines
     WHERE suborder_id = :suborder_id AND id = coalesce(:line_id, id)
     ORDER BY position
    """,
)
RECORD_REFUND = Query(
    None,
    """
    SELECT record_refund(:suborder_id::uuid, :line_ids::uuid[], :amounts::bigint[], :buyer_fen::bigint,
                         :payable_fen::bigint, :commission_fen::bigint, :key::text, :reason::text,
                         :requested_by::uuid, :note::text, :now::timestamptz)
    """,
)


class RefundAmountTooHigh(Refusal):
    """The refund exceeds the remaining amount of the line."""

    code = "more_than_left"
    status = 422
    zh = "最多还能退 {left_fen} 分。"
    en = "At most {left_fen} fen can still be refunded."


async def refund_suborder(
    conn: Connection,
    suborder: LockedSuborder,
    *,
    goods_fen: Fen,
    freight_fen: Fen = ZERO,
    line_id: UUID | None = None,
    key: str,
    kind: str,
    reason: str,
    by: UUID,
    note: str = "",
    now: datetime,
) -> list[Refund]:
    """Refund `goods_fen` of a suborder's goods, from one line or all of them, and `freight_fen` of its freight.

    The caller has locked the order. `compute_refund_share` divides the refund between the buyer and the platform; it is
    spread over the lines in proportion to what is left of each. `by` is the account that asked for it. Returns the
    refunds: none if the buyer's part is 0, because a discount paid all of it; two if it comes from the balance and the
    deposit.

    Raises:
        PaymentDisputed: a dispute over the order is open.
        RefundAmountTooHigh: the refund exceeds the remaining amount of the lines.
        RefundExceedsPayment, InsufficientBalance: the money is not available, because of a lost dispute or a payout.
    """
    if await has_open_dispute(conn, get_order_ref(suborder.number)):
        raise PaymentDisputed
    lines = await LIST_REFUNDABLE_LINES.all(conn, suborder_id=suborder.id, line_id=line_id)
    left = sum(each.left_fen for each in lines)
    if goods_fen > left:
        raise RefundAmountTooHigh(left_fen=left)
    _require_released(suborder, goods_fen)
    before = next((each.refunded_goods_fen for each in lines), ZERO)
    share = compute_refund_share(suborder, goods_fen=goods_fen, freight_fen=freight_fen, refunded_goods_fen=before)
    await RECORD_REFUND.run(
        conn, suborder_id=suborder.id, line_ids=[each.id for each in lines],
        amounts=split(goods_fen, [each.left_fen for each in lines]), buyer_fen=share.buyer_fen,
        payable_fen=share.payable_fen or 0, commission_fen=share.commission_fen or 0, key=key, reason=reason,
        requested_by=by, note=note, now=now,
    )  # fmt: skip
    legs = refund_legs(
        order_number=suborder.number, position=suborder.position, producer_number=suborder.producer_number, share=share
    )
    if share.buyer_fen == 0:
        if legs:
            key = f"{DISCOUNT_PREFIX}:{get_suborder_ref(suborder.number, suborder.position)}:{before}"
            await post(conn, key=key, kind=kind, order=get_order_ref(suborder.number), legs=legs, at=now)
        return []
    payments = await _list_captured_payments(conn, suborder)
    amounts = _share_among(payments, share.buyer_fen)
    key = f"{suborder.id}:{line_id or 'all'}:{key}"
    return [
        await request_refund(
            conn, payment.id, amount_minor=amount, legs=part, kind=kind, at=now,
            key=key if payment.purpose is Purpose.FULL else f"{key}:{payment.purpose}",
        )
        for payment, amount, part in zip(payments, amounts, divide_legs(legs, amounts), strict=True)
        if amount
    ]  # fmt: skip


def _require_released(suborder: LockedSuborder, goods_fen: Fen) -> None:
    """Require that of the goods at least `goods_fen` was released and is left: not so after a dispute was lost."""
    if suborder.payable_fen is None or suborder.commission_fen is None:
        return
    left = suborder.payable_fen + suborder.commission_fen
    if goods_fen > left:
        raise RefundExceedsPayment(refundable=Amount(left, CURRENCY))


async def _list_captured_payments(conn: Connection, suborder: LockedSuborder) -> list[Payment]:
    captured = await list_captured_payments(conn, get_order_ref(suborder.number))
    assert len({each.purpose for each in captured}) == len(captured) > 0, "each part of an order is paid once"
    return captured


def _share_among(payments: Sequence[Payment], amount: Fen) -> list[Fen]:
    """Return what each payment gives back: the latest first, and of each at most what is left of it.

    What exceeds them all is asked of the earliest, which refuses it.
    """
    shares: list[Fen] = []
    left: int = amount
    for payment in payments:
        share = min(left, payment.captured_minor - payment.refunded_minor - payment.disputed_minor)
        shares.append(Fen(share))
        left -= share
    shares[-1] = Fen(shares[-1] + left)
    return shares
