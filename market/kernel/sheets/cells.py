"""Parse the text of a cell to a value, or report a fault that says what is expected."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from market.kernel import Fen
from market.kernel.clock import parse_month
from market.kernel.sheets.models import CellFault
from market.kernel.sheets.spreadsheet import FORMULA_STARTS, CellFaults, Spreadsheet, SpreadsheetRow
from market.kernel.text import find_foreign_letters, normalize_text, remove_separators
from payments.money import parse_yuan

_INTEGER = re.compile(r"-?[0-9]{1,15}")
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_MONTH = re.compile(r"([0-9]{4})[-/.年]?([0-9]{2})月?")
# asyncpg sends `date.min` and `date.max` as infinity, and `date.max` has no next day.
_FIRST_YEAR, _LAST_YEAR = 1900, 2999


def parse_fen(text: str) -> Fen | None:
    """Return an amount in yuan as fen, None if the text is no amount; accept `1,234.50` and `３８`."""
    return parse_yuan(normalize_code(text))


def normalize_code(text: str) -> str:
    """Return a code in half-width characters, without surrounding blanks and a spreadsheet's leading apostrophe."""
    if text.isascii() and text.isprintable():
        return text.strip().lstrip("'")
    return normalize_text(text).lstrip("'’")


class CellReader:
    """Reads the cells of one row; a cell that cannot be read adds a fault and sets `valid` to False."""

    def __init__(self, spreadsheet: Spreadsheet, row: SpreadsheetRow, faults: CellFaults) -> None:
        self.spreadsheet = spreadsheet
        self.row = row
        self.faults = faults
        self.valid = True

    def fault(self, name: str, message: str) -> None:
        """Add a fault of a cell; the message says what is expected."""
        self.valid = False
        self.faults.append(self.name_cell(name, message))

    def name_cell(self, name: str, message: str) -> CellFault:
        """Return what is to be said of a cell, with its row, header and text."""
        value = self.row.cells.get(name, "").strip()
        return CellFault(name, message, self.row.number, self.spreadsheet.headers.get(name, name), value)

    def raw(self, name: str) -> str:
        """Return the text of a cell without surrounding blanks; empty if it shows nothing or the file lacks the column.

        A spreadsheet's apostrophe shows nothing, nor do invisible characters: such a cell is read as an empty one.
        """
        written = self.row.cells.get(name, "").strip()
        return written if written and normalize_code(written) else ""

    def text(self, name: str, *, max_length: int = 60, required: bool = True) -> str:
        """Return the text as written, without control characters and the apostrophe before a formula's sign."""
        written = self.row.cells.get(name, "")
        written = written[1:] if written[:1] == "'" and written[1:].startswith(FORMULA_STARTS) else written
        text = written.strip() if written.isprintable() else normalize_text(written)
        if required and not text:
            self.fault(name, "不能空着")
        elif len(text) > max_length:
            self.fault(name, f"最多 {max_length} 个字")
        return text

    def code(self, name: str, *, max_length: int = 40, required: bool = True) -> str:
        """Return a code in half-width characters, of Chinese characters, Latin letters and digits."""
        text = normalize_code(self.row.cells.get(name, ""))
        if required and not text:
            self.fault(name, "不能空着")
        elif not text.isascii() and (foreign := find_foreign_letters(text)):
            self.fault(name, f"只能用汉字、英文字母和数字，“{foreign}”不是")
        elif len(text) > max_length:
            self.fault(name, f"最多 {max_length} 个字符")
        return text

    def day(self, name: str) -> date | None:
        """Return a required day."""
        written = normalize_code(self.row.cells.get(name, ""))
        if not written:
            self.fault(name, "不能空着，应是日期，例如 2019-01-31")
            return None
        return self._parse_day(name, written)

    def maybe_day(self, name: str) -> date | None:
        """Return a day, None if the cell is empty."""
        written = normalize_code(self.row.cells.get(name, ""))
        return self._parse_day(name, written) if written else None

    def _parse_day(self, name: str, written: str) -> date | None:
        match = _DAY.fullmatch(written)
        if match and not _FIRST_YEAR <= int(match[1]) <= _LAST_YEAR:
            self.fault(name, f"年份应在 {_FIRST_YEAR} 到 {_LAST_YEAR} 之间；没有这一天就空着")
            return None
        if match:
            try:
                return date(int(match[1]), int(match[2]), int(match[3]))
            except ValueError:
                pass
        self.fault(name, "应是日期，例如 2019-01-31")
        return None

    def past_day(self, name: str, today: date, *, required: bool = False) -> date | None:
        """Return a day that is not in the future, None if the cell is empty or wrong."""
        day = self.day(name) if required else self.maybe_day(name)
        if day is not None and day > today:
            self.fault(name, f"不能晚于今天 {today}")
            return None
        return day

    def listed(self, name: str, words: Sequence[str], *, required: bool = True) -> str:
        """Return a word of a list; an empty cell is a fault if `required`."""
        word = normalize_code(self.row.cells.get(name, ""))
        if word not in words and (word or required):
            self.fault(name, f"应是 {'、'.join(words)} 之一{'' if required else '，或者空着'}")
        return word

    def month(self, name: str, *, today: date, example: str = "2019-01") -> date | None:
        """Return the first day of a month, None if the cell is empty or wrong; the fault shows `example`.

        Spreadsheet programs make a day of a typed month, so a day is read as its month.
        """
        written = normalize_code(self.row.cells.get(name, ""))
        match = _MONTH.fullmatch(written) or _DAY.fullmatch(written)
        if match:
            try:
                return parse_month(f"{match[1]}-{match[2]}", today=today)
            except ValueError:
                pass
        self.fault(name, f"没有这个月份，应是 {example}")
        return None

    def fen(self, name: str, *, negative: bool = False) -> Fen | None:
        """Return an amount in fen; a blank cell is a fault, not 0."""
        written = normalize_code(self.row.cells.get(name, ""))
        if not written:
            self.fault(name, "空白不是 0，应写金额，例如 38.00")
            return None
        fen = parse_yuan(written)
        if fen is None:
            self.fault(name, "不是金额，应是最多两位小数的数字，例如 5.00")
        elif fen < 0 and not negative:
            self.fault(name, "不能是负数")
            return None
        return fen

    def integer(self, name: str, *, low: int, high: int) -> int | None:
        """Return an integer from `low` to `high`."""
        written = remove_separators(normalize_code(self.row.cells.get(name, "")))
        if _INTEGER.fullmatch(written) and low <= int(written) <= high:
            return int(written)
        self.fault(name, f"应是 {low} 到 {high} 的整数")
        return None

    def choice[V](self, name: str, words: Mapping[str, V]) -> V | None:
        """Return the value of a word of `words`."""
        value = words.get(normalize_code(self.row.cells.get(name, "")))
        if value is None:
            self.fault(name, f"应是 {'、'.join(words)} 之一")
        return value
