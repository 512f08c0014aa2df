"""Shared parts of the pages of products and stays: origin, tags, questions, reviews, metadata."""

from collections.abc import Sequence
from typing import Any

import msgspec
from minijinja import safe
from msgspec import Struct

from market.catalogue.listings.detail import ListingDetail
from market.catalogue.listings.freight import FreightTerms
from market.catalogue.listings.goods_terms import GoodsTerms, Storage
from market.catalogue.listings.presale import PresaleTerms
from market.catalogue.producers.closures import describe_closure
from market.catalogue.producers.models import CERTIFICATE_NAMES, PRODUCER_KIND_NAMES, CertificateKind, ProducerKind
from market.kernel import Connection, Fen, divide_half_up
from market.kernel.division_codes import PREFECTURE, get_ancestor_code
from market.kernel.language import say
from market.people.storage.photos import PhotoFormat, get_photo_paths
from market.sales.orders.escrow import compute_share
from market.sales.reviews.views import PublicReview, list_listing_reviews
from market.service.http import HttpRequest
from market.service.web.assets import get_origin
from market.service.web.shop.cards import PhotoView, format_freight_rule, format_months, make_photo_view
from market.service.web.shop.promises import (
    PERISHABLE_RETURNS,
    describe_bad_fruit_promise,
    describe_other_returns,
    describe_sending,
    describe_sending_window,
    describe_stay_payment,
)
from market.service.web.shop.regions import SellingDivision, get_region_name, make_trail
from market.service.web.ui.format import percent_bp, weight, yuan
from market.service.web.ui.illustrations import get_illustration
from payments.money import format_yuan

_MAX_REVIEWS = 3
_SMALL_PHOTO = 240


class ReviewSummary(Struct, frozen=True):
    """The latest reviews of a listing, their number, and its average rating in tenths."""

    reviews: list[PublicReview]
    review_count: int
    score: int | None


async def load_reviews(conn: Connection, listing: ListingDetail) -> ReviewSummary:
    """Return the latest three reviews, and the average rounded half up to a tenth, for display."""
    count = listing.rating_count
    if not count:
        return ReviewSummary([], 0, None)
    shown = (await list_listing_reviews(conn, listing.id, limit=_MAX_REVIEWS)).items
    return ReviewSummary(shown, count, divide_half_up(10 * listing.rating_sum, count))


def list_trail(listing: ListingDetail) -> list[tuple[str, str]]:
    """Return the path from the prefecture to the village, for the macro `division_path`."""
    names = (listing.prefecture, listing.county, listing.township, listing.village)
    places = [
        SellingDivision(get_ancestor_code(listing.origin_code, level), name, level)
        for level, name in enumerate(names, start=PREFECTURE)
    ]
    return make_trail(
        [each for above, each in zip([None, *places], places, strict=False) if not above or above.name != each.name]
    )


def format_origin(listing: ListingDetail) -> str:
    """Format the origin from prefecture to village; a name that repeats is written once."""
    names = (listing.prefecture, listing.county, listing.township, listing.village)
    return "".join(dict.fromkeys(names))


def list_tags(listing: ListingDetail) -> list[tuple[str, str]]:
    """Return the tags of a listing; 助农 in listed counties, 地理标志 only if a certificate's area holds the origin."""
    tags = [(say("助农"), ""), (say("脱贫地区"), "a")] if listing.listed_county else []
    tags.append(
        (
            say("产地直发")
            if listing.kind == "product"
            else say("乡村住宿")
            if listing.kind == "stay"
            else say("下乡玩"),
            "b",
        )
    )
    if listing.in_season:
        tags.append((say("当季"), ""))
    if CertificateKind.GEOGRAPHICAL_INDICATION in listing.certificates:
        tags.append((say("地理标志"), "b"))
    return tags


def list_way(listing: ListingDetail) -> list[tuple[str, str]]:
    """Return the way from the field to the buyer as steps, of what is known of a listing."""
    verb = say("种、养") if listing.self_grown else say("做")
    harvest = [(say("{0}\n收", format_months(listing.harvest_months)), "done")] if listing.harvest_months else []
    if listing.kind != "product":
        return [
            (say("{0}\n备好", listing.village), "done"),
            (say("您下单\n定日子"), "now"),
            (say("到村里\n玩"), "next"),
        ]
    return [
        (listing.village + "\n" + verb, "done"),
        *harvest,
        (say("您下单\n卖家装箱"), "now"),
        (say("快递\n送到您家"), "next"),
    ]


