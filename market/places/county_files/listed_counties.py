"""Which counties are on a list, by file: a row of a known county, list and first year changes that period."""

from collections.abc import Sequence
from datetime import date

import asyncpg

from market.kernel import Connection
from market.kernel.sheets.cells import CellReader
from market.kernel.sheets.spreadsheet import CellFaults, Column, Spreadsheet, malformed_file
from market.kernel.text import clean_text
from market.people.identity.models import Actor
from market.places.county_files.models import CountyFile, FileKind, FilePlan
from market.places.divisions.listed_counties import (
    ListedPeriod,
    list_known_counties,
    list_listed_periods,
    store_listed_periods,
)

COLUMNS = (
    Column("county", "县代码", example="130624", meaning="6 位"),
    Column("list", "名单", example="国家", meaning="国家，或者省"),
    Column("first_year", "起始年度", example="2012", meaning="从哪一年起在名单上，按 1 月 1 日算"),
    Column("last_year", "终止年度", may_be_empty=True, example="", meaning="最后一年，到 12 月 31 日；还在就空着"),
    Column("basis", "来源", example="某某〔2012〕1号", meaning="公布名单的文件；没有核实的写“未核实”"),
)
_LISTS = {"国家": "national", "省": "provincial"}
_MAX_BASIS_LENGTH = 200
FIRST_YEAR = 1986
"""The year of the first national list of poor counties."""
_YEARS_AHEAD = 10

type _Row = tuple[CellReader, ListedPeriod]


def _read(cells: CellReader, counties: set[str], today: date) -> ListedPeriod | None:
    county, of = cells.code("county"), cells.choice("list", _LISTS)
    latest = today.year + _YEARS_AHEAD
    first = cells.integer("first_year", low=FIRST_YEAR, high=latest)
    last = cells.integer("last_year", low=FIRST_YEAR, high=latest) if cells.raw("last_year") else None
    basis = clean_text(cells.text("basis", max_length=_MAX_BASIS_LENGTH))
    if county and county not in counties:
        cells.fault("county", "应是县、县级市或区的 6 位代码")
    if first is not None and last is not None and last < first:
        cells.fault("last_year", f"不能早于起始年度 {first}")
    if len(basis) == 1:
        cells.fault("basis", "至少 2 个字")
    if not cells.valid or first is None or of is None:
        return None
    until = date(last + 1, 1, 1) if last else None
    return ListedPeriod(county=county, list=of, first=date(first, 1, 1), until=until, basis=basis)


def _find_overlaps(rows: Sequence[_Row], kept: Sequence[ListedPeriod]) -> None:
    """Add faults of rows whose years are in another period of the county on the list."""
    after = [*kept, *(row for _, row in rows)]
    for cells, row in rows:
        others = (each for each in after if (each.county, each.list) == (row.county, row.list) and each is not row)
        if any(row.overlaps(each) for each in others):
            cells.fault("first_year", "和这个县在这个名单上的另一段时间重叠")


def _refuse_counted(file: CountyFile, rows: Sequence[_Row]) -> Exception:
    """Return the refusal of a file that takes a county off a list on days of purchases that count by it."""
    faults = CellFaults()
    for cells, row in rows:
        if row.until is not None:
            faults.append(cells.name_cell("last_year", "终止以后还有按这个名单计入的采购，先核对"))
    return malformed_file(file.name, faults)


async def _prepare(
    conn: Connection, _importer: Actor, file: CountyFile, spreadsheet: Spreadsheet, faults: CellFaults
) -> FilePlan:
    readers = [CellReader(spreadsheet, row, faults) for row in spreadsheet.rows]
    counties = set(await list_known_counties(conn, sorted({each.raw("county").lstrip("'") for each in readers})))
    rows = [(each, row) for each in readers if (row := _read(each, counties, file.today)) is not None]
    stored = {(each.county, each.list, each.first): each for each in await list_listed_periods(conn)}
    given = {(row.county, row.list, row.first) for _, row in rows}
    _find_overlaps(rows, [each for key, each in stored.items() if key not in given])
    added = [row for _, row in rows if (row.county, row.list, row.first) not in stored]
    changed = [
        (cells, row) for cells, row in rows if row not in added and row != stored[row.county, row.list, row.first]
    ]

    async def store() -> None:
        try:
            await store_listed_periods(conn, changed=[row for _, row in changed], added=added)
        except asyncpg.ForeignKeyViolationError as error:
            raise _refuse_counted(file, changed) from error

    same = len(rows) - len(added) - len(changed)
    return FilePlan({"new": len(added), "changed": len(changed), "same": same}, store)


LISTED_COUNTIES = FileKind(
    name="listed_counties",
    name_zh="名单上的县",
    summary="Counties on the national or provincial list, by year: 县代码, 名单, 起始年度, 终止年度, 来源.",
    hint_zh="国家和省公布的名单，一行一段时间；公家单位买这些县的东西才计入份额",
    columns=COLUMNS,
    roles=frozenset(),
    counts={"new": "新的", "changed": "变了的", "same": "和现在一样的"},
    prepare=_prepare,
    national=True,
)
