"""Ship a parcel by a carrier or by the producer itself, and notify the buyer."""

import re
from datetime import datetime
from uuid import UUID

from market.kernel import Connection, FieldFault, Query
from market.kernel.language import say
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import notify_account
from market.sales.aftersales.models import OWN_DELIVERY, InvalidTracking, NotShippable, NotWeighed
from market.sales.carriers.models import find_carrier
from market.sales.carriers.register import register_parcel
from market.sales.orders.catch_weight import list_unweighed
from market.sales.orders.models import SuborderKind, SuborderState
from market.sales.orders.transitions import LockedSuborder, load_suborders, lock_order_by_suborder, move_suborders

_TRACKING = re.compile(r"[A-Za-z0-9-]{4,40}")
_MAX_CARRIER_LENGTH = 30

SET_TRACKING = Query(
    None, "UPDATE suborders SET carrier = :carrier, tracking = :tracking WHERE id = :suborder_id AND state = 'shipped'"
)

IS_PICKED_UP = Query(bool, "SELECT EXISTS (SELECT FROM pickups WHERE suborder_id = :suborder_id)")


async def ship_suborder(
    conn: Connection, seal: Seal, actor: Actor, suborder_id: UUID, *, carrier: str, tracking: str, now: datetime
) -> SuborderState:
    """Mark a paid parcel as shipped in the caller's transaction and notify its buyer.

    Repeating changes nothing and notifies nobody; until receipt another tracking number replaces the first. With
    `OWN_DELIVERY` the tracking number is ignored and neither value is stored. A number of a carrier that can be asked
    is tracked from now on.

    Raises:
        NotFound: the suborder does not belong to a producer that the actor works for.
        InvalidTracking: the carrier or the number is missing or invalid; or a coupon of the platform was used, and the
            parcel goes neither by a carrier that can be asked nor to a pickup point.
        NotShippable: the suborder is not a parcel to ship.
        NotWeighed: a line is sold by weight and was not weighed.
    """
    carrier, tracking = check_tracking(carrier, tracking)
    order = await lock_order_by_suborder(conn, suborder_id)
    suborder = None if order is None else await find_own_suborder(conn, actor, order.id, suborder_id)
    if order is None or suborder is None:
        raise NotFound
    if suborder.kind is not SuborderKind.GOODS or suborder.state not in {SuborderState.PAID, SuborderState.SHIPPED}:
        raise NotShippable(state=suborder.state)
    if await list_unweighed(conn, [suborder_id]):
        raise NotWeighed
    if suborder.discount_fen > 0 and not (tracking and find_carrier(carrier)):
        await _require_pickup(conn, suborder_id)
    moved = await move_suborders(
        conn, [suborder_id], SuborderState.SHIPPED, actor=str(actor.account_id),
        note=f"{carrier} {tracking}".strip(), now=now,
        carrier=carrier if tracking else None, tracking=tracking or None,
    )  # fmt: skip
    if not moved:
        await SET_TRACKING.run(
            conn, suborder_id=suborder_id, carrier=carrier if tracking else None, tracking=tracking or None
        )
    await register_parcel(conn, suborder_id, carrier=carrier, tracking=tracking, now=now)
    if moved:
        facts = {"carrier": carrier, "tracking": tracking} if tracking else {}
        await notify_account(conn, seal, order.buyer_id, "shipped" if tracking else "brought", facts, now=now)
    return SuborderState.SHIPPED


async def _require_pickup(conn: Connection, suborder_id: UUID) -> None:
    """Require that somebody else than buyer and seller learns of the arrival of what a coupon of the platform paid for.

    Raises:
        InvalidTracking: it goes neither by a carrier that can be asked nor to a pickup point.
    """
    if not await IS_PICKED_UP.one(conn, suborder_id=suborder_id):
        reason = "这单用了平台的券，要用能查的快递寄，并写单号"
        raise InvalidTracking(errors=(FieldFault("carrier", reason),))


def check_tracking(carrier: str, tracking: str, *, own_delivery: bool = True) -> tuple[str, str]:
    """Return the normalized carrier and tracking number; the number is empty for own delivery, where that is possible.

    Raises:
        InvalidTracking: the carrier or the number is missing or invalid.
    """
    carrier, tracking = clean_text(carrier), re.sub(r"\s", "", clean_text(tracking)).upper()
    if own_delivery and carrier == OWN_DELIVERY:
        return carrier, ""
    faults: list[FieldFault] = []
    if not 1 <= len(carrier) <= _MAX_CARRIER_LENGTH:
        faults.append(FieldFault("carrier", say("请写快递公司")))
    if not _TRACKING.fullmatch(tracking):
        faults.append(
            FieldFault(
                "tracking",
                say("快递单号是 4 到 40 位字母和数字；自己送的不用填")
                if own_delivery
                else say("快递单号是 4 到 40 位字母和数字"),
            )
        )
    if faults:
        raise InvalidTracking(errors=tuple(faults))
    return carrier, tracking


async def find_own_suborder(conn: Connection, actor: Actor, order_id: UUID, suborder_id: UUID) -> LockedSuborder | None:
    """Return a suborder of a locked order, or None if the actor does not work for its producer."""
    return next(
        (
            each
            for each in await load_suborders(conn, order_id)
            if each.id == suborder_id and each.producer_id in actor.producers
        ),
        None,
    )
