"""Money that goes wrong after payment: refunds that do not arrive, and disputes that buyers open at the provider.

Buyer, producers and finance are told. While a dispute is open nothing of its order is released (`release_escrow` in
`market/sales/orders/escrow.py`); what was held back is released when the dispute ends.
"""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.bookings.models import BookingState
from market.catalogue.bookings.transitions import free_bookings
from market.catalogue.slots.models import ReservationState
from market.catalogue.slots.transitions import free_places
from market.catalogue.stock.reservations import return_sold
from market.kernel import Connection, Fen, Query, split
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.identity.access import MONEY_ROLES
from market.people.notify.notifications import PHONE_CONTEXT, notify_account, notify_money_owed, notify_producer
from market.people.notify.queue import queue_message
from market.sales.orders.escrow import get_escrow_account, get_order_ref, release_escrow
from market.sales.orders.models import SuborderState
from market.sales.orders.money.refund_requests import LapseReason, lapse_refund_requests
from market.sales.orders.transitions import LockedOrder, LockedSuborder, finish_order, load_suborders, move_suborders
from payments import PaymentEvent, get_balance, has_open_dispute
from payments.money import format_yuan

PROBLEM_TOPICS = ("refund.failed", "dispute.open", "dispute.won", "dispute.lost")
PAYMENTS_ACTOR = "payments"

# The county's finance of each producer of the order, and the platform's staff.
LIST_FINANCE_PHONES = Query(
    bytes,
    """
    SELECT DISTINCT phone_sealed
      FROM suborders
      JOIN producers ON producers.id = producer_id
      JOIN grants ON starts_with(county_code, scope) AND role = ANY(:roles::text[]) AND valid_during @> :day::date
      JOIN accounts ON accounts.id = account_id
     WHERE order_id = :order_id AND suborders.id = coalesce(:suborder_id::uuid, suborders.id)
       AND phone_sealed IS NOT NULL AND accounts.closed_at IS NULL
     LIMIT 10
    """,
)


class _UnlostSuborder(Struct, frozen=True):
    id: UUID
    left_fen: Fen


# What the buyer's bank took back is neither owed nor refunded; an invoice of it is reduced.
LIST_UNLOST = Query(
    _UnlostSuborder,
    """
    SELECT id, greatest(goods_fen + freight_fen - discount_fen - refunded_fen - lost_fen, 0) AS left_fen
      FROM suborders WHERE id = ANY(:suborder_ids::uuid[]) ORDER BY id
    """,
)
ADD_LOSS = Query(None, "UPDATE suborders SET lost_fen = lost_fen + :lost_fen WHERE id = :suborder_id")


async def notify_finance(
    conn: Connection,
    seal: Seal,
    order_id: UUID,
    template: str,
    facts: dict[str, str],
    *,
    suborder_id: UUID | None = None,
    now: datetime,
) -> None:
    """Queue a message to the officials who repair the money of an order, or of one suborder (`MONEY_ROLES`)."""
    phones = await LIST_FINANCE_PHONES.all(
        conn, order_id=order_id, suborder_id=suborder_id, roles=sorted(MONEY_ROLES), day=get_business_day(now)
    )
    for sealed in phones:
        await queue_message(conn, seal, phone=seal.open(sealed, PHONE_CONTEXT), template=template, facts=facts, now=now)


async def apply_payment_problem(
    conn: Connection, seal: Seal, order: LockedOrder, event: PaymentEvent, now: datetime
) -> None:
    """Act on one event of `PROBLEM_TOPICS` about a locked order."""
    facts = {"order": str(order.number), "amount": format_yuan(int(event.facts["minor"] or 0))}
    match event.topic:
        case "refund.failed":
            await _notify_failed_refund(conn, seal, order, event, facts=facts, now=now)
        case "dispute.open":
            ids = [each.id for each in await load_suborders(conn, order.id)]
            await lapse_refund_requests(conn, ids, LapseReason.DISPUTED, now=now)
            await _notify_everyone(conn, seal, order, "dispute_opened", facts=facts, now=now)
        case "dispute.won":
            await _notify_everyone(conn, seal, order, "dispute_won", facts=facts, now=now)
            await _release_held_back(conn, seal, order, now)
        case _:
            await _notify_everyone(conn, seal, order, "dispute_lost", facts=facts, now=now)
            await _record_loss(conn, order, Fen(int(event.facts["minor"] or 0)))
            await _cancel_unpaid_parts(conn, order, now)
            await _release_held_back(conn, seal, order, now)


