"""Coverage of villages, and reports that there is no signal."""

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
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.month.cycles import read_county
from market.villages.coverage.models import NewOutage, Outage, Project, TownshipCoverage, VillageCoverage
from market.villages.coverage.outages import answer_outage, list_operator_outages, list_own_outages, report_outage
from market.villages.coverage.projects import list_projects
from market.villages.coverage.register import list_village_coverage, sum_up_townships


class OutageAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """What became of a report (solved, unsolved, not_ours), and what was done."""

    outcome: Annotated[str, Meta(max_length=20)]
    text: Annotated[str, Meta(max_length=1000)]


class CoverageController(Controller):
    """What villages have, and reports that there is none."""

    path = "/api/v1"
    tags = ("coverage",)

    @get("/villages/{village_code:str}/coverage", operation_id="GetVillageCoverage")
    async def get_village(
        self, db: NamedDependency[Database], clock: NamedDependency[Clock], village_code: FromPath[str]
    ) -> list[VillageCoverage]:
        """Return what operators cover in a village today."""
        async with db.connection() as conn:
            return await list_village_coverage(conn, village_code, day=clock.today())

    @get("/counties/{county:str}/coverage", operation_id="ListTownshipCoverage")
    async def list_townships(
        self, db: NamedDependency[Database], clock: NamedDependency[Clock], county: FromPath[str]
    ) -> list[TownshipCoverage]:
        """List the townships of a county with their villages; numbers of reporters that tell of few are null."""
        code = read_county(county)
        async with db.transaction(scope=code) as conn:
            return await sum_up_townships(conn, code, day=clock.today())

    @get("/counties/{county:str}/coverage-projects", operation_id="ListCoverageProjects")
    async def list_county_projects(self, db: NamedDependency[Database], county: FromPath[str]) -> list[Project]:
        """List what is built for coverage in a county, what is under way first, at most 200."""
        async with db.connection() as conn:
            return await list_projects(conn, read_county(county))

    @post("/villages/{village_code:str}/outages", operation_id="ReportOutage", idempotent=True)
    async def report(
        self,
        *,
        request: HttpRequest,
        village_code: FromPath[str],
        data: JSONBody[NewOutage],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[Outage]:
        """Report that a service is gone or never was there; the operator answers in 72 hours, in towns 48."""
        return await run_once(
            request, db, actor,
            lambda conn: report_outage(conn, seal, actor, village_code, data, now=clock.now()),
            scope=get_person_scope(actor),
        )  # fmt: skip

    @get("/outages", operation_id="ListOwnOutages")
    async def list_own(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], seal: NamedDependency[Seal]
    ) -> list[Outage]:
        """List the person's reports with their answers, the newest first."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_own_outages(conn, seal, actor.account_id)

    @get("/counties/{county:str}/outages", operation_id="ListOperatorOutages")
    async def list_of_operator(
        self,
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        county: FromPath[str],
    ) -> list[Outage]:
        """List the reports about the operator of the account, those that wait for it first."""
        code = read_county(county)
        async with db.transaction(scope=code) as conn:
            return list(await list_operator_outages(conn, seal, actor, code))

    @post("/counties/{county:str}/outages/{case_id:uuid}/answer", operation_id="AnswerOutage", status_code=200)
    async def answer(
        self,
        *,
        county: FromPath[str],
        case_id: FromPath[UUID],
        data: JSONBody[OutageAnswer],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Outage:
        """Answer a report as the operator, or as the officials whose turn it is."""
        async with db.transaction(scope=read_county(county)) as conn:
            return await answer_outage(
                conn, seal, actor, case_id, outcome=data.outcome, text=data.text, now=clock.now()
            )


ROUTES = [CoverageController]
