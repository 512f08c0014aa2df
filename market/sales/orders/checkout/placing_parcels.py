"""Where the parcels of orders that are being placed go: to a street, or to a pickup point."""

from collections.abc import Mapping
from uuid import UUID

from market.catalogue.listings.models import ListingKind
from market.kernel import Connection
from market.sales.orders.address import require_street
from market.sales.orders.checkout.order_request import OrderRequest
from market.sales.orders.checkout.outcomes import PlacementOutcome
from market.sales.orders.checkout.pricing import GoodsOffer
from market.sales.orders.models import PlacedOrder
from market.sales.pickup_points.choose import add_pickups, require_available
from market.sales.pickup_points.models import PickupPoint, PickupPointId


def require_destination(
    request: OrderRequest, goods: Mapping[UUID, GoodsOffer], points: Mapping[PickupPointId, PickupPoint]
) -> None:
    """Require that the goods of a request, if it has any, can be sent to its street, or to the point that it names.

    Raises:
        PickupPointUnavailable: the point cannot be chosen for them.
        InvalidAddress: there is no street.
    """
    offers = [goods[line.variant_id] for _, line in request.lines if line.variant_id in goods]
    parcels = [each for each in offers if each.listing_kind == ListingKind.PRODUCT]
    if request.pickup_point_id is not None:
        require_available(
            points.get(request.pickup_point_id),
            goods_counties={each.county_code for each in parcels},
            region_code=request.destination.region_code,
        )
    if parcels:
        require_street(request.destination)


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