def list_certificates(listing: ListingDetail) -> list[tuple[str, str, str, str]]:
    """Return the verified certificates as rows: (icon, name, small print, state)."""
    return [
        ("seal", say(CERTIFICATE_NAMES[kind]), say("{0}核的", listing.county), say("已核验"))
        for kind in listing.certificates
    ]


def list_buyer_questions(
    listing: ListingDetail,
    freight: FreightTerms | None,
    window: PresaleTerms | None,
    *,
    claim_hours: int,
    return_days: int,
) -> list[tuple[str, str]]:
    """Return questions of buyers with answers; `window`: the pre-sale whose last day of sending rules.

    Source: 消费者权益保护法 25; 电子商务法 10.
    """
    grower = say("{0}（{1}）", listing.producer, say(PRODUCER_KIND_NAMES[ProducerKind(listing.producer_kind)]))
    exempt = listing.self_grown and listing.producer_kind == ProducerKind.HOUSEHOLD
    own = (
        say("自家种养的，按电子商务法第十条不用办营业执照。")
        if exempt
        else say("证件在下面。")
        if listing.certificates
        else ""
    )
    season = say("{0}收。", format_months(listing.harvest_months)) if listing.harvest_months else ""
    back = say(PERISHABLE_RETURNS) if listing.perishable else describe_other_returns(return_days)
    away = (*(freight.no_ship if freight else ()), *listing.goods.no_ship)
    closed = say("、").join(get_region_name(f"{code}0000") for code in dict.fromkeys(away))
    keeps = [(say("怎么存"), describe_storage(listing.goods))] if listing.kind == "product" else []
    days = (
        describe_sending_window(window, listing.unsent_days)
        if window
        else describe_sending(listing.ship_days, listing.unsent_days)
    )
    sent = [(say("几天发货"), days + (say("不发{0}。", closed) if closed else ""))] if listing.kind == "product" else []
    questions = [
        (say("谁种的"), say("{0}。{1}", grower, own)),
        (say("哪里的地"), say("{0}。{1}", format_origin(listing), season)),
        *sent,
        *keeps,
        (say("到手坏了怎么办"), say("{0}，不用打电话。", describe_bad_fruit_promise(claim_hours))),
        (say("能退吗"), back),
    ]
    return [(say("说说它"), listing.story), *questions] if listing.story else questions


def describe_storage(goods: GoodsTerms) -> str:
    """Describe to buyers how goods are sent, and how long they keep."""
    sent = {
        Storage.AMBIENT: say("常温发。"),
        Storage.CHILLED: say("冷藏发，收到放冰箱冷藏。"),
        Storage.FROZEN: say("冷冻发，收到放冰箱冷冻。"),
    }[goods.storage]
    return sent + (say("从发出那天算，能放 {0} 天。", goods.shelf_days) if goods.shelf_days else "")


def describe_shop_closed(listing: ListingDetail) -> str:
    """Describe why the shop of a listing takes no orders, and when it is back if that is known."""
    closed = describe_closure(listing.closed_for, listing.reopens_on)
    return say("{0}，那天起可以下单。", closed) if closed else say("过些日子再来看。")


def list_guest_questions(listing: ListingDetail, *, receive_days: int) -> list[tuple[str, str]]:
    """Return questions of guests with answers. Source: 旅馆业治安管理办法 6."""
    return [
        (say("谁家开的"), say("{0}。", listing.producer)),
        (say("在哪里"), say("{0}。怎么走，订好了打店家电话问，电话在订单上。", format_origin(listing))),
        (say("要带什么"), say("每位住客的身份证；到店要登记。")),
        (say("钱什么时候给店家"), describe_stay_payment(receive_days)),
    ]


def list_freight_rows(
    freight: FreightTerms | None, *, charged: Fen, region: str, gross_g: int
) -> list[tuple[str, str, str]]:
    """Return the freight of one unit to a region, and the rule for its gross weight; no row for what is not shipped."""
    if not gross_g:
        return []
    if freight is None or (freight.is_free and not charged):
        return [(say("运费到{0}", get_region_name(region)), say("免"), say("运费含在价钱里"))]
    whole = weight(gross_g).partition("（")[0]
    return [
        (
            say("运费到{0}", get_region_name(region)),
            say("{0} 元", yuan(charged)),
            say("连包装 {0}；{1}", whole, format_freight_rule(freight)),
        )
    ]


