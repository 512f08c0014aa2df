"""Import an operator's monthly billing file with its manifest: the claims of a month."""

from datetime import date, timedelta

from msgspec import Struct
from msgspec.structs import asdict

from market.identity.models import Actor
from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_business_day, parse_month
from market.kernel.structs import build_from
from market.sheets.spreadsheet import CellFaults, malformed_file
from market.subsidies.identifiers import add_identifiers, find_identifiers, fold_identifier
from market.subsidies.imports.billing_rows import (
    BillingRow,
    Manifest,
    PriorClaim,
    check_together,
    list_manifest_differences,
    read_billing_row,
    read_manifest,
)
from market.subsidies.imports.cells import RowReader
from market.subsidies.imports.models import FarFewerRows, ManifestMismatch, ManifestMissing
from market.subsidies.imports.upload import (
    ImportResult,
    PreparedUpload,
    Upload,
    begin_import,
    build_result,
    record_file,
)
from market.subsidies.models import Duty
from market.subsidies.month.cycles import FIND_CYCLE, Cycle, open_cycle, require_state, take_duty
from market.subsidies.month.steps import UNDECIDED_STATES
from market.subsidies.names import Operator, ServiceKind
from market.subsidies.programmes.import_programmes import load_programme_kinds

MIN_EARLIER_ROWS = 20
"""A month before with fewer rows says nothing about this one."""


class _StoredClaim(Struct, frozen=True, kw_only=True):
    kind: ServiceKind
    number_id: int
    month: date
    programmes: list[str]
    charge_fen: int
    reduction_fen: int
    original: bool


LIST_PRIOR_CLAIMS = Query(
    _StoredClaim,
    """
    SELECT kind, number_id, coalesce(corrects_month, month) AS month,
           array_agg(DISTINCT programme_code) AS programmes, sum(charge_fen)::bigint AS charge_fen,
           sum(reduction_fen)::bigint AS reduction_fen, bool_or(corrects_month IS NULL) AS original
      FROM claims
     WHERE county_code = :county AND operator = :operator AND number_id = ANY(:numbers::bigint[])
     GROUP BY 1, 2, 3
    """,
)
COUNT_BILLS = Query(
    int,
    """
    SELECT count(*) FROM claims
     WHERE county_code = :county AND operator = :operator AND month = :month AND corrects_month IS NULL
    """,
)
ADD_CLAIMS = Query(
    None,
    """
    INSERT INTO claims (file_id, row_number, county_code, month, operator, number_id, kind, programme_code, charge_fen,
                        reduction_fen, billed_fen, corrects_month)
    SELECT :file_id, row, :county, :month, :operator, number_id, kind, programme, charge_fen, reduction_fen, billed_fen,
           corrects_month
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(row integer, number_id bigint, kind text, programme text, charge_fen bigint, reduction_fen bigint,
             billed_fen bigint, corrects_month date)
    """,
)


