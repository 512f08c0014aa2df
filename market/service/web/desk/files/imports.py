"""Pages that import files: a dry run lists every invalid row and cell; the import stores the whole file or nothing."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct
from msgspec.structs import asdict

from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import digest
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.identity.access import get_roles
from market.people.identity.models import Actor, NotFound
from market.people.storage.files import FileStore
from market.reports.imports import count_register, list_imported_files
from market.service.http import HttpRequest
from market.service.web.desk.context import (
    DeskContext,
    PageNotice,
    build_refusal_notice,
    open_desk,
    read_offset,
    render_desk_page,
)
from market.service.web.desk.files.typed_files import OPERATOR_OPTIONS, TypedFields, type_budget, type_manifest
from market.service.web.desk.papers.form_pages import download_file
from market.service.web.desk.presenters import get_operator_name
from market.service.web.desk.task_form import submit_task
from market.service.web.forms import PostedForm, make_form_key, read_form
from market.service.web.ui.format import count, yuan
from market.subsidies.imports.formats.templates import list_column_help, write_template
from market.subsidies.imports.held import load_held, write_held
from market.subsidies.imports.kept_uploads import find_kept_upload
from market.subsidies.imports.kinds import BUDGET, IMPORT_KINDS, MANIFESTS, ImportKind
from market.subsidies.imports.models import FactsDiffer, RegisterDiffers
from market.subsidies.imports.upload import ImportResult, Upload
from market.subsidies.models import Outcome, SecondDuty
from market.subsidies.month.steps import DUTY_ROLES
from market.subsidies.tasks.models import ImportTask
from market.subsidies.tasks.submit import make_import, store_import

_MAX_FAULTS_SHOWN = 100
_MAX_DOCUMENTS = 100


class DryRunResult(Struct, frozen=True):
    """A file after a dry run; its hash must match that of the file imported next."""

    name: str
    sha256: str
    valid: bool


@get("/imports", include_in_schema=False)
async def list_imports(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the kinds of files, the size of the register, and the imported files."""
    desk = await open_desk(request, db, actor, clock)
    skip = read_offset(request)
    async with db.transaction(scope=desk.county) as conn:
        # Counts and files are shown only to officials of the whole county.
        counts = await count_register(conn, desk.county) if desk.whole else None
        files, more = await list_imported_files(conn, desk.county, skip=skip, limit=20) if desk.whole else ([], False)
    context = {
        "kinds": list(IMPORT_KINDS.values()),
        "counts": [
            ("户", count(counts.households)),
            ("人", count(counts.persons)),
            ("业务", count(counts.lines)),
            ("已审定", count(counts.enrolled)),
            ("套餐", count(counts.plans)),
        ]
        if counts
        else [],
        "files": files,
        "kind_names": {name: kind.name_zh for name, kind in IMPORT_KINDS.items()},
        "operators": {each.operator: get_operator_name(each.operator) for each in files if each.operator},
        "back": desk.to("/desk/imports", skip=max(skip - 20, 0)) if skip else None,
        "more": desk.to("/desk/imports", skip=skip + 20) if more else None,
    }
    return render_desk_page(request, desk, "imports.html", context)


