"""Import an operator's monthly billing file with its manifest: the claims of a month."""

from datetime import date, timedelta

from msgspec import Struct
from msgspec.structs import asdict

from market.identity.models import Actor
from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_business_day, parse_month
from market.kernel.structs import build_from
from market.sheets.models import CellFault, FileUnreadable
from market.sheets.spreadsheet import CellFaults, Spreadsheet, malformed_file
from market.subsidies.identifiers import add_identifiers, find_identifiers, fold_identifier
from market.subsidies.imports.cells import RowReader
from market.subsidies.imports.json_file import read_json
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
from market.subsidies.names import KINDS, Operator, ServiceKind
from market.subsidies.programmes.import_programmes import load_programme_kinds
from payments.money import format_yuan

MIN_EARLIER_ROWS = 20
"""A month before with fewer rows says nothing about this one."""


class Manifest(Struct, frozen=True):
    """An operator's manifest of its file; `sum_fen` is the sum of the reductions, corrections included."""

    file: str
    operator: Operator
    month: str
    sha256: str
    rows: int
    sum_fen: int
    encoding: str = ""


class BillingRow(Struct, frozen=True, gc=False, kw_only=True):
    """A row of a billing file."""

    row: int
    number: str
    kind: ServiceKind
    programme: str
    charge_fen: Fen
    reduction_fen: Fen
    billed_fen: Fen
    corrects_month: date | None


class _StoredClaim(Struct, frozen=True, kw_only=True):
    kind: ServiceKind
    number_id: int
    month: date
    programmes: list[str]
    charge_fen: int
    reduction_fen: int
    original: bool


class _PriorClaim(Struct, frozen=True, kw_only=True):
    kind: ServiceKind
    number: str
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


def read_manifest(name: str, content: bytes, *, today: date) -> Manifest:
    """Return the manifest in a JSON file.

    Raises:
        FileUnreadable: the file is not a manifest.
    """
    manifest = read_json(name, content, Manifest)
    try:
        parse_month(manifest.month, today=today)
    except ValueError as error:
        raise FileUnreadable(name=name, reason=f"清单上的月份 {manifest.month} 不对，应写成 2019-01") from error
    return manifest


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
        if (claim := _read(RowReader(spreadsheet, row, faults), month, programmes)) is not None
    ]
    before = await _list_prior_claims(conn, upload, manifest.operator, {row.number for row in rows})
    _check_repeats(spreadsheet, rows, month, before, faults)
    if faults:
        raise malformed_file(upload.name, faults)
    total = Fen(sum(row.reduction_fen for row in rows))
    _check_manifest(upload, manifest, rows=len(rows), total=total)
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


def _read(cells: RowReader, month: date, programmes: dict[str, list[ServiceKind]]) -> BillingRow | None:
    example = f"{month:%Y-%m}，即本文件的月份"
    own_month = cells.month("month", today=month, example=example)
    if own_month is not None and own_month != month:
        cells.fault("month", f"应是 {example}")
    kind = cells.choice("kind", KINDS)
    number = cells.number("number", kind) if kind else ""
    programme = cells.programme(programmes, kind)
    corrects = cells.month("corrects_month", today=month) if cells.raw("corrects_month") else None
    if corrects is not None and corrects >= month:
        cells.fault("corrects_month", f"应早于 {month:%Y-%m}")
    correction = bool(cells.raw("corrects_month"))
    charge, reduction, billed = (
        _read_fen(cells, name, correction=correction) for name in ("charge", "reduction", "billed")
    )
    if charge is not None and reduction is not None and billed is not None and charge != reduction + billed:
        cells.fault("billed", f"账单金额 = 优惠减免 + 实收金额，应是 {format_yuan(charge - reduction)}")
    if not cells.valid or kind is None or charge is None or reduction is None or billed is None:
        return None
    return BillingRow(
        row=cells.row.number,
        number=number,
        kind=kind,
        programme=programme,
        charge_fen=charge,
        reduction_fen=reduction,
        billed_fen=billed,
        corrects_month=corrects,
    )


def _read_fen(cells: RowReader, name: str, *, correction: bool) -> Fen | None:
    fen = cells.fen(name, negative=True)
    if fen is not None and fen < 0 and not correction:
        cells.fault(name, "不能是负数；冲正要在冲正账期写明所冲的月份")
    return fen


async def _list_prior_claims(
    conn: Connection, upload: PreparedUpload, operator: Operator, numbers: set[str]
) -> list[_PriorClaim]:
    found = await find_identifiers(conn, upload.seal, numbers)
    known = {each: fold_identifier(number) for number, each in found.items()}
    stored = await LIST_PRIOR_CLAIMS.all(conn, county=upload.county, operator=operator, numbers=list(known))
    return [build_from(_PriorClaim, claim, number=known[claim.number_id]) for claim in stored]


def _check_repeats(
    spreadsheet: Spreadsheet, rows: list[BillingRow], month: date, before: list[_PriorClaim], faults: CellFaults
) -> None:
    """Add faults for services that claim a month twice, or under two programmes, or less than nothing."""
    charges = {(fact.kind, fact.number, fact.month): fact.charge_fen for fact in before}
    reductions = {(fact.kind, fact.number, fact.month): fact.reduction_fen for fact in before}
    originals = {(fact.kind, fact.number): 0 for fact in before if fact.original and fact.month == month}
    programmes = {(fact.kind, fact.number, fact.month): fact.programmes for fact in before}
    last: dict[tuple[ServiceKind, str, date], BillingRow] = {}
    for row in rows:
        service = (row.kind, fold_identifier(row.number))
        key = (*service, row.corrects_month or month)
        charges[key] = charges.get(key, 0) + row.charge_fen
        reductions[key] = reductions.get(key, 0) + row.reduction_fen
        last[key] = row
        if row.programme not in programmes.setdefault(key, [row.programme]):
            message = f"{key[2]:%Y-%m} 的账单写的项目是 {'、'.join(programmes[key])}"
            faults.append(CellFault("programme", message, row.row, spreadsheet.headers["programme"], row.programme))
        if row.corrects_month is None and originals.setdefault(service, row.row) != row.row:
            where = f"第 {originals[service]} 行" if originals[service] else "已导入的文件"
            message = f"{where}已有这个号码的 {month:%Y-%m} 账单"
            faults.append(CellFault("number", message, row.row, spreadsheet.headers["number"], row.number))
    for key, row in last.items():
        for name, sums in (("charge", charges), ("reduction", reductions)):
            if sums[key] < 0:
                message = f"冲正后 {key[2]:%Y-%m} 低于零（{format_yuan(sums[key])}）"
                faults.append(CellFault(name, message, row.row, spreadsheet.headers[name], row.number))


def _check_manifest(upload: Upload, manifest: Manifest, *, rows: int, total: Fen) -> None:
    """Compare the file with its manifest.

    Raises:
        ManifestMismatch: name, checksum, rows or sum differ.
    """
    pairs = {
        "文件名": (manifest.file, upload.name),
        "校验和": (manifest.sha256.strip().lower(), upload.sha256),
        "行数": (str(manifest.rows), str(rows)),
        "优惠减免合计（元）": (format_yuan(manifest.sum_fen), format_yuan(total)),
    }
    different = [
        f"{name}，清单写 {stated}，文件是 {actual}" for name, (stated, actual) in pairs.items() if stated != actual
    ]
    if different:
        raise ManifestMismatch(name=upload.name, differences="；".join(different))
