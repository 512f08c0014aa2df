"""Numbers of SIM cards and devices, in the one form in which they are compared and stored."""

import re

from market.kernel.text import normalize_text

_SEPARATORS = re.compile(r"[\s-]")
_ICCID = re.compile(r"[0-9A-F]{19,20}")
_IMEI = re.compile(r"[0-9]{14,16}")
# Operators may send a hash, with or without a prefix, in place of the number.
_HASH = re.compile(r"[a-z][a-z0-9]{0,9}:[0-9A-Za-z+/=_-]{1,64}|[0-9a-f]{32,64}")


def compute_luhn_digit(digits: str) -> str:
    """Return the check digit that ends numbers of cards and devices. Source: ISO/IEC 7812-1, annex B."""
    doubled = [2 * int(digit) for digit in digits[::-2]]
    total = sum(each - 9 if each > 9 else each for each in doubled) + sum(int(digit) for digit in digits[-2::-2])
    return str(-total % 10)


def normalize_sim(text: str) -> str | None:
    """Return an ICCID with 20 digits, a hash as it is, or None if it is neither.

    Blanks, dashes, case and a filling F do not matter; an ICCID of 19 digits gets its check digit. Source: ITU-T E.118.
    """
    code = normalize_text(text).lstrip("'’")
    if _HASH.fullmatch(code):
        return code
    number = _SEPARATORS.sub("", code).upper()
    number = number.removesuffix("F") if len(number) == 20 else number
    if not _ICCID.fullmatch(number):
        return None
    return number + compute_luhn_digit(number) if len(number) == 19 and number.isdecimal() else number


def normalize_device(text: str) -> str | None:
    """Return an IMEI with 15 digits, a hash as it is, or None if it is neither.

    The check digit is computed, because networks send 0 in its place; the software version that ends the form of 16
    digits is left out. Source: 3GPP TS 23.003, clause 6.2.
    """
    code = normalize_text(text).lstrip("'’")
    digits = _SEPARATORS.sub("", code)
    if _IMEI.fullmatch(digits):
        return digits[:14] + compute_luhn_digit(digits[:14])
    return code if _HASH.fullmatch(code) else None
