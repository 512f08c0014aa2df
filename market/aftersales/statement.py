"""What a producer is owed, and what it is made of."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.identity import Actor
from market.identity.access import require_producer
from market.kernel import Connection, Fen, Query
from market.kernel.page import MOST, cut
from market.orders import freight_account_of, payable_of
from market.orders.models import SuborderKind, SuborderState
from payments import balance

_LAST = UUID(int=2**128 - 1)


class StatementLine(Struct, frozen=True):
    """One suborder: `payable_fen` and `commission_fen` are None until its money is released."""

    suborder_id: UUID
    code: str
    kind: SuborderKind
    state: SuborderState
    goods_fen: Fen
    freight_fen: Fen
    refunded_fen: Fen
    commission_bp: int
    commission_fen: Fen | None
    payable_fen: Fen | None
    released_at: datetime | None
    placed_at: datetime


class Statement(Struct, frozen=True):
    """What a producer is owed now, what buyers have paid and not yet received, and the suborders, newest first."""

    producer_id: UUID
    payable_fen: Fen
    freight_fen: Fen
    owed_fen: Fen
    waiting_fen: Fen
    lines: list[StatementLine]
    next: str | None


NUMBER = Query(int, "SELECT number FROM producers WHERE id = :producer_id")
WAITING = Query(
    int,
    """
    SELECT coalesce(sum(freight_fen + (SELECT sum(amount_fen - order_lines.refunded_fen) FROM order_lines
                                        WHERE suborder_id = suborders.id)), 0)::bigint
      FROM suborders
     WHERE producer_id = :producer_id AND state IN ('paid', 'shipped')
    """,
)
LINES = Query(
    StatementLine,
    """
    SELECT suborders.id AS suborder_id, orders.number || '-' || position AS code, kind, suborders.state,
           suborders.goods_fen, suborders.freight_fen, refunded_fen, commission_bp, commission_fen, payable_fen,
           released_at, placed_at
      FROM suborders JOIN orders ON orders.id = order_id
     WHERE producer_id = :producer_id AND suborders.state IN ('paid', 'shipped', 'received', 'cancelled')
       AND orders.paid_at IS NOT NULL AND suborders.id < :before
     ORDER BY suborders.id DESC
     LIMIT :most
    """,
)


async def get_statement(
    conn: Connection, actor: Actor, producer_id: UUID, *, before: UUID | None = None, limit: int = 50
) -> Statement:
    """Return what a producer is owed, with a page of the suborders behind it.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    number = await NUMBER.one(conn, producer_id=producer_id)
    payable, freight = await balance(conn, payable_of(number)), await balance(conn, freight_account_of(number))
    most = max(1, min(limit, MOST))
    rows = await LINES.all(conn, producer_id=producer_id, before=before or _LAST, most=most + 1)
    page = cut(rows, most, lambda row: row.suborder_id)
    return Statement(
        producer_id,
        Fen(payable),
        Fen(freight),
        Fen(payable + freight),
        Fen(await WAITING.one(conn, producer_id=producer_id)),
        page.items,
        page.next,
    )