async def import_billing(conn: Connection, actor: Actor | None, upload: PreparedUpload) -> ImportResult:
    """Import an operator's file of a month, completely or not at all; the first file of a month opens its cycle.

    Importing the same bytes changes nothing. A row's charge is reduction + billed; only a correction (冲正), which
    names an earlier month, may be negative, and no month's charge or claim may fall below zero. The caller owns the
    transaction.

    Raises:
        ManifestMissing, ManifestMismatch: there is no manifest, or it does not match the file.
        FileUnreadable, FileMalformed: see `read_spreadsheet`; every bad cell is named.
        FileChanged: a file of this name was imported with other content.
        FileAlreadyImported: the same bytes were imported under another name.
        FarFewerRows: the month has far fewer rows than the one before, and `take_fewer` is not set.
        CycleClosed, WrongState: the month is already decided.
        MonthNotOpened: the month has not ended, or is before the county's first cycle.
        NotSignedIn, NotAllowed, SecondFactorRequired, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload)
    if known is not None:
        return known
    today = get_business_day(upload.now)
    attached = next(iter(upload.context.attachments.items()), None)
    manifest = read_manifest(*attached, today=today) if attached is not None else None
    if manifest is None:
        raise ManifestMissing(name=upload.name)
    month = parse_month(manifest.month)
    cycle = await FIND_CYCLE.maybe(conn, county=upload.county, month=month)
    if cycle is not None:
        require_state(cycle, UNDECIDED_STATES)
    spreadsheet = upload.get_spreadsheet()
    faults = CellFaults()
    programmes = await load_programme_kinds(conn, upload.county)
    rows = [
        claim
        for row in spreadsheet.rows
        if (
            claim := read_billing_row(
                RowReader(spreadsheet, row, faults), month, county=upload.county, programmes=programmes
            )
        )
        is not None
    ]
    before = await _list_prior_claims(conn, upload, manifest.operator, {row.number for row in rows})
    check_together(spreadsheet, rows, month, before, faults)
    if faults:
        raise malformed_file(upload.name, faults)
    total = Fen(sum(row.reduction_fen for row in rows))
    different = list_manifest_differences(manifest, name=upload.name, sha256=upload.sha256, rows=len(rows), total=total)
    if different:
        raise ManifestMismatch(name=upload.name, differences="；".join(different))
    earlier = await _find_far_fewer(conn, upload, manifest.operator, month, rows)
    answer = build_result(upload, rows=len(rows), counts={"claims": len(rows)}, sum_fen=total, earlier_rows=earlier)
    if upload.dry_run:
        return answer
    await _store(conn, actor, upload, manifest, rows, month=month, total=total)
    return answer


async def _find_far_fewer(
    conn: Connection, upload: Upload, operator: Operator, month: date, rows: list[BillingRow]
) -> int | None:
    """Return the rows of the operator's month before if this month has less than half of them, corrections excluded.

    Raises:
        FarFewerRows: it has, the file is no dry run, and `take_fewer` is not set.
    """
    before = (month - timedelta(days=1)).replace(day=1)
    earlier, known = [
        await COUNT_BILLS.one(conn, county=upload.county, operator=operator, month=each) for each in (before, month)
    ]
    together = known + sum(1 for row in rows if row.corrects_month is None)
    if earlier < MIN_EARLIER_ROWS or 2 * together >= earlier:
        return None
    if not upload.dry_run and not upload.take_fewer:
        raise FarFewerRows(earlier=earlier, rows=together)
    return earlier


async def _store(
    conn: Connection,
    actor: Actor,
    upload: PreparedUpload,
    manifest: Manifest,
    rows: list[BillingRow],
    *,
    month: date,
    total: Fen,
) -> None:
    cycle: Cycle = await open_cycle(conn, upload.county, month, actor, now=upload.now)
    await take_duty(conn, cycle, actor, Duty.IMPORT, now=upload.now)
    require_state(cycle, UNDECIDED_STATES)
    file_id = await record_file(
        conn, actor, upload, rows=len(rows), operator=manifest.operator, month=month, sum_fen=total
    )
    ids = await add_identifiers(conn, upload.seal, (row.number for row in rows))
    stored = [{**asdict(row), "number_id": ids[row.number]} for row in rows]
    await ADD_CLAIMS.run(
        conn, county=upload.county, file_id=file_id, month=month, operator=manifest.operator, rows=stored
    )


async def _list_prior_claims(
    conn: Connection, upload: PreparedUpload, operator: Operator, numbers: set[str]
) -> list[PriorClaim]:
    found = await find_identifiers(conn, upload.seal, numbers)
    known = {each: fold_identifier(number) for number, each in found.items()}
    stored = await LIST_PRIOR_CLAIMS.all(conn, county=upload.county, operator=operator, numbers=list(known))
    return [build_from(PriorClaim, claim, number=known[claim.number_id]) for claim in stored]
