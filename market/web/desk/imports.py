"""Importing files: tried first, with every bad row and cell named, then taken whole or not at all."""

from collections.abc import Sequence
from typing import Any, cast

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.identity import Actor, NotFound, Role
from market.kernel import Connection, Database, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.reports.desk.books import counts_of, taken_files
from market.reports.desk.uploads import name_documents
from market.subsidies.files import Imported, Upload
from market.subsidies.import_billing import import_billing, read_manifest
from market.subsidies.import_bindings import import_bindings
from market.subsidies.import_enrolments import import_enrolments
from market.subsidies.import_plans import import_budget, import_plans
from market.subsidies.import_programmes import import_programmes
from market.subsidies.import_register import import_register
from market.subsidies.import_usage import import_opening, import_usage
from market.subsidies.models import CellFault, Outcome, RegisterDiffers, SecondDuty
from market.web.desk.drawn import operator_of
from market.web.desk.office import Office, Said, enter, said_of, show, skip_of
from market.web.look.format import count, yuan
from market.web.plumbing import fields, see_other

Asked = Request[Any, Any, Any]

_MOST_SHOWN = 100
_MOST_DOCUMENTS = 100
_JSON = ".json"
_SHEET = ".csv,.xlsx"


class ImportKind(Struct, frozen=True):
    """A kind of file: what it is called, who brings it, what is in it."""

    name: str
    words: str
    role: Role
    text: str
    accept: str = _SHEET


KINDS = {
    kind.name: kind
    for kind in (
        ImportKind("register", "名册", Role.IMPORTER, "每行一个人：户编号、身份证号、村代码、成员自、成员至"),
        ImportKind("programmes", "项目和标准", Role.POLICY, "JSON，连同它写到的文件原文", _JSON),
        ImportKind("plans", "套餐", Role.POLICY, "每行一个套餐：编码、运营商、减免前月费、生效日"),
        ImportKind("budget", "预算", Role.POLICY, "JSON，每月的财政补贴，单位分", _JSON),
        ImportKind("enrolments", "申请和公示", Role.IMPORTER, "每行一条业务：申请日、公示起止、审定日、享受起"),
        ImportKind("bindings", "绑定", Role.IMPORTER, "每行一条业务：号码、身份证号、套餐、设备、卡、生效日"),
        ImportKind("opening", "期初数", Role.IMPORTER, "本系统启用之前已经结算的"),
        ImportKind("billing", "账单", Role.IMPORTER, "运营商一个月一份，连同清单"),
        ImportKind("usage", "使用记录", Role.IMPORTER, "每行一个号码用过的一天"),
    )
}
_COUNT_WORDS = {
    "persons": "新增人",
    "persons_changed": "人有变化",
    "households": "新增户",
    "households_changed": "户有变化",
    "memberships_begun": "入户",
    "memberships_ended": "成员关系有变化",
    "programmes": "项目",
    "terms": "标准",
    "sentences": "依据",
    "months": "月",
    "plans": "套餐",
    "enrolments": "申请",
    "decided": "已审定",
    "bindings": "绑定",
    "lines": "业务",
    "claims": "账单行",
    "days": "使用日",
}


class Tried(Struct, frozen=True):
    """A file that was tried: its hash, which taking it asks for again."""

    name: str
    sha256: str
    sound: bool


