"""Objections to the public notices of villages: received without a name, read with a receipt, answered by officials."""

from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.division_codes import get_county_code
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.identity.access import get_visible_divisions
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.intake.notice import get_village_notice
from market.subsidies.intake.objection_models import (
    NewObjection,
    Objection,
    ObjectionAnswer,
    ObjectionStatus,
    ReceivedObjection,
)
from market.subsidies.intake.objections import (
    answer_objection,
    appeal_objection,
    find_by_receipt,
    get_objection,
    get_objection_status,
    object_to_notice,
)
from market.subsidies.month.cycles import read_county


class ObjectionReceipt(Struct, frozen=True, forbid_unknown_fields=True):
    """The receipt of an objection."""

    receipt: str


class AppealRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The receipt of a dismissed objection, and why the next level should look at it."""

    receipt: str
    text: str


class ObjectionDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """What an official finds of an objection; it is read with the receipt."""

    answer: ObjectionAnswer
    text: str


class OpenObjectionController(Controller):
    """Objections of anybody, without an account; a repeated one is one more, which its receipt tells apart."""

    path = "/api/v1"
    tags = ("subsidies",)

    @post("/villages/{village_code:str}/objections", operation_id="ObjectToNotice", rate=RateClass.SIGN_IN)
    async def receive(
        self,
        *,
        village_code: FromPath[str],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[NewObjection],
    ) -> ReceivedObjection:
        """Object to a matter under notice in a village, by its number on the printed sheet; keep the receipt."""
        now = clock.now()
        async with db.connection() as conn:
            village = (await get_village_notice(conn, village_code, day=clock.today())).village_code
        async with db.transaction(scope=get_county_code(village)) as conn:
            return await object_to_notice(conn, seal, village, data, recorder=None, now=now)

    @post("/objections/status", operation_id="FindObjection", status_code=200, rate=RateClass.SIGN_IN)
    async def status(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[ObjectionReceipt],
    ) -> ObjectionStatus:
        """Return how far the objection of a receipt is."""
        async with db.connection() as conn:
            county, case_id = await find_by_receipt(conn, data.receipt)
        async with db.transaction(scope=county) as conn:
            return await get_objection_status(conn, seal, case_id, now=clock.now())

    @post("/objections/appeals", operation_id="AppealObjection", status_code=200, rate=RateClass.SIGN_IN)
    async def appeal(
        self,
        *,
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[AppealRequest],
    ) -> ObjectionStatus:
        """Ask the next level about an objection that was dismissed, once and within seven days."""
        now = clock.now()
        async with db.connection() as conn:
            county, case_id = await find_by_receipt(conn, data.receipt)
        async with db.transaction(scope=county) as conn:
            await appeal_objection(conn, seal, case_id, data.text, now=now)
            return await get_objection_status(conn, seal, case_id, now=now)


class ObjectionController(Controller):
    """The objections of a county, for its officials."""

    path = "/api/v1/counties/{county:str}/objections"
    tags = ("subsidies",)

    @get("/{case_id:uuid}", operation_id="GetObjection")
    async def get(
        self,
        *,
        county: FromPath[str],
        case_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Objection:
        """Get an objection of your divisions."""
        code = read_county(county)
        get_visible_divisions(actor, code)
        async with db.transaction(scope=code) as conn:
            return await get_objection(conn, seal, actor, code, case_id, now=clock.now())

    @post("/{case_id:uuid}/answer", operation_id="AnswerObjection", status_code=200, idempotent=True)
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
        data: JSONBody[ObjectionDecision],
    ) -> Response[Objection]:
        """Answer an objection; one that is right takes its lead back to the visit."""
        code = read_county(county)
        get_visible_divisions(actor, code)
        return await run_once(
            request, db, actor,
            lambda conn: answer_objection(
                conn, seal, actor, code, case_id, answer=data.answer, text=data.text, now=clock.now()
            ),
            scope=code,
        )  # fmt: skip


ROUTES = [OpenObjectionController, ObjectionController]
