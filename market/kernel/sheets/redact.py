"""Take the rows of persons out of a spreadsheet, by their identity numbers."""

import csv
import io
from collections.abc import Set as AbstractSet

from market.kernel.sheets.spreadsheet import read_tables
from market.kernel.text import normalize_identity_number

REDACTED = "已删除"
_MIN_LENGTH = 15


def redact_rows(
    name: str, content: bytes, identities: AbstractSet[str], *, kept: AbstractSet[str] = frozenset()
) -> bytes | None:
    """Return a file as CSV in UTF-8 without the cells of persons, or None if none of them is in it.

    Of a row with a person's number every cell is replaced but those that are one of `kept`; of a row that also has the
    number of somebody else, the number alone. Hidden worksheets are left out.

    Raises:
        FileUnreadable: see `read_tables`.
    """
    lines: list[list[str]] = []
    found = False
    for table in read_tables(name, content):
        for cells in table:
            numbers = {at: number for at, cell in enumerate(cells) if (number := _read_identity(cell)) is not None}
            own = {at for at, number in numbers.items() if number in identities}
            if own:
                found = True
                alone = len(own) == len(numbers)
                cells = [  # noqa: PLW2901
                    REDACTED if at in own or (alone and cell and cell not in kept) else cell
                    for at, cell in enumerate(cells)
                ]
            lines.append(cells)
    if not found:
        return None
    text = io.StringIO(newline="")
    csv.writer(text).writerows(lines)
    return text.getvalue().encode("utf-8-sig")


def _read_identity(cell: str) -> str | None:
    return normalize_identity_number(cell) if len(cell) >= _MIN_LENGTH else None
