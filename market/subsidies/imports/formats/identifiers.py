"""Accounts, and numbers of SIM cards and devices, in the form in which they are stored."""

import re

from market.kernel.text import normalize_text

_SEPARATORS = re.compile(r"[\s-]")
_BLANKS = re.compile(r"\s")
_DASHES = re.compile(r"[\u2010-\u2015\u2212]")
_ACCOUNT = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{2,63}")
_ICCID = re.compile(r"[0-9A-F]{19,20}")
_IMEI = re.compile(r"[0-9]{14,16}")
# Operators may send a hash, with or without a prefix, in place of the number.
_HASH = re.compile(r"[A-Za-z][A-Za-z0-9]{0,9}:[0-9A-Za-z+/=_-]{1,64}|[0-9A-Fa-f]{32,64}")
_HEX = re.compile(r"[0-9A-Fa-f]+")


def compute_luhn_digit(digits: str) -> str:
    """Return the check digit that ends numbers of cards and devices. Source: ISO/IEC 7812-1, annex B."""
    doubled = [2 * int(digit) for digit in digits[::-2]]
    total = sum(each - 9 if each > 9 else each for each in doubled) + sum(int(digit) for digit in digits[-2::-2])
    return str(-total % 10)


def normalize_sim(text: str) -> str | None:
    """Return an ICCID with 20 digits, a hash, or None if it is neither.

    Blanks, dashes, case and a filling F do not matter; an ICCID of 19 digits gets its check digit. Source: ITU-T E.118.
    """
    code = normalize_text(text).lstrip("'’")
    if _HASH.fullmatch(code):
        return _normalize_hash(code)
    number = _SEPARATORS.sub("", code).upper()
    number = number.removesuffix("F") if len(number) == 20 else number
    if not _ICCID.fullmatch(number):
        return None
    return number + compute_luhn_digit(number) if len(number) == 19 and number.isdecimal() else number


def normalize_device(text: str) -> str | None:
    """Return an IMEI with 15 digits, a hash, or None if it is neither.

    The check digit is computed, because networks send 0 in its place; the software version that ends the form of 16
    digits is left out. Source: 3GPP TS 23.003, clause 6.2.
    """
    code = normalize_text(text).lstrip("'’")
    digits = _SEPARATORS.sub("", code)
    if _IMEI.fullmatch(digits):
        return digits[:14] + compute_luhn_digit(digits[:14])
    return _normalize_hash(code) if _HASH.fullmatch(code) else None


def normalize_account(text: str) -> str | None:
    """Return an account of 3 to 64 letters, digits or - _ . @ as written, without blanks, or None if it is none."""
    account = _BLANKS.sub("", _DASHES.sub("-", normalize_text(text).lstrip("'’")))
    return account if _ACCOUNT.fullmatch(account) else None


def _normalize_hash(code: str) -> str:
    """Return a hash in small letters if it is hexadecimal; the letters of other forms differ by case."""
    prefix, colon, digest = code.rpartition(":")
    return prefix.lower() + colon + (digest.lower() if _HEX.fullmatch(digest) else digest)
