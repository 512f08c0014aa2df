"""The yearly recheck of households: what is due, and the record that it was done."""

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.people.identity.access import get_visible_divisions
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.month.cycles import read_county
from market.subsidies.register.rechecks import NewRechecks, VillageRechecks, record_rechecks, sum_up_rechecks


class RecordedRechecks(Struct, frozen=True):
    """How many households were recorded."""

    households: int


class RecheckController(Controller):
    """The rechecks of a county, for its officials."""

    path = "/api/v1/counties/{county:str}/rechecks"
    tags = ("subsidies",)

    @get(operation_id="ListRechecks")
    async def list(
        self,
        *,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> list[VillageRechecks]:
        """List the villages of your divisions with rechecks that are due or late, and whose they are."""
        code = read_county(county)
        divisions = get_visible_divisions(actor, code)
        async with db.transaction(scope=code) as conn:
            return await sum_up_rechecks(conn, code, divisions, today=clock.today())

    @post(operation_id="RecordRechecks", idempotent=True)
    async def record(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        data: JSONBody[NewRechecks],
    ) -> Response[RecordedRechecks]:
        """Record that households were visited and nothing has changed."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> RecordedRechecks:
            return RecordedRechecks(await record_rechecks(conn, actor, code, data, now=clock.now()))

        return await run_once(request, db, actor, work, scope=code)


ROUTES = [RecheckController]
