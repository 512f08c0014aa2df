"""The page of one stay: its free nights, what the chosen ones cost, and what comes back to who does not go."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.bookings import CancelTerms, StayNight, cancel_terms, refund_share, stay_nights
from market.bookings.models import MOST_NIGHTS_SHOWN
from market.catalogue import Stay, get_stay, listing_id_of
from market.kernel import Connection, Database, Fen
from market.kernel.clock import Clock, next_month, previous_month
from market.web.cards import Number, read_day, unit_words
from market.web.goods import to_dict
from market.web.look.format import day_short, weekday, yuan
from market.web.look.month import Day, month_of_days
from market.web.offers import asked_before_staying, lines_of, papers, reviews_of, shown, tags, trail
from market.web.plumbing import page
from market.web.shop import PUBLIC

MOST_NIGHTS = 30
FURTHEST_DAYS = 365
_LOOK_AHEAD = timedelta(days=MOST_NIGHTS_SHOWN)
_OTHER_DAYS = "换几天，看日历上有价钱的日子。"
_COUNT = "零一两三四五六七八九十"
_WHOLE = 10_000

Asked = Request[Any, Any, Any]


class Choice(Struct, frozen=True):
    """The days that were pressed or typed; `leave` is the morning of departure."""

    arrive: date | None
    leave: date | None

    @property
    def nights(self) -> int:
        """How many nights lie between them; 0 while they are not both chosen in order."""
        if self.arrive is None or self.leave is None:
            return 0
        return max(0, (self.leave - self.arrive) // timedelta(days=1))


class Item(Struct, frozen=True):
    """What the page says of the stay itself."""

    id: UUID
    number: int
    title: str
    line: str
    tags: list[tuple[str, str]]
    price_fen: Fen
    unit: str
    story: str


class Chosen(Struct, frozen=True):
    """What the chosen nights come to, and what cancelling them would give back."""

    heading: str
    nights: list[tuple[str, int]]
    words: str
    total_fen: Fen
    tiers: list[tuple[str, str, str]]
    arrive: date
    leave: date
    button: str


def nights_words(count: int) -> str:
    """Write a number of nights: `两晚`, `12 晚`."""
    return f"{_COUNT[count]}晚" if count < len(_COUNT) else f"{count} 晚"


def read_choice(request: Asked) -> Choice:
    """Read the chosen days: first the day of arrival is pressed, then that of departure; a third press begins anew."""
    given = request.query_params
    arrive, leave = read_day(str(given.get("from", ""))), read_day(str(given.get("to", "")))
    pressed = read_day(str(given.get("day", "")))
    if pressed is not None:
        if arrive is not None and leave is None and pressed > arrive:
            leave = pressed
        else:
            arrive, leave = pressed, None
    return Choice(arrive, leave)


def tier_rows(terms: CancelTerms, *, arrive: date, amount: Fen, today: date) -> list[tuple[str, str, str]]:
    """Write what comes back by the day of cancelling: (words, figure, gone, now or next).

    A tier without refund is told as what holds from the day after the last one that gives something.
    """
    rows: list[tuple[str, str, str]] = []
    giving = [tier for tier in terms.tiers if tier.refund_bp > 0]
    state = "now"
    if not terms.tiers:
        giving_words = [("到店前一天及以前", "退全款", "now" if terms.days_left > 0 else "gone")]
        return [*giving_words, (f"{day_short(arrive)}起", "不退", "next")]
    for tier in giving:
        deadline = arrive - timedelta(days=tier.days_before)
        figure = "退全款" if tier.refund_bp == _WHOLE else f"退 {yuan(refund_share(amount, tier.refund_bp))} 元"
        words = f"{day_short(deadline)}及以前（提前 {tier.days_before} 天）"
        if deadline < today:
            rows.append((words, f"{figure}，已过", "gone"))
        else:
            rows.append((words, figure, state))
            state = "next"
    last = arrive - timedelta(days=giving[-1].days_before) if giving else today - timedelta(days=1)
    rows.append((f"{day_short(last + timedelta(days=1))}起", "不退", state if last < today else "next"))
    return rows


def _chosen(choice: Choice, nights: list[StayNight], terms: CancelTerms, today: date) -> Chosen:
    assert choice.arrive is not None  # noqa: S101 - both days were checked before
    assert choice.leave is not None  # noqa: S101 - both days were checked before
    total = Fen(sum(night.price_fen for night in nights))
    count = nights_words(len(nights))
    holiday = {night.holiday for night in nights if night.holiday}
    return Chosen(
        f"住这{count}" + (f"（{'、'.join(sorted(holiday))}）" if holiday else ""),
        [(f"{day_short(night.night)}，{weekday(night.night)}", night.price_fen) for night in nights],
        f"一间{count}",
        total,
        tier_rows(terms, arrive=choice.arrive, amount=total, today=today),
        choice.arrive,
        choice.leave,
        f"订这{count}，{yuan(total)} 元",
    )


def _problem(choice: Choice, today: date) -> tuple[str, str] | None:
    """Say what is wrong with the chosen days as far as the calendar goes."""
    arrive, leave = choice.arrive, choice.leave
    if arrive is None:
        return None
    wrong = [
        (arrive < today, "到店的日子已经过了", "请从今天以后的日子里选。"),
        ((arrive - today) // timedelta(days=1) > FURTHEST_DAYS, "日子太远了", "一年以内的可以订。"),
        (leave is not None and leave <= arrive, "走的日子要在到的后面", "先选到的那天，再选走的那天。"),
        (choice.nights > MOST_NIGHTS, f"一次最多订 {MOST_NIGHTS} 晚", "住得久，分几次订，或者打电话问店家。"),
    ]
    return next(((title, words) for is_so, title, words in wrong if is_so), None)


def _days(nights: list[StayNight], choice: Choice) -> dict[date, Day]:
    """Write the squares of the calendar; the first full day after the arrival can still be the day of leaving."""
    days: dict[date, Day] = {}
    open_end = choice.leave is None and choice.arrive is not None
    for night in nights:
        if night.free:
            price = yuan(night.price_fen).removesuffix(".00")
            days[night.night] = Day(price, free=True, holiday=night.holiday is not None)
            continue
        leaving = open_end and choice.arrive is not None and night.night > choice.arrive
        days[night.night] = Day("满", free=leaving, holiday=night.holiday is not None)
        open_end = open_end and not leaving
    return days


def _month_link(link: str, month: date, choice: Choice) -> str:
    pairs = [("month", f"{month:%Y-%m}")]
    pairs += [("from", str(choice.arrive))] if choice.arrive is not None else []
    pairs += [("to", str(choice.leave))] if choice.leave is not None else []
    return f"{link}?{urlencode(pairs)}#c1"


async def _first_free(conn: Connection, stay: Stay, today: date) -> date:
    """Return the first night that can be booked within a year; today where there is none."""
    start = today
    while start < today + timedelta(days=FURTHEST_DAYS):
        nights = await stay_nights(conn, stay.listing.id, arrive=start, leave=start + _LOOK_AHEAD)
        free = next((night.night for night in nights if night.free), None)
        if free is not None:
            return free
        start += _LOOK_AHEAD
    return today


async def _shown_month(conn: Connection, request: Asked, stay: Stay, choice: Choice, today: date) -> date:
    """Return the month that was asked for, else that of the chosen days, else the first in which a night is free."""
    asked = read_day(f"{request.query_params.get('month', '')}-01")
    month = asked or choice.arrive or await _first_free(conn, stay, today)
    latest = today + timedelta(days=FURTHEST_DAYS)
    return min(max(month, today), latest).replace(day=1)


async def _calendar(
    conn: Connection, stay: Stay, choice: Choice, month: date, *, today: date, link: str
) -> dict[str, Any]:
    nights = await stay_nights(conn, stay.listing.id, arrive=max(month, today), leave=next_month(month))
    holidays = sorted({night.holiday for night in nights if night.holiday})
    last = today + timedelta(days=FURTHEST_DAYS)
    words = f"黄底是{'、'.join(holidays)}。" if holidays else ""
    return {
        "month": month_of_days(
            month,
            _days(nights, choice),
            title=f"{unit_words(stay.unit)}多少元",
            arrive=choice.arrive,
            leave=choice.leave,
            back=_month_link(link, previous_month(month), choice) if month > today else None,
            more=_month_link(link, next_month(month), choice) if next_month(month) <= last else None,
        ),
        "hint": f"{words}“满”是都有人住，或者店家不接。",
    }


async def _choice_shown(conn: Connection, stay: Stay, choice: Choice, today: date) -> dict[str, Any]:
    problem = _problem(choice, today)
    if problem is not None or choice.nights == 0:
        half = problem is None and choice.arrive is not None
        title, words = problem or ("", "")
        if half and choice.arrive is not None:
            title, words = f"{day_short(choice.arrive)}到", "再按走的那天。"
        kind = "" if half else "warn"
        return {"chosen": None, "problem": title or None, "problem_words": words, "problem_kind": kind}
    assert choice.arrive is not None  # noqa: S101 - there are nights
    assert choice.leave is not None  # noqa: S101 - there are nights
    nights = await stay_nights(conn, stay.listing.id, arrive=choice.arrive, leave=choice.leave)
    full = [day_short(night.night) for night in nights if not night.free]
    if full:
        title = f"{'、'.join(full[:3])}没有空房"
        return {"chosen": None, "problem": title, "problem_words": _OTHER_DAYS, "problem_kind": "warn"}
    terms = await cancel_terms(conn, stay.listing.id, arrive=choice.arrive, leave=choice.leave, day=today)
    return {"chosen": _chosen(choice, nights, terms, today), "problem": None}


@get("/stays/{number:int}", include_in_schema=False)
async def stay_page(
    request: Asked, db: NamedDependency[Database], clock: NamedDependency[Clock], number: Number
) -> Response[bytes]:
    """Show a stay with a month of its nights.

    Raises:
        NotFound: no stay of that number can be booked.
    """
    today, link = clock.today(), f"/stays/{number}"
    choice = read_choice(request)
    async with db.connection() as conn:
        stay = await get_stay(conn, await listing_id_of(conn, number), now=clock.now())
        listing = stay.listing
        reviews = await reviews_of(conn, listing)
        month = await _shown_month(conn, request, stay, choice, today)
        calendar = await _calendar(conn, stay, choice, month, today=today, link=link)
        picked = await _choice_shown(conn, stay, choice, today)
    rooms = sum(room.open for room in stay.rooms)
    about = shown(request, listing, reviews, link=link, price=stay.price_fen, in_stock=rooms > 0)
    context = {
        "item": Item(
            listing.id,
            number,
            listing.title,
            lines_of([f"{rooms} {stay.unit.partition('/')[0]}", f"{listing.producer}"]),
            tags(listing),
            stay.price_fen,
            unit_words(stay.unit),
            listing.story,
        ),
        "trail": trail(listing),
        "arrive": str(choice.arrive or ""),
        "leave": str(choice.leave or ""),
        "ask": asked_before_staying(listing),
        "papers": papers(listing),
        **calendar,
        **picked,
        **to_dict(reviews),
        **to_dict(about),
    }
    return page(request, "shop/stay.html", context, cache=PUBLIC)


__all__ = ["MOST_NIGHTS", "ROUTES", "nights_words", "tier_rows"]

ROUTES = [stay_page]
