"""What citizens ask of their county, its answers, and what of them is published."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.cases.answers.inquiries import (
    answer_inquiry,
    ask_county,
    extend_inquiry,
    list_county_inquiries,
    list_own_inquiries,
    list_published_inquiries,
    preview_inquiry,
    share_inquiry,
    unshare_inquiry,
)
from market.cases.answers.models import MAX_INQUIRY_LENGTH, Inquiry, NewInquiry, PublicInquiry
from market.cases.casework.history import record_case_looks
from market.cases.casework.models import CaseOutcome
from market.cases.casework.moves import get_person_scope
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.month.cycles import read_county

type InquiryText = Annotated[str, Meta(max_length=4 * MAX_INQUIRY_LENGTH)]


class InquiryAnswer(Struct, frozen=True, forbid_unknown_fields=True):
    """The answer, whether it is one (`solved`) or who is responsible (`not_ours`), and the question without names."""

    outcome: CaseOutcome
    text: InquiryText
    public_text: InquiryText = ""


class InquiryExtension(Struct, frozen=True, forbid_unknown_fields=True):
    """Why a disclosure takes 20 working days more."""

    reason: InquiryText


class PublicWords(Struct, frozen=True, forbid_unknown_fields=True):
    """The question as everybody would read it."""

    text: InquiryText


class InquiryController(Controller):
    """Inquiries: of citizens, to the officials of their county, and as everybody reads them."""

    path = "/api/v1"
    tags = ("answers",)

    @post("/villages/{village_code:str}/inquiries", operation_id="AskCounty", idempotent=True)
    async def ask(
        self,
        *,
        request: HttpRequest,
        village_code: FromPath[str],
        data: JSONBody[NewInquiry],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Response[Inquiry]:
        """Ask the county of a village; a disclosure is answered in 20 working days, else the county has decided it."""
        return await run_once(
            request, db, actor,
            lambda conn: ask_county(conn, seal, actor, village_code, data, now=clock.now()),
            scope=get_person_scope(actor),
        )  # fmt: skip

    @get("/inquiries", operation_id="ListOwnInquiries")
    async def list_own(
        self, actor: NamedDependency[Actor], db: NamedDependency[Database], seal: NamedDependency[Seal]
    ) -> list[Inquiry]:
        """List the person's inquiries with their answers, the newest first."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await list_own_inquiries(conn, seal, actor.account_id)

    @get("/counties/{county:str}/published-inquiries", operation_id="ListPublishedInquiries")
    async def list_published(self, db: NamedDependency[Database], county: FromPath[str]) -> list[PublicInquiry]:
        """List what askers of a county share, without names, the latest first."""
        code = read_county(county)
        async with db.transaction(scope=code) as conn:
            return await list_published_inquiries(conn, code)

    @get("/counties/{county:str}/inquiries", operation_id="ListCountyInquiries")
    async def list_of_county(
        self,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> list[Inquiry]:
        """List the inquiries to a county as its officials, those that wait first by deadline."""
        code = read_county(county)
        async with db.transaction(scope=code) as conn:
            found = await list_county_inquiries(conn, seal, actor, code)
            await record_case_looks(conn, actor, found, now=clock.now())
            return found

    @post("/counties/{county:str}/inquiries/{case_id:uuid}/answer", operation_id="AnswerInquiry", status_code=200)
    async def answer(
        self,
        *,
        county: FromPath[str],
        case_id: FromPath[UUID],
        data: JSONBody[InquiryAnswer],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Inquiry:
        """Answer an inquiry; its asker sees the words without names first, and shares them or not."""
        async with db.transaction(scope=read_county(county)) as conn:
            return await answer_inquiry(
                conn, seal, actor, case_id, outcome=data.outcome, text=data.text, public_text=data.public_text,
                now=clock.now(),
            )  # fmt: skip

    @post("/counties/{county:str}/inquiries/{case_id:uuid}/extension", operation_id="ExtendInquiry", status_code=200)
    async def extend(
        self,
        *,
        county: FromPath[str],
        case_id: FromPath[UUID],
        data: JSONBody[InquiryExtension],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Inquiry:
        """Extend a disclosure once by 20 working days, with the reason that its asker reads."""
        async with db.transaction(scope=read_county(county)) as conn:
            return await extend_inquiry(conn, seal, actor, case_id, reason=data.reason, now=clock.now())

    @post("/inquiries/{case_id:uuid}/preview", operation_id="PreviewInquiry", status_code=200)
    async def preview(
        self,
        *,
        case_id: FromPath[UUID],
        data: JSONBody[PublicWords],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Inquiry:
        """Keep the words that everybody would read; nobody reads them before they are shared."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await preview_inquiry(conn, seal, actor, case_id, text=data.text, now=clock.now())

    @post("/inquiries/{case_id:uuid}/share", operation_id="ShareInquiry", status_code=200)
    async def share(
        self,
        *,
        case_id: FromPath[UUID],
        data: JSONBody[PublicWords],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
    ) -> Inquiry:
        """Show question and answer to everybody, in the words that were previewed."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await share_inquiry(conn, seal, actor, case_id, text=data.text, now=clock.now())

    @post("/inquiries/{case_id:uuid}/unshare", operation_id="UnshareInquiry", status_code=200)
    async def unshare(
        self,
        case_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
    ) -> Inquiry:
        """Show question and answer to nobody any more."""
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await unshare_inquiry(conn, seal, actor, case_id)


ROUTES = [InquiryController]
