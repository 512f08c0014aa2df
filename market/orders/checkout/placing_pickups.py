"""The pickup points of orders that are being placed."""

from collections.abc import Mapping
from uuid import UUID

from market.kernel import Connection
from market.orders.checkout.order_request import OrderRequest
from market.orders.checkout.outcomes import PlacementOutcome
from market.orders.checkout.pricing import GoodsOffer
from market.orders.models import PlacedOrder
from market.pickup_points.choose import add_pickups, require_available
from market.pickup_points.models import PickupPoint, PickupPointId


def require_pickup(
    request: OrderRequest, goods: Mapping[UUID, GoodsOffer], points: Mapping[PickupPointId, PickupPoint]
) -> None:
    """Require that the point of a request, if it has one, can be chosen for its goods.

    Raises:
        PickupPointUnavailable: it cannot.
    """
    if request.pickup_point_id is not None:
        offers = [goods.get(line.variant_id) for _, line in request.lines if line.slot_id is None]
        counties = {each.county_code for each in offers if each is not None}
        require_available(
            points.get(request.pickup_point_id),
            goods_counties=counties,
            region_code=request.destination.region_code,
        )


async def add_placed_pickups(
    conn: Connection, requests: Mapping[int, OrderRequest], outcomes: Mapping[int, PlacementOutcome]
) -> None:
    """Store the points of the orders that were placed; of an order that was placed before they are stored already."""
    placed = [(request, outcomes[n]) for n, request in requests.items()]
    await add_pickups(
        conn,
        [
            (outcome.id, request.pickup_point_id)
            for request, outcome in placed
            if request.pickup_point_id and isinstance(outcome, PlacedOrder)
        ],
    )
