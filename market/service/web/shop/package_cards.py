"""Packages among other offers: as cards, with what is in them in words."""

from collections.abc import Collection, Sequence
from urllib.parse import urlencode

from market.catalogue.listings.models import ListingKind
from market.kernel.language import say
from market.sales.packages.models import Package
from market.sales.packages.read import OfferPart, PackageFilters, PackageOffer
from market.service.web.shop.cards import ListingCardView, format_unit, make_photo_view
from market.service.web.ui.illustrations import get_tint_class

PACKAGE_DRAWING = "feast"
_POOLED = {ListingKind.STAY: "住农家", ListingKind.ACTIVITY: "玩一样", ListingKind.PRODUCT: "带一样走"}


class PackageCardView(ListingCardView, frozen=True):
    """A package as a card, with what is in it for a list of rows."""

    contents: str


def describe_stay(package: Package | PackageOffer) -> str:
    """Describe for how many persons and nights a package is: `2 个人，住 1 晚`."""
    return say("{0} 个人，", package.persons) + (
        say("住 {0} 晚", package.nights) if package.nights else say("当天来回")
    )


def describe_part(part: OfferPart) -> str:
    """Describe a part: `农家院客房，1 间`."""
    count = count_part(part.kind, part.quantity, part.unit)
    if len(part.choices) > 1:
        return say("{0}，{1}，{2} 家里安排一家", say(_POOLED[part.kind]), count, len(part.choices))
    return say("{0}，{1}", part.choices[0].title, count)


def count_part(kind: ListingKind, quantity: int, unit: str) -> str:
    """Describe how much of a part one package has: `1 间`, `2 位`, `5 斤箱 × 1`."""
    if kind is ListingKind.PRODUCT:
        return f"{format_unit(unit)} × {quantity}"
    return count_rooms(quantity, unit) if kind is ListingKind.STAY else say("{0} 位", quantity)


def count_rooms(count: int, unit: str) -> str:
    """Describe how many rooms or houses: `1 间`, `2 院`."""
    return say("{0} 间", count) if unit == "间" else f"{count} {say(unit)}"


def make_package_cards(offers: Sequence[PackageOffer], *, shown: Collection[str] = ()) -> list[PackageCardView]:
    """Return packages as cards; the drawing of those without a photo appears once, unless it is `shown` elsewhere."""
    seen = PACKAGE_DRAWING in shown
    cards: list[PackageCardView] = []
    for offer in offers:
        photo = make_photo_view(offer.photo, offer.photo_kind)
        cards.append(
            PackageCardView(
                href=f"/packages/{offer.number}",
                name=offer.title,
                seller=offer.producer,
                village=f"{offer.county}{offer.village}",
                price_fen=offer.price_fen,
                unit=say("一套"),
                per=describe_stay(offer),
                praise="",
                symbol="" if seen or photo else PACKAGE_DRAWING,
                photo=photo,
                paper=get_tint_class(PACKAGE_DRAWING),
                contents=say("、").join(describe_part(part) for part in offer.parts),
            )
        )
        seen = seen or photo is None
    return cards


def link_packages(filters: PackageFilters, *, before: str | None = None) -> str:
    """Return the link to the packages that match text, division and category."""
    pairs = [("q", filters.text), ("division", filters.division), ("category", filters.category), ("before", before)]
    chosen = [(name, value) for name, value in pairs if value]
    return f"/packages?{urlencode(chosen)}" if chosen else "/packages"
