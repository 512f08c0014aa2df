"""Import an operator's monthly billing file with its manifest: the claims of a month."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from datetime import date, timedelta

from msgspec import Struct, structs

from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_business_day, parse_month
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import MAX_FAULTS, CellFaults, Spreadsheet, malformed_file
from market.kernel.structs import build_from
from market.kernel.text import fold_identifier
from market.people.identity.models import Actor
from market.subsidies.identifiers import add_identifiers, find_identifiers
from market.subsidies.imports.billing_rows import (
    BillingRow,
    Manifest,
    PriorClaim,
    check_together,
    list_manifest_differences,
    read_billing_row,
    read_manifest,
    sum_reductions,
)
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.imports.models import FarFewerRows, ManifestMismatch, ManifestMissing
from market.subsidies.imports.upload import (
    ImportResult,
    PreparedUpload,
    Upload,
    begin_import,
    build_result,
    record_file,
    require_own_operator,
)
from market.subsidies.models import CycleClosed, Duty, FileId, WrongState
from market.subsidies.month.cycles import FIND_CYCLE, Cycle, open_cycle, require_begun, require_state, take_duty
from market.subsidies.month.steps import UNDECIDED_STATES
from market.subsidies.names import Operator, ServiceKind
from market.subsidies.operators.rejected import RejectedRow, split_rows, store_rejected
from market.subsidies.operators.revisions import check_revision, delete_replaced, load_replaced_rows
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
       AND file_id IS DISTINCT FROM :replaces::uuid
     GROUP BY 1, 2, 3
    """,
)
COUNT_BILLS = Query(
    int,
    """
    SELECT count(*) FROM claims
     WHERE county_code = :county AND operator = :operator AND month = :month AND corrects_month IS NULL
       AND file_id IS DISTINCT FROM :replaces::uuid
    """,
)
ADD_CLAIMS = Query(
    None,
    """
    INSERT INTO claims (file_id, row_number, county_code, month, operator, number_id, kind, programme_code, charge_fen,
                        reduction_fen, billed_fen, corrects_month)
    SELECT :file_id, row, :county, :month, :operator, number_id, kind, programme, charge_fen, reduction_fen, billed_fen,
           corrects_month
      FROM unnest(:rows::integer[], :numbers::bigint[], :kinds::text[], :programmes::text[], :charges_fen::bigint[],
                  :reductions_fen::bigint[], :billed_fen::bigint[], :corrected::date[])
        AS r(row, number_id, kind, programme, charge_fen, reduction_fen, billed_fen, corrects_month)
    """,
)


async def import_billing(conn: Connection, actor: Actor | None, upload: PreparedUpload) -> ImportResult:
    """Import an operator's file of a month, completely or not at all; the first file of a month opens its cycle.

    Importing the same bytes changes nothing. A row's charge is reduction + billed; only a correction (冲正), which
    names an earlier month, may be negative, and no month's charge or claim may fall below zero. With `take_part` the
    sound rows are taken, and the others kept to be returned. A file that `replaces` another takes its place as a whole:
    the earlier rows become superseded facts. The caller owns the transaction.

    Raises:
        ManifestMissing, ManifestMismatch: there is no manifest, or it does not match the file.
        OtherOperator: an operator's account sends the file of another one.
        FileUnreadable, FileMalformed: see `read_spreadsheet`; every bad cell is named.
        FileChanged: a file of this name was imported with other content.
        FileAlreadyImported: the same bytes were imported under another name.
        BillNotReplaceable: `replaces` is no bill of the operator and month, or was replaced before.
        FarFewerRows: the month has far fewer rows than the one before, and `take_fewer` is not set.
        CycleClosed, WrongState: the month is already decided.
        MonthNotOpened: the month has not ended, or is before the county's first cycle.
        NotSignedIn, NotAllowed, SecondFactorRequired, NotFound, SecondDuty: see `begin_import`.
    """
    actor, known = await begin_import(conn, actor, upload)
    if known is not None:
        return known
    manifest = _require_manifest(actor, upload)
    month = parse_month(manifest.month)
    cycle = await FIND_CYCLE.maybe(conn, county=upload.county, month=month)
    if cycle is not None:
        _require_undecided(cycle, upload)
    bill = await _read_bill(conn, upload, manifest, month)
    earlier = await _find_far_fewer(conn, upload, manifest.operator, month, bill)
    answer = structs.replace(
        build_result(
            upload, rows=len(bill.taken), counts={"claims": len(bill.taken)}, sum_fen=bill.sum_fen, earlier_rows=earlier
        ),
        rejected=len(bill.rejected),
        rejections=tuple(fault for row in bill.rejected for fault in row.faults)[:MAX_FAULTS],
    )
    if upload.dry_run:
        return answer
    return structs.replace(answer, file_id=await _store(conn, actor, upload, manifest, bill, month=month))


class _Bill(Struct, frozen=True):
    taken: list[BillingRow]
    rejected: list[RejectedRow]
    rows: int

    @property
    def sum_fen(self) -> Fen:
        return Fen(sum(row.reduction_fen for row in self.taken))


def _require_manifest(actor: Actor, upload: PreparedUpload) -> Manifest:
    attached = next(iter(upload.context.attachments.items()), None)
    if attached is None:
        raise ManifestMissing(name=upload.name)
    manifest = read_manifest(*attached, today=get_business_day(upload.now))
    require_own_operator(actor, manifest.operator)
    return manifest


