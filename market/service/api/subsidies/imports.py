"""Import a county's files over HTTP: one route for each kind of `IMPORT_KINDS`."""

import asyncio
import hashlib
from collections.abc import Mapping
from functools import partial
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, FromQuery, MultipartBody
from msgspec import Meta, Struct

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.identity.access import get_visible_divisions
from market.people.identity.models import Actor
from market.people.storage.files import FileStore
from market.service.api.parameters import Text
from market.service.api.tasks import ACCEPTED, submit_task
from market.service.http import HttpRequest
from market.subsidies.imports.formats.templates import Download, write_template
from market.subsidies.imports.held import load_held, write_held
from market.subsidies.imports.kinds import DOCUMENTS, IMPORT_KINDS, MANIFESTS, ImportKind
from market.subsidies.imports.originals import read_original
from market.subsidies.imports.upload import ImportResult, Upload
from market.subsidies.month.cycles import read_county
from market.subsidies.tasks.submit import make_import, store_import


class SpreadsheetFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A file to import; with `dry_run` it is read and compared, and nothing is stored."""

    file: UploadFile
    dry_run: bool = False


class ChangesFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A file to import; rows that change known facts are imported only with `take_changes`."""

    file: UploadFile
    dry_run: bool = False
    take_changes: bool = False


class ProgrammesFile(Struct, frozen=True, forbid_unknown_fields=True):
    """Programmes as JSON, with the documents that they reference by file name."""

    file: UploadFile
    documents: Annotated[list[UploadFile], Meta(max_length=100)]
    dry_run: bool = False
    take_changes: bool = False


class BillingFile(Struct, frozen=True, forbid_unknown_fields=True):
    """An operator's bills of a month, with their manifest (file, operator, month, sha256, rows, sum_fen).

    With `take_part` sound rows are taken and the others returned; `replaces` is the id of the bill that this one
    replaces as a whole.
    """

    file: UploadFile
    manifest: UploadFile | None = None
    dry_run: bool = False
    take_fewer: bool = False
    take_part: bool = False
    replaces: UUID | None = None


class ReturnFile(Struct, frozen=True, forbid_unknown_fields=True):
    """An operator's return file with its manifest (file, operator, month, sha256, rows, sum_fen, settlement_sha256)."""

    file: UploadFile
    manifest: UploadFile | None = None
    dry_run: bool = False


type ImportBody = SpreadsheetFile | ChangesFile | ProgrammesFile | BillingFile | ReturnFile


def _choose_body(kind: ImportKind) -> type[Struct]:
    if kind.attachment is DOCUMENTS:
        return ProgrammesFile
    if kind.takes_changes:
        return ChangesFile
    if kind.attachment in MANIFESTS:
        return BillingFile if kind.takes_fewer else ReturnFile
    return SpreadsheetFile


async def read_attachments(data: ImportBody) -> dict[str, bytes]:
    """Return the files that came with a file, by name."""
    files = data.documents if isinstance(data, ProgrammesFile) else []
    if isinstance(data, BillingFile | ReturnFile) and data.manifest is not None:
        files = [data.manifest]
    return {each.filename: await each.read() for each in files}


def identify_upload(upload: Upload, attachments: Mapping[str, bytes]) -> bytes:
    """Return what makes a repeated key the same request: files, names and options."""
    options = f"{upload.dry_run}\n{upload.take_changes}\n{upload.take_fewer}\n{upload.take_part}\n{upload.replaces}"
    identity = f"{upload.name}\n{upload.sha256}\n{options}\n".encode()
    return identity + hashlib.sha256(b"".join(attachments.values())).digest()


