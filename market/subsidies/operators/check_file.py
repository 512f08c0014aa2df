"""Check a file of an operator before it is sent: offline, with the rules of its import that need no register."""

import json
from datetime import date
from pathlib import Path
from typing import TextIO

import msgspec
from msgspec import Struct

from market.kernel import Fen
from market.kernel.clock import get_previous_month, parse_month
from market.kernel.sheets.models import CellFault, FileMalformed, FileUnreadable
from market.kernel.sheets.spreadsheet import CellFaults, Spreadsheet, digest, read_spreadsheet
from market.subsidies.imports.billing_rows import (
    Manifest,
    check_together,
    is_provincial,
    list_manifest_differences,
    read_billing_row,
    read_manifest,
)
from market.subsidies.imports.formats.cells import RowReader
from market.subsidies.imports.kinds import BILLING, USAGE, ImportKind
from market.subsidies.imports.usage import read_usage_rows
from payments.money import format_yuan

SOUND, WITH_FAULTS, UNREADABLE, OTHER_MANIFEST = 0, 1, 2, 3
"""Exit codes: no fault; cells with faults; not a file of this kind; the manifest does not match."""
CHECKED_KINDS = {kind.name: kind for kind in (BILLING, USAGE)}
"""The kinds of files that can be checked without a database."""


class FileCheck(Struct, frozen=True, kw_only=True):
    """What a check found: the figures that a manifest states, at most 1,000 faulty cells, and how many there are.

    `month` and `sum_fen` are those of a bill; `sum_fen` is null if cells have faults. `manifest` is whether the file
    has one, `differences` is in what it differs.
    """

    file: str
    kind: str
    sha256: str
    rows: int
    month: str | None = None
    sum_fen: Fen | None = None
    faults: int = 0
    errors: list[CellFault] = []
    unreadable: str = ""
    manifest: bool = False
    differences: list[str] = []

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        if self.unreadable:
            return UNREADABLE
        if self.faults:
            return WITH_FAULTS
        return OTHER_MANIFEST if self.differences else SOUND


def check_file(
    kind: ImportKind, name: str, content: bytes, *, manifest: tuple[str, bytes] | None = None, today: date
) -> FileCheck:
    """Return what is wrong with a file; of a bill also whether its `manifest` (name and content) matches.

    Codes of programmes and what was claimed before are not known here; the import compares them.
    """
    blank = FileCheck(file=name, kind=kind.name, sha256=digest(content), rows=0, manifest=manifest is not None)
    try:
        spreadsheet = read_spreadsheet(name, content, kind.columns)
        stated = read_manifest(*manifest, today=today) if manifest is not None else None
    except FileMalformed as malformed:
        return msgspec.structs.replace(
            blank,
            faults=int(str(malformed.facts["count"])),
            errors=[each for each in malformed.errors if isinstance(each, CellFault)],
        )
    except FileUnreadable as unreadable:
        return msgspec.structs.replace(blank, unreadable=unreadable.text())
    if kind is BILLING:
        return _check_bill(blank, spreadsheet, stated, today=today)
    faults = CellFaults()
    read_usage_rows(spreadsheet, faults)
    return msgspec.structs.replace(blank, rows=len(spreadsheet.rows), faults=len(faults), errors=faults.list_first())


def _check_bill(blank: FileCheck, spreadsheet: Spreadsheet, stated: Manifest | None, *, today: date) -> FileCheck:
    month = parse_month(stated.month) if stated is not None else _find_month(spreadsheet, today)
    faults, provincial = CellFaults(), is_provincial(spreadsheet)
    rows = [
        bill
        for row in spreadsheet.rows
        if (bill := read_billing_row(RowReader(spreadsheet, row, faults), month, provincial=provincial)) is not None
    ]
    check_together(spreadsheet, rows, month, None, faults)
    total = None if faults else Fen(sum(row.reduction_fen for row in rows))
    differences: list[str] = []
    if stated is not None:
        differences = list_manifest_differences(
            stated, name=blank.file, sha256=blank.sha256, rows=len(spreadsheet.rows), total=total
        )
    return msgspec.structs.replace(
        blank,
        rows=len(spreadsheet.rows),
        month=f"{month:%Y-%m}",
        sum_fen=total,
        faults=len(faults),
        errors=faults.list_first(),
        differences=differences,
    )


def _find_month(spreadsheet: Spreadsheet, today: date) -> date:
    """Return the month of the first row that has one before this month, else the month before this one."""
    for row in spreadsheet.rows:
        month = RowReader(spreadsheet, row, CellFaults()).month("month", today=today)
        if month is not None and month < today.replace(day=1):
            return month
    return get_previous_month(today)


def check_file_command(
    path: Path, kind: ImportKind, out: TextIO, err: TextIO, *, as_json: bool = False, today: date
) -> int:
    """Check the file at a path and return the exit code; faults go to `err`, one per line, the figures to `out`.

    The manifest of a bill NAME.csv is NAME.manifest.json beside it. With `as_json` the result is one value on `out`.
    """
    try:
        content = path.read_bytes()
        beside = path.with_suffix(".manifest.json")
        manifest = (beside.name, beside.read_bytes()) if kind is BILLING and beside.exists() else None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        result = FileCheck(file=path.name, kind=kind.name, sha256="", rows=0, unreadable=f"读不了：{reason}")
    else:
        result = check_file(kind, path.name, content, manifest=manifest, today=today)
    if as_json:
        print(json.dumps(msgspec.to_builtins(result), ensure_ascii=False), file=out)
        return result.exit_code
    for line in list_fault_lines(result):
        print(line, file=err)
    for line in _list_figures(result, kind):
        print(line, file=out)
    return result.exit_code


def list_fault_lines(result: FileCheck) -> list[str]:
    """Return one line for each fault: file, row, column, value, and what would be right."""
    lines = [f"{_one_line(result.file)}：{_one_line(result.unreadable)}"] if result.unreadable else []
    lines += [
        f"{_one_line(result.file)} 第 {each.row} 行 {_one_line(each.column)}"
        f" “{_one_line(each.value)}”：{_one_line(each.message)}"
        for each in result.errors
    ]
    if result.faults > len(result.errors):
        lines.append(f"{_one_line(result.file)}：还有 {result.faults - len(result.errors)} 处")
    return lines + [f"{_one_line(result.file)} 的清单：{_one_line(each)}" for each in result.differences]


def _list_figures(result: FileCheck, kind: ImportKind) -> list[str]:
    if result.unreadable:
        return []
    figures = f"{result.rows} 行" + (f"，{result.month}" if result.month else "")
    figures += f"，优惠减免合计 {format_yuan(result.sum_fen)} 元" if result.sum_fen is not None else ""
    words = f"{result.faults} 处要改" if result.faults else "清单对不上" if result.differences else "没有错误"
    lines = [f"{words}：{figures}", f"校验和 {result.sha256}"]
    if kind is BILLING and not result.manifest:
        lines.append("没有清单；清单要写文件名、校验和、行数、金额")
    return lines


def _one_line(text: str) -> str:
    """Return text of a file without line breaks and control characters, so that a fault stays one line."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in " ".join(text.split()))
