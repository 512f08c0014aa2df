"""What a producer is owed, and what it is made of."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.identity import Actor, NotFound
from market.identity.access import require_producer
from market.kernel import Connection, Fen, Query, rate_down
from market.kernel.page import MOST, cut
from market.orders import freight_account_of, payable_of
from market.orders.models import SuborderKind, SuborderState
from payments import balance

_LAST = UUID(int=2**128 - 1)


class StatementLine(Struct, frozen=True):
    """One suborder: `payable_fen` and `commission_fen` are None until its money is released.

    `goods_left_fen` is what its lines come to after refunds.
    """

    suborder_id: UUID
    code: str
    kind: SuborderKind
    state: SuborderState
    goods_fen: Fen
    goods_left_fen: Fen
    freight_fen: Fen
    refunded_fen: Fen
    commission_bp: int
    commission_fen: Fen | None
    payable_fen: Fen | None
    released_at: datetime | None
    placed_at: datetime


class Share(Struct, frozen=True):
    """What a suborder that waits for its receipt will bring its producer: goods after refunds, and freight."""

    goods_left_fen: Fen
    freight_fen: Fen
    commission_bp: int

    @property
    def commission_fen(self) -> Fen:
        """What the platform keeps."""
        return commission_of(self.goods_left_fen, self.commission_bp)

    @property
    def due_fen(self) -> Fen:
        """What the producer gets."""
        return due_of(self.goods_left_fen, self.freight_fen, self.commission_bp)


class Statement(Struct, frozen=True):
    """What a producer is owed now, what is due to it once buyers have received, and the suborders, newest first.

    `waiting_fen` is less the commission, as each suborder will be released.
    """

    producer_id: UUID
    payable_fen: Fen
    freight_fen: Fen
    owed_fen: Fen
    waiting_fen: Fen
    lines: list[StatementLine]
    next: str | None


def commission_of(goods_left: Fen, commission_bp: int) -> Fen:
    """Return the commission on goods after refunds, rounded down, so that the producer gains; freight bears none."""
    return Fen(rate_down(goods_left, commission_bp))


def due_of(goods_left: Fen, freight: Fen, commission_bp: int) -> Fen:
    """Return what a suborder brings its producer at receipt: goods after refunds less the commission, and the freight.

    Source: the golden story, shop.md: commission is on goods without freight, rounded down, after refunds.
    """
    return Fen(goods_left - commission_of(goods_left, commission_bp) + freight)


NUMBER = Query(int, "SELECT number FROM producers WHERE id = :producer_id")
# Each suborder's commission is rounded down by itself, as `due_of` does it.
WAITING = Query(
    int,
    """
    SELECT coalesce(sum(freight_fen + goods_left_fen - goods_left_fen * commission_bp / 10000), 0)::bigint
      FROM suborders
     CROSS JOIN LATERAL (SELECT sum(amount_fen - order_lines.refunded_fen)::bigint AS goods_left_fen FROM order_lines
                          WHERE suborder_id = suborders.id) AS goods
     WHERE producer_id = :producer_id AND state IN ('paid', 'shipped')
    """,
)
SHARE = Query(
    Share,
    """
    SELECT (SELECT sum(amount_fen - order_lines.refunded_fen) FROM order_lines
             WHERE suborder_id = suborders.id)::bigint AS goods_left_fen,
           freight_fen, commission_bp
      FROM suborders
     WHERE id = :suborder_id AND producer_id = ANY(:producers::uuid[])
    """,
)
LINES = Query(
    StatementLine,
    """
    SELECT suborders.id AS suborder_id, orders.number || '-' || position AS code, kind, suborders.state,
           suborders.goods_fen, suborders.freight_fen, refunded_fen, commission_bp, commission_fen, payable_fen,
           (SELECT sum(amount_fen - order_lines.refunded_fen) FROM order_lines
             WHERE suborder_id = suborders.id)::bigint AS goods_left_fen,
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


async def get_share(conn: Connection, actor: Actor, suborder_id: UUID) -> Share:
    """Return what a suborder of one's own producers will bring.

    Raises:
        NotFound: the actor does not work for its producer.
    """
    share = await SHARE.maybe(conn, suborder_id=suborder_id, producers=list(actor.producers))
    if share is None:
        raise NotFound
    return share
