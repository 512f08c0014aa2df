"""七天无理由退货: ask, send and withdraw as the buyer, answer and receive as the seller, decide as an official."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.sales.aftersales.answer_goods_return import answer_goods_return, confirm_goods_arrival, decide_goods_return
from market.sales.aftersales.goods_return import (
    OpenedGoodsReturn,
    ReturnedLine,
    open_goods_return,
    send_goods_return,
    withdraw_goods_return,
)
from market.sales.aftersales.goods_return_views import (
    GoodsReturn,
    list_assigned_returns,
    list_order_returns,
    list_producer_returns,
)
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from payments import GuardedGateway


class GoodsReturnRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The lines of one parcel that are returned; a reason is not required."""

    lines: Annotated[list[ReturnedLine], Meta(max_length=50)]
    text: Annotated[str, Meta(max_length=1000)] = ""


class GoodsReturnAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """The seller's consent with the address for the return, or its refusal with the reason, in `text`."""

    agree: bool
    text: Annotated[str, Meta(max_length=1000)]


class GoodsReturnParcel(Struct, frozen=True, forbid_unknown_fields=True):
    """How a return was sent."""

    carrier: Annotated[str, Meta(max_length=100)]
    tracking: Annotated[str, Meta(max_length=100)]


class GoodsArrival(Struct, frozen=True, forbid_unknown_fields=True):
    """The arrival of a return, with the seller's objection if there is one."""

    objection: Annotated[str, Meta(max_length=1000)] = ""


class GoodsReturnDecision(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An official's decision: `address` is needed if the goods were not sent yet."""

    grant: bool
    reason: Annotated[str, Meta(max_length=1000)]
    address: Annotated[str, Meta(max_length=1000)] = ""


class GoodsReturnController(Controller):
    """Returns of goods."""

    path = "/api/v1"
    tags = ("aftersales",)

    @post("/goods-returns", operation_id="ReturnGoods", idempotent=True)
    async def ask(
        self,
        *,
        request: HttpRequest,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        settings: NamedDependency[Settings],
        data: JSONBody[GoodsReturnRequest],
    ) -> Response[OpenedGoodsReturn]:
        """Ask to return lines of a parcel of yours until `MARKET_RETURN_DAYS` after receipt; not perishable goods."""
        return await run_once(
            request, db, actor,
            lambda conn: open_goods_return(
                conn, seal, actor, data.lines, text=data.text, days=settings.return_days, now=clock.now()
            ),
            scope=get_person_scope(actor),
        )  # fmt: skip

    @get("/orders/{order_id:uuid}/goods-returns", operation_id="ListOrderReturns")
    async def order_returns(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        order_id: FromPath[UUID],
    ) -> list[GoodsReturn]:
        """List the returns of your order; none for an order of somebody else."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_order_returns(conn, seal, actor, order_id)

    @get("/producers/{producer_id:uuid}/goods-returns", operation_id="ListProducerReturns")
    async def producer_returns(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        producer_id: FromPath[UUID],
    ) -> list[GoodsReturn]:
        """List the returns to the producer, those that wait for it first."""
        require_producer(actor, producer_id)
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_producer_returns(conn, seal, [producer_id])

    @get("/goods-returns", operation_id="ListAssignedReturns")
    async def assigned_returns(
        self, *, db: NamedDependency[Database], seal: NamedDependency[Seal], actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
    ) -> list[GoodsReturn]:  # fmt: skip
        """List the returns that your roles decide now, by deadline."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_assigned_returns(conn, seal, actor, now=clock.now())

    @post("/goods-returns/{case_id:uuid}/answer", operation_id="AnswerReturn", status_code=200)
    async def answer(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
        data: JSONBody[GoodsReturnAnswer],
    ) -> GoodsReturn:
        """Accept a return as the seller with the address for it, or say why not, and the county decides."""
        return await answer_goods_return(db, seal, actor, case_id, agree=data.agree, text=data.text, now=clock.now())

    @post("/goods-returns/{case_id:uuid}/parcel", operation_id="SendReturn", status_code=204)
    async def send(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
        data: JSONBody[GoodsReturnParcel],
    ) -> None:
        """Record the parcel of your accepted return; until its arrival another number replaces the first."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await send_goods_return(
                conn, seal, actor, case_id, carrier=data.carrier, tracking=data.tracking, now=clock.now()
            )

    @post("/goods-returns/{case_id:uuid}/withdrawal", operation_id="WithdrawReturn", status_code=204)
    async def withdraw(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
    ) -> None:
        """Withdraw your return before it is sent."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await withdraw_goods_return(conn, seal, actor, case_id, now=clock.now())

    @post("/goods-returns/{case_id:uuid}/arrival", operation_id="ConfirmReturn", status_code=200)
    async def arrive(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
        data: JSONBody[GoodsArrival],
    ) -> GoodsReturn:
        """Confirm as the seller that a return arrived, which refunds it, or object, and the next level decides."""
        return await confirm_goods_arrival(db, gateway, seal, actor, case_id, objection=data.objection, now=clock.now())

    @post("/goods-returns/{case_id:uuid}/decision", operation_id="DecideReturn", status_code=200)
    async def decide(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
        data: JSONBody[GoodsReturnDecision],
    ) -> GoodsReturn:
        """Decide a return that your role answers now; goods that were sent are refunded at once if it is granted."""
        return await decide_goods_return(
            db, gateway, seal, actor, case_id,
            grant=data.grant, reason=data.reason, address=data.address, now=clock.now(),
        )  # fmt: skip


ROUTES = [GoodsReturnController]
