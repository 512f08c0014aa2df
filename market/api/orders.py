"""Cart, checkout, payment and cancellation, over JSON."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from market.api.plumbing import key_of
from market.identity import Actor
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.page import Page
from market.kernel.seal import Seal
from market.orders import (
    Address,
    Batcher,
    Cancelled,
    Cart,
    Line,
    ListingId,
    Nights,
    OrderBrief,
    OrderView,
    Paying,
    Placed,
    VariantId,
    cancel_order,
    find_placed,
    get_cart,
    get_order,
    list_orders,
    pay_order,
    place,
    place_cart,
    put_lines,
    put_nights,
    seal_address,
)
from market.settings import Settings
from payments import Method
from payments.idempotency import fingerprint
from payments.stripe import Stripe

_MOST_LISTED = 100


class LineWish(Struct, frozen=True, forbid_unknown_fields=True):
    """So much of a variant; 0 takes it out of the cart."""

    variant_id: UUID
    quantity: int


class NightsWish(Struct, frozen=True, forbid_unknown_fields=True):
    """Rooms of a stay from the night of `arrive_on` to the morning of `leave_on`; 0 rooms take it out of the cart."""

    listing_id: UUID
    arrive_on: date
    leave_on: date
    rooms: int = 1


class PutLines(Struct, frozen=True, forbid_unknown_fields=True):
    """Lines and nights to put into the cart; with `whole` they are all that stays in it."""

    lines: Annotated[list[LineWish], Meta(max_length=_MOST_LISTED)]
    nights: Annotated[list[NightsWish], Meta(max_length=_MOST_LISTED)] = []
    whole: bool = False


class PutNights(Struct, frozen=True, forbid_unknown_fields=True):
    """Nights to put into the cart; with `whole` they are all the nights that stay in it."""

    nights: Annotated[list[NightsWish], Meta(max_length=_MOST_LISTED)]
    whole: bool = False


class OrderRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Where it goes; without `lines` and `nights` the whole cart is ordered. `total_fen` is what the buyer saw."""

    address: Address
    lines: Annotated[list[LineWish], Meta(max_length=_MOST_LISTED)] | None = None
    nights: Annotated[list[NightsWish], Meta(max_length=_MOST_LISTED)] | None = None
    total_fen: int | None = None


class PaymentRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """By what to pay: `alipay` answers with a page to open, `wechat` with a code to scan."""

    method: Method


class CancelRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Which suborders to cancel, by position; all of them where nothing is said."""

    positions: Annotated[list[int], Meta(max_length=_MOST_LISTED)] | None = None


def _lines(wishes: list[LineWish]) -> list[Line]:
    return [Line(VariantId(each.variant_id), each.quantity) for each in wishes]


def _nights(wishes: list[NightsWish]) -> list[Nights]:
    return [Nights(ListingId(each.listing_id), each.arrive_on, each.leave_on, each.rooms) for each in wishes]


async def _fingerprint(request: Request[Any, Any, Any]) -> bytes:
    return fingerprint(request.method, request.url.path, await request.body())


class CartController(Controller):
    """The cart of who is signed in."""

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
        """Show the cart by producer, with freight to a region, and what of it cannot be ordered now."""
        async with db.connection() as conn:
            return await get_cart(conn, actor.account_id, region_code=region_code, now=clock.now())

    @put("/lines", operation_id="PutCartLine")
    async def put_line(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        data: JSONBody[PutLines],
    ) -> Cart:
        """Set quantities in the cart: one line, or a whole cart at once."""
        now = clock.now()
        async with db.transaction() as conn:
            await put_lines(conn, actor.account_id, _lines(data.lines), whole=data.whole, now=now)
            if data.nights or data.whole:
                await put_nights(conn, actor.account_id, _nights(data.nights), whole=data.whole, now=now)
            return await get_cart(conn, actor.account_id, now=now)

    @put("/nights", operation_id="PutCartNights")
    async def put_nights(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        data: JSONBody[PutNights],
    ) -> Cart:
        """Set the nights wanted of one stay, or of several at once."""
        now = clock.now()
        async with db.transaction() as conn:
            await put_nights(conn, actor.account_id, _nights(data.nights), whole=data.whole, now=now)
            return await get_cart(conn, actor.account_id, now=now)


class OrderController(Controller):
    """The orders of who is signed in."""

    path = "/api/v1/orders"
    tags = ("orders",)

    @post(operation_id="PlaceOrder")
    async def place(
        self,
        *,
        request: Request[Any, Any, Any],
        db: NamedDependency[Database],
        batcher: NamedDependency[Batcher],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
        settings: NamedDependency[Settings],
        data: JSONBody[OrderRequest],
    ) -> Placed:
        """Place an order of the whole cart, or of the lines and nights given; the Idempotency-Key header names it."""
        key, asked, now = key_of(request), await _fingerprint(request), clock.now()
        minutes = settings.pay_minutes
        known = await find_placed(db, actor.account_id, key, asked)
        if known is not None:
            return known
        if data.lines is None and data.nights is None:
            address = seal_address(seal, data.address, parcel=False)
            return await place_cart(
                db, batcher, actor.account_id, address=address, key=key, fingerprint=asked,
                total_fen=data.total_fen, now=now, pay_minutes=minutes,
            )  # fmt: skip
        address = seal_address(seal, data.address, parcel=bool(data.lines))
        return await place(
            batcher, actor.account_id, _lines(data.lines or []), nights=_nights(data.nights or []), address=address,
            key=key, fingerprint=asked, total_fen=data.total_fen, now=now, pay_minutes=minutes,
        )  # fmt: skip

    @get(operation_id="ListOrders")
    async def list(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        before: FromQuery[int | None] = None,
        limit: FromQuery[int] = 20,
    ) -> Page[OrderBrief]:
        """List one's orders, newest first."""
        async with db.connection() as conn:
            return await list_orders(conn, actor, before=before, limit=limit)

    @get("/{order_id:uuid}", operation_id="GetOrder")
    async def show(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        seal: NamedDependency[Seal],
        order_id: FromPath[UUID],
    ) -> OrderView:
        """Show one of one's own orders whole."""
        async with db.connection() as conn:
            return await get_order(conn, seal, actor, order_id)

    @post("/{order_id:uuid}/payment", operation_id="PayOrder", status_code=200)
    async def pay(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[Stripe],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        settings: NamedDependency[Settings],
        order_id: FromPath[UUID],
        data: JSONBody[PaymentRequest],
    ) -> Paying:
        """Begin or continue paying; repeating never charges twice."""
        back = f"{settings.public_url or f'http://{settings.host}:{settings.port}'}/orders/{order_id}"
        return await pay_order(db, gateway, actor, order_id, method=data.method, return_url=back, now=clock.now())

    @post("/{order_id:uuid}/cancellation", operation_id="CancelOrder", status_code=200)
    async def cancel(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[Stripe],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        order_id: FromPath[UUID],
        data: JSONBody[CancelRequest],
    ) -> Cancelled:
        """Cancel what is not shipped or used yet; nights give back by their tier."""
        return await cancel_order(db, gateway, seal, actor, order_id, positions=data.positions, now=clock.now())


ROUTES = [CartController, OrderController]
