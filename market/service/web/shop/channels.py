"""Channels: what counties sell to a city that is paired with them, or one county; public, cached for one second."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.catalogue.listings.search.counties import list_counties_listings
from market.kernel.clock import Clock
from market.kernel.language import say
from market.kernel.public_reads import PublicReads
from market.kernel.rate_limits import RateClass
from market.people.identity.models import NotFound
from market.service.http import HttpRequest
from market.service.web.assets import get_origin
from market.service.web.pages import render_page
from market.service.web.services import get_services
from market.service.web.shared_pages import Audience
from market.service.web.shop.browse import SHORT_PUBLIC_CACHE
from market.service.web.shop.cards import find_drawing, make_card_views
from market.service.web.shop.shown_rate import find_shown_rate
from market.villages.channels.models import Channel, ChannelKind
from market.villages.channels.read import find_channel, list_paired_counties

_PAGE_SIZE = 12


def link_channel(channel: Channel) -> str:
    """Return the path of a channel."""
    return f"/channels/{channel.code}"


@get("/channels", include_in_schema=False, shared=Audience.ALL, english=True)
async def show_channels(request: HttpRequest) -> Response[bytes]:
    """Show the channels that have counties: of buying cities, and of counties."""
    counts = get_services(request).counts
    live = {each.code: each.count for each in await counts.counties.get()}
    rows = [
        (each, link_channel(each), len(each.counties), sum(live.get(code, 0) for code in each.counties))
        for each in await counts.channels.get()
    ]
    context = {
        "cities": [row for row in rows if row[0].kind is ChannelKind.CITY],
        "counties": [row for row in rows if row[0].kind is ChannelKind.COUNTY],
        "canonical": f"{get_origin(request)}/channels",
    }
    return render_page(request, "shop/channels.html", context, cache=SHORT_PUBLIC_CACHE)


@get("/channels/{code:str}", include_in_schema=False, shared=Audience.ALL, english=True, rate=RateClass.SEARCH)
async def show_channel(
    request: HttpRequest, reads: NamedDependency[PublicReads], clock: NamedDependency[Clock], code: FromPath[str]
) -> Response[bytes]:
    """Show what the counties in a channel sell, the counties themselves, and the channel's feeds.

    Raises:
        NotFound: there is no such channel.
        BadCursor: see `list_counties_listings`.
    """
    today = clock.today()
    live = {each.code: each.count for each in await get_services(request).counts.counties.get()}
    async with reads.connection() as conn:
        channel = await find_channel(conn, code, today=today)
        if channel is None:
            raise NotFound
        after = request.query_params.get("after")
        page = await list_counties_listings(conn, channel.counties, today=today, after=after, limit=_PAGE_SIZE)
        paired = await list_paired_counties(conn, code, today=today)
    path = link_channel(channel)
    context = {
        "channel": channel,
        "rate": await find_shown_rate(request),
        "count": sum(live.get(each.code, 0) for each in paired),
        "paired": [(f"/places/{each.code}", each, live.get(each.code, 0)) for each in paired],
        "cards": make_card_views(page.items),
        "rule": say(page.rule),
        "drawn": any(map(find_drawing, page.items)),
        "first": f"{path}#main" if after else "",
        "more": f"{path}?after={page.next}" if page.next else None,
        "feeds": [(f"/feeds/channels/{channel.code}/products.{kind}", name) for kind, name in _FEEDS],
        "canonical": f"{get_origin(request)}{path}",
    }
    return render_page(request, "shop/channel.html", context, cache=SHORT_PUBLIC_CACHE)


_FEEDS = (("json", "JSON Feed"), ("xml", "RSS"), ("csv", "CSV"))

ROUTES = [show_channels, show_channel]
