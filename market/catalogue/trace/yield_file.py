"""How much a 亩 gives, by file: a row of a later day ends what held before it."""

from collections import Counter
from datetime import date

from msgspec import Struct, to_builtins

from market.kernel import Connection, Query
from market.kernel.sheets.cells import CellReader
from market.kernel.sheets.spreadsheet import CellFaults, Column, Spreadsheet
from market.kernel.text import clean_name, clean_text
from market.people.identity.models import COUNTY_KEEPERS, Actor
from market.places.county_files.models import CountyFile, FileKind, FilePlan

_COLUMNS = (
    Column("crop", "作物", example="香菇", meaning="最多 20 个字"),
    Column("kg", "每亩最多kg", example="6000", meaning="一年一亩最多收多少公斤，整数"),
    Column("first", "起始日期", example="2030-01-01", meaning="从哪天起算；同一种作物写更晚的一天，前面的就到那天为止"),
    Column("source", "依据", example="某县农业农村局产量调查 2029", meaning="数从哪来"),
)
_MAX_KG = 100_000
_MAX_SOURCE_LENGTH = 200


class YieldRow(Struct, frozen=True):
    """A row of the file."""

    crop: str
    kg_per_mu: int
    first: date
    source: str


LIST_LATEST = Query(
    YieldRow,
    """
    SELECT DISTINCT ON (crop) crop, kg_per_mu, lower(valid_during) AS first, source
      FROM yield_limits WHERE county_code = :county ORDER BY crop, lower(valid_during) DESC
    """,
)
_ROWS = """
    WITH rows AS (
        SELECT * FROM jsonb_to_recordset(:rows::jsonb) AS t (crop text, kg_per_mu integer, first date, source text))
"""
END_LIMITS = Query(
    None,
    _ROWS
    + """
    UPDATE yield_limits l SET valid_during = daterange(lower(l.valid_during), r.first)
      FROM rows r
     WHERE l.county_code = :county AND l.crop = r.crop AND lower(l.valid_during) < r.first
       AND l.valid_during @> r.first
    """,
)
CHANGE_LIMITS = Query(
    None,
    _ROWS
    + """
    UPDATE yield_limits l SET kg_per_mu = r.kg_per_mu, source = r.source
      FROM rows r WHERE l.county_code = :county AND l.crop = r.crop AND lower(l.valid_during) = r.first
    """,
)
ADD_LIMITS = Query(
    None,
    _ROWS
    + """
    INSERT INTO yield_limits (county_code, crop, kg_per_mu, valid_during, source, added_by, added_at)
    SELECT :county, crop, kg_per_mu, daterange(first, NULL), source, :account_id, :now FROM rows r
     WHERE NOT EXISTS (SELECT FROM yield_limits l
                        WHERE l.county_code = :county AND l.crop = r.crop AND lower(l.valid_during) = r.first)
    """,
)


def _read(cells: CellReader) -> YieldRow | None:
    crop = clean_name(cells.text("crop", max_length=20))
    kg = cells.integer("kg", low=1, high=_MAX_KG)
    first = cells.day("first")
    source = clean_text(cells.text("source", max_length=_MAX_SOURCE_LENGTH))
    if len(source) == 1:
        cells.fault("source", "至少 2 个字")
    if not cells.valid or kg is None or first is None:
        return None
    return YieldRow(crop, kg, first, source)


async def _prepare(
    conn: Connection, importer: Actor, file: CountyFile, spreadsheet: Spreadsheet, faults: CellFaults
) -> FilePlan:
    latest = {each.crop: each for each in await LIST_LATEST.all(conn, county=file.county)}
    seen: Counter[str] = Counter()
    rows: list[YieldRow] = []
    for each in spreadsheet.rows:
        cells = CellReader(spreadsheet, each, faults)
        row = _read(cells)
        if row is None:
            continue
        seen[row.crop] += 1
        if seen[row.crop] > 1:
            cells.fault("crop", "这种作物前面写过了")
        elif row.crop in latest and row.first < latest[row.crop].first:
            cells.fault("first", f"不早于现在的起始日期 {latest[row.crop].first}")
        rows.append(row)
    changed = [row for row in rows if row != latest.get(row.crop)]
    added = sum(row.crop not in latest for row in changed)

    async def store() -> None:
        values = to_builtins(changed)
        await END_LIMITS.run(conn, rows=values, county=file.county)
        await CHANGE_LIMITS.run(conn, rows=values, county=file.county)
        await ADD_LIMITS.run(conn, rows=values, county=file.county, account_id=importer.account_id, now=file.now)

    return FilePlan({"new": added, "changed": len(changed) - added, "same": len(rows) - len(changed)}, store)


YIELDS = FileKind(
    name="yields",
    name_zh="亩产上限",
    summary="How much of a crop a 亩 gives at most: 作物, 每亩最多kg, 起始日期, 依据.",
    hint_zh="一亩一年最多收多少；超过的不能记采收，也就贴不了溯源标签",
    columns=_COLUMNS,
    roles=COUNTY_KEEPERS,
    counts={"new": "新的", "changed": "变了的", "same": "和现在一样的"},
    prepare=_prepare,
)
