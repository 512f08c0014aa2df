"""From the text of a cell to a value, or to a fault that says what would be right."""

import re
from collections.abc import Mapping
from datetime import date

from market.kernel import Fen
from market.kernel.clock import parse_month
from market.kernel.text import clean_phone, fold
from market.subsidies.models import CellFault
from market.subsidies.sheets import Row, Sheet
from market.subsidies.words import Kind

_AMOUNT = re.compile(r"-?(?:[0-9]{1,10}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.[0-9]{1,2})?")
_INTEGER = re.compile(r"-?[0-9]{1,15}")
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")
_MONTH = re.compile(r"([0-9]{4})[-/.年]?([0-9]{2})月?")
# The driver sends the first and the last date of all as infinity, and the last has no next day.
_FIRST_YEAR, _LAST_YEAR = 1900, 2999
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{2,63}")
_IDENTITY = re.compile(r"[1-9][0-9]{16}[0-9X]")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_DIGITS = "10X98765432"


def fen_of(text: str) -> Fen | None:
    """Return an amount in yuan with at most two decimals as fen, or None; takes `1,234.50` and full-width digits."""
    plain = tidy(text)
    if not _AMOUNT.fullmatch(plain):
        return None
    negative = plain.startswith("-")
    whole, _, part = plain.lstrip("-").replace(",", "").partition(".")
    fen = int(whole) * 100 + int(part.ljust(2, "0") or 0)
    return Fen(-fen if negative else fen)


def tidy(text: str) -> str:
    """Return the text as code: widths folded, a spreadsheet's apostrophe and blanks around dropped."""
    if text.isascii() and text.isprintable():
        return text.strip().lstrip("'")
    return fold(text).lstrip("'’")


def identity_of(text: str) -> str | None:
    """Return an 18-character identity number whose check digit fits, or None. Source: GB 11643-1999."""
    number = tidy(text).upper().replace(" ", "")
    if not _IDENTITY.fullmatch(number):
        return None
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return number if _CHECK_DIGITS[total % 11] == number[17] else None


class RowReader:
    """Reads the cells of one row; what cannot be read is noted, and `sound` turns false."""

    def __init__(self, sheet: Sheet, row: Row, faults: list[CellFault]) -> None:
        self.sheet = sheet
        self.row = row
        self.faults = faults
        self.sound = True

    def fault(self, name: str, message: str) -> None:
        """Note a fault of a cell, and what would be right."""
        self.sound = False
        value = self.row.cells.get(name, "")
        self.faults.append(CellFault(name, message, self.row.number, self.sheet.heads.get(name, name), value.strip()))

    def raw(self, name: str) -> str:
        """Return a cell as it was written, blanks around dropped; empty where the file lacks the column."""
        return self.row.cells.get(name, "").strip()

    def text(self, name: str, *, most: int = 60, needed: bool = True) -> str:
        """Return words as they were written, control marks dropped."""
        written = self.row.cells.get(name, "")
        text = written.strip() if written.isprintable() else fold(written)
        if needed and not text:
            self.fault(name, "不能空着")
        elif len(text) > most:
            self.fault(name, f"最多 {most} 个字")
        return text

    def code(self, name: str, *, most: int = 40, needed: bool = True) -> str:
        """Return a code, widths folded."""
        text = tidy(self.row.cells.get(name, ""))
        if needed and not text:
            self.fault(name, "不能空着")
        elif len(text) > most:
            self.fault(name, f"最多 {most} 个字符")
        return text

    def day(self, name: str) -> date | None:
        """Return a day that must be there."""
        if not self.raw(name):
            self.fault(name, "不能空着，应是日期，例如 2019-01-31")
            return None
        return self.maybe_day(name)

    def maybe_day(self, name: str) -> date | None:
        """Return a day, None where the cell is empty."""
        written = tidy(self.row.cells.get(name, ""))
        if not written:
            return None
        found = _DAY.fullmatch(written)
        if found and not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
            self.fault(name, f"年份应在 {_FIRST_YEAR} 到 {_LAST_YEAR} 之间；没有这一天就空着")
            return None
        if found:
            try:
                return date(int(found[1]), int(found[2]), int(found[3]))
            except ValueError:
                pass
        self.fault(name, "应是日期，例如 2019-01-31")
        return None

    def month(self, name: str, *, right: str = "2019-01") -> date | None:
        """Return a month's first day, None where the cell is empty or wrong."""
        found = _MONTH.fullmatch(tidy(self.row.cells.get(name, "")))
        if found:
            try:
                return parse_month(f"{found[1]}-{found[2]}")
            except ValueError:
                pass
        self.fault(name, f"没有这个月份，应是 {right}")
        return None

    def fen(self, name: str, *, negative: bool = False) -> Fen | None:
        """Return an amount in fen; blank is a fault, for blank is not 0."""
        if not self.raw(name):
            self.fault(name, "空白不是 0，应写金额，例如 38.00")
            return None
        fen = fen_of(self.row.cells[name])
        if fen is None:
            self.fault(name, "不是金额，应是最多两位小数的数字，例如 5.00")
        elif fen < 0 and not negative:
            self.fault(name, "不能是负数")
            return None
        return fen

    def integer(self, name: str, *, low: int, high: int) -> int | None:
        """Return a whole number between two bounds."""
        written = tidy(self.row.cells.get(name, "")).replace(",", "")
        if _INTEGER.fullmatch(written) and low <= int(written) <= high:
            return int(written)
        self.fault(name, f"应是 {low} 到 {high} 的整数")
        return None

    def choice[V](self, name: str, words: Mapping[str, V]) -> V | None:
        """Return what the word stands for."""
        value = words.get(tidy(self.row.cells.get(name, "")))
        if value is None:
            self.fault(name, f"应是 {'、'.join(words)} 之一")
        return value

    def identity(self, name: str) -> str:
        """Return an identity number, empty where it is wrong."""
        number = identity_of(self.row.cells.get(name, ""))
        if number is None:
            self.fault(name, "应是 18 位公民身份号码，校验位要对")
        return number or ""

    def number(self, name: str, kind: Kind | None) -> str:
        """Return a phone number of 11 digits, or the account of another service; empty where it is wrong."""
        written = self.row.cells.get(name, "")
        if kind is Kind.MOBILE:
            phone = clean_phone(written)
            if phone is None:
                self.fault(name, "手机号码是 11 位数字，例如 17000000302")
            return phone or ""
        account = tidy(written)
        if not _ACCOUNT.fullmatch(account):
            self.fault(name, "账号是 3 到 64 个字母、数字或 - _ . @")
            return ""
        return account
