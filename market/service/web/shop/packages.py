"""乡村套餐: the packages on sale, and the page of one with what is free on a day."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.bookings.models import CancellationTier
from market.catalogue.listings.models import ListingKind
from market.catalogue.slots.models import format_slot_hours
from market.kernel.clock import Clock
from market.kernel.language import say
from market.kernel.public_reads import PublicReads
from market.kernel.text import clean_text
from market.people.identity.models import NotFound
from market.sales.orders.checkout.packages import load_strictest_tiers
from market.sales.packages.capacity import load_availability
from market.sales.packages.models import MAX_COUNT, REST_HOURS
from market.sales.packages.read import (
    PackageFilters,
    PackageOffer,
    get_live_package,
    is_withdrawn,
    list_offers,
    make_offer,
)
from market.sales.packages.rules import PartAvailability
from market.service.http import HttpRequest
from market.service.web.assets import get_origin
from market.service.web.forms import parse_day, parse_integer
from market.service.web.pages import render_page
from market.service.web.shared_pages import Audience
from market.service.web.shop.browse import SHORT_PUBLIC_CACHE
from market.service.web.shop.cards import ShortNumber, make_photo_view
from market.service.web.shop.listing.off_sale import render_off_sale
from market.service.web.shop.package_cards import describe_part, describe_stay, link_packages, make_package_cards
from market.service.web.ui.format import day_short, percent_bp, weekday

_PAGE_SIZE = 12
_FULL_BP = 10_000
_MAX_QUERY_LENGTH = 60
_MAX_DIGITS = 12


class PartChoice(Struct, frozen=True):
    """A part on the page of a package: for an activity the times to choose from on the chosen day."""

    name: str
    heading: str
    sources: list[tuple[str, str]]
    times: list[tuple[str, str]]
    problem: str


def describe_tiers(tiers: Sequence[CancellationTier]) -> list[str]:
    """Describe the strictest refunds of a package, by notice before its first day."""
    words = [
        say(
            "提前 {0} 天及以上，退{1}",
            tier.days_before,
            say("全款") if tier.refund_bp == _FULL_BP else percent_bp(tier.refund_bp),
        )
        for tier in tiers
        if tier.refund_bp
    ]
    return [*words, say("再晚，住的、玩的不退")] if words else [say("住的、玩的订了不退")]


def format_time(starts_at: datetime, ends_at: datetime) -> str:
    """Format when an activity is: `9月21日 周六 8:00–12:00`."""
    return f"{day_short(starts_at)} {weekday(starts_at)} {format_slot_hours(starts_at, ends_at)}"


@get("/packages", include_in_schema=False, english=True, shared=Audience.ALL)
async def show_package_list(
    request: HttpRequest, reads: NamedDependency[PublicReads], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the packages on sale, the newest first; `q`, `division` and `category` narrow the list."""
    query = request.query_params
    before = parse_integer(query.get("before", ""))
    text = clean_text(query.get("q", ""))[:_MAX_QUERY_LENGTH]
    division, category = query.get("division", ""), query.get("category", "")
    filters = PackageFilters(
        text=text,
        division=division if division.isascii() and division.isdecimal() and len(division) <= _MAX_DIGITS else None,
        category=category if category.isascii() and category.isidentifier() else None,
    )
    async with reads.connection() as conn:
        page = await list_offers(conn, filters, before=before, limit=_PAGE_SIZE, today=clock.today())
    context = {
        "cards": make_package_cards(page.items),
        "text": text,
        "narrowed": filters != PackageFilters(),
        "more": link_packages(filters, before=page.next) if page.next else None,
        "canonical": f"{get_origin(request)}/packages",
    }
    return render_page(request, "shop/packages.html", context, cache=SHORT_PUBLIC_CACHE)


def _view_parts(
    offer: PackageOffer, free: Sequence[PartAvailability] | None, count: int
) -> tuple[list[PartChoice], bool]:
    """Return the parts, with the times of activities if a day is chosen, and whether all of them are free then."""
    views: list[PartChoice] = []
    for part in offer.parts:
        fitting = [each for each in free or [] if each.position == part.position and each.packages >= count]
        times = [
            (
                each.starts_at.isoformat(),
                say("{0}，还够 {1} 套", format_time(each.starts_at, each.ends_at), each.packages),
            )
            for each in fitting
            if each.starts_at and each.ends_at
        ]
        problem = "" if free is None or fitting else say("这几天不够了")
        sources = [
            (
                f"/{'stays' if part.kind is ListingKind.STAY else 'goods'}/{each.listing_number}",
                say("{0}（{1}）", each.title, each.producer) if len(part.choices) > 1 else each.producer,
            )
            for each in part.choices
        ]
        views.append(PartChoice(f"t{part.position}", describe_part(part), sources, times, problem))
    return views, free is not None and not any(view.problem for view in views)


@get("/packages/{number:int}", include_in_schema=False, english=True, shared=Audience.ALL)
async def show_package(
    request: HttpRequest, *, reads: NamedDependency[PublicReads], clock: NamedDependency[Clock], number: ShortNumber
) -> Response[bytes]:
    """Show a package on sale, with a day what is free when guests arrive then; or that it is not sold any more.

    Raises:
        NotFound: no package that was ever on sale has this number.
    """
    today = clock.today()
    day = parse_day(request.query_params.get("day", ""))
    count = max(1, parse_integer(request.query_params.get("n", ""), maximum=MAX_COUNT) or 1)
    async with reads.connection() as conn:
        try:
            package = await get_live_package(conn, number)
        except NotFound:
            if not await is_withdrawn(conn, number):
                raise
            return render_off_sale(
                request, say("这个套餐停卖了。"), [("/packages", say("看看别的乡村套餐"))], gone=True
            )
        free = None
        if day is not None:
            free = await load_availability(conn, package, arrive=day, now=clock.now())
        tiers = await load_strictest_tiers(conn, package.id, holiday=False)
    offer = make_offer(package)
    parts, ready = _view_parts(offer, free, count)
    context: dict[str, Any] = {
        "item": offer,
        "photo": make_photo_view(offer.photo, offer.photo_kind, large=True),
        "stay": describe_stay(offer),
        "season": describe_days(offer),
        "parts": parts,
        "day": str(day or ""),
        "first": str(max(today, offer.starts_on)),
        "last": str(offer.ends_on),
        "leave": day_short(day + timedelta(days=offer.nights)) if day and ready and offer.nights else "",
        "count": count,
        "max_count": MAX_COUNT,
        "asked": day is not None,
        "ready": ready,
        "tiers": describe_tiers(tiers),
        "rest_hours": REST_HOURS,
        "link": f"/packages/{number}",
        "canonical": f"{get_origin(request)}/packages/{number}",
    }
    return render_page(request, "shop/package.html", context, cache=SHORT_PUBLIC_CACHE)


def describe_days(offer: PackageOffer) -> str:
    """Describe on which days guests may come."""
    holidays = say("节假日也能订，不加价") if offer.on_holidays else say("节假日不接")
    return say("{0}到{1}来，{2}", day_short(offer.starts_on), day_short(offer.ends_on), holidays)


ROUTES = [show_package_list, show_package]