async def _notify_failed_refund(
    conn: Connection, seal: Seal, order: LockedOrder, event: PaymentEvent, *, facts: dict[str, str], now: datetime
) -> None:
    """Tell everyone once, and finance again when no automatic retry is left."""
    if event.facts["attempt"] == 1:
        await _notify_everyone(conn, seal, order, "refund_failed", facts=facts, now=now)
    elif event.facts["retries_left"] == 0:
        await notify_finance(conn, seal, order.id, "refund_failed_finance", facts, now=now)


async def _notify_everyone(
    conn: Connection, seal: Seal, order: LockedOrder, template: str, *, facts: dict[str, str], now: datetime
) -> None:
    await notify_account(conn, seal, order.buyer_id, template, facts, now=now)
    producers = dict.fromkeys(each.producer_id for each in await load_suborders(conn, order.id))
    for producer_id in producers:
        await notify_producer(conn, seal, producer_id, f"{template}_seller", facts, now=now)
    await notify_finance(conn, seal, order.id, f"{template}_finance", facts, now=now)


async def _record_loss(conn: Connection, order: LockedOrder, lost_fen: Fen) -> None:
    """Divide what a lost dispute took among the suborders, in proportion to what was left of what each was paid."""
    suborders = await load_suborders(conn, order.id)
    left = await LIST_UNLOST.all(conn, suborder_ids=[each.id for each in suborders])
    shares = split(min(lost_fen, sum(each.left_fen for each in left)), [each.left_fen for each in left])
    await ADD_LOSS.run_many(
        conn, [{"suborder_id": each.id, "lost_fen": share} for each, share in zip(left, shares, strict=True) if share]
    )


async def _release_held_back(conn: Connection, seal: Seal, order: LockedOrder, now: datetime) -> None:
    """Release the escrow of received suborders that was held back, unless another dispute is open."""
    if await has_open_dispute(conn, get_order_ref(order.number)):
        return
    for each in _sort_by_producer(await load_suborders(conn, order.id)):
        if each.state is SuborderState.RECEIVED and each.payable_fen is None:
            await notify_money_owed(conn, seal, each.producer_id, await release_escrow(conn, each, now=now), now=now)


async def _cancel_unpaid_parts(conn: Connection, order: LockedOrder, now: datetime) -> None:
    """Cancel the suborders that were not shipped and whose money a lost dispute took completely."""
    unpaid = [
        each
        for each in await load_suborders(conn, order.id)
        if each.state in {SuborderState.DEPOSITED, SuborderState.PAID}
        and not await get_balance(conn, get_escrow_account(order.number, each.position))
    ]
    if not unpaid:
        return
    ids = [each.id for each in unpaid]
    note = "the buyer's bank took the payment back"
    await move_suborders(conn, ids, SuborderState.CANCELLED, actor=PAYMENTS_ACTOR, now=now, note=note)
    await return_sold(conn, ids, now=now)
    await free_bookings(conn, [order.id], state=BookingState.CANCELLED, suborder_ids=ids)
    await free_places(conn, [order.id], state=ReservationState.CANCELLED, suborder_ids=ids)
    await finish_order(conn, order.id, now=now)


def _sort_by_producer(suborders: list[LockedSuborder]) -> list[LockedSuborder]:
    """Sort by producer, so that transactions cannot deadlock on the producers' accounts."""
    return sorted(suborders, key=lambda each: each.producer_id)
