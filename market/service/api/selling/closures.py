"""Closures of farms: no new orders for some days."""

from uuid import UUID

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from market.catalogue.producers.closures import Closure, NewClosure, reopen_farm
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.aftersales.close_farm import close_farm
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest


class ClosureController(Controller):
    """Closures, for members of the producer."""

    path = "/api/v1/producers/{producer_id:uuid}"
    tags = ["producers"]

    @post("/closures", operation_id="CloseFarm", idempotent=True)
    async def close(
        self,
        *,
        request: HttpRequest,
        producer_id: FromPath[UUID],
        data: JSONBody[NewClosure],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[Closure]:
        """Take no orders for some days; a closure that has not ended is replaced, and waiting buyers are told."""
        return await run_once(
            request, db, actor, lambda conn: close_farm(conn, seal, actor, producer_id, data, now=clock.now())
        )

    @post("/reopen", operation_id="ReopenFarm", status_code=204)
    async def reopen(
        self,
        producer_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Take orders again today; an announced closure is given up."""
        async with db.transaction() as conn:
            await reopen_farm(conn, actor, producer_id, now=clock.now())


ROUTES = [ClosureController]
