"""What one listing's page says besides its price: who, where, what if, and what machines read."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request
from minijinja import safe
from msgspec import Struct

from market.catalogue import Freight, Listing
from market.kernel import Connection, Fen, Query, rate_down
from market.producers import CERTIFICATE_NAMES, KIND_NAMES, CertificateKind, ProducerKind
from market.web.assets import origin_of
from market.web.cards import freight_rule, months_words, photo_of
from market.web.look.drawings import drawing_for
from market.web.look.format import percent_bp, weight, yuan
from market.web.origins import Place, region_name, trail_of

_MOST_REVIEWS = 20
_TRAIL_WIDTHS = (4, 6, 9, 12)
_FRESH = "鲜货容易坏，没有七天无理由退货；坏了照样包赔。"
_DRY = "没拆封，7 天内能退，来回运费您付。"


class Review(Struct, frozen=True):
    """A review as everyone reads it: who wrote it is not named in full."""

    rating: int
    text: str
    answer: str | None
    name: str
    at: datetime

    @property
    def who(self) -> str:
        """The writer's family name with the rest hidden."""
        return f"{self.name[:1]}**" if not self.name.startswith("样例") else self.name


REVIEWS = Query(
    Review,
    """
    SELECT r.rating, r.text, r.answer, a.name, r.at
      FROM reviews r JOIN accounts a ON a.id = r.account_id
     WHERE r.listing_id = :listing_id
     ORDER BY r.id DESC
     LIMIT :most
    """,
)
COMMISSION = Query(int, "SELECT commission_bp FROM listings WHERE id = :listing_id")


class Reviews(Struct, frozen=True):
    """The latest reviews of a listing, with its average in tenths."""

    reviews: list[Review]
    review_count: int
    score: int | None


async def reviews_of(conn: Connection, listing: Listing) -> Reviews:
    """Return the latest 20 reviews; the average is rounded half up to a tenth, for display."""
    shown = await REVIEWS.all(conn, listing_id=listing.id, most=_MOST_REVIEWS)
    count = listing.rating_count
    score = (20 * listing.rating_sum + count) // (2 * count) if count else None
    return Reviews(shown, count, score)


def trail(listing: Listing) -> list[tuple[str, str]]:
    """Return the way from the prefecture to the village, for the macro `place`."""
    names = (listing.prefecture, listing.county, listing.township, listing.village)
    places = [
        Place(listing.origin_code[:width].ljust(12, "0"), name, level)
        for level, (width, name) in enumerate(zip(_TRAIL_WIDTHS, names, strict=True), start=2)
    ]
    return trail_of(
        [each for above, each in zip([None, *places], places, strict=False) if not above or above.name != each.name]
    )


def where_of(listing: Listing) -> str:
    """Write the whole place, from prefecture to village; where only the township is known, it is named once."""
    names = (listing.prefecture, listing.county, listing.township, listing.village)
    return "".join(dict.fromkeys(names))


def tags(listing: Listing) -> list[tuple[str, str]]:
    """Return the tags that hold; 地理标志 only with a verified certificate. Source: web.md, Conventions."""
    found = [("助农", "")]
    if listing.listed_county:
        found.append(("脱贫地区", "a"))
    found.append(("产地直发" if listing.kind == "product" else "乡村住宿" if listing.kind == "stay" else "下乡玩", "b"))
    if listing.in_season:
        found.append(("当季", ""))
    if CertificateKind.GEOGRAPHICAL_INDICATION in listing.certificates:
        found.append(("地理标志", "b"))
    return found


def papers(listing: Listing) -> list[tuple[str, str, str, str]]:
    """Return the certificates that were verified: (icon, name, small print, word)."""
    return [("seal", CERTIFICATE_NAMES[kind], f"{listing.county}核的", "已核验") for kind in listing.certificates]


def asked_before_buying(listing: Listing, freight: Freight | None) -> list[tuple[str, str]]:
    """Return what buyers ask, answered before they pay. Source: 消费者权益保护法 25; 电子商务法 10."""
    grower = f"{listing.producer}（{KIND_NAMES[ProducerKind(listing.producer_kind)]}）"
    own = "自家种养的，按电子商务法第十条不用办营业执照。" if listing.self_grown else "证件在下面。"
    season = f"{months_words(listing.harvest_months)}收。" if listing.harvest_months else ""
    back = _FRESH if listing.perishable else _DRY
    closed = "、".join(region_name(f"{code}0000") for code in freight.no_ship) if freight else ""
    found = [
        ("谁种的", f"{grower}。{own}"),
        ("哪里的地", f"{where_of(listing)}。{season}"),
        ("到手坏了怎么办", "坏果包赔：收到 48 小时内拍一张照片，按坏的份量退，钱从平台退，不用找卖家。"),
        ("能退吗", back + (f"不发{closed}。" if closed else "")),
    ]
    return [("说说它", listing.story), *found] if listing.story else found


