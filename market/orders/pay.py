"""Pay for an order: store the payment, call the provider, return the instructions for the buyer."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.identity.models import Actor, NotFound
from market.kernel import Connection, Database, Fen
from market.orders.escrow import get_order_ref, get_suborder_ref
from market.orders.models import OrderAlreadyPaid, OrderNotPayable, OrderState
from market.orders.transitions import LockedOrder, load_suborders, lock_order
from payments import (
    Action,
    Amount,
    Gateway,
    Method,
    Part,
    Payment,
    PaymentId,
    PaymentState,
    change_method,
    find_live_payment,
    open_payment,
    start,
)

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

    Safe to repeat: an order has one live payment. A different method closes the open payment at the provider first.

    Raises:
        NotFound: the order is not the buyer's.
        OrderAlreadyPaid: the order is paid; nothing is charged twice.
        OrderNotPayable: the order was cancelled, or its deadline has passed.
        PaymentDeclined: the provider declined; trying again opens a new payment.
        GatewayUnavailable: the provider did not answer; try again.
        ProviderMismatch: the provider's charge differs from the payment.
    """
    async with db.transaction() as conn:
        order = await _lock_payable_order(conn, buyer, order_id, now)
        payment = await find_live_payment(conn, get_order_ref(order.number))
        if payment is None:
            payment = await _open_payment(conn, order, method, return_url, now)
    if payment.state is PaymentState.CAPTURED:
        raise OrderAlreadyPaid
    if payment.method is not method:
        payment = await change_method(
            db, gateway, payment.id, method=method, return_url=return_url, expires_at=order.pay_until, at=now
        )
    action = await start(db, gateway, payment.id, at=now)
    return _build_instructions(order, payment, action)


async def _lock_payable_order(conn: Connection, buyer: Actor, order_id: UUID, now: datetime) -> LockedOrder:
    order = await lock_order(conn, order_id)
    if order is None or order.buyer_id != buyer.account_id:
        raise NotFound
    if order.state in {OrderState.PAID, OrderState.FINISHED}:
        raise OrderAlreadyPaid
    if order.state is not OrderState.PLACED or order.pay_until <= now:
        raise OrderNotPayable(state=order.state if order.state is not OrderState.PLACED else OrderState.EXPIRED)
    return order


async def _open_payment(
    conn: Connection, order: LockedOrder, method: Method, return_url: str | None, now: datetime
) -> Payment:
    parts = [
        Part(
            name=get_suborder_ref(order.number, each.position),
            minor=each.goods_fen + each.freight_fen,
            discount_minor=each.discount_fen,
        )
        for each in await load_suborders(conn, order.id)
    ]
    return await open_payment(
        conn,
        order=get_order_ref(order.number),
        amount=Amount(order.total_fen, CURRENCY),
        method=method,
        parts=parts,
        return_url=return_url,
        expires_at=order.pay_until,
        at=now,
    )


def _build_instructions(order: LockedOrder, payment: Payment, action: Action) -> PaymentInstructions:
    return PaymentInstructions(
        payment.id,
        order.number,
        payment.method,
        order.total_fen,
        action.redirect_url,
        action.qr_code,
        action.qr_image,
    )
