"""Decide on a refund that waits for a second person: another member of the producer, or the county's finance."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from market.kernel import Connection, Database, GatewayUnavailable
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_producer, require_second_person_role
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.models import LineRefundReason, RefundRequestEnded, SecondPersonNeeded
from market.sales.aftersales.refund import describe_refund
from market.sales.orders.models import PaymentDisputed
from market.sales.orders.money.refund import RefundAmountTooHigh, refund_suborder
from market.sales.orders.money.refund_requests import (
    COUNT_WAITING_REFUNDS,
    DECIDE_REFUND_REQUEST,
    GET_REFUND_REQUEST,
    LAPSE_REFUND_REQUEST,
    LIST_PRODUCER_REFUND_REQUESTS,
    LapseReason,
    RefundRequestState,
    RequestedRefund,
)
from market.sales.orders.transitions import load_suborders, lock_order_by_suborder
from payments import Gateway, ProviderMismatch, RefundId, send_refund
from payments.errors import RefundExceedsPayment

MAX_REFUND_REQUESTS = 50
MAX_DECISION_NOTE_LENGTH = 200
_ACTIONS = {
    RefundRequestState.CONSENTED: "consent",
    RefundRequestState.REFUSED: "refuse",
    RefundRequestState.LAPSED: "lapse",
}


async def list_refund_requests(
    conn: Connection, actor: Actor, producer_id: UUID, *, suborder_id: UUID | None = None
) -> list[RequestedRefund]:
    """Return a producer's requested refunds, or those of one suborder: waiting ones first, then the latest, at most 50.

    Raises:
        NotFound: the actor does not work for the producer.
    """
    require_producer(actor, producer_id)
    return await LIST_PRODUCER_REFUND_REQUESTS.all(
        conn,
        producer_id=producer_id,
        suborder_id=suborder_id,
        account_id=actor.account_id,
        limit=MAX_REFUND_REQUESTS,
    )


async def count_waiting_refunds(conn: Connection, actor: Actor) -> int:
    """Return how many refunds of the producers that the actor works for wait for a second person."""
    return await COUNT_WAITING_REFUNDS.one(conn, producer_ids=list(actor.producers))


async def decide_refund_request(
    db: Database, gateway: Gateway, actor: Actor, request_id: UUID, *, consent: bool, note: str = "", now: datetime
) -> RequestedRefund:
    """Consent to a requested refund, which is then executed, or refuse it; opens its own transactions.

    A request whose order is disputed, or whose money is gone, lapses instead; the result says so. The person who
    requested it may refuse it, which withdraws it. Repeating a decision changes nothing. `note` is cut to 200
    characters.

    Raises:
        NotFound: the request does not exist, or the actor is neither of the producer nor of its county's finance.
        SecondFactorRequired: an official's session has no second factor.
        SecondPersonNeeded: the actor is the person who requested it, or the buyer, by this or another account.
        RefundRequestEnded: it was decided otherwise, or has lapsed.
        InsufficientBalance: the money was paid out to the producer; the request goes on waiting.
    """
    async with db.transaction() as conn:
        request, refund_id = await _decide(conn, actor, request_id, consent=consent, note=note, now=now)
    if refund_id is not None:
        # If the provider does not answer, a job sends the refund later.
        with suppress(GatewayUnavailable, ProviderMismatch):
            await send_refund(db, gateway, refund_id, at=now)
    return request


async def _decide(
    conn: Connection, actor: Actor, request_id: UUID, *, consent: bool, note: str, now: datetime
) -> tuple[RequestedRefund, RefundId | None]:
    unlocked = await GET_REFUND_REQUEST.maybe(conn, request_id=request_id, account_id=actor.account_id)
    if unlocked is None:
        raise NotFound
    require_second_person_role(actor, unlocked.producer_id, unlocked.county_code)
    # Decisions, cancellations and other refunds of the order wait for each other here.
    await lock_order_by_suborder(conn, unlocked.suborder_id)
    request = await GET_REFUND_REQUEST.one(conn, request_id=request_id, account_id=actor.account_id)
    state = RefundRequestState.CONSENTED if consent else RefundRequestState.REFUSED
    if request.state is state:
        return request, None
    if request.state is not RefundRequestState.WAITING:
        raise RefundRequestEnded(state=request.state)
    if consent and (request.own or request.bought):
        raise SecondPersonNeeded
    lapse = None
    refund_id = None
    if consent:
        try:
            async with conn.transaction():
                refund_id = await _execute(conn, request, now=now)
        except PaymentDisputed:
            lapse = LapseReason.DISPUTED
        except (RefundAmountTooHigh, RefundExceedsPayment):
            lapse = LapseReason.REFUNDED
    if lapse is not None:
        await LAPSE_REFUND_REQUEST.one(conn, request_id=request_id, reason=lapse, now=now)
        decided = replace(request, state=RefundRequestState.LAPSED, decided_at=now, lapse_reason=lapse)
    else:
        note = note.strip()[:MAX_DECISION_NOTE_LENGTH]
        await DECIDE_REFUND_REQUEST.one(
            conn, request_id=request_id, state=state, by=actor.account_id, note=note, now=now
        )
        decided = replace(request, state=state, decided_at=now, decision_note=note)
    await _audit(conn, actor, decided, now=now)
    return decided, refund_id


async def _execute(conn: Connection, request: RequestedRefund, *, now: datetime) -> RefundId | None:
    """Refund what was requested, under the request's own key and in the name of the account that requested it."""
    order = await lock_order_by_suborder(conn, request.suborder_id)
    assert order is not None, "a request belongs to an order"
    suborder = next(each for each in await load_suborders(conn, order.id) if each.id == request.suborder_id)
    refunds = await refund_suborder(
        conn,
        suborder,
        goods_fen=request.amount_fen,
        line_id=request.line_id,
        key=request.key,
        kind=describe_refund(suborder, LineRefundReason(request.reason)),
        reason=request.reason,
        by=request.requested_by,
        note=request.note,
        now=now,
    )
    return refunds[0].id if refunds else None


async def _audit(conn: Connection, actor: Actor, request: RequestedRefund, *, now: datetime) -> None:
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action=f"refund.{_ACTIONS[request.state]}",
        object=f"order:{request.order_number}",
        detail={
            "request": str(request.id),
            "amount_fen": request.amount_fen,
            "note": request.decision_note,
            "lapse_reason": request.lapse_reason,
        },
        now=now,
    )
