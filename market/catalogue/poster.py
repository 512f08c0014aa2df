"""What a poster with a QR code shows, and the facts that search engines read."""

import segno

from market.catalogue.detail import Product, Stay
from market.kernel import Fen


def qr_svg(address: str) -> str:
    """Return the QR code of an address as an SVG drawing of its own, readable with a quarter of it covered."""
    return segno.make(address, error="q", micro=False).svg_inline(scale=4, border=2, omitsize=True)


def _yuan(price: Fen) -> str:
    return f"{price // 100}.{price % 100:02d}"


def schema_facts(offer: Product | Stay, *, address: str, photo: str | None) -> dict[str, object]:
    """Return the facts of a listing in the words of schema.org, to stand in its page as JSON-LD.

    Source: schema.org Product and Offer; the price is that of the first size, or of a night.
    """
    listing = offer.listing
    if isinstance(offer, Stay):
        price, available = offer.price_fen, listing.taking_orders
    else:
        first = offer.variants[0]
        price, available = first.price_fen, listing.taking_orders and first.left != 0
    facts: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": listing.title,
        "category": listing.category,
        "sku": str(listing.number),
        "url": address,
        "countryOfOrigin": "CN",
        "offers": {
            "@type": "Offer",
            "price": _yuan(price),
            "priceCurrency": "CNY",
            "availability": f"https://schema.org/{'InStock' if available else 'OutOfStock'}",
            "seller": {"@type": "Organization", "name": listing.producer},
            "url": address,
        },
    }
    if listing.story:
        facts["description"] = listing.story[:500]
    if photo is not None:
        facts["image"] = photo
    if listing.rating_count:
        tenths = (listing.rating_sum * 20 + listing.rating_count) // (2 * listing.rating_count)
        facts["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": f"{tenths // 10}.{tenths % 10}",
            "reviewCount": listing.rating_count,
        }
    return facts
