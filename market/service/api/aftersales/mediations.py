"""Mediations of refused claims and returns."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.case_view import read_case
from market.sales.mediation.agree import answer_proposal, propose_share
from market.sales.mediation.end import decide_mediation
from market.sales.mediation.mediate import OpenedMediation, ask_for_mediation
from market.sales.mediation.views import Mediation, get_mediation
from payments import GuardedGateway


class MediationRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What the buyer finds wrong with the refusal."""

    text: Annotated[str, Meta(max_length=1000)]


class MediationShare(Struct, frozen=True, forbid_unknown_fields=True):
    """A share of what is disputed, in basis points, and why."""

    share_bp: int
    reason: Annotated[str, Meta(max_length=1000)]


class MediationAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether one side agrees to the proposed share, and why not."""

    agree: bool
    reason: Annotated[str, Meta(max_length=1000)] = ""


class MediationController(Controller):
    """Mediations by officials of the county."""

    path = "/api/v1"
    tags = ("mediations",)

    @post("/cases/{case_id:uuid}/mediation", operation_id="AskForMediation", status_code=201)
    async def ask(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
        data: JSONBody[MediationRequest],
    ) -> OpenedMediation:
        """Ask the county to mediate your refused claim or return, once and in time; its money is kept back."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await ask_for_mediation(conn, seal, actor, case_id, text=data.text, now=clock.now())

    @get("/mediations/{case_id:uuid}", operation_id="GetMediation")
    async def read(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
    ) -> Mediation:
        """Return a mediation of your purchase or of your producer, or one that your role answers now."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await read_case(conn, actor, case_id, now=clock.now())
            mediation = await get_mediation(conn, seal, case_id)
        if mediation is None:
            raise NotFound
        return mediation

    @post("/mediations/{case_id:uuid}/proposal", operation_id="ProposeMediation", status_code=200)
    async def propose(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
        data: JSONBody[MediationShare],
    ) -> Mediation:
        """Propose a share as the mediator of the county, once; both sides are asked whether they agree."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await propose_share(
                conn, seal, actor, case_id, share_bp=data.share_bp, reason=data.reason, now=clock.now()
            )

    @post("/mediations/{case_id:uuid}/answer", operation_id="AnswerMediation", status_code=200)
    async def answer(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
        data: JSONBody[MediationAnswer],
    ) -> Mediation:
        """Agree to the proposed share, refunded once both sides have, or refuse it; then the platform decides."""
        return await answer_proposal(
            db, gateway, seal, actor, case_id, agree=data.agree, reason=data.reason, now=clock.now()
        )

    @post("/mediations/{case_id:uuid}/decision", operation_id="EndMediation", status_code=200)
    async def end(
        self,
        *,
        db: NamedDependency[Database],
        gateway: NamedDependency[GuardedGateway],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
        data: JSONBody[MediationShare],
    ) -> Mediation:
        """Decide a mediation for the platform after the sides did not agree; the share is refunded at once."""
        return await decide_mediation(
            db, gateway, seal, actor, case_id, share_bp=data.share_bp, reason=data.reason, now=clock.now()
        )


ROUTES = [MediationController]
