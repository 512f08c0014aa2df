"""The calls of a county by file: a row of a known name and first day changes that call."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta

from msgspec import Struct, to_builtins

from market.kernel import Connection, Fen, Query
from market.kernel.sheets.cells import CellReader
from market.kernel.sheets.spreadsheet import CellFaults, Column, Spreadsheet
from market.kernel.text import clean_text
from market.people.identity.models import COUNTY_KEEPERS, Actor
from market.places.county_files.models import CountyFile, FileKind, FilePlan
from market.villages.funds.models import (
    KIND_NAMES,
    MAX_FEN,
    MAX_NAME_LENGTH,
    FundKind,
)

COLUMNS = (
    Column("name", "名称", example="食用菌棚改造补助", meaning="2 到 60 个字"),
    Column("department", "主管部门", example="某某县农业农村局", meaning="谁发的"),
    Column("kind", "类别", example="资金", meaning="、".join(KIND_NAMES.values())),
    Column("amount", "额度", example="20000.00", may_be_empty=True, meaning="元，一家最多多少；不给钱的空着"),
    Column("first", "开始", example="2030-01-01", meaning="从哪天起能申请"),
    Column("last", "截止", example="2030-03-31", meaning="最后一天，还没过"),
    Column("basis", "依据", example="某政办〔2030〕1号", meaning="文件的名字或文号"),
)
_KINDS = {name: kind for kind, name in KIND_NAMES.items()}
_MAX_BASIS_LENGTH = 200


class CallRow(Struct, frozen=True):
    """A row of the file; `until` is the first day after the call."""

    name: str
    department: str
    kind: FundKind
    amount_fen: Fen | None
    first: date
    until: date
    basis: str


LIST_KNOWN = Query(
    CallRow,
    """
    SELECT name, department, kind, amount_fen, lower(valid_during) AS first, upper(valid_during) AS until, basis
      FROM fund_calls WHERE county_code = :county ORDER BY lower(valid_during)
    """,
)
SAVE_CALLS = Query(
    int,
    """
    WITH rows AS (
        SELECT * FROM jsonb_to_recordset(:rows::jsonb)
          AS t (name text, department text, kind text, amount_fen bigint, first date, until date, basis text)),
    changed AS (
        UPDATE fund_calls c
           SET department = r.department, kind = r.kind, amount_fen = r.amount_fen, basis = r.basis,
               valid_during = daterange(r.first, r.until)
          FROM rows r
         WHERE c.county_code = :county AND c.name = r.name AND lower(c.valid_during) = r.first
        RETURNING c.name),
    added AS (
        INSERT INTO fund_calls (county_code, name, department, kind, amount_fen, valid_during, basis, added_by,
                                added_at)
        SELECT :county, name, department, kind, amount_fen, daterange(first, until), basis, :account_id, :now
          FROM rows WHERE name NOT IN (SELECT name FROM changed)
        RETURNING name)
    SELECT (SELECT count(*) FROM changed) + (SELECT count(*) FROM added)
    """,
)


def _read(cells: CellReader, file: CountyFile) -> CallRow | None:
    name = clean_text(cells.text("name", max_length=MAX_NAME_LENGTH))
    department = clean_text(cells.text("department", max_length=MAX_NAME_LENGTH))
    basis = clean_text(cells.text("basis", max_length=_MAX_BASIS_LENGTH))
    for column, text in (("name", name), ("department", department), ("basis", basis)):
        if len(text) == 1:
            cells.fault(column, "至少 2 个字")
    kind = cells.choice("kind", _KINDS)
    amount_fen = cells.fen("amount") if cells.raw("amount") else None
    if amount_fen is not None and not 0 < amount_fen <= MAX_FEN:
        cells.fault("amount", f"应大于 0，最多 {MAX_FEN // 1_000_000} 万元")
    first, last = cells.day("first"), cells.day("last")
    if last is not None and last < file.today:
        cells.fault("last", f"已经过了，今天是 {file.today}")
    elif first is not None and last is not None and last < first:
        cells.fault("last", f"不早于开始那天 {first}")
    if not cells.valid or kind is None or first is None or last is None:
        return None
    return CallRow(name, department, kind, amount_fen, first, last + timedelta(days=1), basis)


def _find_overlap(row: CallRow, known: Iterable[CallRow]) -> CallRow | None:
    """Return another call of the name that is open on a day of the row, or was."""
    others = (each for each in known if each.name == row.name and each.first != row.first)
    return next((each for each in others if each.first < row.until and row.first < each.until), None)


async def _prepare(
    conn: Connection, importer: Actor, file: CountyFile, spreadsheet: Spreadsheet, faults: CellFaults
) -> FilePlan:
    known = {(each.name, each.first): each for each in await LIST_KNOWN.all(conn, county=file.county)}
    seen: Counter[str] = Counter()
    rows: list[CallRow] = []
    for each in spreadsheet.rows:
        cells = CellReader(spreadsheet, each, faults)
        row = _read(cells, file)
        if row is None:
            continue
        seen[row.name] += 1
        if seen[row.name] > 1:
            cells.fault("name", "这个名称前面写过了")
        elif (other := _find_overlap(row, known.values())) is not None:
            last = other.until - timedelta(days=1)
            cells.fault(
                "first", f"这个名称 {other.first} 到 {last} 有一项；改它，开始写 {other.first}，新的不能和它重叠"
            )
        rows.append(row)
    changed = [row for row in rows if row != known.get((row.name, row.first))]
    added = sum((row.name, row.first) not in known for row in changed)

    async def store() -> None:
        await SAVE_CALLS.one(
            conn, rows=to_builtins(changed), county=file.county, account_id=importer.account_id, now=file.now
        )

    counts = {"new": added, "changed": len(changed) - added, "same": len(rows) - len(changed)}
    return FilePlan(counts, store)


FUNDS = FileKind(
    name="funds",
    name_zh="扶持项目",
    summary="Funds, loans, incubator places and courses: 名称, 主管部门, 类别, 额度, 开始, 截止, 依据.",
    hint_zh="卖家能申请的资金、贷款、场地和培训名额；在村里的事里看得到",
    columns=COLUMNS,
    roles=COUNTY_KEEPERS,
    counts={"new": "新的", "changed": "变了的", "same": "和现在一样的"},
    prepare=_prepare,
)
