"""Paying for an order: written down first, then the provider is called, then the page is shown that takes the money."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.identity import Actor, NotFound
from market.kernel import Connection, Database, Fen
from market.orders.accounts import order_ref, part_of
from market.orders.models import NotPayable, OrderState, PaidAlready
from market.orders.move import OrderRow, lock_order, suborders_of_order
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
    live_payment,
    open_payment,
    start,
)

CURRENCY = "CNY"
"""The one currency of the market."""


class Paying(Struct, frozen=True):
    """What the buyer does next: open `redirect_url`, or scan `qr_code`; both empty where nothing is left to do."""

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
) -> Paying:
    """Open the order's payment, or continue the one under way, and return what the buyer does next.

    Safe to repeat: an order has one live payment. Another method closes the old payment at the provider first.

    Raises:
        NotFound: the order is not the buyer's.
        PaidAlready: it was paid; nothing is charged twice.
        NotPayable: it was cancelled, or its time is over.
        PaymentDeclined: the provider said no; another try opens a new payment.
        GatewayUnavailable: the provider did not answer; press again.
        ProviderDisagrees: the provider holds something else than was asked.
    """
    async with db.transaction() as conn:
        order = await _payable(conn, buyer, order_id, now)
        payment = await live_payment(conn, order_ref(order.number))
        if payment is None:
            payment = await _open(conn, order, method, return_url, now)
    if payment.state is PaymentState.CAPTURED:
        raise PaidAlready
    if payment.method is not method:
        payment = await change_method(
            db, gateway, payment.id, method=method, return_url=return_url, expires_at=order.pay_until, at=now
        )
    action = await start(db, gateway, payment.id, at=now)
    return _paying(order, payment, action)


async def _payable(conn: Connection, buyer: Actor, order_id: UUID, now: datetime) -> OrderRow:
    order = await lock_order(conn, order_id)
    if order is None or order.buyer_id != buyer.account_id:
        raise NotFound
    if order.state in {OrderState.PAID, OrderState.FINISHED}:
        raise PaidAlready
    if order.state is not OrderState.PLACED or order.pay_until <= now:
        raise NotPayable(state=order.state if order.state is not OrderState.PLACED else OrderState.EXPIRED)
    return order


async def _open(conn: Connection, order: OrderRow, method: Method, return_url: str | None, now: datetime) -> Payment:
    parts = [
        Part(part_of(order.number, each.position), each.goods_fen + each.freight_fen, each.discount_fen)
        for each in await suborders_of_order(conn, order.id)
    ]
    return await open_payment(
        conn,
        order=order_ref(order.number),
        amount=Amount(order.total_fen, CURRENCY),
        method=method,
        parts=parts,
        return_url=return_url,
        expires_at=order.pay_until,
        at=now,
    )


def _paying(order: OrderRow, payment: Payment, action: Action) -> Paying:
    return Paying(
        payment.id,
        order.number,
        payment.method,
        order.total_fen,
        action.redirect_url,
        action.qr_code,
        action.qr_image,
    )