def _require_undecided(cycle: Cycle, upload: PreparedUpload) -> None:
    """Require that the month of a bill is not decided; the refusal says at the file's first row what would be right.

    Raises:
        CycleClosed, WrongState: it is.
    """
    try:
        require_state(cycle, UNDECIDED_STATES)
    except (CycleClosed, WrongState) as refusal:
        sheet = upload.parsed
        if isinstance(sheet, Spreadsheet) and sheet.rows:
            first = sheet.rows[0]
            right = f"这个月已经审定；要改，写进还没审定的月份的账单：冲正账期写 {cycle.name}"
            refusal.errors = (
                CellFault("month", right, first.number, sheet.headers["month"], first.cells["month"].strip()),
            )
        raise


async def _read_bill(conn: Connection, upload: PreparedUpload, manifest: Manifest, month: date) -> _Bill:
    """Return the rows to take, and those to return of a file that is taken in part.

    Raises:
        FileMalformed: cells have faults, and the file is not to be taken in part, or no row of it is sound.
        ManifestMismatch: see `import_billing`.
    """
    spreadsheet = upload.get_spreadsheet()
    faults = CellFaults()
    programmes = await load_programme_kinds(conn, upload.county)
    readers = [RowReader(spreadsheet, row, faults) for row in spreadsheet.rows]
    rows = [
        bill
        for reader in readers
        if (bill := read_billing_row(reader, month, county=upload.county, programmes=programmes)) is not None
    ]
    replaced = await load_replaced_rows(
        conn, upload.county, upload.replaces, name=upload.name, operator=manifest.operator, month=month
    )
    ids = await find_identifiers(conn, upload.seal, {row.number for row in rows})
    before = await _list_prior_claims(conn, upload, manifest.operator, ids, {row.number_id for row in replaced})
    check_together(spreadsheet, rows, month, before, faults)
    today = get_business_day(upload.now)
    check_revision(spreadsheet, rows, faults, replaced=replaced, ids=ids, before=before, month=month, today=today)
    bill = _Bill(rows, [], len(spreadsheet.rows))
    if faults:
        if not upload.take_part or upload.replaces is not None or len(faults) > MAX_FAULTS:
            raise malformed_file(upload.name, faults)
        bill = _Bill(*split_rows(spreadsheet, rows, month, faults), len(spreadsheet.rows))
        if not bill.taken:
            raise malformed_file(upload.name, faults)
    different = list_manifest_differences(
        manifest, name=upload.name, sha256=upload.sha256, rows=bill.rows, total=sum_reductions(spreadsheet)
    )
    if different:
        raise ManifestMismatch(name=upload.name, differences="；".join(different))
    return bill


async def _find_far_fewer(conn: Connection, upload: Upload, operator: Operator, month: date, bill: _Bill) -> int | None:
    """Return the rows of the operator's month before if this month has less than half of them, corrections excluded.

    Rows that are returned count: they come again.

    Raises:
        FarFewerRows: it has, the file is no dry run, and `take_fewer` is not set.
    """
    before = (month - timedelta(days=1)).replace(day=1)
    earlier, known = [
        await COUNT_BILLS.one(conn, county=upload.county, operator=operator, month=each, replaces=upload.replaces)
        for each in (before, month)
    ]
    returned = sum(1 for row in bill.rejected if not row.cells.get("corrects_month", "").strip())
    together = known + returned + sum(1 for row in bill.taken if row.corrects_month is None)
    if earlier < MIN_EARLIER_ROWS or 2 * together >= earlier:
        return None
    if not upload.dry_run and not upload.take_fewer:
        raise FarFewerRows(earlier=earlier, rows=together)
    return earlier


async def _store(
    conn: Connection, actor: Actor, upload: PreparedUpload, manifest: Manifest, bill: _Bill, *, month: date
) -> FileId:
    if actor.operator is not None:
        await require_begun(conn, upload.county, month)
    cycle: Cycle = await open_cycle(conn, upload.county, month, actor, now=upload.now)
    await take_duty(conn, cycle, actor, Duty.IMPORT, now=upload.now)
    _require_undecided(cycle, upload)
    file_id = await record_file(
        conn,
        actor,
        upload,
        rows=len(bill.taken),
        rejected=len(bill.rejected),
        operator=manifest.operator,
        month=month,
        sum_fen=bill.sum_fen,
    )
    await delete_replaced(conn, upload.county, upload.replaces)
    await store_rejected(conn, upload.seal, upload.county, file_id, bill.rejected)
    ids = await add_identifiers(conn, upload.seal, (row.number for row in bill.taken))
    taken = bill.taken
    await ADD_CLAIMS.run(
        conn,
        county=upload.county,
        file_id=file_id,
        month=month,
        operator=manifest.operator,
        rows=[row.row for row in taken],
        numbers=[ids[row.number] for row in taken],
        kinds=[row.kind for row in taken],
        programmes=[row.programme for row in taken],
        charges_fen=[row.charge_fen for row in taken],
        reductions_fen=[row.reduction_fen for row in taken],
        billed_fen=[row.billed_fen for row in taken],
        corrected=[row.corrects_month for row in taken],
    )
    return file_id


async def _list_prior_claims(
    conn: Connection, upload: PreparedUpload, operator: Operator, ids: Mapping[str, int], replaced: AbstractSet[int]
) -> list[PriorClaim]:
    """Return what the numbers `ids`, and those of a replaced file, claim in the other files of the operator."""
    known = dict.fromkeys(replaced, "") | {each: fold_identifier(number) for number, each in ids.items()}
    stored = await LIST_PRIOR_CLAIMS.all(
        conn, county=upload.county, operator=operator, numbers=list(known), replaces=upload.replaces
    )
    return [build_from(PriorClaim, claim, number=known[claim.number_id] or f"#{claim.number_id}") for claim in stored]
