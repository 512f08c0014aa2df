"""Leads: how households come in and leave, step by step; what is under public notice in a village."""

from collections.abc import Sequence
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import get_visible_divisions
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.api.parameters import Offset
from market.service.http import HttpRequest
from market.subsidies.intake.consents import LeadConsent, consent_again, list_consents, withdraw_consent
from market.subsidies.intake.models import OPEN_STATES, LeadState
from market.subsidies.intake.notice import VillageNotice, get_village_notice
from market.subsidies.intake.report import NewLead, apply_for_household, report_lead
from market.subsidies.intake.take_step import LeadStepRequest, take_step, withdraw_application
from market.subsidies.intake.views import Lead, LeadFields, OwnLead, get_lead, list_leads, list_own_leads
from market.subsidies.month.cycles import read_county


class LeadPage(Struct, frozen=True):
    """A page of leads, latest first; `more` is true if others follow."""

    items: list[LeadFields]
    more: bool


class ReportedLead(Struct, frozen=True):
    """The id of a new lead."""

    id: UUID


class HouseholdApplication(Struct, frozen=True, forbid_unknown_fields=True):
    """The village of a household and what its application says."""

    village_code: str
    note: str


class LeadController(Controller):
    """The leads of a county, for its officials."""

    path = "/api/v1/counties/{county:str}/leads"
    tags = ("subsidies",)

    @get(operation_id="ListLeads")
    async def list(
        self,
        *,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        in_state: FromQuery[LeadState | None] = None,
        skip: FromQuery[Offset] = 0,
    ) -> LeadPage:
        """List the leads of your divisions, latest first: open ones, or those in one state."""
        code = read_county(county)
        divisions = get_visible_divisions(actor, code)
        states = OPEN_STATES if in_state is None else (in_state,)
        async with db.transaction(scope=code) as conn:
            items, more = await list_leads(conn, code, divisions, states=states, skip=skip)
        return LeadPage(items, more)

    @post(operation_id="ReportLead", idempotent=True)
    async def report(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[NewLead],
    ) -> Response[ReportedLead]:
        """Report what you saw on a round, or a warning of data."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> ReportedLead:
            return ReportedLead(await report_lead(conn, seal, actor, code, data, now=clock.now()))

        return await run_once(request, db, actor, work, scope=code)

    @get("/{lead_id:uuid}/consents", operation_id="ListLeadConsents")
    async def consents(
        self, *, county: FromPath[str], lead_id: FromPath[UUID], actor: NamedDependency[Actor],
        db: NamedDependency[Database], seal: NamedDependency[Seal],
    ) -> Sequence[LeadConsent]:  # fmt: skip
        """List the consents to a lead of your divisions, latest first; photos of paper are on the page of the lead."""
        code = read_county(county)
        divisions = get_visible_divisions(actor, code)
        async with db.transaction(scope=code) as conn:
            lead = await get_lead(conn, seal, lead_id, divisions)
            return await list_consents(conn, lead.id)

    @get("/{lead_id:uuid}", operation_id="GetLead")
    async def get(
        self,
        *,
        county: FromPath[str],
        lead_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
    ) -> Lead:
        """Get a lead of your divisions with its persons and steps."""
        code = read_county(county)
        divisions = get_visible_divisions(actor, code)
        async with db.transaction(scope=code) as conn:
            return await get_lead(conn, seal, lead_id, divisions)

    @post("/{lead_id:uuid}/steps", operation_id="TakeLeadStep", idempotent=True)
    async def take(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        lead_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[LeadStepRequest],
    ) -> Response[Lead]:
        """Take the step of a lead that is due, or return or reject it."""
        code = read_county(county)
        get_visible_divisions(actor, code)
        return await run_once(
            request, db, actor,
            lambda conn: take_step(conn, seal, actor, lead_id, data, county=code, now=clock.now()),
            scope=code,
        )  # fmt: skip


class OwnLeadController(Controller):
    """What a person applied for, and the notices of villages."""

    path = "/api/v1"
    tags = ("subsidies",)

    @get("/me/applications", operation_id="ListOwnApplications")
    async def own(self, *, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> list[OwnLead]:
        """List what you applied for, latest first, and how far it is."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_own_leads(conn, actor.account_id)

    @post("/me/applications", operation_id="ApplyForHousehold", idempotent=True)
    async def apply(
        self,
        *,
        request: HttpRequest,
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[HouseholdApplication],
    ) -> Response[ReportedLead]:
        """Apply for the reduction of your household's phone bill; the village comes to see."""

        async def work(conn: Connection) -> ReportedLead:
            return ReportedLead(
                await apply_for_household(
                    conn, seal, actor, village_code=data.village_code, note=data.note, now=clock.now()
                )
            )

        return await run_once(request, db, actor, work, scope=get_person_scope(actor))

    @post(
        "/me/applications/{lead_id:uuid}/withdrawal",
        operation_id="WithdrawApplication",
        status_code=200,
        idempotent=True,
    )
    async def withdraw(
        self,
        *,
        request: HttpRequest,
        lead_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[ReportedLead]:
        """Withdraw what you applied for."""

        async def work(conn: Connection) -> ReportedLead:
            await withdraw_application(conn, seal, actor, lead_id, now=clock.now())
            return ReportedLead(lead_id)

        return await run_once(request, db, actor, work, scope=get_person_scope(actor))

    @post(
        "/me/applications/{lead_id:uuid}/consent/withdrawal",
        operation_id="WithdrawConsent",
        status_code=200,
        idempotent=True,
    )
    async def withdraw_consent(
        self,
        *,
        request: HttpRequest,
        lead_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[ReportedLead]:
        """Withdraw your consent to what was decided: from today on nothing is reduced for the line."""

        async def work(conn: Connection) -> ReportedLead:
            await withdraw_consent(conn, seal, actor, lead_id, now=clock.now())
            return ReportedLead(lead_id)

        return await run_once(request, db, actor, work, scope=get_person_scope(actor))

    @post("/me/applications/{lead_id:uuid}/consent", operation_id="GiveConsentAgain", status_code=200, idempotent=True)
    async def give_consent_again(
        self,
        *,
        request: HttpRequest,
        lead_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[ReportedLead]:
        """Consent again to what was decided, after withdrawing: then an official may end the pause of the line."""

        async def work(conn: Connection) -> ReportedLead:
            await consent_again(conn, actor, lead_id, now=clock.now())
            return ReportedLead(lead_id)

        return await run_once(request, db, actor, work, scope=get_person_scope(actor))

    @get("/villages/{village_code:str}/notice", operation_id="GetVillageNotice")
    async def notice(
        self, *, village_code: FromPath[str], db: NamedDependency[Database], clock: NamedDependency[Clock]
    ) -> VillageNotice:
        """Get what is under public notice in a village today: counts and reasons, no names."""
        async with db.connection() as conn:
            return await get_village_notice(conn, village_code, day=clock.today())


ROUTES = [LeadController, OwnLeadController]
