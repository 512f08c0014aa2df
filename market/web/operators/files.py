"""A bill that an operator has sent: its returned rows, what was written about it, and the settlement of its month."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.http import HttpRequest
from market.identity.models import Actor
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.rate_limits import RateClass
from market.reports.reconciliation import ReconciliationView, get_reconciliation
from market.sheets.write_spreadsheet import FileFormat
from market.subsidies.clawbacks.set_off import list_withheld
from market.subsidies.models import CYCLE_STATE_NAMES
from market.subsidies.month.cycles import find_cycle, read_month
from market.subsidies.month.steps import SETTLED_STATES
from market.subsidies.names import format_month_zh
from market.subsidies.operators.history import (
    export_rejected,
    export_settled_rows,
    find_sent_file,
    get_own_settlement,
)
from market.subsidies.operators.notes import NoteInvalid, add_note, list_notes
from market.subsidies.reconciliation.models import DIFFERENCE_NAMES
from market.web.desk.context import PageNotice
from market.web.desk.papers.form_pages import download_file
from market.web.forms import PostedForm, make_form_key, read_form
from market.web.idempotent_form import submit_once
from market.web.operators.context import OperatorRoom, render_room, require_room
from market.web.services import get_services
from market.web.ui.format import clock_zh, count, yuan

_FORMATS = {"csv": FileFormat.CSV, "xlsx": FileFormat.XLSX}


def _read_format(form: PostedForm) -> FileFormat:
    return _FORMATS.get(form.get_text("format"), FileFormat.XLSX)


@get("/files/{file_id:uuid}", include_in_schema=False)
async def show_bill(
    request: HttpRequest,
    *,
    file_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show a bill: what was taken, what was returned, and the notes about it.

    Raises:
        NotFound: it is no bill of the operator in the county.
    """
    room = await require_room(request, db, actor, clock)
    done = PageNotice("ok", "收下了") if request.query_params.get("done") == "1" else None
    return await _bill_page(request, db, room, file_id, notice=done)


async def _bill_page(
    request: HttpRequest, db: Database, room: OperatorRoom, file_id: UUID, *, notice: PageNotice | None = None,
    text: str = "", refusal: NoteInvalid | None = None,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=room.county) as conn:
        file = await find_sent_file(conn, room.actor, room.county, file_id)
        notes = await list_notes(conn, get_services(request).seal, room.actor, room.county, file_id)
    context = {
        "file": file,
        "month": format_month_zh(f"{file.month:%Y-%m}"),
        "state": CYCLE_STATE_NAMES[file.state] if file.state is not None else "",
        "settled": file.state in SETTLED_STATES,
        "notes": notes,
        "notice": notice,
        "text": text,
        "errors": refusal.errors if refusal is not None else (),
        "key": make_form_key(),
    }
    return render_room(request, room, "bill.html", context, status=200 if refusal is None else refusal.status)


@post("/files/{file_id:uuid}/rejected", include_in_schema=False, rate=RateClass.SEARCH, status_code=200)
async def download_rejected(
    request: HttpRequest,
    *,
    file_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Download the rows that were not taken, as a file to correct and send again.

    Raises:
        NotFound: it is no bill of the operator, or all its rows were taken.
    """
    form = await read_form(request)
    room = await require_room(request, db, actor, clock)
    async with db.transaction(scope=room.county) as conn:
        file = await export_rejected(
            conn, seal, actor, room.county, file_id, file_format=_read_format(form), now=room.now
        )
    return download_file(file.content, file.name, file.media_type)


@post("/files/{file_id:uuid}/notes", include_in_schema=False)
async def submit_note(
    request: HttpRequest,
    *,
    file_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Write to the county about a bill.

    Raises:
        NotFound: it is no bill of the operator.
    """
    form = await read_form(request)
    room = await require_room(request, db, actor, clock)

    async def work(conn: Connection) -> str:
        await add_note(conn, seal, actor, room.county, file_id, text=form.get_text("text"), now=room.now)
        return room.to(f"/operators/files/{file_id}")

    try:
        return await submit_once(request, actor, form, work, scope=room.county, about=str(file_id))
    except NoteInvalid as refusal:
        return await _bill_page(request, db, room, file_id, text=form.get_text("text"), refusal=refusal)


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
    """Show what the operator is paid for a settled month, and what of its return file differs from that."""
    room = await require_room(request, db, actor, clock)
    first = read_month(month)
    async with db.transaction(scope=room.county) as conn:
        own = await get_own_settlement(conn, seal, actor, room.county, first)
        cycle = await find_cycle(conn, room.county, first)
        answer = None if own is None else await get_reconciliation(conn, seal, cycle, now=room.now)
        taken = next(
            (each.set_off_fen for each in await list_withheld(conn, room.county, cycle.id)
             if each.operator is room.operator), 0,
        )  # fmt: skip
    figures = []
    if own is not None:
        figures = [
            ("申请", f"{yuan(own.claimed_fen)} 元，{count(own.rows)} 行"),
            ("核定", f"{yuan(own.approved_fen)} 元"),
            ("您公司让利", f"{yuan(own.conceded_fen)} 元"),
            ("财政补贴", f"{yuan(own.public_fen)} 元"),
            ("以前月份的调整", f"{yuan(own.adjustment_public_fen)} 元"),
            *([("应付", f"{yuan(own.pay_fen)} 元"), ("抵扣应退回的", f"{yuan(taken)} 元")] if taken else []),
            ("这次付", f"{yuan(own.pay_fen - taken)} 元"),
        ]
    context = {
        "month": month,
        "name": format_month_zh(month),
        "figures": figures,
        "answer": "" if answer is None else _describe_return(answer, room),
        "differences": [] if answer is None else _list_open_differences(answer, room),
        "key": make_form_key(),
    }
    return render_room(request, room, "settlement.html", context)


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
            conn, seal, actor, room.county, first, file_format=_read_format(form), now=room.now
        )
    return download_file(file.content, file.name, file.media_type)


ROUTES = [show_bill, download_rejected, submit_note, show_settlement, download_settled_rows]
