"""What an operator is paid for a settled month: the settlement file, and its return file that answers it."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec.structs import asdict, replace

from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.sheets.models import CellFault
from market.people.audit.record import record_export
from market.people.identity.models import Actor
from market.people.storage.files import FileStore
from market.reports.reconciliation import ReconciliationView, get_reconciliation
from market.service.http import HttpRequest
from market.service.web.desk.context import PageNotice
from market.service.web.desk.files.typed_files import TypedFields, type_manifest
from market.service.web.desk.papers.form_pages import download_file
from market.service.web.forms import PostedForm, make_form_key, read_form
from market.service.web.operators.context import OperatorRoom, read_format, render_room, require_room
from market.service.web.operators.sending import compute_upload_digest, submit_file
from market.service.web.pages import redirect
from market.service.web.ui.format import clock_zh, count, yuan
from market.subsidies.clawbacks.set_off import list_withheld
from market.subsidies.imports.kinds import RETURN
from market.subsidies.imports.upload import ImportResult, Upload
from market.subsidies.models import CycleId, CycleState, Outcome
from market.subsidies.month.cycles import find_cycle, read_month
from market.subsidies.month.settle import OperatorSettlement
from market.subsidies.month.steps import SETTLE
from market.subsidies.names import format_month_zh
from market.subsidies.operators.history import export_settled_rows, get_own_settlement
from market.subsidies.reconciliation.models import DIFFERENCE_NAMES
from market.subsidies.reconciliation.settlement_files import (
    SettlementFile,
    list_settlement_files,
    read_settlement_file,
)
from market.subsidies.tasks.models import ImportTask
from market.subsidies.tasks.submit import make_import, store_import

_MAX_FAULTS_SHOWN = 100


@get("/months/{month:str}", include_in_schema=False)
async def show_settlement(
    request: HttpRequest,
    *,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show what the operator is paid for a settled month, its return file, and what of that differs."""
    room = await require_room(request, db, actor, clock)
    done = PageNotice("ok", "回单收下了") if request.query_params.get("done") == "1" else None
    return await _settlement_page(request, db, seal, room, month, notice=done)


async def _settlement_page(
    request: HttpRequest,
    db: Database,
    seal: Seal,
    room: OperatorRoom,
    month: str,
    *,
    notice: PageNotice | None = None,
    typed: TypedFields | None = None,
    errors: Sequence[FieldFault] = (),
    faults: Sequence[CellFault] = (),
    hidden_faults: int = 0,
    status: int = 200,
) -> Response[bytes]:
    first = read_month(month)
    async with db.transaction(scope=room.county) as conn:
        own = await get_own_settlement(conn, seal, room.actor, room.county, first)
        cycle = await find_cycle(conn, room.county, first)
        answer = None if own is None else await get_reconciliation(conn, seal, cycle, now=room.now)
        file = await _find_file(conn, room, cycle.id)
        withheld = await list_withheld(conn, room.county, cycle.id)
    taken = next((each.set_off_fen for each in withheld if each.operator is room.operator), 0)
    context = {
        "month": month,
        "name": format_month_zh(month),
        "figures": [] if own is None else _present_figures(own, taken),
        "file": file,
        "answers": file is not None and cycle.state is SETTLE.after,
        "closed": cycle.state is CycleState.CLOSED,
        "answer": "" if answer is None else _describe_return(answer, room),
        "differences": [] if answer is None else _list_open_differences(answer, room),
        "notice": notice,
        "typed": typed or TypedFields(),
        "errors": errors,
        "faults": [(f"第 {each.row} 行", each.column, each.value[:60], each.message) for each in faults],
        "hidden_faults": hidden_faults,
        "key": make_form_key(),
    }
    return render_room(request, room, "settlement.html", context, status=status)


async def _find_file(conn: Connection, room: OperatorRoom, cycle_id: CycleId) -> SettlementFile | None:
    files = await list_settlement_files(conn, room.county, cycle_id)
    return next((each for each in files if each.operator is room.operator), None)


def _present_figures(own: OperatorSettlement, taken: int) -> list[tuple[str, str]]:
    """Return the figures of a settlement, of which `taken` is set off."""
    return [
        ("申请", f"{yuan(own.claimed_fen)} 元，{count(own.rows)} 行"),
        ("核定", f"{yuan(own.approved_fen)} 元"),
        ("您公司让利", f"{yuan(own.conceded_fen)} 元"),
        ("财政补贴", f"{yuan(own.public_fen)} 元"),
        ("以前月份的调整", f"{yuan(own.adjustment_public_fen)} 元"),
        *([("应付", f"{yuan(own.pay_fen)} 元"), ("抵扣应退回的", f"{yuan(taken)} 元")] if taken else []),
        ("这次付", f"{yuan(own.pay_fen - taken)} 元"),
    ]


def _describe_return(answer: ReconciliationView, room: OperatorRoom) -> str:
    """Return what has come of the operator's return file, in words."""
    own = next((each for each in answer.operators if each.operator is room.operator), None)
    if own is None or own.credited_fen is None or own.taken_at is None:
        return "县里还没有收到您公司的回单。"
    words = f"第 {own.revision} 份回单，{clock_zh(own.taken_at)} 收到：入账 {yuan(own.credited_fen)} 元"
    return f"{words}，没有要改的。" if not own.open else f"{words}，有 {own.open} 条要改，改好再交一份给县里。"


def _list_open_differences(answer: ReconciliationView, room: OperatorRoom) -> list[list[str]]:
    """Return the cells of the operator's differences that nobody accepted: what it answered about its own lines."""
    return [
        [
            DIFFERENCE_NAMES[each.kind], f"第 {each.row} 行" if each.row else "", each.line or "",
            f"{each.month:%Y-%m}" if each.month else "", "" if each.settled_fen is None else yuan(each.settled_fen),
            "" if each.credited_fen is None else yuan(each.credited_fen), each.act,
        ]
        for each in answer.differences
        if each.operator is room.operator and each.why is None
    ]  # fmt: skip


