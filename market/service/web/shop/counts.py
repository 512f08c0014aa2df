"""What browsing pages show some of, kept for a few seconds: counts of listings, coupons, channels, rates."""

from datetime import date
from typing import Protocol

from market.catalogue.listings.browse import (
    CategoryCount,
    CountyCount,
    ListingCount,
    list_categories,
    list_counties,
    list_counts,
)
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.kept import KeptValue
from market.sales.coupons.offers import CouponOffer, list_offers
from market.service.web.shop.regions import SellingPrefecture, list_selling_prefectures
from market.villages.channels.models import Channel, Rate
from market.villages.channels.rates import list_recent_rates
from market.villages.channels.read import list_channels

KEPT_SECONDS = 5.0


class CatalogueCounts:
    """Categories, counties and prefectures with their numbers of live listings, and the rest; at most 5 s old."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self.categories: KeptValue[list[CategoryCount]] = _keep(db, clock, list_categories)
        self.counties: KeptValue[list[CountyCount]] = _keep(db, clock, list_counties)
        self.listings: KeptValue[list[ListingCount]] = _keep(db, clock, list_counts)
        self.prefectures: KeptValue[list[SellingPrefecture]] = _keep(db, clock, list_selling_prefectures)
        self.offers: KeptValue[list[CouponOffer]] = _keep(db, clock, _list_offers, seconds=1.0)
        self.channels: KeptValue[list[Channel]] = _keep(db, clock, list_channels)
        self.rates: KeptValue[dict[str, Rate]] = _keep(db, clock, list_recent_rates)


class _Load[T](Protocol):
    async def __call__(self, conn: Connection, *, today: date) -> T: ...


def _keep[T](db: Database, clock: Clock, load: _Load[T], *, seconds: float = KEPT_SECONDS) -> KeptValue[T]:
    async def run() -> T:
        async with db.connection() as conn:
            return await load(conn, today=clock.today())

    return KeptValue(run, seconds=seconds)


async def _list_offers(conn: Connection, *, today: date) -> list[CouponOffer]:
    return await list_offers(conn, day=today)
