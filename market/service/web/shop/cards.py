"""Listings as cards: units and prices as text, with an illustration or a photo."""

import re
from collections.abc import Collection, Iterator, Sequence
from decimal import Decimal
from typing import Annotated

from litestar.params import PathParameter
from msgspec import Struct

from market.catalogue.listings.freight import FreightTerms
from market.catalogue.listings.models import ListingCard, ListingKind
from market.catalogue.listings.units import get_count_word
from market.kernel import Fen, divide_half_up
from market.kernel.language import ENGLISH, get_language, say
from market.people.storage.photos import PAGE_WIDTHS, PhotoFormat, get_photo_paths
from market.service.web.shop.regions import get_region_name
from market.service.web.ui.format import per_jin, per_kg, score, weight, yuan
from market.service.web.ui.illustrations import get_illustration, get_tint_class

_UNIT = re.compile(r"(\d[\d.]*)\s*(kg|g|公斤|千克|克|斤|两)?", re.IGNORECASE)
_GRAMS = {"kg": 1000, "公斤": 1000, "千克": 1000, "g": 1, "克": 1, "斤": 500, "两": 50}
_UNIT_NAMES = {"kg": "公斤", "g": "克", "千克": "公斤"}
_UNIT_WORD = re.compile("公斤|小时|.")
_PIECE = re.compile(r"\d+\s*([枚个只穗根条头棵颗瓶罐包对盆朵把副幅])")
_WIDTH, _HEIGHT, _WIDE_HEIGHT = 480, 480, 300
_JIN_G = 500

ShortNumber = Annotated[int, PathParameter(ge=1, le=2**62)]
"""The short number of an order or a listing in a URL."""


class PhotoView(Struct, frozen=True):
    """The attributes of an `<img>` that shows a stored photo."""

    src: str
    width: int
    height: int
    set: str = ""
    sizes: str = ""


class ListingCardView(Struct, frozen=True):
    """A listing as a card; `symbol` is empty where the drawing is on the screen already: the village stands there."""

    href: str
    name: str
    seller: str
    village: str
    price_fen: Fen
    unit: str
    per: str
    praise: str
    symbol: str
    photo: PhotoView | None
    paper: str
    """The class of the paper on which the village stands, if there is no picture."""


def get_listing_path(kind: str, number: int) -> str:
    """Return the path of a listing's page."""
    return f"/stays/{number}" if kind == ListingKind.STAY else f"/goods/{number}"


def make_photo_view(name: str | None, kind: str | None, *, wide: bool = False, large: bool = False) -> PhotoView | None:
    """Return a stored photo as an image, or None if the listing has none."""
    if name is None:
        return None
    height = _WIDE_HEIGHT if wide else _HEIGHT
    paths = get_photo_paths(name, kind)
    if kind == PhotoFormat.SVG:
        return PhotoView(paths[0], _WIDTH, height)
    sizes = "(min-width:900px) 520px, 100vw" if large or wide else "(min-width:700px) 270px, 46vw"
    widths = ", ".join(f"{path} {width}w" for path, width in zip(paths, PAGE_WIDTHS, strict=True))
    return PhotoView(paths[PAGE_WIDTHS.index(_WIDTH)], _WIDTH, height, widths, sizes)


def format_unit(unit: str) -> str:
    """Format a unit for people: `2.5kg箱` → `2.5 公斤箱`, `间/晚` → `一间一晚`."""
    if "/" in unit:
        return "".join(say("一{0}", say(part)) for part in unit.split("/")).strip()
    if get_language() == ENGLISH:
        return " ".join(_translate_unit(unit))

    def spaced(match: re.Match[str]) -> str:
        measure = match[2] or ""
        return f"{match[1]} {_UNIT_NAMES.get(measure.lower(), measure)}"

    return _UNIT.sub(spaced, unit).replace("  ", " ").strip()


def _translate_unit(unit: str) -> Iterator[str]:
    """Yield the words of a unit in English, `5斤箱` → `2.5 kg`, `box`; words that the catalogue lacks stay."""
    begin = 0
    for match in _UNIT.finditer(unit):
        yield from _translate_words(unit[begin : match.start()])
        grams = _GRAMS.get((match[2] or "").lower())
        yield weight(int(Decimal(match[1]) * grams)) if grams else match[1]
        begin = match.end()
    yield from _translate_words(unit[begin:])


def _translate_words(words: str) -> Iterator[str]:
    """Yield the English of words of one letter each, or of two."""
    return (say("一小时" if each == "小时" else each) for each in _UNIT_WORD.findall(words.strip()))


