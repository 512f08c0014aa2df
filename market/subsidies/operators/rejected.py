"""The rows of a bill that were not taken: stored as written, and returned as a file to correct."""

import asyncio
import zlib
from collections.abc import Sequence
from datetime import date
from uuid import UUID

import msgspec
from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import CellFaults, Column, Spreadsheet
from market.kernel.sheets.write_spreadsheet import MEDIA_TYPES, FileFormat, write_csv, write_xlsx
from market.kernel.text import fold_identifier
from market.subsidies.imports.billing_rows import BillingRow
from market.subsidies.imports.formats.columns import BILLING_COLUMNS
from market.subsidies.imports.formats.templates import Download
from market.subsidies.names import ServiceKind

REJECTED_CONTEXT = "rejected_rows.content_sealed"
_TOGETHER = "同一个号码这个月的另一行有错，一起退回"
_COLUMNS = (
    *BILLING_COLUMNS,
    Column("source_row", "原文件行", optional=True, meaning="这一行在原来文件里是第几行；再交时不用管"),
    Column("reasons", "退回原因", optional=True, meaning="要改的地方；再交时不用管"),
)
"""A bill with two columns that its import ignores, so that the corrected file is sent as it is."""


class RejectedRow(Struct, frozen=True, gc=False):
    """A row as written, by column name, and what is wrong with it."""

    row: int
    cells: dict[str, str]
    faults: list[CellFault]


ADD_REJECTED = Query(
    None,
    """
    INSERT INTO rejected_rows (file_id, county_code, rows, content_sealed)
    VALUES (:file_id, :county, :rows, :content_sealed)
    """,
)
GET_REJECTED = Query(
    bytes, "SELECT content_sealed FROM rejected_rows WHERE file_id = :file_id AND county_code = :county"
)


def _get_key(row: BillingRow, month: date) -> tuple[ServiceKind, str, date]:
    return (row.kind, fold_identifier(row.number), row.corrects_month or month)


def split_rows(
    spreadsheet: Spreadsheet, rows: Sequence[BillingRow], month: date, faults: CellFaults
) -> tuple[list[BillingRow], list[RejectedRow]]:
    """Return the rows to take and those to return: each row of the file is one of them.

    Rows of one service and month are taken together or not at all, so that their order decides nothing.
    """
    by_row: dict[int, list[CellFault]] = {}
    for fault in faults.list_first():
        by_row.setdefault(fault.row, []).append(fault)
    returned = {_get_key(row, month) for row in rows if row.row in by_row}
    taken = [row for row in rows if row.row not in by_row and _get_key(row, month) not in returned]
    kept = {row.row for row in taken}
    header = spreadsheet.headers["number"]
    rejected = [
        RejectedRow(
            row.number,
            row.cells,
            by_row.get(row.number) or [CellFault("number", _TOGETHER, row.number, header, row.cells.get("number", ""))],
        )
        for row in spreadsheet.rows
        if row.number not in kept
    ]
    return taken, rejected


async def store_rejected(
    conn: Connection, seal: Seal, county: str, file_id: UUID, rejected: Sequence[RejectedRow]
) -> None:
    """Store the rows that a file was not taken with, encrypted."""
    if not rejected:
        return
    packed = await asyncio.to_thread(
        lambda: seal.seal_bytes(zlib.compress(msgspec.msgpack.encode(list(rejected)), 1), REJECTED_CONTEXT)
    )
    await ADD_REJECTED.run(conn, file_id=file_id, county=county, rows=len(rejected), content_sealed=packed)


async def load_rejected(conn: Connection, seal: Seal, county: str, file_id: UUID) -> list[RejectedRow]:
    """Return the rows that were not taken from a file, by row; none if all were."""
    sealed = await GET_REJECTED.maybe(conn, file_id=file_id, county=county)
    if sealed is None:
        return []
    return msgspec.msgpack.decode(zlib.decompress(seal.open_bytes(sealed, REJECTED_CONTEXT)), type=list[RejectedRow])


def write_rejected(name: str, rejected: Sequence[RejectedRow], file_format: FileFormat) -> Download:
    """Return the rows as a file to correct and send again, which says at each row what is wrong."""
    rows = [
        {
            **each.cells,
            "source_row": str(each.row),
            "reasons": "；".join(f"{fault.column}：{fault.message}" for fault in each.faults),
        }
        for each in rejected
    ]
    stem = name.rpartition(".")[0] or name
    content = write_csv(_COLUMNS, rows) if file_format is FileFormat.CSV else write_xlsx("退回的行", _COLUMNS, rows)
    return Download(f"{stem}-退回.{file_format}", MEDIA_TYPES[file_format], content)
