"""Change the days of a booked stay: the buyer asks or the host offers, the price is stated, the other side answers.

A stay is paid once, so new days never cost the buyer more. What they cost less is refunded whole.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Connection, Database, Fen, FieldFault, GatewayUnavailable, Query
from market.kernel.failures import forget_failure, record_failure
from market.kernel.language import say
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import notify_account, notify_producer
from market.sales.orders.models import SuborderState
from market.sales.orders.transitions import LockedOrder, LockedSuborder, load_suborders, lock_order_by_suborder
from market.sales.visits.changeable_stay import (
    END_CHANGE,
    ChangeableStay,
    NewDays,
    describe_change,
    load_changeable_stay,
    make_change,
    quote_days,
    require_bookable,
)
from market.sales.visits.models import (
    ANSWER_PERIOD,
    BookingChange,
    BookingChangeQuote,
    BookingChangeState,
    ChangeCostsMore,
    ChangeNotOpen,
    ChangeOpen,
    ChangePriceMoved,
    Proposer,
    TooManyChanges,
)
from market.sales.visits.read_changes import GET_BOOKING_CHANGE
from payments import Gateway, ProviderMismatch, RefundId, send_refund
from payments.money import format_yuan
from payments.retries import RetryPolicy, run_each

MAX_LAPSED_CHANGES = 500
MAX_CHANGES = 10
"""How many changes of a booking one side may propose, withdrawn ones included."""
LAPSE_JOB = "lapse_change"
LAPSE_RETRIES = RetryPolicy(first_delay=timedelta(minutes=1), max_delay=timedelta(hours=6))


class _LockedBookingChange(Struct, frozen=True):
    """A change, its stay and its order, which is locked."""

    order: LockedOrder
    suborder: LockedSuborder
    change: BookingChange


ADD_CHANGE = Query(
    UUID,
    """
    INSERT INTO booking_changes (suborder_id, proposed_by, nights, old_nights, paid_fen, price_fen, proposed_at,
                                 expires_at)
    VALUES (:suborder_id, :proposed_by, daterange(:arrive, :leave), daterange(:old_arrive, :old_leave), :paid_fen,
            :price_fen, :now, :expires_at)
    RETURNING id
    """,
)
COUNT_CHANGES = Query(
    int, "SELECT count(*) FROM booking_changes WHERE suborder_id = :suborder_id AND proposed_by = :proposed_by"
)
LIST_LAPSED_CHANGES = Query(
    UUID,
    """
    SELECT id FROM booking_changes
     WHERE state = 'proposed' AND expires_at <= :now
       AND NOT EXISTS (SELECT FROM jobs.failures
                        WHERE job = 'lapse_change' AND item = booking_changes.id AND next_at > clock_timestamp())
     ORDER BY expires_at
     LIMIT :limit
    """,
)
FIND_CHANGED_ORDER = Query(UUID, "SELECT suborder_id FROM booking_changes WHERE id = :id")
FIND_BUYERS_SUBORDER = Query(
    UUID,
    """
    SELECT suborders.id FROM suborders JOIN orders ON orders.id = order_id
     WHERE order_id = :order_id AND position = :position AND buyer_id = :buyer_id
    """,
)
FIND_HOSTS_SUBORDER = Query(
    UUID,
    """
    SELECT suborder_id FROM bookings JOIN suborders ON suborders.id = suborder_id
     WHERE bookings.id = :booking_id AND producer_id = ANY(:producer_ids::uuid[])
    """,
)


async def quote_change(
    conn: Connection, buyer: Actor, order_id: UUID, position: int, days: NewDays, *, now: datetime
) -> BookingChangeQuote:
    """Return what other days for a stay of the buyer's would cost, in the caller's transaction, which locks the order.

    Raises:
        NotFound: the order is not the buyer's, or has no such suborder.
        BookingNotChangeable: it is no paid stay, or its guests have come.
        ChangeInvalid, StayTooShort: the days cannot be booked; `errors` names the field.
        NotForSale, ShopClosed: the stay takes no bookings now.
        NightsTaken: the rooms are not free in these nights.
    """
    suborder_id = await FIND_BUYERS_SUBORDER.maybe(
        conn, order_id=order_id, position=position, buyer_id=buyer.account_id
    )
    if suborder_id is None:
        raise NotFound
    stay = await load_changeable_stay(conn, suborder_id, days, now=now)
    require_bookable(stay, days)
    return await quote_days(conn, stay, days, now=now)


async def propose_change(
    db: Database,
    gateway: Gateway,
    seal: Seal,
    buyer: Actor,
    order_id: UUID,
    *,
    position: int,
    days: NewDays,
    now: datetime,
) -> BookingChange:
    """Ask for other days for a stay of the buyer's; opens its own transactions.

    The change is made at once if the stay could be cancelled today for all of its money. Otherwise the host has 24
    hours to answer; the new nights are not kept free meanwhile.

    Raises:
        NotFound, BookingNotChangeable, ChangeInvalid, StayTooShort, NotForSale, ShopClosed, NightsTaken: see
            `quote_change`.
        ChangeCostsMore: the days cost more than was paid.
        ChangePriceMoved: the price is not the one that the buyer saw.
        ChangeOpen: another change waits for an answer.
        TooManyChanges: the buyer proposed ten.
        PaymentDisputed: a dispute over the order is open.
    """
    async with db.transaction() as conn:
        quote = await quote_change(conn, buyer, order_id, position, days, now=now)
        if days.price_fen is not None and days.price_fen != quote.price_fen:
            raise ChangePriceMoved(price=format_yuan(quote.price_fen))
        if quote.extra_fen:
            fault = FieldFault("leave_on", say("这几晚要 {0} 元，比付过的多", format_yuan(quote.price_fen)))
            raise ChangeCostsMore(extra=format_yuan(quote.extra_fen), errors=(fault,))
        suborder_id = await FIND_BUYERS_SUBORDER.one(
            conn, order_id=order_id, position=position, buyer_id=buyer.account_id
        )
        stay = await load_changeable_stay(conn, suborder_id, days, now=now)
        change = await _add_change(conn, stay, days, proposer=Proposer.BUYER, price_fen=quote.price_fen, now=now)
        refund_id = None
        if quote.at_once:
            refund_id = await make_change(conn, seal, stay, change, by=buyer.account_id, now=now)
        else:
            facts = describe_change(change)
            await notify_producer(conn, seal, stay.suborder.producer_id, "change_asked_seller", facts, now=now)
        change = await GET_BOOKING_CHANGE.one(conn, change_id=change.id)
    await _send_refund(db, gateway, refund_id, now=now)
    return change


async def offer_change(
    conn: Connection, seal: Seal, host: Actor, booking_id: UUID, days: NewDays, *, now: datetime
) -> BookingChange:
    """Offer the guest of one of the actor's bookings other days, in the caller's transaction.

    The guest pays nothing more and gets back what the new days cost less; the guest has 24 hours to accept. The host's
    own least number of nights does not apply.

    Raises:
        NotFound: the booking is not of the actor's stay.
        BookingNotChangeable: its guests have come, or it was cancelled.
        ChangeInvalid: the days cannot be booked; `errors` names the field.
        NightsTaken: the rooms are not free in these nights.
        ChangeOpen: another change waits for an answer.
        TooManyChanges: the host proposed ten.
    """
    suborder_id = await FIND_HOSTS_SUBORDER.maybe(conn, booking_id=booking_id, producer_ids=list(host.producers))
    if suborder_id is None:
        raise NotFound
    stay = await load_changeable_stay(conn, suborder_id, days, now=now)
    quote = await quote_days(conn, stay, days, now=now)
    price_fen = min(quote.price_fen, quote.paid_fen)
    change = await _add_change(conn, stay, days, proposer=Proposer.HOST, price_fen=price_fen, now=now)
    await notify_account(conn, seal, stay.order.buyer_id, "change_offered", describe_change(change), now=now)
    return change


async def answer_change(
    db: Database, gateway: Gateway, seal: Seal, actor: Actor, change_id: UUID, *, accept: bool, now: datetime
) -> BookingChange:
    """Accept or decline the change that the other side proposed; opens its own transactions.

    Raises:
        NotFound: the change is not of an order or a stay of the actor's, or the actor's side proposed it.
        ChangeNotOpen: it has ended, or no longer fits the booking.
        NightsTaken: the rooms are not free any more; the change stays open.
        PaymentDisputed: a dispute over the order is open.
    """
    refund_id = None
    async with db.transaction() as conn:
        locked = await _lock_change(conn, change_id)
        change, side = locked.change, _get_side(actor, locked)
        if side is None or side is change.proposed_by:
            raise NotFound
        if change.state is not BookingChangeState.PROPOSED or change.expires_at <= now:
            raise ChangeNotOpen
        if accept:
            days = NewDays(arrive_on=change.arrive_on, leave_on=change.leave_on)
            stay = await load_changeable_stay(conn, locked.suborder.id, days, now=now)
            refund_id = await make_change(conn, seal, stay, change, by=actor.account_id, now=now)
        else:
            await END_CHANGE.one(conn, id=change.id, state=BookingChangeState.DECLINED, now=now)
            await _notify_proposer(conn, seal, locked, "change_declined", now=now)
        change = await GET_BOOKING_CHANGE.one(conn, change_id=change.id)
    await _send_refund(db, gateway, refund_id, now=now)
    return change


async def withdraw_change(conn: Connection, actor: Actor, change_id: UUID, *, now: datetime) -> BookingChange:
    """Withdraw a change that the actor's side proposed, in the caller's transaction.

    Raises:
        NotFound: the change is not of an order or a stay of the actor's, or the other side proposed it.
        ChangeNotOpen: it has ended.
    """
    locked = await _lock_change(conn, change_id)
    if _get_side(actor, locked) is not locked.change.proposed_by:
        raise NotFound
    if await END_CHANGE.maybe(conn, id=change_id, state=BookingChangeState.WITHDRAWN, now=now) is None:
        raise ChangeNotOpen
    return await GET_BOOKING_CHANGE.one(conn, change_id=change_id)


async def lapse_changes(db: Database, seal: Seal, *, now: datetime) -> int:
    """End the changes that nobody answered in time, one per transaction; tell who proposed them, return how many.

    One that fails is tried again ever later and delays no other.
    """
    async with db.connection() as conn:
        due = await LIST_LAPSED_CHANGES.all(conn, now=now, limit=MAX_LAPSED_CHANGES)
    lapsed = 0

    async def lapse(change_id: UUID) -> None:
        nonlocal lapsed
        async with db.transaction() as conn:
            locked = await _lock_change(conn, change_id)
            if await END_CHANGE.maybe(conn, id=change_id, state=BookingChangeState.LAPSED, now=now) is None:
                return
            if locked.suborder.state is SuborderState.PAID:
                await _notify_proposer(conn, seal, locked, "change_lapsed", now=now)
        lapsed += 1
        await forget_failure(db, job=LAPSE_JOB, item=change_id)

    async def fail(change_id: UUID, error: Exception) -> None:
        await record_failure(db, LAPSE_RETRIES, job=LAPSE_JOB, item=change_id, error=error)

    await run_each(due, lapse, fail)
    return lapsed


def _get_side(actor: Actor, locked: _LockedBookingChange) -> Proposer | None:
    """Return the side of the actor; who bought from their own stay acts as its buyer."""
    if locked.order.buyer_id == actor.account_id:
        return Proposer.BUYER
    return Proposer.HOST if locked.suborder.producer_id in actor.producers else None


async def _lock_change(conn: Connection, change_id: UUID) -> _LockedBookingChange:
    """Lock the order of a change; all writers of a change hold this lock."""
    suborder_id = await FIND_CHANGED_ORDER.maybe(conn, id=change_id)
    order = None if suborder_id is None else await lock_order_by_suborder(conn, suborder_id)
    if order is None:
        raise NotFound
    [suborder] = [each for each in await load_suborders(conn, order.id) if each.id == suborder_id]
    return _LockedBookingChange(order, suborder, await GET_BOOKING_CHANGE.one(conn, change_id=change_id))


async def _add_change(
    conn: Connection, stay: ChangeableStay, days: NewDays, *, proposer: Proposer, price_fen: Fen, now: datetime
) -> BookingChange:
    booked = stay.bookings[0]
    if await COUNT_CHANGES.one(conn, suborder_id=stay.suborder.id, proposed_by=proposer) >= MAX_CHANGES:
        raise TooManyChanges(limit=MAX_CHANGES)
    try:
        change_id = await ADD_CHANGE.one(
            conn,
            suborder_id=stay.suborder.id,
            proposed_by=proposer,
            arrive=days.arrive_on,
            leave=days.leave_on,
            old_arrive=booked.arrive_on,
            old_leave=booked.leave_on,
            paid_fen=stay.suborder.goods_left_fen,
            price_fen=price_fen,
            now=now,
            expires_at=now + ANSWER_PERIOD,
        )
    except asyncpg.UniqueViolationError as error:
        raise ChangeOpen from error
    return await GET_BOOKING_CHANGE.one(conn, change_id=change_id)


async def _notify_proposer(
    conn: Connection, seal: Seal, locked: _LockedBookingChange, template: str, *, now: datetime
) -> None:
    facts = describe_change(locked.change)
    del facts["new"]
    if locked.change.proposed_by is Proposer.BUYER:
        await notify_account(conn, seal, locked.order.buyer_id, template, facts, now=now)
    else:
        await notify_producer(conn, seal, locked.suborder.producer_id, template, facts, now=now)


async def _send_refund(db: Database, gateway: Gateway, refund_id: RefundId | None, *, now: datetime) -> None:
    """Send the refund of a change; if the provider does not answer, a job sends it later."""
    if refund_id is not None:
        with suppress(GatewayUnavailable, ProviderMismatch):
            await send_refund(db, gateway, refund_id, at=now)
