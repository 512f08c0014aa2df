"""One bill of several counties: each row goes to the county that it names, as a file of that county."""

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import PurePath

import msgspec
from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import (
    CellFaults,
    Spreadsheet,
    SpreadsheetRow,
    digest,
    malformed_file,
    read_spreadsheet,
)
from market.kernel.sheets.write_spreadsheet import write_csv
from market.subsidies.imports.billing_rows import (
    Manifest,
    list_manifest_differences,
    read_manifest,
    read_row_county,
    sum_reductions,
)
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.imports.formats.columns import BILLING_COLUMNS
from market.subsidies.imports.models import ManifestMismatch, OtherOperator
from market.subsidies.names import OPERATOR_NAMES, Operator
from market.subsidies.operators.rejected import RejectedRow

_FIRST_ROW = 2
"""The number of the first row below the header of a file that is written here."""


class RowRun(Struct, frozen=True, array_like=True):
    """Rows of a whole file that follow each other and belong to one county."""

    first: int
    count: int


class BillPart(Struct, frozen=True, kw_only=True):
    """The rows of one county as a bill with its manifest; `runs` say which rows of the whole file they are."""

    county: str
    name: str
    content: bytes
    manifest_name: str
    manifest: bytes
    rows: int
    runs: list[RowRun]


class SplitBill(Struct, frozen=True, kw_only=True):
    """A bill by county, in the order of their codes, and the rows that belong to none of them."""

    rows: int
    parts: list[BillPart]
    rejected: list[RejectedRow]


class SeatCounty(Struct, frozen=True):
    """A county that an operator's account serves."""

    code: str
    name: str


LIST_SEAT_COUNTIES = Query(
    SeatCounty,
    """
    SELECT truncate_code(code, 3) AS code, name FROM divisions
     WHERE level = 3 AND EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope WHERE starts_with(code, scope))
     ORDER BY code
     LIMIT 400
    """,
)


async def list_seat_counties(conn: Connection, scopes: Collection[str]) -> dict[str, str]:
    """Return the names of the counties of an operator's account by code."""
    return {each.code: each.name for each in await LIST_SEAT_COUNTIES.all(conn, scopes=list(scopes))}


def split_bill(
    name: str,
    content: bytes,
    manifest: tuple[str, bytes],
    *,
    operator: Operator,
    counties: Collection[str],
    take_part: bool,
    today: date,
) -> SplitBill:
    """Return a bill by county. Equal bytes give equal parts, so that sending a file again changes no county.

    Only the county of a row is read here; its other cells are read by the import of its county. A row without a county
    of the account is returned with `take_part`, and else refuses the file.

    Raises:
        FileUnreadable, FileMalformed: see `read_spreadsheet`; or a row belongs to no county and `take_part` is not set.
        OtherOperator: the manifest states another operator than the account's.
        ManifestMismatch: name, checksum, rows or sum differ from the file's.
    """
    stated = read_manifest(*manifest, today=today)
    if stated.operator != operator:
        raise OtherOperator(stated=OPERATOR_NAMES[stated.operator], own=OPERATOR_NAMES[operator])
    columns = tuple(msgspec.structs.replace(each, optional=False) for each in BILLING_COLUMNS)
    sheet = read_spreadsheet(name, content, columns)
    different = list_manifest_differences(
        stated, name=name, sha256=digest(content), rows=len(sheet.rows), total=sum_reductions(sheet)
    )
    if different:
        raise ManifestMismatch(name=name, differences="；".join(different))
    by_county: dict[str, list[SpreadsheetRow]] = {}
    rejected: list[RejectedRow] = []
    faults = CellFaults()
    for row in sheet.rows:
        own = CellFaults()
        reader = RowReader(sheet, row, own)
        county = read_row_county(reader)
        if county and county not in counties:
            reader.fault("county", "您的账号不交这个县的账单；县代码写错了就改")
        if own:
            rejected.append(RejectedRow(row.number, row.cells, own.list_first()))
            faults += own.list_first()
        else:
            by_county.setdefault(county, []).append(row)
    if faults and (not take_part or not by_county):
        raise malformed_file(name, faults)
    parts = [_write_part(sheet, stated, county, rows) for county, rows in sorted(by_county.items())]
    return SplitBill(rows=len(sheet.rows), parts=parts, rejected=rejected)


def _write_part(sheet: Spreadsheet, stated: Manifest, county: str, rows: Sequence[SpreadsheetRow]) -> BillPart:
    stem = PurePath(sheet.name).stem or sheet.name
    name = f"{stem}.{county}.csv"
    content = write_csv(BILLING_COLUMNS, (row.cells for row in rows))
    own = Manifest(
        file=name,
        operator=stated.operator,
        month=stated.month,
        sha256=digest(content),
        rows=len(rows),
        sum_fen=sum_reductions(msgspec.structs.replace(sheet, rows=list(rows))) or Fen(0),
    )
    runs: list[RowRun] = []
    for row in rows:
        if runs and runs[-1].first + runs[-1].count == row.number:
            runs[-1] = RowRun(runs[-1].first, runs[-1].count + 1)
        else:
            runs.append(RowRun(row.number, 1))
    return BillPart(
        county=county,
        name=name,
        content=content,
        manifest_name=f"{stem}.{county}.manifest.json",
        manifest=msgspec.json.encode(own),
        rows=len(rows),
        runs=runs,
    )


def locate_row(runs: Sequence[RowRun], row: int) -> int:
    """Return which row of the whole file a row of a part is; the header and rows beyond the part are row 1."""
    at = row - _FIRST_ROW
    for run in runs:
        if 0 <= at < run.count:
            return run.first + at
        at -= run.count
    return 1


def locate_fault(runs: Sequence[RowRun], fault: CellFault) -> CellFault:
    """Return a fault of a part at its row of the whole file."""
    return msgspec.structs.replace(fault, row=locate_row(runs, fault.row))


def locate_rejected(runs: Sequence[RowRun], rejected: Sequence[RejectedRow]) -> list[RejectedRow]:
    """Return the rejected rows of a part at their rows of the whole file."""
    return [
        RejectedRow(locate_row(runs, each.row), each.cells, [locate_fault(runs, fault) for fault in each.faults])
        for each in rejected
    ]
