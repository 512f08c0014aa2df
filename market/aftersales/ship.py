"""Sending a parcel: the producer's people give carrier and number, or bring it themselves, and the buyer is told."""

import re
from datetime import datetime
from uuid import UUID

from market.aftersales.models import OWN_DELIVERY, NotShippable, TrackingWrong
from market.identity import Actor, NotFound
from market.kernel import Connection, FieldFault, Query
from market.kernel.seal import Seal
from market.kernel.text import clean
from market.orders.models import SuborderKind, SuborderState
from market.orders.move import SuborderRow, lock_order_of, move_suborders, suborders_of_order
from market.orders.tell import tell_account

_TRACKING = re.compile(r"[A-Za-z0-9-]{4,40}")
_CARRIER = 30

SET_TRACKING = Query(
    None, "UPDATE suborders SET carrier = :carrier, tracking = :tracking WHERE id = :suborder_id AND state = 'shipped'"
)


async def ship_suborder(
    conn: Connection, seal: Seal, actor: Actor, suborder_id: UUID, *, carrier: str, tracking: str, now: datetime
) -> SuborderState:
    """Mark a paid parcel as shipped, in the caller's transaction, and tell its buyer.

    The same carrier and number again change nothing and tell nobody; another number corrects a mistake until receipt.
    With `OWN_DELIVERY` the producer brings it: the number is not looked at, and neither is kept.

    Raises:
        NotFound: the suborder is not of a producer that the actor works for.
        TrackingWrong: carrier or number is missing or not one.
        NotShippable: it is no parcel that waits to be shipped.
    """
    carrier, tracking = _checked(carrier, tracking)
    order = await lock_order_of(conn, suborder_id)
    suborder = None if order is None else await own_suborder(conn, actor, order.id, suborder_id)
    if order is None or suborder is None:
        raise NotFound
    if suborder.kind is not SuborderKind.GOODS or suborder.state not in {SuborderState.PAID, SuborderState.SHIPPED}:
        raise NotShippable(state=suborder.state)
    moved = await move_suborders(
        conn, [suborder_id], SuborderState.SHIPPED, actor=str(actor.account_id),
        note=f"{carrier} {tracking}".strip(), now=now,
    )  # fmt: skip
    await SET_TRACKING.run(
        conn, suborder_id=suborder_id, carrier=carrier if tracking else None, tracking=tracking or None
    )
    if moved:
        facts = {"carrier": carrier, "tracking": tracking} if tracking else {}
        await tell_account(conn, seal, order.buyer_id, "shipped" if tracking else "brought", facts, now=now)
    return SuborderState.SHIPPED


def _checked(carrier: str, tracking: str) -> tuple[str, str]:
    """Return carrier and number as they are kept; no number where the producer brings the goods itself."""
    carrier, tracking = clean(carrier), re.sub(r"\s", "", clean(tracking)).upper()
    if carrier == OWN_DELIVERY:
        return carrier, ""
    faults: list[FieldFault] = []
    if not 1 <= len(carrier) <= _CARRIER:
        faults.append(FieldFault("carrier", "请写快递公司"))
    if not _TRACKING.fullmatch(tracking):
        faults.append(FieldFault("tracking", "快递单号是 4 到 40 位字母和数字；自己送的不用填"))
    if faults:
        raise TrackingWrong(errors=tuple(faults))
    return carrier, tracking


async def own_suborder(conn: Connection, actor: Actor, order_id: UUID, suborder_id: UUID) -> SuborderRow | None:
    """Return a suborder of a locked order if the actor works for its producer."""
    return next(
        (
            each
            for each in await suborders_of_order(conn, order_id)
            if each.id == suborder_id and each.producer_id in actor.producers
        ),
        None,
    )
