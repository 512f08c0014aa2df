"""Mark several parcels as sent at once, all or none."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct, structs

from market.kernel import Connection, FieldFault, Query
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.models import InvalidTracking, NotShippable
from market.sales.aftersales.ship import check_tracking, ship_suborder

MAX_SHIPMENTS = 50
"""The largest number of parcels that are sent at once."""


class SentParcel(Struct, frozen=True, forbid_unknown_fields=True):
    """A parcel with its carrier and tracking number; no number if the producer delivers it (`自己送`)."""

    suborder_id: UUID
    carrier: str
    tracking: str = ""


# In the order in which their orders are locked (docs/locks.md), whatever the order of the form.
SORT_BY_ORDER = Query(
    UUID,
    """
    SELECT id FROM suborders WHERE id = ANY(:suborder_ids::uuid[]) AND producer_id = ANY(:producers::uuid[])
     ORDER BY order_id, id
    """,
)


async def ship_parcels(
    conn: Connection, seal: Seal, actor: Actor, shipments: Sequence[SentParcel], *, now: datetime
) -> int:
    """Mark parcels as sent, as `ship_suborder` does with each, in the caller's transaction; return how many.

    A fault of one keeps all from being sent; its fields are `carrier.<suborder>` and `tracking.<suborder>`.

    Raises:
        NotFound: a parcel does not belong to a producer that the actor works for.
        InvalidTracking: a carrier or a number is missing or invalid, two parcels are the same one, or more than 50.
        NotShippable: one of them is not a parcel to ship.
    """
    faults = [fault for each in shipments for fault in _list_faults(each)]
    if len({each.suborder_id for each in shipments}) != len(shipments) or len(shipments) > MAX_SHIPMENTS:
        faults.append(FieldFault("tracking", f"一次最多 {MAX_SHIPMENTS} 单，每单一次"))
    if faults:
        raise InvalidTracking(errors=tuple(faults))
    by_id = {each.suborder_id: each for each in shipments}
    ordered = await SORT_BY_ORDER.all(conn, suborder_ids=list(by_id), producers=list(actor.producers))
    if len(ordered) < len(by_id):
        raise NotFound
    for suborder_id in ordered:
        each = by_id[suborder_id]
        try:
            await ship_suborder(conn, seal, actor, suborder_id, carrier=each.carrier, tracking=each.tracking, now=now)
        except NotShippable as refusal:
            fault = FieldFault(f"tracking.{suborder_id}", refusal.text("zh"))
            raise NotShippable(errors=(fault,), **refusal.facts) from refusal
        except InvalidTracking as refusal:
            raise InvalidTracking(errors=_name_parcel(refusal, suborder_id)) from refusal
    return len(ordered)


def _list_faults(shipment: SentParcel) -> list[FieldFault]:
    try:
        check_tracking(shipment.carrier, shipment.tracking)
    except InvalidTracking as refusal:
        return list(_name_parcel(refusal, shipment.suborder_id))
    return []


def _name_parcel(refusal: InvalidTracking, suborder_id: UUID) -> tuple[FieldFault, ...]:
    return tuple(structs.replace(fault, field=f"{fault.field}.{suborder_id}") for fault in refusal.errors)