@get("/imports", include_in_schema=False)
async def imports(
    request: Asked, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show what can be imported, what the county holds, and the files that were taken."""
    office = await enter(request, db, actor, clock)
    skip = skip_of(request)
    async with db.transaction(scope=office.county) as conn:
        # What the county holds and what it took is for who sees all of it.
        held = await counts_of(conn, office.county) if office.whole else None
        files, more = await taken_files(conn, office.county, skip=skip, most=20) if office.whole else ([], False)
    context = {
        "kinds": list(KINDS.values()),
        "held": [
            ("户", count(held.households)),
            ("人", count(held.persons)),
            ("业务", count(held.lines)),
            ("已审定", count(held.enrolled)),
            ("套餐", count(held.plans)),
        ]
        if held
        else [],
        "files": files,
        "words": {name: kind.words for name, kind in KINDS.items()},
        "operators": {each.operator: operator_of(each.operator) for each in files if each.operator},
        "back": office.to("/desk/imports", skip=max(skip - 20, 0)) if skip else None,
        "more": office.to("/desk/imports", skip=skip + 20) if more else None,
    }
    return show(request, office, "imports.html", context)


@get("/imports/{kind:str}", include_in_schema=False)
async def ask_file(
    request: Asked,
    kind: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Ask for a file of one kind."""
    office = await enter(request, db, actor, clock)
    said = Said("ok", "已导入", ("文件和校验和在下面的记录里。",)) if request.query_params.get("done") == "1" else None
    return await _form_page(request, db, office, _kind(kind), said=said)


@post("/imports/{kind:str}", include_in_schema=False)
async def take_file(
    request: Asked,
    *,
    kind: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Try a file, or take it; a refusal stands on the same page with every fault, and nothing is taken."""
    found = await fields(request)
    office = await enter(request, db, actor, clock)
    chosen = _kind(kind)
    file = found.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        return await _form_page(request, db, office, chosen, said=Said("no", "还没选文件"), status=422)
    take = found.get("what") == "take"
    upload = Upload(
        office.county,
        chosen.name,
        file.filename,
        await file.read(),
        dry_run=not take,
        take_changes=found.get("take_changes") == "1",
    )
    expected = str(found.get("sha256", ""))
    if take and expected and expected != upload.sha256:
        lines = (f"试过的是 {expected}", f"现在选的是 {upload.sha256}")
        return await _form_page(
            request, db, office, chosen, said=Said("no", "没有导入：不是刚才试过的那个文件", lines), status=422
        )
    try:
        async with db.transaction(scope=office.county) as conn:
            done = await _import(conn, office, upload, found, seal)
    except Refusal as refusal:
        return await _refused(request, db, office, kind=chosen, upload=upload, refusal=refusal)
    if take and done.outcome is Outcome.OK:
        return see_other(office.to(f"/desk/imports/{chosen.name}", done=1))
    tried = Tried(upload.name, upload.sha256, sound=done.outcome is Outcome.OK)
    return await _form_page(request, db, office, chosen, said=_said_tried(done), tried=tried)


def _kind(name: str) -> ImportKind:
    chosen = KINDS.get(name)
    if chosen is None:
        raise NotFound
    return chosen


async def _import(conn: Connection, office: Office, upload: Upload, found: dict[str, Any], seal: Seal) -> Imported:
    """Hand a file to the import of its kind."""
    actor, now = office.actor, office.now
    if upload.kind == "programmes":
        documents = {each.filename: await each.read() for each in _files(found.get("documents"))}
        return await import_programmes(conn, actor, upload, name_documents(upload.content, documents), now=now)
    if upload.kind == "billing":
        sent = _files(found.get("manifest"))
        manifest = read_manifest(sent[0].filename, await sent[0].read()) if sent else None
        return await import_billing(conn, actor, upload, manifest, now=now)
    if upload.kind in _WITH_PERSONS:
        return await _WITH_PERSONS[upload.kind](conn, actor, upload, seal=seal, now=now)
    return await _PLAIN[upload.kind](conn, actor, upload, now=now)


_WITH_PERSONS = {"register": import_register, "enrolments": import_enrolments, "bindings": import_bindings}
_PLAIN = {"plans": import_plans, "budget": import_budget, "opening": import_opening, "usage": import_usage}


def _files(value: Any) -> list[UploadFile]:  # noqa: ANN401 - a form's value is text, a file, or several
    given = cast("list[Any]", value if isinstance(value, list) else [value])
    return [each for each in given if isinstance(each, UploadFile) and each.filename][:_MOST_DOCUMENTS]


def _said_tried(done: Imported) -> Said:
    if done.outcome is Outcome.NO_OP:
        lines = (f"{done.name}，{count(done.rows)} 行", f"校验和 {done.sha256}", "没有再导入，什么都没有变。")
        return Said("warn", "这个文件已经导入过，内容一样", lines)
    counted = "，".join(f"{_COUNT_WORDS.get(name, name)} {count(number)}" for name, number in done.counts.items())
    sums = (f"减免合计 {yuan(done.sum_fen)} 元",) if done.sum_fen is not None else ()
    lines = (f"{done.name}，{count(done.rows)} 行；{counted}", *sums, f"校验和 {done.sha256}")
    return Said("ok", "没有错误，还没有导入", lines)


async def _refused(
    request: Asked, db: Database, office: Office, *, kind: ImportKind, upload: Upload, refusal: Refusal
) -> Response[bytes]:
    """Say why the file was not taken, with a table of every bad cell."""
    cells = [each for each in refusal.errors if isinstance(each, CellFault)]
    title = "没有导入"
    if isinstance(refusal, SecondDuty):
        title = "没有导入：一个人不能办两个环节"
    if isinstance(refusal, RegisterDiffers):
        title = "没有导入：会改动现有名册"
    said = Said("no", title, (refusal.text("zh"),)) if cells else said_of(refusal, title)
    faults = [(f"第 {each.row} 行", each.column, each.value[:60], each.message) for each in cells[:_MOST_SHOWN]]
    return await _form_page(
        request,
        db,
        office,
        kind,
        said=said,
        faults=faults,
        hidden_faults=max(len(cells) - _MOST_SHOWN, 0),
        tried=Tried(upload.name, upload.sha256, sound=False),
        differs=isinstance(refusal, RegisterDiffers),
        status=refusal.status,
    )


async def _form_page(
    request: Asked,
    db: Database,
    office: Office,
    kind: ImportKind,
    *,
    said: Said | None,
    faults: Sequence[tuple[str, str, str, str]] = (),
    hidden_faults: int = 0,
    tried: Tried | None = None,
    differs: bool = False,
    status: int = 200,
) -> Response[bytes]:
    async with db.transaction(scope=office.county) as conn:
        files = (await taken_files(conn, office.county, kind=kind.name, most=10))[0] if office.whole else []
    context = {
        "kind": kind,
        "said": said,
        "faults": list(faults),
        "hidden_faults": hidden_faults,
        "tried": tried,
        "differs": differs,
        "files": files,
        "operators": {each.operator: operator_of(each.operator) for each in files if each.operator},
        "allowed": any(grant.role is kind.role for grant in office.actor.grants),
    }
    return show(request, office, "import.html", context, status=status)


ROUTES = [imports, ask_file, take_file]
