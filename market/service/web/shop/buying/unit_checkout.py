"""单位采购 at checkout: the requester of a public unit orders by contract instead of paying."""

from datetime import datetime

from litestar.response import Redirect

from market.cases.casework.moves import get_person_scope
from market.kernel import Refusal
from market.people.identity.models import Actor
from market.sales.orders.cart_view import Cart
from market.sales.orders.models import PlacedOrder
from market.sales.procurement.models import NotOfPublicUnit, OrderNotForUnit, PurchaseRequest, SellersPurchase
from market.sales.procurement.request import request_purchase, require_unit_cart
from market.service.http import HttpRequest
from market.service.web.pages import redirect
from market.service.web.services import get_services
from market.service.web.shop.buying.rejected_checkout import CheckoutForm

UNIT_METHOD = ("unit", "单位采购：验收后对公转账")
"""How the requester of a public unit orders: the unit pays what it accepted."""
UNIT_REFUSALS: tuple[type[Refusal], ...] = (NotOfPublicUnit, OrderNotForUnit, SellersPurchase)


async def check_unit_cart(
    request: HttpRequest, actor: Actor, cart: Cart, values: CheckoutForm, *, voucher: bool, now: datetime
) -> None:
    """Require that a cart can be bought by contract, if the form says so.

    Raises:
        NotOfPublicUnit, OrderNotForUnit, SellersPurchase: it cannot.
    """
    if values.method != UNIT_METHOD[0]:
        return
    async with get_services(request).db.transaction(scope=get_person_scope(actor)) as conn:
        await require_unit_cart(conn, actor, cart, voucher=voucher, pickup=bool(values.pickup), now=now)


async def request_placed_order(request: HttpRequest, actor: Actor, placed: PlacedOrder, *, now: datetime) -> Redirect:
    """Request that the unit buys an order that was just placed, and redirect to its purchase.

    If the form was sent twice, or something changed since the cart was checked, redirect to the order, which says how
    it stands.
    """
    try:
        async with get_services(request).db.transaction(scope=get_person_scope(actor)) as conn:
            await request_purchase(conn, actor, PurchaseRequest(order_id=placed.id), now=now)
    except UNIT_REFUSALS:
        return redirect(f"/orders/{placed.number}")
    return redirect(f"/unit/orders/{placed.number}?done=requested")
