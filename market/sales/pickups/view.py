"""Read pickups: those of an order for its buyer, and those of a point for its keeper."""

from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.models import Actor
from market.sales.orders.address import open_address
from market.sales.pickup_points.models import PickupPoint
from market.sales.pickups.models import Pickup, PickupState, PointParcel

CODE_CONTEXT = "pickups.code"
MAX_PARCELS = 300


class _PickupRow(Struct, frozen=True, kw_only=True):
    suborder_id: UUID
    point: PickupPoint
    state: PickupState
    arrived_at: datetime | None
    code_sealed: bytes | None


class _PointParcelRow(Struct, frozen=True, kw_only=True):
    suborder_id: UUID
    parcel_code: str
    point: str
    seller: str
    address_sealed: bytes
    contents: list[str]
    state: PickupState
    arrived_at: datetime | None


LIST_PICKUPS = Query(
    _PickupRow,
    """
    SELECT suborder_id, pickups.state, arrived_at, code_sealed,
           jsonb_build_object('id', p.id, 'county_code', county_code, 'name', p.name, 'address', address,
                              'phone', phone, 'hours', hours, 'open', open) AS point
      FROM pickups
      JOIN suborders ON suborders.id = suborder_id
      JOIN orders ON orders.id = order_id
      JOIN pickup_points p ON p.id = point_id
     WHERE order_id = :order_id AND buyer_id = :buyer_id
     ORDER BY position
    """,
)
LIST_POINT_PARCELS = Query(
    _PointParcelRow,
    """
    SELECT suborder_id, orders.number || '-' || suborders.position AS parcel_code, p.name AS point,
           producers.name AS seller, address_sealed, pickups.state, arrived_at,
           ARRAY(SELECT title || ' × ' || quantity FROM order_lines
                  WHERE order_lines.suborder_id = suborders.id ORDER BY position) AS contents
      FROM pickup_points p
      JOIN pickups ON point_id = p.id
      JOIN suborders ON suborders.id = suborder_id
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
     WHERE keeper_id = :account_id AND pickups.state IN ('expected', 'arrived')
       AND suborders.state IN ('paid', 'shipped')
     ORDER BY pickups.state, arrived_at, suborder_id
     LIMIT :limit
    """,
)
KEEPS_POINT = Query(bool, "SELECT EXISTS (SELECT FROM pickup_points WHERE keeper_id = :account_id)")


def get_last_day(arrived_at: datetime, days: int) -> date:
    """Return the last day on which a parcel is kept at its point."""
    return get_business_day(arrived_at) + timedelta(days=days)


async def list_pickups(conn: Connection, seal: Seal, buyer: Actor, order_id: UUID, *, days: int) -> list[Pickup]:
    """Return the pickups of an order to its buyer, with the codes of the parcels that wait; others see none.

    A parcel is kept for `days` days after that of its arrival.
    """
    return [
        Pickup(
            suborder_id=row.suborder_id,
            point=row.point,
            state=row.state,
            arrived_at=row.arrived_at,
            until=get_last_day(row.arrived_at, days) if row.arrived_at else None,
            code=seal.open(row.code_sealed, CODE_CONTEXT) if row.code_sealed else None,
        )
        for row in await LIST_PICKUPS.all(conn, order_id=order_id, buyer_id=buyer.account_id)
    ]


async def list_point_parcels(conn: Connection, seal: Seal, keeper: Actor, *, days: int) -> list[PointParcel]:
    """Return the parcels that wait at the keeper's points, then those on their way to them, at most 300.

    The keeper learns the recipient's name, to call it; no phone number and no code.
    """
    found: list[PointParcel] = []
    for row in await LIST_POINT_PARCELS.all(conn, account_id=keeper.account_id, limit=MAX_PARCELS):
        address = open_address(seal, row.address_sealed)
        until = get_last_day(row.arrived_at, days) if row.arrived_at else None
        found.append(build_from(PointParcel, row, recipient=address.name if address else "", until=until))
    return found


async def keeps_point(conn: Connection, actor: Actor) -> bool:
    """Return whether a person keeps a pickup point."""
    return await KEEPS_POINT.one(conn, account_id=actor.account_id)
