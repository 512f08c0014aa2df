"""`market villages …`: files about villages. `--dry-run` reports every bad row and stores nothing."""

from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from market.cases.casework.reschedule import reschedule_cases
from market.kernel import Refusal
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.places.county_files.holidays import HOLIDAYS
from market.places.county_files.models import WHOLE_COUNTRY, CountyFile, FileKind, FileOutcome
from market.places.county_files.run_file_import import import_county_file
from market.places.county_files.templates import write_file_template
from market.service.commands.exports import WrittenFile, write_atomically
from market.service.commands.options import As, Json
from market.service.commands.runtime import Runtime, open_runtime, read_input, run
from market.subsidies.month.cycles import read_county
from market.villages.areas import COUNTY_FILE_KINDS

app = App(name="villages")

type KindName = Annotated[str, Parameter(help=f"{', '.join(COUNTY_FILE_KINDS)}.")]
type Out = Annotated[Path, Parameter(name="--out", help="File to write; .csv and .xlsx decide the format.")]


class CountyFileKindNotFound(Refusal):
    """There is no such kind of file about villages."""

    code = "no_village_file_kind"
    status = 404
    zh = "没有 {name} 这种文件，应是 {known} 之一。"
    en = "There is no kind {name}; it is one of {known}."


def _find_kind(name: str) -> FileKind:
    kind = COUNTY_FILE_KINDS.get(name)
    if kind is None:
        raise CountyFileKindNotFound(name=name, known="、".join(COUNTY_FILE_KINDS))
    return kind


@app.command(name="import")
def import_(
    kind: KindName,
    file: Path,
    /,
    *,
    county: Annotated[
        str, Parameter(name="--county", help="Six digits of the county; none for kinds of the whole country.")
    ] = "",
    as_: As = None,
    dry_run: Annotated[bool, Parameter(name="--dry-run", help="Read and compare; store nothing.", negative="")] = False,
    json: Json = False,
) -> int:
    """Import a file about villages; the same content again changes nothing.

    After holidays, the deadlines of open cases in working days are moved, and how many is printed.
    """

    async def work() -> object:
        chosen = _find_kind(kind)
        code = WHOLE_COUNTRY if chosen.national else read_county(county)
        async with open_runtime(as_) as ctx:
            sent = CountyFile(
                county=code, name=file.name, content=read_input(file), dry_run=dry_run, now=ctx.clock.now()
            )
            async with ctx.db.transaction(scope=code) as conn:
                result = await import_county_file(conn, ctx.actor, chosen, sent)
            if chosen is not HOLIDAYS or result.outcome is FileOutcome.TRIED:
                return result
            return {**msgspec.to_builtins(result), "rescheduled": await _reschedule(ctx)}

    return run(work, as_json=json)


async def _reschedule(ctx: Runtime) -> int:
    return await reschedule_cases(ctx.db, ctx.seal, now=ctx.clock.now())


@app.command
def template(kind: KindName, /, *, out: Out, json: Json = False) -> int:
    """Write the template of a kind of file: its columns, one example row, and what each column means."""

    async def work() -> WrittenFile:
        file_format = FileFormat.CSV if out.suffix.lower() == ".csv" else FileFormat.XLSX
        return write_atomically(out, write_file_template(_find_kind(kind), file_format))

    return run(work, as_json=json)
