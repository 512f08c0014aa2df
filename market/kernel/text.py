"""Text as people type it: widths folded, blanks trimmed, nothing that a database or a page cannot hold."""

import re
import unicodedata

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_MOBILE = re.compile(r"1[3-9]\d{9}")


def clean(text: str) -> str:
    """Fold full-width letters and digits (NFKC), drop control and direction marks, trim blanks."""
    return _CONTROL.sub("", unicodedata.normalize("NFKC", text)).strip()


def clean_phone(text: str) -> str | None:
    """Return the 11 digits of a mainland mobile number, or None.

    Takes `+86`, blanks, dashes, a spreadsheet's apostrophe and full-width digits.
    """
    digits = re.sub(r"[\s\-'’]", "", clean(text))
    digits = digits.removeprefix("+86").removeprefix("0086")
    return digits if _MOBILE.fullmatch(digits) else None


def mask_phone(phone: str) -> str:
    """Show a phone number as `138****5678`."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 7 else "****"  # noqa: PLR2004 - 3 + 4 digits stay visible


def mask_identity(number: str) -> str:
    """Show an identity number as `130624********9912`."""
    return f"{number[:6]}********{number[-4:]}" if len(number) >= 10 else "****"  # noqa: PLR2004 - 6 + 4 stay visible
