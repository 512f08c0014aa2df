"""Importing a county's files over HTTP: register, policy, lines, bills, use; a dry run names every bad cell."""

import hashlib
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from litestar import Controller, Request, Response, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, MultipartBody
from msgspec import Meta, Struct

from market.api.plumbing import once
from market.identity import Actor
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.reports.desk.sight import places_in
from market.reports.desk.uploads import name_documents
from market.subsidies.cycles import read_county
from market.subsidies.files import Imported, Upload
from market.subsidies.import_billing import import_billing, read_manifest
from market.subsidies.import_bindings import import_bindings
from market.subsidies.import_enrolments import import_enrolments
from market.subsidies.import_plans import import_budget, import_plans
from market.subsidies.import_programmes import import_programmes
from market.subsidies.import_register import import_register
from market.subsidies.import_usage import import_opening, import_usage

Asked = Request[Any, Any, Any]
type Work = Callable[[Connection, Upload], Awaitable[Imported]]


class SheetFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A file to take; with `dry_run` it is read and compared, and nothing of it is taken."""

    file: UploadFile
    dry_run: bool = False


class RegisterFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A register; what changes known facts is taken only with `take_changes`."""

    file: UploadFile
    dry_run: bool = False
    take_changes: bool = False


class ProgrammesFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Programmes as JSON, with the documents that they name, each under the last part of its name."""

    file: UploadFile
    documents: Annotated[list[UploadFile], Meta(max_length=100)]
    dry_run: bool = False


class BillingFile(Struct, frozen=True, forbid_unknown_fields=True):
    """An operator's bills of a month with their manifest (file, operator, month, sha256, rows, sum_fen)."""

    file: UploadFile
    manifest: UploadFile | None = None
    dry_run: bool = False


async def _take(
    request: Asked,
    data: SheetFile | RegisterFile | ProgrammesFile | BillingFile,
    work: Work,
    *,
    db: Database,
    actor: Actor,
    county: str,
    kind: str,
    beside: bytes = b"",
) -> Response[Any]:
    """Take a file once a key: the request is known by its file's hash and by what is asked of it."""
    county = read_county(county)
    places_in(actor, county)
    content = await data.file.read()
    upload = Upload(
        county,
        kind,
        data.file.filename,
        content,
        dry_run=data.dry_run,
        take_changes=isinstance(data, RegisterFile) and data.take_changes,
    )
    said = f"{upload.name}\n{upload.sha256}\n{upload.dry_run}\n{upload.take_changes}\n".encode()
    return await once(
        request,
        db,
        actor,
        lambda conn: work(conn, upload),
        scope=county,
        status=200,
        body=said + hashlib.sha256(beside).digest(),
    )


class ImportController(Controller):
    """Files of a county, each taken whole or not at all."""

    path = "/api/v1/counties/{county:str}/imports"
    tags = ["subsidies"]  # noqa: RUF012 - the framework's own declaration

    @post("/register", operation_id="ImportRegister", status_code=200)
    async def register(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        data: MultipartBody[RegisterFile],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
    ) -> Response[Imported]:
        """Take the register of households and persons (XLSX or CSV)."""
        now = clock.now()
        return await _take(
            request, data,
            lambda conn, upload: import_register(conn, actor, upload, seal=seal, now=now),
            db=db, actor=actor, county=county, kind="register",
        )  # fmt: skip

    @post("/programmes", operation_id="ImportProgrammes", status_code=200)
    async def programmes(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        data: MultipartBody[ProgrammesFile],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Imported]:
        """Take programmes with their terms and the documents that they rest on (JSON)."""
        now = clock.now()
        documents = {each.filename: await each.read() for each in data.documents}
        return await _take(
            request, data,
            lambda conn, upload: import_programmes(
                conn, actor, upload, name_documents(upload.content, documents), now=now
            ),
            db=db, actor=actor, county=county, kind="programmes",
            beside=b"".join(documents.values()),
        )  # fmt: skip

    @post("/plans", operation_id="ImportPlans", status_code=200)
    async def plans(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        data: MultipartBody[SheetFile],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Imported]:
        """Take the operators' plans (XLSX or CSV)."""
        now = clock.now()
        return await _take(
            request, data,
            lambda conn, upload: import_plans(conn, actor, upload, now=now),
            db=db, actor=actor, county=county, kind="plans",
        )  # fmt: skip

    @post("/budget", operation_id="ImportBudget", status_code=200)
    async def budget(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        data: MultipartBody[SheetFile],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Imported]:
        """Take the public money of months (JSON, in fen)."""
        now = clock.now()
        return await _take(
            request, data,
            lambda conn, upload: import_budget(conn, actor, upload, now=now),
            db=db, actor=actor, county=county, kind="budget",
        )  # fmt: skip

    @post("/enrolments", operation_id="ImportEnrolments", status_code=200)
    async def enrolments(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        data: MultipartBody[SheetFile],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
    ) -> Response[Imported]:
        """Take enrolments with their public notice (XLSX or CSV)."""
        now = clock.now()
        return await _take(
            request, data,
            lambda conn, upload: import_enrolments(conn, actor, upload, seal=seal, now=now),
            db=db, actor=actor, county=county, kind="enrolments",
        )  # fmt: skip

    @post("/bindings", operation_id="ImportBindings", status_code=200)
    async def bindings(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        data: MultipartBody[SheetFile],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
    ) -> Response[Imported]:
        """Take bindings of person, device, SIM and number (XLSX or CSV)."""
        now = clock.now()
        return await _take(
            request, data,
            lambda conn, upload: import_bindings(conn, actor, upload, seal=seal, now=now),
            db=db, actor=actor, county=county, kind="bindings",
        )  # fmt: skip

    @post("/opening", operation_id="ImportOpening", status_code=200)
    async def opening(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        data: MultipartBody[SheetFile],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Imported]:
        """Take what was settled before this system began (XLSX or CSV)."""
        now = clock.now()
        return await _take(
            request, data,
            lambda conn, upload: import_opening(conn, actor, upload, now=now),
            db=db, actor=actor, county=county, kind="opening",
        )  # fmt: skip

    @post("/billing", operation_id="ImportBilling", status_code=200)
    async def billing(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        data: MultipartBody[BillingFile],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Imported]:
        """Take an operator's bills of a month; the same bytes again change nothing."""
        now = clock.now()
        beside = await data.manifest.read() if data.manifest else b""
        manifest = read_manifest(data.manifest.filename, beside) if data.manifest else None
        return await _take(
            request, data,
            lambda conn, upload: import_billing(conn, actor, upload, manifest, now=now),
            db=db, actor=actor, county=county, kind="billing",
            beside=beside,
        )  # fmt: skip

    @post("/usage", operation_id="ImportUsage", status_code=200)
    async def usage(
        self,
        *,
        request: Asked,
        county: FromPath[str],
        data: MultipartBody[SheetFile],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Imported]:
        """Take known days of use of the lines whose use is the proof of life (XLSX or CSV)."""
        now = clock.now()
        return await _take(
            request, data,
            lambda conn, upload: import_usage(conn, actor, upload, now=now),
            db=db, actor=actor, county=county, kind="usage",
        )  # fmt: skip


ROUTES = [ImportController]
