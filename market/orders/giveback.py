"""Giving part of a suborder's money back: before release from escrow, after it from the recorded parts."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.identity import Actor
from market.kernel import Connection, Fen, Query, Refusal, split
from market.orders.accounts import COMMISSION, PROMOTION, escrow_of, order_ref, payable_of
from market.orders.move import SuborderRow
from payments import PaymentState, Refund, payments_of, request_refund

NOTHING = Fen(0)


class LineLeft(Struct, frozen=True):
    """What is left of a line after its refunds."""

    id: UUID
    left_fen: Fen


LINES_LEFT = Query(
    LineLeft,
    """
    SELECT id, amount_fen - refunded_fen AS left_fen
      FROM order_lines WHERE suborder_id = :suborder_id ORDER BY position FOR NO KEY UPDATE
    """,
)
ADD_LINE_REFUNDS = Query(
    None,
    """
    WITH given AS (
        SELECT * FROM unnest(:line_ids::uuid[], :amounts::bigint[]) AS given (line_id, fen) WHERE fen > 0
    ), listed AS (
        INSERT INTO line_refunds (line_id, key, amount_fen, reason, asked_by, note, at)
        SELECT line_id, :key, fen, :reason, :asked_by, :note, :now FROM given
    )
    UPDATE order_lines SET refunded_fen = refunded_fen + fen FROM given WHERE order_lines.id = given.line_id
    """,
)
ADD_REFUND = Query(
    None,
    """
    UPDATE suborders
       SET refunded_fen = refunded_fen + :buyer_fen, payable_fen = payable_fen - :payable_fen,
           commission_fen = commission_fen - :commission_fen
     WHERE id = :suborder_id
    """,
)


class MoreThanLeft(Refusal):
    """More would go back than is left of the line."""

    code = "more_than_left"
    status = 422
    zh = "最多还能退 {left_fen} 分。"
    en = "At most {left_fen} fen of it can still be given back."


async def give_back(
    conn: Connection,
    suborder: SuborderRow,
    *,
    goods_fen: Fen,
    freight_fen: Fen = NOTHING,
    line_id: UUID | None = None,
    key: str,
    kind: str,
    reason: str,
    by: Actor,
    note: str = "",
    now: datetime,
) -> Refund | None:
    """Give `goods_fen` of a suborder's goods back, of one line or of all, and `freight_fen` of its freight.

    The caller has locked the order. What goes back is shared by what was paid in: the buyer's part goes to the buyer,
    the discount's part to the platform. Before release it comes from escrow, after it from the recorded payable and
    commission by what is left of them; all splits by largest remainder. Several lines bear it by what is left of each.
    Returns None where nothing goes back to the buyer.

    Raises:
        MoreThanLeft: the line has less left.
        OverRefund, BelowFloor: the money is not there, because of a dispute or a payout.
    """
    lines = [each for each in await LINES_LEFT.all(conn, suborder_id=suborder.id) if line_id in {None, each.id}]
    left = sum(each.left_fen for each in lines)
    if goods_fen > left:
        raise MoreThanLeft(left_fen=left)
    amounts = split(goods_fen, [each.left_fen for each in lines])
    paid_in = [suborder.goods_fen - suborder.discount_fen, suborder.discount_fen]
    buyer_goods, platform = split(goods_fen, paid_in)
    payable, commission = 0, 0
    legs: list[tuple[str, int]] = [(PROMOTION, platform)]
    if suborder.payable_fen is None or suborder.commission_fen is None:
        legs.insert(0, (escrow_of(suborder.number, suborder.position), -(goods_fen + freight_fen)))
    else:
        payable, commission = split(goods_fen, [suborder.payable_fen, suborder.commission_fen])
        legs = [(payable_of(suborder.producer_number), -payable), (COMMISSION, -commission), *legs]
    buyer_fen = buyer_goods + freight_fen
    await ADD_LINE_REFUNDS.run(
        conn,
        line_ids=[each.id for each in lines],
        amounts=amounts,
        key=key,
        reason=reason,
        asked_by=by.account_id,
        note=note,
        now=now,
    )
    await ADD_REFUND.run(
        conn, suborder_id=suborder.id, buyer_fen=buyer_fen, payable_fen=payable, commission_fen=commission
    )
    if buyer_fen == 0:
        return None
    paid = [each for each in await payments_of(conn, order_ref(suborder.number)) if each.state is PaymentState.CAPTURED]
    assert len(paid) == 1, "a paid order has one captured payment"  # noqa: S101
    return await request_refund(
        conn,
        paid[0].id,
        amount_minor=buyer_fen,
        key=f"{suborder.id}:{line_id or 'all'}:{key}",
        legs=[leg for leg in legs if leg[1]],
        kind=kind,
        at=now,
    )
