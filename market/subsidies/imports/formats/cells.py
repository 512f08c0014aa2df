"""The cells of subsidy files: persons, households, lines and their identifiers."""

from collections.abc import Mapping, Sequence

from market.kernel.sheets.cells import CellReader
from market.kernel.text import find_foreign_letters, normalize_identity_number, normalize_phone
from market.subsidies.imports.formats.identifiers import normalize_account, normalize_device, normalize_sim
from market.subsidies.line_codes import is_stored_code
from market.subsidies.names import KIND_NAMES, ServiceKind, describe_kinds


class RowReader(CellReader):
    """Reads the cells of one row of a subsidy file."""

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
