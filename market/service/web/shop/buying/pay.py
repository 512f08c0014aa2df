"""Paying for an order: Alipay redirects to the provider's page, WeChat Pay shows a QR code to scan."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.kernel import Database, Fen, GatewayUnavailable
from market.kernel.clock import Clock
from market.kernel.language import say
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.models import Actor
from market.sales.orders.escrow import get_order_ref
from market.sales.orders.mark_paid import apply_payment_events
from market.sales.orders.models import BalanceNotDue, OrderAlreadyPaid, OrderId, OrderNotPayable
from market.sales.orders.pay import find_current_payment, pay_order
from market.sales.orders.queries import OrderView, get_order, get_order_id
from market.service.http import HttpRequest
from market.service.web.assets import get_origin
from market.service.web.forms import read_form
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.shop.cards import ShortNumber
from market.service.web.shop.orders.order_deposit import get_payment_step
from market.service.web.ui.qr_code import draw_qr_code
from payments import CircuitOpen, Method, PaymentDeclined, ProviderMismatch, poll_payment
from payments.models import METHODS

METHOD_OPTIONS = [(str(method), traits.name_zh) for method, traits in METHODS.items() if traits.stripe_type]
"""The methods to choose from: (value, name)."""


class PaymentDue(Struct, frozen=True):
    """An order to pay: the sum that is due now, and its deadline."""

    number: int
    total_fen: Fen
    until: datetime


def list_payment_origins(settings: Settings) -> tuple[str, ...]:
    """Return the origins of the provider's payment pages, for `form-action` of the Content-Security-Policy."""
    if not settings.stripe_base:
        return ("https://*.stripe.com", "https://*.alipay.com")
    parts = urlsplit(settings.stripe_base)
    return (f"{parts.scheme}://{parts.netloc}",)


def say_options(options: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return options to choose from in the page's language."""
    return [(value, say(words)) for value, words in options]


def read_method(text: str) -> Method:
    """Return the chosen method, or the first one if there is none."""
    return Method(text if text in dict(METHOD_OPTIONS) else METHOD_OPTIONS[0][0])


async def start_payment(
    request: HttpRequest, actor: Actor, order_id: OrderId, number: int, *, method: Method
) -> Response[Any]:
    """Start the payment and redirect to the provider's page, or to the page with the QR code.

    If the provider declines or does not respond, the payment page shows that and offers a retry.
    """
    services = get_services(request)
    back = f"{get_origin(request)}/orders/{number}?back=1"
    try:
        action = await pay_order(
            services.db, services.gateway, actor, order_id, method=method, return_url=back, now=services.clock.now()
        )
    except (BalanceNotDue, OrderAlreadyPaid, OrderNotPayable):
        return redirect(f"/orders/{number}")
    except CircuitOpen:
        return redirect(f"/orders/{number}/pay?said=later")
    except (GatewayUnavailable, ProviderMismatch):
        return redirect(f"/orders/{number}/pay?said=wait")
    except PaymentDeclined:
        return redirect(f"/orders/{number}/pay?said=declined")
    if action.redirect_url and not METHODS[method].scans:
        return redirect(action.redirect_url)
    return redirect(f"/orders/{number}/pay")


_NOTICES = {
    "wait": "付款的地方没有回话，还不知道付成没有。过一会儿再按一次，付过的不会重复扣。",
    "later": "付款的地方现在没有回话，这一次没有去付。过半分钟再按一次，付过的不会重复扣。",
    "declined": "那边没有收这笔钱，钱没有动。换一种付法，或者再试一次。",
    "unpaid": "还没有收到您的付款。付好了等几秒，再按“我已付款”。",
}


async def _pay_page(request: HttpRequest, actor: Actor, order: OrderView) -> Response[Any]:
    services = get_services(request)
    step = get_payment_step(order, services.clock.now())
    message = say(_NOTICES.get(str(request.query_params.get("said", "")), ""))
    qr, address, method = None, None, read_method("")
    async with services.db.connection() as conn:
        payment = await find_current_payment(conn, get_order_ref(order.number))
    if payment is not None and payment.purpose is step.purpose:
        method = payment.method
        if payment.action is None:
            message = message or say(_NOTICES["wait"])
        else:
            address = payment.action.redirect_url
            if METHODS[method].scans and payment.action.qr_code:
                qr = draw_qr_code(payment.action.qr_code, say("付款二维码"))
    context = {
        "order": PaymentDue(order.number, step.amount_fen, step.until),
        "method": str(method),
        "app": say(METHODS[method].app_zh),
        "methods": say_options(METHOD_OPTIONS),
        "qr": qr,
        "address": address,
        "message": message,
    }
    return render_page(
        request, "shop/pay.html", context, actor=actor, pay_origins=list_payment_origins(services.settings)
    )


async def refresh_payment(request: HttpRequest, number: int) -> bool | None:
    """Poll the provider for an order's payment and apply the result; return whether it is captured.

    The caller has checked the order's owner. Return None if the provider does not respond.
    """
    services = get_services(request)
    async with services.db.connection() as conn:
        payment = await find_current_payment(conn, get_order_ref(number))
    if payment is None:
        return False
    try:
        payment = await poll_payment(services.db, services.gateway, payment.id, at=services.clock.now())
    except (GatewayUnavailable, ProviderMismatch):
        return None
    if payment.captured_at is None:
        return False
    await apply_payment_events(
        services.db, services.gateway, services.seal, now=services.clock.now(), order_ref=get_order_ref(number)
    )
    return True


@get("/orders/{number:int}/pay", include_in_schema=False, english=True)
async def show_payment(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Show how to pay an unpaid order; redirect to any other order's page.

    Raises:
        NotFound: the order belongs to someone else.
    """
    async with db.connection() as conn:
        order = await get_order(conn, seal, actor, await get_order_id(conn, actor, number))
    if not get_payment_step(order, clock.now()).due:
        return redirect(f"/orders/{number}")
    return await _pay_page(request, actor, order)


@post("/orders/{number:int}/pay", include_in_schema=False, english=True)
async def submit_method(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Pay with the chosen method; this cancels a payment in progress with another method.

    Raises:
        NotFound: the order belongs to someone else.
    """
    form = await read_form(request)
    method = read_method(form.get_text("method"))
    async with db.connection() as conn:
        order_id = await get_order_id(conn, actor, number)
    return await start_payment(request, actor, order_id, number, method=method)


@post("/orders/{number:int}/asked", include_in_schema=False, english=True)
async def submit_refresh(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Poll the provider for the payment of the order, without waiting for its webhook.

    Raises:
        NotFound: the order belongs to someone else.
    """
    await read_form(request)
    async with db.connection() as conn:
        await get_order_id(conn, actor, number)
    paid = await refresh_payment(request, number)
    if paid:
        return redirect(f"/orders/{number}")
    return redirect(f"/orders/{number}/pay?said={'wait' if paid is None else 'unpaid'}")


ROUTES = [show_payment, submit_method, submit_refresh]
