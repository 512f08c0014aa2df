"""An operator's first page: which bills have come and are late, the form of a bill, and the task that takes it."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec.structs import asdict

from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.sheets.models import CellFault
from market.people.identity.models import Actor
from market.people.storage.files import FileStore
from market.service.http import HttpRequest
from market.service.web.desk.context import PageNotice, read_offset
from market.service.web.desk.files.typed_files import TypedFields, type_manifest
from market.service.web.desk.presenters import describe_task, present_progress
from market.service.web.forms import PostedForm, make_form_key, read_form
from market.service.web.operators.bill_states import describe_state
from market.service.web.operators.context import OperatorRoom, open_room, render_room, require_room
from market.service.web.operators.provincial_bills import render_counties
from market.service.web.operators.sending import compute_upload_digest, submit_file
from market.service.web.operators.settlement import refuse_return, show_return_result
from market.service.web.pages import redirect
from market.service.web.ui.format import count, yuan
from market.subsidies.imports.kinds import BILLING, RETURN
from market.subsidies.imports.upload import ImportResult, Upload
from market.subsidies.models import Outcome
from market.subsidies.month.steps import SETTLED_STATES
from market.subsidies.names import format_month_zh
from market.subsidies.operators.history import OperatorBill, list_sent_files
from market.subsidies.operators.lateness import list_file_states
from market.subsidies.tasks.models import ImportTask, TaskFailed, TaskState
from market.subsidies.tasks.outcome import open_refusal, open_result
from market.subsidies.tasks.submit import find_task, make_import, store_import

_MAX_FAULTS_SHOWN = 100


@get("/", include_in_schema=False)
async def show_bills(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the months of a county and the form of a bill; an account of several counties chooses one first."""
    room = await open_room(request, db, actor, clock)
    if room is None:
        return await render_counties(request, db, actor, clock)
    return await _bills_page(request, db, room)


async def _bills_page(
    request: HttpRequest,
    db: Database,
    room: OperatorRoom,
    *,
    notice: PageNotice | None = None,
    faults: Sequence[CellFault] = (),
    hidden_faults: int = 0,
    typed: TypedFields | None = None,
    errors: Sequence[FieldFault] = (),
    part: bool = False,
    status: int = 200,
) -> Response[bytes]:
    skip = read_offset(request)
    async with db.transaction(scope=room.county) as conn:
        files = await list_sent_files(conn, room.actor, room.county, skip=skip)
        states = await list_file_states(conn, [room.county], operators=[room.operator], today=room.today)
    settled = {each.month for each in files if each.state in SETTLED_STATES}
    months = [
        (
            format_month_zh(name := f"{each.month:%Y-%m}"),
            describe_state(each, room.today),
            room.to(f"/operators/months/{name}") if each.month in settled else "",
        )
        for each in states
    ]
    context = {
        "months": months,
        "files": files,
        "replaceable": [("", "不替换，是新的"), *((str(each.id), _name_file(each)) for each in files if each.open)],
        "notice": notice,
        "faults": [(f"第 {each.row} 行", each.column, each.value[:60], each.message) for each in faults],
        "hidden_faults": hidden_faults,
        "typed": typed or TypedFields(),
        "errors": errors,
        "part": part,
        "key": make_form_key(),
        "back": room.to("/operators", skip=max(skip - 50, 0)) if skip else None,
        "more": room.to("/operators", skip=skip + 50) if len(files) == 50 else None,
    }
    return render_room(request, room, "bills.html", context, status=status)


def _name_file(file: OperatorBill) -> str:
    return f"{file.month:%Y-%m} {file.name}"


