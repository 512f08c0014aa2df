"""Plots and harvests of a shop from a spreadsheet: all rows or none, and a dry run that is the import, undone."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.trace.harvests import record_harvest
from market.catalogue.trace.models import (
    MAX_PLOT_NAME_LENGTH,
    HarvestTooLarge,
    NewHarvest,
    NewPlot,
    NoYieldLimit,
    Plot,
    TraceInvalid,
)
from market.catalogue.trace.plots import add_plot, list_plots, require_open_producer
from market.catalogue.trace.rules import format_area, parse_area, parse_grams
from market.kernel import Connection, Query
from market.kernel.sheets.cells import CellReader
from market.kernel.sheets.models import FileUnreadable
from market.kernel.sheets.spreadsheet import (
    SMALL_SHEET,
    CellFaults,
    Column,
    Spreadsheet,
    digest,
    malformed_file,
    read_spreadsheet,
)
from market.kernel.sheets.write_spreadsheet import FileFormat, write_csv, write_xlsx
from market.kernel.text import clean_name, clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor

MAX_IMPORTED_HARVESTS = 200
_MAX_NAME_LENGTH = 200
_CELLS = {"day": "day", "kg": "kg", "name": "plot", "area": "area"}

COLUMNS = (
    Column("plot", "地块", example="东坡地", meaning="自己起的名字；没有的会新记一块"),
    Column("area", "面积亩", example="3.5", may_be_empty=True, meaning="新地块要写；记过的可以空着"),
    Column("crop", "作物", example="香菇", may_be_empty=True, meaning="县里定了产量的；只记地块就空着"),
    Column("day", "采收日期", example="2030-09-20", may_be_empty=True, meaning="哪天收的"),
    Column("kg", "重量kg", example="120", may_be_empty=True, meaning="公斤"),
)

FIND_HARVEST_FILE = Query(
    int, "SELECT rows FROM harvest_files WHERE producer_id = :producer_id AND sha256 = decode(:sha256, 'hex')"
)
ADD_HARVEST_FILE = Query(
    None,
    """
    INSERT INTO harvest_files (producer_id, sha256, name, rows, imported_by, imported_at)
    VALUES (:producer_id, decode(:sha256, 'hex'), :name, :rows, :account_id, :now)
    """,
)
# One file of a shop at a time.
LOCK_SHOP = Query(None, "SELECT pg_advisory_xact_lock(7905, hashtext(:producer_id::uuid::text))")


class ImportedHarvests(Struct, frozen=True, kw_only=True):
    """The result of an import: how many plots and lots were added, or would be.

    `repeated` is true if the same content was imported before, which changed nothing.
    """

    name: str
    sha256: str
    rows: int
    plots: int
    lots: int
    dry_run: bool
    repeated: bool


def write_harvest_template(file_format: FileFormat = FileFormat.XLSX) -> bytes:
    """Return the columns with an example row."""
    example = [{column.name: column.example for column in COLUMNS}]
    return write_csv(COLUMNS, example) if file_format is FileFormat.CSV else write_xlsx("采收", COLUMNS, example)


async def import_harvests(
    conn: Connection, actor: Actor, producer_id: UUID, *, name: str, content: bytes, dry_run: bool, now: datetime
) -> ImportedHarvests:
    """Record every row as a harvest of its plot, which is added if it is new, or none of them.

    A dry run records them too and undoes it. The same content again changes nothing.

    Raises:
        NotFound: the actor does not work for the producer, or it may not sell.
        FileUnreadable: it is not a spreadsheet, exceeds a limit, or has no rows or more than 200.
        FileMalformed: rows are wrong; `errors` lists the cells. Nothing is imported.
    """
    await require_open_producer(conn, actor, producer_id)
    written = clean_text(name)[:_MAX_NAME_LENGTH] or "harvests"
    sheet = read_spreadsheet(written, content, COLUMNS, SMALL_SHEET)
    if not 0 < len(sheet.rows) <= MAX_IMPORTED_HARVESTS:
        raise FileUnreadable(name=written, reason=f"要有 1 到 {MAX_IMPORTED_HARVESTS} 行")
    sha256 = digest(content)
    await LOCK_SHOP.run(conn, producer_id=producer_id)
    repeated = await FIND_HARVEST_FILE.maybe(conn, producer_id=producer_id, sha256=sha256) is not None
    plots = lots = 0
    if not repeated:
        trial = conn.transaction()
        await trial.start()
        try:
            plots, lots = await _record_rows(conn, actor, producer_id, sheet, now=now)
        except BaseException:
            await trial.rollback()
            raise
        await (trial.rollback() if dry_run else trial.commit())
    if not repeated and not dry_run:
        await ADD_HARVEST_FILE.run(
            conn, producer_id=producer_id, sha256=sha256, name=written, rows=len(sheet.rows),
            account_id=actor.account_id, now=now,
        )  # fmt: skip
        await add_audit_entry(
            conn, actor=str(actor.account_id), action="harvests.import", object=f"producer:{producer_id}",
            detail={"name": written, "sha256": sha256, "plots": plots, "lots": lots}, now=now,
        )  # fmt: skip
    return ImportedHarvests(
        name=written, sha256=sha256, rows=len(sheet.rows), plots=plots, lots=lots, dry_run=dry_run, repeated=repeated
    )


async def _record_rows(
    conn: Connection, actor: Actor, producer_id: UUID, sheet: Spreadsheet, *, now: datetime
) -> tuple[int, int]:
    """Record the rows, each in a savepoint; return how many plots and lots were added.

    Raises:
        FileMalformed: rows are wrong.
    """
    plots = {each.name: each for each in await list_plots(conn, [producer_id])}
    known = len(plots)
    faults = CellFaults()
    lots = 0
    for row in sheet.rows:
        cells = CellReader(sheet, row, faults)
        plot = await _find_plot(conn, actor, producer_id, cells, plots, now=now)
        if plot is not None and (cells.raw("crop") or cells.raw("day") or cells.raw("kg")):
            lots += await _record_row(conn, actor, plot, cells, now=now)
    if faults:
        raise malformed_file(sheet.name, faults)
    return len(plots) - known, lots


async def _find_plot(
    conn: Connection, actor: Actor, producer_id: UUID, cells: CellReader, plots: dict[str, Plot], *, now: datetime
) -> Plot | None:
    """Return the plot of a row, added to `plots` if it is new; None after a fault."""
    name = clean_name(cells.text("plot", max_length=MAX_PLOT_NAME_LENGTH))
    area_m2 = parse_area(cells.raw("area")) if cells.raw("area") else 0
    if area_m2 is None:
        cells.fault("area", "应是亩数，例如 3.5")
    known = plots.get(name)
    if not cells.valid or area_m2 is None:
        return None
    if known is None and not area_m2:
        cells.fault("area", "新的地块要写面积")
    elif known is not None and area_m2 not in {0, known.area_m2}:
        cells.fault("area", f"这块地记的是 {format_area(known.area_m2)}，面积不能改")
    elif known is None:
        try:
            plots[name] = await add_plot(conn, actor, producer_id, NewPlot(name=name, area_m2=area_m2), now=now)
        except TraceInvalid as refusal:
            for fault in refusal.errors:
                cells.fault(_CELLS[fault.field], fault.message)
    return plots.get(name) if cells.valid else None


async def _record_row(conn: Connection, actor: Actor, plot: Plot, cells: CellReader, *, now: datetime) -> int:
    """Record the harvest of a row; a refusal is a fault of its cells. Returns how many lots were added."""
    crop, day = cells.text("crop", max_length=20), cells.day("day")
    grams = parse_grams(cells.raw("kg"))
    if grams is None:
        cells.fault("kg", "应是公斤数，例如 120.5")
    if not cells.valid or day is None or grams is None:
        return 0
    try:
        await record_harvest(
            conn, actor, NewHarvest(plot_id=plot.id, crop=crop, harvested_on=day, grams=grams), now=now
        )
    except TraceInvalid as refusal:
        for fault in refusal.errors:
            cells.fault(_CELLS[fault.field], fault.message)
    except NoYieldLimit as refusal:
        cells.fault("crop", refusal.text("zh"))
    except HarvestTooLarge as refusal:
        cells.fault("kg", refusal.text("zh"))
    return int(cells.valid)
