"""Parcels that stand still: shown to a person, who records that one was delivered, or lost, which refunds it."""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Database, Fen, GatewayUnavailable, Query
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_money_role, require_money_scopes
from market.people.identity.models import Actor, NotAllowed, NotFound
from market.people.notify.notifications import notify_account, notify_producer
from market.sales.carriers.models import UNPROVEN_PERIOD, Carrier, TrackingState
from market.sales.orders.cancel import cancel_suborders
from market.sales.orders.models import SuborderState
from market.sales.orders.money.money_problems import NothingToRepair
from market.sales.orders.money.repairs import MAX_TEXT_LENGTH, RepairTextMissing
from market.sales.orders.transitions import (
    LockedOrder,
    LockedSuborder,
    finish_order,
    load_suborders,
    lock_order_by_suborder,
)
from payments import Gateway, ProviderMismatch, RefundId, send_refund
from payments.money import format_yuan

MAX_UNMOVED = 200
LOST = "lost"
"""The reason of the refunds of lost parcels."""


class UnmovedParcel(Struct, frozen=True, kw_only=True):
    """A parcel that waits for a person; `own` if this person bought it or works for its seller.

    One that its buyer has `received` waits because the platform pays a part of it, which is kept back from the seller
    until somebody else knows that it arrived.
    """

    suborder_id: UUID
    order_number: int
    producer: str
    carrier: Carrier
    tracking: str
    state: TrackingState
    moved_at: datetime
    total_fen: Fen
    received: bool
    own: bool


