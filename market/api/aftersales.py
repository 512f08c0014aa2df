"""Shipping, arrival, receipt, refunds, reviews and statements, over JSON."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from market.aftersales import (
    CheckedIn,
    LineRefund,
    Parcel,
    Received,
    Statement,
    Why,
    check_in_guest,
    confirm_receipt,
    get_statement,
    parcels_of,
    refund_line,
    ship_suborder,
    write_review,
)
from market.api.plumbing import key_of, once
from market.identity import Actor
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.orders import SuborderState
from payments.stripe import Stripe


class Shipment(Struct, frozen=True, forbid_unknown_fields=True):
    """Who carries the parcel, and under which number; a producer who brings it (`自己送`) gives none."""

    carrier: Annotated[str, Meta(max_length=60)]
    tracking: Annotated[str, Meta(max_length=80)] = ""


class Shipped(Struct, frozen=True):
    """The parcel as it stands now."""

    suborder_id: UUID
    state: SuborderState


class CheckInRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The code that the guest shows."""

    code: Annotated[str, Meta(max_length=40)]


class ReceiptRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Which suborders were received, by position; everything that can be where nothing is said."""

    positions: Annotated[list[int], Meta(max_length=100)] | None = None


class ReviewRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """1 to 5 stars and a text; `listing_id` where the suborder has several listings."""

    rating: int
    text: Annotated[str, Meta(max_length=2000)] = ""
    listing_id: UUID | None = None


class RefundRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """How much goes back: a sum, or a share of the line in basis points."""

    reason: Why
    amount_fen: int | None = None
    share_bp: int | None = None
    note: Annotated[str, Meta(max_length=300)] = ""


class SuborderController(Controller):
    """What a producer does with its share of an order, and a buyer says of it."""

    path = "/api/v1/suborders"
    tags = ("aftersales",)

    @post("/{suborder_id:uuid}/shipment", operation_id="ShipSuborder", status_code=200)
    async def ship(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        suborder_id: FromPath[UUID],
        data: JSONBody[Shipment],
    ) -> Shipped:
        """Ship a parcel; another number given before receipt corrects the first."""
        async with db.transaction() as conn:
            state = await ship_suborder(
                conn, seal, actor, suborder_id, carrier=data.carrier, tracking=data.tracking, now=clock.now()
            )
        return Shipped(suborder_id, state)

    @post("/{suborder_id:uuid}/reviews", operation_id="WriteReview")
    async def review(
        self,
        *,
        request: Request[Any, Any, Any],
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        suborder_id: FromPath[UUID],
        data: JSONBody[ReviewRequest],
    ) -> Response[Any]:
        """Review what one has received, once."""
        return await once(
            request, db, actor,
            lambda conn: write_review(
                conn, actor, suborder_id, listing_id=data.listing_id, rating=data.rating, text=data.text,
                now=clock.now(),
            ),
        )  # fmt: skip


class AftersalesController(Controller):
    """Arrival, receipt and refunds."""

    path = "/api/v1"
    tags = ("aftersales",)

    @post("/check-ins", operation_id="CheckInGuest", status_code=200)
    async def check_in(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        data: JSONBody[CheckInRequest],
    ) -> CheckedIn:
        """Let a guest in by the code, which counts once."""
        async with db.transaction() as conn:
            return await check_in_guest(conn, seal, actor, data.code, now=clock.now())

    @post("/orders/{order_id:uuid}/receipt", operation_id="ConfirmReceipt", status_code=200)
    async def receive(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        order_id: FromPath[UUID],
        data: JSONBody[ReceiptRequest],
    ) -> Received:
        """Confirm receipt; only then does the money become the producer's."""
        async with db.transaction() as conn:
            return await confirm_receipt(conn, seal, actor, order_id, positions=data.positions, now=clock.now())

    @post("/order-lines/{line_id:uuid}/refunds", operation_id="RefundLine")
    async def refund(
        self,
        *,
        request: Request[Any, Any, Any],
        db: NamedDependency[Database],
        gateway: NamedDependency[Stripe],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        line_id: FromPath[UUID],
        data: JSONBody[RefundRequest],
    ) -> LineRefund:
        """Give back a sum or a share of a line, as its producer; the Idempotency-Key header names the refund."""
        return await refund_line(
            db, gateway, actor, line_id, key=key_of(request), reason=data.reason, amount_fen=data.amount_fen,
            share_bp=data.share_bp, note=data.note, now=clock.now(),
        )  # fmt: skip


class StatementController(Controller):
    """What a producer's people see of its orders and money."""

    path = "/api/v1/producers/{producer_id:uuid}"
    tags = ("aftersales",)

    @get("/statement", operation_id="GetStatement")
    async def statement(
        self,
        *,
        db: NamedDependency[Database],
        actor: NamedDependency[Actor],
        producer_id: FromPath[UUID],
        before: FromQuery[UUID | None] = None,
        limit: FromQuery[int] = 50,
    ) -> Statement:
        """Show what the producer is owed, what is still on its way, and the suborders behind both."""
        async with db.connection() as conn:
            return await get_statement(conn, actor, producer_id, before=before, limit=limit)

    @get("/suborders", operation_id="ListSuborders")
    async def suborders(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        producer_id: FromPath[UUID],
        standing: FromQuery[SuborderState] = SuborderState.PAID,
    ) -> list[Parcel]:
        """List the producer's parcels of one standing, oldest first: by default those to ship."""
        async with db.connection() as conn:
            return await parcels_of(conn, seal, actor, producer_id, states=(standing,))


ROUTES = [SuborderController, AftersalesController, StatementController]
