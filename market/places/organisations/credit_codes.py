"""统一社会信用代码: the code of every organisation, with a check character."""

import re

from market.kernel.text import normalize_text

_CREDIT_CODE = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
_CREDIT_DIGITS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def is_credit_code(code: str) -> bool:
    """Return whether a unified social credit code has its check character; `is_credit_code` of SQL is the same.

    Source: GB 32100-2015: weights 3^(n-1) mod 31, check = 31 - sum mod 31.
    """
    if not _CREDIT_CODE.fullmatch(code):
        return False
    total = sum(_CREDIT_DIGITS.index(digit) * pow(3, n, 31) for n, digit in enumerate(code[:17]))
    return _CREDIT_DIGITS[-total % 31] == code[17]


def normalize_credit_code(text: str) -> str:
    """Return a code as typed in half-width capitals without blanks."""
    return "".join(normalize_text(text).split()).upper()


def get_registration_county(code: str) -> str:
    """Return the six digits of where an organisation is registered. Source: GB 32100-2015, digits 3 to 8."""
    return code[2:8]
