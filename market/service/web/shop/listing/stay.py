"""The page of one stay: its free nights, the price of the chosen ones, and the refund of a cancellation."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.bookings.calendar import fills_gap, get_cancellation_terms, list_stay_nights
from market.catalogue.bookings.minimum import NightMinimum, describe_reason, find_short_stay
from market.catalogue.bookings.models import MAX_NIGHTS_SHOWN, CancellationTerms, StayNight, StayTooShort
from market.catalogue.bookings.tiers import compute_stay_refund
from market.catalogue.favourites.models import FavouriteKind
from market.catalogue.listings.detail import StayDetail, get_listing_id, get_shelf_place, get_stay
from market.catalogue.listings.models import ListingKind
from market.kernel import Connection, Fen
from market.kernel.clock import Clock, get_next_month, get_previous_month
from market.kernel.language import say
from market.kernel.public_reads import PublicReads
from market.kernel.structs import build_from
from market.people.identity.models import Actor, NotFound
from market.sales.orders.models import MAX_DAYS_AHEAD, MAX_NIGHTS, MAX_ROOMS
from market.service.http import HttpRequest
from market.service.web.forms import parse_day
from market.service.web.pages import render_page
from market.service.web.services import get_services
from market.service.web.shared_pages import Audience
from market.service.web.shop.browse import SHORT_PUBLIC_CACHE
from market.service.web.shop.cards import ShortNumber, format_unit
from market.service.web.shop.coupon_words import list_listing_coupons
from market.service.web.shop.favourites import FavouriteButton
from market.service.web.shop.listing.details import (
    describe_shop_closed,
    join_facts,
    list_certificates,
    list_guest_questions,
    list_more_photos,
    list_tags,
    list_trail,
    load_reviews,
    make_metadata,
    to_dict,
)
from market.service.web.shop.listing.off_sale import render_off_sale_listing
from market.service.web.shop.listing.own_view import load_own_view
from market.service.web.shop.package_cards import count_rooms
from market.service.web.shop.promises import format_days_ahead
from market.service.web.ui.calendar import CalendarDay, make_calendar_month
from market.service.web.ui.format import NUMERALS, day_short, weekday, yuan

_SEARCH_STEP = timedelta(days=MAX_NIGHTS_SHOWN)
_CHOOSE_OTHER_DAYS = "换几天，看日历上有价钱的日子。"
_FULL_BP = 10_000
_MAX_MINIMUMS = 4
"""How many different least numbers of nights a month names."""


class DateChoice(Struct, frozen=True):
    """The chosen days of arrival and departure."""

    arrive: date | None
    leave: date | None

    @property
    def nights(self) -> int:
        """The number of nights; 0 unless both days are chosen in the right order."""
        if self.arrive is None or self.leave is None:
            return 0
        return max(0, (self.leave - self.arrive) // timedelta(days=1))


class StayView(Struct, frozen=True):
    """The stay for display."""

    id: UUID
    number: int
    title: str
    line: str
    tags: list[tuple[str, str]]
    price_fen: Fen
    unit: str
    story: str


class StayQuote(Struct, frozen=True):
    """The price of the chosen nights, and the refund of cancelling them."""

    heading: str
    nights: list[tuple[str, int]]
    words: str
    total_fen: Fen
    tiers: list[tuple[str, str, str]]
    arrive: date
    leave: date
    button: str
    free: int

    @property
    def rooms(self) -> list[tuple[str, str]]:
        """The numbers of rooms to choose from."""
        return [(str(count), say("{0} 间", count)) for count in range(1, min(self.free, MAX_ROOMS) + 1)]


def format_nights(count: int) -> str:
    """Format a number of nights: `两晚`, `12 晚`."""
    if count == 1:
        return say("一晚")
    return say("{0}晚", say(NUMERALS[count])) if count < len(NUMERALS) else say("{0} 晚", count)


def read_date_choice(request: HttpRequest) -> DateChoice:
    """Read the chosen days; the first pressed day is the arrival, the second the departure, a third starts over."""
    query = request.query_params
    arrive, leave = parse_day(query.get("from", "")), parse_day(query.get("to", ""))
    pressed = parse_day(query.get("day", ""))
    if pressed is not None:
        if arrive is not None and leave is None and pressed > arrive:
            leave = pressed
        else:
            arrive, leave = pressed, None
    return DateChoice(arrive, leave)


def list_refund_tiers(
    terms: CancellationTerms, *, arrive: date, amount: Fen, today: date, place: str = ""
) -> list[tuple[str, str, str]]:
    """List the refunds by day of cancellation: (text, amount, state); the state is gone, now or next.

    The last row states from which day on nothing is refunded.
    """
    rows: list[tuple[str, str, str]] = []
    giving = [tier for tier in terms.tiers if tier.refund_bp > 0]
    state = "now"
    if not terms.tiers:
        giving_words = [
            (say("{0}前一天及以前", place or say("到店")), say("退全款"), "now" if terms.days_left > 0 else "gone")
        ]
        return [*giving_words, (say("{0}起", day_short(arrive)), say("不退"), "next")]
    for tier in giving:
        deadline = arrive - timedelta(days=tier.days_before)
        figure = (
            say("退全款")
            if tier.refund_bp == _FULL_BP
            else say("退 {0} 元", yuan(compute_stay_refund(paid_fen=amount, refund_bp=tier.refund_bp)))
        )
        words = say("{0}及以前（提前 {1} 天）", day_short(deadline), tier.days_before)
        if deadline < today:
            rows.append((words, say("{0}，已过", figure), "gone"))
        else:
            rows.append((words, figure, state))
            state = "next"
    last = arrive - timedelta(days=giving[-1].days_before) if giving else today - timedelta(days=1)
    rows.append((say("{0}起", day_short(last + timedelta(days=1))), say("不退"), state if last < today else "next"))
    return rows


def _quote_stay(choice: DateChoice, nights: list[StayNight], terms: CancellationTerms, today: date) -> StayQuote:
    assert choice.arrive is not None
    assert choice.leave is not None
    total = Fen(sum(night.price_fen for night in nights))
    count, free = format_nights(len(nights)), min(night.free for night in nights)
    holiday = {say(night.holiday) for night in nights if night.holiday}
    return StayQuote(
        say("住这{0}", count) + (say("（{0}）", say("、").join(sorted(holiday))) if holiday else ""),
        [(say("{0}，{1}", day_short(night.night), weekday(night.night)), night.price_fen) for night in nights],
        say("一间{0}", count),
        total,
        list_refund_tiers(terms, arrive=choice.arrive, amount=total, today=today),
        choice.arrive,
        choice.leave,
        say("订这{0}，一间 {1} 元", count, yuan(total)) if free > 1 else say("订这{0}，{1} 元", count, yuan(total)),
        free,
    )


def _find_problem(choice: DateChoice, today: date) -> tuple[str, str] | None:
    """Return the problem of the chosen days, apart from free rooms, as (title, text)."""
    arrive, leave = choice.arrive, choice.leave
    if arrive is None:
        return None
    problems = [
        (arrive < today, say("到店的日子已经过了"), say("请从今天以后的日子里选。")),
        (
            (arrive - today) // timedelta(days=1) > MAX_DAYS_AHEAD,
            say("日子太远了"),
            say("{0}的可以订。", format_days_ahead(MAX_DAYS_AHEAD)),
        ),
        (leave is not None and leave <= arrive, say("走的日子要在到的后面"), say("先选到的那天，再选走的那天。")),
        (choice.nights > MAX_NIGHTS, say("一次最多订 {0} 晚", MAX_NIGHTS), say("住得久，分几次订，或者打电话问店家。")),
    ]
    return next(((title, words) for is_so, title, words in problems if is_so), None)


def _calendar_days(nights: list[StayNight], choice: DateChoice) -> dict[date, CalendarDay]:
    """Return the days of the calendar; the first full night after arrival is a possible day of departure."""
    days: dict[date, CalendarDay] = {}
    open_end = choice.leave is None and choice.arrive is not None
    for night in nights:
        if night.free:
            price = yuan(night.price_fen).removesuffix(".00")
            days[night.night] = CalendarDay(price, free=True, holiday=night.holiday is not None)
            continue
        leaving = open_end and choice.arrive is not None and night.night > choice.arrive
        days[night.night] = CalendarDay(say("满"), free=leaving, holiday=night.holiday is not None)
        open_end = open_end and not leaving
    return days


def _month_link(link: str, month: date, choice: DateChoice) -> str:
    pairs = [("month", f"{month:%Y-%m}")]
    pairs += [("from", str(choice.arrive))] if choice.arrive is not None else []
    pairs += [("to", str(choice.leave))] if choice.leave is not None else []
    return f"{link}?{urlencode(pairs)}#days"


async def _find_free_night(conn: Connection, stay: StayDetail, today: date) -> date:
    """Return the first night that can be booked within a year, or today if there is none."""
    start = today
    while start < today + timedelta(days=MAX_DAYS_AHEAD):
        nights = await list_stay_nights(conn, stay.listing.id, arrive=start, leave=start + _SEARCH_STEP)
        free = next((night.night for night in nights if night.free), None)
        if free is not None:
            return free
        start += _SEARCH_STEP
    return today


async def _choose_month(
    conn: Connection, request: HttpRequest, stay: StayDetail, choice: DateChoice, today: date
) -> date:
    """Return the requested month, else that of the chosen days, else the first with a free night."""
    chosen = parse_day(f"{request.query_params.get('month', '')}-01")
    month = chosen or choice.arrive or await _find_free_night(conn, stay, today)
    latest = today + timedelta(days=MAX_DAYS_AHEAD)
    return min(max(month, today), latest).replace(day=1)


async def _load_calendar(
    conn: Connection, stay: StayDetail, choice: DateChoice, month: date, *, today: date, link: str
) -> dict[str, Any]:
    nights = await list_stay_nights(conn, stay.listing.id, arrive=max(month, today), leave=get_next_month(month))
    holidays = sorted({say(night.holiday) for night in nights if night.holiday})
    last = today + timedelta(days=MAX_DAYS_AHEAD)
    words = say("黄底是{0}。", say("、").join(holidays)) if holidays else ""
    return {
        "month": make_calendar_month(
            month,
            _calendar_days(nights, choice),
            title=say("{0}多少元", format_unit(stay.unit)),
            arrive=choice.arrive,
            leave=choice.leave,
            back=_month_link(link, get_previous_month(month), choice) if month > today else None,
            more=_month_link(link, get_next_month(month), choice) if get_next_month(month) <= last else None,
        ),
        "hint": say("{0}{1}“满”是都有人住，或者店家不接。", words, _describe_minimums(nights)),
    }


def _find_short_stay(stay: StayDetail, arrive: date, leave: date, nights: list[StayNight]) -> StayTooShort | None:
    minimum = max((build_from(NightMinimum, night) for night in nights), key=lambda each: each.min_nights)
    return find_short_stay(minimum, title=stay.listing.title, arrive=arrive, leave=leave, field="to")


def _describe_minimums(nights: list[StayNight]) -> str:
    """Describe the least numbers of nights in a month: `国庆最少住 3 晚。`; empty if every night is sold alone."""
    texts = [
        _describe_minimum(describe_reason(build_from(NightMinimum, night)), night.min_nights)
        for night in nights
        if night.min_nights > 1
    ]
    return "".join(say("{0}。", words) for words in list(dict.fromkeys(texts))[:_MAX_MINIMUMS])


def _describe_minimum(reason: str, nights: int) -> str:
    return say("{0}最少住 {1} 晚", reason, nights) if reason else say("最少住 {0} 晚", nights)


async def _load_choice(conn: Connection, stay: StayDetail, choice: DateChoice, today: date) -> dict[str, Any]:
    problem = _find_problem(choice, today)
    if problem is not None or choice.nights == 0:
        half = problem is None and choice.arrive is not None
        title, words = problem or ("", "")
        if half and choice.arrive is not None:
            title, words = say("{0}到", day_short(choice.arrive)), say("再按走的那天。")
        kind = "" if half else "warn"
        return {"chosen": None, "problem": title or None, "problem_words": words, "problem_kind": kind}
    assert choice.arrive is not None
    assert choice.leave is not None
    nights = await list_stay_nights(conn, stay.listing.id, arrive=choice.arrive, leave=choice.leave)
    short = _find_short_stay(stay, choice.arrive, choice.leave, nights)
    if short is not None and not await fills_gap(
        conn, stay.listing.id, arrive=choice.arrive, leave=choice.leave, day=today
    ):
        title = short.errors[0].message
        return {"chosen": None, "problem": title, "problem_words": say("或者换别的日子。"), "problem_kind": "warn"}
    full = [day_short(night.night) for night in nights if not night.free]
    if full:
        title = say("{0}没有空房", say("、").join(full[:3]))
        return {"chosen": None, "problem": title, "problem_words": say(_CHOOSE_OTHER_DAYS), "problem_kind": "warn"}
    terms = await get_cancellation_terms(conn, stay.listing.id, arrive=choice.arrive, leave=choice.leave, day=today)
    return {"chosen": _quote_stay(choice, nights, terms, today), "problem": None}


async def _load_nights(
    conn: Connection, request: HttpRequest, stay: StayDetail, choice: DateChoice, *, today: date, link: str
) -> dict[str, Any]:
    """Return the calendar and the chosen nights, or why none can be booked."""
    if not stay.listing.taking_orders:
        return {"gone": (say("这家现在不接单"), describe_shop_closed(stay.listing))}
    month = await _choose_month(conn, request, stay, choice, today)
    calendar = await _load_calendar(conn, stay, choice, month, today=today, link=link)
    return {"gone": None, **calendar, **await _load_choice(conn, stay, choice, today)}


@get("/stays/{number:int}", include_in_schema=False, english=True, shared=Audience.GUESTS)
async def show_stay(
    request: HttpRequest,
    reads: NamedDependency[PublicReads],
    clock: NamedDependency[Clock],
    visitor: NamedDependency[Actor | None],
    number: ShortNumber,
) -> Response[bytes]:
    """Show a stay with a month of its nights.

    Raises:
        NotFound: no live stay has that number.
    """
    today, link = clock.today(), f"/stays/{number}"
    choice = read_date_choice(request)
    async with reads.connection() as conn:
        listing_id = await get_listing_id(conn, number)
        try:
            stay = await get_stay(conn, listing_id, now=clock.now())
        except NotFound:
            place = await get_shelf_place(conn, listing_id)
            if place.kind is not ListingKind.STAY:
                raise
            return render_off_sale_listing(request, place)
        listing = stay.listing
        reviews = await load_reviews(conn, listing)
        own = await load_own_view(conn, visitor, listing, day=today)
        nights = await _load_nights(conn, request, stay, choice, today=today, link=link)
    rooms = sum(room.open for room in stay.rooms)
    in_stock = rooms > 0 and listing.taking_orders
    about = make_metadata(request, listing, reviews, link=link, price=stay.price_fen, in_stock=in_stock)
    context = {
        "item": StayView(
            listing.id,
            number,
            listing.title,
            join_facts([count_rooms(rooms, stay.unit.partition("/")[0]), f"{listing.producer}"]),
            list_tags(listing),
            stay.price_fen,
            format_unit(stay.unit),
            listing.story,
        ),
        "favourite": FavouriteButton(FavouriteKind.LISTING, number, own.kept, link),
        "more_photos": list_more_photos(listing),
        "coupons": list_listing_coupons(own, visitor, listing, stay.price_fen, day=today),
        "trail": list_trail(listing),
        "arrive": str(choice.arrive or ""),
        "leave": str(choice.leave or ""),
        "ask": list_guest_questions(listing, receive_days=get_services(request).settings.receive_days),
        "certificates": list_certificates(listing),
        **nights,
        **to_dict(reviews),
        **to_dict(about),
    }
    return render_page(request, "shop/stay.html", context, cache=SHORT_PUBLIC_CACHE)


ROUTES = [show_stay]
