"""村里的表: the files about villages that the county imports, each with its template and its dry run."""

import asyncio
from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Database, Refusal
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.write_spreadsheet import MEDIA_TYPES, FileFormat, describe_column
from market.people.identity.access import has_role_for, require_whole_county
from market.people.identity.models import Actor, NotFound
from market.people.storage.files import FileStore
from market.places.county_files.models import CountyFile, FileKind, FileOutcome, FileResult
from market.places.county_files.run_file_import import import_county_file, list_county_files, require_importer
from market.places.county_files.templates import write_file_template
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, open_desk, render_desk_page
from market.service.web.desk.papers.form_pages import download_file
from market.service.web.forms import PostedForm, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import clock_zh, count
from market.villages.areas import COUNTY_FILE_KINDS

_MAX_FAULTS_SHOWN = 100
_KINDS = {name: kind for name, kind in COUNTY_FILE_KINDS.items() if not kind.national}


def _get_kind(name: str) -> FileKind:
    kind = _KINDS.get(name)
    if kind is None:
        raise NotFound
    return kind


async def _open_desk(request: HttpRequest, db: Database, actor: Actor, clock: Clock) -> DeskContext:
    desk = await open_desk(request, db, actor, clock)
    require_whole_county(desk.divisions, desk.county)
    return desk


@get("/village-files", include_in_schema=False)
async def list_village_files(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the kinds of files and what was imported."""
    desk = await _open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        files = await list_county_files(conn, desk.county)
    context = {
        "kinds": [
            (desk.to(f"/desk/village-files/{each.name}"), each.name_zh, [each.hint_zh]) for each in _KINDS.values()
        ],
        "files": [
            (
                _KINDS[each.kind].name_zh,
                f"{each.name}，{count(each.rows)} 行",
                f"{clock_zh(each.imported_at)}，{each.by}",
            )
            for each in files
            if each.kind in _KINDS
        ],
    }
    return render_desk_page(request, desk, "village_files.html", context)


async def _form_page(
    request: HttpRequest, db: Database, desk: DeskContext, kind: FileKind,
    *, notice: PageNotice | None = None, faults: Sequence[CellFault] = (), hidden: int = 0,
    notes: Sequence[CellFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=desk.county) as conn:
        files = await list_county_files(conn, desk.county, kind.name)
    context = {
        "kind": kind,
        "columns": [describe_column(column) for column in kind.columns],
        "allowed": has_role_for(desk.actor, kind.roles, desk.county),
        "files": [
            (f"{each.name}，{count(each.rows)} 行", f"{clock_zh(each.imported_at)}，{each.by}") for each in files
        ],
        "notice": notice,
        "faults": _list_cells(faults),
        "notes": _list_cells(notes),
        "hidden_faults": hidden,
    }
    return render_desk_page(request, desk, "village_file.html", context, status=status)


@get("/village-files/{kind:str}", include_in_schema=False)
async def show_village_file_form(
    request: HttpRequest,
    kind: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show the form for a file of one kind."""
    desk = await _open_desk(request, db, actor, clock)
    notice = PageNotice("ok", "导入好了") if request.query_params.get("done") == "1" else None
    return await _form_page(request, db, desk, _get_kind(kind), notice=notice)


@get("/village-files/{kind:str}/template", include_in_schema=False)
async def download_village_template(
    request: HttpRequest,
    kind: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Download the template of a kind of file."""
    await _open_desk(request, db, actor, clock)
    chosen = _get_kind(kind)
    content = await asyncio.to_thread(write_file_template, chosen)
    return download_file(content, f"{chosen.name_zh}-模板.xlsx", MEDIA_TYPES[FileFormat.XLSX])


@post("/village-files/{kind:str}", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_village_file(
    request: HttpRequest,
    *,
    kind: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    files: NamedDependency[FileStore],
) -> Response[Any]:
    """Import a file or try it; a refusal is shown with every bad cell."""
    form = await read_form(request)
    desk = await _open_desk(request, db, actor, clock)
    chosen = _get_kind(kind)
    require_importer(actor, chosen, desk.county)
    async with files.workbooks.take(actor.account_id):
        return await _submit(request, db, desk, chosen, form=form)


async def _submit(
    request: HttpRequest, db: Database, desk: DeskContext, kind: FileKind, *, form: PostedForm
) -> Response[Any]:
    sent = next((each for each in form.get_files("file") if each.filename), None)
    if sent is None:
        return await _form_page(request, db, desk, kind, notice=PageNotice("no", "还没选文件"), status=422)
    file = CountyFile(
        county=desk.county,
        name=sent.filename,
        content=await sent.read(),
        dry_run=form.get_text("what") != "take",
        now=desk.now,
    )
    try:
        async with db.transaction(scope=desk.county) as conn:
            result = await import_county_file(conn, desk.actor, kind, file)
    except Refusal as refusal:
        cells = [each for each in refusal.errors if isinstance(each, CellFault)]
        notice = PageNotice("no", "没有导入", (refusal.text("zh"),)) if cells else build_refusal_notice(refusal)
        shown = cells[:_MAX_FAULTS_SHOWN]
        total = refusal.facts.get("count")
        hidden = total - len(shown) if isinstance(total, int) else 0
        return await _form_page(
            request, db, desk, kind, notice=notice, faults=shown, hidden=hidden, status=refusal.status
        )
    if result.outcome is FileOutcome.STORED:
        return redirect(desk.to(f"/desk/village-files/{kind.name}", done=1))
    return await _form_page(request, db, desk, kind, notice=_describe_result(kind, result), notes=result.notes)


def _list_cells(cells: Sequence[CellFault]) -> list[tuple[str, str, str, str]]:
    return [(f"第 {each.row} 行", each.column, each.value[:60], each.message) for each in cells]


def _describe_result(kind: FileKind, result: FileResult) -> PageNotice:
    if result.outcome is FileOutcome.NO_OP:
        return PageNotice("warn", "这个文件已经导入过，内容一样", ("没有再导入，什么都没有变。",))
    counts = "，".join(f"{kind.counts[name]} {count(number)}" for name, number in result.counts.items())
    lines = (f"{result.name}，{count(result.rows)} 行；{counts}", "再选一次这个文件，按“导入”。")
    return PageNotice("ok", "没有错误，还没有导入", lines)


ROUTES = [list_village_files, show_village_file_form, download_village_template, submit_village_file]
