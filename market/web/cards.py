"""What cards and pages show of a listing: words for units and prices, a drawing or a photo."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from litestar.params import PathParameter
from msgspec import Struct

from market.catalogue import Card, Freight, Kind
from market.kernel import Fen, ratio_half_up
from market.web.look.drawings import drawing_for
from market.web.look.format import per_kg, weight, yuan

_UNIT = re.compile(r"(\d[\d.]*)\s*(kg|g|公斤|千克|克|斤|两)?", re.IGNORECASE)
_NAMES = {"kg": "公斤", "g": "克", "千克": "公斤"}
_PIECE = re.compile(r"\d+\s*([枚个只穗根条头棵颗瓶罐包对盆朵把副幅])")
_COUNTED = "箱盒袋罐瓶包枚个只穗根条头棵颗对盆朵把副幅斤件桶篮份人亩院间张"
_MOST_DIGITS = 19
_WIDTH, _HEIGHT, _WIDE_HEIGHT = 480, 480, 300

Number = Annotated[int, PathParameter(ge=1, le=2**62)]
"""A short number in an address, as people see it."""


class Photo(Struct, frozen=True):
    """A stored picture as an `<img>` needs it."""

    src: str
    width: int
    height: int
    set: str = ""
    sizes: str = ""


class GoodsCard(Struct, frozen=True):
    """One card of a list."""

    href: str
    name: str
    place: str
    price_fen: Fen
    unit: str
    per: str
    symbol: str
    photo: Photo | None


def address_of(kind: str, number: int) -> str:
    """Return where a listing's page is."""
    return f"/stays/{number}" if kind == Kind.STAY else f"/goods/{number}"


def photo_of(name: str | None, kind: str | None, *, wide: bool = False, large: bool = False) -> Photo | None:
    """Return a stored picture, None where there is none."""
    if name is None:
        return None
    height = _WIDE_HEIGHT if wide else _HEIGHT
    if kind == "svg":
        return Photo(f"/photos/{name}.svg", _WIDTH, height)
    sizes = "(min-width:900px) 520px, 100vw" if large or wide else "(min-width:700px) 270px, 46vw"
    widths = ", ".join(f"/photos/{name}-{width}.webp {width}w" for width in (240, 480, 720))
    return Photo(f"/photos/{name}-480.webp", _WIDTH, height, widths, sizes)


def unit_words(unit: str) -> str:
    """Write a unit as people read it: `2.5kg箱` → `2.5 公斤箱`, `间/晚` → `一间一晚`."""
    if "/" in unit:
        return "".join(f"一{part}" for part in unit.split("/"))

    def spaced(match: re.Match[str]) -> str:
        measure = match[2] or ""
        return f"{match[1]} {_NAMES.get(measure.lower(), measure)}"

    return _UNIT.sub(spaced, unit).replace("  ", " ").strip()


def count_word(unit: str) -> str:
    """Return the word that such things are counted by: `5斤箱` → `箱`."""
    last = unit[-1:]
    return last if last in _COUNTED else "份"


def compared(price: Fen, net_g: int | None, pieces: int | None, unit: str) -> str:
    """Write what a weight, or a piece, comes to; empty where neither is known. Rounded once, half up."""
    if net_g:
        return per_kg(price, net_g)
    found = _PIECE.search(unit)
    if pieces and found:
        return f"合 {yuan(ratio_half_up(price, 1, pieces))} 元/{found[1]}"
    return ""


def goods_card(card: Card) -> GoodsCard:
    """Return a listing as a card of the shop."""
    wide = card.kind is not Kind.PRODUCT
    return GoodsCard(
        href=address_of(card.kind, card.number),
        name=card.title,
        place=card.county,
        price_fen=card.price_fen,
        unit=unit_words(card.unit),
        per=compared(card.price_fen, card.net_g, card.pieces, card.unit),
        symbol=drawing_for(card.category, card.title),
        photo=photo_of(card.photo, card.photo_kind, wide=wide),
    )


def goods_cards(cards: Sequence[Card]) -> list[GoodsCard]:
    """Return listings as cards."""
    return [goods_card(card) for card in cards]


def months_words(months: Sequence[int]) -> str:
    """Write harvest months: `9 月、10 月`; all year where every month is among them."""
    if len(months) >= 12:  # noqa: PLR2004 - the whole year
        return "全年"
    return "、".join(f"{month} 月" for month in months)


def freight_rule(freight: Freight) -> str:
    """Write how carriage is reckoned: `1 公斤内 8.00 元，每加 1 公斤 3.00 元；满 88.00 元免`."""
    first, more = (weight(grams).partition("（")[0] for grams in (freight.first_g, freight.next_g))
    rule = f"{first}内 {yuan(freight.first_fen)} 元，每加 {more} {yuan(freight.next_fen)} 元"
    return rule if freight.free_above_fen is None else f"{rule}；满 {yuan(freight.free_above_fen)} 元免"


def read_day(text: str) -> date | None:
    """Read `2019-10-03`; None where it is no day."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def read_number(text: object, *, most: int = 2**62) -> int | None:
    """Read a whole number from 0 to `most`; None where it is none."""
    written = str(text).strip()
    fine = written.isascii() and written.isdecimal() and len(written) <= _MOST_DIGITS
    return int(written) if fine and int(written) <= most else None
