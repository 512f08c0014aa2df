"""One bill of several counties: its form beside the list of the counties, and what came of it in each."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec.structs import asdict

from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import MAX_BYTES, digest
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.identity.access import get_operator_seat
from market.people.identity.models import Actor, NotFound
from market.people.storage.files import FileStore
from market.service.http import HttpRequest
from market.service.web.desk.context import PageNotice
from market.service.web.desk.files.typed_files import TypedFields, type_manifest
from market.service.web.desk.papers.form_pages import download_file
from market.service.web.desk.presenters import describe_task, present_progress
from market.service.web.forms import make_form_key, read_form
from market.service.web.idempotent_form import get_request_key, submit_once
from market.service.web.operators.bill_states import describe_state
from market.service.web.pages import render_page
from market.service.web.services import get_services
from market.service.web.ui.format import clock_zh, count, yuan
from market.subsidies.imports.kinds import BILLING
from market.subsidies.imports.upload import Upload
from market.subsidies.models import Outcome
from market.subsidies.names import Operator, format_month_zh
from market.subsidies.operators.lateness import list_file_states
from market.subsidies.operators.provincial_bill import list_seat_counties
from market.subsidies.tasks.models import SplitTask, Task, TaskFailed, TaskState
from market.subsidies.tasks.outcome import open_refusal
from market.subsidies.tasks.provincial_bills import (
    PartOutcome,
    SplitOutcome,
    add_split_task,
    export_returned_rows,
    find_keeping_county,
    list_split_tasks,
    load_split_outcome,
    make_split,
)
from market.subsidies.tasks.submit import find_task

_MAX_FAULTS_SHOWN = 100
_NO_FILE = "还没选文件"


async def render_counties(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock, *, notice: PageNotice | None = None,
    faults: Sequence[CellFault] = (), typed: TypedFields | None = None, errors: Sequence[FieldFault] = (),
    part: bool = False, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    """Show the counties of an operator's account with the bills that are missing, and the form of one for all."""
    seat, today = get_operator_seat(actor), clock.today()
    async with db.connection() as conn:
        county = await find_keeping_county(conn, actor)
    async with db.transaction(scope=county) as conn:
        counties = await list_seat_counties(conn, seat.scopes)
        states = await list_file_states(conn, seat.scopes, operators=[Operator(seat.operator)], today=today, months=3)
        sent = await list_split_tasks(conn, actor)
    missing: dict[str, list[str]] = {}
    for state in states:
        if not state.files:
            words = describe_state(state, today)
            missing.setdefault(state.county_code, []).append(f"{format_month_zh(f'{state.month:%Y-%m}')}{words}")
    begun = {state.county_code for state in states}
    rows = [
        (f"/operators?county={code}", name, missing.get(code, ["都交了"]))
        for code, name in counties.items()
        if code in begun
    ]
    context = {
        "rows": rows,
        "others": len(counties) - len(rows),
        "notice": notice,
        "faults": _list_cells(faults),
        "hidden_faults": max(len(faults) - _MAX_FAULTS_SHOWN, 0),
        "typed": typed or TypedFields(),
        "errors": errors,
        "part": part,
        "key": make_form_key(),
        "largest_mb": min(get_services(request).settings.upload_mb, MAX_BYTES // 1024**2),
        "sent": [
            (f"/operators/split/{each.id}", each.input.name, f"{clock_zh(each.created_at)}{_describe_sent(each)}")
            for each in sent
            if isinstance(each.input, SplitTask)
        ],
    }
    return render_page(request, "operators/counties.html", context, status=status, actor=actor)


def _describe_sent(task: Task) -> str:
    assert isinstance(task.input, SplitTask), "a bill of several counties"
    words = {TaskState.REFUSED: "，没有收下", TaskState.FAILED: "，没有办成"}.get(task.state, "")
    return words or ("，试过一遍" if task.input.dry_run else "")


def _list_cells(faults: Sequence[CellFault]) -> list[tuple[str, str, str, str]]:
    return [(f"第 {each.row} 行", each.column, each.value[:60], each.message) for each in faults[:_MAX_FAULTS_SHOWN]]


@post("/split", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_provincial_bill(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
    files: NamedDependency[FileStore],
) -> Response[Any]:
    """Store a bill of several counties for its splitting and redirect to what comes of it."""
    form = await read_form(request)
    now = clock.now()
    async with db.connection() as conn:
        scope = await find_keeping_county(conn, actor)
    typed, part = form.fill(TypedFields), form.get_text("take_part") == "1"
    sent = next((each for each in form.get_files("file") if each.filename), None)
    if sent is None:
        notice = PageNotice("no", _NO_FILE)
        return await render_counties(request, db, actor, clock, notice=notice, typed=typed, part=part, status=422)
    # A worker reads it: here it is in memory until it is stored.
    async with files.workbooks.take(actor.account_id):
        upload = Upload(
            scope,
            BILLING.name,
            sent.filename,
            await sent.read(),
            dry_run=form.get_text("what") != "take",
            take_fewer=form.get_text("take_fewer") == "1",
            take_part=part,
        )
        attachments = {each.filename: await each.read() for each in form.get_files("manifest")[:1] if each.filename}
        operator = get_operator_seat(actor).operator
        attachments = attachments or type_manifest(form, upload, operator=operator, now=now)
        if form.faults:
            return await render_counties(
                request, db, actor, clock, typed=typed, errors=form.faults, part=part, status=422
            )
        task = make_split(upload, typed=asdict(typed))
        sums = (digest(content) for content in attachments.values())
        about = digest(
            "\n".join(
                [upload.name, upload.sha256, str(upload.dry_run), str(upload.take_fewer), str(part), *sums]
            ).encode()
        )

        async def work(conn: Connection) -> str:
            task_id = await add_split_task(
                conn, files, seal, actor, task,
                upload=upload, attachments=attachments, request_key=get_request_key(form, about), now=now,
            )  # fmt: skip
            return f"/operators/split/{task_id}?wait=1"

        try:
            return await submit_once(request, actor, form, work, scope=scope, about=about)
        except Refusal as refusal:
            return await _refused(request, db, actor, clock, task=task, refusal=refusal)


async def _refused(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock, *, task: SplitTask, refusal: Refusal
) -> Response[bytes]:
    cells = [each for each in refusal.errors if isinstance(each, CellFault)]
    return await render_counties(
        request, db, actor, clock, notice=PageNotice("no", "没有收下", (refusal.text("zh"),)), faults=cells,
        typed=TypedFields(**task.typed), part=task.take_part, status=refusal.status,
    )  # fmt: skip


@get("/split/{task_id:uuid}", include_in_schema=False)
async def show_provincial_bill(
    request: HttpRequest,
    *,
    task_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Show how far a bill of several counties is, and what came of it in each; it goes on when the page is closed.

    Raises:
        NotFound: the account has sent no such bill.
    """
    async with db.connection() as conn:
        scope = await find_keeping_county(conn, actor)
    task = await find_task(db, actor, scope, task_id, wait=request.query_params.get("wait") == "1")
    if not isinstance(task.input, SplitTask):
        raise NotFound
    path = f"/operators/split/{task.id}"
    if task.ended and task.state is not TaskState.DONE:
        refusal = open_refusal(seal, task) if task.state is TaskState.REFUSED else TaskFailed()
        return await _refused(request, db, actor, clock, task=task.input, refusal=refusal)
    if not task.ended:
        context = {"name": describe_task(task), "progress": present_progress(task), "ended": False, "path": path}
        return render_page(request, "operators/split.html", context, actor=actor)
    async with db.transaction(scope=scope) as conn:
        outcome = await load_split_outcome(conn, seal, actor, task)
    return render_page(request, "operators/split.html", _present(task.input, outcome, path), actor=actor)


def _present(task: SplitTask, outcome: SplitOutcome, path: str) -> dict[str, Any]:
    faults = [fault for row in outcome.rejected for fault in row.faults]
    faults += [fault for part in outcome.parts for fault in part.faults]
    faults.sort(key=lambda fault: fault.row)
    return {
        "name": task.name,
        "progress": None,
        "rows": outcome.rows,
        "dry_run": task.dry_run,
        "parts": [
            (
                f"/operators/files/{part.result.file_id}?county={part.county}"
                if part.result is not None and part.result.file_id is not None
                else "",
                part.name,
                part.rows,
                _describe_part(part, dry_run=task.dry_run),
            )
            for part in outcome.parts
        ],
        "faults": _list_cells(faults),
        "hidden_faults": max(len(faults) - _MAX_FAULTS_SHOWN, 0),
        "returned": outcome.returned,
        "ended": outcome.ended,
        "path": path,
    }


def _describe_part(part: PartOutcome, *, dry_run: bool) -> str:
    """Return what came of one county's rows, in words."""
    if part.refusal is not None:
        return f"没有收下：{part.refusal.text('zh')}"
    result = part.result
    if result is None:
        return "还没有办完"
    if result.outcome is Outcome.NO_OP:
        return "交过了，内容一样，什么都没有变"
    words = f"{'会收下' if dry_run else '收下'} {count(result.rows)} 行，{yuan(result.sum_fen or 0)} 元"
    words += f"，退回 {count(result.rejected)} 行" if result.rejected else ""
    return words + (f"；比上个月的 {count(result.earlier_rows)} 行少得多" if result.earlier_rows is not None else "")


@post("/split/{task_id:uuid}/rejected", include_in_schema=False, rate=RateClass.SEARCH, status_code=200)
async def download_returned_rows(
    request: HttpRequest,
    *,
    task_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Download the rows that no county took, as one file to correct and send again.

    Raises:
        NotFound: the account has sent no such bill, or every row was taken.
    """
    await read_form(request)
    async with db.connection() as conn:
        scope = await find_keeping_county(conn, actor)
    task = await find_task(db, actor, scope, task_id)
    async with db.transaction(scope=scope) as conn:
        file = await export_returned_rows(conn, seal, actor, task, file_format=FileFormat.XLSX, now=clock.now())
    return download_file(file.content, file.name, file.media_type)


ROUTES = [submit_provincial_bill, show_provincial_bill, download_returned_rows]
