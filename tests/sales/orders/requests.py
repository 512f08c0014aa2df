"""Requests and outcomes of placing, for tests."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid4

from market.kernel import Connection
from market.people.identity.models import AccountId
from market.sales.orders.checkout.order_request import OrderRequest, merge_lines
from market.sales.orders.models import Line, ListingId, Nights, PlacedOrder, VariantId
from tests.conftest import NOW
from tests.support.make import (
    DESTINATION,
)


def line(variant_id: UUID, quantity: int = 1) -> Line:
    return Line(VariantId(variant_id), quantity)


def make_request(
    buyer: UUID, lines: Sequence[Line], *, nights: Sequence[Nights] = (), key: str | None = None
) -> OrderRequest:
    return OrderRequest(
        buyer_id=AccountId(buyer),
        lines=tuple(merge_lines(lines)),
        nights=tuple(nights),
        destination=DESTINATION,
        key=key or str(uuid4()),
        fingerprint=b"same",
        now=NOW,
        pay_minutes=30,
    )


def nights(listing_id: UUID, first: int = 1, last: int = 3, rooms: int = 1) -> Nights:
    return Nights(ListingId(listing_id), date(2019, 11, first), date(2019, 11, last), rooms)


def list_codes(outcomes: Sequence[PlacedOrder | Exception]) -> list[str]:
    return [each.state if isinstance(each, PlacedOrder) else getattr(each, "code", repr(each)) for each in outcomes]


async def read_lot(conn: Connection, lot_id: UUID) -> tuple[int, int, int]:
    row = await conn.fetchrow("SELECT available_units, reserved_units, sold_units FROM lots WHERE id = $1", lot_id)
    assert row is not None
    return tuple(row)
