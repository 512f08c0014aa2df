"""Choose a pickup point for an order: its address becomes that of the parcels, and so decides their freight."""

from collections.abc import Collection, Sequence
from uuid import UUID

from market.kernel import Connection, FieldFault, Query
from market.sales.pickup_points.models import PICKUP_FIELD, PickupPoint, PickupPointId, PickupPointUnavailable

# Every parcel of the order is picked up there; stays and activities are visited as ever.
ADD_PICKUPS = Query(
    None,
    """
    INSERT INTO pickups (suborder_id, point_id)
    SELECT suborders.id, point_id
      FROM unnest(:order_ids::uuid[], :point_ids::uuid[]) AS chosen (order_id, point_id)
      JOIN suborders ON suborders.order_id = chosen.order_id
     WHERE suborders.kind = 'goods'
    ON CONFLICT DO NOTHING
    """,
)


def require_available(point: PickupPoint | None, *, goods_counties: Collection[str], region_code: str) -> None:
    """Require that parcels from these counties can be picked up at a point, and are addressed to it.

    Raises:
        PickupPointUnavailable: it is unknown or closed, there are no goods, or they are of another county.
    """
    if point is None or not point.open or set(goods_counties) != {point.county_code} != {""}:
        raise PickupPointUnavailable(errors=(FieldFault(PICKUP_FIELD, "换一个自提点，或者送到家"),))
    if region_code != point.county_code:
        raise PickupPointUnavailable(errors=(FieldFault(PICKUP_FIELD, "地址不是这个自提点的"),))


async def add_pickups(conn: Connection, chosen: Sequence[tuple[UUID, PickupPointId]]) -> None:
    """Have the parcels of placed orders, with the points that they chose, picked up there."""
    if chosen:
        await ADD_PICKUPS.run(
            conn, order_ids=[order_id for order_id, _ in chosen], point_ids=[point_id for _, point_id in chosen]
        )