@get("/imports/{kind:str}", include_in_schema=False)
async def show_import_form(
    request: HttpRequest,
    kind: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show the form for a file of one kind."""
    desk = await open_desk(request, db, actor, clock)
    notice = (
        PageNotice("ok", "已导入", ("文件和校验和在下面的记录里。",))
        if request.query_params.get("done") == "1"
        else None
    )
    return await _form_page(request, db, desk, _get_kind(kind), notice=notice)


@get("/imports/{kind:str}/template", include_in_schema=False)
async def download_template(
    request: HttpRequest,
    kind: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Download the template of a kind of file: its columns, an example row, and what each column means.

    Raises:
        NotFound: there is no such kind.
    """
    await open_desk(request, db, actor, clock)
    template = await asyncio.to_thread(write_template, _get_kind(kind))
    return download_file(template.content, template.name, template.media_type)


@post("/imports/{kind:str}/held", include_in_schema=False, rate=RateClass.SEARCH, status_code=200)
async def download_held(
    request: HttpRequest,
    *,
    kind: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Download what the county holds in the form of a kind of file; the audit record keeps who took it.

    Raises:
        NotFound: there is no such kind, or its rows are not the county's own.
        NotAllowed: the official does not import this kind for the whole county.
    """
    await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    chosen = _get_kind(kind)
    async with db.transaction(scope=desk.county) as conn:
        held = await load_held(conn, actor, desk.county, chosen, seal=seal, now=desk.now)
    file = await asyncio.to_thread(write_held, chosen, held, FileFormat.XLSX)
    return download_file(file.content, file.name, file.media_type)


class SentFile(Struct, frozen=True):
    """A file as sent: chosen, typed, or kept since its dry run."""

    name: str
    content: bytes
    attachments: dict[str, bytes] = {}


async def _find_sent_file(
    form: PostedForm, desk: DeskContext, kind: ImportKind, seal: Seal, files: FileStore
) -> SentFile | None:
    """Return the file of a form: the one chosen, else the month's budget as typed, else the one just tried."""
    file = next((each for each in form.get_files("file") if each.filename), None)
    if file is not None:
        return SentFile(file.filename, await file.read())
    if kind is BUDGET and form.get_text("month"):
        return SentFile(*type_budget(form, now=desk.now))
    kept = await find_kept_upload(
        files, seal, desk.actor,
        county=desk.county, kind=kind.name, sha256=form.get_text("sha256"), now=desk.now,
    )  # fmt: skip
    return None if kept is None else SentFile(kept.name, kept.content, kept.attachments)


@post("/imports/{kind:str}", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_import(
    request: HttpRequest,
    *,
    kind: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
    files: NamedDependency[FileStore],
) -> Response[Any]:
    """Store a file for its import or dry run and redirect to the task; a refusal is shown with every fault."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    chosen = _get_kind(kind)
    # A worker reads it: here it is in memory until it is stored.
    async with files.workbooks.take(actor.account_id):
        return await _submit_file(request, db, desk, chosen, form=form, seal=seal, files=files)


async def _submit_file(
    request: HttpRequest, db: Database, desk: DeskContext, chosen: ImportKind,
    *, form: PostedForm, seal: Seal, files: FileStore,
) -> Response[Any]:  # fmt: skip
    typed = form.fill(TypedFields)
    sent = await _find_sent_file(form, desk, chosen, seal, files)
    accept_changes = form.get_text("what") == "take"
    if sent is None:
        return await _form_page(
            request, db, desk, chosen, notice=PageNotice("no", "还没选文件"), typed=typed, status=422
        )
    upload = Upload(
        desk.county,
        chosen.name,
        sent.name,
        sent.content,
        dry_run=not accept_changes,
        take_changes=form.get_text("take_changes") == "1",
        take_fewer=form.get_text("take_fewer") == "1",
    )
    attachments = sent.attachments or await _read_attachments(chosen, form)
    if chosen.attachment in MANIFESTS and not attachments:
        attachments = type_manifest(form, upload, operator=form.get_text("operator"), now=desk.now)
    if form.faults:
        return await _form_page(request, db, desk, chosen, notice=None, typed=typed, errors=form.faults, status=422)
    expected = form.get_text("sha256")
    if accept_changes and expected and expected != upload.sha256:
        lines = ("里面和试过的不一样。再试一次，或者选回试过的那个文件。",)
        return await _form_page(
            request, db, desk, chosen, notice=PageNotice("no", "没有导入：不是刚才试过的那个文件", lines), status=422
        )
    task = make_import(upload, attachments, keep=upload.dry_run, typed=asdict(typed))
    try:
        store = partial(store_import, files, seal, task, upload=upload, attachments=attachments, now=desk.now)
        return await submit_task(request, desk, form, task, about=_compute_digest(upload, attachments), store=store)
    except Refusal as refusal:
        return await render_import_refusal(request, db, desk, task, refusal)


def _compute_digest(upload: Upload, attachments: Mapping[str, bytes]) -> str:
    """Return a hash of everything that a form sends, so that another file is another request."""
    parts = [upload.name, upload.sha256, str(upload.dry_run), str(upload.take_changes), str(upload.take_fewer)]
    parts += [f"{name} {digest(content)}" for name, content in attachments.items()]
    return digest("\n".join(parts).encode())


async def render_tried_file(
    request: HttpRequest, db: Database, desk: DeskContext, task: ImportTask, result: ImportResult
) -> Response[bytes]:
    """Show the result of a dry run, or that the file was imported before."""
    kind = IMPORT_KINDS[task.file_kind]
    return await _form_page(
        request,
        db,
        desk,
        kind,
        notice=_build_result_notice(kind, result),
        faults=_list_cells(result.changes),
        hidden_faults=max(len(result.changes) - _MAX_FAULTS_SHOWN, 0),
        dry_run=DryRunResult(task.name, task.sha256, valid=result.outcome is Outcome.OK),
        differs=bool(result.changes),
    )


def _list_cells(cells: Sequence[CellFault]) -> list[tuple[str, str, str, str]]:
    """Return the first cells for display: row, column, value, message."""
    return [(f"第 {each.row} 行", each.column, each.value[:60], each.message) for each in cells[:_MAX_FAULTS_SHOWN]]


def _get_kind(name: str) -> ImportKind:
    kind = IMPORT_KINDS.get(name)
    if kind is None:
        raise NotFound
    return kind


async def _read_attachments(kind: ImportKind, form: PostedForm) -> dict[str, bytes]:
    """Return the files that came with a file, by name."""
    files = [each for each in form.get_files(kind.attachment.field) if each.filename] if kind.attachment else []
    return {each.filename: await each.read() for each in files[:_MAX_DOCUMENTS]}


def _build_result_notice(kind: ImportKind, result: ImportResult) -> PageNotice:
    """Describe the result of a dry run, or that the file was imported before."""
    if result.outcome is Outcome.NO_OP:
        lines = (f"{result.name}，{count(result.rows)} 行", "没有再导入，什么都没有变。")
        return PageNotice("warn", "这个文件已经导入过，内容一样", lines)
    counts = "，".join(f"{kind.count_names_zh[name]} {count(number)}" for name, number in result.counts.items())
    sums = (f"合计 {yuan(result.sum_fen)} 元",) if result.sum_fen is not None else ()
    lines = (f"{result.name}，{count(result.rows)} 行；{counts}", *sums)
    if result.earlier_rows is not None:
        few = f"比上个月少得多：上个月 {count(result.earlier_rows)} 行。先问运营商，确实只有这些再勾选导入。"
        return PageNotice("warn", "没有错误，但是少得多；还没有导入", (few, *lines))
    return PageNotice("ok", "没有错误，还没有导入", lines)


async def render_import_refusal(
    request: HttpRequest, db: Database, desk: DeskContext, task: ImportTask, refusal: Refusal
) -> Response[bytes]:
    """Show why a file was refused, with a table of every bad cell."""
    kind = IMPORT_KINDS[task.file_kind]
    cells = [each for each in refusal.errors if isinstance(each, CellFault)]
    title = "没有导入"
    if isinstance(refusal, SecondDuty):
        title = "没有导入：一个人不能办两个环节"
    if isinstance(refusal, RegisterDiffers | FactsDiffer):
        title = f"没有导入：会改动现有{kind.name_zh}"
    notice = PageNotice("no", title, (refusal.text("zh"),)) if cells else build_refusal_notice(refusal, title)
    count = refusal.facts.get("count")
    total = count if isinstance(count, int) else len(cells)
    return await _form_page(
        request,
        db,
        desk,
        kind,
        notice=notice,
        faults=_list_cells(cells),
        hidden_faults=max(total - _MAX_FAULTS_SHOWN, 0),
        dry_run=DryRunResult(task.name, task.sha256, valid=False),
        differs=isinstance(refusal, RegisterDiffers | FactsDiffer),
        typed=TypedFields(**task.typed),
        status=refusal.status,
    )


async def _form_page(
    request: HttpRequest,
    db: Database,
    desk: DeskContext,
    kind: ImportKind,
    *,
    notice: PageNotice | None,
    faults: Sequence[tuple[str, str, str, str]] = (),
    hidden_faults: int = 0,
    dry_run: DryRunResult | None = None,
    differs: bool = False,
    typed: TypedFields | None = None,
    errors: Sequence[FieldFault] = (),
    status: int = 200,
) -> Response[bytes]:
    async with db.transaction(scope=desk.county) as conn:
        files = (await list_imported_files(conn, desk.county, kind=kind.name, limit=10))[0] if desk.whole else []
    context = {
        "kind": kind,
        "key": make_form_key(),
        "columns": list_column_help(kind),
        "notice": notice,
        "faults": list(faults),
        "hidden_faults": hidden_faults,
        "dry_run": dry_run,
        "differs": differs,
        "typed": typed or TypedFields(),
        "errors": errors,
        "operator_options": OPERATOR_OPTIONS,
        "files": files,
        "operators": {each.operator: get_operator_name(each.operator) for each in files if each.operator},
        "allowed": DUTY_ROLES[kind.duty] in get_roles(desk.actor),
    }
    return render_desk_page(request, desk, "import.html", context, status=status)


ROUTES = [list_imports, show_import_form, download_template, download_held, submit_import]
