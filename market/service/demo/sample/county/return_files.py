"""The return files of the sample's operators: what each says it credited of its settlement file."""

import csv
import io

import msgspec

from market.kernel.sheets.spreadsheet import digest
from market.subsidies.imports.formats.columns import RETURN_COLUMNS
from market.subsidies.names import Operator
from market.subsidies.reconciliation.import_returns import CREDITED, ReturnManifest, read_settled_rows
from payments.money import format_yuan


def write_return_file(name: str, operator: Operator, month: str, sent: bytes, *, short_fen: int) -> tuple[bytes, bytes]:
    """Return a return file and its manifest; its first line is credited `short_fen` less than it was settled."""
    kinds = [row[3] for row in csv.reader(io.StringIO(sent.decode("utf-8-sig"), newline=""))][1:]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([column.zh for column in RETURN_COLUMNS])
    total = 0
    for position, (row, kind) in enumerate(zip(read_settled_rows(sent), kinds, strict=True)):
        credited = row.fen - (0 if position else short_fen)
        total += credited
        writer.writerow([row.line, f"{row.month:%Y-%m}", row.number, kind, format_yuan(credited), CREDITED])
    content = out.getvalue().encode("utf-8-sig")
    manifest = ReturnManifest(
        file=name,
        operator=operator,
        month=month,
        sha256=digest(content),
        rows=len(kinds),
        sum_fen=total,
        settlement_sha256=digest(sent),
        encoding="utf-8",
    )
    return content, msgspec.json.encode(manifest)
