"""Import known days of use."""

from datetime import date

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.sheets.spreadsheet import CellFaults, Spreadsheet, malformed_file
from market.people.identity.models import Actor
from market.subsidies.identifiers import add_identifiers
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.imports.upload import ImportResult, PreparedUpload, begin_import, build_result, record_file
from market.subsidies.names import KINDS, OPERATORS, Operator, ServiceKind


class UsageRow(Struct, frozen=True, gc=False):
    """A day on which a number was used."""

    number: str
    operator: Operator
    kind: ServiceKind
    used_on: date


ADD_USAGE = Query(
    None,
    """
    INSERT INTO usage_days (county_code, operator, kind, number_id, used_on)
    SELECT DISTINCT :county, operator, kind, number_id, used_on
      FROM jsonb_to_recordset(:rows::jsonb) AS r(number_id bigint, operator text, kind text, used_on date)
    ON CONFLICT ON CONSTRAINT usage_days_unique DO NOTHING
    """,
)


async def import_usage(conn: Connection, actor: Actor | None, upload: PreparedUpload) -> ImportResult:
    """Import known days of use; a day that is already stored is ignored. The caller owns the transaction.

    Raises:
        FileUnreadable, FileMalformed: see `read_spreadsheet`; every bad cell is named.
        FileChanged: a file of this name was imported with other content.
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload)
    if known is not None:
        return known
    faults = CellFaults()
    rows = read_usage_rows(upload.get_spreadsheet(), faults)
    if faults:
        raise malformed_file(upload.name, faults)
    answer = build_result(upload, rows=len(rows), counts={"days": len(rows)})
    if upload.dry_run:
        return answer
    await record_file(conn, actor, upload, rows=len(rows))
    ids = await add_identifiers(conn, upload.seal, (row.number for row in rows))
    stored = [
        {"number_id": ids[row.number], "operator": row.operator, "kind": row.kind, "used_on": row.used_on}
        for row in rows
    ]
    await ADD_USAGE.run(conn, county=upload.county, rows=stored)
    return answer


def read_usage_rows(spreadsheet: Spreadsheet, faults: CellFaults) -> list[UsageRow]:
    """Return the sound rows of a file of use, and add the faults of the others."""
    rows: list[UsageRow] = []
    for row in spreadsheet.rows:
        cells = RowReader(spreadsheet, row, faults)
        kind = _read_kind(cells)
        number = cells.number("number", kind)
        operator, used_on = cells.choice("operator", OPERATORS), cells.day("used_on")
        if cells.valid and operator is not None and kind is not None and used_on is not None:
            rows.append(UsageRow(number, operator, kind, used_on))
    return rows


def _read_kind(cells: RowReader) -> ServiceKind | None:
    """Return the kind of a row's service; without the column an account with letters is broadband, digits a phone."""
    if cells.raw("kind"):
        return cells.choice("kind", KINDS)
    return ServiceKind.BROADBAND if any(letter.isalpha() for letter in cells.raw("number")) else ServiceKind.MOBILE
