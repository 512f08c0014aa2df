"""Read the lines of orders as their buyer sees them."""

from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.sales.orders.checkout.pricing import PriceBasis
from market.sales.orders.models import LineId, SuborderId


class LineView(Struct, frozen=True, kw_only=True):
    """One line of an order.

    One with a `ceiling_g` is settled by weight: `amount_fen` is the most that was charged, `final_fen` the price of
    `weighed_g`, and the difference is part of `refunded_fen`.
    """

    id: LineId
    suborder_id: SuborderId
    listing_id: UUID
    listing_number: int
    variant_id: UUID
    title: str
    unit: str
    quantity: int
    price_fen: Fen
    price_basis: PriceBasis
    amount_fen: Fen
    reduction_fen: Fen
    refunded_fen: Fen
    perishable: bool
    reviewed: bool
    review_id: UUID | None
    ceiling_g: int | None = None
    weighed_g: int | None = None
    final_fen: Fen | None = None


LIST_LINE_VIEWS = Query(
    LineView,
    """
    SELECT order_lines.id, suborder_id, listing_id, listings.number AS listing_number, variant_id, order_lines.title,
           unit, quantity, price_fen, price_basis, amount_fen, reduction_fen, order_lines.refunded_fen,
           order_lines.perishable, reviews.id IS NOT NULL AS reviewed, reviews.id AS review_id,
           ceiling_g, weighed_g, final_fen
      FROM order_lines JOIN suborders ON suborders.id = suborder_id JOIN listings ON listings.id = listing_id
      LEFT JOIN reviews USING (suborder_id, listing_id)
      LEFT JOIN catch_weights ON line_id = order_lines.id
     WHERE order_id = :order_id
     ORDER BY suborders.position, order_lines.position
    """,
)


async def load_line_views(conn: Connection, order_id: UUID) -> list[LineView]:
    """Return the lines of an order, suborder by suborder."""
    return await LIST_LINE_VIEWS.all(conn, order_id=order_id)
