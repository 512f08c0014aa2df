"""What a county offers to its producers, and what they apply for."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Database, Fen
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.month.cycles import read_county
from market.villages.funds.applications import (
    apply_for_fund,
    decide_application,
    list_call_applications,
    list_own_applications,
)
from market.villages.funds.calls import list_open_calls
from market.villages.funds.models import MAX_FEN, MAX_TEXT_LENGTH, Application, FundCall, NewFundApplication


class ApplicationDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an application is granted, how much of what gives money, and why."""

    granted: bool
    text: Annotated[str, Meta(max_length=2 * MAX_TEXT_LENGTH)]
    granted_fen: Annotated[Fen, Meta(ge=1, le=MAX_FEN)] | None = None


class FundController(Controller):
    """Calls of counties, and applications to them."""

    path = "/api/v1"
    tags = ("funds",)

    @get("/counties/{county:str}/fund-calls", operation_id="ListFundCalls")
    async def list_calls(
        self, db: NamedDependency[Database], clock: NamedDependency[Clock], county: FromPath[str]
    ) -> list[FundCall]:
        """List what producers of a county may apply for today, what ends first before the others."""
        async with db.connection() as conn:
            return await list_open_calls(conn, read_county(county), day=clock.today())

    @post("/fund-calls/{number:int}/applications", operation_id="ApplyForFund", idempotent=True)
    async def apply(
        self,
        *,
        request: HttpRequest,
        number: FromPath[int],
        data: JSONBody[NewFundApplication],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[Application]:
        """Apply for a producer, with what the market knows of it filled in; the county decides in 20 working days."""
        return await run_once(
            request, db, actor,
            lambda conn: apply_for_fund(conn, seal, actor, number, data, now=clock.now()),
            scope=get_person_scope(actor),
        )  # fmt: skip

    @get("/fund-applications", operation_id="ListOwnFundApplications")
    async def list_own(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], seal: NamedDependency[Seal]
    ) -> list[Application]:
        """List the applications of the person's producers, the newest first."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_own_applications(conn, seal, actor)

    @get("/counties/{county:str}/fund-calls/{number:int}/applications", operation_id="ListFundApplications")
    async def list_applications(
        self,
        *,
        county: FromPath[str],
        number: FromPath[int],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> list[Application]:
        """List the applications to a call of a county, the earliest first, as its officials."""
        code = read_county(county)
        async with db.transaction(scope=code) as conn:
            return await list_call_applications(conn, seal, actor, code, number, now=clock.now())

    @post(
        "/counties/{county:str}/fund-applications/{case_id:uuid}/decision",
        operation_id="DecideFundApplication",
        status_code=200,
    )
    async def decide(
        self,
        *,
        county: FromPath[str],
        case_id: FromPath[UUID],
        data: JSONBody[ApplicationDecision],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Application:
        """Grant an application or refuse it, with the reason that the producer reads."""
        async with db.transaction(scope=read_county(county)) as conn:
            return await decide_application(
                conn, seal, actor, case_id, granted=data.granted, granted_fen=data.granted_fen, text=data.text,
                now=clock.now(),
            )  # fmt: skip


ROUTES = [FundController]
