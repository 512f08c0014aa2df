"""The register of coverage by file: a later measurement ends the one before."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

from msgspec import Struct, to_builtins

from market.kernel import Connection, Query
from market.kernel.sheets.cells import CellReader
from market.kernel.sheets.spreadsheet import CellFaults, Column, Spreadsheet
from market.people.identity.models import COUNTY_KEEPERS, Actor
from market.places.county_files.models import CountyFile, FileKind, FilePlan
from market.places.divisions.village_periods import VillagePeriod, list_ended_villages, list_village_periods
from market.villages.coverage.models import (
    SETTING_NAMES,
    TECHNOLOGY_NAMES,
    Setting,
    Technology,
)
from market.villages.coverage.register import list_operators

COLUMNS = (
    Column("village", "村代码", example="130624107221", meaning="12 位，本县在用的村"),
    Column("operator", "运营商", example="中国移动", meaning="中国移动、中国联通、中国电信、中国广电"),
    Column("technology", "制式", example="4G", meaning="、".join(TECHNOLOGY_NAMES.values())),
    Column("setting", "场景", example="住的地方", meaning="、".join(SETTING_NAMES.values())),
    Column("share", "覆盖率", example="98.5", meaning="百分之几，0 到 100，最多两位小数"),
    Column("down", "下行速率", may_be_empty=True, example="20", meaning="Mbps，整数；没有测就空着"),
    Column("source", "数据来源", example="运营商路测", meaning="谁测的、怎么测的"),
    Column("observed_on", "采集日期", example="2019-08-31", meaning="测的那天；比现有的晚才收"),
)
_TECHNOLOGIES = {name: each for each, name in TECHNOLOGY_NAMES.items()}
_SETTINGS = {name: each for each, name in SETTING_NAMES.items()}
_MAX_MBPS = 100_000


class CoverageFileRow(Struct, frozen=True):
    """A measurement."""

    village_code: str
    operator: str
    technology: Technology
    setting: Setting
    share_bp: int
    down_mbps: int | None
    source: str
    observed_on: date

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What is measured."""
        return self.village_code, self.operator, self.technology, self.setting


LIST_CURRENT = Query(
    CoverageFileRow,
    """
    SELECT DISTINCT ON (village_code, operator, technology, setting)
           village_code, operator, technology, setting, share_bp, down_mbps, source, observed_on
      FROM coverage WHERE county_code = :county
     ORDER BY village_code, operator, technology, setting, observed_on DESC
    """,
)
END_CURRENT = Query(
    None,
    """
    UPDATE coverage c SET valid_during = c.valid_during * daterange(NULL, t.observed_on)
      FROM jsonb_to_recordset(:rows::jsonb)
        AS t (village_code text, operator text, technology text, setting text, observed_on date)
     WHERE (c.village_code, c.operator, c.technology, c.setting) = (t.village_code, t.operator, t.technology, t.setting)
       AND c.valid_during @> t.observed_on
    """,
)
ADD_ROWS = Query(
    None,
    """
    INSERT INTO coverage (village_code, operator, technology, setting, share_bp, down_mbps, source, observed_on,
                          valid_during)
    SELECT village_code, operator, technology, setting, share_bp, down_mbps, source, observed_on,
           daterange(observed_on, last, '[]')
      FROM jsonb_to_recordset(:rows::jsonb)
        AS t (village_code text, operator text, technology text, setting text, share_bp integer, down_mbps integer,
              source text, observed_on date, last date)
    """,
)


def _read_share(cells: CellReader) -> int:
    # A share in percent has the form of an amount: up to two decimals, so that its hundredths are basis points.
    share = cells.fen("share")
    if share is not None and share > 100_00:
        cells.fault("share", "最多 100")
    return share or 0


def _read(
    cells: CellReader, file: CountyFile, operators: dict[str, str], villages: dict[str, str]
) -> CoverageFileRow | None:
    village = cells.code("village")
    if village and (why := villages.get(village, "本县没有这个村代码")):
        cells.fault("village", why)
    operator, technology = cells.choice("operator", operators), cells.choice("technology", _TECHNOLOGIES)
    setting, share = cells.choice("setting", _SETTINGS), _read_share(cells)
    down = cells.integer("down", low=1, high=_MAX_MBPS) if cells.raw("down") else None
    source, observed_on = cells.text("source"), cells.past_day("observed_on", file.today, required=True)
    if not cells.valid or operator is None or technology is None or setting is None or observed_on is None:
        return None
    return CoverageFileRow(village, operator, technology, setting, share, down, source, observed_on)


def _find_period(periods: Sequence[VillagePeriod], row: CoverageFileRow) -> VillagePeriod | None:
    """Return the period of the village's code that a measurement falls in: it is valid until that ends."""
    return next(
        (
            each
            for each in periods
            if each.code == row.village_code and each.first <= row.observed_on <= (each.last or date.max)
        ),
        None,
    )


async def _prepare(
    conn: Connection, _importer: Actor, file: CountyFile, spreadsheet: Spreadsheet, faults: CellFaults
) -> FilePlan:
    operators = {each.name: each.code for each in await list_operators(conn)}
    periods = await list_village_periods(conn, file.county)
    villages = {each.code: "" for each in periods}
    villages |= await list_ended_villages(conn, file.county, day=file.today)
    current = {each.key: each for each in await LIST_CURRENT.all(conn, county=file.county)}
    rows: list[tuple[CoverageFileRow, date | None]] = []
    same = 0
    seen: Counter[tuple[str, str, str, str]] = Counter()
    for each in spreadsheet.rows:
        cells = CellReader(spreadsheet, each, faults)
        row = _read(cells, file, operators, villages)
        if row is None:
            continue
        known = current.get(row.key)
        seen[row.key] += 1
        if seen[row.key] > 1:
            cells.fault("village", "这个村的这一项前面写过了")
        elif known == row:
            same += 1
        elif (period := _find_period(periods, row)) is None:
            cells.fault("observed_on", "那天这个村代码没有在用")
        elif known is not None and row.observed_on <= known.observed_on:
            cells.fault("observed_on", f"现有的是 {known.observed_on} 测的，要更晚的")
        else:
            rows.append((row, period.last))
    stored = [{**to_builtins(row), "last": last} for row, last in rows]
    changed = sum(row.key in current for row, _ in rows)

    async def store() -> None:
        await END_CURRENT.run(conn, rows=stored)
        await ADD_ROWS.run(conn, rows=stored)

    return FilePlan({"new": len(rows) - changed, "changed": changed, "same": same}, store)


COVERAGE = FileKind(
    name="coverage",
    name_zh="信号覆盖",
    summary="Coverage of villages: 村代码, 运营商, 制式, 场景, 覆盖率, 下行速率, 数据来源, 采集日期.",
    hint_zh="哪个村哪家有 4G、5G、光纤、公共 Wi-Fi；后测的代替先测的",
    columns=COLUMNS,
    roles=COUNTY_KEEPERS,
    counts={"new": "新的", "changed": "重新测的", "same": "和现在一样的"},
    prepare=_prepare,
)