# Who has an interest in a parcel leaves it to somebody else, under any of their accounts.
_IS_OWN = """
           (coalesce(is_same_person(buyer_id, :account_id::uuid), false)
            OR EXISTS (SELECT FROM producer_members m
                        WHERE m.producer_id = suborders.producer_id
                          AND is_same_person(m.account_id, :account_id::uuid)))
"""
LIST_UNMOVED = Query(
    UnmovedParcel,
    """
    SELECT suborder_id, orders.number AS order_number, producers.name AS producer, tracked_parcels.carrier,
           tracked_parcels.tracking, tracked_parcels.state, moved_at,
           suborders.goods_fen + suborders.freight_fen - suborders.discount_fen - suborders.refunded_fen AS total_fen,
           suborders.state = 'received' AS received, """
    + _IS_OWN
    + """ AS own
      FROM tracked_parcels
      JOIN suborders ON suborders.id = suborder_id
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
     WHERE (suborders.state = 'shipped'
            OR suborders.state = 'received' AND suborders.discount_fen > 0 AND received_at > :unproven_since)
       AND (tracked_parcels.state IN ('unknown', 'mismatched', 'returned', 'given_up')
            OR tracked_parcels.state = 'moving' AND moved_at <= :before)
       AND EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope WHERE starts_with(producers.county_code, scope))
     ORDER BY moved_at, suborder_id
     LIMIT :limit
    """,
)
GET_COUNTY = Query(
    str,
    "SELECT county_code FROM suborders JOIN producers ON producers.id = producer_id WHERE suborders.id = :suborder_id",
)
IS_OWN_PARCEL = Query(
    bool,
    "SELECT " + _IS_OWN + " FROM suborders JOIN orders ON orders.id = order_id WHERE suborders.id = :suborder_id",
)
RECORD_DELIVERY = Query(
    UUID,
    """
    UPDATE tracked_parcels SET state = 'delivered', delivered_at = :now, moved_at = :now
     WHERE suborder_id = :suborder_id AND state NOT IN ('waiting', 'delivered')
    RETURNING suborder_id
    """,
)
IS_UNDELIVERED = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM tracked_parcels
                    WHERE suborder_id = :suborder_id AND state NOT IN ('waiting', 'delivered'))
    """,
)


async def list_unmoved_parcels(conn: Connection, actor: Actor, *, days: int, now: datetime) -> list[UnmovedParcel]:
    """Return the parcels without a move for `days`, or unknown, sent back or given up, of the actor's counties.

    The one that has stood still longest comes first, at most 200.

    Raises:
        NotAllowed, SecondFactorRequired: the actor may not repair money.
    """
    return await LIST_UNMOVED.all(
        conn, before=now - timedelta(days=days), scopes=require_money_scopes(actor), account_id=actor.account_id,
        unproven_since=now - UNPROVEN_PERIOD, limit=MAX_UNMOVED,
    )  # fmt: skip


async def record_delivery(
    conn: Connection, seal: Seal, actor: Actor, suborder_id: UUID, *, basis: str, now: datetime
) -> None:
    """Record that a parcel was delivered as a person found out, in the caller's transaction; silence counts from now.

    The buyer is told, and can still claim or dispute. One that they confirmed themselves is not told of again; what is
    kept back of it is paid out.

    Raises:
        NotFound: there is no such parcel.
        NothingToRepair: it does not wait for a person any more.
        RepairTextMissing: the basis is empty or too long.
        NotAllowed, SecondFactorRequired: the actor may not repair this order's money, or has an interest in it.
    """
    order, suborder, basis = await _open(conn, actor, suborder_id, basis)
    if suborder.state is not SuborderState.SHIPPED and not suborder.discount_fen:
        raise NothingToRepair
    if await RECORD_DELIVERY.maybe(conn, suborder_id=suborder_id, now=now) is None:
        raise NothingToRepair
    await _audit(conn, actor, "parcel.delivered", suborder_id, basis=basis, now=now)
    if suborder.state is SuborderState.SHIPPED:
        await notify_account(conn, seal, order.buyer_id, "parcel_found", {"order": str(order.number)}, now=now)


async def refund_lost_parcel(
    db: Database, gateway: Gateway, seal: Seal, actor: Actor, suborder_id: UUID, *, basis: str, now: datetime
) -> None:
    """Cancel a parcel that was lost or sent back, and refund the buyer everything; opens its own transactions.

    Its units do not return to sale: nobody has them. The seller claims its loss from the carrier.

    Raises:
        NotFound: there is no such parcel.
        NothingToRepair: it does not wait for a person any more.
        RepairTextMissing: the basis is empty or too long.
        PaymentDisputed: a dispute over the order is open.
        NotAllowed, SecondFactorRequired: the actor may not repair this order's money, or has an interest in it.
    """
    async with db.transaction() as conn:
        refunds = await _refund(conn, seal, actor, suborder_id, basis=basis, now=now)
    for refund_id in refunds:
        # If the provider does not answer, a job sends the refund later.
        with suppress(GatewayUnavailable, ProviderMismatch):
            await send_refund(db, gateway, refund_id, at=now)


async def _refund(
    conn: Connection, seal: Seal, actor: Actor, suborder_id: UUID, *, basis: str, now: datetime
) -> list[RefundId]:
    order, suborder, basis = await _open(conn, actor, suborder_id, basis)
    if suborder.state is not SuborderState.SHIPPED or not await IS_UNDELIVERED.one(conn, suborder_id=suborder_id):
        raise NothingToRepair
    refunds = await cancel_suborders(
        conn, seal, order, [(suborder, suborder.goods_left_fen)], actor=str(actor.account_id), reason=LOST,
        by=actor.account_id, note=basis, restock=False, now=now,
    )  # fmt: skip
    await finish_order(conn, order.id, now=now)
    await _audit(conn, actor, "parcel.lost", suborder_id, basis=basis, now=now)
    facts = {"order": str(order.number), "amount": format_yuan(sum(each.amount_minor for each in refunds))}
    await notify_account(conn, seal, order.buyer_id, "parcel_lost", facts, now=now)
    await notify_producer(conn, seal, suborder.producer_id, "parcel_lost_seller", facts, now=now)
    return [each.id for each in refunds]


async def _open(
    conn: Connection, actor: Actor, suborder_id: UUID, basis: str
) -> tuple[LockedOrder, LockedSuborder, str]:
    """Lock the order of a parcel that was sent for an official who has no interest in it."""
    basis = clean_text(basis)
    if not 0 < len(basis) <= MAX_TEXT_LENGTH:
        raise RepairTextMissing(limit=MAX_TEXT_LENGTH)
    order = await lock_order_by_suborder(conn, suborder_id)
    if order is None:
        raise NotFound
    require_money_role(actor, [await GET_COUNTY.one(conn, suborder_id=suborder_id)])
    if await IS_OWN_PARCEL.one(conn, suborder_id=suborder_id, account_id=actor.account_id):
        raise NotAllowed
    suborder = next(each for each in await load_suborders(conn, order.id) if each.id == suborder_id)
    if suborder.state not in (SuborderState.SHIPPED, SuborderState.RECEIVED):
        raise NothingToRepair
    return order, suborder, basis


async def _audit(conn: Connection, actor: Actor, action: str, suborder_id: UUID, *, basis: str, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=action, object=f"suborder:{suborder_id}", detail={"basis": basis},
        now=now,
    )  # fmt: skip
