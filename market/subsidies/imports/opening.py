"""Import opening balances: what was settled before this system began."""

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.sheets.spreadsheet import CellFaults, malformed_file
from market.people.identity.models import Actor
from market.subsidies.engine.models import MAX_FEN
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.imports.upload import ImportResult, PreparedUpload, begin_import, build_result, record_file
from market.subsidies.names import KIND_NAMES, KINDS, OPERATOR_NAMES, OPERATORS, Operator, ServiceKind
from market.subsidies.programmes.import_programmes import load_programme_kinds


class Opening(Struct, frozen=True, gc=False, kw_only=True):
    """What was settled for a line before this system began."""

    line: str
    operator: Operator
    kind: ServiceKind
    programme: str
    household: str
    months: int
    conceded_fen: Fen
    public_fen: Fen


ADD_OPENINGS = Query(
    None,
    """
    INSERT INTO openings (county_code, line_code, operator, kind, programme_code, household_code, months, conceded_fen,
                          public_fen)
    SELECT :county, line, operator, kind, programme, household, months, conceded_fen, public_fen
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(line text, operator text, kind text, programme text, household text, months smallint, conceded_fen bigint,
             public_fen bigint)
    """,
)


LIST_OPENINGS = Query(
    Opening,
    """
    SELECT line_code AS line, operator, kind, programme_code AS programme, household_code AS household, months,
           conceded_fen, public_fen
      FROM openings WHERE county_code = :county
     ORDER BY line_code COLLATE "C"
    """,
)


async def import_opening(conn: Connection, actor: Actor | None, upload: PreparedUpload) -> ImportResult:
    """Import opening balances, once per line; the same balance again changes nothing. The caller owns the transaction.

    Raises:
        FileUnreadable, FileMalformed: see `read_spreadsheet`; every bad cell is named.
        FileChanged: a file of this name was imported with other content.
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload)
    if known is not None:
        return known
    spreadsheet = upload.get_spreadsheet()
    programmes = await load_programme_kinds(conn, upload.county)
    opened = {each.line: each for each in await LIST_OPENINGS.all(conn, county=upload.county)}
    faults = CellFaults()
    rows: list[Opening] = []
    to_store: dict[str, Opening] = {}
    for row in spreadsheet.rows:
        cells = RowReader(spreadsheet, row, faults)
        opening = _read(cells, programmes)
        if opening is None:
            continue
        rows.append(opening)
        before = opened.get(opening.line)
        if opening.line in to_store or (before is not None and before != opening):
            cells.fault("line", "这个业务编号已有期初数")
        elif before is None:
            to_store[opening.line] = opening
    if faults:
        raise malformed_file(upload.name, faults)
    total = Fen(sum(row.conceded_fen + row.public_fen for row in rows))
    answer = build_result(upload, rows=len(rows), counts={"lines": len(rows)}, sum_fen=total)
    if upload.dry_run:
        return answer
    await record_file(conn, actor, upload, rows=len(rows))
    await ADD_OPENINGS.run(conn, county=upload.county, rows=list(to_store.values()))
    return answer


def get_opening_cells(opening: Opening) -> dict[str, str]:
    """Return an opening balance as the cells of its row."""
    return {
        "line": opening.line,
        "operator": OPERATOR_NAMES[opening.operator],
        "kind": KIND_NAMES[opening.kind],
        "programme": opening.programme,
        "household": opening.household,
        "months": str(opening.months),
        "conceded_fen": str(opening.conceded_fen),
        "public_fen": str(opening.public_fen),
    }


def _read(cells: RowReader, programmes: dict[str, list[ServiceKind]]) -> Opening | None:
    operator, kind = cells.choice("operator", OPERATORS), cells.choice("kind", KINDS)
    programme = cells.programme(programmes, kind)
    line, household = cells.line(), cells.household()
    months = cells.integer("months", low=1, high=600)
    conceded = cells.integer("conceded_fen", low=0, high=MAX_FEN)
    public = cells.integer("public_fen", low=0, high=MAX_FEN)
    if not cells.valid or operator is None or kind is None or months is None or conceded is None or public is None:
        return None
    return Opening(
        line=line,
        operator=operator,
        kind=kind,
        programme=programme,
        household=household,
        months=months,
        conceded_fen=Fen(conceded),
        public_fen=Fen(public),
    )
