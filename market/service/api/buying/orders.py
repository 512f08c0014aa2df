"""Cart, checkout, payment and cancellation."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from market.catalogue.slots.models import SlotId
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.idempotency import compute_fingerprint
from market.kernel.page import Page
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.kernel.structs import build_from
from market.people.identity.models import Actor
from market.sales.coupons.models import VoucherId
from market.sales.invoices.ask import ask_with_order
from market.sales.invoices.models import InvoiceDetails
from market.sales.invoices.rules import check_details
from market.sales.orders.address import Address, address_to_point, seal_address
from market.sales.orders.buy_again import buy_again
from market.sales.orders.cancel import Cancellation, cancel_order
from market.sales.orders.cart import put_cart
from market.sales.orders.cart_view import Cart, get_cart, price_cart
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.order_request import Companion
from market.sales.orders.checkout.place import find_placed_order, place
from market.sales.orders.checkout.place_cart import place_cart
from market.sales.orders.list_orders import OrderBrief, OrderGroup, list_orders
from market.sales.orders.models import Line, ListingId, Nights, PlacedOrder, VariantId
from market.sales.orders.pay import PaymentInstructions, pay_order
from market.sales.orders.queries import OrderView, get_order
from market.sales.pickup_points.models import PickupPointId
from market.sales.pickup_points.register import load_points
from market.service.api.aftersales.invoices import InvoiceRequest
from market.service.api.idempotency import get_idempotency_key
from market.service.api.parameters import PageSize
from market.service.http import HttpRequest
from payments import GuardedGateway, Method

_MAX_ITEMS = 100


class LineRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """A quantity of a variant; 0 removes it from the cart. Of an activity, places in one of its slots."""

    variant_id: UUID
    quantity: int
    slot_id: UUID | None = None


class NightsRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Rooms of a stay from the night of `arrive_on` to the morning of `leave_on`; 0 rooms remove it from the cart."""

    listing_id: UUID
    arrive_on: date
    leave_on: date
    rooms: int = 1


class CartLinesRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Lines and nights to put into the cart; with `whole` they replace its contents."""

    lines: Annotated[list[LineRequest], Meta(max_length=_MAX_ITEMS)]
    nights: Annotated[list[NightsRequest], Meta(max_length=_MAX_ITEMS)] = []
    whole: bool = False


class CartNightsRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Nights to put into the cart; with `whole` they replace its nights."""

    nights: Annotated[list[NightsRequest], Meta(max_length=_MAX_ITEMS)]
    whole: bool = False


class PlaceOrderRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """An order; without `lines` and `nights` the whole cart is ordered. `total_fen` is the total that the buyer saw.

    With another `cancel_terms` than the cart had (`GetCart`) what cancelling refunds was changed: nothing is placed.
    Each seller is asked for an `invoice`, due once the order is paid (`AskInvoice` later).
    `voucher_id` is a voucher of the buyer (`ClaimCoupon`) that the order uses. With `pickup_point_id`
    (`ListPickupPoints`) the parcels go to that point, which replaces region and street of the address.
    """

    address: Address
    lines: Annotated[list[LineRequest], Meta(max_length=_MAX_ITEMS)] | None = None
    nights: Annotated[list[NightsRequest], Meta(max_length=_MAX_ITEMS)] | None = None
    total_fen: int | None = None
    cancel_terms: Annotated[str, Meta(max_length=64)] | None = None
    voucher_id: UUID | None = None
    pickup_point_id: UUID | None = None
    invoice: InvoiceRequest | None = None

    @property
    def is_whole_cart(self) -> bool:
        """Whether the cart is ordered, not the items of this request."""
        return self.lines is None and self.nights is None


class PaymentRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The payment method; the payer opens a page (`alipay`) or scans a code (`wechat`)."""

    method: Method


class CancelOrderRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The positions of the suborders to cancel; None cancels all of them."""

    positions: Annotated[list[int], Meta(max_length=_MAX_ITEMS)] | None = None


def _build_lines(requests: list[LineRequest]) -> list[Line]:
    return [
        Line(VariantId(each.variant_id), each.quantity, SlotId(each.slot_id) if each.slot_id else None)
        for each in requests
    ]


def _build_nights(requests: list[NightsRequest]) -> list[Nights]:
    return [Nights(ListingId(each.listing_id), each.arrive_on, each.leave_on, each.rooms) for each in requests]


async def _compute_fingerprint(request: HttpRequest) -> bytes:
    return compute_fingerprint(request.method, request.url.path, await request.body())


async def _place(
    db: Database, batcher: Batcher, seal: Seal, actor: Actor, data: PlaceOrderRequest,
    *, key: str, fingerprint: bytes, companion: Companion | None, now: datetime, pay_minutes: int,
) -> PlacedOrder:  # fmt: skip
    voucher_id = None if data.voucher_id is None else VoucherId(data.voucher_id)
    point_id = None if data.pickup_point_id is None else PickupPointId(data.pickup_point_id)
    recipient = data.address
    if point_id is not None:
        async with db.connection() as conn:
            point = (await load_points(conn, [point_id])).get(point_id)
        recipient = data.address if point is None else address_to_point(data.address, point)
    if data.is_whole_cart:
        return await place_cart(
            db, batcher, actor.account_id, address=seal_address(seal, recipient, parcel=False), key=key,
            fingerprint=fingerprint, total_fen=data.total_fen,
            cancel_terms=data.cancel_terms, voucher_id=voucher_id, pickup_point_id=point_id, companion=companion,
            now=now, pay_minutes=pay_minutes,
        )  # fmt: skip
    address = seal_address(seal, recipient, parcel=any(each.slot_id is None for each in data.lines or []))
    return await place(
        batcher, actor.account_id, _build_lines(data.lines or []), nights=_build_nights(data.nights or []),
        address=address, key=key, fingerprint=fingerprint, total_fen=data.total_fen,
            cancel_terms=data.cancel_terms, now=now, pay_minutes=pay_minutes,
        voucher_id=voucher_id, pickup_point_id=point_id, companion=companion,
    )  # fmt: skip


