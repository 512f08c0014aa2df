"""A revision of a bill: a new file that replaces an earlier one of the operator and month."""

from collections.abc import Mapping, Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import CellFaults, Spreadsheet
from market.kernel.text import fold_identifier
from market.subsidies.imports.billing_rows import (
    MAX_UPWARD_MONTHS,
    BillingRow,
    PriorClaim,
    get_earliest_upward_month,
)
from market.subsidies.imports.models import BillNotReplaceable
from market.subsidies.names import Operator, ServiceKind
from payments.money import format_yuan


class ReplacedRow(Struct, frozen=True, kw_only=True):
    """What a file claims for a service and month, corrections summed."""

    kind: ServiceKind
    number_id: int
    month: date
    charge_fen: int
    reduction_fen: int


IS_REPLACEABLE = Query(
    bool,
    """
    SELECT EXISTS (
        SELECT FROM import_files f
         WHERE id = :file_id AND county_code = :county AND kind = 'billing' AND operator = :operator AND month = :month
           AND NOT EXISTS (SELECT FROM import_files WHERE replaces = f.id))
    """,
)
LIST_REPLACED_ROWS = Query(
    ReplacedRow,
    """
    SELECT kind, number_id, coalesce(corrects_month, month) AS month, sum(charge_fen)::bigint AS charge_fen,
           sum(reduction_fen)::bigint AS reduction_fen
      FROM claims WHERE county_code = :county AND file_id = :file_id
     GROUP BY 1, 2, 3
    """,
)
DELETE_REPLACED = Query(None, "DELETE FROM claims WHERE county_code = :county AND file_id = :file_id")


async def load_replaced_rows(
    conn: Connection, county: str, file_id: UUID | None, *, name: str, operator: Operator, month: date
) -> list[ReplacedRow]:
    """Return what the bill claims that a revision called `name` replaces; nothing if it replaces none.

    Raises:
        BillNotReplaceable: it is no bill of the operator and month, or was replaced before.
    """
    if file_id is None:
        return []
    if not await IS_REPLACEABLE.one(conn, county=county, file_id=file_id, operator=operator, month=month):
        raise BillNotReplaceable(name=name, month=f"{month:%Y-%m}")
    return await LIST_REPLACED_ROWS.all(conn, county=county, file_id=file_id)


async def delete_replaced(conn: Connection, county: str, file_id: UUID | None) -> None:
    """Remove the rows of the bill that the file just recorded replaces; they stay as superseded facts."""
    if file_id is not None:
        await DELETE_REPLACED.run(conn, county=county, file_id=file_id)


def check_revision(
    spreadsheet: Spreadsheet,
    rows: Sequence[BillingRow],
    faults: CellFaults,
    *,
    replaced: Sequence[ReplacedRow],
    ids: Mapping[str, int],
    before: Sequence[PriorClaim],
    month: date,
    today: date,
) -> None:
    """Add the faults of a revision: more than it replaces after six months, and less than was corrected since.

    `ids` are those of the numbers as written; `before` are the claims of the other files.
    """
    if not replaced:
        return
    numbers = {each: fold_identifier(number) for number, each in ids.items()}
    old = {(row.kind, numbers.get(row.number_id, f"#{row.number_id}"), row.month): row for row in replaced}
    new: dict[tuple[ServiceKind, str, date], tuple[int, int, BillingRow]] = {}
    for row in rows:
        key = (row.kind, fold_identifier(row.number), row.corrects_month or month)
        charge, reduction, _ = new.get(key, (0, 0, row))
        new[key] = (charge + row.charge_fen, reduction + row.reduction_fen, row)
    if month < get_earliest_upward_month(today.replace(day=1)):
        for key, (charge, reduction, row) in new.items():
            was = old.get(key)
            sums = (("charge", charge, was.charge_fen if was else 0), ("reduction", reduction, _get_reduction(was)))
            for name, now, then in sums:
                if now > then:
                    message = f"{month:%Y-%m} 已过 {MAX_UPWARD_MONTHS} 个月，修订只能往下改，最多 {format_yuan(then)}"
                    faults.append(CellFault(name, message, row.row, spreadsheet.headers[name], format_yuan(now)))
    for fact in before:
        key = (fact.kind, fact.number, fact.month)
        if key in old and key not in new and (fact.charge_fen < 0 or fact.reduction_fen < 0):
            message = f"替换的文件里有一行后来冲正过，没有它 {fact.month:%Y-%m} 低于零；这一行要留着"
            faults.append(CellFault("number", message, 1, spreadsheet.headers["number"], fact.number))


def _get_reduction(row: ReplacedRow | None) -> int:
    return 0 if row is None else row.reduction_fen
