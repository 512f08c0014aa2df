"""The steps of a purchase before acceptance: approved by the unit, signed and delivered by the seller, or ended."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound
from market.people.identity.same_person import is_same_person
from market.people.notify.notifications import notify_account, notify_producer
from market.places.organisations.models import UnitDuty
from market.places.organisations.public_buyers import find_unit_seat
from market.sales.orders.cancel import cancel_unpaid
from market.sales.orders.contracts import set_order_terms
from market.sales.orders.models import OrderState, PaymentTerms
from market.sales.orders.transitions import LockedOrder, lock_order
from market.sales.procurement.models import (
    APPROVAL_TIME,
    CONTRACT_TIME,
    MAX_REASON_LENGTH,
    Handover,
    NotOfPublicUnit,
    Purchase,
    PurchaseDetail,
    PurchaseEnd,
    PurchaseInvalid,
    PurchaseState,
    PurchaseStepChanged,
    QuotaEntryKind,
    SamePersonTwice,
    SellersPurchase,
)
from market.sales.procurement.request import note_step, require_not_of_seller
from market.sales.procurement.rules import check_quantities
from market.sales.procurement.views import get_purchase, get_seat, read_purchase
from payments.money import format_yuan


class LockedPurchase(Struct, frozen=True):
    """A purchase whose order is locked."""

    order: LockedOrder
    purchase: Purchase


SET_APPROVED = Query(None, "UPDATE procurements SET approved_by = :by, approved_at = :now WHERE order_id = :order_id")
SET_SIGNED = Query(None, "UPDATE procurements SET signed_by = :by, signed_at = :now WHERE order_id = :order_id")
SET_DELIVERED = Query(
    None, "UPDATE procurements SET delivered_by = :by, delivered_at = :now WHERE order_id = :order_id"
)
SET_DELIVERED_LINES = Query(
    None,
    """
    UPDATE procurement_lines l SET delivered = quantity
      FROM unnest(:line_ids::uuid[], :quantities::integer[]) AS part (line_id, quantity)
     WHERE l.line_id = part.line_id AND l.order_id = :order_id
    """,
)
SET_ENDED = Query(
    None, "UPDATE procurements SET ended_by = :by, ended_at = :now, reason = :reason WHERE order_id = :order_id"
)
POST_ENTRY = Query(
    None,
    """
    INSERT INTO quota_entries (organisation_id, year, list, kind, fen, order_id, at)
    SELECT organisation_id, year, list, :kind, :fen::bigint, order_id, :now
      FROM procurements WHERE order_id = :order_id AND list IS NOT NULL AND :fen::bigint > 0
    """,
)


async def lock_purchase(
    conn: Connection, actor: Actor, number: int, states: Collection[PurchaseState], *, now: datetime
) -> LockedPurchase:
    """Lock a purchase of the actor's unit or seller, by its order.

    Raises:
        NotFound: there is none, or the actor works for neither now.
        PurchaseStepChanged: it is in none of `states`, or its order ended in the shop.
    """
    purchase = (await read_purchase(conn, actor, number, day=get_business_day(now))).purchase
    order = await lock_order(conn, purchase.order_id)
    assert order is not None, "a purchase has an order"
    purchase = (await get_purchase(conn, number)).purchase
    if purchase.state not in states or order.state is not OrderState.PLACED:
        raise PurchaseStepChanged(state="lapsed" if purchase.lapsed else purchase.state)
    return LockedPurchase(order, purchase)


async def post_entry(conn: Connection, order_id: UUID, kind: QuotaEntryKind, fen: int, *, now: datetime) -> None:
    """Post an entry of a purchase that counts, to the year of its order; one of nothing is not posted."""
    await POST_ENTRY.run(conn, order_id=order_id, kind=kind, fen=fen, now=now)


async def require_third_person(conn: Connection, actor: Actor, producer_id: UUID, *others: UUID | None) -> None:
    """Require that the actor is none of the people who did the other steps of the unit, nor of the seller.

    Raises:
        SellersPurchase: the actor works or worked for the seller, by whatever account.
        SamePersonTwice: the actor did another step, by whatever account.
    """
    await require_not_of_seller(conn, actor, producer_id)
    for each in others:
        if each is not None and await is_same_person(conn, account_id=actor.account_id, other_id=each):
            raise SamePersonTwice


async def is_third_person(conn: Connection, actor: Actor, purchase: Purchase) -> bool:
    """Return whether the actor could take the next step of the unit; see `require_third_person`."""
    try:
        await require_third_person(conn, actor, purchase.producer_id, purchase.requested_by, purchase.approved_by)
    except (SellersPurchase, SamePersonTwice):
        return False
    return True


async def approve_purchase(conn: Connection, seal: Seal, actor: Actor, number: int, *, now: datetime) -> Purchase:
    """Approve a purchase of the unit; the seller, who is told, has three days to sign.

    Raises:
        NotOfPublicUnit: the actor does not approve for a unit.
        NotFound: the unit has no such purchase.
        SamePersonTwice: the actor requested it.
        SellersPurchase: the actor works or worked for the seller.
        PurchaseStepChanged: it is at another step.
    """
    seat = await get_seat(conn, actor, UnitDuty.APPROVER, day=get_business_day(now))
    locked = await lock_purchase(conn, actor, number, {PurchaseState.REQUESTED}, now=now)
    _require_unit(locked.purchase, seat.organisation_id)
    await require_third_person(conn, actor, locked.purchase.producer_id, locked.purchase.requested_by)
    await SET_APPROVED.run(conn, order_id=locked.order.id, by=actor.account_id, now=now)
    await set_order_terms(conn, locked.order.id, PaymentTerms.REQUESTED, until=now + APPROVAL_TIME)
    facts = {"unit": locked.purchase.unit, "amount": format_yuan(locked.purchase.ordered_fen), "order": str(number)}
    await notify_producer(conn, seal, locked.purchase.producer_id, "purchase_to_sign", facts, now=now)
    await note_step(conn, actor, "approve", number, {}, now=now)
    return (await get_purchase(conn, number)).purchase


def _require_unit(purchase: Purchase, organisation_id: UUID) -> None:
    if purchase.organisation_id != organisation_id:
        raise NotFound


async def sign_contract(conn: Connection, seal: Seal, actor: Actor, number: int, *, now: datetime) -> Purchase:
    """Sign the contract as a member of the seller: the order no longer expires, and the unit's quota is committed.

    Raises:
        NotFound: there is no such purchase, or the actor does not work for its seller.
        PurchaseStepChanged: it is at another step.
    """
    locked = await lock_purchase(conn, actor, number, {PurchaseState.APPROVED}, now=now)
    require_producer(actor, locked.purchase.producer_id)
    await set_order_terms(conn, locked.order.id, PaymentTerms.CONTRACT, until=now + CONTRACT_TIME)
    await SET_SIGNED.run(conn, order_id=locked.order.id, by=actor.account_id, now=now)
    await post_entry(conn, locked.order.id, QuotaEntryKind.COMMITTED, locked.purchase.ordered_fen, now=now)
    facts = {"seller": locked.purchase.seller, "order": str(number)}
    await notify_account(conn, seal, locked.purchase.requested_by, "purchase_signed", facts, now=now)
    await note_step(conn, actor, "sign", number, {"fen": locked.purchase.ordered_fen}, now=now)
    return (await get_purchase(conn, number)).purchase


async def deliver_purchase(
    conn: Connection, seal: Seal, actor: Actor, number: int, delivery: Handover, *, now: datetime
) -> PurchaseDetail:
    """Record what the seller delivered of each line, at most what was ordered; the unit's acceptor comes next.

    Raises:
        NotFound: there is no such purchase, or the actor does not work for its seller.
        PurchaseStepChanged: it is at another step.
        PurchaseInvalid: a line is missing, or more than was ordered, or nothing was delivered.
    """
    locked = await lock_purchase(conn, actor, number, {PurchaseState.CONTRACTED}, now=now)
    require_producer(actor, locked.purchase.producer_id)
    quantities = check_quantities(delivery.lines, (await get_purchase(conn, number)).lines, most="ordered")
    if not any(quantities.values()):
        raise PurchaseInvalid(errors=(FieldFault("lines", "一样都没送，就不用记；送不了请写明原因了结"),))
    await SET_DELIVERED_LINES.run(
        conn, order_id=locked.order.id, line_ids=list(quantities), quantities=list(quantities.values())
    )
    await SET_DELIVERED.run(conn, order_id=locked.order.id, by=actor.account_id, now=now)
    facts = {"seller": locked.purchase.seller, "order": str(number)}
    await notify_account(conn, seal, locked.purchase.requested_by, "purchase_delivered", facts, now=now)
    await note_step(conn, actor, "deliver", number, {}, now=now)
    return await get_purchase(conn, number)


ENDABLE = (PurchaseState.REQUESTED, PurchaseState.APPROVED, PurchaseState.CONTRACTED)


async def end_purchase(
    conn: Connection, seal: Seal, actor: Actor, number: int, end: PurchaseEnd, *, now: datetime
) -> Purchase:
    """End a purchase of which nothing was delivered: its goods are for sale again, and what was committed is restored.

    The unit's requester or approver does, or the seller; the other side is told why.

    Raises:
        NotFound: there is no such purchase.
        NotOfPublicUnit: the actor neither requests nor approves for the unit, nor works for the seller.
        PurchaseStepChanged: something was delivered, or it ended.
        PurchaseInvalid: the reason is missing or too long.
    """
    locked = await lock_purchase(conn, actor, number, ENDABLE, now=now)
    bought = locked.purchase
    seat = await find_unit_seat(conn, actor.account_id, day=get_business_day(now))
    by_unit = seat is not None and seat.organisation_id == bought.organisation_id and seat.duty in {
        UnitDuty.REQUESTER, UnitDuty.APPROVER,
    }  # fmt: skip
    if not by_unit and bought.producer_id not in actor.producers:
        raise NotOfPublicUnit(duty="申请、审批")
    reason = clean_text(end.reason)
    if not 0 < len(reason) <= MAX_REASON_LENGTH:
        raise PurchaseInvalid(errors=(FieldFault("reason", f"写明白为什么，最多 {MAX_REASON_LENGTH} 字，对方看得到"),))
    await finish_without_goods(conn, actor, locked, reason, now=now)
    facts = {"unit": bought.unit, "order": str(number)}
    if by_unit:
        await notify_producer(conn, seal, bought.producer_id, "purchase_ended", facts, now=now)
    else:
        await notify_account(conn, seal, bought.requested_by, "purchase_ended", facts, now=now)
    return (await get_purchase(conn, number)).purchase


async def finish_without_goods(
    conn: Connection, actor: Actor, locked: LockedPurchase, reason: str, *, now: datetime
) -> None:
    """Cancel the order of a locked purchase of which nothing is accepted, and restore what was committed."""
    await cancel_unpaid(conn, locked.order, actor, now=now)
    await SET_ENDED.run(conn, order_id=locked.order.id, by=actor.account_id, now=now, reason=reason)
    if locked.purchase.signed_at is not None:
        await post_entry(conn, locked.order.id, QuotaEntryKind.RESTORED, Fen(locked.purchase.ordered_fen), now=now)
    await note_step(conn, actor, "end", locked.order.number, {"reason": reason}, now=now)
