"""Grievances about the reduction: made by anybody, read with a receipt, triaged and answered by officials."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.cases.casework.models import CaseOutcome, CaseState
from market.cases.casework.moves import get_account_scope
from market.cases.grievances.answer import (
    answer_grievance,
    appeal_grievance,
    extend_grievance,
    raise_grievance,
)
from market.cases.grievances.models import GrievanceReceipt, GrievanceSource, GrievanceTopic
from market.cases.grievances.receive import receive_grievance, write_down_grievance
from market.cases.grievances.triage import GrievanceLinks, get_assigned, link_grievance, triage_grievance
from market.cases.grievances.views import (
    Grievance,
    GrievanceStatus,
    find_asker,
    find_own_grievance,
    list_grievances,
    tell_status,
)
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.identity.access import get_visible_divisions, require_whole_county
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest, get_client_network
from market.subsidies.month.cycles import read_county


class GrievanceRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody says about the reduction in a county (six digits); `named`: under the name of the account."""

    county: Annotated[str, Meta(pattern=r"^[0-9]{6}$")]
    text: str
    named: bool = False


class ReceiptOfGrievance(Struct, frozen=True, forbid_unknown_fields=True):
    """Number and code of a receipt."""

    number: Annotated[int, Meta(ge=1, lt=2**53)]
    code: Annotated[str, Meta(max_length=40)]


class GrievanceAppeal(ReceiptOfGrievance, frozen=True, forbid_unknown_fields=True):
    """The receipt of an answered grievance, and why the next level should look at it again."""

    text: str


