"""Units of sale as people write them (`5斤箱`, `30枚箱`, `500g袋`), read as weight or pieces.

Source: 斤 is 500 g and 两 50 g, 国务院关于在我国统一实行法定计量单位的命令 (1984) and 市制 since 1959.
"""

import re

from msgspec import Struct

from market.kernel import Fen, Refusal, ratio_half_up
from market.kernel.text import fold

LONGEST = 20
_GRAMS = {
    "公斤": 1000,
    "千克": 1000,
    "kg": 1000,
    "斤": 500,
    "两": 50,
    "克": 1,
    "g": 1,
}
_PIECES = "枚个只穗根条头棵颗瓶罐包对盆朵把副幅"
_NUMBER = r"(?<![\d.])(\d{1,6})(?:\.(\d{1,6}))?"
_WEIGHT = re.compile(_NUMBER + r"\s*(公斤|千克|kg|斤|两|克|g)(?![a-z])", re.IGNORECASE)
_COUNT = re.compile(rf"(\d{{1,5}})\s*([{_PIECES}])(?=.)")
_BARE_WEIGHT = re.compile(r"(公斤|千克|kg|斤|两|克)", re.IGNORECASE)
_HEAVIEST_G = 1_000_000
_BOX_BP = 1200
_BAG_BP = 500
_WHOLE = 10_000
_MILLION = 1_000_000


class Unit(Struct, frozen=True):
    """A unit of sale: its net weight where it has one, the pieces it holds where they are counted."""

    text: str
    net_g: int | None
    pieces: int | None

    @property
    def gross_g(self) -> int:
        """The estimated weight of the parcel in grams, rounded up: net and 12% for a box, 5% otherwise.

        0 where the net weight is not known. An estimate of ours, that the seller may replace.
        """
        if self.net_g is None:
            return 0
        extra_bp = _BOX_BP if any(word in self.text for word in ("箱", "盒", "罐", "瓶")) else _BAG_BP
        return -(-self.net_g * (_WHOLE + extra_bp) // _WHOLE)


class BadUnit(Refusal):
    """The unit cannot be read as something that is sold."""

    code = "bad_unit"
    status = 422
    zh = "单位请写成 5斤箱、30枚箱、500g袋、斤 这样。"
    en = "Write the unit like 5斤箱, 30枚箱, 500g袋 or 斤."


def _grams(whole: str, fraction: str | None, per: int) -> int | None:
    """Return whole grams, or None where the figure is finer than a gram."""
    millionths = int(whole) * _MILLION + int((fraction or "").ljust(6, "0"))
    grams, rest = divmod(millionths * per, _MILLION)
    return None if rest else grams


def parse_unit(text: str) -> Unit:
    """Read a unit of sale.

    Raises:
        BadUnit: it is empty or too long, or its weight is zero, finer than a gram or above a tonne.
    """
    unit = fold(text).replace(" ", "")
    if not 0 < len(unit) <= LONGEST:
        raise BadUnit
    pieces_found = _COUNT.search(unit)
    pieces = int(pieces_found.group(1)) if pieces_found else None
    found = _WEIGHT.search(unit)
    if found:
        net_g = _grams(found.group(1), found.group(2), _GRAMS[found.group(3).lower()])
        if net_g is None or not 0 < net_g <= _HEAVIEST_G:
            raise BadUnit
    else:
        bare = _BARE_WEIGHT.fullmatch(unit)
        net_g = _GRAMS[bare.group(1).lower()] if bare else None
    if pieces == 0:
        raise BadUnit
    return Unit(unit, net_g, pieces)


def per_kg(price: Fen, net_g: int) -> Fen:
    """Return the price of a kilogram in fen, rounded once, half up."""
    return Fen(ratio_half_up(price, 1000, net_g))