@post("/bills", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_bill(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
    files: NamedDependency[FileStore],
) -> Response[Any]:
    """Store a bill for its import or dry run and redirect to the task; a refusal is shown with every fault."""
    form = await read_form(request)
    room = await require_room(request, db, actor, clock)
    # A worker reads it: here it is in memory until it is stored.
    async with files.workbooks.take(actor.account_id):
        return await _submit_bill(request, db, room, form, seal=seal, files=files)


async def _submit_bill(
    request: HttpRequest, db: Database, room: OperatorRoom, form: PostedForm, *, seal: Seal, files: FileStore
) -> Response[Any]:
    typed = form.fill(TypedFields)
    sent = next((each for each in form.get_files("file") if each.filename), None)
    if sent is None:
        return await _bills_page(request, db, room, notice=PageNotice("no", "还没选文件"), typed=typed, status=422)
    upload = Upload(
        room.county,
        BILLING.name,
        sent.filename,
        await sent.read(),
        dry_run=form.get_text("what") != "take",
        take_fewer=form.get_text("take_fewer") == "1",
        take_part=form.get_text("take_part") == "1",
        replaces=_read_replaced(form),
    )
    attachments = {each.filename: await each.read() for each in form.get_files("manifest")[:1] if each.filename}
    attachments = attachments or type_manifest(form, upload, operator=room.operator, now=room.now)
    if form.faults:
        return await _bills_page(request, db, room, typed=typed, errors=form.faults, status=422)
    task = make_import(upload, attachments, typed=asdict(typed))
    try:
        store = partial(store_import, files, seal, task, upload=upload, attachments=attachments, now=room.now)
        return await submit_file(
            request, room, form, task, about=compute_upload_digest(upload, attachments), store=store
        )
    except Refusal as refusal:
        return await _refused(request, db, room, task, refusal)


def _read_replaced(form: PostedForm) -> UUID | None:
    text = form.get_text("replaces")
    try:
        return UUID(text) if text else None
    except ValueError:
        form.add_fault("replaces", "选这个月交过的一份")
        return None


@get("/tasks/{task_id:uuid}", include_in_schema=False)
async def show_operator_task(
    request: HttpRequest,
    *,
    task_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Show how far an own bill is, or what came of it; it goes on when the page is closed.

    Raises:
        NotFound: the account has no such task in the county.
    """
    room = await require_room(request, db, actor, clock)
    task = await find_task(db, actor, room.county, task_id, wait=request.query_params.get("wait") == "1")
    assert isinstance(task.input, ImportTask), "operators send files only"
    if not task.ended:
        context = {"name": describe_task(task), "progress": present_progress(task), "task_id": task.id}
        return render_room(request, room, "task.html", context)
    if task.state is not TaskState.DONE:
        refusal = open_refusal(seal, task) if task.state is TaskState.REFUSED else TaskFailed()
        if task.input.file_kind == RETURN.name:
            return await refuse_return(request, db, seal, room, task=task.input, refusal=refusal)
        return await _refused(request, db, room, task.input, refusal)
    result = open_result(seal, task)
    assert isinstance(result, ImportResult), "the result is that of an import"
    if task.input.file_kind == RETURN.name:
        return await show_return_result(request, db, seal, room, task=task.input, result=result)
    if result.outcome is Outcome.OK and result.file_id is not None:
        return redirect(room.to(f"/operators/files/{result.file_id}", done=1))
    return await _bills_page(
        request, db, room, notice=_describe_result(result), faults=result.rejections[:_MAX_FAULTS_SHOWN],
        hidden_faults=max(len(result.rejections) - _MAX_FAULTS_SHOWN, 0), typed=TypedFields(**task.input.typed),
        part=bool(result.rejected),
    )  # fmt: skip


def _describe_result(result: ImportResult) -> PageNotice:
    if result.outcome is Outcome.NO_OP:
        lines = (f"{result.name}，{count(result.rows)} 行", "没有再收，什么都没有变。")
        return PageNotice("warn", "这个文件已经交过，内容一样", lines)
    figures = f"{result.name}，{count(result.rows)} 行，减免合计 {yuan(result.sum_fen or 0)} 元"
    if result.rejected:
        back = f"{figures}；会退回 {count(result.rejected)} 行"
        return PageNotice("warn", "有的行要改，还没有交", (back, "要先收下没有错的，再选一次文件，按“交”。"))
    if result.earlier_rows is not None:
        return PageNotice(
            "warn", "没有错误，但是少得多；还没有交", (f"上个月 {count(result.earlier_rows)} 行", figures)
        )
    return PageNotice("ok", "没有错误，还没有交", (figures, "再选一次文件，按“交”。"))


async def _refused(
    request: HttpRequest, db: Database, room: OperatorRoom, task: ImportTask, refusal: Refusal
) -> Response[bytes]:
    cells = [each for each in refusal.errors if isinstance(each, CellFault)]
    total = refusal.facts.get("count")
    shown = cells[:_MAX_FAULTS_SHOWN]
    return await _bills_page(
        request, db, room, notice=PageNotice("no", "没有收下", (refusal.text("zh"),)), faults=shown,
        hidden_faults=max((total if isinstance(total, int) else len(cells)) - len(shown), 0),
        typed=TypedFields(**task.typed), part=task.take_part, status=refusal.status,
    )  # fmt: skip


ROUTES = [show_bills, submit_bill, show_operator_task]
