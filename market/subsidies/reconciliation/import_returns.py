"""Import an operator's return file of a settled month: what it credited to whom, compared with what it was sent."""

import asyncio
import csv
import io
from datetime import date

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_business_day, parse_month
from market.kernel.sheets.models import FileUnreadable
from market.kernel.sheets.spreadsheet import CellFaults, Spreadsheet, digest, malformed_file
from market.people.identity.models import Actor
from market.subsidies.identifiers import add_identifiers
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.imports.formats.json_file import read_json
from market.subsidies.imports.models import ManifestMismatch
from market.subsidies.imports.upload import (
    ImportResult,
    PreparedUpload,
    begin_import,
    build_result,
    record_file,
    require_own_operator,
)
from market.subsidies.models import CycleId, Duty, FileId
from market.subsidies.month.cycles import Cycle, lock_cycle, require_state, take_duty
from market.subsidies.month.steps import SETTLE
from market.subsidies.names import KINDS, Operator
from market.subsidies.reconciliation.compare import ReturnDifference, ReturnRow, SettledRow, compare_return
from market.subsidies.reconciliation.models import DifferenceKind, ReturnManifestMissing
from market.subsidies.reconciliation.settlement_files import read_settlement_file
from payments.money import format_yuan, parse_yuan

CREDITED, RETURNED = "已入账", "退回"


class ReturnManifest(Struct, frozen=True):
    """An operator's manifest of its return file; `settlement_sha256` is the settlement file that it answers."""

    file: str
    operator: Operator
    month: str
    sha256: str
    rows: int
    sum_fen: int
    settlement_sha256: str
    encoding: str = ""


class _ReturnFile(Struct, frozen=True, kw_only=True):
    """A return file as read: its manifest, its rows, and its differences from the settlement file."""

    operator: Operator
    settlement_sha256: str
    settled_fen: int
    credited_fen: int
    rows: list[ReturnRow]
    differences: list[ReturnDifference]
    known_lines: frozenset[str]


ADD_RETURN_FILE = Query(
    None,
    """
    INSERT INTO return_files (file_id, cycle_id, operator, county_code, revision, settlement_sha256, settled_fen,
                              credited_fen, taken_at)
    SELECT :file_id, :cycle_id, :operator, :county, coalesce(max(revision), 0) + 1, :settlement_sha256, :settled_fen,
           :credited_fen, :now
      FROM return_files WHERE cycle_id = :cycle_id AND operator = :operator
    """,
)
ADD_RETURN_ROWS = Query(
    None,
    """
    INSERT INTO return_rows (file_id, row_number, county_code, line_code, for_month, number_id, credited_fen, returned)
    SELECT :file_id, row, :county, line, month, number_id, credited_fen, returned
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(row integer, line text, month date, number_id bigint, credited_fen bigint, returned boolean)
    """,
)
# A difference that the file before had too is as old as there.
ADD_DIFFERENCES = Query(
    None,
    """
    WITH before AS (
        SELECT d.kind, d.line_code, d.for_month, min(d.since) AS since
          FROM return_differences d JOIN return_files f USING (file_id)
         WHERE f.cycle_id = :cycle_id AND f.operator = :operator AND f.revision = (
                   SELECT max(revision) - 1 FROM return_files WHERE cycle_id = :cycle_id AND operator = :operator)
         GROUP BY d.kind, d.line_code, d.for_month)
    INSERT INTO return_differences (file_id, county_code, kind, line_code, for_month, settled_fen, row_number,
                                    credited_fen, since)
    SELECT :file_id, :county, r.kind, r.line, r.month, r.settled_fen, r.row, r.credited_fen, coalesce(b.since, :now)
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(kind text, line text, month date, settled_fen bigint, row integer, credited_fen bigint)
      LEFT JOIN before b ON b.kind = r.kind AND b.line_code IS NOT DISTINCT FROM r.line
                        AND b.for_month IS NOT DISTINCT FROM r.month
    """,
)


