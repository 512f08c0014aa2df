"""Shipping, check-in, receipt, refunds and statements."""

from datetime import date
from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.page import Page
from market.kernel.seal import Seal
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.sales.aftersales.check_in import CheckIn, check_in_guest
from market.sales.aftersales.decide_refund import decide_refund_request, list_refund_requests
from market.sales.aftersales.models import InvalidCheckInCode, LineRefundReason
from market.sales.aftersales.parcels import Parcel, list_parcels
from market.sales.aftersales.receive import ReceiptConfirmation, confirm_receipt
from market.sales.aftersales.refund import LineRefund, refund_line
from market.sales.aftersales.ship import ship_suborder
from market.sales.aftersales.ship_parcels import MAX_SHIPMENTS, SentParcel, ship_parcels
from market.sales.aftersales.unsent import cancel_own_parcel
from market.sales.aftersales.weigh import LinePrice, WeighedLine, weigh_parcel
from market.sales.carriers.tracking import Tracking, get_tracking
from market.sales.orders.list_sales import SaleBrief, SaleFilters, SaleState, list_sales
from market.sales.orders.models import SuborderState
from market.sales.orders.money.refund_requests import RequestedRefund
from market.sales.payouts.statement import Statement, get_statement
from market.service.api.idempotency import get_idempotency_key
from market.service.api.parameters import PageSize
from market.service.http import HttpRequest
from payments import GuardedGateway


class ShipmentRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The carrier and tracking number of a parcel; no number if the producer delivers it (`自己送`)."""

    carrier: Annotated[str, Meta(max_length=60)]
    tracking: Annotated[str, Meta(max_length=80)] = ""


class ShipmentResult(Struct, frozen=True):
    """The suborder's state after shipping."""

    suborder_id: UUID
    state: SuborderState


class ShipmentList(Struct, frozen=True, forbid_unknown_fields=True):
    """Parcels to mark as sent, each with its carrier and number."""

    parcels: Annotated[list[SentParcel], Meta(min_length=1, max_length=MAX_SHIPMENTS)]


class ShipmentCount(Struct, frozen=True):
    """How many parcels are sent now."""

    shipped: int


class CheckInRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The check-in code that the guest shows."""

    code: Annotated[str, Meta(max_length=40)]


class ReceiptRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The positions of the received suborders; None confirms every parcel that was sent and every visit that began."""

    positions: Annotated[list[int], Meta(max_length=100)] | None = None


class WeightsRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The weights of lines that are sold by weight."""

    weights: Annotated[list[WeighedLine], Meta(min_length=1, max_length=100)]


class ParcelCancellation(Struct, frozen=True, forbid_unknown_fields=True):
    """Why the seller cannot send a parcel; the buyer reads it."""

    reason: Annotated[str, Meta(min_length=1, max_length=100)]


class RefundLineRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The refund of a line: an amount, or a share of the line in basis points."""

    reason: LineRefundReason
    amount_fen: int | None = None
    share_bp: int | None = None
    note: Annotated[str, Meta(max_length=300)] = ""


class RefundDecisionRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Consent to a requested refund, or refusal."""

    consent: bool
    note: Annotated[str, Meta(max_length=200)] = ""


class SuborderController(Controller):
    """Parcels, as their producer ships or cancels them."""

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
        data: JSONBody[ShipmentRequest],
    ) -> ShipmentResult:
        """Ship a parcel; shipping again before receipt corrects the tracking number."""
        async with db.transaction() as conn:
            state = await ship_suborder(
                conn, seal, actor, suborder_id, carrier=data.carrier, tracking=data.tracking, now=clock.now()
            )
        return ShipmentResult(suborder_id, state)

    @get("/{suborder_id:uuid}/tracking", operation_id="GetTracking")
    async def tracking(
        self, *, db: NamedDependency[Database], actor: NamedDependency[Actor], suborder_id: FromPath[UUID]
    ) -> Tracking:
        """Return where a parcel is, to its buyer and to its seller; not found if its carrier cannot be asked."""
        async with db.connection() as conn:
            return await get_tracking(conn, actor, suborder_id)

    @post("/{suborder_id:uuid}/weights", operation_id="WeighParcel", status_code=200)
    async def weigh(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        suborder_id: FromPath[UUID],
        data: JSONBody[WeightsRequest],
    ) -> list[LinePrice]:
        """Weigh lines of a paid parcel, once each: they are charged by weight, and the difference is refunded."""
        return await weigh_parcel(db, gateway, seal, actor, suborder_id, weights=data.weights, now=clock.now())

    @post("/{suborder_id:uuid}/cancellation", operation_id="CancelParcel", status_code=204)
    async def cancel(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        suborder_id: FromPath[UUID],
        data: JSONBody[ParcelCancellation],
    ) -> None:
        """Cancel a parcel that the seller cannot send; the buyer gets everything back. Repeating changes nothing."""
        await cancel_own_parcel(db, gateway, seal, actor, suborder_id, reason=data.reason, now=clock.now())


class AftersalesController(Controller):
    """Check-in, receipt and refunds."""

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
    ) -> CheckIn:
        """Check in a guest by code; each code works once."""
        async with db.transaction() as conn:
            outcome = await check_in_guest(conn, seal, actor, data.code, now=clock.now())
        if isinstance(outcome, InvalidCheckInCode):
            raise outcome
        return outcome

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
    ) -> ReceiptConfirmation:
        """Confirm receipt, which releases the escrow to the producer.

        Goods that were handed over without being sent are confirmed by their position only.
        """
        async with db.transaction() as conn:
            return await confirm_receipt(conn, seal, actor, order_id, positions=data.positions, now=clock.now())

    @post("/order-lines/{line_id:uuid}/refunds", operation_id="RefundLine", idempotent=True)
    async def refund(
        self,
        *,
        request: HttpRequest,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        line_id: FromPath[UUID],
        data: JSONBody[RefundLineRequest],
    ) -> LineRefund:
        """Refund an amount or a share of a line, as its producer; the Idempotency-Key header identifies the refund.

        Above the county's limit the refund waits for a second person: the response then has a `request_id`.
        """
        return await refund_line(
            db, gateway, seal, actor, line_id, key=get_idempotency_key(request), reason=data.reason,
            amount_fen=data.amount_fen, share_bp=data.share_bp, note=data.note, now=clock.now(),
        )  # fmt: skip

    @post("/refund-requests/{request_id:uuid}/decision", operation_id="DecideRefundRequest", status_code=200)
    async def decide_refund(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        request_id: FromPath[UUID],
        data: JSONBody[RefundDecisionRequest],
    ) -> RequestedRefund:
        """Consent to a requested refund or refuse it, as another member of the producer or as the county's finance.

        If its order was disputed or its money is gone, the request lapses instead, and the response says so.
        """
        return await decide_refund_request(
            db, gateway, actor, request_id, consent=data.consent, note=data.note, now=clock.now()
        )


class StatementController(Controller):
    """A producer's orders and money, for its members."""

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
        limit: FromQuery[PageSize] = 50,
    ) -> Statement:
        """Return the amounts owed to the producer and still in escrow, and the suborders they come from."""
        async with db.connection() as conn:
            return await get_statement(conn, actor, producer_id, before=before, limit=limit)

    @post("/shipments", operation_id="ShipParcels", status_code=200)
    async def ship_parcels(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        producer_id: FromPath[UUID],
        data: JSONBody[ShipmentList],
    ) -> ShipmentCount:
        """Mark several parcels as sent, all or none; repeating changes nothing."""
        require_producer(actor, producer_id)
        async with db.transaction() as conn:
            return ShipmentCount(await ship_parcels(conn, seal, actor, data.parcels, now=clock.now()))

    @get("/refund-requests", operation_id="ListRefundRequests")
    async def refund_requests(
        self, *, db: NamedDependency[Database], actor: NamedDependency[Actor], producer_id: FromPath[UUID]
    ) -> list[RequestedRefund]:
        """List the producer's requested refunds that need a second person: waiting ones first, then the latest."""
        async with db.connection() as conn:
            return await list_refund_requests(conn, actor, producer_id)

    @get("/suborders", operation_id="ListSuborders")
    async def suborders(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        producer_id: FromPath[UUID],
        standing: FromQuery[SuborderState] = SuborderState.PAID,
        after: FromQuery[UUID | None] = None,
    ) -> list[Parcel]:
        """List the producer's parcels in one state, oldest first, at most 200; by default those to ship.

        `after` is the id of the last one that was read before. The address is null before payment, after cancellation
        and from 30 days after receipt.
        """
        async with db.connection() as conn:
            return await list_parcels(conn, seal, actor, producer_id, states=(standing,), after=after, now=clock.now())

    @get("/sales", operation_id="ListSales")
    async def sales(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        producer_id: FromPath[UUID],
        suborder_state: FromQuery[SaleState | None] = None,
        paid_from: FromQuery[date | None] = None,
        paid_until: FromQuery[date | None] = None,
        listing_number: FromQuery[int | None] = None,
        q: FromQuery[str] = "",
        before: FromQuery[UUID | None] = None,
        limit: FromQuery[PageSize] = 20,
    ) -> Page[SaleBrief]:
        """List what was paid for, newest first; `q` is an order's number, else part of a recipient's name.

        A page reads at most 5,000 sales: one in which little is found may be short and still have a `next`.
        """
        filters = SaleFilters(
            state=suborder_state, paid_from=paid_from, paid_until=paid_until, listing_number=listing_number, text=q
        )
        async with db.connection() as conn:
            return await list_sales(conn, seal, actor, producer_id, filters, before=before, limit=limit)


ROUTES = [SuborderController, AftersalesController, StatementController]
