"""Stories of villages, warnings of fraud, and reports of what everybody reads."""

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
from market.villages.content.models import (
    MAX_REASON_LENGTH,
    MAX_REPORT_LENGTH,
    ContentReport,
    FraudWarning,
    NewReport,
    NewStory,
    NewWarning,
    PublicStory,
    Story,
)
from market.villages.content.reports import answer_report, report_content
from market.villages.content.stories import answer_story, hide_story, publish_story, write_story
from market.villages.content.story_views import list_live_stories, list_own_stories
from market.villages.content.warnings import end_warning, list_valid_warnings, publish_warning


class StoryAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a person consents to be shown in a story."""

    consent: bool


class StoryEnd(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a story is hidden; an author gives no reason."""

    reason: Annotated[str, Meta(max_length=2 * MAX_REASON_LENGTH)] = ""


class ReportAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether what was reported is taken off the pages, and why."""

    hide: bool
    text: Annotated[str, Meta(max_length=2 * MAX_REPORT_LENGTH)]


class ContentController(Controller):
    """Stories, warnings and reports."""

    path = "/api/v1"
    tags = ("content",)

    @get("/villages/{village_code:str}/stories", operation_id="ListStories")
    async def list_stories(self, db: NamedDependency[Database], village_code: FromPath[str]) -> list[PublicStory]:
        """List the published stories of a village and its county, the village's first."""
        async with db.connection() as conn:
            return await list_live_stories(conn, village_code)

    @get("/me/stories", operation_id="ListMyStories")
    async def list_own(self, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> list[Story]:
        """List the person's own stories, the latest first."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_own_stories(conn, actor.account_id)

    @post("/stories", operation_id="WriteStory", idempotent=True)
    async def write(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[NewStory],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[Story]:
        """Write a story; it is checked once everybody whom it shows consents."""
        return await run_once(
            request, db, actor, lambda conn: write_story(conn, seal, actor, data, now=clock.now()),
            scope=get_person_scope(actor),
        )  # fmt: skip

    @post("/stories/{number:int}/consent", operation_id="AnswerStory", status_code=204)
    async def answer(
        self,
        *,
        number: FromPath[int],
        data: JSONBody[StoryAnswer],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """Consent to be shown in a story, or refuse, which hides it."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await answer_story(conn, actor, number, consent=data.consent, now=clock.now())

    @post("/counties/{county:str}/stories/{number:int}/publication", operation_id="PublishStory", status_code=200)
    async def publish(
        self,
        *,
        county: FromPath[str],
        number: FromPath[int],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Story:
        """Publish a story to which everybody shown consents, as another person than its author."""
        async with db.transaction(scope=read_county(county)) as conn:
            return await publish_story(conn, seal, actor, number, now=clock.now())

    @post("/counties/{county:str}/stories/{number:int}/end", operation_id="HideStory", status_code=204)
    async def hide(
        self,
        *,
        county: FromPath[str],
        number: FromPath[int],
        data: JSONBody[StoryEnd],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> None:
        """Hide a story with the reason that its author reads, or take back one's own."""
        code = read_county(county)
        async with db.transaction(scope=code if actor.is_official else get_person_scope(actor)) as conn:
            await hide_story(conn, seal, actor, number, reason=data.reason, now=clock.now())

    @get("/villages/{village_code:str}/warnings", operation_id="ListWarnings")
    async def list_of_warnings(
        self, db: NamedDependency[Database], clock: NamedDependency[Clock], village_code: FromPath[str]
    ) -> list[FraudWarning]:
        """List what the county of a village warns of today."""
        async with db.connection() as conn:
            return await list_valid_warnings(conn, get_county_code(village_code), day=clock.today())

    @post("/counties/{county:str}/warnings", operation_id="PublishWarning", idempotent=True)
    async def warn(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        data: JSONBody[NewWarning],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[FraudWarning]:
        """Warn the people of a county on their pages, and by SMS those who consented."""
        code = read_county(county)
        return await run_once(
            request, db, actor, lambda conn: publish_warning(conn, seal, actor, code, data, now=clock.now()),
            scope=code,
        )  # fmt: skip

    @post("/counties/{county:str}/warnings/{warning_id:uuid}/end", operation_id="EndWarning", status_code=204)
    async def end(
        self,
        *,
        county: FromPath[str],
        warning_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> None:
        """End a warning now."""
        code = read_county(county)
        async with db.transaction(scope=code) as conn:
            await end_warning(conn, actor, code, warning_id, now=clock.now())

    @post("/reports", operation_id="ReportContent", idempotent=True)
    async def report(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[NewReport],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[ContentReport]:
        """Report a listing, a review or a story with a reason; answered in one working day."""
        return await run_once(
            request, db, actor, lambda conn: report_content(conn, seal, actor, data, now=clock.now()),
            scope=get_person_scope(actor),
        )  # fmt: skip

    @post("/reports/{case_id:uuid}/answer", operation_id="AnswerReport", status_code=200)
    async def decide(
        self,
        *,
        case_id: FromPath[UUID],
        data: JSONBody[ReportAnswer],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> ContentReport:
        """Take what was reported off the pages or leave it, as the official whose turn it is."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await answer_report(conn, seal, actor, case_id, hide=data.hide, text=data.text, now=clock.now())


ROUTES = [ContentController]
