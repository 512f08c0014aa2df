"""A bill that an operator has sent: its returned rows, and what was written about it."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.desk.context import PageNotice
from market.service.web.desk.papers.form_pages import download_file
from market.service.web.forms import make_form_key, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.operators.context import OperatorRoom, read_format, render_room, require_room
from market.service.web.services import get_services
from market.subsidies.models import CYCLE_STATE_NAMES
from market.subsidies.month.steps import SETTLED_STATES
from market.subsidies.names import format_month_zh
from market.subsidies.operators.history import export_rejected, find_sent_file
from market.subsidies.operators.notes import NoteInvalid, add_note, list_notes


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
            conn, seal, actor, room.county, file_id, file_format=read_format(form), now=room.now
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


ROUTES = [show_bill, download_rejected, submit_note]