def asked_before_staying(listing: Listing) -> list[tuple[str, str]]:
    """Return what guests ask. Source: 旅馆业治安管理办法 6."""
    return [
        ("谁家开的", f"{listing.producer}。"),
        ("在哪里", f"{where_of(listing)}。怎么走，订好了打店家电话问，电话在订单上。"),
        ("要带什么", "每位住客的身份证；到店要登记。"),
        ("钱什么时候给店家", "您到店、店家核过入住码才给，先放在平台。"),
    ]


def freight_rows(freight: Freight | None, *, charged: Fen, region: str, gross_g: int) -> list[tuple[str, str, str]]:
    """Return the row of freight: what one costs to a region, and how it is reckoned by its weight with the packing.

    What weighs nothing is not sent, and has no such row.
    """
    if not gross_g:
        return []
    if freight is None or freight.is_free:
        return [(f"运费到{region_name(region)}", "免", "运费含在价钱里")]
    whole = weight(gross_g).partition("（")[0]
    return [(f"运费到{region_name(region)}", f"{yuan(charged)} 元", f"连包装 {whole}；{freight_rule(freight)}")]


async def split_of(conn: Connection, listing: Listing, price: Fen) -> list[tuple[str, int]]:
    """Return who gets what of a price; the commission is rounded down, so that the producer gains."""
    rate = await COMMISSION.one(conn, listing_id=listing.id)
    fee = rate_down(price, rate)
    return [(listing.producer, price - fee), (f"平台服务费 {percent_bp(rate)}", fee)]


class Shown(Struct, frozen=True):
    """What both kinds of pages hand to `shop/meta.html` and to the picture on top."""

    summary: str
    canonical: str
    image: str
    ld: str
    picture: dict[str, Any]
    link: str


def shown(
    request: Request[Any, Any, Any], listing: Listing, reviews: Reviews, *, link: str, price: Fen, in_stock: bool
) -> Shown:
    """Describe a listing for pictures, for sharing, and for search engines (schema.org, Open Graph)."""
    origin = origin_of(request)
    photo = photo_of(listing.photo, listing.photo_kind, wide=listing.kind != "product", large=True)
    image = f"{origin}{photo.src}" if photo else ""
    where = "".join(dict.fromkeys((listing.prefecture, listing.county, listing.village)))
    summary = f"{listing.title}，{where}，{listing.producer}，{yuan(price)} 元起，产地直发，钱到农户手里。"
    about: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "LodgingBusiness" if listing.kind == "stay" else "Product",
        "name": listing.title,
        "description": listing.story or summary,
        "url": f"{origin}{link}",
    }
    offer = {
        "@type": "Offer",
        "price": yuan(price).replace(",", ""),
        "priceCurrency": "CNY",
        "availability": f"https://schema.org/{'InStock' if in_stock else 'OutOfStock'}",
        "seller": {"@type": "Organization", "name": listing.producer},
    }
    if listing.kind == "stay":
        street = "".join(dict.fromkeys((listing.township, listing.village)))
        about["address"] = {
            "@type": "PostalAddress", "addressCountry": "CN", "addressRegion": "河北省",
            "addressLocality": listing.county, "streetAddress": street,
        }  # fmt: skip
        about["makesOffer"] = offer
    else:
        about["offers"] = offer
        about["category"] = listing.category
    if image:
        about["image"] = image
    if reviews.score is not None:
        about["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": f"{reviews.score // 10}.{reviews.score % 10}",
            "reviewCount": reviews.review_count,
        }
    words = "照片" if photo else "剪纸"
    picture = {
        "symbol": drawing_for(listing.category, listing.title),
        "photo": photo,
        "label": f"{words}：{listing.title}",
    }
    return Shown(summary, f"{origin}{link}", image, _ld(about), picture, link)


def _ld(about: dict[str, Any]) -> str:
    """Write JSON-LD that cannot end the script element it stands in."""
    return safe(msgspec.json.encode(about).decode().replace("<", "\\u003c"))


def lines_of(texts: Sequence[str]) -> str:
    """Join short facts by a full-width comma, leaving out what is empty."""
    return "，".join(text for text in texts if text)


__all__ = [
    "Reviews",
    "Shown",
    "asked_before_buying",
    "asked_before_staying",
    "freight_rows",
    "lines_of",
    "papers",
    "reviews_of",
    "shown",
    "split_of",
    "tags",
    "trail",
    "where_of",
]
