"""Pay for an order: store the payment, call the provider, return the instructions for the buyer."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Database, Fen, Query
from market.kernel.clock import get_business_day, get_day_start
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_month_day
from market.sales.orders.deposits import DepositPlan
from market.sales.orders.escrow import get_order_ref, get_suborder_ref
from market.sales.orders.models import (
    BalanceNotDue,
    OrderAlreadyPaid,
    OrderNotPayable,
    OrderState,
    PaidOnAcceptance,
    PaymentTerms,
)
from market.sales.orders.transitions import LockedOrder
from payments import (
    Action,
    Amount,
    Gateway,
    Method,
    Part,
    Payment,
    PaymentId,
    PaymentInProgress,
    PaymentState,
    Purpose,
    close_payment,
    find_live_payment,
    list_payments,
    open_payment,
    prepare_start,
    start,
    start_prepared,
)
from payments.models import CLOSED_STATES
from payments.operations import Operation
from payments.pay import PAYMENT_LIFETIME

CURRENCY = "CNY"
"""The only currency of the market."""


class PaymentInstructions(Struct, frozen=True):
    """The next step of the buyer: open `redirect_url` or scan `qr_code`; both are None if no step is left."""

    payment_id: PaymentId
    order_number: int
    method: Method
    amount_fen: Fen
    redirect_url: str | None
    qr_code: str | None
    qr_image: str | None


async def pay_order(
    db: Database,
    gateway: Gateway,
    buyer: Actor,
    order_id: UUID,
    *,
    method: Method,
    return_url: str | None,
    now: datetime,
) -> PaymentInstructions:
    """Open the order's payment, or continue the open one, and return the instructions for the buyer.

    Of an order that is paid in two parts, the deposit is paid first, and the balance in its window. Safe to repeat:
    each part of an order has one live payment. A different method closes the open payment at the provider first.

    Raises:
        NotFound: the order is not the buyer's.
        OrderAlreadyPaid: the order is paid; nothing is charged twice.
        OrderNotPayable: the order was cancelled, or its deadline has passed.
        PaidOnAcceptance: a public unit requested it.
        BalanceNotDue: the deposit is paid, and the window of the balance has not begun.
        PaymentInProgress: another payment was opened in the meantime.
        AlreadyPaid: the open payment was captured while it was to be closed for a different method.
        PaymentDeclined: the provider declined; trying again opens a new payment.
        GatewayUnavailable: the provider did not answer; try again.
        ProviderMismatch: the provider's charge differs from the payment.
    """
    order, payment, call = await _prepare(db, gateway, buyer, order_id, method=method, return_url=return_url, now=now)
    if payment.method is not method and payment.state is not PaymentState.CAPTURED:
        await close_payment(db, gateway, payment.id, at=now)
        # The order may have been cancelled while the provider closed the payment.
        order, payment, call = await _prepare(
            db, gateway, buyer, order_id, method=method, return_url=return_url, now=now
        )
    if payment.state is PaymentState.CAPTURED:
        raise OrderAlreadyPaid
    if payment.method is not method:
        raise PaymentInProgress(order=get_order_ref(order.number))
    if payment.method is Method.BANK:  # the provider knows nothing of it
        action = Action()
    elif call is not None:
        action = await start_prepared(db, gateway, payment, call, at=now)
    else:
        action = await start(db, gateway, payment.id, at=now)
    return _build_instructions(order, payment, action)


class _DuePart(Struct, frozen=True, kw_only=True):
    """What is to be paid now: an order, its deposit or its balance, and until when."""

    purpose: Purpose
    amount_fen: Fen
    expires_at: datetime


class _PayablePart(Struct, frozen=True, kw_only=True):
    """The price of a suborder as it was placed."""

    position: int
    goods_fen: Fen
    freight_fen: Fen
    discount_fen: Fen


class _PayableOrder(LockedOrder, frozen=True, kw_only=True):
    """A locked order with how it is paid, which never changes: the statement that waits for the lock may read it."""

    deposit: DepositPlan | None
    parts: list[_PayablePart]


LOCK_PAYABLE_ORDER = Query(
    _PayableOrder,
    """
    SELECT id, number, buyer_id, state, total_fen, pay_until, terms,
           (SELECT jsonb_build_object('deposit_fen', deposit_fen, 'balance_fen', balance_fen,
                                      'balance_from', balance_from, 'balance_until', balance_until)
              FROM deposits WHERE order_id = orders.id) AS deposit,
           ARRAY(SELECT jsonb_build_object('position', position, 'goods_fen', goods_fen, 'freight_fen', freight_fen,
                                           'discount_fen', discount_fen)
                   FROM suborders WHERE order_id = orders.id ORDER BY position) AS parts
      FROM orders WHERE id = :order_id FOR NO KEY UPDATE
    """,
)


async def _prepare(
    db: Database,
    gateway: Gateway,
    buyer: Actor,
    order_id: UUID,
    *,
    method: Method,
    return_url: str | None,
    now: datetime,
) -> tuple[_PayableOrder, Payment, Operation | None]:
    """Open the payment of what is due and prepare its start; without a call, the order has a live payment already."""
    async with db.transaction() as conn:
        order = await _lock_payable_order(conn, buyer, order_id)
        due = _get_due_part(order, now)
        payment = await _open_payment(conn, order, due, method=method, return_url=return_url, now=now)
        call = None if payment is None else await prepare_start(conn, gateway, payment)
        return order, payment or await _find_payment(conn, order, due), call


async def _lock_payable_order(conn: Connection, buyer: Actor, order_id: UUID) -> _PayableOrder:
    order = await LOCK_PAYABLE_ORDER.maybe(conn, order_id=order_id)
    if order is None or order.buyer_id != buyer.account_id:
        raise NotFound
    if order.state in {OrderState.PAID, OrderState.FINISHED}:
        raise OrderAlreadyPaid
    if order.terms is not PaymentTerms.PREPAID:
        raise PaidOnAcceptance
    return order


def _get_due_part(order: _PayableOrder, now: datetime) -> _DuePart:
    deposit = order.deposit
    if order.state is OrderState.DEPOSITED and deposit is not None:
        ends_at = get_day_start(deposit.balance_until + timedelta(days=1))
        if get_business_day(now) < deposit.balance_from:
            raise BalanceNotDue(day=format_month_day(deposit.balance_from))
        if ends_at <= now:
            raise OrderNotPayable(state=OrderState.EXPIRED)
        expires_at = min(now + PAYMENT_LIFETIME, ends_at)
        return _DuePart(purpose=Purpose.BALANCE, amount_fen=deposit.balance_fen, expires_at=expires_at)
    if order.state is not OrderState.PLACED or order.pay_until <= now:
        raise OrderNotPayable(state=order.state if order.state is not OrderState.PLACED else OrderState.EXPIRED)
    return _DuePart(
        purpose=Purpose.FULL if deposit is None else Purpose.DEPOSIT,
        amount_fen=order.total_fen if deposit is None else deposit.deposit_fen,
        expires_at=order.pay_until,
    )


async def _open_payment(
    conn: Connection, order: _PayableOrder, due: _DuePart, *, method: Method, return_url: str | None, now: datetime
) -> Payment | None:
    """Open the payment of the due part; return None if it has a live one."""
    parts: list[Part] = []
    for each in order.parts:
        minor, discount = each.goods_fen + each.freight_fen, each.discount_fen
        if due.purpose is Purpose.DEPOSIT:
            minor, discount = due.amount_fen, Fen(0)
        elif order.deposit is not None:
            minor -= order.deposit.deposit_fen
        if minor:  # a coupon of the seller may have paid all of it
            name = get_suborder_ref(order.number, each.position)
            parts.append(Part(name=name, minor=minor, discount_minor=discount))
    try:
        return await open_payment(
            conn,
            order=get_order_ref(order.number),
            amount=Amount(due.amount_fen, CURRENCY),
            method=method,
            parts=parts,
            purpose=due.purpose,
            return_url=return_url,
            expires_at=due.expires_at,
            at=now,
        )
    except PaymentInProgress:
        return None


async def _find_payment(conn: Connection, order: _PayableOrder, due: _DuePart) -> Payment:
    live = await find_live_payment(conn, get_order_ref(order.number), due.purpose)
    if live is None:
        raise PaymentInProgress(order=get_order_ref(order.number))
    return live


async def find_current_payment(conn: Connection, order_ref: str) -> Payment | None:
    """Return the latest payment of an order that has not failed: unfinished, or captured."""
    payments = await list_payments(conn, order_ref)
    return next((each for each in payments if each.state not in CLOSED_STATES), None)


def _build_instructions(order: LockedOrder, payment: Payment, action: Action) -> PaymentInstructions:
    return PaymentInstructions(
        payment.id,
        order.number,
        payment.method,
        Fen(payment.amount_minor),
        action.redirect_url,
        action.qr_code,
        action.qr_image,
    )