def _make_route(kind: ImportKind) -> HTTPRouteHandler:
    """Return the route that imports files of a kind."""

    async def import_file(
        *,
        request: HttpRequest,
        county: FromPath[str],
        data: ImportBody,
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
        files: NamedDependency[FileStore],
    ) -> Response[ImportResult]:
        county = read_county(county)
        get_visible_divisions(actor, county)
        async with files.workbooks.take(actor.account_id):
            attachments = await read_attachments(data)
            upload = Upload(
                county,
                kind.name,
                data.file.filename,
                await data.file.read(),
                dry_run=data.dry_run,
                take_changes=isinstance(data, ChangesFile | ProgrammesFile) and data.take_changes,
                take_fewer=isinstance(data, BillingFile) and data.take_fewer,
                take_part=isinstance(data, BillingFile) and data.take_part,
                replaces=data.replaces if isinstance(data, BillingFile) else None,
            )
            task = make_import(upload, attachments)
            store = partial(store_import, files, seal, task, upload=upload, attachments=attachments, now=clock.now())
            body = identify_upload(upload, attachments)
            return await submit_task(
                request, db, actor, county, task, seal=seal, now=clock.now(), body=body, store=store
            )

    import_file.__name__ = kind.name
    import_file.__doc__ = kind.summary
    import_file.__annotations__["data"] = MultipartBody[_choose_body(kind)]
    return post(
        f"/{kind.name}",
        operation_id=f"Import{kind.name.capitalize()}",
        status_code=200,
        idempotent=True,
        rate=RateClass.UPLOAD,
        responses=ACCEPTED,
    )(import_file)


@post("/{file_id:uuid}/original", operation_id="ReadImportOriginal", status_code=200)
async def read_import_original(
    *,
    county: FromPath[str],
    file_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
    name: FromQuery[Text | None] = None,
) -> Response[bytes]:
    """Return an imported file byte for byte, or the file that was attached to it as `name`, and record who read it."""
    county = read_county(county)
    get_visible_divisions(actor, county)
    async with db.transaction(scope=county) as conn:
        known, content = await read_original(conn, actor, county, file_id, name=name, seal=seal, now=clock.now())
    return build_download(Download(known, "application/octet-stream", content))


def build_download(file: Download) -> Response[bytes]:
    """Return a file as a download under its name."""
    disposition = f"attachment; filename*=UTF-8''{quote(file.name)}"
    return Response(file.content, media_type=file.media_type, headers={"Content-Disposition": disposition})


def _make_template_route(kind: ImportKind) -> HTTPRouteHandler:
    """Return the route of the template of a kind of file."""

    async def get_template(
        *,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        file_format: FromQuery[FileFormat] = FileFormat.XLSX,
    ) -> Response[bytes]:
        get_visible_divisions(actor, read_county(county))
        return build_download(await asyncio.to_thread(write_template, kind, file_format))

    get_template.__name__ = f"get_{kind.name}_template"
    get_template.__doc__ = f"Return the template of the {kind.name} file: columns, an example, and their meaning."
    return get(f"/{kind.name}/template", operation_id=f"Get{kind.name.capitalize()}Template")(get_template)


def _make_held_route(kind: ImportKind) -> HTTPRouteHandler:
    """Return the route of what the county holds in the form of a kind of file."""

    async def export_held(
        *,
        county: FromPath[str],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        seal: NamedDependency[Seal],
        file_format: FromQuery[FileFormat] = FileFormat.XLSX,
    ) -> Response[bytes]:
        county = read_county(county)
        get_visible_divisions(actor, county)
        async with db.transaction(scope=county) as conn:
            rows = await load_held(conn, actor, county, kind, seal=seal, now=clock.now())
        return build_download(await asyncio.to_thread(write_held, kind, rows, file_format))

    export_held.__name__ = f"export_{kind.name}"
    export_held.__doc__ = f"Return what the county holds in the form of the {kind.name} file, and record who took it."
    return post(
        f"/{kind.name}/held", operation_id=f"ExportHeld{kind.name.capitalize()}", status_code=200, rate=RateClass.SEARCH
    )(export_held)


_KINDS = tuple(IMPORT_KINDS.values())
IMPORTS = Router(
    path="/api/v1/counties/{county:str}/imports",
    route_handlers=[
        *(_make_route(kind) for kind in _KINDS),
        *(_make_template_route(kind) for kind in _KINDS),
        *(_make_held_route(kind) for kind in _KINDS if kind.keeps_rows),
        read_import_original,
    ],
    tags=["subsidies"],
)
"""Files of a county, each imported whole or not at all."""

ROUTES = [IMPORTS]
