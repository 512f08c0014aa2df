"""坏果包赔: claim the bad share of a line, answer as the seller, decide as an official."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.sales.aftersales.bad_fruit import NewClaim, OpenedClaim, open_claim
from market.sales.aftersales.bad_fruit_views import (
    BadFruitClaim,
    list_assigned_claims,
    list_order_claims,
    list_producer_claims,
)
from market.sales.aftersales.decide_bad_fruit import ClaimAnswer, answer_claim, decide_claim
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from payments import GuardedGateway


class ClaimRequest(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`bad` of `total` pieces of a line are bad; the photos were uploaded with the purpose `claim`."""

    bad: int
    total: int
    photo_ids: Annotated[list[UUID], Meta(max_length=10)]
    text: Annotated[str, Meta(max_length=1000)] = ""


class ClaimAnswerRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The seller's consent, or its refusal with the reason."""

    agree: bool
    reason: Annotated[str, Meta(max_length=1000)] = ""


class ClaimDecisionRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """For how many bad pieces an official grants a refund, 0 for none, and why."""

    bad: int
    reason: Annotated[str, Meta(max_length=1000)]


class BadFruitController(Controller):
    """Claims for bad fruit."""

    path = "/api/v1"
    tags = ("aftersales",)

    @post("/order-lines/{line_id:uuid}/claims", operation_id="ClaimBadFruit", idempotent=True)
    async def claim(
        self,
        *,
        request: HttpRequest,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        settings: NamedDependency[Settings],
        line_id: FromPath[UUID],
        data: JSONBody[ClaimRequest],
    ) -> Response[OpenedClaim]:
        """Claim the bad share of a line of your order, once, from shipping until `MARKET_CLAIM_HOURS` after receipt."""
        claim = NewClaim(line_id=line_id, bad=data.bad, total=data.total, text=data.text)
        return await run_once(
            request, db, actor,
            lambda conn: open_claim(
                conn, seal, actor, claim, photo_ids=data.photo_ids, hours=settings.claim_hours, now=clock.now()
            ),
            scope=get_person_scope(actor),
        )  # fmt: skip

    @get("/orders/{order_id:uuid}/claims", operation_id="ListOrderClaims")
    async def order_claims(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        order_id: FromPath[UUID],
    ) -> list[BadFruitClaim]:
        """List the claims of your order; none for an order of somebody else."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_order_claims(conn, seal, actor, order_id)

    @get("/producers/{producer_id:uuid}/claims", operation_id="ListProducerClaims")
    async def producer_claims(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        producer_id: FromPath[UUID],
        after: FromQuery[UUID | None] = None,
    ) -> list[BadFruitClaim]:
        """List the claims against the producer, those to answer first, 100 at a time, after the case `after`."""
        require_producer(actor, producer_id)
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_producer_claims(conn, seal, [producer_id], after=after)

    @get("/claims", operation_id="ListAssignedClaims")
    async def assigned_claims(
        self, *, db: NamedDependency[Database], seal: NamedDependency[Seal], actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
    ) -> list[BadFruitClaim]:  # fmt: skip
        """List the claims that your roles decide now, by deadline."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_assigned_claims(conn, seal, actor, now=clock.now())

    @post("/claims/{case_id:uuid}/answer", operation_id="AnswerClaim", status_code=200)
    async def answer(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
        data: JSONBody[ClaimAnswerRequest],
    ) -> ClaimAnswer:
        """Agree to a claim as the seller, which refunds it, or say why not, and the county decides."""
        return await answer_claim(
            db, gateway, seal, actor, case_id, agree=data.agree, reason=data.reason, now=clock.now()
        )

    @post("/claims/{case_id:uuid}/decision", operation_id="DecideClaim", status_code=200)
    async def decide(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
        data: JSONBody[ClaimDecisionRequest],
    ) -> ClaimAnswer:
        """Decide a claim that your role answers now; what is granted is refunded at once."""
        return await decide_claim(db, gateway, seal, actor, case_id, bad=data.bad, reason=data.reason, now=clock.now())


ROUTES = [BadFruitController]
