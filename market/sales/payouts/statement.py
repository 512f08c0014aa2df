"""Read a producer's statement: the amounts owed, and the suborders they come from."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct, field

from market.kernel import Connection, Fen, Query
from market.kernel.page import MAX_PAGE_SIZE, make_page
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound
from market.sales.orders.escrow import SuborderShare, compute_share, get_freight_account, get_payable_account, get_payee
from market.sales.orders.models import SuborderKind, SuborderState
from payments import get_balance, sum_paid_out
from payments.payout import get_transit_account

_MAX_ID = UUID(int=2**128 - 1)


class SuborderStatementLine(Struct, frozen=True, kw_only=True):
    """One suborder; `payable_fen` and `commission_fen` are None until its escrow is released.

    `goods_left_fen` is the sum of its lines after refunds.
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


class Statement(Struct, frozen=True, kw_only=True):
    """The amounts owed to a producer now and after receipt, and the suborders, newest first.

    `in_transit_fen` is on its way to the producer's account, `arrived_fen` what the bank confirmed in all.

    `pending_fen` is the amount that the unreleased suborders will add, after the commission of each.
    """

    producer_id: UUID
    payable_fen: Fen
    freight_fen: Fen
    owed_fen: Fen
    in_transit_fen: Fen
    arrived_fen: Fen
    pending_fen: Fen = field(name="waiting_fen")
    lines: list[SuborderStatementLine]
    next: str | None


class _PendingShare(Struct, frozen=True, kw_only=True):
    """A group of unreleased suborders with the same figures; `suborders` is their number."""

    goods_left_fen: Fen
    freight_fen: Fen
    commission_bp: int
    suborders: int

    def compute(self) -> SuborderShare:
        """Return the share of one suborder of the group."""
        return compute_share(
            goods_left_fen=self.goods_left_fen, freight_fen=self.freight_fen, commission_bp=self.commission_bp
        )


GET_PRODUCER_NUMBER = Query(int, "SELECT number FROM producers WHERE id = :producer_id")
LIST_PENDING_SHARES = Query(
    _PendingShare,
    """
    SELECT goods_left_fen, freight_fen, commission_bp, count(*)::integer AS suborders
      FROM suborders
     CROSS JOIN LATERAL (SELECT sum(amount_fen - order_lines.refunded_fen)::bigint AS goods_left_fen FROM order_lines
                          WHERE suborder_id = suborders.id) AS goods
     WHERE producer_id = :producer_id AND state IN ('paid', 'shipped', 'received') AND released_at IS NULL
     GROUP BY goods_left_fen, freight_fen, commission_bp
    """,
)
GET_SHARE = Query(
    _PendingShare,
    """
    SELECT (SELECT sum(amount_fen - order_lines.refunded_fen) FROM order_lines
             WHERE suborder_id = suborders.id)::bigint AS goods_left_fen,
           freight_fen, commission_bp, 1 AS suborders
      FROM suborders
     WHERE id = :suborder_id AND producer_id = ANY(:producers::uuid[])
    """,
)
LIST_STATEMENT_LINES = Query(
    SuborderStatementLine,
    """
    SELECT suborders.id AS suborder_id, orders.number || '-' || position AS code, kind, suborders.state,
           suborders.goods_fen, suborders.freight_fen, refunded_fen, commission_bp, commission_fen, payable_fen,
           (SELECT sum(amount_fen - order_lines.refunded_fen) FROM order_lines
             WHERE suborder_id = suborders.id)::bigint AS goods_left_fen,
           released_at, placed_at
      FROM suborders JOIN orders ON orders.id = order_id
     WHERE producer_id = :producer_id AND suborders.state IN ('paid', 'shipped', 'received', 'cancelled')
       AND (orders.paid_at IS NOT NULL OR released_at IS NOT NULL) AND suborders.id < :before
     ORDER BY suborders.id DESC
     LIMIT :limit
    """,
)


async def get_statement(
    conn: Connection, actor: Actor, producer_id: UUID, *, before: UUID | None = None, limit: int = 50
) -> Statement:
    """Return the amounts owed to a producer, with a page of the suborders they come from.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    number = await GET_PRODUCER_NUMBER.one(conn, producer_id=producer_id)
    payable, freight = (
        await get_balance(conn, get_payable_account(number)),
        await get_balance(conn, get_freight_account(number)),
    )
    page_size = max(1, min(limit, MAX_PAGE_SIZE))
    rows = await LIST_STATEMENT_LINES.all(conn, producer_id=producer_id, before=before or _MAX_ID, limit=page_size + 1)
    pending = await LIST_PENDING_SHARES.all(conn, producer_id=producer_id)
    page = make_page(rows, page_size, lambda row: row.suborder_id)
    return Statement(
        producer_id=producer_id,
        payable_fen=Fen(payable),
        freight_fen=Fen(freight),
        owed_fen=Fen(payable + freight),
        in_transit_fen=Fen(await get_balance(conn, get_transit_account(get_payee(number)))),
        arrived_fen=Fen(await sum_paid_out(conn, get_payee(number))),
        pending_fen=Fen(sum(each.suborders * each.compute().due_fen for each in pending)),
        lines=page.items,
        next=page.next,
    )


async def get_share(conn: Connection, actor: Actor, suborder_id: UUID) -> SuborderShare:
    """Return how the money of a suborder of the actor's producer will be divided.

    Raises:
        NotFound: the actor does not work for its producer.
    """
    row = await GET_SHARE.maybe(conn, suborder_id=suborder_id, producers=list(actor.producers))
    if row is None:
        raise NotFound
    return row.compute()
