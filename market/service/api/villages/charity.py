"""Notices of public benefit: of checked organisers, checked by another person, without money."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.cases.answers.notice_models import NewNotice, OwnNotice, PublicNotice
from market.cases.answers.notices import (
    add_notice,
    check_notice,
    end_notice,
    list_county_notices,
    list_live_notices,
    list_organisation_notices,
)
from market.cases.casework.moves import get_person_scope
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.month.cycles import read_county


class NoticeCheck(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether everybody may read a notice; `reason` says why not."""

    live: bool
    reason: Annotated[str, Meta(max_length=1000)] = ""


class CharityController(Controller):
    """Notices: for everybody, for their organisers, and for the county that checks them."""

    path = "/api/v1"
    tags = ("answers",)

    @get("/villages/{village_code:str}/charity-notices", operation_id="ListCharityNotices")
    async def list_near(
        self, db: NamedDependency[Database], clock: NamedDependency[Clock], village_code: FromPath[str]
    ) -> list[PublicNotice]:
        """List the live notices of a village's county: the village, then its township, then the rest."""
        async with db.connection() as conn:
            return await list_live_notices(conn, village_code, day=clock.today())

    @post("/organisations/{organisation_id:uuid}/charity-notices", operation_id="AddCharityNotice", idempotent=True)
    async def add(
        self,
        *,
        request: HttpRequest,
        organisation_id: FromPath[UUID],
        data: JSONBody[NewNotice],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[OwnNotice]:
        """Write a notice as a member of its organiser; it collects no money, and the county checks it next."""
        return await run_once(
            request, db, actor,
            lambda conn: add_notice(conn, actor, organisation_id, data, now=clock.now()),
            scope=get_person_scope(actor),
        )  # fmt: skip

    @get("/organisations/{organisation_id:uuid}/charity-notices", operation_id="ListOwnCharityNotices")
    async def list_own(
        self,
        organisation_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> list[OwnNotice]:
        """List the notices of an organisation of the person's, the newest first."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_organisation_notices(conn, actor, organisation_id, day=clock.today())

    @post("/charity-notices/{notice_id:uuid}/end", operation_id="EndCharityNotice", status_code=204)
    async def end(
        self,
        *,
        notice_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """End a notice as a member of its organiser."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await end_notice(conn, actor, notice_id, now=clock.now())

    @get("/counties/{county:str}/charity-notices", operation_id="ListCountyCharityNotices")
    async def list_of_county(
        self,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> list[OwnNotice]:
        """List the notices of a county as its officials, those to check first."""
        async with db.transaction() as conn:
            return await list_county_notices(conn, actor, read_county(county), day=clock.today())

    @post(
        "/counties/{county:str}/charity-notices/{notice_id:uuid}/check",
        operation_id="CheckCharityNotice",
        status_code=204,
    )
    async def check(
        self,
        *,
        county: FromPath[str],
        notice_id: FromPath[UUID],
        data: JSONBody[NoticeCheck],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> None:
        """Let everybody read a notice, or refuse it with a reason."""
        async with db.transaction() as conn:
            await check_notice(
                conn, seal, actor, read_county(county), notice_id, live=data.live, reason=data.reason, now=clock.now()
            )


ROUTES = [CharityController]
