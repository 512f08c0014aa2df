"""Organisations: a person registers one, another official of its county verifies it."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Database
from market.kernel.clock import Clock
from market.people.identity.models import Actor
from market.places.organisations.models import NewOrganisation, Organisation, OrganisationId
from market.places.organisations.register import (
    decide_organisation,
    list_organisations,
    list_own_organisations,
    register_organisation,
)
from market.service.api.contacts import read_own_county
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.month.cycles import read_county


class OrganisationDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an organisation is what it says; a refused one is removed."""

    verified: bool


class OrganisationController(Controller):
    """Employers, companies, clinics, charities, public units and operators."""

    path = "/api/v1"
    tags = ("organisations",)

    @get("/counties/{county:str}/organisations", operation_id="ListOrganisations")
    async def list_verified(
        self, db: NamedDependency[Database], clock: NamedDependency[Clock], county: FromPath[str]
    ) -> list[Organisation]:
        """List the verified organisations of a county, by name, at most 500."""
        async with db.connection() as conn:
            return await list_organisations(conn, read_county(county), pending=False, day=clock.today())

    @post(
        "/counties/{county:str}/organisations/{organisation_id:uuid}/decision",
        operation_id="DecideOrganisation",
        status_code=200,
    )
    async def decide(
        self,
        *,
        county: FromPath[str],
        organisation_id: FromPath[UUID],
        data: JSONBody[OrganisationDecision],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Verify an organisation that another person brought, or refuse it."""
        code = read_own_county(actor, county)
        async with db.transaction(scope=code) as conn:
            await decide_organisation(
                conn, actor, code, OrganisationId(organisation_id), verified=data.verified, now=clock.now()
            )

    @get("/organisations", operation_id="ListOwnOrganisations")
    async def list_own(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
    ) -> list[Organisation]:
        """List the organisations that the person is a member of."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_own_organisations(conn, actor.account_id, day=clock.today())

    @post("/organisations", operation_id="RegisterOrganisation", idempotent=True)
    async def register(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[NewOrganisation],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Organisation]:
        """Register an organisation as its owner."""
        return await run_once(
            request, db, actor, lambda conn: register_organisation(conn, actor, data, now=clock.now()),
            scope=get_person_scope(actor),
        )  # fmt: skip


ROUTES = [OrganisationController]