@post("/months/{month:str}/rows", include_in_schema=False, rate=RateClass.SEARCH, status_code=200)
async def download_settled_rows(
    request: HttpRequest,
    *,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Download the operator's services of a settled month with what was approved and paid."""
    form = await read_form(request)
    room = await require_room(request, db, actor, clock)
    first = read_month(month)
    async with db.transaction(scope=room.county) as conn:
        file = await export_settled_rows(
            conn, seal, actor, room.county, first, file_format=read_format(form), now=room.now
        )
    return download_file(file.content, file.name, file.media_type)


@post("/months/{month:str}/settlement-file", include_in_schema=False, rate=RateClass.SEARCH, status_code=200)
async def download_settlement_file(
    request: HttpRequest,
    *,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Download the operator's settlement file of a month, byte for byte; the audit record keeps who took it.

    Raises:
        NoSettlementFile: the month has no file of the operator.
    """
    await read_form(request)
    room = await require_room(request, db, actor, clock)
    async with db.transaction(scope=room.county) as conn:
        cycle = await find_cycle(conn, room.county, read_month(month))
        content = await read_settlement_file(conn, seal, cycle, room.operator)
        await record_export(
            conn, actor=str(actor.account_id), name="settlement file", county=room.county,
            detail={"month": cycle.name, "operator": room.operator}, now=room.now,
        )  # fmt: skip
    return download_file(content, f"{room.operator_name}结算文件 {cycle.name}.csv", "text/csv")


@post("/months/{month:str}/return", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_return(
    request: HttpRequest,
    *,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
    files: NamedDependency[FileStore],
) -> Response[Any]:
    """Store a return file for its import or dry run and redirect to the task; a refusal is shown with every fault."""
    form = await read_form(request)
    room = await require_room(request, db, actor, clock)
    read_month(month)
    # A worker reads it: here it is in memory until it is stored.
    async with files.workbooks.take(actor.account_id):
        return await _submit_return(request, db, room, month, form=form, seal=seal, files=files)


async def _submit_return(
    request: HttpRequest, db: Database, room: OperatorRoom, month: str, *, form: PostedForm, seal: Seal,
    files: FileStore,
) -> Response[Any]:  # fmt: skip
    typed = replace(form.fill(TypedFields), month=month)
    page = partial(_settlement_page, request, db, seal, room, month, typed=typed)
    sent = next((each for each in form.get_files("file") if each.filename), None)
    if sent is None:
        return await page(notice=PageNotice("no", "还没选文件"), status=422)
    upload = Upload(room.county, RETURN.name, sent.filename, await sent.read(), dry_run=form.get_text("what") != "take")
    attachments = {each.filename: await each.read() for each in form.get_files("manifest")[:1] if each.filename}
    if not attachments:
        async with db.transaction(scope=room.county) as conn:
            cycle = await find_cycle(conn, room.county, read_month(month))
            answered = await _find_file(conn, room, cycle.id)
        settlement = answered.sha256 if answered is not None else ""
        attachments = type_manifest(
            form, upload, operator=room.operator, month=month, settlement=settlement, now=room.now
        )
    if form.faults:
        return await page(errors=form.faults, status=422)
    task = make_import(upload, attachments, typed=asdict(typed))
    try:
        store = partial(store_import, files, seal, task, upload=upload, attachments=attachments, now=room.now)
        return await submit_file(
            request, room, form, task, about=compute_upload_digest(upload, attachments), store=store
        )
    except Refusal as refusal:
        return await refuse_return(request, db, seal, room, task=task, refusal=refusal)


async def refuse_return(
    request: HttpRequest, db: Database, seal: Seal, room: OperatorRoom, *, task: ImportTask, refusal: Refusal
) -> Response[bytes]:
    """Show why a return file was not taken, with every bad cell, on the page of its month."""
    cells = [each for each in refusal.errors if isinstance(each, CellFault)]
    total = refusal.facts.get("count")
    shown = cells[:_MAX_FAULTS_SHOWN]
    return await _settlement_page(
        request, db, seal, room, task.typed["month"], notice=PageNotice("no", "没有收下", (refusal.text("zh"),)),
        typed=TypedFields(**task.typed), faults=shown,
        hidden_faults=max((total if isinstance(total, int) else len(cells)) - len(shown), 0), status=refusal.status,
    )  # fmt: skip


async def show_return_result(
    request: HttpRequest, db: Database, seal: Seal, room: OperatorRoom, *, task: ImportTask, result: ImportResult
) -> Response[Any]:
    """Show what came of a return file: redirect to its month if it was taken, else say what a dry run found."""
    month = task.typed["month"]
    if result.outcome is Outcome.OK and not task.dry_run:
        return redirect(room.to(f"/operators/months/{month}", done=1))
    figures = f"{result.name}，{count(result.rows)} 行，入账合计 {yuan(result.sum_fen or 0)} 元"
    if result.outcome is Outcome.NO_OP:
        notice = PageNotice("warn", "这个文件已经交过，内容一样", ("没有再收，什么都没有变。",))
    elif differences := result.counts.get("differences", 0):
        notice = PageNotice("warn", f"和结算对不上 {differences} 条，还没有交", (figures, "交了，县里会一条一条来问。"))
    else:
        notice = PageNotice("ok", "和结算一致，还没有交", (figures, "再选一次文件，按“交”。"))
    return await _settlement_page(request, db, seal, room, month, notice=notice, typed=TypedFields(**task.typed))


ROUTES = [show_settlement, download_settled_rows, download_settlement_file, submit_return]
