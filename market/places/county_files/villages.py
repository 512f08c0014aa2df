"""Village periods by file: new villages, villages that end, and what they are merged into."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date, timedelta

import asyncpg

from market.kernel import Connection
from market.kernel.division_codes import CODE_DIGITS, TOWNSHIP, get_ancestor_code
from market.kernel.sheets.cells import CellReader
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import CellFaults, Column, Spreadsheet, malformed_file
from market.people.identity.models import COUNTY_KEEPERS, Actor
from market.places.county_files.models import CountyFile, FileKind, FilePlan
from market.places.divisions.queries import get_division_names
from market.places.divisions.village_periods import (
    BEGINNING,
    VillagePeriod,
    list_village_periods,
    store_village_periods,
)

type CloseTerms = Callable[[Connection, str, date], Awaitable[None]]
"""End an area's terms of a village on a day, the first without the code; an area passes one, so that villages end."""

COLUMNS = (
    Column("village", "村代码", example="130624107221", meaning="12 位；新设的村写新代码"),
    Column("village_name", "村名", example="革新庄村", meaning="和代码一致；新设的村写新名字"),
    Column("starts_on", "起始日期", may_be_empty=True, example="2002-01-01", meaning="启用的第一天；已有的村可以空着"),
    Column("ends_on", "终止日期", may_be_empty=True, example="2020-06-30", meaning="用到的最后一天；还在用就空着"),
    Column("successor", "并入村代码", may_be_empty=True, example="", meaning="并入了哪个村；没有并入就空着"),
    Column("basis", "依据", example="冀民区划〔2020〕1号", meaning="批准的文件"),
)


class _Known:
    """What is known of a county's villages: the periods of each code, and the names of its townships."""

    def __init__(self, periods: Sequence[VillagePeriod]) -> None:
        self.by_code: dict[str, list[VillagePeriod]] = {}
        for each in periods:
            self.by_code.setdefault(each.code, []).append(each)

    def find(self, code: str, first: date | None) -> VillagePeriod | None:
        """Return the period that begins on a day; without a day, the one in use, or else the last."""
        periods = self.by_code.get(code, [])
        if first is None:
            return next((each for each in periods if each.last is None), periods[-1] if periods else None)
        return next((each for each in periods if each.first == first), None)


def _read(cells: CellReader, county: str, known: _Known, townships: Mapping[str, str]) -> VillagePeriod | None:
    code, name = cells.code("village"), cells.text("village_name", max_length=40)
    first, last = cells.maybe_day("starts_on"), cells.maybe_day("ends_on")
    successor, basis = cells.code("successor", required=False), cells.text("basis", max_length=100)
    if len(code) != CODE_DIGITS or not code.isdecimal() or not code.startswith(county) or code.endswith("000"):
        cells.fault("village", "应是本县的 12 位村代码")
        return None
    old = known.by_code.get(code)
    if old is None and get_ancestor_code(code, TOWNSHIP) not in townships:
        cells.fault("village", "前 9 位不是本县的乡镇代码")
    if old is not None and name and name != old[0].name:
        cells.fault("village_name", f"和代码不一致，{code} 是{old[0].name}")
    period = known.find(code, first)
    if old is None and first is None:
        cells.fault("starts_on", "新设的村要写启用的第一天")
    begins = first or (period.first if period else BEGINNING)
    if last is not None and last < begins:
        cells.fault("ends_on", f"不能早于起始日期 {begins}")
    if successor and last is None:
        cells.fault("successor", "并入别的村，要写终止日期")
    if successor and successor == code:
        cells.fault("successor", "不能并入自己")
    if not cells.valid:
        return None
    return VillagePeriod(code=code, name=name, first=begins, last=last, successor_code=successor or None, basis=basis)


