"""Paying for an order: Alipay leads to the provider's page, WeChat Pay shows a code to scan."""

import io
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import segno
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from minijinja import safe
from msgspec import Struct

from market.identity import Actor
from market.kernel import Database, Fen, GatewayUnavailable, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.orders import (
    NotPayable,
    OrderId,
    OrderState,
    OrderView,
    PaidAlready,
    act_on_payments,
    get_order,
    order_numbered,
    order_ref,
    pay_order,
)
from market.settings import Settings
from market.web.assets import origin_of
from market.web.cards import Number
from market.web.plumbing import fields, page, see_other, services
from payments import Method, ProviderDisagrees, ask, live_payment, start

Asked = Request[Any, Any, Any]


class Due(Struct, frozen=True):
    """What is to be paid, and until when."""

    number: int
    total_fen: Fen
    until: datetime


def pay_origins(settings: Settings) -> tuple[str, ...]:
    """Return where paying may lead to: the provider's own pages, as a form's target must be allowed by name."""
    if not settings.stripe_base:
        return ("https://*.stripe.com", "https://*.alipay.com")
    parts = urlsplit(settings.stripe_base)
    return (f"{parts.scheme}://{parts.netloc}",)


def qr_svg(text: str) -> str:
    """Draw a code as SVG without width, so that it takes the size of its frame."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=False, omitsize=True, border=2, svgclass=None, lineclass=None
    )
    drawn = out.getvalue().decode().strip()
    return safe(drawn.replace("<svg ", '<svg role="img" aria-label="付款二维码" ', 1))


async def go_to_pay(request: Asked, actor: Actor, order_id: OrderId, number: int, *, method: Method) -> Response[Any]:
    """Open the payment and lead to the provider's page, or to our page with the code.

    Where the provider says no or does not answer, our page says so and offers another try.
    """
    held = services(request)
    back = f"{origin_of(request)}/orders/{number}?back=1"
    try:
        paying = await pay_order(
            held.db, held.gateway, actor, order_id, method=method, return_url=back, now=held.clock.now()
        )
    except PaidAlready:
        return see_other(f"/orders/{number}")
    except (GatewayUnavailable, ProviderDisagrees):
        return see_other(f"/orders/{number}/pay?said=wait")
    except NotPayable:
        return see_other(f"/orders/{number}")
    except Refusal:
        return see_other(f"/orders/{number}/pay?said=declined")
    if method is Method.ALIPAY and paying.redirect_url:
        return see_other(paying.redirect_url)
    return see_other(f"/orders/{number}/pay")


_SAID = {
    "wait": "付款的地方没有回话，钱没有动，过一会儿再按一次。",
    "declined": "那边没有收这笔钱，钱没有动。换一种付法，或者再试一次。",
    "unpaid": "还没有收到您的付款。付好了等几秒，再按“我已付款”。",
}


async def _pay_page(request: Asked, actor: Actor, order: OrderView) -> Response[Any]:
    held = services(request)
    said = _SAID.get(str(request.query_params.get("said", "")), "")
    qr, address, rail = None, None, str(Method.ALIPAY)
    async with held.db.connection() as conn:
        payment = await live_payment(conn, order_ref(order.number))
    if payment is not None:
        rail = str(payment.method)
        try:
            action = await start(held.db, held.gateway, payment.id, at=held.clock.now())
        except (GatewayUnavailable, ProviderDisagrees, Refusal):
            said = said or _SAID["wait"]
        else:
            address = action.redirect_url
            if payment.method is Method.WECHAT and action.qr_code:
                qr = qr_svg(action.qr_code)
    context = {
        "order": Due(order.number, order.total_fen, order.pay_until),
        "rail": rail,
        "qr": qr,
        "address": address,
        "said": said,
    }
    return page(request, "shop/pay.html", context, actor=actor, pay_origins=pay_origins(held.settings))


async def look_whether_paid(request: Asked, number: int) -> bool | None:
    """Ask the provider about an order's payment and act on it, without waiting for its message.

    The caller has checked whose order it is. Returns None where the provider does not answer.
    """
    held = services(request)
    async with held.db.connection() as conn:
        payment = await live_payment(conn, order_ref(number))
    if payment is None:
        return False
    try:
        asked = await ask(held.db, held.gateway, payment.id, at=held.clock.now())
    except (GatewayUnavailable, ProviderDisagrees):
        return None
    if asked.captured_at is None:
        return False
    await act_on_payments(held.db, held.gateway, held.seal, now=held.clock.now())
    return True


@get("/orders/{number:int}/pay", include_in_schema=False)
async def show_paying(
    request: Asked,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: Number,
) -> Response[Any]:
    """Show how to pay an order that waits; one that does not wait is shown instead.

    Raises:
        NotFound: the order is not the person's.
    """
    async with db.connection() as conn:
        order = await get_order(conn, seal, actor, await order_numbered(conn, actor, number))
    if order.state is not OrderState.PLACED or order.pay_until <= clock.now():
        return see_other(f"/orders/{number}")
    return await _pay_page(request, actor, order)


@post("/orders/{number:int}/pay", include_in_schema=False)
async def choose_rail(
    request: Asked,
    *,
    db: NamedDependency[Database],
    actor: NamedDependency[Actor],
    number: Number,
) -> Response[Any]:
    """Pay by the rail that was chosen; another one ends the payment under way first.

    Raises:
        NotFound: the order is not the person's.
    """
    found = await fields(request)
    method = Method.WECHAT if found.get("rail") == Method.WECHAT else Method.ALIPAY
    async with db.connection() as conn:
        order_id = await order_numbered(conn, actor, number)
    return await go_to_pay(request, actor, order_id, number, method=method)


@post("/orders/{number:int}/asked", include_in_schema=False)
async def ask_whether_paid(
    request: Asked,
    *,
    db: NamedDependency[Database],
    actor: NamedDependency[Actor],
    number: Number,
) -> Response[Any]:
    """Ask the provider whether the order is paid, without waiting for its message.

    Raises:
        NotFound: the order is not the person's.
    """
    await fields(request)
    async with db.connection() as conn:
        await order_numbered(conn, actor, number)
    paid = await look_whether_paid(request, number)
    if paid:
        return see_other(f"/orders/{number}")
    return see_other(f"/orders/{number}/pay?said={'wait' if paid is None else 'unpaid'}")


ROUTES = [show_paying, choose_rail, ask_whether_paid]
