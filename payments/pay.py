"""Collecting money: open, start, close, change the method, expire.

What a payment is goes into the database and is committed before the provider is called; what the provider answered goes
in after. No call happens inside a transaction, and every function that calls is safe to repeat.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from payments.errors import GatewayUnavailable, Refusal
from payments.models import (
    CLOSED,
    Action,
    AlreadyPaid,
    AlreadyPaying,
    Method,
    NotOffline,
    Part,
    Payment,
    PaymentClosed,
    PaymentDeclined,
    PaymentId,
    PaymentState,
    ProviderDisagrees,
    Purpose,
    UnevenParts,
    UnknownPayment,
    instant,
)
from payments.money import Amount
from payments.operations import (
    FIND_OPERATION,
    SEND,
    SEND_CANCEL,
    SETTLE,
    Operation,
    create_key,
    leave_unknown,
    settle_operation,
    unanswered,
)
from payments.port import Charge, ChargeRequest, Declined, Gateway, Ok, Outcome, Unknown
from payments.sql import Connection, Database, Query
from payments.truth import (
    EXPIRED,
    LOCK_PAYMENT,
    PARTS,
    PAYMENT_COLUMNS,
    book_capture,
    book_charge,
    move_payment,
)

HOLD = timedelta(minutes=30)
"""How long a payment may stay unfinished unless the caller says otherwise."""
MOST_PARTS = 100
CANCELED = "canceled"

# Opened with its parts and the operation that will create it: one statement, or none of it.
OPEN = Query(
    Payment,
    """
    WITH opened AS (
        INSERT INTO payments.payments (order_ref, purpose, method, currency, amount_minor, return_url, opened_at,
                                       expires_at)
        VALUES (:order, :purpose, :method, :currency, :minor, :return_url, :at, :expires_at)
        ON CONFLICT DO NOTHING
        RETURNING """
    + PAYMENT_COLUMNS
    + """
    ), listed AS (
        INSERT INTO payments.parts (payment_id, seq, name, minor, discount_minor)
        SELECT opened.id, place, part, part_minor, part_discount
          FROM opened,
               unnest(:names::text[], :minors::bigint[], :discounts::bigint[])
                   WITH ORDINALITY AS given (part, part_minor, part_discount, place)
    ), written AS (
        INSERT INTO payments.operations (payment_id, kind, key)
        SELECT id, 'create', 'create:' || id FROM opened WHERE method <> 'bank'
    )
    SELECT """
    + PAYMENT_COLUMNS
    + " FROM opened",
)
FIND = Query(Payment, "SELECT " + PAYMENT_COLUMNS + " FROM payments.payments WHERE id = :payment_id")
OF_ORDER = Query(
    Payment,
    "SELECT " + PAYMENT_COLUMNS + " FROM payments.payments WHERE order_ref = :order ORDER BY id DESC LIMIT 100",
)
CLOSE_FOR = Query(None, "UPDATE payments.payments SET reason = :reason WHERE id = :payment_id")
ASK_LATER = Query(
    None,
    """
    UPDATE payments.payments SET ask_at = clock_timestamp() + interval '2 minutes'
     WHERE id = :payment_id AND ask_at IS NULL AND state <> 'captured' AND closed_at IS NULL
    """,
)
EXPIRING = Query(
    UUID,
    """
    SELECT id FROM payments.payments
     WHERE state IN ('created', 'requires_action') AND expires_at <= :now
     ORDER BY expires_at
     LIMIT :most
    """,
)


async def open_payment(
    conn: Connection,
    *,
    order: str,
    amount: Amount,
    method: Method | str,
    parts: Sequence[Part],
    purpose: Purpose = Purpose.FULL,
    return_url: str | None = None,
    expires_at: datetime | None = None,
    at: datetime | None = None,
) -> Payment:
    """Write down what is owed and to whom, in the caller's transaction; the provider is called later by `start`.

    `order` is the caller's own reference, without blanks, up to 90 characters. What the parts come to, less the
    discounts that the platform bears, is `amount`. `return_url` is where the provider sends the payer back to; a real
    Alipay payment needs one. It expires 30 minutes after `at` unless told otherwise; `at` defaults to now.

    Raises:
        UnevenParts: the parts do not come to the amount, or there are none, over 100, or two of one name.
        AlreadyPaying: the order has a live payment (for a deposit and a balance: one each).
    """
    given = sum(part.minor - part.discount_minor for part in parts)
    names = {part.name for part in parts}
    if given != amount.minor or not 0 < len(parts) <= MOST_PARTS or len(names) != len(parts):
        raise UnevenParts(parts_minor=given, amount_minor=amount.minor)
    opened_at = instant(at)
    payment = await OPEN.maybe(
        conn,
        order=order,
        purpose=purpose,
        method=Method(method),
        currency=amount.currency,
        minor=amount.minor,
        return_url=return_url,
        at=opened_at,
        expires_at=expires_at or opened_at + HOLD,
        names=[part.name for part in parts],
        minors=[part.minor for part in parts],
        discounts=[part.discount_minor for part in parts],
    )
    if payment is None:
        raise AlreadyPaying(order=order)
    return payment


async def find_payment(conn: Connection, payment_id: PaymentId) -> Payment:
    """Return a payment.

    Raises:
        UnknownPayment: there is none such.
    """
    payment = await FIND.maybe(conn, payment_id=payment_id)
    if payment is None:
        raise UnknownPayment
    return payment


async def payments_of(conn: Connection, order: str) -> list[Payment]:
    """Return the payments of an order, newest first, at most 100."""
    return await OF_ORDER.all(conn, order=order)


async def live_payment(conn: Connection, order: str, purpose: Purpose = Purpose.FULL) -> Payment | None:
    """Return the payment of an order that is under way or went through, or None."""
    found = await payments_of(conn, order)
    return next((each for each in found if each.purpose is purpose and each.state not in CLOSED), None)


async def lock_payment(conn: Connection, payment_id: PaymentId) -> Payment:
    """Lock a payment's row for this transaction; always before its refunds and before any account.

    Raises:
        UnknownPayment: there is none such.
    """
    payment = await LOCK_PAYMENT.maybe(conn, payment_id=payment_id)
    if payment is None:
        raise UnknownPayment
    return payment


async def start(db: Database, gateway: Gateway, payment_id: PaymentId, *, at: datetime | None = None) -> Action:
    """Create the payment at the provider and return what the payer has to do.

    Safe to repeat: the same key goes out again, and a payment that was started answers with the action it has. A bank
    transfer and a payment that went through have an empty one.

    Raises:
        UnknownPayment: there is none such.
        PaymentClosed: it ended without money.
        PaymentDeclined: the provider said no; the payment has failed.
        GatewayUnavailable: no answer; press again, or `finish_operations` finds out.
        ProviderDisagrees: the provider made something else than was asked.
    """
    async with db.transaction() as conn:
        payment = await lock_payment(conn, payment_id)
        if payment.state in CLOSED:
            raise PaymentClosed(state=payment.state)
        if payment.state is not PaymentState.CREATED or payment.method is Method.BANK:
            return payment.action or Action()
        operation = await SEND.maybe(conn, key=create_key(payment_id))
        if operation is None:
            return Action()
        await ASK_LATER.run(conn, payment_id=payment_id)
    payment = await carry_out_create(db, gateway, payment, operation, at=instant(at))
    if payment.state in CLOSED:
        raise PaymentDeclined(reason=payment.reason)
    return payment.action or Action()


async def carry_out_create(
    db: Database, gateway: Gateway, payment: Payment, operation: Operation, *, at: datetime
) -> Payment:
    """Send a `create` that is marked as sent, or ask about it where it is too old to send, and book the outcome.

    Raises:
        GatewayUnavailable: the outcome is still unknown.
        ProviderDisagrees: the provider made something else than was asked.
    """
    if operation.stale:
        outcome = await _ask_for(gateway, payment)
    else:
        request = ChargeRequest(payment.id, payment.order_ref, payment.amount, payment.method, payment.return_url)
        outcome = await gateway.create(request, operation.key)
    try:
        async with db.transaction() as conn:
            locked = await lock_payment(conn, payment.id)
            await settle_operation(conn, operation, outcome)
            match outcome:
                case Ok(value=charge):
                    locked = await book_charge(conn, locked, charge, at)
                case Declined(code=code) if locked.state is PaymentState.CREATED:
                    locked = await move_payment(conn, locked, PaymentState.FAILED, at=at, reason=code)
                case _:
                    pass
    except ProviderDisagrees as error:
        await leave_unknown(db, operation, str(error))
        raise
    if isinstance(outcome, Unknown):
        raise unanswered(outcome)
    return locked


async def _ask_for(gateway: Gateway, payment: Payment) -> Outcome[Charge]:
    try:
        charge = await gateway.find_charge(payment.id)
    except GatewayUnavailable as error:
        return Unknown(str(error))
    return Declined("never_arrived") if charge is None else Ok(charge)


async def close_payment(
    db: Database, gateway: Gateway, payment_id: PaymentId, *, why: str = CANCELED, at: datetime | None = None
) -> Payment:
    """End an unfinished payment, at the provider first; `why` is `canceled` or `expired`. Safe to repeat.

    Raises:
        UnknownPayment: there is none such.
        AlreadyPaid: it went through, perhaps just now; that is booked.
        GatewayUnavailable: it could not be ended, and may still go through.
        ProviderDisagrees: the provider holds something else than was asked.
    """
    moment = instant(at)
    async with db.transaction() as conn:
        payment = await lock_payment(conn, payment_id)
        if payment.state in CLOSED:
            return payment
        if payment.state is PaymentState.CAPTURED:
            raise AlreadyPaid
        create = await FIND_OPERATION.maybe(conn, key=create_key(payment_id))
        if create is None or create.state == "pending":
            if create is not None:
                await SETTLE.run(conn, operation_id=create.id, state="declined", error="closed before it was sent")
            return await move_payment(conn, payment, _end(why), at=moment, reason=why)
        await CLOSE_FOR.run(conn, payment_id=payment_id, reason=why)
        cancel = await SEND_CANCEL.one(conn, payment_id=payment_id)
        create = await SEND.maybe(conn, key=create_key(payment_id)) if payment.provider_ref is None else None
    if create is not None:
        payment = await carry_out_create(db, gateway, payment, create, at=moment)
    if payment.provider_ref is None:
        outcome = Declined("never_arrived")
    else:
        outcome = await gateway.cancel(payment.provider_ref, cancel.key)
    async with db.transaction() as conn:
        payment = await lock_payment(conn, payment_id)
        await settle_operation(conn, cancel, outcome)
        if isinstance(outcome, Ok):
            await book_charge(conn, payment, outcome.value, moment)
    return await _closed_or_refuse(db, payment_id)


def _end(why: str) -> PaymentState:
    return PaymentState.EXPIRED if why == EXPIRED else PaymentState.CANCELED


async def _closed_or_refuse(db: Database, payment_id: PaymentId) -> Payment:
    async with db.connection() as conn:
        payment = await find_payment(conn, payment_id)
    if payment.state is PaymentState.CAPTURED:
        raise AlreadyPaid
    if payment.state not in CLOSED:
        raise GatewayUnavailable(f"payment {payment_id} could not be ended")
    return payment


async def change_method(
    db: Database,
    gateway: Gateway,
    payment_id: PaymentId,
    *,
    method: Method | str,
    return_url: str | None = None,
    expires_at: datetime | None = None,
    at: datetime | None = None,
) -> Payment:
    """End a payment at the provider, then open another for the same order, sum and parts; `start` that one.

    Raises:
        UnknownPayment: there is none such.
        AlreadyPaid: the old one went through; nothing is opened.
        AlreadyPaying: another one was opened for the order meanwhile.
        GatewayUnavailable: the old one could not be ended; nothing is opened.
        ProviderDisagrees: the provider holds something else than was asked.
    """
    old = await close_payment(db, gateway, payment_id, at=at)
    async with db.transaction() as conn:
        return await open_payment(
            conn,
            order=old.order_ref,
            amount=old.amount,
            method=method,
            parts=await PARTS.all(conn, payment_id=payment_id),
            purpose=old.purpose,
            return_url=return_url,
            expires_at=expires_at,
            at=at,
        )


async def expire_payments(
    db: Database, gateway: Gateway, *, now: datetime | None = None, limit: int = 100
) -> list[PaymentId]:
    """End the unfinished payments whose time has passed, at most `limit`; return those that ended.

    One that went through just now is booked, one that cannot be ended now is tried again next time.
    """
    moment = instant(now)
    async with db.connection() as conn:
        due = await EXPIRING.all(conn, now=moment, most=limit)
    ended: list[PaymentId] = []
    for payment_id in due:
        try:
            await close_payment(db, gateway, PaymentId(payment_id), why=EXPIRED, at=moment)
        except (Refusal, GatewayUnavailable, ProviderDisagrees):
            continue
        ended.append(PaymentId(payment_id))
    return ended


async def record_transfer(
    conn: Connection, payment_id: PaymentId, *, reference: str, at: datetime | None = None
) -> Payment:
    """Book a bank transfer that has arrived, in the caller's transaction; `reference` is the bank's own number.

    Repeating changes nothing.

    Raises:
        UnknownPayment: there is none such.
        NotOffline: it is paid through a provider.
        PaymentClosed: it ended; what arrived needs a payment of its own.
    """
    payment = await lock_payment(conn, payment_id)
    if payment.method is not Method.BANK:
        raise NotOffline
    if payment.state in CLOSED:
        raise PaymentClosed(state=payment.state)
    if payment.state is PaymentState.CREATED:
        payment = await move_payment(conn, payment, PaymentState.PROCESSING, at=instant(at), ref=f"bank:{reference}")
    return await book_capture(conn, payment, instant(at))