def _list_faults(
    rows: Sequence[tuple[CellReader, VillagePeriod]], after: Mapping[str, Sequence[VillagePeriod]]
) -> None:
    """Add faults of rows that contradict another one, or each other, once all are taken; `after` is by code."""
    for cells, row in rows:
        others = [each for each in after[row.code] if each is not row]
        if any(_overlap(row, each) for each in others):
            cells.fault("starts_on", "和这个代码的另一段时间重叠")
        if row.successor_code is None or row.last is None:
            continue
        next_day = row.last + timedelta(days=1)
        heirs = after.get(row.successor_code, ())
        if not any(each.first <= next_day and (each.last is None or each.last >= next_day) for each in heirs):
            cells.fault("successor", f"{next_day} 没有在用的这个村代码")


def _overlap(one: VillagePeriod, other: VillagePeriod) -> bool:
    return (one.last is None or other.first <= one.last) and (other.last is None or one.first <= other.last)


def make_village_kind(closers: Sequence[CloseTerms]) -> FileKind:
    """Return the kind of files of village periods; `closers` end what the areas have on a village that ends."""

    async def prepare(
        conn: Connection, _importer: Actor, file: CountyFile, spreadsheet: Spreadsheet, faults: CellFaults
    ) -> FilePlan:
        periods = await list_village_periods(conn, file.county)
        known = _Known(periods)
        codes = {
            get_ancestor_code(row.cells.get("village", "")[:CODE_DIGITS], TOWNSHIP)[:9] for row in spreadsheet.rows
        }
        names = await get_division_names(conn, [each for each in codes if each.startswith(file.county)])
        townships = {f"{scope}000": name for scope, name in names.items()}
        rows: list[tuple[CellReader, VillagePeriod]] = []
        for each in spreadsheet.rows:
            cells = CellReader(spreadsheet, each, faults)
            row = _read(cells, file.county, known, townships)
            if row is not None:
                rows.append((cells, row))
        changed = [row for _, row in rows if known.find(row.code, row.first) is not None]
        added = [row for _, row in rows if known.find(row.code, row.first) is None]
        replaced = {(row.code, row.first) for row in changed}
        after: dict[str, list[VillagePeriod]] = {}
        for period in [*(each for each in periods if (each.code, each.first) not in replaced), *changed, *added]:
            after.setdefault(period.code, []).append(period)
        _list_faults(rows, after)
        same = [row for row in changed if known.find(row.code, row.first) == row]
        moved = [row for row in changed if row not in same]

        async def store() -> None:
            new = [row for row in added if row.code not in known.by_code]
            for row in moved:
                # Before a later period of the code, terms of that one are not ended; the schema refuses what remains.
                if row.last is not None and all(each.first <= row.first for each in after[row.code]):
                    for close in closers:
                        await close(conn, row.code, row.last + timedelta(days=1))
            try:
                await store_village_periods(conn, new_villages=new, added=added, changed=moved)
            except asyncpg.ForeignKeyViolationError as error:
                raise _refuse_used(file, spreadsheet, rows) from error

        ended = sum(row.last is not None for row in (*moved, *added))
        return FilePlan({"new": len(added), "ended": ended, "same": len(same)}, store)

    return FileKind(
        name="villages",
        name_zh="村的变更",
        summary="Villages that are new, end or are merged: 村代码, 村名, 起始日期, 终止日期, 并入村代码, 依据.",
        hint_zh="新设、撤并的村，一行一段时间；停用的代码以后填不进去",
        columns=COLUMNS,
        roles=COUNTY_KEEPERS,
        counts={"new": "新的", "ended": "停用的", "same": "和现在一样的"},
        prepare=prepare,
    )


def _refuse_used(
    file: CountyFile, spreadsheet: Spreadsheet, rows: Sequence[tuple[CellReader, VillagePeriod]]
) -> Exception:
    """Return the refusal of a file that ends a village whose terms go on."""
    faults = CellFaults()
    for cells, row in rows:
        if row.last is not None:
            faults.append(
                CellFault(
                    "ends_on", "这个村还有到以后的结对、覆盖等记录，先把它们结束", cells.row.number,
                    spreadsheet.headers.get("ends_on", "终止日期"), str(row.last),
                )
            )  # fmt: skip
    return malformed_file(file.name, faults)
