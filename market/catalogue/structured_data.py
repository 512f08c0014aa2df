"""Structured data of a listing for search engines: schema.org JSON-LD."""

from market.catalogue.detail import ProductDetail, StayDetail
from market.kernel import Fen


def _format_yuan(price: Fen) -> str:
    return f"{price // 100}.{price % 100:02d}"


def build_structured_data(offer: ProductDetail | StayDetail, *, address: str, photo: str | None) -> dict[str, object]:
    """Return a listing as a schema.org Product, to embed in its page as JSON-LD.

    Source: schema.org ProductDetail and Offer; the price is that of the first variant, or of one night.
    """
    listing = offer.listing
    if isinstance(offer, StayDetail):
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
            "price": _format_yuan(price),
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