def list_price_split(listing: ListingDetail, price: Fen) -> list[tuple[str, int]]:
    """Return the split of a price; the platform's commission is rounded down, in favour of the producer."""
    rate = listing.commission_bp
    share = compute_share(goods_left_fen=price, freight_fen=0, commission_bp=rate)
    return [(listing.producer, share.payable_fen), (say("平台服务费 {0}", percent_bp(rate)), share.commission_fen)]


def list_more_photos(listing: ListingDetail) -> list[tuple[PhotoView, str]]:
    """Return the photos of a listing after its cover as small pictures, each with the path of the large one."""
    return [
        (PhotoView(small, _SMALL_PHOTO, _SMALL_PHOTO), large)
        for small, *_, large in (get_photo_paths(name, PhotoFormat.WEBP) for name in listing.more_photos)
    ]


class ListingMetadata(Struct, frozen=True):
    """The metadata for `shop/meta.html`, the picture at the top, and the link to the seller."""

    summary: str
    canonical: str
    image: str
    ld: str
    picture: dict[str, Any]
    link: str
    seller: tuple[str, str]


def make_metadata(
    request: HttpRequest, listing: ListingDetail, reviews: ReviewSummary, *, link: str, price: Fen, in_stock: bool
) -> ListingMetadata:
    """Return the metadata of a listing for sharing and for search engines (Open Graph, schema.org)."""
    origin = get_origin(request)
    photo = make_photo_view(listing.photo, listing.photo_kind, wide=listing.kind != "product", large=True)
    image = f"{origin}{photo.src}" if photo else ""
    where = "".join(dict.fromkeys((listing.prefecture, listing.county, listing.village)))
    facts = [say("{0}，{1}，{2}，{3} 元起", listing.title, where, listing.producer, yuan(price))]
    facts += [say("产地直发")] if listing.kind == "product" else []
    facts += [say("钱到农户手里")] if listing.producer_kind == ProducerKind.HOUSEHOLD else []
    summary = say("{0}。", say("，").join(facts))
    about: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "LodgingBusiness" if listing.kind == "stay" else "Product",
        "name": listing.title,
        "description": listing.story or summary,
        "url": f"{origin}{link}",
    }
    offer = {
        "@type": "Offer",
        "price": format_yuan(price),
        "priceCurrency": "CNY",
        "availability": f"https://schema.org/{'InStock' if in_stock else 'OutOfStock'}",
        "seller": {"@type": "Organization", "name": listing.producer},
    }
    if listing.kind == "stay":
        street = "".join(dict.fromkeys((listing.township, listing.village)))
        about["address"] = {
            "@type": "PostalAddress", "addressCountry": "CN", "addressRegion": say("河北省"),
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
    seller = (f"/sellers/{listing.producer_number}", say("{0}的小店", listing.producer))
    drawn = photo is None or listing.photo_kind == PhotoFormat.SVG
    picture = {
        "symbol": get_illustration(listing.category, listing.title),
        "photo": photo,
        "label": say("{0}：{1}", say("剪纸示意图") if drawn else say("照片"), listing.title),
        "drawn": drawn,
    }
    return ListingMetadata(summary, f"{origin}{link}", image, _encode_json_ld(about), picture, link, seller)


def _encode_json_ld(about: dict[str, Any]) -> str:
    """Encode JSON-LD so that it cannot close its script element."""
    return safe(msgspec.json.encode(about).decode().replace("<", "\\u003c"))


def to_dict(struct: Struct) -> dict[str, Any]:
    """Return the fields of a Struct by name, without converting their values."""
    return {name: getattr(struct, name) for name in struct.__struct_fields__}


def join_facts(texts: Sequence[str]) -> str:
    """Join non-empty facts with a full-width comma."""
    return say("，").join(text for text in texts if text)


__all__ = [
    "ListingMetadata",
    "ReviewSummary",
    "describe_shop_closed",
    "format_origin",
    "join_facts",
    "list_buyer_questions",
    "list_certificates",
    "list_freight_rows",
    "list_guest_questions",
    "list_more_photos",
    "list_price_split",
    "list_tags",
    "list_trail",
    "list_way",
    "load_reviews",
    "make_metadata",
    "to_dict",
]
