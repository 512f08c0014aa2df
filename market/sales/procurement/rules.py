"""Pure rules of purchases: the payer's code, quantities of lines, the least quota of a year."""

import re
from collections.abc import Sequence
from uuid import UUID

from market.kernel import Fen, FieldFault
from market.kernel.text import clean_text, normalize_text
from market.sales.procurement.models import (
    MAX_REASON_LENGTH,
    AcceptanceCheck,
    CheckItem,
    LineQuantity,
    PurchaseInvalid,
    PurchaseLine,
    SellerInvoice,
)
from payments.money import BASIS_POINTS

_PREFIX = "CG"
_CODE = re.compile(rf"{_PREFIX}[0-9]{{3,20}}")
"""With a number that the database can hold, of one digit at least, and its two check digits."""
_INVOICE_DIGITS = 20


def make_payer_code(number: int) -> str:
    """Return what the unit writes into the remark of its transfer: the order's number and two check digits.

    Source: ISO/IEC 7064, MOD 97-10: the number with its check digits is 1 modulo 97.
    """
    return f"{_PREFIX}{number}{98 - number * 100 % 97:02d}"


def normalize_payer_code(text: str) -> str:
    """Return a code as a bank's statement has it, without blanks and signs, in capitals."""
    return "".join(each for each in normalize_text(text).upper() if each.isascii() and each.isalnum())


def is_payer_code(code: str) -> bool:
    """Return whether a normalised code has its check digits."""
    return _CODE.fullmatch(code) is not None and int(code.removeprefix(_PREFIX)) % 97 == 1


def get_order_number(code: str) -> int:
    """Return the number of the order in a normalised payer's code that has its check digits."""
    return int(code.removeprefix(_PREFIX)[:-2])


def compute_least_quota(*, canteen_fen: int, ratio_bp: int) -> Fen:
    """Return the least quota of a year's canteen purchases: the share, rounded up to the fen (the villages gain)."""
    return Fen(-(-canteen_fen * ratio_bp // BASIS_POINTS))


def check_quantities(wanted: Sequence[LineQuantity], lines: Sequence[PurchaseLine], *, most: str) -> dict[UUID, int]:
    """Return the quantity of each line: every line once, from zero to what was ordered or delivered (`most`).

    Raises:
        PurchaseInvalid: a line is missing, unknown or named twice, or a quantity is out of range.
    """
    faults: list[FieldFault] = []
    limits = {each.line_id: each.ordered if most == "ordered" else each.delivered or 0 for each in lines}
    found: dict[UUID, int] = {}
    for index, each in enumerate(wanted):
        limit = limits.get(each.line_id)
        if limit is None or each.line_id in found:
            faults.append(FieldFault(f"lines[{index}].line_id", "这一单里没有这一行，或者写了两遍"))
        elif not 0 <= each.quantity <= limit:
            words = "订的" if most == "ordered" else "送到的"
            faults.append(FieldFault(f"lines[{index}].quantity", f"写 0 到 {limit} 的整数，不能比{words}多"))
        found[each.line_id] = each.quantity
    if not faults and len(found) != len(limits):
        faults.append(FieldFault("lines", "每一行都要写，没有的写 0"))
    if faults:
        raise PurchaseInvalid(errors=tuple(faults))
    return found


def check_acceptance(checks: Sequence[AcceptanceCheck]) -> list[AcceptanceCheck]:
    """Return the three checks with cleaned notes.

    Raises:
        PurchaseInvalid: one is missing or named twice, or a failed one has no note.
    """
    faults: list[FieldFault] = []
    if sorted(each.item for each in checks) != sorted(CheckItem):
        faults.append(FieldFault("checks", "规格、服务、安全三项都要写，各一次"))
    cleaned: list[AcceptanceCheck] = []
    for index, each in enumerate(checks):
        note = clean_text(each.note)
        if len(note) > MAX_REASON_LENGTH or (not each.passed and not note):
            faults.append(FieldFault(f"checks[{index}].note", f"不合格的写明白哪里不合格，最多 {MAX_REASON_LENGTH} 字"))
        cleaned.append(AcceptanceCheck(item=each.item, passed=each.passed, note=note))
    if faults:
        raise PurchaseInvalid(errors=tuple(faults))
    return cleaned


def list_number_faults(invoice: SellerInvoice) -> tuple[str, list[FieldFault]]:
    """Return the number of an invoice without spaces, and what is wrong with it; it begins with the year of issue."""
    digits = "".join(normalize_text(invoice.number).split())
    if len(digits) != _INVOICE_DIGITS or not (digits.isascii() and digits.isdecimal()):
        return digits, [FieldFault("number", f"号码是 {_INVOICE_DIGITS} 位数字，在发票右上角")]
    if digits[:2] != str(invoice.issued_on.year)[-2:]:
        return digits, [FieldFault("number", "号码的头两位是开票的年份，和日期对不上")]
    return digits, []