def format_card_price(price: Fen, net_g: int | None, pieces: int | None, unit: str) -> str:
    """Format the price of one 斤 or one piece for a card; empty if the item is just that, or neither is known."""
    if net_g == _JIN_G or pieces == 1:
        return ""
    return (per_jin(price, net_g) if net_g else format_comparison_price(price, net_g, pieces, unit)).removeprefix("合 ")


def format_comparison_price(price: Fen, net_g: int | None, pieces: int | None, unit: str) -> str:
    """Format the price by weight or by piece, rounded half up; empty if neither is known."""
    if net_g:
        both = per_kg(price, net_g)
        return both if net_g != _JIN_G else say("合 {0}", both.partition(say("，"))[2])
    match = _PIECE.search(unit)
    if pieces and match:
        return say("合 {0} 元/{1}", yuan(divide_half_up(price, pieces)), match[1])
    return ""


def format_score(rating_sum: int, rating_count: int) -> str:
    """Format the average rating, rounded half up to a tenth: `4.8 分`; empty before the first review."""
    return score(divide_half_up(10 * rating_sum, rating_count)) if rating_count else ""


def find_drawing(card: ListingCard) -> str:
    """Return the drawing that a card shows, or nothing for one with a photo."""
    return "" if has_photo(card) else get_illustration(card.category, card.title)


def has_photo(card: ListingCard) -> bool:
    """Return whether a card shows a photo; a stored drawing is none."""
    return card.photo is not None and card.photo_kind != PhotoFormat.SVG


def make_card_view(card: ListingCard, *, drawn: bool = True) -> ListingCardView:
    """Return a listing as a card, without its drawing if `drawn` is false."""
    wide = card.kind is not ListingKind.PRODUCT
    word = say(get_count_word(card.unit))
    sold = say("卖出 {0} {1}", card.sold_count, word) if card.sold_count else ""
    photo = make_photo_view(card.photo, card.photo_kind, wide=wide)
    symbol = get_illustration(card.category, card.title)
    return ListingCardView(
        href=get_listing_path(card.kind, card.number),
        name=card.title,
        seller=card.producer,
        village=card.village,
        price_fen=card.price_fen,
        unit=format_unit(card.unit),
        per=format_card_price(card.price_fen, card.net_g, card.pieces, card.unit),
        praise=say("，").join(each for each in (format_score(card.rating_sum, card.rating_count), sold) if each),
        symbol=symbol if drawn else "",
        photo=photo if drawn else None,
        paper=get_tint_class(symbol),
    )


def make_card_views(cards: Sequence[ListingCard], *, shown: Collection[str] = ()) -> list[ListingCardView]:
    """Return listings as cards; no drawing appears twice, nor one of those `shown` elsewhere on the screen."""
    seen = set(shown)
    views: list[ListingCardView] = []
    for card in cards:
        drawing = find_drawing(card)
        views.append(make_card_view(card, drawn=drawing not in seen))
        seen |= {drawing} - {""}
    return views


def format_months(months: Sequence[int]) -> str:
    """Format harvest months: `9 月、10 月`, or `全年` if all twelve are listed."""
    if len(months) >= 12:
        return say("全年")
    return say("、").join(say(f"{month} 月") for month in months)


def format_freight_rule(freight: FreightTerms) -> str:
    """Describe a freight rule: `1 公斤内 8.00 元，每加 1 公斤 3.00 元；满 88.00 元免`."""
    first, more = (weight(grams).partition("（")[0] for grams in (freight.first_g, freight.next_g))
    free = say("满 {0} 元免", yuan(freight.free_above_fen)) if freight.free_above_fen is not None else ""
    if freight.is_free:
        return say("；").join(each for each in (say("包邮"), format_surcharges(freight)) if each)
    rule = say("{0}内 {1} 元，每加 {2} {3} 元", first, yuan(freight.first_fen), more, yuan(freight.next_fen))
    return say("；").join(each for each in (rule, free, format_surcharges(freight)) if each)


def format_surcharges(freight: FreightTerms) -> str:
    """Describe the surcharges of a freight rule: `冷链加 5.00 元，偏远（西藏）加 10.00 元`; empty without any."""
    remote = say("、").join(get_region_name(f"{code}0000") for code in freight.remote)
    cold = say("冷链加 {0} 元", yuan(freight.cold_fen)) if freight.cold_fen else ""
    far = say("{0}加 {1} 元", remote, yuan(freight.remote_fen)) if freight.remote_fen else ""
    return say("，").join(each for each in (cold, far) if each)
