"""Units of sale as sellers write them (`5斤箱`, `30枚箱`, `500g袋`), parsed to weight or pieces.

Source: 斤 is 500 g and 两 50 g, 国务院关于在我国统一实行法定计量单位的命令 (1984) and 市制 since 1959.
"""

import re

from msgspec import Struct

from market.kernel import Fen, Refusal, divide_half_up
from market.kernel.text import normalize_text

MAX_UNIT_LENGTH = 20
_GRAMS = {
    "公斤": 1000,
    "千克": 1000,
    "kg": 1000,
    "斤": 500,
    "两": 50,
    "克": 1,
    "g": 1,
}
_COUNT_WORDS = "箱盒袋罐瓶包枚个只穗根条头棵颗对盆朵把副幅斤件桶篮份人亩院间张"
_PIECES = "枚个只穗根条头棵颗瓶罐包对盆朵把副幅"
_NUMBER = r"(?<![\d.])(\d{1,6})(?:\.(\d{1,6}))?"
_WEIGHT_WORD = r"(公斤|千克|kg|斤|两|克|g)(?![a-z])"
_COUNT_WORD = rf"([{_PIECES}])(?=.)"
_WEIGHT = re.compile(_NUMBER + _WEIGHT_WORD, re.IGNORECASE)
_COUNT = re.compile(rf"(?<![\d.])(\d{{1,5}}){_COUNT_WORD}")
_ANY_WEIGHT = re.compile(rf"\d{_WEIGHT_WORD}", re.IGNORECASE)
_ANY_COUNT = re.compile(rf"\d{_COUNT_WORD}")
_SIGNED_NUMBER = re.compile(r"(?<!\d)[-+−–]\d")
_BARE_WEIGHT = re.compile(r"(公斤|千克|kg|斤|两|克)", re.IGNORECASE)
MAX_NET_G = 1_000_000
_BOX_BP = 1200
_BAG_BP = 500
_WHOLE = 10_000
_MILLION = 1_000_000


class Unit(Struct, frozen=True):
    """A unit of sale; `net_g` and `pieces` are None if the text does not state them."""

    text: str
    net_g: int | None
    pieces: int | None

    @property
    def gross_g(self) -> int:
        """The estimated gross weight in grams, rounded up: net plus 12% for a box, 5% otherwise.

        0 if the net weight is unknown. The seller may replace the estimate.
        """
        if self.net_g is None:
            return 0
        extra_bp = _BOX_BP if any(word in self.text for word in ("箱", "盒", "罐", "瓶")) else _BAG_BP
        return -(-self.net_g * (_WHOLE + extra_bp) // _WHOLE)


class BadUnit(Refusal):
    """The unit cannot be parsed."""

    code = "bad_unit"
    status = 422
    zh = "单位请写成 5斤箱、30枚箱、500g袋、斤 这样。"
    en = "Write the unit like 5斤箱, 30枚箱, 500g袋 or 斤."


def _parse_grams(whole: str, fraction: str | None, per: int) -> int | None:
    """Return whole grams, or None if the number is not a whole number of grams."""
    millionths = int(whole) * _MILLION + int((fraction or "").ljust(6, "0"))
    grams, remainder = divmod(millionths * per, _MILLION)
    return None if remainder else grams


def parse_unit(text: str) -> Unit:
    """Parse a unit of sale.

    Raises:
        BadUnit: it is empty or too long, its weight is zero, not in whole grams or above a tonne, or a number is signed
            or cannot be read.
    """
    unit = normalize_text(text).replace(" ", "")
    if not 0 < len(unit) <= MAX_UNIT_LENGTH or _SIGNED_NUMBER.search(unit):
        raise BadUnit
    pieces_match = _COUNT.search(unit)
    pieces = int(pieces_match.group(1)) if pieces_match else None
    weight = _WEIGHT.search(unit)
    if (weight is None and _ANY_WEIGHT.search(unit)) or (pieces is None and _ANY_COUNT.search(unit)):
        raise BadUnit
    if weight:
        net_g = _parse_grams(weight.group(1), weight.group(2), _GRAMS[weight.group(3).lower()])
        if net_g is None or not 0 < net_g <= MAX_NET_G:
            raise BadUnit
    else:
        bare = _BARE_WEIGHT.fullmatch(unit)
        net_g = _GRAMS[bare.group(1).lower()] if bare else None
    if pieces == 0:
        raise BadUnit
    return Unit(unit, net_g, pieces)


def get_count_word(unit: str) -> str:
    """Return the measure word by which items of a unit are counted: `5斤箱` → `箱`."""
    last = unit[-1:]
    return last if last in _COUNT_WORDS else "份"


def compute_price_per_kg(price: Fen, net_g: int) -> Fen:
    """Return the price per kilogram in fen, rounded once, half up."""
    return Fen(divide_half_up(price * 1000, net_g))


def _format_thousandths(value: int) -> str:
    whole, rest = divmod(value, 1000)
    return f"{whole:,}{f'.{rest:03d}'.rstrip('0').rstrip('.')}"


def format_weight(grams: int) -> str:
    """Write a weight with 斤 beside 公斤: 2500 → `2.5 公斤（5 斤）`; under one 斤 in grams: `250 克`."""
    if grams < _GRAMS["斤"]:
        return f"{grams} 克"
    return f"{_format_thousandths(grams)} 公斤（{_format_thousandths(grams * 2)} 斤）"
