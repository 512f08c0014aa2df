"""Channels with their counties and listings, and rates to show prices in other currencies."""

from datetime import date

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import Struct

from market.catalogue.listings.search.counties import list_counties_listings
from market.catalogue.listings.search.listings import ListingPage
from market.kernel import Database, Fen
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.people.identity.models import NotFound
from market.service.api.parameters import Cursor, PageSize, PriceFen
from market.villages.channels.models import Channel, PairedCounty, Rate
from market.villages.channels.rates import get_rate, list_recent_rates
from market.villages.channels.read import find_channel, list_channels, list_paired_counties
from payments.money import Amount


class ConvertedPrice(Struct, frozen=True, kw_only=True):
    """About what a price is in another currency, in its smallest unit, rounded half up; it is charged in CNY."""

    fen: Fen
    about: Amount
    day: date
    source: str


class ChannelController(Controller):
    """What is sold in a channel, and prices for information."""

    path = "/api/v1"
    tags = ("channels",)

    @get("/channels", operation_id="ListChannels")
    async def list_channels(self, db: NamedDependency[Database], clock: NamedDependency[Clock]) -> list[Channel]:
        """List the channels of buying cities and of counties with their counties today."""
        async with db.connection() as conn:
            return await list_channels(conn, today=clock.today())

    @get("/channels/{code:str}/counties", operation_id="ListChannelCounties")
    async def list_counties(
        self, db: NamedDependency[Database], clock: NamedDependency[Clock], code: FromPath[str]
    ) -> list[PairedCounty]:
        """List the counties in a channel, since when and by which document."""
        async with db.connection() as conn:
            return await list_paired_counties(conn, code, today=clock.today())

    @get("/channels/{code:str}/listings", operation_id="ListChannelListings", rate=RateClass.SEARCH)
    async def list_listings(
        self,
        *,
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        code: FromPath[str],
        after: FromQuery[Cursor | None] = None,
        most: FromQuery[PageSize] = 24,
    ) -> ListingPage:
        """List what the counties in a channel sell, the best score first."""
        today = clock.today()
        async with db.connection() as conn:
            channel = await find_channel(conn, code, today=today)
            if channel is None:
                raise NotFound
            return await list_counties_listings(conn, channel.counties, today=today, after=after, limit=most)

    @get("/rates", operation_id="ListRates")
    async def list_rates(self, db: NamedDependency[Database], clock: NamedDependency[Clock]) -> list[Rate]:
        """List the latest rate of each currency that is recent enough to show prices in."""
        async with db.connection() as conn:
            rates = await list_recent_rates(conn, today=clock.today())
        return sorted(rates.values(), key=lambda each: each.currency)

    @get("/rates/{currency:str}/price", operation_id="ConvertPrice")
    async def convert_price(
        self,
        *,
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
        currency: FromPath[str],
        fen: FromQuery[PriceFen],
    ) -> ConvertedPrice:
        """Return about what a price is in another currency, for information."""
        async with db.connection() as conn:
            rate = get_rate(await list_recent_rates(conn, today=clock.today()), currency)
        return ConvertedPrice(fen=Fen(fen), about=rate.convert(Fen(fen)), day=rate.day, source=rate.source)


ROUTES = [ChannelController]
