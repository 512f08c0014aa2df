"""Coupons in words, on the pages where they help: the home page, the page of a listing, and the cart."""

from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct

from market.catalogue.listings.detail import ListingDetail
from market.kernel import Connection, Fen
from market.kernel.language import get_language, say
from market.people.identity.models import Actor
from market.sales.coupons.manage import Coupon
from market.sales.coupons.models import Bearer, CouponTerms
from market.sales.coupons.offers import (
    CouponAdvice,
    CouponOffer,
    advise,
    list_claimable_offers,
    list_covering_offers,
    list_offers,
)
from market.sales.coupons.rules import CouponItem, covers, find_day_fault
from market.sales.coupons.vouchers import VoucherCoverage, list_vouchers
from market.sales.orders.cart_view import Cart
from market.service.web.shop.listing.own_view import OwnView
from market.service.web.ui.format import day_zh, yuan

_MAX_SHOWN = 2
_MAX_UNFIT = 2


PLATFORM_PARCEL = "用平台出的券买的货，走查得到的快递，或者到自提点取。"
"""What a coupon that the platform bears asks of the parcel: somebody else sees it arrive (ADR 46)."""
PLATFORM_REFUND = "用了平台出的券：退款时，券减掉的那份退回平台，退给您的照您付的算。"
"""What comes back of goods that a coupon of the platform paid a part of."""


class ListingCoupons(Struct, frozen=True):
    """The coupons on the page of a listing: those to claim as (number, name, words), and what the person has."""

    offers: list[tuple[int, str, str]]
    own: list[str]


def describe_terms(terms: CouponTerms) -> str:
    """Describe what a coupon gives: `满 30.00 元减 2.00 元`."""
    return say("满 {0} 元减 {1} 元", yuan(terms.min_goods_fen), yuan(terms.amount_fen))


def describe_bearer(terms: CouponTerms) -> str:
    """Say who bears a coupon: `店家出`."""
    return say("店家出") if terms.bearer is Bearer.PRODUCER else say("平台出")


def describe_coverage(offer: CouponOffer | Coupon | VoucherCoverage) -> str:
    """Describe what a coupon can be used for."""
    where = "".join(each for each in (offer.county, offer.producer) if each)
    return (
        say("{0}的{1}", where, offer.category)
        if where and offer.category
        else where or offer.category or say("什么都能买")
    )


def describe_best_offer(listed: Sequence[CouponOffer], *, today: date) -> str:
    """Describe the largest coupon that can be used today, for the home page; empty without any."""
    offers = [each for each in listed if find_day_fault(each, day=today) is None]
    if not offers:
        return ""
    more = say("等 {0} 种", len(offers)) if len(offers) > 1 else ""
    return f"{describe_terms(offers[0])}{more}"


def list_listing_coupons(
    own: OwnView, visitor: Actor | None, listing: ListingDetail, price: Fen, *, day: date
) -> ListingCoupons:
    """Return the coupons that cover a listing; for a person, what they have and what they can still claim."""
    item = CouponItem(
        producer_id=listing.producer_id,
        category_code=listing.category_code,
        county_code=listing.county_code,
        amount_fen=price,
    )
    offers = list_covering_offers(own.offers, [item], own_producers=visitor.producers if visitor else ())
    usable = [each for each in own.vouchers if not each.used and each.ends_on >= day and covers(each, item)]
    return ListingCoupons(
        [
            (each.number, each.name, _describe_offer(each, day))
            for each in list_claimable_offers(offers, own.vouchers)[:_MAX_SHOWN]
        ],
        [
            say("您有一张券：{0}{1}，够了结账时用。", describe_terms(each), _describe_start(each, day))
            for each in usable[:_MAX_SHOWN]
        ],
    )


def _describe_start(terms: CouponTerms, day: date) -> str:
    return say("，{0}起能用", day_zh(terms.starts_on)) if terms.starts_on > day else ""


def _describe_offer(offer: CouponOffer, day: date) -> str:
    words = say("{0}，{1}，减的钱{2}", describe_terms(offer), describe_coverage(offer), describe_bearer(offer))
    return f"{words}{_describe_start(offer, day)}"


async def load_cart_advice(conn: Connection, visitor: Actor | None, cart: Cart, *, day: date) -> CouponAdvice:
    """Return what coupons do for a cart; of a visitor who has not signed in, what they could claim."""
    sellers = {each.producer_id for each in cart.items}
    vouchers = [] if visitor is None else await list_vouchers(conn, visitor.account_id)
    offers = await list_offers(conn, day=day, producer_ids=sellers) if sellers else []
    own = () if visitor is None else visitor.producers
    return advise(vouchers, offers, cart.items, own_producers=own, day=day)


def describe_advice(advice: CouponAdvice) -> list[str]:
    """Say which coupon the checkout will use, and why others do not fit."""
    best = advice.best
    words: list[str] = []
    if best is not None:
        words.append(
            say(
                "结账时用“{0}”，减 {1} 元（{2}），也可以换一张。",
                best.name,
                yuan(best.amount_fen),
                describe_bearer(best),
            )
        )
    return words + [fault.text(get_language()) for _, fault in advice.unfit[:_MAX_UNFIT]]


def list_cart_offers(offers: Iterable[CouponOffer]) -> list[tuple[int, str, str]]:
    """Return the coupons to claim for a cart, as (number, name, words)."""
    return [
        (each.number, each.name, say("现在领，能减 {0} 元（{1}）", yuan(each.amount_fen), describe_bearer(each)))
        for each in list(offers)[:_MAX_SHOWN]
    ]