class WrittenDown(Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody said by telephone, at the desk or in a letter; `source` is not `web`."""

    source: GrievanceSource
    text: str


class TriageRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """What a grievance is about, and what it concerns."""

    topic: GrievanceTopic
    links: GrievanceLinks = GrievanceLinks()


class GrievanceAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """What was done, which the complainant reads."""

    outcome: CaseOutcome
    text: str


class GrievanceReason(Struct, frozen=True, forbid_unknown_fields=True):
    """A reason that the complainant reads."""

    reason: str


class ListedGrievance(Struct, frozen=True, kw_only=True):
    """A grievance in the county's list: how far it is. What it says and names read those who answer it."""

    case_id: UUID
    number: int
    topic: GrievanceTopic | None
    state: CaseState
    outcome: CaseOutcome | None
    assignee: str
    received_at: datetime
    triage_due_at: datetime
    due_at: datetime


class OpenGrievanceController(Controller):
    """Grievances of anybody, with an account or without one; a repeated one is one more, with a receipt of its own."""

    path = "/api/v1/grievances"
    tags = ("subsidies",)

    @post(operation_id="MakeGrievance", rate=RateClass.SIGN_IN)
    async def make(
        self,
        request: HttpRequest,
        *,
        visitor: NamedDependency[Actor | None],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[GrievanceRequest],
    ) -> GrievanceReceipt:
        """Complain about the reduction; number and code of the receipt, which is shown once, open the answer."""
        asker = visitor if data.named else None
        async with db.transaction(scope=data.county) as conn:
            return await receive_grievance(
                conn, seal, asker=asker, county=data.county, text=data.text, network=get_client_network(request),
                now=clock.now(),
            )  # fmt: skip

    @post("/status", operation_id="FindGrievance", status_code=200, rate=RateClass.SIGN_IN)
    async def status(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[ReceiptOfGrievance],
    ) -> GrievanceStatus:
        """Return how far the grievance of a receipt is, and its answer."""
        async with db.connection() as conn:
            asker = await find_asker(conn, data.number, data.code)
        async with db.transaction(scope=get_account_scope(asker)) as conn:
            return tell_status(await find_own_grievance(conn, seal, data.number), now=clock.now())

    @post("/appeals", operation_id="AppealGrievance", status_code=200, rate=RateClass.SIGN_IN)
    async def appeal(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[GrievanceAppeal],
    ) -> GrievanceStatus:
        """Ask the next level to look at an answered grievance again, once, within 30 days."""
        now = clock.now()
        async with db.connection() as conn:
            asker = await find_asker(conn, data.number, data.code)
        async with db.transaction(scope=get_account_scope(asker)) as conn:
            grievance = await find_own_grievance(conn, seal, data.number)
            return tell_status(await appeal_grievance(conn, seal, grievance, text=data.text, now=now), now=now)


class GrievanceController(Controller):
    """The grievances of a county, for the officials who answer."""

    path = "/api/v1/counties/{county:str}/grievances"
    tags = ("subsidies",)

    @get(operation_id="ListGrievances")
    async def list(
        self,
        *,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
    ) -> Sequence[ListedGrievance]:
        """List the county's grievances, open ones first by deadline, at most 100; the texts have those who answer."""
        code = read_county(county)
        require_whole_county(get_visible_divisions(actor, code), code)
        async with db.transaction(scope=code) as conn:
            found = await list_grievances(conn, seal, code)
        return [msgspec.convert(each, ListedGrievance, from_attributes=True) for each in found]

    @post(operation_id="WriteDownGrievance", idempotent=True)
    async def write_down(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[WrittenDown],
    ) -> Response[GrievanceReceipt]:
        """Write down what somebody said, and return the receipt to give to them."""
        code = read_county(county)
        return await run_once(
            request, db, actor,
            lambda conn: write_down_grievance(
                conn, seal, actor, county=code, source=data.source, text=data.text, now=clock.now()
            ),
            scope=code,
        )  # fmt: skip

    @get("/{case_id:uuid}", operation_id="GetGrievance")
    async def get(
        self,
        *,
        county: FromPath[str],
        case_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Grievance:
        """Get a grievance whose level is yours."""
        code = read_county(county)
        async with db.transaction(scope=code) as conn:
            return await get_assigned(conn, seal, actor, case_id, now=clock.now())

    @post("/{case_id:uuid}/triage", operation_id="TriageGrievance", status_code=200, idempotent=True)
    async def triage(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        case_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[TriageRequest],
    ) -> Response[Grievance]:
        """Say what a grievance is about, within two working days; another official answers it."""
        return await run_once(
            request, db, actor,
            lambda conn: triage_grievance(
                conn, seal, actor, case_id, topic=data.topic, links=data.links, now=clock.now()
            ),
            scope=read_county(county),
        )  # fmt: skip

    @post("/{case_id:uuid}/links", operation_id="LinkGrievance", status_code=200, idempotent=True)
    async def link(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        case_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[GrievanceLinks],
    ) -> Response[Grievance]:
        """Link a grievance to what it concerns and was not linked to; links stay."""
        return await run_once(
            request, db, actor,
            lambda conn: link_grievance(conn, seal, actor, case_id, links=data, now=clock.now()),
            scope=read_county(county),
        )  # fmt: skip

    @post("/{case_id:uuid}/answer", operation_id="AnswerGrievance", status_code=200, idempotent=True)
    async def answer(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        case_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[GrievanceAnswer],
    ) -> Response[Grievance]:
        """Answer a triaged grievance, which closes it."""
        return await run_once(
            request, db, actor,
            lambda conn: answer_grievance(
                conn, seal, actor, case_id, outcome=data.outcome, text=data.text, now=clock.now()
            ),
            scope=read_county(county),
        )  # fmt: skip

    @post("/{case_id:uuid}/extension", operation_id="ExtendGrievance", status_code=200, idempotent=True)
    async def extend(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        case_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[GrievanceReason],
    ) -> Response[Grievance]:
        """Take more time for a grievance, once."""
        return await run_once(
            request, db, actor,
            lambda conn: extend_grievance(conn, seal, actor, case_id, reason=data.reason, now=clock.now()),
            scope=read_county(county),
        )  # fmt: skip

    @post("/{case_id:uuid}/escalation", operation_id="EscalateGrievance", status_code=200, idempotent=True)
    async def escalate(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        case_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[GrievanceReason],
    ) -> Response[Grievance]:
        """Give a grievance to the next level, where everybody here had a part in it."""
        return await run_once(
            request, db, actor,
            lambda conn: raise_grievance(conn, seal, actor, case_id, reason=data.reason, now=clock.now()),
            scope=read_county(county),
        )  # fmt: skip


ROUTES = [OpenGrievanceController, GrievanceController]
