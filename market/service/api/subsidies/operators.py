"""What operators send, over HTTP: bills, their returned rows, notes, the settlement; templates; and who is late."""

import asyncio
from datetime import date
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody
from msgspec import Struct

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.identity.access import require_operator
from market.people.identity.models import Actor, NotFound
from market.people.storage.files import FileStore
from market.service.api.idempotency import run_once
from market.service.api.parameters import Offset
from market.service.api.subsidies.imports import BillingFile, build_download, identify_upload, read_attachments
from market.service.api.tasks import ACCEPTED, submit_task
from market.service.http import HttpRequest
from market.subsidies.imports.formats.templates import write_template
from market.subsidies.imports.kinds import BILLING, OPERATOR_KINDS
from market.subsidies.imports.upload import ImportResult, Upload
from market.subsidies.month.cycles import read_county, read_month
from market.subsidies.month.settle import OperatorSettlement
from market.subsidies.operators.history import (
    OperatorBill,
    export_rejected,
    export_settled_rows,
    get_own_settlement,
    list_sent_files,
)
from market.subsidies.operators.lateness import FileState, list_late_files
from market.subsidies.operators.notes import FileNote, add_note, list_notes
from market.subsidies.tasks.submit import make_import, store_import


class NewNote(Struct, frozen=True, forbid_unknown_fields=True):
    """A note about a bill: 1 to 500 characters."""

    text: str


class LateFile(Struct, frozen=True):
    """A bill that is late or came late, and by how many days."""

    file: FileState
    late_days: int


@get("/templates/{kind:str}", operation_id="GetOperatorTemplate")
async def get_operator_template(
    kind: FromPath[str], file_format: FromQuery[FileFormat] = FileFormat.XLSX
) -> Response[bytes]:
    """Return the template of a file that operators send (billing, usage, bindings, plans); nobody needs to sign in."""
    chosen = OPERATOR_KINDS.get(kind)
    if chosen is None:
        raise NotFound
    return build_download(await asyncio.to_thread(write_template, chosen, file_format))


@post(
    "/counties/{county:str}/uploads",
    operation_id="SendBill",
    status_code=200,
    idempotent=True,
    rate=RateClass.UPLOAD,
    responses=ACCEPTED,
)
async def send_bill(
    *,
    request: HttpRequest,
    county: FromPath[str],
    data: MultipartBody[BillingFile],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
    files: NamedDependency[FileStore],
) -> Response[ImportResult]:
    """Send the own operator's bill of a month, or try it (`dry_run`).

    With `take_part` the sound rows are taken and the others returned; `replaces` is the bill that a revision replaces.
    """
    county = read_county(county)
    require_operator(actor, county)
    async with files.workbooks.take(actor.account_id):
        attachments = await read_attachments(data)
        upload = Upload(
            county,
            BILLING.name,
            data.file.filename,
            await data.file.read(),
            dry_run=data.dry_run,
            take_fewer=data.take_fewer,
            take_part=data.take_part,
            replaces=data.replaces,
        )
        task = make_import(upload, attachments)
        store = partial(store_import, files, seal, task, upload=upload, attachments=attachments, now=clock.now())
        body = identify_upload(upload, attachments)
        return await submit_task(request, db, actor, county, task, seal=seal, now=clock.now(), body=body, store=store)


@get("/counties/{county:str}/bills", operation_id="ListSentBills")
async def list_bills(
    county: FromPath[str], actor: NamedDependency[Actor], db: NamedDependency[Database], skip: FromQuery[Offset] = 0
) -> list[OperatorBill]:
    """List the own operator's bills in a county, latest first, at most 50."""
    county = read_county(county)
    require_operator(actor, county)
    async with db.transaction(scope=county) as conn:
        return await list_sent_files(conn, actor, county, skip=skip)


@post(
    "/counties/{county:str}/bills/{file_id:uuid}/rejected",
    operation_id="ExportRejectedRows",
    status_code=200,
    rate=RateClass.SEARCH,
)
async def download_rejected(
    *,
    county: FromPath[str],
    file_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
    file_format: FromQuery[FileFormat] = FileFormat.XLSX,
) -> Response[bytes]:
    """Return the rows of a bill that were not taken, as a file to correct and send again; recorded."""
    county = read_county(county)
    require_operator(actor, county)
    async with db.transaction(scope=county) as conn:
        file = await export_rejected(conn, seal, actor, county, file_id, file_format=file_format, now=clock.now())
    return build_download(file)


@get("/counties/{county:str}/bills/{file_id:uuid}/notes", operation_id="ListBillNotes")
async def get_notes(
    *,
    county: FromPath[str],
    file_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
) -> list[FileNote]:
    """List what the operator and the county's importer wrote about a bill."""
    county = read_county(county)
    async with db.transaction(scope=county) as conn:
        return await list_notes(conn, seal, actor, county, file_id)


@post(
    "/counties/{county:str}/bills/{file_id:uuid}/notes", operation_id="WriteBillNote", status_code=201, idempotent=True
)
async def write_note(
    *,
    request: HttpRequest,
    county: FromPath[str],
    file_id: FromPath[UUID],
    data: JSONBody[NewNote],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[int]:
    """Write about a bill, as its operator or as the county's importer; return the number of the note."""
    county = read_county(county)

    async def work(conn: Connection) -> int:
        return await add_note(conn, seal, actor, county, file_id, text=data.text, now=clock.now())

    return await run_once(request, db, actor, work, scope=county)


@get("/counties/{county:str}/months/{month:str}", operation_id="GetOwnSettlement")
async def show_settlement(
    county: FromPath[str],
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
) -> OperatorSettlement | None:
    """Return what the own operator is paid for a settled month, null if it claimed nothing."""
    county, first = read_county(county), read_month(month)
    require_operator(actor, county)
    async with db.transaction(scope=county) as conn:
        return await get_own_settlement(conn, seal, actor, county, first)


@post(
    "/counties/{county:str}/months/{month:str}/rows",
    operation_id="ExportSettledRows",
    status_code=200,
    rate=RateClass.SEARCH,
)
async def download_settled_rows(
    *,
    county: FromPath[str],
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
    file_format: FromQuery[FileFormat] = FileFormat.XLSX,
) -> Response[bytes]:
    """Return the own operator's services of a settled month with what was approved and paid; recorded."""
    county, first = read_county(county), read_month(month)
    require_operator(actor, county)
    async with db.transaction(scope=county) as conn:
        file = await export_settled_rows(conn, seal, actor, county, first, file_format=file_format, now=clock.now())
    return build_download(file)


@get("/api/v1/late-files", operation_id="ListLateFiles", tags=["subsidies"])
async def list_late(
    actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> list[LateFile]:
    """List the bills of the last 12 months that are late or came late, in the counties that an official sees whole."""
    today: date = clock.today()
    async with db.connection() as conn:
        states = await list_late_files(conn, actor, today=today)
    return [LateFile(each, each.count_late_days(today)) for each in states]


_PATH = "/api/v1/operators"
ROUTES: list[Any] = [
    Router(
        path=_PATH,
        route_handlers=[
            get_operator_template,
            list_bills,
            download_rejected,
            get_notes,
            write_note,
            show_settlement,
            download_settled_rows,
        ],
        tags=["subsidies"],
    ),
    list_late,
]
UPLOAD_ROUTES = [Router(path=_PATH, route_handlers=[send_bill], tags=["subsidies"])]
