"""Questions to agronomists, and what askers share of them."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.division_codes import get_county_code
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.month.cycles import read_county
from market.villages.services.question_models import NewQuestion, Question, SharedQuestion
from market.villages.services.questions import (
    answer_question,
    ask_question,
    list_asked_questions,
    list_own_questions,
    list_shared_questions,
    preview_sharing,
    share_question,
    unshare_question,
)


class QuestionWords(Struct, frozen=True, forbid_unknown_fields=True):
    """An answer, or the words that neighbours would read."""

    text: Annotated[str, Meta(max_length=2000)]


class QuestionController(Controller):
    """Questions to agronomists."""

    path = "/api/v1"
    tags = ("services",)

    @post("/villages/{village_code:str}/questions", operation_id="AskQuestion", idempotent=True)
    async def ask(
        self,
        *,
        request: HttpRequest,
        village_code: FromPath[str],
        data: JSONBody[NewQuestion],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[Question]:
        """Ask the agronomists of a village's county, who answer in two working days; else the county does."""
        return await run_once(
            request, db, actor,
            lambda conn: ask_question(conn, seal, actor, village_code, data, now=clock.now()),
            scope=get_person_scope(actor),
        )  # fmt: skip

    @get("/villages/{village_code:str}/questions", operation_id="ListSharedQuestions")
    async def list_shared(self, db: NamedDependency[Database], village_code: FromPath[str]) -> list[SharedQuestion]:
        """List what askers of a village's township share, the own village first; nothing of who asked."""
        async with db.transaction(scope=read_county(get_county_code(village_code))) as conn:
            return await list_shared_questions(conn, village_code)

    @get("/questions", operation_id="ListOwnQuestions")
    async def list_own(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], seal: NamedDependency[Seal]
    ) -> list[Question]:
        """List the person's questions with their answers, the newest first."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_own_questions(conn, seal, actor.account_id)

    @get("/counties/{county:str}/questions", operation_id="ListAskedQuestions")
    async def list_asked(
        self,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
    ) -> list[Question]:
        """List the questions to the agronomists of a county, as one of them, those that wait first."""
        code = read_county(county)
        async with db.transaction(scope=code) as conn:
            return await list_asked_questions(conn, seal, actor, code)

    @post("/counties/{county:str}/questions/{case_id:uuid}/answer", operation_id="AnswerQuestion", status_code=200)
    async def answer(
        self,
        *,
        county: FromPath[str],
        case_id: FromPath[UUID],
        data: JSONBody[QuestionWords],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Question:
        """Answer a question as an agronomist of the county, or as the officials whose turn it is."""
        async with db.transaction(scope=read_county(county)) as conn:
            return await answer_question(conn, seal, actor, case_id, text=data.text, now=clock.now())

    @post("/questions/{case_id:uuid}/preview", operation_id="PreviewQuestion", status_code=200)
    async def preview(
        self,
        *,
        case_id: FromPath[UUID],
        data: JSONBody[QuestionWords],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Question:
        """Keep the words that neighbours would read; nobody reads them yet."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await preview_sharing(conn, seal, actor, case_id, text=data.text, now=clock.now())

    @post("/questions/{case_id:uuid}/share", operation_id="ShareQuestion", status_code=200)
    async def share(
        self,
        *,
        case_id: FromPath[UUID],
        data: JSONBody[QuestionWords],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Question:
        """Show the neighbours the words that were previewed, with the answer."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await share_question(conn, seal, actor, case_id, text=data.text, now=clock.now())

    @post("/questions/{case_id:uuid}/unshare", operation_id="UnshareQuestion", status_code=200)
    async def unshare(
        self,
        *,
        case_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
    ) -> Question:
        """Show a question to nobody any more."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await unshare_question(conn, seal, actor, case_id)


ROUTES = [QuestionController]
