"""`market import …`: a county's and its operators' files. `--dry-run` reports every bad row and stores nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated
from uuid import UUID

from cyclopts import App, Parameter

from market.kernel import Refusal
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.service.commands.exports import WrittenFile, write_atomically
from market.service.commands.options import County, Json
from market.service.commands.runtime import open_runtime, read_input, run
from market.subsidies.imports.kinds import DOCUMENTS, IMPORT_KINDS, MANIFESTS, ImportKind
from market.subsidies.imports.run_import import run_import
from market.subsidies.imports.upload import ImportContext, ImportResult, Upload, prepare_upload
from market.subsidies.month.cycles import read_county
from market.subsidies.programmes.import_programmes import list_document_names

app = App(name="import")

type As = Annotated[str | None, Parameter(name="--as", help="Account that imports (embedded server only).")]
type DryRun = Annotated[bool, Parameter(name="--dry-run", help="Read and compare; store nothing.", negative="")]
type TakeChanges = Annotated[
    bool, Parameter(name="--take-changes", help="Also import rows that change known facts.", negative="")
]
type TakePart = Annotated[
    bool, Parameter(name="--take-part", help="Take the sound rows; return the others to correct.", negative="")
]
type Replaces = Annotated[UUID | None, Parameter(name="--replaces", help="Id of the bill that this one replaces.")]
type TakeFewer = Annotated[
    bool, Parameter(name="--take-fewer", help="Import far fewer rows than the month before.", negative="")
]


class ImportKindNotFound(Refusal):
    """There is no such kind of file."""

    code = "no_import_kind"
    status = 404
    zh = "没有 {name} 这种文件，应是 {known} 之一。"
    en = "There is no kind {name}; it is one of {known}."


def _describe(kind: ImportKind) -> str:
    if kind.attachment is DOCUMENTS:
        return f"{kind.summary}\n\nThe documents must be in the same folder."
    if kind.attachment in MANIFESTS:
        return f"{kind.summary}\n\nNAME.manifest.json must be in the same folder as NAME.csv."
    return kind.summary


def _read_attachments(kind: ImportKind, file: Path, upload: Upload) -> dict[str, bytes]:
    """Return the files that come with a file: the documents it names, in its folder, or NAME.manifest.json."""
    if kind.attachment is DOCUMENTS:
        folder = file.parent.resolve()
        return {
            name: read_input(folder / name)
            for name in list_document_names(upload)
            if (folder / name).resolve().is_relative_to(folder) and (folder / name).exists()
        }
    if kind.attachment in MANIFESTS:
        path = file.with_suffix(".manifest.json")
        return {path.name: read_input(path)} if path.exists() else {}
    return {}


def _import(
    kind: ImportKind,
    file: Path,
    *,
    county: str,
    as_: str | None,
    take_changes: bool = False,
    take_fewer: bool = False,
    take_part: bool = False,
    replaces: UUID | None = None,
    dry_run: bool,
    json: bool,
) -> int:
    async def work() -> ImportResult:
        upload = Upload(
            read_county(county),
            kind.name,
            file.name,
            read_input(file),
            dry_run=dry_run,
            take_changes=take_changes,
            take_fewer=take_fewer,
            take_part=take_part,
            replaces=replaces,
        )
        attachments = _read_attachments(kind, file, upload)
        async with open_runtime(as_) as ctx:
            context = ImportContext(seal=ctx.seal, now=ctx.clock.now(), attachments=attachments)
            prepared = await prepare_upload(ctx.actor, upload, context)
            async with ctx.db.transaction(scope=upload.county) as conn:
                return await run_import(conn, ctx.actor, prepared)

    return run(work, as_json=json)


def _make_command(kind: ImportKind) -> Callable[..., int]:
    """Return the command that imports files of a kind, with the consents that the kind supports."""

    def import_file(
        file: Path, /, *, county: County, as_: As = None, dry_run: DryRun = False, json: Json = False
    ) -> int:
        return _import(kind, file, county=county, as_=as_, dry_run=dry_run, json=json)

    def import_bills(
        file: Path,
        /,
        *,
        county: County,
        as_: As = None,
        take_fewer: TakeFewer = False,
        take_part: TakePart = False,
        replaces: Replaces = None,
        dry_run: DryRun = False,
        json: Json = False,
    ) -> int:
        return _import(
            kind,
            file,
            county=county,
            as_=as_,
            take_fewer=take_fewer,
            take_part=take_part,
            replaces=replaces,
            dry_run=dry_run,
            json=json,
        )

    def import_changes(
        file: Path,
        /,
        *,
        county: County,
        as_: As = None,
        take_changes: TakeChanges = False,
        dry_run: DryRun = False,
        json: Json = False,
    ) -> int:
        return _import(kind, file, county=county, as_=as_, take_changes=take_changes, dry_run=dry_run, json=json)

    if kind.takes_fewer:
        return import_bills
    return import_changes if kind.takes_changes else import_file


@app.command
def officials(file: Path, /, *, county: County, as_: As = None, dry_run: DryRun = False, json: Json = False) -> int:
    """Create the accounts of a county's officials: 账号, 姓名, 职责, 范围."""
    from market.subsidies.imports.officials import import_officials

    async def work() -> ImportResult:
        content = read_input(file)
        async with open_runtime(as_) as ctx, ctx.db.transaction() as conn:
            return await import_officials(
                conn,
                ctx.seal,
                county=read_county(county),
                name=file.name,
                content=content,
                dry_run=dry_run,
                now=ctx.clock.now(),
            )

    return run(work, as_json=json)


