"""The provider's messages: stored once on receipt, acted on later by asking what is true."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct

from payments.errors import GatewayUnavailable, Refusal
from payments.models import (
    CLOSED,
    BadSignature,
    Payment,
    PaymentId,
    PaymentState,
    ProviderDisagrees,
    UnknownPayment,
    instant,
)
from payments.operations import CLAIM, Operation, settle_operation
from payments.pay import CANCELED, carry_out_create, close_payment, find_payment, lock_payment
from payments.port import Charge, Declined, Gateway
from payments.refund import send_refund
from payments.sql import Database, Query
from payments.truth import book_charge, book_disputes, book_refunds

LOG = logging.getLogger("payments")
MOST_BYTES = 1_048_576
"""The longest message that is taken."""
AT_ONCE = 4
"""How many charges are asked about at the same time."""


class Received(Struct, frozen=True):
    """A message that is stored; `fresh` is False for one that was there already."""

    event_id: str
    fresh: bool


class Applied(Struct, frozen=True):
    """How many messages were acted on, parked for later, and given up."""

    done: int = 0
    parked: int = 0
    dead: int = 0


class _Waiting(Struct, frozen=True):
    event_id: str
    topic: str
    object_ref: str


STORE = Query(
    str,
    """
    INSERT INTO payments.inbox (provider, event_id, topic, object_ref, body)
    VALUES (:provider, :event_id, :topic, :object_ref, :body)
    ON CONFLICT (provider, event_id) DO NOTHING
    RETURNING event_id
    """,
)
# The lease: a worker that dies leaves its messages to the next one after a minute.
CLAIM_MESSAGES = Query(
    _Waiting,
    """
    WITH due AS (
        SELECT event_id
          FROM payments.inbox
         WHERE provider = :provider AND state IN ('new', 'parked') AND next_at <= clock_timestamp()
         ORDER BY next_at
         LIMIT :most
           FOR UPDATE SKIP LOCKED
    )
    UPDATE payments.inbox SET attempts = attempts + 1, next_at = clock_timestamp() + interval '1 minute'
      FROM due
     WHERE provider = :provider AND inbox.event_id = due.event_id
    RETURNING inbox.event_id, topic, object_ref
    """,
)
DONE = Query(
    None,
    """
    UPDATE payments.inbox SET state = 'done', error = NULL
     WHERE provider = :provider AND event_id = ANY(:event_ids::text[])
    """,
)
# Tried again for a day, after 10 s, 20 s, 40 s … at most an hour; then a person has to look.
PARK = Query(
    str,
    """
    UPDATE payments.inbox
       SET state = CASE WHEN received_at < clock_timestamp() - interval '1 day' THEN 'dead' ELSE 'parked' END,
           error = :error,
           next_at = clock_timestamp() + least(interval '5 seconds' * (2 ^ least(attempts, 12)), interval '1 hour')
     WHERE provider = :provider AND event_id = ANY(:event_ids::text[])
    RETURNING state
    """,
)
KILL = Query(
    None,
    """
    UPDATE payments.inbox SET state = 'dead', error = :error
     WHERE provider = :provider AND event_id = ANY(:event_ids::text[])
    """,
)
REVIVE = Query(
    None,
    """
    UPDATE payments.inbox SET state = 'new', next_at = clock_timestamp(), error = NULL
     WHERE provider = :provider AND event_id = :event_id AND state = 'dead'
    """,
)
DUE_TO_ASK = Query(
    UUID,
    """
    WITH due AS (
        SELECT id FROM payments.payments
         WHERE ask_at <= clock_timestamp()
         ORDER BY ask_at LIMIT :most
           FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE payments.payments SET ask_at = clock_timestamp() + interval '5 minutes'
      FROM due
     WHERE payments.id = due.id
    RETURNING payments.id
    """,
)


async def receive(
    db: Database, gateway: Gateway, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None
) -> Received:
    """Verify a message and store it once, committed; answer 200 after that. `apply_events` acts on it.

    `now` is the real time (never a shifted business clock), for the message's freshness.

    Raises:
        BadSignature: it is not the provider's, not fresh, of the other mode, or over 1 MiB; nothing was stored.
    """
    if len(body) > MOST_BYTES:
        raise BadSignature(why="too long")
    notice = gateway.verify(headers, body, now or datetime.now(UTC))
    async with db.transaction() as conn:
        stored = await STORE.maybe(
            conn,
            provider=gateway.name,
            event_id=notice.id,
            topic=notice.topic,
            object_ref=notice.charge_ref,
            body=body,
        )
    return Received(notice.id, fresh=stored is not None)


async def apply_events(db: Database, gateway: Gateway, *, at: datetime | None = None, limit: int = 100) -> Applied:
    """Act on waiting messages, at most `limit`: ask the provider what is true about each charge and book it.

    Any order and any repetition ends in the same state. Several workers may run. A message about something that is not
    known here is parked and tried again for a day; what is dead stays for a person (`revive`).
    """
    async with db.transaction() as conn:
        waiting = await CLAIM_MESSAGES.all(conn, provider=gateway.name, most=min(limit, 1000))
    by_charge: dict[str, list[_Waiting]] = {}
    for message in waiting:
        by_charge.setdefault(message.object_ref, []).append(message)
    gate = asyncio.Semaphore(AT_ONCE)

    async def act(charge_ref: str, messages: list[_Waiting]) -> Applied:
        async with gate:
            return await _act(db, gateway, charge_ref, messages, instant(at))

    each = await asyncio.gather(*(act(charge_ref, messages) for charge_ref, messages in by_charge.items()))
    return Applied(sum(one.done for one in each), sum(one.parked for one in each), sum(one.dead for one in each))


async def _act(db: Database, gateway: Gateway, charge_ref: str, messages: list[_Waiting], at: datetime) -> Applied:
    """Act on the messages about one charge; whatever goes wrong with it is its own trouble, not that of the others."""
    ids = [message.event_id for message in messages]
    try:
        await _apply(db, gateway, charge_ref, messages, at)
    except ProviderDisagrees as why:
        async with db.transaction() as conn:
            await KILL.run(conn, provider=gateway.name, event_ids=ids, error=str(why)[:500])
        return Applied(dead=len(ids))
    except Exception as why:
        if not isinstance(why, GatewayUnavailable | UnknownPayment):
            LOG.exception("messages about %s could not be acted on", charge_ref)
        async with db.transaction() as conn:
            error = f"{type(why).__name__}: {why}"[:500]
            states = await PARK.all(conn, provider=gateway.name, event_ids=ids, error=error)
        return Applied(parked=states.count("parked"), dead=states.count("dead"))
    return Applied(done=len(ids))


async def _apply(db: Database, gateway: Gateway, charge_ref: str, messages: list[_Waiting], at: datetime) -> None:
    charge = await gateway.charge(charge_ref) if charge_ref else None
    if charge_ref and (charge is None or charge.payment_id is None):
        raise UnknownPayment
    if charge is not None:
        await _book_all(db, gateway, charge, {message.topic for message in messages}, at)
    async with db.transaction() as conn:
        await DONE.run(conn, provider=gateway.name, event_ids=[message.event_id for message in messages])


async def _book_all(db: Database, gateway: Gateway, charge: Charge, topics: Iterable[str], at: datetime) -> Payment:
    """Book a charge, and its refunds and disputes where a topic speaks of them.

    Raises:
        UnknownPayment: the charge is for no payment of ours.
        GatewayUnavailable: the provider did not answer about them.
        ProviderDisagrees: it holds something else than was asked.
    """
    said = " ".join(topics)
    refunds = await gateway.refunds(charge.ref) if "refund" in said else []
    disputes = await gateway.disputes(charge.ref) if "dispute" in said else []
    assert charge.payment_id is not None  # noqa: S101 - both callers have looked
    async with db.transaction() as conn:
        payment = await book_charge(conn, await lock_payment(conn, charge.payment_id), charge, at)
        await book_refunds(conn, payment, refunds, at)
        await book_disputes(conn, payment, disputes, at)
    return payment


async def ask(db: Database, gateway: Gateway, payment_id: PaymentId, *, at: datetime | None = None) -> Payment:
    """Ask the provider how a payment stands, refunds and disputes included, and book it: no message is needed.

    Raises:
        UnknownPayment: there is none such.
        GatewayUnavailable: the provider did not answer.
        ProviderDisagrees: it holds something else than was asked.
    """
    async with db.connection() as conn:
        payment = await find_payment(conn, payment_id)
    if payment.provider_ref is None:
        charge = await gateway.find_charge(payment_id)
    else:
        charge = await gateway.charge(payment.provider_ref)
    if charge is None or charge.payment_id is None:
        return payment
    return await _book_all(db, gateway, charge, ("refund", "dispute"), instant(at))


async def ask_due(db: Database, gateway: Gateway, *, at: datetime | None = None, limit: int = 100) -> int:
    """Ask about the unfinished payments of which nothing was heard for some minutes; return how many answered."""
    async with db.transaction() as conn:
        due = await DUE_TO_ASK.all(conn, most=min(limit, 1000))
    answered = 0
    for payment_id in due:
        try:
            await ask(db, gateway, PaymentId(payment_id), at=at)
        except (GatewayUnavailable, ProviderDisagrees):
            continue
        answered += 1
    return answered


async def finish_operations(db: Database, gateway: Gateway, *, at: datetime | None = None, limit: int = 100) -> int:
    """Take up the calls that were written and never settled: refunds to be sent, and all whose outcome is unknown.

    Return how many were settled. The rest waits longer each time; `verify` reports what stays unknown for a day.
    """
    async with db.transaction() as conn:
        due = await CLAIM.all(conn, most=min(limit, 1000))
    settled = 0
    for operation in due:
        try:
            match operation.kind:
                case "create":
                    async with db.connection() as conn:
                        payment = await find_payment(conn, operation.payment_id)
                    await carry_out_create(db, gateway, payment, operation, at=instant(at))
                case "cancel":
                    await _finish_cancel(db, gateway, operation, at)
                case _:
                    assert operation.refund_id is not None  # noqa: S101 - a constraint says so
                    await send_refund(db, gateway, operation.refund_id, at=at)
        except (GatewayUnavailable, ProviderDisagrees, Refusal):
            continue
        except Exception:
            # One call that goes wrong in a way of its own must not keep the others waiting.
            LOG.exception("operation %s could not be settled", operation.key)
            continue
        settled += 1
    return settled


async def _finish_cancel(db: Database, gateway: Gateway, operation: Operation, at: datetime | None) -> None:
    async with db.transaction() as conn:
        payment = await lock_payment(conn, operation.payment_id)
        ended = payment.state in CLOSED or payment.state is PaymentState.CAPTURED
        if ended:
            # It was paid, or failed, before the provider heard that we gave it up: nothing is left to cancel.
            await settle_operation(conn, operation, Declined("ended_without_it"))
    if not ended:
        await close_payment(db, gateway, payment.id, why=payment.reason or CANCELED, at=at)


async def revive(db: Database, gateway: Gateway, event_id: str) -> bool:
    """Set a dead message up to be acted on again; False where there is no dead one such."""
    async with db.transaction() as conn:
        return await REVIVE.run(conn, provider=gateway.name, event_id=event_id) == 1