def read_return_manifest(name: str, content: bytes, *, today: date) -> ReturnManifest:
    """Return the manifest in a JSON file.

    Raises:
        FileUnreadable: the file is not a manifest, or its month is wrong.
    """
    manifest = read_json(name, content, ReturnManifest)
    try:
        parse_month(manifest.month, today=today)
    except ValueError as error:
        raise FileUnreadable(name=name, reason=f"清单上的月份 {manifest.month} 不对，应写成 2019-01") from error
    return manifest


def read_settled_rows(content: bytes) -> list[SettledRow]:
    """Return the rows of a settlement file as it was sent; see `SETTLEMENT_FILE_HEADERS`."""
    lines = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    next(lines)
    return [
        SettledRow(
            line=line.removeprefix("'"), month=parse_month(month), number=number.removeprefix("'"), fen=_read_sum(fen)
        )
        for line, month, number, _, fen in lines
    ]


def _read_sum(text: str) -> int:
    fen = parse_yuan(text)
    assert fen is not None, "the file was written here"
    return fen


async def import_return(conn: Connection, actor: Actor | None, upload: PreparedUpload) -> ImportResult:
    """Import the return file of an operator for a settled month, completely or not at all.

    A later file of the same month and operator replaces the one before, whose differences count no more. The county's
    importer sends it, which is one of the duties of the month, or the operator's own account. The caller owns the
    transaction.

    Raises:
        OtherOperator: an operator's account sends the file of another one.
        ReturnManifestMissing, ManifestMismatch: there is no manifest, or it does not match the file.
        FileUnreadable, FileMalformed: see `read_spreadsheet`; every bad cell is named.
        FileChanged: a file of this name was imported with other content; a corrected one needs another name.
        FileAlreadyImported: the same bytes were imported under another name.
        CycleNotFound, CycleClosed, WrongState: the month is not settled, or is reconciled already.
        NoSettlementFile: the operator was sent no settlement file of the month.
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload)
    if known is not None:
        return known
    today = get_business_day(upload.now)
    attached = next(iter(upload.context.attachments.items()), None)
    if attached is None:
        raise ReturnManifestMissing(name=upload.name)
    manifest = read_return_manifest(*attached, today=today)
    require_own_operator(actor, manifest.operator)
    month = parse_month(manifest.month)
    cycle = await lock_cycle(conn, upload.county, month)
    if actor.operator is None:
        await take_duty(conn, cycle, actor, Duty.IMPORT, now=upload.now)
    require_state(cycle, (SETTLE.after,))
    sent = await read_settlement_file(conn, upload.seal, cycle, manifest.operator)
    faults = CellFaults()
    spreadsheet = upload.get_spreadsheet()
    rows = await asyncio.to_thread(_read_rows, spreadsheet, faults, today)
    if faults:
        raise malformed_file(upload.name, faults)
    file = await asyncio.to_thread(_compare, manifest, sent, rows)
    _check_manifest(upload, manifest, file)
    counts = {"rows": len(rows), "differences": len(file.differences)}
    answer = build_result(upload, rows=len(rows), counts=counts, sum_fen=Fen(file.credited_fen))
    if not upload.dry_run:
        await _store(conn, actor, upload, cycle, file)
    return answer


def _read_rows(spreadsheet: Spreadsheet, faults: CellFaults, today: date) -> list[ReturnRow]:
    read = (_read_row(RowReader(spreadsheet, row, faults), today) for row in spreadsheet.rows)
    return [row for row in read if row is not None]


def _read_row(cells: RowReader, today: date) -> ReturnRow | None:
    kind = cells.choice("kind", KINDS)
    number = cells.number("number", kind) if kind else ""
    line, month = cells.line(), cells.month("month", today=today)
    credited, result = cells.fen("credited", negative=True), cells.listed("result", (CREDITED, RETURNED))
    if result == RETURNED and credited:
        cells.fault("credited", "退回的没有入账，写 0.00")
    if not cells.valid or month is None or credited is None:
        return None
    return ReturnRow(
        row=cells.row.number, line=line, month=month, number=number, credited_fen=credited, returned=result == RETURNED
    )


def _compare(manifest: ReturnManifest, sent: bytes, rows: list[ReturnRow]) -> _ReturnFile:
    settled, answered = read_settled_rows(sent), manifest.settlement_sha256.strip().lower()
    differences = compare_return(settled, rows)
    if answered != digest(sent):
        differences.insert(0, ReturnDifference(kind=DifferenceKind.OTHER_FILE))
    return _ReturnFile(
        operator=manifest.operator,
        settlement_sha256=answered,
        settled_fen=sum(each.fen for each in settled),
        credited_fen=sum(each.credited_fen for each in rows),
        rows=rows,
        differences=differences,
        known_lines=frozenset(each.line for each in settled),
    )


def _check_manifest(upload: PreparedUpload, manifest: ReturnManifest, file: _ReturnFile) -> None:
    """Compare the file with its manifest.

    Raises:
        ManifestMismatch: name, checksum, rows or sum differ, or the settlement file's checksum is no checksum.
    """
    pairs = {
        "文件名": (manifest.file, upload.name),
        "校验和": (manifest.sha256.strip().lower(), upload.sha256),
        "行数": (str(manifest.rows), str(len(file.rows))),
        "入账合计（元）": (format_yuan(manifest.sum_fen), format_yuan(file.credited_fen)),
    }
    different = [
        f"{name}，清单写 {stated}，文件是 {actual}" for name, (stated, actual) in pairs.items() if stated != actual
    ]
    digits = file.settlement_sha256
    if len(digits) != len(upload.sha256) or not all(char in "0123456789abcdef" for char in digits):
        different.append("所答结算文件的校验和应是 64 位十六进制数字")
    if different:
        raise ManifestMismatch(name=upload.name, differences="；".join(different))


async def _store(conn: Connection, actor: Actor, upload: PreparedUpload, cycle: Cycle, file: _ReturnFile) -> None:
    file_id = await record_file(
        conn,
        actor,
        upload,
        rows=len(file.rows),
        operator=file.operator,
        month=cycle.month,
        sum_fen=Fen(file.credited_fen),
    )
    await ADD_RETURN_FILE.run(
        conn,
        file_id=file_id,
        cycle_id=cycle.id,
        operator=file.operator,
        county=upload.county,
        settlement_sha256=file.settlement_sha256,
        settled_fen=file.settled_fen,
        credited_fen=file.credited_fen,
        now=upload.now,
    )
    numbers = await add_identifiers(conn, upload.seal, (row.number for row in file.rows))
    # A code that the settlement file does not have may be a number: it stays in the sealed original alone.
    stored = [
        {
            "row": row.row,
            "line": row.line if row.line in file.known_lines else None,
            "month": row.month,
            "number_id": numbers[row.number],
            "credited_fen": row.credited_fen,
            "returned": row.returned,
        }
        for row in file.rows
    ]
    await ADD_RETURN_ROWS.run(conn, file_id=file_id, county=upload.county, rows=stored)
    await _store_differences(conn, upload, cycle.id, file_id, file)


async def _store_differences(
    conn: Connection, upload: PreparedUpload, cycle_id: CycleId, file_id: FileId, file: _ReturnFile
) -> None:
    await ADD_DIFFERENCES.run(
        conn,
        cycle_id=cycle_id,
        operator=file.operator,
        file_id=file_id,
        county=upload.county,
        now=upload.now,
        rows=[_flatten(each) for each in file.differences],
    )


def _flatten(difference: ReturnDifference) -> dict[str, object]:
    settled, row = difference.settled, difference.row
    return {
        "kind": difference.kind,
        "line": settled.line if settled else None,
        "month": settled.month if settled else None,
        "settled_fen": settled.fen if settled else None,
        "row": row.row if row else None,
        "credited_fen": row.credited_fen if row else None,
    }
