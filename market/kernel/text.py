"""Text as people type it: widths folded, blanks trimmed, nothing that a database or a page cannot hold."""

import re
import unicodedata

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_CHINESE_MARKS = re.compile(r"([，。！？：；（）、“”‘’《》…—～]+)")
_MOBILE = re.compile(r"1[3-9]\d{9}")


def fold(text: str) -> str:
    """Fold what is compared or computed with (NFKC: full-width letters, digits and marks), drop control marks, trim."""
    return _CONTROL.sub("", unicodedata.normalize("NFKC", text)).strip()


def clean(text: str) -> str:
    """Clean what people write to be read: as `fold`, but Chinese punctuation stays as it was typed."""
    parts = _CHINESE_MARKS.split(text)
    return _CONTROL.sub(
        "", "".join(p if n % 2 else unicodedata.normalize("NFKC", p) for n, p in enumerate(parts))
    ).strip()


def clean_phone(text: str) -> str | None:
    """Return the 11 digits of a mainland mobile number, or None.

    Takes `+86`, blanks, dashes, a spreadsheet's apostrophe and full-width digits.
    """
    digits = re.sub(r"[\s\-'’]", "", fold(text))
    digits = digits.removeprefix("+86").removeprefix("0086")
    return digits if _MOBILE.fullmatch(digits) else None


def mask_phone(phone: str) -> str:
    """Show a phone number as `138****5678`."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 7 else "****"  # noqa: PLR2004 - 3 + 4 digits stay visible


def mask_identity(number: str) -> str:
    """Show an identity number as `130624********9912`."""
    return f"{number[:6]}********{number[-4:]}" if len(number) >= 10 else "****"  # noqa: PLR2004 - 6 + 4 stay visible
