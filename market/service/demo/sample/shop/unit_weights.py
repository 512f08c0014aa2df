"""The units of the public data, with the gross weights that freight is charged by."""

import re

from market.catalogue.listings.units import Unit, parse_unit

_PIECE_G = {"穗": 380, "枚": 65, "罐": 360, "瓶": 350}
"""Approximate weight of one piece with its packing; sample values."""
_GROSS_G = {
    "对": 300, "盆": 1500, "条": 2500, "根": 500, "500ml瓶": 900, "幅": 300, "副": 400, "个(约5kg)": 5500,
    "12枚礼盒": 3500, "8枚盒": 2800,
}  # fmt: skip
"""Sample values for units without a declared weight."""
_COUNTED = re.compile(r"(\d+)([穗枚罐瓶])")
_PAIRED = re.compile(r"(?:500g|1kg|2\.5kg)[袋盒]")


def parse_source_unit(text: str) -> Unit:
    """Return a unit of the data as the catalogue parses it; `个(约5kg)` declares no weight."""
    return Unit("个", None, 1) if text.startswith("个(") else parse_unit(text)


def estimate_gross_g(text: str) -> int:
    """Return the weight of a parcel of one unit, in grams."""
    if text in _GROSS_G:
        return _GROSS_G[text]
    counted = _COUNTED.search(text)
    if counted:
        return int(counted[1]) * _PIECE_G[counted[2]]
    return parse_source_unit(text).gross_g


def find_pair_unit(text: str) -> str | None:
    """Return the unit of a box of two packs, or None if the unit is not a pack: `1kg袋` becomes `2kg箱`."""
    unit = parse_source_unit(text)
    if unit.net_g is None or not _PAIRED.fullmatch(text):
        return None
    return f"{unit.net_g * 2 // 1000}kg箱"
