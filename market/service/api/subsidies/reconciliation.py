"""What operators credited of a settled month, and the answers to what differs."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import require_whole_county
from market.people.identity.models import Actor
from market.reports.reconciliation import MAX_DIFFERENCES, ReconciliationView, get_reconciliation
from market.service.api.idempotency import run_once
from market.service.api.subsidies.months import read_county_request
from market.service.http import HttpRequest
from market.subsidies.month.cycles import MAX_OPINION_LENGTH, find_cycle
from market.subsidies.reconciliation.answer import AcceptedDifferences, accept_differences


class AcceptRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """Differences to accept as they are, with the reason."""

    differences: Annotated[list[UUID], Meta(min_length=1, max_length=MAX_DIFFERENCES)]
    why: Annotated[str, Meta(max_length=MAX_OPINION_LENGTH)]


class ReconciliationController(Controller):
    """The reconciliation of a settled month with the return files of its operators."""

    path = "/api/v1/counties/{county:str}/months/{month:str}/reconciliation"
    tags = ["subsidies"]

    @get(operation_id="GetReconciliation")
    async def show(
        self,
        *,
        county: FromPath[str],
        month: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> ReconciliationView:
        """Return what each operator credited and what differs; requires access to the whole county."""
        target = read_county_request(actor, county, month)
        require_whole_county(target.divisions, target.county)
        async with db.transaction(scope=target.county) as conn:
            cycle = await find_cycle(conn, target.county, target.month)
            return await get_reconciliation(conn, seal, cycle, now=clock.now())

    @post("/differences", operation_id="AcceptDifferences", idempotent=True, status_code=200)
    async def accept(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        month: FromPath[str],
        data: JSONBody[AcceptRequest],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[AcceptedDifferences]:
        """Reconciler: accept differences as they are, with the reason; a returned payment is not accepted."""
        target = read_county_request(actor, county, month)
        now = clock.now()
        return await run_once(
            request,
            db,
            actor,
            lambda conn: accept_differences(
                conn, actor, target.county, target.month, ids=data.differences, why=data.why, now=now
            ),
            scope=target.county,
        )


ROUTES = [ReconciliationController]
