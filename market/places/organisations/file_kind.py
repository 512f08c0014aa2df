"""A county's organisations by file; another official verifies them on the desk."""

from collections import Counter
from datetime import date

from msgspec import Struct, to_builtins

from market.kernel import Connection, Query
from market.kernel.sheets.cells import CellReader
from market.kernel.sheets.spreadsheet import CellFaults, Column, Spreadsheet
from market.kernel.text import clean_text
from market.people.identity.models import COUNTY_KEEPERS, Actor
from market.places.county_files.models import CountyFile, FileKind, FilePlan
from market.places.organisations.credit_codes import is_credit_code, normalize_credit_code
from market.places.organisations.models import (
    KIND_NAMES,
    MAX_NAME_LENGTH,
    OrganisationKind,
)

COLUMNS = (
    Column("name", "单位名称", example="某某食用菌公司", meaning="和证书一致"),
    Column("credit_code", "统一社会信用代码", example="91130624MA0XAMPL0Q", meaning="18 位，最后一位是校验位"),
    Column("kind", "类别", example="企业", meaning="、".join(KIND_NAMES.values())),
    Column("county", "县代码", example="130624", meaning="6 位，本县"),
    Column("licensed_until", "执照有效期至", example="2030-12-31", meaning="最后一天；没有期限的写“长期”"),
)
_FOREVER = "长期"
_KINDS = {name: kind for kind, name in KIND_NAMES.items()}


class OrganisationRow(Struct, frozen=True):
    """A row of the file; `until` is the first day without licence, None without an end."""

    name: str
    credit_code: str
    kind: OrganisationKind
    last: date | None


class _KnownOrganisation(Struct, frozen=True):
    name: str
    credit_code: str
    kind: OrganisationKind
    last: date | None
    county_code: str


class _NeededLicence(Struct, frozen=True):
    credit_code: str
    last: date


LIST_KNOWN = Query(
    _KnownOrganisation,
    """
    SELECT o.name, o.credit_code, o.kind, upper(l.valid_during) - 1 AS last, o.county_code
      FROM organisations o
      LEFT JOIN organisation_licences l ON l.organisation_id = o.id AND l.valid_during @> :day::date
     WHERE o.credit_code = ANY(:codes::text[])
    """,
)
# Until when an organisation needs its licence: what it posted lies inside (`job_postings_licence`).
LIST_NEEDED = Query(
    _NeededLicence,
    """
    SELECT o.credit_code, max(upper(licensed_during)) - 1 AS last
      FROM job_postings p JOIN organisations o ON o.id = p.organisation_id
     WHERE o.credit_code = ANY(:codes::text[]) AND upper(licensed_during) > :day::date
     GROUP BY o.credit_code
    """,
)
# A changed name or kind is verified again.
SAVE_ROWS = Query(
    int,
    """
    WITH rows AS (
        SELECT * FROM jsonb_to_recordset(:rows::jsonb) AS t (name text, credit_code text, kind text, last date)),
    saved AS (
        INSERT INTO organisations (kind, name, credit_code, county_code, applied_by, applied_at)
        SELECT kind, name, credit_code, :county, :account_id, :now FROM rows
        ON CONFLICT ON CONSTRAINT organisations_code_once DO UPDATE
           SET name = excluded.name, kind = excluded.kind, applied_by = excluded.applied_by,
               applied_at = excluded.applied_at, verified_by = NULL, verified_at = NULL
         WHERE (organisations.name, organisations.kind) <> (excluded.name, excluded.kind)
           AND organisations.county_code = excluded.county_code
        RETURNING id, credit_code)
    SELECT count(*) FROM saved
    """,
)
SAVE_LICENCES = Query(
    int,
    """
    WITH rows AS (
        SELECT o.id, last
          FROM jsonb_to_recordset(:rows::jsonb) AS t (name text, credit_code text, kind text, last date)
          JOIN organisations o USING (credit_code)
         WHERE o.county_code = :county),
    moved AS (
        UPDATE organisation_licences l SET valid_during = daterange(lower(valid_during), last, '[]')
          FROM rows WHERE rows.id = l.organisation_id AND valid_during @> :day::date
        RETURNING l.organisation_id),
    added AS (
        INSERT INTO organisation_licences (organisation_id, valid_during)
        SELECT id, daterange(:day::date, last, '[]') FROM rows
         WHERE id NOT IN (SELECT organisation_id FROM moved)
        RETURNING organisation_id)
    SELECT (SELECT count(*) FROM moved) + (SELECT count(*) FROM added)
    """,
)


