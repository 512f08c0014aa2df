"""The rows of an operator's billing file and its manifest, read without a database."""

from collections.abc import Mapping, Sequence
from datetime import date

from msgspec import Struct

from market.kernel import Fen
from market.kernel.clock import get_previous_month, parse_month
from market.kernel.division_codes import get_county_code
from market.kernel.sheets.cells import normalize_code, parse_fen
from market.kernel.sheets.models import CellFault, FileUnreadable
from market.kernel.sheets.spreadsheet import CellFaults, Spreadsheet
from market.kernel.text import fold_identifier
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.imports.formats.json_file import read_json
from market.subsidies.names import KINDS, Operator, ServiceKind
from payments.money import format_yuan

MAX_UPWARD_MONTHS = 6
"""How long a month may be corrected upwards, counted back from the month of the file; downwards always."""
_COUNTY_DIGITS = (6, 12)


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


class PriorClaim(Struct, frozen=True, kw_only=True):
    """What a service claimed for a month in the files before; `original` if not only by corrections."""

    kind: ServiceKind
    number: str
    month: date
    programmes: list[str]
    charge_fen: int
    reduction_fen: int
    original: bool


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


def read_billing_row(
    cells: RowReader,
    month: date,
    *,
    county: str | None = None,
    programmes: Mapping[str, Sequence[ServiceKind]] | None = None,
    provincial: bool = False,
) -> BillingRow | None:
    """Return a row of the file of a month, or None after adding its faults.

    A file of one county has rows of no other `county`; each row of a `provincial` file says its own. Without
    `programmes` any code of a programme is accepted, because nobody knows them offline.
    """
    example = f"{month:%Y-%m}，即本文件的月份"
    own_month = cells.month("month", today=month, example=example)
    if own_month is not None and own_month != month:
        cells.fault("month", f"应是 {example}")
    if provincial or cells.raw("county"):
        _check_county(cells, county)
    kind = cells.choice("kind", KINDS)
    number = cells.number("number", kind) if kind else ""
    programme = cells.code("programme") if programmes is None else cells.programme(programmes, kind)
    corrects = cells.month("corrects_month", today=month) if cells.raw("corrects_month") else None
    if corrects is not None and corrects >= month:
        cells.fault("corrects_month", f"应早于 {month:%Y-%m}")
    correction = bool(cells.raw("corrects_month"))
    charge, reduction, billed = (
        _read_fen(cells, name, correction=correction) for name in ("charge", "reduction", "billed")
    )
    if charge is not None and reduction is not None and billed is not None and charge != reduction + billed:
        if not correction and reduction > charge:
            cells.fault("reduction", f"不能大于账单金额 {format_yuan(charge)}")
        else:
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


def read_row_county(cells: RowReader) -> str:
    """Return the county of a row of a provincial file, six digits; empty if the cell is wrong."""
    code = normalize_code(cells.raw("county"))
    if len(code) not in _COUNTY_DIGITS or not (code.isascii() and code.isdecimal()):
        cells.fault("county", "应是 6 位县代码，例如 130624")
        return ""
    return get_county_code(code)


def _check_county(cells: RowReader, county: str | None) -> None:
    own = read_row_county(cells)
    if county is not None and own and own != county:
        cells.fault("county", f"这个文件只交给一个县，应是 {county}；几个县在一个文件里的，当作全省文件交")


def _read_fen(cells: RowReader, name: str, *, correction: bool) -> Fen | None:
    fen = cells.fen(name, negative=True)
    if fen is not None and fen < 0 and not correction:
        cells.fault(name, "不能是负数；冲正要在冲正账期写明所冲的月份")
    return fen


