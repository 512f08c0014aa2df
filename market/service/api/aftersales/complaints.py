"""Complaints: made by buyers, answered by sellers, the county and the platform."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Meta, Struct

from market.cases.casework.models import CaseOutcome
from market.cases.casework.moves import get_person_scope
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.page import Page
from market.kernel.seal import Seal
from market.people.identity.access import require_producer
from market.people.identity.models import Actor
from market.sales.complaints.complain import OpenedComplaint, answer_complaint, complain
from market.sales.complaints.models import ComplaintCategory
from market.sales.complaints.views import (
    Complaint,
    list_assigned_complaints,
    list_producer_complaints,
    list_suborder_complaints,
)
from market.service.api.idempotency import run_once
from market.service.api.parameters import PageSize
from market.service.http import HttpRequest


class ComplaintRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a complaint is about; the category decides who answers it by when."""

    category: ComplaintCategory
    text: Annotated[str, Meta(max_length=1000)]


class ComplaintAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """`solved`, `unsolved` or `not_ours`, and what was done."""

    outcome: CaseOutcome
    text: Annotated[str, Meta(max_length=1000)]


class ComplaintController(Controller):
    """Complaints about sales."""

    path = "/api/v1"
    tags = ("complaints",)

    @post("/suborders/{suborder_id:uuid}/complaints", operation_id="Complain", idempotent=True)
    async def open(
        self,
        *,
        request: HttpRequest,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        suborder_id: FromPath[UUID],
        data: JSONBody[ComplaintRequest],
    ) -> Response[OpenedComplaint]:
        """Complain about a part of your order, once for each category."""
        return await run_once(
            request, db, actor,
            lambda conn: complain(
                conn, seal, actor, suborder_id, category=data.category, text=data.text, now=clock.now()
            ),
            scope=get_person_scope(actor),
        )  # fmt: skip

    @get("/suborders/{suborder_id:uuid}/complaints", operation_id="ListOwnComplaints")
    async def own(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        suborder_id: FromPath[UUID],
    ) -> list[Complaint]:
        """List your complaints about a part of your order; none for an order of somebody else."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_suborder_complaints(conn, seal, actor, suborder_id)

    @get("/producers/{producer_id:uuid}/complaints", operation_id="ListProducerComplaints")
    async def of_producer(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        producer_id: FromPath[UUID],
        before: FromQuery[UUID | None] = None,
        limit: FromQuery[PageSize] = 20,
    ) -> Page[Complaint]:
        """List the complaints that the producer answers first, latest first."""
        require_producer(actor, producer_id)
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_producer_complaints(conn, seal, [producer_id], before=before, limit=limit)

    @get("/complaints", operation_id="ListAssignedComplaints")
    async def assigned(
        self, *, db: NamedDependency[Database], seal: NamedDependency[Seal], actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
    ) -> list[Complaint]:  # fmt: skip
        """List the complaints that your roles answer now, by deadline."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_assigned_complaints(conn, seal, actor, now=clock.now())

    @post("/complaints/{case_id:uuid}/answer", operation_id="AnswerComplaint", status_code=200)
    async def answer(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        actor: NamedDependency[Actor],
        clock: NamedDependency[Clock],
        case_id: FromPath[UUID],
        data: JSONBody[ComplaintAnswer],
    ) -> Complaint:
        """Answer a complaint as the seller, or as the official whose turn it is."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await answer_complaint(
                conn, seal, actor, case_id, outcome=data.outcome, text=data.text, now=clock.now()
            )


ROUTES = [ComplaintController]
