"""Normalization of user input: full-width forms, whitespace, control characters, phone numbers; and masking."""

import re
import unicodedata
from operator import mul

from market.kernel.lookalikes import INVISIBLE, LETTERS, SHAPES, SIMPLIFIED

# The selector that makes a sign an emoji is kept behind a sign: ❤️ is not ❤.
_CONTROL = re.compile(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{INVISIBLE}]|(?<![\u203c-\u3299\U0001f000-\U0001faff])\ufe0f")
# Nearly all cells of a county's files: NFKC changes nothing in them, and nothing in them is removed.
_PLAIN = re.compile(r"[\x20-\x7e\u4e00-\u9fff]*")
_CHINESE_MARKS = re.compile(r"([，。！？：；（）、“”‘’《》…—～]+)")
_PHONE_SIGNS = re.compile(r"[\s\-'’]")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
# Chinese characters, Latin letters and digits, and signs of punctuation; no symbol that looks like a character.
_WRITTEN_HERE = re.compile(r"[\x20-\x7e\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af]")
_GROUPED = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_GAPS = re.compile(r"[\s\W_]+")
_LONG_NUMBER = re.compile(r"\d(?:[\s-]?\d){4,}")
_OLD_IDENTITY_NUMBER = re.compile(r"[1-9][0-9]{7}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[0-9]{3}")
_IDENTITY_NUMBER = re.compile(r"[1-9][0-9]{16}[0-9X]")
_IDENTITY_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_IDENTITY_CHECK_DIGITS = "10X98765432"


def normalize_text(text: str) -> str:
    """Return text for comparison or parsing: NFKC (full-width to ASCII), control characters removed, trimmed."""
    if _PLAIN.fullmatch(text):
        return text.strip()
    return _CONTROL.sub("", unicodedata.normalize("NFKC", text)).strip()


def fold_text(text: str) -> str:
    """Return text to search for words, in small letters, without whitespace, punctuation and accents.

    Traditional characters are simplified, and letters that look like Latin ones are those.
    """
    plain = unicodedata.normalize("NFKD", normalize_text(text)).translate(SIMPLIFIED).translate(LETTERS).lower()
    return _GAPS.sub("", plain.translate(LETTERS))


def fold_shape(text: str) -> str:
    """Return what a name looks like: as `fold_text`, and what looks alike is one: 0 and o; 1, i and l; m and rn.

    It is compared and never shown; two names of one shape are taken for each other. Source: Unicode Technical
    Standard 39, section 4 (skeleton), with Chinese in its simplified form.
    """
    return fold_text(text).translate(SHAPES).replace("rn", "m")


def remove_separators(number: str) -> str:
    """Return a number without its separators of thousands: `1,200` is `1200`; other commas stay, as in `80,5`."""
    return number.replace(",", "") if _GROUPED.fullmatch(number) else number


def normalize_digits(code: str) -> str:
    """Return a code as it is compared: full-width digits as ASCII, without the gaps that people write (`482 913`)."""
    return "".join(normalize_text(code).split())


def find_foreign_letters(text: str) -> str:
    """Return each letter, digit or symbol of a text that is neither Chinese nor of ASCII, after NFKC, each once.

    A Cyrillic Н is no H, and a katakana ニ is no 二: they look alike and are compared as others.
    """
    if _PLAIN.fullmatch(text):
        return ""
    letters = dict.fromkeys(normalize_text(text))
    return "".join(c for c in letters if not _WRITTEN_HERE.match(c) and unicodedata.category(c)[0] not in "PZ")


def fold_identifier(value: str) -> str:
    """Return the form in which identifiers are compared: small letters and digits alone.

    Width, case, blanks, dashes and other signs make no other account, card or device, nor does the name of the
    algorithm before a hash (`h1:`).
    """
    digest = (value if value.isascii() else normalize_text(value)).rpartition(":")[2]
    return (digest if digest.isalnum() else "".join(filter(str.isalnum, digest))).lower() or value


def clean_text(text: str) -> str:
    """Return text for display: as `normalize_text`, but Chinese punctuation is kept."""
    parts = _CHINESE_MARKS.split(text)
    return _CONTROL.sub(
        "", "".join(p if n % 2 else unicodedata.normalize("NFKC", p) for n, p in enumerate(parts))
    ).strip()


def clean_name(text: str) -> str:
    """Return a name on one line for display, without invisible and direction-changing characters."""
    visible = "".join(" " if c.isspace() else c for c in clean_text(text) if c.isspace() or c.isprintable())
    return " ".join(visible.split())


def normalize_phone(text: str) -> str | None:
    """Return the 11 digits of a mainland mobile number, or None.

    Accepts `+86`, spaces, dashes, a spreadsheet's leading apostrophe and full-width digits.
    """
    digits = _PHONE_SIGNS.sub("", normalize_text(text))
    digits = digits.removeprefix("+86").removeprefix("0086")
    return digits if _MOBILE.fullmatch(digits) else None


def normalize_identity_number(text: str) -> str | None:
    """Return the 18 characters of an identity number, or None if its check digit is wrong. Source: GB 11643-1999.

    Accepts blanks, a small x, a spreadsheet's leading apostrophe and full-width digits. A number of 15 digits is
    returned as the one of 18 of the same person: its century and check digit are added.
    """
    number = normalize_text(text).lstrip("'’").upper().replace(" ", "")
    if _OLD_IDENTITY_NUMBER.fullmatch(number):
        number = f"{number[:6]}19{number[6:]}"
        return number + _compute_identity_digit(number)
    if not _IDENTITY_NUMBER.fullmatch(number):
        return None
    return number if _compute_identity_digit(number) == number[17] else None


def _compute_identity_digit(number: str) -> str:
    total = sum(map(mul, map(int, number[:17]), _IDENTITY_WEIGHTS))
    return _IDENTITY_CHECK_DIGITS[total % 11]


def mask_phone(phone: str) -> str:
    """Return a phone number masked as `138****5678`."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 7 else "****"


def mask_long_numbers(text: str) -> str:
    """Return a text with each run of five digits or more replaced: telephones and codes that others wrote into it."""
    return _LONG_NUMBER.sub("…", text)


def mask_identity_number(number: str) -> str:
    """Return an identity number masked as `130624********9912`."""
    return f"{number[:6]}********{number[-4:]}" if len(number) >= 10 else "****"
