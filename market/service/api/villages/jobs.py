"""Job postings of organisations, and applications."""

from datetime import date
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
from market.villages.services.applications import (
    answer_hire,
    apply_for_job,
    hire,
    list_applicants,
    list_own_applications,
    withdraw_application,
)
from market.villages.services.posting_models import Applicant, JobPosting, NewPosting, OwnJobApplication, PublicPosting
from market.villages.services.postings import (
    check_posting,
    end_posting,
    list_near_postings,
    list_organisation_postings,
    list_postings_to_check,
    post_job,
)


class NewApplication(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the person agrees that the employer reads name and telephone."""

    consent: bool


class PostingCheck(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether everybody may see a posting; `reason` says why not."""

    live: bool
    reason: Annotated[str, Meta(max_length=1000)] = ""


class NewHire(Struct, frozen=True, forbid_unknown_fields=True):
    """Which applicant was hired, and on which day."""

    application_id: UUID
    hired_on: date


class HireAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether the worker was hired."""

    found_work: bool


class PostingController(Controller):
    """Job postings: for villagers, for the organisations that post them, and for the county that checks them."""

    path = "/api/v1"
    tags = ("services",)

    @get("/villages/{village_code:str}/jobs", operation_id="ListNearJobs")
    async def list_near(
        self, db: NamedDependency[Database], clock: NamedDependency[Clock], village_code: FromPath[str]
    ) -> list[PublicPosting]:
        """List the live postings of a village's county: the village, then its township, then the rest."""
        async with db.connection() as conn:
            return await list_near_postings(conn, village_code, day=clock.today())

    @post("/jobs/{posting_id:uuid}/applications", operation_id="ApplyForJob", idempotent=True)
    async def apply(
        self,
        *,
        request: HttpRequest,
        posting_id: FromPath[UUID],
        data: JSONBody[NewApplication],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[OwnJobApplication]:
        """Apply, with the consent that the employer reads name and telephone."""
        return await run_once(
            request, db, actor,
            lambda conn: apply_for_job(conn, seal, actor, posting_id, consent=data.consent, now=clock.now()),
        )  # fmt: skip

    @get("/job-applications", operation_id="ListOwnJobApplications")
    async def list_own(self, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> list[OwnJobApplication]:
        """List the person's applications, those that wait for their answer first."""
        async with db.connection() as conn:
            return await list_own_applications(conn, actor.account_id)

    @post("/job-applications/{application_id:uuid}/withdraw", operation_id="WithdrawJobApplication", status_code=204)
    async def withdraw(
        self,
        *,
        application_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Withdraw an application; the employer reads nothing of it any more."""
        async with db.transaction() as conn:
            await withdraw_application(conn, actor, application_id, now=clock.now())

    @post("/job-applications/{application_id:uuid}/answer", operation_id="AnswerHire", status_code=200)
    async def answer(
        self,
        *,
        application_id: FromPath[UUID],
        data: JSONBody[HireAnswer],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> OwnJobApplication:
        """Confirm as the worker that one was hired, or deny it; only what is confirmed counts as work found."""
        async with db.transaction() as conn:
            return await answer_hire(conn, actor, application_id, found_work=data.found_work, now=clock.now())

    @post("/organisations/{organisation_id:uuid}/jobs", operation_id="PostJob", idempotent=True)
    async def add(
        self,
        *,
        request: HttpRequest,
        organisation_id: FromPath[UUID],
        data: JSONBody[NewPosting],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[JobPosting]:
        """Write a posting as a member of the organisation; the county of the village checks it next."""
        return await run_once(
            request, db, actor,
            lambda conn: post_job(conn, actor, organisation_id, data, now=clock.now()),
            scope=get_person_scope(actor),
        )  # fmt: skip

    @get("/organisations/{organisation_id:uuid}/jobs", operation_id="ListOrganisationJobs")
    async def list_of_organisation(
        self,
        organisation_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> list[JobPosting]:
        """List the postings of an organisation of the person's."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_organisation_postings(conn, actor, organisation_id, day=clock.today())

    @get("/jobs/{posting_id:uuid}/applicants", operation_id="ListApplicants")
    async def list_of_posting(
        self,
        *,
        posting_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> list[Applicant]:
        """List who applied for a posting of the person's organisation; without telephones once it is long over."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_applicants(conn, seal, actor, posting_id, now=clock.now())

    @post("/jobs/{posting_id:uuid}/hires", operation_id="Hire", status_code=204)
    async def add_hire(
        self,
        *,
        posting_id: FromPath[UUID],
        data: JSONBody[NewHire],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> None:
        """Say that an applicant was hired; the worker is asked whether it is so."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await hire(conn, seal, actor, posting_id, data.application_id, hired_on=data.hired_on, now=clock.now())

    @post("/jobs/{posting_id:uuid}/end", operation_id="EndJob", status_code=204)
    async def end(
        self,
        *,
        posting_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """End a posting of the person's organisation."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await end_posting(conn, actor, posting_id, now=clock.now())

    @get("/counties/{county:str}/jobs", operation_id="ListJobsToCheck")
    async def list_to_check(
        self, county: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> list[JobPosting]:
        """List the postings of a county that wait to be checked."""
        async with db.connection() as conn:
            return await list_postings_to_check(conn, actor, read_county(county))

    @post("/counties/{county:str}/jobs/{posting_id:uuid}/check", operation_id="CheckJob", status_code=204)
    async def check(
        self,
        *,
        county: FromPath[str],
        posting_id: FromPath[UUID],
        data: JSONBody[PostingCheck],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> None:
        """Let everybody see a posting, or refuse it, as another person than wrote it."""
        async with db.transaction() as conn:
            await check_posting(
                conn, seal, actor, read_county(county), posting_id, live=data.live, reason=data.reason, now=clock.now()
            )


ROUTES = [PostingController]
