"""Operators' agreements and files of terms: proposed or imported by one person, approved by another."""

from collections.abc import Sequence
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import get_visible_divisions
from market.people.identity.models import Actor
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest
from market.subsidies.agreements.agreements import decide_agreement, list_agreements, propose_agreement
from market.subsidies.agreements.models import Agreement, NewAgreement, TermsFile
from market.subsidies.agreements.terms import approve_terms, list_terms_files
from market.subsidies.month.cycles import read_county


class AgreementId(Struct, frozen=True):
    """The id of an agreement, or of a file of terms."""

    id: UUID


class AgreementDecision(Struct, frozen=True, forbid_unknown_fields=True):
    """Whether an agreement is approved; one that is not counts for nothing."""

    approve: bool


class AgreementController(Controller):
    """The agreements and the files of terms of a county, for its officials."""

    path = "/api/v1/counties/{county:str}"
    tags = ("subsidies",)

    @get("/agreements", operation_id="ListAgreements")
    async def list(
        self, *, county: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> Sequence[Agreement]:
        """List the agreements of a county by operator, latest first, at most 200."""
        code = read_county(county)
        get_visible_divisions(actor, code)
        async with db.transaction(scope=code) as conn:
            return await list_agreements(conn, code)

    @post("/agreements", operation_id="ProposeAgreement", idempotent=True)
    async def propose(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        seal: NamedDependency[Seal],
        clock: NamedDependency[Clock],
        data: JSONBody[NewAgreement],
    ) -> Response[AgreementId]:
        """Propose an agreement with its document in base64; one that is too large for a request goes by the page."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> AgreementId:
            return AgreementId(await propose_agreement(conn, seal, actor, code, data, now=clock.now()))

        return await run_once(request, db, actor, work, scope=code)

    @post("/agreements/{agreement_id:uuid}/decision", operation_id="DecideAgreement", status_code=200, idempotent=True)
    async def decide(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        agreement_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        data: JSONBody[AgreementDecision],
    ) -> Response[AgreementId]:
        """Approve an agreement that another person proposed, or refuse it."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> AgreementId:
            await decide_agreement(conn, actor, code, agreement_id, approve=data.approve, now=clock.now())
            return AgreementId(agreement_id)

        return await run_once(request, db, actor, work, scope=code)

    @get("/terms-files", operation_id="ListTermsFiles")
    async def terms(
        self, *, county: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> Sequence[TermsFile]:
        """List the files whose terms or plans are in force, those that nobody approved first, at most 100."""
        code = read_county(county)
        get_visible_divisions(actor, code)
        async with db.transaction(scope=code) as conn:
            return await list_terms_files(conn, code)

    @post("/terms-files/{file_id:uuid}/approval", operation_id="ApproveTerms", status_code=200, idempotent=True)
    async def approve(
        self,
        *,
        request: HttpRequest,
        county: FromPath[str],
        file_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[AgreementId]:
        """Approve a file of programmes or plans that another person imported."""
        code = read_county(county)
        get_visible_divisions(actor, code)

        async def work(conn: Connection) -> AgreementId:
            await approve_terms(conn, actor, code, file_id, now=clock.now())
            return AgreementId(file_id)

        return await run_once(request, db, actor, work, scope=code)


ROUTES = [AgreementController]
