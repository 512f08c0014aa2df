"""Read a producer's suborders, each with its lines and its address."""

from datetime import date, datetime, timedelta
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.places.counties.settings import SEND_DEFAULTS
from market.sales.orders.address import Address, open_address
from market.sales.orders.models import SuborderKind, SuborderState
from market.sales.orders.send_by import CANCEL_ON, SEND_BY

MAX_PARCELS = 200
ADDRESS_VISIBLE_AFTER_RECEIPT = timedelta(days=30)
"""The time after receipt in which the producer may still need the buyer's address, such as for a complaint."""


class ParcelLine(Struct, frozen=True, kw_only=True):
    """One line of a parcel.

    One with a `ceiling_g` is weighed before it is sent: `amount_fen` is the most that is charged, `final_fen` the
    price of `weighed_g`.
    """

    line_id: UUID
    title: str
    unit: str
    quantity: int
    amount_fen: Fen
    ceiling_g: int | None = None
    weighed_g: int | None = None
    final_fen: Fen | None = None


class Parcel(Struct, frozen=True, kw_only=True):
    """A suborder as its producer sees it; the address is None unless the producer needs it.

    A parcel is sent by `send_by`; on `cancel_on` an unsent one is cancelled. The platform bears `discount_fen` of it.
    """

    suborder_id: UUID
    code: str
    kind: SuborderKind
    state: SuborderState
    total_fen: Fen
    paid_at: datetime | None
    send_by: date | None
    cancel_on: date | None
    carrier: str | None
    tracking: str | None
    address: Address | None
    lines: list[ParcelLine]
    discount_fen: Fen = Fen(0)

    @property
    def to_weigh(self) -> list[ParcelLine]:
        """The lines that are weighed before the parcel is sent."""
        if self.state is not SuborderState.PAID:
            return []
        return [line for line in self.lines if line.ceiling_g is not None and line.weighed_g is None]


class _ParcelRow(Struct, frozen=True, kw_only=True):
    suborder_id: UUID
    code: str
    kind: SuborderKind
    state: SuborderState
    total_fen: Fen
    paid_at: datetime | None
    send_by: date | None
    cancel_on: date | None
    carrier: str | None
    tracking: str | None
    received_at: datetime | None
    address_sealed: bytes
    lines: list[ParcelLine]
    discount_fen: Fen


_SELECT: LiteralString = (
    """
    SELECT suborders.id AS suborder_id, orders.number || '-' || suborders.position AS code, suborders.kind,
           suborders.state, suborders.goods_fen + suborders.freight_fen - suborders.discount_fen AS total_fen, paid_at,
           """
    + SEND_BY
    + " AS send_by, "
    + CANCEL_ON
    + """ AS cancel_on, carrier, tracking, received_at, address_sealed,
           (SELECT jsonb_agg(jsonb_build_object('line_id', id, 'title', title, 'unit', unit, 'quantity', quantity,
                                                'amount_fen', amount_fen, 'ceiling_g', ceiling_g,
                                                'weighed_g', weighed_g, 'final_fen', final_fen) ORDER BY position)
              FROM order_lines LEFT JOIN catch_weights ON line_id = order_lines.id
             WHERE suborder_id = suborders.id) AS lines,
           suborders.discount_fen
      FROM suborders
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
     WHERE producer_id = :producer_id AND suborders.state = ANY(:states::text[])
       AND suborders.kind = ANY(:kinds::text[])
    """
)
LIST_PARCELS = Query(_ParcelRow, _SELECT + " AND suborders.id > :after ORDER BY suborders.id LIMIT :limit")
FIND_PARCEL = Query(_ParcelRow, _SELECT + " AND suborders.id = :suborder_id")
_GOODS = (SuborderKind.GOODS,)


async def list_parcels(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    producer_id: UUID,
    *,
    states: tuple[SuborderState, ...] = (SuborderState.PAID,),
    kinds: tuple[SuborderKind, ...] = _GOODS,
    after: UUID | None = None,
    now: datetime,
) -> list[Parcel]:
    """Return a producer's suborders in some states, oldest first, at most 200; by default the parcels to ship.

    `after` is the last suborder that was read before. The address is given from payment until 30 days after receipt.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    rows = await LIST_PARCELS.all(
        conn, producer_id=producer_id, states=list(states), kinds=list(kinds), after=after or UUID(int=0),
        limit=MAX_PARCELS, **SEND_DEFAULTS,
    )  # fmt: skip
    return [_open(seal, row, now) for row in rows]


async def find_parcel(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    producer_id: UUID,
    suborder_id: UUID,
    *,
    states: tuple[SuborderState, ...],
    now: datetime,
) -> Parcel | None:
    """Return a parcel of a producer in one of some states, or None; its address as in `list_parcels`.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    row = await FIND_PARCEL.maybe(
        conn, producer_id=producer_id, suborder_id=suborder_id, states=list(states), kinds=list(_GOODS), **SEND_DEFAULTS
    )
    return None if row is None else _open(seal, row, now)


def _open(seal: Seal, row: _ParcelRow, now: datetime) -> Parcel:
    address = open_address(seal, row.address_sealed) if _is_address_visible(row, now) else None
    return build_from(Parcel, row, address=address)


def _is_address_visible(row: _ParcelRow, now: datetime) -> bool:
    if row.state is SuborderState.RECEIVED:
        return row.received_at is not None and now < row.received_at + ADDRESS_VISIBLE_AFTER_RECEIPT
    return row.state in {SuborderState.DEPOSITED, SuborderState.PAID, SuborderState.SHIPPED}
