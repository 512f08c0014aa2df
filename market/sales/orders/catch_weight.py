"""Read the weights of order lines whose price is settled when they are weighed."""

from datetime import datetime
from typing import LiteralString
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.catch_weight import LineWeight
from market.kernel import Connection, Fen, Query

CHARGED_FEN: LiteralString = (
    "coalesce((SELECT final_fen FROM catch_weights WHERE line_id = order_lines.id), order_lines.amount_fen)"
)
"""What an order line costs: the price of what was weighed, else its amount."""


class CatchWeight(Struct, frozen=True, kw_only=True):
    """The weight of an order line: of one item, the most that is charged, and what was weighed, in grams.

    `final_fen` is the price of the line by its weight; the difference to what was charged was refunded.
    """

    line_id: UUID
    unit_g: int
    ceiling_g: int
    weighed_g: int | None
    final_fen: Fen | None
    weighed_at: datetime | None

    @property
    def terms(self) -> LineWeight:
        """The weight as it was offered."""
        return LineWeight(self.unit_g, self.ceiling_g)


LIST_CATCH_WEIGHTS = Query(
    CatchWeight,
    """
    SELECT line_id, unit_g, ceiling_g, weighed_g, final_fen, weighed_at
      FROM order_lines JOIN catch_weights ON line_id = order_lines.id
     WHERE suborder_id = ANY(:suborder_ids::uuid[])
    """,
)

LIST_UNWEIGHED = Query(
    UUID,
    """
    SELECT DISTINCT suborder_id FROM order_lines JOIN catch_weights ON line_id = order_lines.id
     WHERE suborder_id = ANY(:suborder_ids::uuid[]) AND weighed_at IS NULL
    """,
)


async def load_catch_weights(conn: Connection, suborder_ids: list[UUID]) -> dict[UUID, CatchWeight]:
    """Return the weights of the lines of suborders, by line; lines with a fixed price have none."""
    rows = await LIST_CATCH_WEIGHTS.all(conn, suborder_ids=suborder_ids)
    return {row.line_id: row for row in rows}


async def list_unweighed(conn: Connection, suborder_ids: list[UUID]) -> set[UUID]:
    """Return those of the suborders that have a line which is sold by weight and was not weighed."""
    return set(await LIST_UNWEIGHED.all(conn, suborder_ids=suborder_ids))
