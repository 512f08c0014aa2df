"""Tasks from province to prefecture to county."""

from typing import Annotated

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.division_codes import get_scope
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.villages.supervision.issue import issue_supervision_task
from market.villages.supervision.models import NewSupervisionTask, SupervisionList, SupervisionTask
from market.villages.supervision.moves import check_evidence, return_evidence, send_evidence, withdraw_supervision_task
from market.villages.supervision.rules import choose_scope, require_issuer
from market.villages.supervision.views import get_supervision_task, list_supervision


class SupervisionWords(Struct, frozen=True, forbid_unknown_fields=True):
    """What was done, or why it is returned or withdrawn; without telephones and identity numbers."""

    text: Annotated[str, Meta(max_length=4000)]


class SupervisionController(Controller):
    """Tasks that officials of a province or a prefecture give, and evidence of what was done."""

    path = "/api/v1/supervision-tasks"
    tags = ("supervision",)

    @get("/", operation_id="ListSupervisionTasks")
    async def list_own(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
    ) -> SupervisionList:
        """List the tasks that the official gave and has to do, overdue ones first, at most 200 each."""
        async with db.transaction(scope=choose_scope(actor)) as conn:
            return await list_supervision(conn, actor, today=clock.today())

    @post("/", operation_id="IssueSupervisionTask", idempotent=True)
    async def issue(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[NewSupervisionTask],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[SupervisionTask]:
        """Give a task to a division inside the own one; with `parent` pass one on, for a day that is not later."""
        issuer = get_scope(data.issuer)
        require_issuer(actor, issuer)
        return await run_once(
            request, db, actor,
            lambda conn: issue_supervision_task(conn, seal, actor, data, now=clock.now()),
            scope=issuer,
        )  # fmt: skip

    @get("/{number:int}", operation_id="GetSupervisionTask")
    async def get_one(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], number: FromPath[int]
    ) -> SupervisionTask:
        """Return a task of the official's division, or of a division inside it."""
        async with db.transaction(scope=choose_scope(actor)) as conn:
            return await get_supervision_task(conn, actor, number)

    @post("/{number:int}/evidence", operation_id="SendSupervisionEvidence", status_code=200)
    async def send(
        self,
        *,
        number: FromPath[int],
        data: JSONBody[SupervisionWords],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> SupervisionTask:
        """Send what was done; the figure of the task is counted now."""
        async with db.transaction(scope=choose_scope(actor)) as conn:
            return await send_evidence(conn, actor, number, data.text, now=clock.now())

    @post("/{number:int}/check", operation_id="CheckSupervisionEvidence", status_code=200)
    async def check(
        self,
        *,
        number: FromPath[int],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> SupervisionTask:
        """Check the evidence as another person than sent it, which ends the task."""
        async with db.transaction(scope=choose_scope(actor)) as conn:
            return await check_evidence(conn, actor, number, now=clock.now())

    @post("/{number:int}/return", operation_id="ReturnSupervisionEvidence", status_code=200)
    async def give_back(
        self,
        *,
        number: FromPath[int],
        data: JSONBody[SupervisionWords],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> SupervisionTask:
        """Ask for the evidence again, with a reason."""
        async with db.transaction(scope=choose_scope(actor)) as conn:
            return await return_evidence(conn, seal, actor, number, data.text, now=clock.now())

    @post("/{number:int}/withdrawal", operation_id="WithdrawSupervisionTask", status_code=200)
    async def withdraw(
        self,
        *,
        number: FromPath[int],
        data: JSONBody[SupervisionWords],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> SupervisionTask:
        """Withdraw a task that is not checked, with what was passed on of it."""
        async with db.transaction(scope=choose_scope(actor)) as conn:
            return await withdraw_supervision_task(conn, seal, actor, number, data.text, now=clock.now())


ROUTES = [SupervisionController]
