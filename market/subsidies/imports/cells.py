"""Parse the text of a cell to a value, or report a fault that says what is expected."""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from market.kernel import Fen
from market.kernel.clock import parse_month
from market.kernel.text import find_foreign_letters, normalize_identity_number, normalize_phone, normalize_text
from market.sheets.models import CellFault
from market.sheets.spreadsheet import FORMULA_STARTS, CellFaults, Spreadsheet, SpreadsheetRow
from market.subsidies.imports.identifiers import normalize_account, normalize_device, normalize_sim
from market.subsidies.line_codes import is_stored_code
from market.subsidies.names import KIND_NAMES, ServiceKind, describe_kinds
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


class RowReader:
    """Reads the cells of one row; a cell that cannot be read adds a fault and sets `valid` to False."""

    def __init__(self, spreadsheet: Spreadsheet, row: SpreadsheetRow, faults: CellFaults) -> None:
        self.spreadsheet = spreadsheet
        self.row = row
        self.faults = faults
        self.valid = True

    def fault(self, name: str, message: str) -> None:
        """Add a fault of a cell; the message says what is expected."""
        self.valid = False
        value = self.row.cells.get(name, "")
        self.faults.append(
            CellFault(name, message, self.row.number, self.spreadsheet.headers.get(name, name), value.strip())
        )

    def raw(self, name: str) -> str:
        """Return the text of a cell without surrounding blanks; empty if it shows nothing or the file lacks the column.

        A spreadsheet's apostrophe shows nothing, nor do invisible characters: such a cell is read as an empty one.
        """
        written = self.row.cells.get(name, "").strip()
        return written if normalize_code(written) else ""

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

    def person(self, name: str) -> str:
        """Return the name of a person, empty if the cell is: a letter of another script hides whose name it is."""
        text = self.text(name, required=False)
        if not text.isascii() and (foreign := find_foreign_letters(text)):
            self.fault(name, f"按身份证写汉字，“{foreign}”不是汉字")
        return text

    def household(self, name: str = "household", *, required: bool = True) -> str:
        """Return the code of a household in capitals: h01 and H01 are one."""
        return self.code(name, required=required).upper()

    def line(self) -> str:
        """Return the county's code of a line (业务编号)."""
        code = self.code("line")
        if is_stored_code(code):
            self.fault("line", "换一个编号；# 加数字的这种写法系统自己要用")
        return code

    def programme(self, programmes: Mapping[str, Sequence[ServiceKind]], kind: ServiceKind | None = None) -> str:
        """Return the code of a programme that is for services of the `kind`; `programmes` has the kinds of each."""
        programme = self.code("programme")
        if programme and programme not in programmes:
            self.fault("programme", f"没有这个项目，应是 {'、'.join(programmes)}")
        elif programme and kind is not None and kind not in programmes[programme]:
            self.fault(
                "programme", f"{programme} 只用于{describe_kinds(programmes[programme])}，这是{KIND_NAMES[kind]}"
            )
        return programme

    def day(self, name: str) -> date | None:
        """Return a required day."""
        if not self.raw(name):
            self.fault(name, "不能空着，应是日期，例如 2019-01-31")
            return None
        return self.maybe_day(name)

    def maybe_day(self, name: str) -> date | None:
        """Return a day, None if the cell is empty."""
        written = normalize_code(self.row.cells.get(name, ""))
        if not written:
            return None
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
        if not self.raw(name):
            self.fault(name, "空白不是 0，应写金额，例如 38.00")
            return None
        fen = parse_fen(self.row.cells[name])
        if fen is None:
            self.fault(name, "不是金额，应是最多两位小数的数字，例如 5.00")
        elif fen < 0 and not negative:
            self.fault(name, "不能是负数")
            return None
        return fen

    def integer(self, name: str, *, low: int, high: int) -> int | None:
        """Return an integer from `low` to `high`."""
        written = normalize_code(self.row.cells.get(name, "")).replace(",", "")
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

    def identity(self, name: str) -> str:
        """Return an identity number, empty if it is wrong."""
        number = normalize_identity_number(self.row.cells.get(name, ""))
        if number is None:
            self.fault(name, "应是 18 位公民身份号码，校验位要对")
        return number or ""

    def sim(self, name: str) -> str | None:
        """Return a normalised ICCID, None if the cell is empty or wrong."""
        sim = normalize_sim(self.raw(name))
        if self.raw(name) and sim is None:
            self.fault(name, "卡号是 19 或 20 位数字")
        return sim

    def device(self, name: str) -> str | None:
        """Return a normalised IMEI or its hash, None if the cell is empty or wrong."""
        device = normalize_device(self.raw(name))
        if self.raw(name) and device is None:
            self.fault(name, "设备标识是 14 到 16 位的 IMEI，或运营商给的代码")
        return device

    def number(self, name: str, kind: ServiceKind | None) -> str:
        """Return a phone number of 11 digits, or the account of another service; empty if it is wrong."""
        written = self.row.cells.get(name, "")
        if kind is ServiceKind.MOBILE:
            phone = normalize_phone(written)
            if phone is None:
                self.fault(name, "手机号码是 11 位数字，例如 17000000302")
            return phone or ""
        account = normalize_account(written)
        if account is None:
            self.fault(name, "账号是 3 到 64 个字母、数字或 - _ . @")
        return account or ""