class CartController(Controller):
    """The cart of the signed-in account."""

    path = "/api/v1/cart"
    tags = ("cart",)

    @get(operation_id="GetCart")
    async def show(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        region_code: FromQuery[str | None] = None,
    ) -> Cart:
        """Return the cart by producer, with freight to a region and the items that cannot be ordered now."""
        async with db.connection() as conn:
            return await get_cart(conn, actor.account_id, region_code=region_code, now=clock.now())

    @put("/lines", operation_id="PutCartLine")
    async def put_line(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        data: JSONBody[CartLinesRequest],
    ) -> Cart:
        """Set quantities in the cart: one line, or a whole cart at once."""
        now = clock.now()
        lines, nights = _build_lines(data.lines), _build_nights(data.nights)
        async with db.connection() as conn:
            contents = await put_cart(conn, actor.account_id, lines=lines, nights=nights, whole=data.whole, now=now)
            return await price_cart(conn, actor.account_id, contents, now=now)

    @put("/nights", operation_id="PutCartNights")
    async def put_nights(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        data: JSONBody[CartNightsRequest],
    ) -> Cart:
        """Set the nights of one or several stays in the cart."""
        now = clock.now()
        nights = _build_nights(data.nights)
        async with db.connection() as conn:
            contents = await put_cart(conn, actor.account_id, nights=nights, whole=data.whole, now=now)
            return await price_cart(conn, actor.account_id, contents, now=now)


class OrderController(Controller):
    """The orders of the signed-in account."""

    path = "/api/v1/orders"
    tags = ("orders",)

    @post(operation_id="PlaceOrder", idempotent=True)
    async def place(
        self,
        *,
        request: HttpRequest,
        db: NamedDependency[Database],
        batcher: NamedDependency[Batcher],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
        settings: NamedDependency[Settings],
        data: JSONBody[PlaceOrderRequest],
    ) -> PlacedOrder:
        """Place an order of the whole cart or of the requested items, once per Idempotency-Key header."""
        wanted = data.invoice and check_details(build_from(InvoiceDetails, data.invoice), under="invoice.")
        key, fingerprint, now = get_idempotency_key(request), await _compute_fingerprint(request), clock.now()
        placed = None
        if not data.is_whole_cart:  # `place_cart` looks itself
            placed = await find_placed_order(db, actor.account_id, key, fingerprint)
        if placed is None:
            placed = await _place(
                db,
                batcher,
                seal,
                actor,
                data,
                key=key,
                fingerprint=fingerprint,
                companion=None if wanted is None else ask_with_order(seal, actor, wanted, now=now),
                now=now,
                pay_minutes=settings.pay_minutes,
            )
        return placed

    @get(operation_id="ListOrders")
    async def list(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        group: FromQuery[OrderGroup | None] = None,
        q: FromQuery[str] = "",
        before: FromQuery[int | None] = None,
        limit: FromQuery[PageSize] = 20,
    ) -> Page[OrderBrief]:
        """List the account's orders, newest first; `q` is a number, else words of what was bought or of its sellers.

        A page reads at most 2,000 orders: one in which little is found may be short and still have a `next`.
        """
        async with db.connection() as conn:
            return await list_orders(conn, actor, group=group, text=q, before=before, limit=limit)

    @get("/{order_id:uuid}", operation_id="GetOrder")
    async def show(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        seal: NamedDependency[Seal],
        order_id: FromPath[UUID],
    ) -> OrderView:
        """Return an order of the account in full."""
        async with db.connection() as conn:
            return await get_order(conn, seal, actor, order_id)

    @post("/{number:int}/again", operation_id="BuyAgain", status_code=204)
    async def buy_again(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        number: FromPath[int],
    ) -> None:
        """Put the goods of an order of the account into its cart again, at today's prices."""
        async with db.transaction() as conn:
            await buy_again(conn, actor, number, now=clock.now())

    @post("/{order_id:uuid}/payment", operation_id="PayOrder", status_code=200)
    async def pay(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        settings: NamedDependency[Settings],
        order_id: FromPath[UUID],
        data: JSONBody[PaymentRequest],
    ) -> PaymentInstructions:
        """Start or resume paying an order; repeated requests never charge twice."""
        return_url = f"{settings.public_url or f'http://{settings.host}:{settings.port}'}/orders/{order_id}"
        return await pay_order(db, gateway, actor, order_id, method=data.method, return_url=return_url, now=clock.now())

    @post("/{order_id:uuid}/cancellation", operation_id="CancelOrder", status_code=200)
    async def cancel(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        order_id: FromPath[UUID],
        data: JSONBody[CancelOrderRequest],
    ) -> Cancellation:
        """Cancel suborders that are not shipped or used yet; stays and activities are refunded by their tier."""
        return await cancel_order(db, gateway, seal, actor, order_id, positions=data.positions, now=clock.now())


ROUTES = [CartController, OrderController]