def _read(cells: CellReader, file: CountyFile, seen: Counter[str]) -> OrganisationRow | None:
    name, code = clean_text(cells.text("name", max_length=MAX_NAME_LENGTH)), cells.code("credit_code")
    code = normalize_credit_code(code)
    if len(name) == 1:
        cells.fault("name", "至少 2 个字")
    if code and not is_credit_code(code):
        cells.fault("credit_code", "18 位统一社会信用代码，校验位要对")
    seen[code] += 1
    if code and seen[code] > 1:
        cells.fault("credit_code", "这个代码前面写过了")
    kind = cells.choice("kind", _KINDS)
    if cells.code("county") != file.county:
        cells.fault("county", f"应是本县的代码 {file.county}")
    last = None if cells.raw("licensed_until") == _FOREVER else cells.day("licensed_until")
    if last is not None and last < file.today:
        cells.fault("licensed_until", f"执照已经过期，今天是 {file.today}")
    if not cells.valid or kind is None:
        return None
    return OrganisationRow(name, code, kind, last)


async def _prepare(
    conn: Connection, importer: Actor, file: CountyFile, spreadsheet: Spreadsheet, faults: CellFaults
) -> FilePlan:
    seen: Counter[str] = Counter()
    read: list[tuple[CellReader, OrganisationRow]] = []
    for each in spreadsheet.rows:
        cells = CellReader(spreadsheet, each, faults)
        row = _read(cells, file, seen)
        if row is not None:
            read.append((cells, row))
    codes = [row.credit_code for _, row in read]
    known = {each.credit_code: each for each in await LIST_KNOWN.all(conn, codes=codes, day=file.today)}
    needed = {each.credit_code: each.last for each in await LIST_NEEDED.all(conn, codes=codes, day=file.today)}
    for cells, row in read:
        until = needed.get(row.credit_code)
        if until is not None and row.last is not None and row.last < until:
            cells.fault("licensed_until", f"这个单位招工到 {until}，先停了招工再改")
        before = known.get(row.credit_code)
        if before is not None and before.county_code != file.county:
            cells.fault("credit_code", "这个单位在别的县登记了")
    rows = [row for _, row in read]
    same = [row for row in rows if (at := known.get(row.credit_code)) and _is_same(at, row)]
    rows_ = to_builtins(rows)

    async def store() -> None:
        await SAVE_ROWS.one(conn, rows=rows_, county=file.county, account_id=importer.account_id, now=file.now)
        await SAVE_LICENCES.one(conn, rows=rows_, county=file.county, day=file.today)

    new = sum(row.credit_code not in known for row in rows)
    return FilePlan({"new": new, "changed": len(rows) - new - len(same), "same": len(same)}, store)


def _is_same(known: _KnownOrganisation, row: OrganisationRow) -> bool:
    return (known.name, known.kind, known.last) == (row.name, row.kind, row.last)


ORGANISATIONS = FileKind(
    name="organisations",
    name_zh="单位名册",
    summary="Organisations of a county: 单位名称, 统一社会信用代码, 类别, 县代码, 执照有效期至.",
    hint_zh="用人单位、企业、医疗机构、公益组织；导入后由另一个人核",
    columns=COLUMNS,
    roles=COUNTY_KEEPERS,
    counts={"new": "新的", "changed": "变了的", "same": "和现在一样的"},
    prepare=_prepare,
)
