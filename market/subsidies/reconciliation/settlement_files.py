"""The settlement file of an operator: each line's public sum of a settled month, with rows, sum and checksum."""

import asyncio
import csv
import io
import zlib
from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.kernel.sheets.spreadsheet import FORMULA_STARTS, digest
from market.subsidies.identifiers import IDENTIFIER_CONTEXT
from market.subsidies.models import CycleId, MonthRefusal
from market.subsidies.month.cycles import Cycle
from market.subsidies.names import KIND_NAMES, OPERATOR_NAMES, Operator, ServiceKind
from payments.money import format_yuan

SETTLEMENT_FILE_CONTEXT = "settlement_files.content_sealed"
SETTLEMENT_FILE_HEADERS = ("业务编号", "所属月", "业务号码", "业务类型", "财政补贴")
"""The columns: the county's code of the line, the month that is paid for, number, service, and the sum in yuan.

A month before the file's own is an adjustment, whose sum may be negative. The operator returns the rows with what it
credited.
"""
MAX_SETTLED_LINES = 300_000


class SettlementFile(Struct, frozen=True, kw_only=True):
    """What identifies a settlement file: its rows without the header, the sum that the operator is paid, its hash."""

    operator: Operator
    rows: int
    sum_fen: Fen
    sha256: str

    @property
    def name_zh(self) -> str:
        """The operator in Chinese."""
        return OPERATOR_NAMES[self.operator]


class NoSettlementFile(MonthRefusal):
    """The month is not settled, or was settled before files were kept."""

    code = "no_settlement_file"
    status = 404
    zh = "{month}没有这家运营商的结算文件：还没有结算，或者是以前的版本结算的。"
    en = "There is no settlement file of this operator for {month}: it is not settled, or by an earlier release."


class _SettledLine(Struct, frozen=True, kw_only=True, gc=False):
    operator: Operator
    line: str
    month: date
    kind: ServiceKind
    number_sealed: bytes | None
    public_fen: int


class _SealedFile(Struct, frozen=True):
    content_sealed: bytes


# The number is that of the binding in the month that is paid for, or the last one before.
LIST_SETTLED_LINES = Query(
    _SettledLine,
    """
    SELECT p.operator, p.line_code AS line, p.for_month AS month, p.kind, i.value_sealed AS number_sealed, p.public_fen
      FROM (SELECT operator, line_code, for_month, min(kind) AS kind, sum(public_fen)::bigint AS public_fen
              FROM subsidy_postings
             WHERE cycle_id = :cycle_id AND county_code = :county
             GROUP BY operator, line_code, for_month
            HAVING sum(public_fen) <> 0) AS p
      LEFT JOIN LATERAL (
          SELECT number_id FROM bindings b
           WHERE b.county_code = :county AND b.line_code = p.line_code
           ORDER BY lower(b.valid_during) >= p.for_month + interval '1 month', lower(b.valid_during) DESC
           LIMIT 1) AS bound ON true
      LEFT JOIN identifiers i ON i.id = bound.number_id
     ORDER BY p.line_code COLLATE "C", p.for_month
     LIMIT :limit::integer
    """,
)
ADD_SETTLEMENT_FILES = Query(
    None,
    """
    INSERT INTO settlement_files (cycle_id, operator, county_code, rows, sum_fen, sha256, content_sealed)
    SELECT :cycle_id, f.operator, :county, f.rows, s.pay_fen, f.sha256, f.content_sealed
      FROM unnest(:operators::text[], :rows::integer[], :hashes::text[], :contents::bytea[])
               AS f (operator, rows, sha256, content_sealed)
      JOIN settlements s ON s.cycle_id = :cycle_id AND s.operator = f.operator
    """,
)
LIST_SETTLEMENT_FILES = Query(
    SettlementFile,
    """
    SELECT operator, rows, sum_fen, sha256 FROM settlement_files
     WHERE cycle_id = :cycle_id AND county_code = :county
     ORDER BY array_position(ARRAY['mobile', 'unicom', 'telecom'], operator)
    """,
)
GET_SETTLEMENT_FILE = Query(
    _SealedFile,
    """
    SELECT content_sealed FROM settlement_files
     WHERE cycle_id = :cycle_id AND county_code = :county AND operator = :operator
    """,
)


async def store_settlement_files(conn: Connection, seal: Seal, cycle: Cycle, operators: Sequence[Operator]) -> None:
    """Write and keep the file of each operator of a month that was just posted, with its stored control totals."""
    lines = await LIST_SETTLED_LINES.all(conn, county=cycle.county_code, cycle_id=cycle.id, limit=MAX_SETTLED_LINES)
    contents = await asyncio.to_thread(
        lambda: [_write(seal, [line for line in lines if line.operator is operator]) for operator in operators]
    )
    await ADD_SETTLEMENT_FILES.run(
        conn,
        county=cycle.county_code,
        cycle_id=cycle.id,
        operators=list(operators),
        rows=[sum(1 for line in lines if line.operator is operator) for operator in operators],
        hashes=[digest(content) for content in contents],
        contents=[seal.seal_bytes(zlib.compress(content), SETTLEMENT_FILE_CONTEXT) for content in contents],
    )


def _write(seal: Seal, lines: Sequence[_SettledLine]) -> bytes:
    """Return the lines as CSV in UTF-8 with a byte-order mark; the same lines give the same bytes."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(SETTLEMENT_FILE_HEADERS)
    for line in lines:
        number = "" if line.number_sealed is None else seal.open(line.number_sealed, IDENTIFIER_CONTEXT)
        texts = (line.line, f"{line.month:%Y-%m}", number, KIND_NAMES[line.kind])
        written = [f"'{text}" if text.startswith(FORMULA_STARTS) else text for text in texts]
        writer.writerow([*written, format_yuan(line.public_fen)])
    return out.getvalue().encode("utf-8-sig")


async def list_settlement_files(conn: Connection, county: str, cycle_id: CycleId) -> list[SettlementFile]:
    """Return the settlement files of a month by operator; none before it is settled."""
    return await LIST_SETTLEMENT_FILES.all(conn, county=county, cycle_id=cycle_id)


async def read_settlement_file(conn: Connection, seal: Seal, cycle: Cycle, operator: Operator) -> bytes:
    """Return the bytes of the file that an operator was sent.

    Raises:
        NoSettlementFile: the month is not settled, or was settled before files were kept.
    """
    sealed = await GET_SETTLEMENT_FILE.maybe(conn, cycle_id=cycle.id, county=cycle.county_code, operator=operator)
    if sealed is None:
        raise NoSettlementFile(month=cycle.name)
    return zlib.decompress(seal.open_bytes(sealed.content_sealed, SETTLEMENT_FILE_CONTEXT))
