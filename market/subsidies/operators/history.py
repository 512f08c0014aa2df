"""What the account of an operator sees: its operator's files and settlement, nothing of households."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.kernel.sheets.spreadsheet import Column
from market.kernel.sheets.write_spreadsheet import MEDIA_TYPES, FileFormat, write_csv, write_xlsx
from market.people.audit.record import record_export
from market.people.identity.access import get_visible_divisions, require_operator, require_whole_county
from market.people.identity.models import Actor, NotFound
from market.subsidies.identifiers import IDENTIFIER_CONTEXT
from market.subsidies.imports.formats.templates import Download
from market.subsidies.models import CycleState
from market.subsidies.month.cycles import find_cycle, require_state
from market.subsidies.month.settle import OperatorSettlement, get_settlement
from market.subsidies.month.steps import SETTLED_STATES, UNDECIDED_STATES
from market.subsidies.names import KIND_NAMES, Operator, ServiceKind
from market.subsidies.operators.rejected import load_rejected, write_rejected
from payments.money import format_yuan

MAX_FILES_SHOWN = 50
MAX_ROWS = 300_000


class OperatorBill(Struct, frozen=True, kw_only=True):
    """A bill of an operator: what was taken and returned, who sent it, and the revision that replaced it.

    `open` is whether a revision may still replace it: none has, and its month is not decided.
    """

    id: UUID
    name: str
    sha256: str
    operator: Operator
    month: date
    rows: int
    rejected: int
    sum_fen: Fen
    by: str
    imported_at: datetime
    replaces: str | None
    replaced_by: str | None
    state: CycleState | None
    open: bool
    notes: int


class OwnSettledRow(Struct, frozen=True, kw_only=True, gc=False):
    """A service of a settled month: what the operator claimed, and what of it was approved and paid.

    Why something was not approved is not said here: it would tell about the household.
    """

    number_sealed: bytes | None
    kind: ServiceKind
    programme: str
    claimed_fen: Fen
    approved_fen: Fen
    over_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    paid: bool


LIST_SENT_FILES = Query(
    OperatorBill,
    """
    SELECT f.id, f.name, f.sha256, f.operator, f.month, f.rows, f.rejected, f.sum_fen, a.name AS by, f.imported_at,
           o.name AS replaces, r.name AS replaced_by, c.state,
           r.id IS NULL AND coalesce(c.state = ANY(:undecided::text[]), true) AS open,
           (SELECT count(*) FROM file_notes WHERE file_id = f.id)::integer AS notes
      FROM import_files f
      JOIN accounts a ON a.id = f.account_id
      LEFT JOIN import_files o ON o.id = f.replaces
      LEFT JOIN import_files r ON r.replaces = f.id
      LEFT JOIN cycles c ON c.county_code = f.county_code AND c.month = f.month
     WHERE f.county_code = :county AND f.kind = 'billing'
       AND (:operator::text IS NULL OR f.operator = :operator)
       AND (:file_id::uuid IS NULL OR f.id = :file_id)
     ORDER BY f.imported_at DESC, f.id DESC
     LIMIT :limit::integer OFFSET :skip::integer
    """,
)
# A line that nobody has bound is named by the id of its number.
LIST_SETTLED_ROWS = Query(
    OwnSettledRow,
    """
    SELECT i.value_sealed AS number_sealed, r.kind, r.programme_code AS programme, r.claimed_fen, r.approved_fen,
           r.over_fen, r.conceded_fen, r.public_fen,
           EXISTS (SELECT FROM subsidy_postings p
                    WHERE p.cycle_id = :cycle_id AND p.line_code = r.line_code AND p.for_month = :month) AS paid
      FROM run_lines r
      LEFT JOIN LATERAL (
            SELECT number_id FROM bindings b
             WHERE b.county_code = r.county_code AND b.line_code = r.line_code AND b.operator = r.operator
             ORDER BY b.valid_during && daterange(:month::date, (:month::date + interval '1 month')::date) DESC,
                      lower(b.valid_during) DESC
             LIMIT 1) AS b ON true
      LEFT JOIN identifiers i ON i.id = coalesce(b.number_id, substring(r.line_code FROM '-#([0-9]{1,18})')::bigint)
     WHERE r.run_id = :run_id AND r.county_code = :county AND r.operator = :operator AND r.claimed_fen IS NOT NULL
     ORDER BY r.line_code
     LIMIT :limit::integer
    """,
)
_SETTLED_COLUMNS = (
    Column("number", "业务号码", example="17050000101"),
    Column("kind", "业务类型", example="手机"),
    Column("programme", "项目", example="P1"),
    Column("claimed", "申请", example="19.00", meaning="元"),
    Column("approved", "核定", example="19.00", meaning="元"),
    Column("over", "核减", example="0.00", meaning="元"),
    Column("conceded", "运营商让利", example="13.30", meaning="元"),
    Column("public", "财政补贴", example="5.70", meaning="元"),
    Column("paid", "已结", example="是", meaning="否：还有疑点没有处理，定了再结"),
)


async def list_sent_files(conn: Connection, actor: Actor, county: str, *, skip: int = 0) -> list[OperatorBill]:
    """Return the bills of the actor's operator in a county, of any account, latest first, at most 50.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: the actor sends no operator's files of the county.
    """
    operator = require_operator(actor, county)
    return await _list_files(conn, county, operator, skip=min(skip, 100_000))


async def list_county_files(
    conn: Connection, actor: Actor, county: str, *, file_id: UUID | None = None
) -> list[OperatorBill]:
    """Return the latest 50 bills of a county for an official who sees all of it, or the one bill.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: the official sees a part of the county, or none.
    """
    require_whole_county(get_visible_divisions(actor, county), county)
    return await _list_files(conn, county, None, file_id=file_id)


async def find_sent_file(conn: Connection, actor: Actor, county: str, file_id: UUID) -> OperatorBill:
    """Return a bill of the actor's operator.

    Raises:
        NotAllowed, SecondFactorRequired: see `list_sent_files`.
        NotFound: it is no bill of the operator in the county.
    """
    found = await _list_files(conn, county, require_operator(actor, county), file_id=file_id)
    if not found:
        raise NotFound
    return found[0]


async def _list_files(
    conn: Connection, county: str, operator: str | None, *, file_id: UUID | None = None, skip: int = 0
) -> list[OperatorBill]:
    return await LIST_SENT_FILES.all(
        conn,
        county=county,
        operator=operator,
        file_id=file_id,
        undecided=UNDECIDED_STATES,
        limit=MAX_FILES_SHOWN,
        skip=skip,
    )


async def export_rejected(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    county: str,
    file_id: UUID,
    *,
    file_format: FileFormat,
    now: datetime,
) -> Download:
    """Return the rows of a bill that were not taken, as a file to correct; the audit record keeps who took it.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: see `find_sent_file`; all rows of the file were taken.
    """
    file = await find_sent_file(conn, actor, county, file_id)
    rejected = await load_rejected(conn, seal, county, file_id)
    if not rejected:
        raise NotFound
    await record_export(
        conn,
        actor=str(actor.account_id),
        name="rejected rows",
        county=county,
        detail={"file": file.name, "rows": len(rejected)},
        now=now,
    )
    return write_rejected(file.name, rejected, file_format)


async def get_own_settlement(
    conn: Connection, seal: Seal, actor: Actor, county: str, month: date
) -> OperatorSettlement | None:
    """Return what the actor's operator is paid for a settled month; None if it claimed nothing.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound: see `list_sent_files`.
        CycleNotFound, WrongState: the month is not settled yet.
    """
    operator = Operator(require_operator(actor, county))
    cycle = await find_cycle(conn, county, month)
    require_state(cycle, SETTLED_STATES)
    return (await get_settlement(conn, seal, cycle)).operators.get(operator)


async def export_settled_rows(
    conn: Connection, seal: Seal, actor: Actor, county: str, month: date, *, file_format: FileFormat, now: datetime
) -> Download:
    """Return the services of the actor's operator in a settled month as a file; the audit record keeps who took it.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound, CycleNotFound, WrongState: see `get_own_settlement`.
    """
    operator = require_operator(actor, county)
    cycle = await find_cycle(conn, county, month)
    require_state(cycle, SETTLED_STATES)
    rows = await LIST_SETTLED_ROWS.all(
        conn, run_id=cycle.run_id, cycle_id=cycle.id, county=county, operator=operator, month=month, limit=MAX_ROWS
    )
    await record_export(
        conn,
        actor=str(actor.account_id),
        name="settled rows",
        county=county,
        detail={"month": cycle.name, "operator": operator, "rows": len(rows)},
        now=now,
    )
    written = [_write_row(seal, row) for row in rows]
    name = f"结算明细 {cycle.name}.{file_format}"
    return Download(name, MEDIA_TYPES[file_format], _write(written, file_format))


def _write(rows: Sequence[dict[str, str]], file_format: FileFormat) -> bytes:
    if file_format is FileFormat.CSV:
        return write_csv(_SETTLED_COLUMNS, rows)
    return write_xlsx("结算明细", _SETTLED_COLUMNS, rows)


def _write_row(seal: Seal, row: OwnSettledRow) -> dict[str, str]:
    return {
        "number": "" if row.number_sealed is None else seal.open(row.number_sealed, IDENTIFIER_CONTEXT),
        "kind": KIND_NAMES[row.kind],
        "programme": row.programme,
        "claimed": format_yuan(row.claimed_fen),
        "approved": format_yuan(row.approved_fen),
        "over": format_yuan(row.over_fen),
        "conceded": format_yuan(row.conceded_fen),
        "public": format_yuan(row.public_fen),
        "paid": "是" if row.paid else "否",
    }
