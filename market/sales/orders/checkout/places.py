"""The places in slots that an order has, as its buyer sees them."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.bookings.models import CancellationTerms, CancellationTier
from market.catalogue.bookings.signed_codes import VisitPass, sign_pass
from market.catalogue.bookings.tiers import make_terms
from market.catalogue.bookings.transitions import CODE_CONTEXT
from market.catalogue.slots.models import ReservationState
from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.structs import build_from


class PlacesView(Struct, frozen=True):
    """The places of a suborder in a slot; `code` is the check-in code, from payment until the guests come.

    `signed_code` says the same so that it verifies without a network.
    """

    starts_at: datetime
    ends_at: datetime
    party: int
    state: ReservationState
    cancelled: bool
    """Whether the host cancelled the slot."""
    holiday: bool
    tiers: list[CancellationTier]
    code: str | None
    signed_code: str | None


class _PlacesRow(Struct, frozen=True):
    id: UUID
    suborder_id: UUID
    producer_number: int
    starts_at: datetime
    ends_at: datetime
    party: int
    state: ReservationState
    cancelled: bool
    holiday: bool
    tiers: list[CancellationTier]
    code_sealed: bytes | None


LIST_PLACES = Query(
    _PlacesRow,
    """
    SELECT r.id, suborder_id, producers.number AS producer_number, lower(during) AS starts_at,
           upper(during) AS ends_at, party, r.state,
           slots.state = 'cancelled' AS cancelled,
           EXISTS (SELECT FROM holidays WHERE day_off AND day = business_day(lower(during))) AS holiday,
           get_cancel_tiers(slots.listing_id, orders.placed_at) AS tiers,
           code_sealed
      FROM slot_reservations r
      JOIN suborders ON suborders.id = suborder_id
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
      JOIN slots ON slots.id = slot_id
     WHERE order_id = :order_id
    """,
)


async def load_places(conn: Connection, seal: Seal, order_id: UUID) -> dict[UUID, PlacesView]:
    """Return the places of an order by suborder."""
    return {each.suborder_id: _build_places(seal, each) for each in await LIST_PLACES.all(conn, order_id=order_id)}


def get_places_terms(places: PlacesView, now: datetime) -> CancellationTerms:
    """Return the refund of cancelling the places now; those in a cancelled slot are refunded whole anyway."""
    days_left = (get_business_day(places.starts_at) - get_business_day(now)).days
    return make_terms(places.tiers, days_left=days_left, holiday=places.holiday)


def _build_places(seal: Seal, row: _PlacesRow) -> PlacesView:
    is_valid = row.state is ReservationState.BOOKED and row.code_sealed is not None
    code = seal.open(row.code_sealed, CODE_CONTEXT) if is_valid and row.code_sealed is not None else None
    visit = VisitPass(
        visit_id=row.id,
        producer_number=row.producer_number,
        first=get_business_day(row.starts_at),
        last=get_business_day(row.ends_at),
        party=row.party,
    )
    return build_from(PlacesView, row, code=code, signed_code=sign_pass(seal, visit) if code else None)
