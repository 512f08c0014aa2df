"""Orders that a public unit pays after acceptance: terms, what is accepted, settlement of the transfer."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from market.catalogue.stock.reservations import return_refused, sell_reserved
from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.people.notify.notifications import notify_money_owed
from market.sales.orders.escrow import release_escrow
from market.sales.orders.models import OrderState, PaymentTerms, SuborderState
from market.sales.orders.money.payment_problems import PAYMENTS_ACTOR
from market.sales.orders.transitions import LockedOrder, finish_order, load_suborders, move_orders, move_suborders

SET_ORDER_TERMS = Query(bool, "SELECT set_order_terms(:order_id::uuid, :terms::text, :until::timestamptz)")
REFUSE_GOODS = Query(None, "SELECT refuse_goods(:order_id::uuid, :line_ids::uuid[], :amounts::bigint[])")


async def set_order_terms(conn: Connection, order_id: UUID, terms: PaymentTerms, *, until: datetime) -> bool:
    """Let a locked, unpaid order be paid after acceptance, without commission; return whether its state allowed it.

    A requested order expires at `until`; a contract does not expire.
    """
    return await SET_ORDER_TERMS.one(conn, order_id=order_id, terms=terms, until=until)


async def accept_goods(
    conn: Connection, order_id: UUID, refused: Sequence[tuple[UUID, int, int]], *, now: datetime
) -> None:
    """Sell what a contract reserved, except what the buyer refused: (line, quantity, fen) of each goes back into stock.

    What was refused is never charged. The caller has locked the order.
    """
    await sell_reserved(conn, order_id)
    lines = [each for each in refused if each[1]]
    if lines:
        ids = [line_id for line_id, _, _ in lines]
        await return_refused(conn, order_id, ids, [quantity for _, quantity, _ in lines], now=now)
        await REFUSE_GOODS.run(conn, order_id=order_id, line_ids=ids, amounts=[fen for _, _, fen in lines])


async def settle_contract(conn: Connection, seal: Seal, order: LockedOrder, *, method: str, now: datetime) -> None:
    """Settle a locked contract whose transfer arrived: what it paid was accepted, so its seller is owed at once."""
    await move_orders(conn, [order.id], OrderState.PAID, now=now, method=method)
    suborders = await load_suborders(conn, order.id)
    ids = [each.id for each in suborders]
    for state in (SuborderState.PAID, SuborderState.RECEIVED):
        await move_suborders(conn, ids, state, actor=PAYMENTS_ACTOR, now=now)
    for each in suborders:
        released_fen = await release_escrow(conn, each, now=now)
        await notify_money_owed(conn, seal, each.producer_id, released_fen, now=now)
    await finish_order(conn, order.id, now=now)
