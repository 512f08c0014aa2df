"""The days off of years by file, as the State Council's office publishes them: deadlines in working days follow."""

from collections import Counter

from market.kernel import Connection
from market.kernel.sheets.cells import CellReader
from market.kernel.sheets.spreadsheet import CellFaults, Column, Spreadsheet
from market.people.identity.models import Actor
from market.places.county_files.models import CountyFile, FileKind, FilePlan
from market.places.divisions.holidays import Holiday, list_holidays, replace_holidays

COLUMNS = (
    Column("day", "日期", example="2027-01-01", meaning="通知里写到的每一天，放假的和调休上班的"),
    Column("name", "名称", example="元旦", meaning="哪个节；调休上班的写它所属的节"),
    Column("day_off", "安排", example="放假", meaning="放假，或者上班"),
)
_WORDS = {"放假": True, "上班": False}


async def _prepare(
    conn: Connection, _importer: Actor, _file: CountyFile, spreadsheet: Spreadsheet, faults: CellFaults
) -> FilePlan:
    days: list[Holiday] = []
    seen: Counter[object] = Counter()
    for row in spreadsheet.rows:
        cells = CellReader(spreadsheet, row, faults)
        day, name, day_off = cells.day("day"), cells.text("name", max_length=20), cells.choice("day_off", _WORDS)
        seen[day] += 1
        if day is not None and seen[day] > 1:
            cells.fault("day", "这一天前面写过了")
        if day is not None and day_off is not None and cells.valid:
            days.append(Holiday(day, name, day_off))
    years = Counter(each.day.year for each in days)
    year = max(years, key=lambda each: years[each], default=0)
    known = set(await list_holidays(conn, sorted(years)))
    named = {each.day for each in days}
    after = {each for each in known if each.day.year != year and each.day not in named} | set(days)

    async def store() -> None:
        await replace_holidays(conn, year, days)

    return FilePlan({"changed": len(known ^ after), "same": len(known & set(days))}, store)


HOLIDAYS = FileKind(
    name="holidays",
    name_zh="放假和调休",
    summary="The days off of a whole year: 日期, 名称, 安排; deadlines of open cases in working days follow.",
    hint_zh="国务院办公厅每年的通知，一年一份；整年替换，写到的前后一年的几天只改那几天",
    columns=COLUMNS,
    roles=frozenset(),
    counts={"changed": "变了的日子", "same": "和现在一样的"},
    prepare=_prepare,
    national=True,
)
