"""Pure rules: areas, product codes, and what a label's QR code states."""

import re
from urllib.parse import quote

from market.catalogue.trace.verify_label import LabelFacts
from market.kernel import divide_half_up
from market.kernel.text import normalize_text, remove_separators

_HUNDREDTHS_OF_MU = 100
_DECIMAL = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,3}))?")


def parse_grams(text: str) -> int | None:
    """Return a weight in kilograms, `120` or `120.5`, as grams; None if it is none or zero."""
    return _parse_decimal(text, 3)


def parse_area(text: str) -> int | None:
    """Return an area in 亩, `3` or `3.5`, as m²; None if it is none or zero."""
    hundredths = _parse_decimal(text, 2)
    return None if hundredths is None else compute_area_m2(hundredths)


def _parse_decimal(text: str, places: int) -> int | None:
    match = _DECIMAL.fullmatch(remove_separators(normalize_text(text)))
    if match is None or len(match[2] or "") > places:
        return None
    return int(match[1] + (match[2] or "").ljust(places, "0")) or None


def compute_area_m2(hundredths: int) -> int:
    """Return the area of hundredths of a 亩 in m², rounded half up: 1 亩 is 667 m².

    Source: 1 亩 is 2000/3 m² (国务院关于在我国统一实行法定计量单位的命令, as used in land surveys; 未核实).
    """
    return divide_half_up(hundredths * 20, 3)


def compute_hundredths_of_mu(area_m2: int) -> int:
    """Return an area in hundredths of a 亩, rounded half up; it undoes `compute_area_m2` exactly."""
    return divide_half_up(area_m2 * 3, 20)


def format_area(area_m2: int) -> str:
    """Return an area in 亩 without trailing zeros: 667 is `1 亩`, 1000 is `1.5 亩`."""
    whole, part = divmod(compute_hundredths_of_mu(area_m2), _HUNDREDTHS_OF_MU)
    decimals = f".{part:02d}".rstrip("0") if part else ""
    return f"{whole}{decimals} 亩"


def normalize_gtin(text: str) -> str | None:
    """Return a GTIN of 8, 12, 13 or 14 digits as 14 digits; None if it is none or its check digit is wrong.

    Source: GS1 General Specifications, section 7.9: weights 3 and 1 from the right, the sum a multiple of ten.
    """
    digits = text.replace(" ", "")
    if not digits.isascii() or not digits.isdigit() or len(digits) not in {8, 12, 13, 14}:
        return None
    padded = digits.zfill(14)
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(padded))
    return padded if total % 10 == 0 else None


def write_payload(facts: LabelFacts) -> str:
    """Return the signed part of a label; `verify_label.read_payload` reads it."""
    product = f"01/{facts.gtin}" if facts.gtin else "l"
    return (
        f"/{product}/10/{facts.lot}/21/{facts.serial}?3103={facts.grams:06d}&7007={facts.harvested_on:%y%m%d}"
        f"&p={facts.producer_number}&c={quote(facts.crop, safe='')}"
    )
