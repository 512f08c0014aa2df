"""Lines: their versions, and the changes that one person reports and another takes or refuses."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Struct

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.access import get_visible_divisions
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.api.parameters import Offset
from market.service.http import HttpRequest
from market.subsidies.lines.changes import ReportedChange, refuse_change, report_change, take_change
from market.subsidies.lines.models import NewLineChange
from market.subsidies.lines.pauses import (
    EnrolmentPause,
    EnrolmentState,
    NewPause,
    PauseEnd,
    end_pause,
    find_enrolment_state,
    list_pauses,
    pause_line,
)
from market.subsidies.lines.views import (
    LineChange,
    LineVersion,
    get_bound_until,
    get_line,
    list_line_changes,
    list_versions,
    list_waiting_changes,
)
from market.subsidies.month.cycles import read_county
from market.subsidies.names import Operator, ServiceKind


class LineHistory(Struct, frozen=True, kw_only=True):
    """A line with its household, how it stands today, versions by first day, and changes and pauses, latest first.

    `operator` and `kind` are null of a line that is enrolled and was never bound.
    """

    line: str
    operator: Operator | None
    kind: ServiceKind | None
    programme: str | None
    status: str | None
    household: str | None
    village_code: str | None
    village: str | None
    versions: list[LineVersion]
    changes: list[LineChange]
    state: EnrolmentState
    pauses: list[EnrolmentPause]


class LineChangePage(Struct, frozen=True):
    """A page of changes that wait, oldest first; `more` is true if others follow."""

    items: list[LineChange]
    more: bool


class LineChangeDecision(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whether a change is taken; what is refused needs a reason."""

    take: bool
    reason: str = ""


class LineController(Controller):
    """The lines of a county, for its officials."""

    path = "/api/v1/counties/{county:str}"
    tags = ("subsidies",)

    @get("/line-changes", operation_id="ListLineChanges")
    async def list(
        self,
        *,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        skip: FromQuery[Offset] = 0,
    ) -> LineChangePage:
        """List the changes of your divisions that wait, oldest first."""
        code = read_county(county)
        divisions = get_visible_divisions(actor, code)
        async with db.transaction(scope=code) as conn:
            return LineChangePage(*await list_waiting_changes(conn, seal, code, divisions, skip=skip))

    @post("/line-changes", operation_id="ReportLineChange", idempotent=True)
    async def report(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[NewLineChange],
    ) -> Response[ReportedChange]:
        """Report what happened to a line: SIM or device replaced, taken over, ported, suspended, resumed, or closed."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> ReportedChange:
            return await report_change(conn, seal, actor, code, data, now=clock.now())

        return await run_once(request, db, actor, work, scope=code)

    @post("/line-changes/{change_id:uuid}/decision", operation_id="DecideLineChange", status_code=200, idempotent=True)
    async def decide(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        change_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[LineChangeDecision],
    ) -> Response[LineChange]:
        """Take a change that another person reported, which stores its versions, or refuse it."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> LineChange:
            if data.take:
                return await take_change(conn, seal, actor, code, change_id, now=clock.now())
            return await refuse_change(conn, seal, actor, code, change_id, reason=data.reason, now=clock.now())

        return await run_once(request, db, actor, work, scope=code)

    @get("/lines/{line:str}", operation_id="GetLine")
    async def get(
        self,
        *,
        county: FromPath[str],
        line: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> LineHistory:
        """Get a line of your divisions with every version of its binding, and its changes."""
        code = read_county(county)
        divisions = get_visible_divisions(actor, code)
        async with db.transaction(scope=code) as conn:
            row = await get_line(conn, code, line, divisions)
            versions = await list_versions(conn, code, row.line)
            changes = await list_line_changes(conn, seal, code, row.line, divisions)
            pauses = await list_pauses(conn, seal, code, row.line)
        state = find_enrolment_state(
            status=row.status, entitled_from=row.entitled_from, bound_until=get_bound_until(versions), pauses=pauses,
            day=clock.today(),
        )  # fmt: skip
        return build_from(LineHistory, row, versions=versions, changes=changes, state=state, pauses=pauses)

    @post("/pauses", operation_id="PauseLine", idempotent=True)
    async def pause(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[NewPause],
    ) -> Response[EnrolmentPause]:
        """Pause an enrolled line: nothing is reduced for it until another official ends the pause."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> EnrolmentPause:
            return await pause_line(conn, seal, actor, code, data, now=clock.now())

        return await run_once(request, db, actor, work, scope=code)

    @post("/pauses/{pause_id:uuid}/end", operation_id="EndPause", status_code=200, idempotent=True)
    async def end(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        pause_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[PauseEnd],
    ) -> Response[EnrolmentPause]:
        """End a pause that another official began."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> EnrolmentPause:
            return await end_pause(conn, seal, actor, code, data, pause_id=pause_id, now=clock.now())

        return await run_once(request, db, actor, work, scope=code)


ROUTES = [LineController]
