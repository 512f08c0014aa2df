"""Import a county's budget: the public money of each month."""

import msgspec
from msgspec import Struct

from market.identity.models import Actor
from market.kernel import Connection, Fen, Query
from market.kernel.clock import parse_month
from market.subsidies.engine.models import MAX_FEN
from market.subsidies.imports.models import CellFault, FileUnreadable
from market.subsidies.imports.spreadsheet import decode_text, malformed_file
from market.subsidies.imports.upload import ImportResult, PreparedUpload, begin_import, build_result, record_file

MAX_BUDGET_MONTHS = 600


UPSERT_BUDGETS = Query(
    None,
    """
    INSERT INTO budgets (county_code, month, public_fen, file_id)
    SELECT :county, month, public_fen, :file_id
      FROM jsonb_to_recordset(:rows::jsonb) AS r(month date, public_fen bigint)
    ON CONFLICT ON CONSTRAINT budgets_unique DO UPDATE
       SET public_fen = excluded.public_fen, file_id = excluded.file_id
     WHERE budgets.public_fen <> excluded.public_fen
    """,
)


class BudgetFile(Struct, frozen=True, forbid_unknown_fields=True):
    """The public money of each month, in fen."""

    unit: str
    months: dict[str, int]


async def import_budget(conn: Connection, actor: Actor | None, upload: PreparedUpload) -> ImportResult:
    """Import the public money of months, in fen; a month that is already stored is replaced.

    The caller owns the transaction.

    Raises:
        FileUnreadable: the file is not JSON of the shape of `BudgetFile`.
        FileMalformed: a month or a sum is wrong.
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload)
    if known is not None:
        return known
    try:
        source = msgspec.json.decode(decode_text(upload.name, upload.content), type=BudgetFile)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise FileUnreadable(name=upload.name, reason=str(error)) from error
    if len(source.months) > MAX_BUDGET_MONTHS:
        raise FileUnreadable(name=upload.name, reason=f"超过 {MAX_BUDGET_MONTHS} 个月")
    faults: list[CellFault] = []
    rows: list[dict[str, object]] = []
    if source.unit != "fen":
        faults.append(CellFault("unit", "应是 fen", 1, "unit", source.unit))
    for text, public_fen in source.months.items():
        try:
            rows.append({"month": parse_month(text), "public_fen": public_fen})
        except ValueError:
            faults.append(CellFault("months", "没有这个月份，应写成 2019-01", 1, "months", text))
        if not 0 <= public_fen <= MAX_FEN:
            faults.append(CellFault("months", "应是 0 到 1000000000000 的整数（分）", 1, text, str(public_fen)))
    if faults:
        raise malformed_file(upload.name, faults)
    answer = build_result(
        upload, rows=len(rows), counts={"months": len(rows)}, sum_fen=Fen(sum(source.months.values()))
    )
    if upload.dry_run:
        return answer
    file_id = await record_file(conn, actor, upload, rows=len(rows))
    await UPSERT_BUDGETS.run(conn, county=upload.county, file_id=file_id, rows=rows)
    return answer
