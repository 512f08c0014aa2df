"""A parcel at its pickup point: it arrives, which makes its code, and is handed over for the code, once."""

import re
import secrets
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.text import normalize_text
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_month_day, notify_account
from market.sales.aftersales.check_in import record_wrong_code, require_attempts_left
from market.sales.aftersales.models import NotWeighed
from market.sales.aftersales.receive import is_receivable, receive_suborders
from market.sales.orders.catch_weight import list_unweighed
from market.sales.orders.models import SuborderKind, SuborderState
from market.sales.orders.transitions import (
    LockedOrder,
    LockedSuborder,
    load_suborders,
    lock_order_by_suborder,
    move_suborders,
)
from market.sales.pickups.models import PickupCodeInvalid, PickupCodeUsed, PickupNotExpected, PickupState
from market.sales.pickups.view import CODE_CONTEXT, get_last_day

CODE_DIGITS = 8
_CANDIDATES = 8


class _OwnPickup(Struct, frozen=True):
    suborder_id: UUID
    state: PickupState
    point: str
    phone: str


GET_OWN_PICKUP = Query(
    _OwnPickup,
    """
    SELECT suborder_id, state, name AS point, phone FROM pickups JOIN pickup_points ON pickup_points.id = point_id
     WHERE suborder_id = :suborder_id AND keeper_id = :account_id
    """,
)
FIND_BY_CODE = Query(
    _OwnPickup,
    """
    SELECT suborder_id, state, name AS point, phone FROM pickups JOIN pickup_points ON pickup_points.id = point_id
     WHERE code_hash = :code_hash AND keeper_id = :account_id
    """,
)
LIST_USED_CODES = Query(bytes, "SELECT code_hash FROM pickups WHERE code_hash = ANY(:hashes::bytea[])")
MARK_ARRIVED = Query(
    UUID,
    """
    UPDATE pickups SET state = 'arrived', arrived_at = :now, code_hash = :code_hash, code_sealed = :code_sealed
     WHERE suborder_id = :suborder_id AND state = 'expected'
    RETURNING suborder_id
    """,
)
# The condition on the state serialises two devices with one code; its hash stays, to say that it was used.
MARK_COLLECTED = Query(
    UUID,
    """
    UPDATE pickups SET state = 'collected', collected_at = :now, code_sealed = NULL
     WHERE suborder_id = :suborder_id AND state = 'arrived'
    RETURNING suborder_id
    """,
)


class Collection(Struct, frozen=True):
    """A parcel that was handed over just now."""

    suborder_id: UUID
    parcel_code: str


async def mark_arrived(
    conn: Connection, seal: Seal, keeper: Actor, suborder_id: UUID, *, days: int, now: datetime
) -> None:
    """Record that a parcel arrived at the keeper's point, in the caller's transaction, and send its buyer the code.

    It is kept for `days` days after this one. Repeating changes nothing and tells nobody. A parcel that its seller
    brought without marking it as sent is sent.

    Raises:
        NotFound: the parcel is not for a point that the actor keeps.
        PickupNotExpected: it was cancelled or received.
        NotWeighed: its seller brought it without weighing what is sold by weight.
    """
    order, suborder, pickup = await _open(conn, keeper, suborder_id)
    if pickup.state is PickupState.ARRIVED:
        return
    if pickup.state is not PickupState.EXPECTED or not is_receivable(suborder):
        raise PickupNotExpected
    if suborder.state is SuborderState.PAID:
        if await list_unweighed(conn, [suborder_id]):
            raise NotWeighed
        await move_suborders(conn, [suborder_id], SuborderState.SHIPPED, actor=str(keeper.account_id), now=now)
    code, code_hash = await _create_code(conn, seal)
    await MARK_ARRIVED.run(
        conn, suborder_id=suborder_id, code_hash=code_hash, code_sealed=seal.seal(code, CODE_CONTEXT), now=now
    )
    await _audit(conn, keeper, "pickup.arrive", suborder_id, now)
    facts = {
        "order": str(order.number), "point": pickup.point, "phone": pickup.phone, "code": code,
        "day": format_month_day(get_last_day(now, days)),
    }  # fmt: skip
    await notify_account(conn, seal, order.buyer_id, "pickup_arrived", facts, now=now)


async def hand_over(
    conn: Connection, seal: Seal, keeper: Actor, code: str, *, now: datetime
) -> Collection | PickupCodeInvalid:
    """Hand over the parcel with a code of eight digits, once, in the caller's transaction.

    Its escrow is released like after receipt. A wrong code is recorded and returned, not raised, so that the caller
    commits it: a keeper must not find the codes of parcels that nobody came for.

    Raises:
        TooManyCheckInCodes: the actor tried ten wrong codes in the last hour.
        PickupCodeUsed: the parcel was collected or received meanwhile.
    """
    digits = re.sub(r"\D", "", normalize_text(code))
    await require_attempts_left(conn, keeper, now=now)
    found = await FIND_BY_CODE.maybe(conn, code_hash=index_pickup_code(seal, digits), account_id=keeper.account_id)
    if found is None:
        await record_wrong_code(conn, keeper, now=now)
        return PickupCodeInvalid()
    order, suborder, _ = await _open(conn, keeper, found.suborder_id)
    collected = await MARK_COLLECTED.maybe(conn, suborder_id=suborder.id, now=now)
    if collected is None or not is_receivable(suborder):
        raise PickupCodeUsed
    await receive_suborders(conn, seal, order, [suborder], actor=str(keeper.account_id), now=now)
    await _audit(conn, keeper, "pickup.collect", suborder.id, now)
    return Collection(suborder.id, f"{order.number}-{suborder.position}")


def index_pickup_code(seal: Seal, code: str) -> bytes:
    """Return the blind index of a pickup code."""
    return seal.index(f"pickup:{code}")


async def _open(conn: Connection, keeper: Actor, suborder_id: UUID) -> tuple[LockedOrder, LockedSuborder, _OwnPickup]:
    """Lock the order of a parcel for the keeper of its point."""
    order = await lock_order_by_suborder(conn, suborder_id)
    pickup = await GET_OWN_PICKUP.maybe(conn, suborder_id=suborder_id, account_id=keeper.account_id)
    if order is None or pickup is None:
        raise NotFound
    suborder = next(each for each in await load_suborders(conn, order.id) if each.id == suborder_id)
    assert suborder.kind is SuborderKind.GOODS, "only parcels are picked up"
    return order, suborder, pickup


async def _create_code(conn: Connection, seal: Seal) -> tuple[str, bytes]:
    """Return a code that no parcel has or had, and its blind index."""
    codes = [f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}}" for _ in range(_CANDIDATES)]
    hashes = {index_pickup_code(seal, code): code for code in codes}
    used = set(await LIST_USED_CODES.all(conn, hashes=list(hashes)))
    code_hash = next(each for each in hashes if each not in used)
    return hashes[code_hash], code_hash


async def _audit(conn: Connection, keeper: Actor, action: str, suborder_id: UUID, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(keeper.account_id), action=action, object=f"suborder:{suborder_id}", detail={}, now=now
    )
