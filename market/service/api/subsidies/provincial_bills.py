"""One bill of several counties over HTTP: sent once, and what came of it in each county."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response, Router, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, MultipartBody
from msgspec import Struct, structs

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.identity.models import Actor, NotFound
from market.people.storage.files import FileStore
from market.service.api.idempotency import get_idempotency_key, run_once
from market.service.api.problem import Problem, build_problem, get_language
from market.service.api.subsidies.imports import build_download, identify_upload
from market.service.http import HttpRequest
from market.subsidies.imports.kinds import BILLING
from market.subsidies.imports.upload import ImportResult, Upload
from market.subsidies.tasks.models import SplitTask, TaskFailed, TaskState
from market.subsidies.tasks.outcome import open_refusal
from market.subsidies.tasks.provincial_bills import (
    PartOutcome,
    add_split_task,
    export_returned_rows,
    find_keeping_county,
    load_split_outcome,
    make_split,
)
from market.subsidies.tasks.submit import find_task


class ProvincialFile(Struct, frozen=True, forbid_unknown_fields=True):
    """An operator's bill of several counties with its manifest; each row says its county. See `BillingFile`."""

    file: UploadFile
    manifest: UploadFile
    dry_run: bool = False
    take_fewer: bool = False
    take_part: bool = False


class ProvincialBillId(Struct, frozen=True):
    """The id of a bill of several counties."""

    id: UUID


class CountyPart(Struct, frozen=True, kw_only=True):
    """What came of one county's rows; `faults` are cells at their rows of the whole file."""

    county: str
    name: str
    rows: int
    state: TaskState
    result: ImportResult | None
    faults: tuple[CellFault, ...]
    problem: Problem | None = None


class ProvincialBill(Struct, frozen=True, kw_only=True):
    """A bill of several counties: its state, or what came of it in each, and how many rows come back as a file."""

    id: UUID
    state: TaskState
    ended: bool
    rows: int = 0
    returned: int = 0
    parts: list[CountyPart] = []
    faults: list[CellFault] = []
    problem: Problem | None = None


def _present_part(part: PartOutcome, language: str) -> CountyPart:
    problem = None if part.refusal is None else build_problem(part.refusal, language)
    return structs.replace(msgspec.convert(part, CountyPart, from_attributes=True), problem=problem)


@post("/uploads", operation_id="SendProvincialBill", status_code=202, idempotent=True, rate=RateClass.UPLOAD)
async def send_provincial_bill(
    *,
    request: HttpRequest,
    data: MultipartBody[ProvincialFile],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
    files: NamedDependency[FileStore],
) -> Response[ProvincialBillId]:
    """Send one bill of several counties, or try it: each row goes to the county that it names.

    A county that refuses its rows stops no other; the same file again changes nothing.
    """
    now = clock.now()
    async with db.connection() as conn:
        scope = await find_keeping_county(conn, actor)
    async with files.workbooks.take(actor.account_id):
        attachments = {data.manifest.filename: await data.manifest.read()}
        upload = Upload(
            scope, BILLING.name, data.file.filename, await data.file.read(),
            dry_run=data.dry_run, take_fewer=data.take_fewer, take_part=data.take_part,
        )  # fmt: skip
        task, key = make_split(upload), get_idempotency_key(request)

        async def work(conn: Connection) -> ProvincialBillId:
            return ProvincialBillId(
                await add_split_task(
                    conn, files, seal, actor, task,
                    upload=upload, attachments=attachments, request_key=key, now=now,
                )
            )  # fmt: skip

        body = identify_upload(upload, attachments)
        return await run_once(request, db, actor, work, scope=scope, body=body)


@get("/uploads/{upload_id:uuid}", operation_id="GetProvincialBill")
async def show_provincial_bill(
    *,
    request: HttpRequest,
    upload_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
) -> ProvincialBill:
    """Return what came of an own bill of several counties in each of them."""
    language = get_language(request)
    async with db.connection() as conn:
        scope = await find_keeping_county(conn, actor)
    task = await find_task(db, actor, scope, upload_id)
    if not isinstance(task.input, SplitTask):
        raise NotFound
    if task.state is not TaskState.DONE:
        refusal = open_refusal(seal, task) if task.state is TaskState.REFUSED else TaskFailed()
        problem = build_problem(refusal, language) if task.ended else None
        return ProvincialBill(id=task.id, state=task.state, ended=task.ended, problem=problem)
    async with db.transaction(scope=scope) as conn:
        outcome = await load_split_outcome(conn, seal, actor, task)
    return ProvincialBill(
        id=task.id, state=task.state, ended=outcome.ended, rows=outcome.rows, returned=outcome.returned,
        parts=[_present_part(part, language) for part in outcome.parts],
        faults=[fault for row in outcome.rejected for fault in row.faults],
    )  # fmt: skip


@post("/uploads/{upload_id:uuid}/rejected", operation_id="ExportReturnedRows", status_code=200, rate=RateClass.SEARCH)
async def download_returned_rows(
    *,
    upload_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
    file_format: FromQuery[FileFormat] = FileFormat.XLSX,
) -> Response[bytes]:
    """Return the rows of an own bill that no county took, as one file to correct and send again; recorded."""
    async with db.connection() as conn:
        scope = await find_keeping_county(conn, actor)
    task = await find_task(db, actor, scope, upload_id)
    async with db.transaction(scope=scope) as conn:
        file = await export_returned_rows(conn, seal, actor, task, file_format=file_format, now=clock.now())
    return build_download(file)


_PATH = "/api/v1/operators"
ROUTES: list[Any] = [
    Router(path=_PATH, route_handlers=[show_provincial_bill, download_returned_rows], tags=["subsidies"])
]
UPLOAD_ROUTES = [Router(path=_PATH, route_handlers=[send_provincial_bill], tags=["subsidies"])]
