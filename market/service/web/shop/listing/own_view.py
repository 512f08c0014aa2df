"""What a visitor sees of their own on the page of a listing, in one statement."""

from datetime import date

from msgspec import Struct

from market.catalogue.listings.detail import ListingDetail
from market.kernel import Connection, Query
from market.people.identity.models import Actor
from market.sales.coupons.models import Voucher
from market.sales.coupons.offers import MAX_OFFERS, SELLERS_OFFERS, CouponOffer, list_offers
from market.sales.coupons.vouchers import MAX_VOUCHERS, OWN_VOUCHERS


class OwnView(Struct, frozen=True):
    """Of a listing: whether the visitor keeps it and buys for a verified public unit, and which coupons there are.

    `vouchers` are those that the visitor has, `offers` those of the seller and of several sellers that can be claimed.
    """

    kept: bool
    buys_for_unit: bool
    vouchers: list[Voucher]
    offers: list[CouponOffer]


GET_OWN_VIEW = Query(
    OwnView,
    """
    SELECT EXISTS (SELECT FROM favourites WHERE account_id = :account_id AND listing_id = :listing_id) AS kept,
           EXISTS (SELECT FROM public_buyers
                    WHERE account_id = :account_id AND ends_on >= :day::date AND duty = 'requester') AS buys_for_unit,
           CASE WHEN EXISTS (SELECT FROM vouchers WHERE account_id = :account_id)
                THEN (SELECT jsonb_agg(own) FROM ("""
    + OWN_VOUCHERS
    + """) AS own) ELSE '[]' END AS vouchers,
           CASE WHEN :offered::boolean
                THEN (SELECT coalesce(jsonb_agg(offer), '[]') FROM ("""
    + SELLERS_OFFERS
    + """) AS offer) ELSE '[]' END AS offers
    """,
)


async def load_own_view(conn: Connection, visitor: Actor | None, listing: ListingDetail, *, day: date) -> OwnView:
    """Return what is the visitor's on the page of a listing; of somebody who has not signed in only the offers."""
    if visitor is None:
        offers = await list_offers(conn, day=day, producer_ids=[listing.producer_id]) if listing.offered else []
        return OwnView(kept=False, buys_for_unit=False, vouchers=[], offers=offers)
    return await GET_OWN_VIEW.one(
        conn,
        account_id=visitor.account_id,
        listing_id=listing.id,
        day=day,
        offered=listing.offered,
        producer_ids=[],
        seller_ids=[listing.producer_id],
        max_vouchers=MAX_VOUCHERS,
        max_offers=MAX_OFFERS,
    )
