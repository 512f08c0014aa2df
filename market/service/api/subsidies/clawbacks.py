"""Clawbacks: proposed, decided by another person, delivered, appealed, repaid."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import Struct

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import get_visible_divisions, require_whole_county
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.clawbacks.appeals import (
    AppealRuling,
    ClawbackAppeal,
    OwnClawback,
    appeal_own_clawback,
    get_appeal,
    list_own_clawbacks,
    require_own_clawback,
    rule_on_appeal,
    write_down_appeal,
)
from market.subsidies.clawbacks.decide import decide_clawback, serve_clawback
from market.subsidies.clawbacks.models import (
    Clawback,
    ClawbackNotFound,
    ClawbackSummary,
    NewClawback,
    Recoverable,
    Service,
)
from market.subsidies.clawbacks.propose import propose_clawback
from market.subsidies.clawbacks.recover import NewEntry, decide_entry, record_entry
from market.subsidies.clawbacks.views import get_clawback, list_clawbacks, list_recoverable
from market.subsidies.models import FindingId
from market.subsidies.month.cycles import read_county


class ClawbackId(Struct, frozen=True):
    """The id of a clawback or of an entry of one."""

    id: UUID


class ClawbackDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a proposed clawback is agreed to, and why; a household reads the reason."""

    agree: bool
    opinion: str


class Delivery(Struct, frozen=True, forbid_unknown_fields=True):
    """On which day and how a decision was delivered to the household."""

    served_on: date
    service: Service


class AppealTerm(Struct, frozen=True):
    """The last day on which the household may appeal."""

    appeal_until: date


class EntryDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a repayment or a write-off is confirmed."""

    confirm: bool


class ClawbackAppealText(Struct, frozen=True, forbid_unknown_fields=True):
    """What is wrong with a decision."""

    text: str


class AppealNumber(Struct, frozen=True):
    """The number of the case in which the level above looks at the decision."""

    number: int


class AppealAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """What the level above finds, and why; the household reads it."""

    ruling: AppealRuling
    text: str


class ClawbackController(Controller):
    """The clawbacks of a county, for its officials."""

    path = "/api/v1/counties/{county:str}/clawbacks"
    tags = ("subsidies",)

    @get(operation_id="ListClawbacks")
    async def list(
        self, *, county: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> Sequence[ClawbackSummary]:
        """List the clawbacks that you see, open ones first, at most 300; of households those of your divisions."""
        code = read_county(county)
        divisions = get_visible_divisions(actor, code)
        async with db.transaction(scope=code) as conn:
            return await list_clawbacks(conn, code, divisions)

    @get("/recoverable", operation_id="ListRecoverable")
    async def recoverable(
        self,
        *,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        finding: FromQuery[FindingId | None] = None,
    ) -> Sequence[Recoverable]:
        """List what decided findings show of settled lines and is in no clawback, by line and month, at most 300."""
        code = read_county(county)
        require_whole_county(get_visible_divisions(actor, code), code)
        async with db.transaction(scope=code) as conn:
            return await list_recoverable(conn, code, finding_id=finding)

    @post(operation_id="ProposeClawback", idempotent=True)
    async def propose(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[NewClawback],
    ) -> Response[ClawbackId]:
        """Propose a clawback from a decided finding; against a household only for fraud, after it was heard."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> ClawbackId:
            return ClawbackId(await propose_clawback(conn, seal, actor, code, data, now=clock.now()))

        return await run_once(request, db, actor, work, scope=code)

    @get("/{clawback_id:uuid}", operation_id="GetClawback")
    async def show(
        self,
        *,
        county: FromPath[str],
        clawback_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
    ) -> Clawback:
        """Return a clawback with its items and what it was recovered by."""
        code = read_county(county)
        divisions = get_visible_divisions(actor, code)
        async with db.transaction(scope=code) as conn:
            return await get_clawback(conn, seal, code, clawback_id, divisions=divisions)

    @post("/{clawback_id:uuid}/decision", operation_id="DecideClawback", status_code=200, idempotent=True)
    async def decide(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        clawback_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[ClawbackDecision],
    ) -> Response[ClawbackId]:
        """Agree to a clawback that another person proposed, or refuse it."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> ClawbackId:
            await decide_clawback(
                conn, seal, actor, code, clawback_id, agree=data.agree, opinion=data.opinion, now=clock.now()
            )
            return ClawbackId(clawback_id)

        return await run_once(request, db, actor, work, scope=code)

    @post("/{clawback_id:uuid}/delivery", operation_id="DeliverClawback", status_code=200, idempotent=True)
    async def deliver(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        clawback_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        data: JSONBody[Delivery],
    ) -> Response[AppealTerm]:
        """Record that a decision was delivered to the household, from when its appeal counts."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> AppealTerm:
            until = await serve_clawback(
                conn, actor, code, clawback_id, served_on=data.served_on, service=data.service, now=clock.now()
            )
            return AppealTerm(until)

        return await run_once(request, db, actor, work, scope=code)

    @post("/{clawback_id:uuid}/entries", operation_id="RecordRepayment", idempotent=True)
    async def record(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        clawback_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[NewEntry],
    ) -> Response[ClawbackId]:
        """Record a repayment or a write-off; it counts once another person confirms it."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> ClawbackId:
            return ClawbackId(await record_entry(conn, seal, actor, code, clawback_id, new=data, now=clock.now()))

        return await run_once(request, db, actor, work, scope=code)

    @post(
        "/{clawback_id:uuid}/entries/{entry_id:uuid}/decision",
        operation_id="ConfirmRepayment",
        status_code=200,
        idempotent=True,
    )
    async def confirm(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        clawback_id: FromPath[UUID],
        entry_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        data: JSONBody[EntryDecision],
    ) -> Response[ClawbackId]:
        """Confirm a repayment or a write-off that another person recorded, or refuse it."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> ClawbackId:
            await decide_entry(conn, actor, code, clawback_id, entry_id=entry_id, confirm=data.confirm, now=clock.now())
            return ClawbackId(entry_id)

        return await run_once(request, db, actor, work, scope=code)

    @post("/{clawback_id:uuid}/appeal", operation_id="WriteDownClawbackAppeal", idempotent=True)
    async def write_down(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        clawback_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[ClawbackAppealText],
    ) -> Response[AppealNumber]:
        """Write down the appeal of a household that came, called or wrote."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> AppealNumber:
            return AppealNumber(
                await write_down_appeal(conn, seal, actor, code, clawback_id, text=data.text, now=clock.now())
            )

        return await run_once(request, db, actor, work, scope=code)

    @get("/appeals/{case_id:uuid}", operation_id="GetClawbackAppeal")
    async def appeal(
        self,
        *,
        county: FromPath[str],
        case_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
    ) -> ClawbackAppeal:
        """Return an appeal to the level above the county, or to an official who sees the whole county."""
        code = read_county(county)
        require_whole_county(get_visible_divisions(actor, code), code)
        async with db.transaction(scope=code) as conn:
            found = await get_appeal(conn, seal, case_id)
        if found is None:
            raise ClawbackNotFound
        return found

    @post("/appeals/{case_id:uuid}/ruling", operation_id="RuleOnClawbackAppeal", status_code=200, idempotent=True)
    async def rule(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        case_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[AppealAnswer],
    ) -> Response[ClawbackId]:
        """Decide an appeal as the level above the county: annul the decision, or let it stand."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> ClawbackId:
            await rule_on_appeal(conn, seal, actor, case_id, ruling=data.ruling, text=data.text, now=clock.now())
            return ClawbackId(case_id)

        return await run_once(request, db, actor, work, scope=code)


class OwnClawbackController(Controller):
    """The decisions against a person, for that person."""

    path = "/api/v1/me/clawbacks"
    tags = ("subsidies",)

    @get(operation_id="ListOwnClawbacks")
    async def own(
        self,
        *,
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> list[OwnClawback]:
        """List the decisions that you should pay money back, and until when you may appeal."""
        async with db.connection() as conn:
            return await list_own_clawbacks(conn, seal, actor.account_id, day=clock.today())

    @post("/{clawback_id:uuid}/appeal", operation_id="AppealOwnClawback", idempotent=True)
    async def appeal(
        self,
        *,
        request: HttpRequest,
        clawback_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[ClawbackAppealText],
    ) -> Response[AppealNumber]:
        """Ask the level above the county to look at a decision against you; you owe nothing meanwhile."""
        now = clock.now()
        async with db.connection() as conn:
            own = await require_own_clawback(conn, seal, actor.account_id, clawback_id, day=clock.today())

        async def work(conn: Connection) -> AppealNumber:
            return AppealNumber(await appeal_own_clawback(conn, seal, actor, own, text=data.text, now=now))

        return await run_once(request, db, actor, work, scope=own.county_code)


ROUTES = [ClawbackController, OwnClawbackController]
