"""Templates of the files that a county imports: the columns, one example row, and what each column means."""

import msgspec
from msgspec import Struct

from market.kernel.sheets.spreadsheet import digest
from market.kernel.sheets.write_spreadsheet import (
    MEDIA_TYPES,
    FileFormat,
    describe_column,
    write_csv,
    write_xlsx,
)
from market.subsidies.imports.billing_rows import Manifest
from market.subsidies.imports.formats.columns import BILLING_COLUMNS
from market.subsidies.imports.kinds import BILLING, ImportKind
from market.subsidies.names import Operator
from payments.money import parse_yuan


class Download(Struct, frozen=True):
    """A file to download."""

    name: str
    media_type: str
    content: bytes


class ColumnHelp(Struct, frozen=True):
    """A column of a file, explained for people: its header, whether it must be filled, an example, its meaning."""

    header: str
    required: str
    example: str
    meaning: str


_DOCUMENT = "样例文件：农户每月最多支付套餐费的百分之五十。减免额由运营商承担百分之七十，县级财政承担百分之三十。\n"
_PROGRAMMES = {
    "county_code": "130624",
    "programmes": [
        {
            "code": "P1",
            "name": "样例话费减半",
            "document": {"number": "样例〔2019〕1号", "file": "P1.txt", "sha256": digest(_DOCUMENT.encode())},
            "sentences": [
                {
                    "of": ["household_pays_bp"],
                    "prefix": "",
                    "quote": "农户每月最多支付套餐费的百分之五十",
                    "suffix": "。",
                },
                {
                    "of": ["funders"],
                    "prefix": "减免额由",
                    "quote": "运营商承担百分之七十，县级财政承担百分之三十",
                    "suffix": "。",
                },
            ],
            "kinds": ["mobile"],
            "max_lines_per_household": 2,
            "proration": "daily",
            "idle": None,
            "terms": [
                {
                    "from": "2019-01-01",
                    "until": None,
                    "kind": "percent_off",
                    "household_pays_bp": 5000,
                    "fixed_fen": None,
                    "line_cap_fen": None,
                    "household_cap_fen": None,
                    "funders": [
                        {"funder": "operator", "share_bp": 7000},
                        {"funder": "county", "share_bp": 3000},
                    ],
                }
            ],
        }
    ],
}
"""An example of the programmes file, whose document is `_DOCUMENT`."""


def list_column_help(kind: ImportKind) -> list[ColumnHelp]:
    """Return the columns of a kind of file, or the fields of its JSON, explained for people."""
    return [ColumnHelp(*describe_column(column)) for column in kind.columns or kind.fields]


def write_template(kind: ImportKind, file_format: FileFormat = FileFormat.XLSX) -> Download:
    """Return the template of a kind of file with one example row; that of programmes is JSON in either format.

    The document of the programmes' example consists of its sentences.
    """
    if not kind.columns:
        content = msgspec.json.format(msgspec.json.encode(_PROGRAMMES), indent=2)
        return Download(f"{kind.name_zh}-模板.json", "application/json", content)
    example = [{column.name: column.example for column in kind.columns}]
    return write_rows(kind, "模板", example, file_format)


def write_rows(kind: ImportKind, suffix: str, rows: list[dict[str, str]], file_format: FileFormat) -> Download:
    """Return rows of a kind as a file of that format."""
    if file_format is FileFormat.CSV:
        content = write_csv(kind.columns, rows)
    else:
        content = write_xlsx(kind.name_zh, kind.columns, rows)
    return Download(f"{kind.name_zh}-{suffix}.{file_format}", MEDIA_TYPES[file_format], content)


def write_manifest_template() -> Download:
    """Return the manifest of the CSV template of a bill, which `market subsidies check-file` accepts beside it."""
    bill = write_template(BILLING, FileFormat.CSV)
    example = {column.name: column.example for column in BILLING_COLUMNS}
    manifest = Manifest(
        file=bill.name,
        operator=Operator.MOBILE,
        month=example["month"],
        sha256=digest(bill.content),
        rows=1,
        sum_fen=parse_yuan(example["reduction"]) or 0,
        encoding="utf-8",
    )
    name = f"{bill.name.removesuffix('.csv')}.manifest.json"
    return Download(name, "application/json", msgspec.json.format(msgspec.json.encode(manifest), indent=2))