@app.command
def original(
    file_id: UUID,
    /,
    *,
    county: County,
    out: Annotated[Path, Parameter(name="--out", help="File to write; an existing file is replaced.")],
    name: Annotated[str | None, Parameter(name="--name", help="An attached file, such as a manifest.")] = None,
    as_: As = None,
    json: Json = False,
) -> int:
    """Write the original of an imported file, byte for byte; the audit record keeps who read it."""
    from market.subsidies.imports.originals import read_original

    async def work() -> WrittenFile:
        code = read_county(county)
        async with open_runtime(as_) as ctx, ctx.db.transaction(scope=code) as conn:
            now = ctx.clock.now()
            _, content = await read_original(conn, ctx.actor, code, file_id, name=name, seal=ctx.seal, now=now)
        return write_atomically(out, content)

    return run(work, as_json=json)


type Out = Annotated[Path, Parameter(name="--out", help="File to write; .csv and .xlsx decide the format.")]
type KindName = Annotated[str, Parameter(help="register, programmes, plans, budget, enrolments, …")]


def _find_kind(name: str) -> ImportKind:
    kind = IMPORT_KINDS.get(name)
    if kind is None:
        raise ImportKindNotFound(name=name, known="、".join(IMPORT_KINDS))
    return kind


def _choose_format(out: Path) -> FileFormat:
    return FileFormat.CSV if out.suffix.lower() == ".csv" else FileFormat.XLSX


@app.command
def template(kind: KindName, /, *, out: Out, json: Json = False) -> int:
    """Write the template of a kind of file: its columns, one example row, and what each column means."""
    from market.subsidies.imports.formats.templates import write_template

    async def work() -> WrittenFile:
        return write_atomically(out, write_template(_find_kind(kind), _choose_format(out)).content)

    return run(work, as_json=json)


@app.command
def held(kind: KindName, /, *, county: County, out: Out, as_: As = None, json: Json = False) -> int:
    """Write what the county holds in the form of a kind of file; importing it again changes nothing."""
    from market.subsidies.imports.held import load_held, write_held

    async def work() -> WrittenFile:
        code, chosen = read_county(county), _find_kind(kind)
        async with open_runtime(as_) as ctx, ctx.db.transaction(scope=code) as conn:
            rows = await load_held(conn, ctx.actor, code, chosen, seal=ctx.seal, now=ctx.clock.now())
        return write_atomically(out, write_held(chosen, rows, _choose_format(out)).content)

    return run(work, as_json=json)


@app.command(name="provincial-billing")
def provincial_billing(
    file: Path,
    /,
    *,
    returned: Annotated[
        Path | None, Parameter(name="--returned", help="Write the rows that no county took to this file.")
    ] = None,
    as_: As = None,
    take_fewer: TakeFewer = False,
    take_part: TakePart = False,
    dry_run: DryRun = False,
    json: Json = False,
) -> int:
    """Import one bill of several counties as their operator's account: each row goes to the county that it names.

    Counties are imported one by one: one that refuses its rows, because its month is decided, stops no other. The same
    file again changes nothing. NAME.manifest.json must be in the same folder as NAME.csv.
    """
    from market.service.commands.provincial_bills import import_provincial_bill

    flags = {"take_fewer": take_fewer, "take_part": take_part, "dry_run": dry_run}
    return run(lambda: import_provincial_bill(file, as_=as_, returned=returned, flags=flags), as_json=json)


for _kind in IMPORT_KINDS.values():
    app.command(_make_command(_kind), name=_kind.name, help=_describe(_kind))
