"""From escrow to what is owed: goods to the producer less the commission, and the freight."""

from datetime import datetime

from market.kernel import Connection, Fen, Query, rate_down
from market.orders.accounts import COMMISSION, escrow_of, freight_account_of, order_ref, part_of, payable_of
from market.orders.move import SuborderRow
from payments import balance, post

RECORD_PARTS = Query(
    None,
    """
    UPDATE suborders SET released_at = :now, payable_fen = :payable_fen, commission_fen = :commission_fen
     WHERE id = :suborder_id AND released_at IS NULL
    """,
)


async def release(conn: Connection, suborder: SuborderRow, *, now: datetime) -> Fen:
    """Book what a suborder still holds as owed to its producer, once; return what the producer gains by it.

    The commission is the rate frozen at checkout on the goods that are left after refunds, rounded down, so that the
    producer gains; what was taken as freight is all the producer's. The parts are recorded for later refunds. The
    caller has locked the order and moved the suborder to its end.

    Source: the golden story, shop.md: commission is on goods without freight, rounded down, after refunds.
    """
    escrow = escrow_of(suborder.number, suborder.position)
    held = await balance(conn, escrow)
    goods = min(suborder.goods_left_fen, held)
    commission = rate_down(goods, suborder.commission_bp)
    freight = held - goods
    await RECORD_PARTS.run(
        conn, suborder_id=suborder.id, now=now, payable_fen=goods - commission, commission_fen=commission
    )
    if held:
        await post(
            conn,
            key=f"released:{part_of(suborder.number, suborder.position)}",
            kind="released",
            order=order_ref(suborder.number),
            legs=[
                (escrow, -held),
                (payable_of(suborder.producer_number), goods - commission),
                (COMMISSION, commission),
                (freight_account_of(suborder.producer_number), freight),
            ],
            at=now,
        )
    return Fen(held - commission)