def check_together(
    spreadsheet: Spreadsheet,
    rows: Sequence[BillingRow],
    month: date,
    before: Sequence[PriorClaim] | None,
    faults: CellFaults,
) -> None:
    """Add the faults of rows that do not go together with each other and with the files `before`.

    A service claims a month once and under one programme, and never less than nothing, which nobody knows without
    those files (`before` is None); a correction raises no month that is more than six months before that of the file.
    """
    known, before = before is not None, before or ()
    charges = {(fact.kind, fact.number, fact.month): fact.charge_fen for fact in before}
    reductions = {(fact.kind, fact.number, fact.month): fact.reduction_fen for fact in before}
    originals = {(fact.kind, fact.number): 0 for fact in before if fact.original and fact.month == month}
    programmes = {(fact.kind, fact.number, fact.month): fact.programmes for fact in before}
    own: dict[tuple[ServiceKind, str, date], tuple[int, int]] = {}
    last: dict[tuple[ServiceKind, str, date], BillingRow] = {}
    for row in rows:
        service = (row.kind, fold_identifier(row.number))
        key = (*service, row.corrects_month or month)
        charges[key] = charges.get(key, 0) + row.charge_fen
        reductions[key] = reductions.get(key, 0) + row.reduction_fen
        charge, reduction = own.get(key, (0, 0))
        own[key] = (charge + row.charge_fen, reduction + row.reduction_fen)
        last[key] = row
        if row.programme not in programmes.setdefault(key, [row.programme]):
            message = f"{key[2]:%Y-%m} 的账单写的项目是 {'、'.join(programmes[key])}"
            faults.append(CellFault("programme", message, row.row, spreadsheet.headers["programme"], row.programme))
        if row.corrects_month is None and originals.setdefault(service, row.row) != row.row:
            where = f"第 {originals[service]} 行" if originals[service] else "已导入的文件"
            message = f"{where}已有这个号码的 {month:%Y-%m} 账单"
            faults.append(CellFault("number", message, row.row, spreadsheet.headers["number"], row.number))
    earliest = get_earliest_upward_month(month)
    for key, row in last.items():
        for name, sums, change in (("charge", charges, own[key][0]), ("reduction", reductions, own[key][1])):
            if known and sums[key] < 0:
                message = f"冲正后 {key[2]:%Y-%m} 低于零（{format_yuan(sums[key])}）"
                faults.append(CellFault(name, message, row.row, spreadsheet.headers[name], row.number))
            elif change > 0 and key[2] < earliest:
                message = f"{key[2]:%Y-%m} 已过 {MAX_UPWARD_MONTHS} 个月，只能冲减；往上改的最早是 {earliest:%Y-%m}"
                faults.append(CellFault(name, message, row.row, spreadsheet.headers[name], format_yuan(change)))


def get_earliest_upward_month(month: date) -> date:
    """Return the earliest month that a file of a month may raise."""
    for _ in range(MAX_UPWARD_MONTHS):
        month = get_previous_month(month)
    return month


def is_provincial(spreadsheet: Spreadsheet) -> bool:
    """Return whether a file has the rows of several counties: one of its rows says a county."""
    return any(row.cells.get("county", "").strip() for row in spreadsheet.rows)


def sum_reductions(spreadsheet: Spreadsheet) -> Fen | None:
    """Return the sum of the reductions of all rows, None if one is no amount."""
    sums = [parse_fen(row.cells["reduction"]) for row in spreadsheet.rows]
    return None if None in sums else Fen(sum(each or 0 for each in sums))


def list_manifest_differences(manifest: Manifest, *, name: str, sha256: str, rows: int, total: Fen | None) -> list[str]:
    """Return in what a manifest differs from its file: name, checksum, rows, sum; the sum may be unknown."""
    pairs = {
        "文件名": (manifest.file, name),
        "校验和": (manifest.sha256.strip().lower(), sha256),
        "行数": (str(manifest.rows), str(rows)),
    }
    if total is not None:
        pairs["优惠减免合计（元）"] = (format_yuan(manifest.sum_fen), format_yuan(total))
    return [
        f"{label}，清单写 {stated}，文件是 {actual}" for label, (stated, actual) in pairs.items() if stated != actual
    ]
