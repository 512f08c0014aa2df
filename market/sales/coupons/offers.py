"""The coupons that anybody may claim now, and which of them and of a person's vouchers help with an order."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Final, LiteralString
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query, Refusal
from market.sales.coupons.models import MAX_OPEN_COUPONS, Bearer, CouponTerms, Voucher, VoucherUsed
from market.sales.coupons.rules import CouponItem, covers, find_day_fault, find_voucher_fault, list_fitting_vouchers


class CouponOffer(CouponTerms, frozen=True, kw_only=True):
    """A coupon that anybody may claim now, as buyers see it; names are those of what it covers."""

    number: int
    producer: str | None
    category: str | None
    county: str | None
    per_person: int


class CouponAdvice(Struct, frozen=True, kw_only=True):
    """What coupons do for an order: the best voucher, why others do not fit, and better coupons to claim."""

    best: Voucher | None
    unfit: list[tuple[Voucher, Refusal]]
    offers: list[CouponOffer]


_OFFERS: Final[LiteralString] = """
    SELECT coupons.number, coupons.name, bearer, coupons.producer_id, category_code, coupons.county_code, amount_fen,
           min_goods_fen, lower(valid_during) AS starts_on, upper(valid_during) - 1 AS ends_on, per_person,
           producers.name AS producer, categories.name AS category, divisions.name AS county
      FROM coupons
      LEFT JOIN producers ON producers.id = coupons.producer_id
      LEFT JOIN categories ON categories.code = category_code
      LEFT JOIN divisions ON divisions.code = coupons.county_code || '000000'
     WHERE coupons.state = 'open' AND coupons.code IS NULL AND claimed < quota AND upper(valid_during) > :day::date
       AND (coupons.producer_id IS NULL OR producers.state = 'open')"""
_LARGEST: Final[LiteralString] = """
     ORDER BY amount_fen DESC, coupons.id
     LIMIT :max_offers
"""
SELLERS_OFFERS: Final[LiteralString] = (
    _OFFERS + " AND (coupons.producer_id IS NULL OR coupons.producer_id = ANY(:seller_ids::uuid[]))" + _LARGEST
)
"""The coupons that anybody may claim for what some sellers sell, as rows of `CouponOffer`."""
LIST_OFFERS = Query(CouponOffer, _OFFERS + _LARGEST)
LIST_SELLERS_OFFERS = Query(CouponOffer, SELLERS_OFFERS)
MAX_OFFERS = 2 * MAX_OPEN_COUPONS


async def list_offers(
    conn: Connection, *, day: date, producer_ids: Collection[UUID] | None = None
) -> list[CouponOffer]:
    """Return the coupons without a code of which something is left to claim, the largest first, at most 100.

    With `producer_ids`, without those for what only other producers sell.
    """
    if producer_ids is None:
        return await LIST_OFFERS.all(conn, day=day, max_offers=MAX_OFFERS)
    return await LIST_SELLERS_OFFERS.all(conn, day=day, seller_ids=list(producer_ids), max_offers=MAX_OFFERS)


def list_covering_offers(
    offers: Iterable[CouponOffer], items: Iterable[CouponItem], *, own_producers: Collection[UUID] = ()
) -> list[CouponOffer]:
    """Return the offers that cover one of the lines; one of the platform covers none of `own_producers`."""
    lines = list(items)
    return [
        offer
        for offer in offers
        if any(
            covers(offer, item) and (offer.bearer is Bearer.PRODUCER or item.producer_id not in own_producers)
            for item in lines
        )
    ]


def list_claimable_offers(offers: Iterable[CouponOffer], vouchers: Iterable[Voucher]) -> list[CouponOffer]:
    """Return the offers of which a person with these vouchers may claim another one."""
    claimed = [each.coupon_number for each in vouchers]
    return [each for each in offers if claimed.count(each.number) < each.per_person]


def advise(
    vouchers: Sequence[Voucher],
    offers: Iterable[CouponOffer],
    items: Sequence[CouponItem],
    *,
    own_producers: Collection[UUID] = (),
    day: date,
) -> CouponAdvice:
    """Return what coupons do for an order of these lines on a day. Pure.

    `unfit` has the vouchers that are neither used nor expired, those that miss the least first. `offers` are those that
    would give more than the best voucher if they were claimed, the largest first.
    """
    best = next(iter(list_fitting_vouchers(vouchers, items, day=day)), None)
    faults = [(each, find_voucher_fault(each, items, day=day)) for each in vouchers if each.ends_on >= day]
    unfit = [(each, fault) for each, fault in faults if fault is not None and not isinstance(fault, VoucherUsed)]
    claimable = list_claimable_offers(offers, vouchers)
    return CouponAdvice(
        best=best,
        unfit=sorted(unfit, key=lambda pair: (_compute_missing(pair[0], items), pair[0].id)),
        offers=[
            offer
            for offer in list_covering_offers(claimable, items, own_producers=own_producers)
            if find_day_fault(offer, day=day) is None
            and _sum_covered(offer, items, own_producers) >= offer.min_goods_fen
            and offer.amount_fen > (best.amount_fen if best else 0)
        ],
    )


def _compute_missing(voucher: Voucher, items: Iterable[CouponItem]) -> int:
    """Return how many fen of goods a voucher misses; one that covers nothing misses more than any other."""
    covered = _sum_covered(voucher, items, ())
    return max(0, voucher.min_goods_fen - covered) if covered else 2**62


def _sum_covered(terms: CouponTerms, items: Iterable[CouponItem], own_producers: Collection[UUID]) -> int:
    return sum(
        item.amount_fen
        for item in items
        if covers(terms, item) and (terms.bearer is Bearer.PRODUCER or item.producer_id not in own_producers)
    )
