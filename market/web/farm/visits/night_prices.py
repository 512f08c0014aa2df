"""每晚多少钱: what each night of a stay costs and why, the host's rules and dated terms, and the least stay."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.aftersales.host_calendar import HostNight, list_host_nights
from market.bookings.host_nights import MAX_DAYS_AHEAD
from market.catalogue.models import MAX_PRICE_FEN, MIN_PRICE_FEN, BadListing, ListingState
from market.catalogue.night_rules import (
    HOLIDAY_NAMES,
    NightRule,
    RuleKind,
    get_last_holiday,
    list_night_rules,
    set_night_rule,
)
from market.catalogue.terms import (
    MAX_MIN_NIGHTS,
    NewSeason,
    Season,
    SeasonNights,
    clear_season,
    list_seasons,
    set_season,
)
from market.http import HttpRequest
from market.identity.models import Actor
from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock, get_next_month, get_previous_month
from market.web.farm.visits.nights import find_own_stay, read_shown_day
from market.web.forms import PostedForm, read_form, rename_faults
from market.web.pages import redirect, render_page
from market.web.shop.cards import ShortNumber
from market.web.ui.calendar import CalendarDay, make_calendar_month
from market.web.ui.format import day_short, weekday, yuan

_ONE_NIGHT = timedelta(days=1)
_EVERY_HOLIDAY = "所有放假的晚上"
_RULES = [
    ("always", "平常"),
    ("weekend", "周五、周六晚上"),
    ("holiday", _EVERY_HOLIDAY),
    *((name, name) for name in HOLIDAY_NAMES),
]
_PRICE_REASONS = {
    RuleKind.ALWAYS: "平常价",
    RuleKind.WEEKEND: "周末价",
    RuleKind.HOLIDAY: "{holiday}价",
    RuleKind.SEASON: "这几晚另定的价",
}
_NOTICES = {"rule": ("ok", "定好了", "已经订了的不变。"), "season": ("ok", "改好了", "已经订了的不变。")}
_RULE_FIELDS = {"price_fen": "price", "min_nights": "nights", "holiday": "applies"}
_SEASON_FIELDS = {"price_fen": "season-price", "min_nights": "season-nights", "until": "last", "first": "first"}
_PRICE_FAULT = f"价钱没写对。写一个数，比如 280，最多 {yuan(MAX_PRICE_FEN)}"
_NIGHTS_FAULT = f"最少几晚没写对，写 1 到 {MAX_MIN_NIGHTS}"


class RuleForm(Struct, frozen=True):
    """The form of a rule as it was typed."""

    applies: str = "weekend"
    price: str = ""
    nights: str = ""


class SeasonForm(Struct, frozen=True, rename={"price": "season-price", "nights": "season-nights"}):
    """The form of dated terms as it was typed."""

    first: str = ""
    last: str = ""
    price: str = ""
    nights: str = ""
    which: str = "all"


class RuleView(Struct, frozen=True):
    """A rule or dated terms of the host: the days, what holds on them, and the fields of the button that removes it."""

    days: str
    words: str
    fields: list[tuple[str, str]]


class PriceRun(Struct, frozen=True):
    """Adjacent nights that cost the same for the same reason."""

    days: str
    price_fen: Fen
    reason: str


class RefusedTerms(Struct, frozen=True):
    """A form that was refused, shown again with its faults."""

    status: int = 200
    errors: Sequence[FieldFault] = ()
    rule: RuleForm | None = None
    season: SeasonForm | None = None


def _describe_terms(price_fen: int | None, min_nights: int | None) -> str:
    parts = [f"一晚 {yuan(Fen(price_fen))} 元"] if price_fen is not None else []
    return "，".join(parts + ([f"最少住 {min_nights} 晚"] if min_nights is not None else []))


def _show_rule(rule: NightRule) -> RuleView:
    key = rule.holiday or rule.applies
    return RuleView(dict(_RULES)[key], _describe_terms(rule.price_fen, rule.min_nights), [("applies", key)])


def _show_season(season: Season) -> RuleView:
    last = season.until - _ONE_NIGHT
    days = day_short(season.first) if season.first == last else f"{day_short(season.first)}到{day_short(last)}"
    words = _describe_terms(season.price_fen, season.min_nights)
    return RuleView(days, words, [("first", str(season.first)), ("last", str(last))])


def _describe_reason(night: HostNight) -> str:
    reason = _PRICE_REASONS[night.price_rule].format(holiday=night.holiday or "节日")
    return f"{reason}，最少住 {night.min_nights} 晚" if night.min_nights > 1 else reason


def list_price_runs(nights: Sequence[HostNight]) -> list[PriceRun]:
    """Return the nights as runs of one price for one reason, in the order of days."""
    runs: list[tuple[HostNight, HostNight]] = []
    for night in nights:
        if runs and (runs[-1][1].price_fen, _describe_reason(runs[-1][1])) == (
            night.price_fen, _describe_reason(night),
        ):  # fmt: skip
            runs[-1] = (runs[-1][0], night)
        else:
            runs.append((night, night))
    return [
        PriceRun(
            day_short(first.night) if first is last else f"{day_short(first.night)}到{day_short(last.night)}",
            first.price_fen,
            _describe_reason(first),
        )
        for first, last in runs
    ]


async def _prices_page(
    request: HttpRequest, conn: Connection, actor: Actor, number: int,
    *, clock: Clock, refused: RefusedTerms | None = None,
) -> Response[Any]:  # fmt: skip
    refused, today = refused or RefusedTerms(), clock.today()
    stay = await find_own_stay(conn, actor, number)
    day = read_shown_day(request.query_params.get("day", ""), today)
    month = read_shown_day(f"{request.query_params.get('month', '')}-01", today, otherwise=day).replace(day=1)
    nights = await list_host_nights(conn, actor, stay.listing_id, first=max(month, today), until=get_next_month(month))
    last_holiday = await get_last_holiday(conn)
    path = f"/farm/listings/{number}/prices"
    last = today + timedelta(days=MAX_DAYS_AHEAD)
    notice = _NOTICES.get(request.query_params.get("said", ""))
    context = {
        "title": stay.title,
        "back": f"/farm/listings/{number}/nights",
        "path": path,
        "month": make_calendar_month(
            month,
            {
                each.night: CalendarDay(
                    yuan(each.price_fen).removesuffix(".00"), free=True, holiday=each.holiday is not None
                )
                for each in nights
            },
            title="一晚多少元",
            back=f"{path}?month={get_previous_month(month):%Y-%m}" if month > today else None,
            more=f"{path}?month={get_next_month(month):%Y-%m}" if get_next_month(month) <= last else None,
        ),
        "runs": list_price_runs(nights),
        "unpublished": month.year if month.year > last_holiday.year else None,
        "rules": [_show_rule(each) for each in await list_night_rules(conn, actor, stay.listing_id)],
        "seasons": [
            _show_season(each) for each in await list_seasons(conn, actor, stay.listing_id) if each.until > today
        ],
        "options": _RULES,
        "rule": refused.rule or RuleForm(),
        "season": refused.season or SeasonForm(str(day), str(day)),
        "day_words": f"{day_short(day)}，{weekday(day)}",
        "max_nights": MAX_MIN_NIGHTS,
        "suspended": stay.state is ListingState.SUSPENDED,
        "notes": [notice] if notice else [],
        "errors": refused.errors,
    }
    return render_page(request, "farm/night_prices.html", context, actor=actor, status=refused.status)


@get("/farm/listings/{number:int}/prices", include_in_schema=False)
async def show_night_prices(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Show what each night of a month costs and why, with the rules and dated terms that decide it.

    Raises:
        NotFound: it is no stay, or belongs to someone else.
    """
    async with db.connection() as conn:
        return await _prices_page(request, conn, actor, number, clock=clock)


def _read_terms(form: PostedForm, price: str, nights: str) -> tuple[Fen | None, int | None]:
    """Return the typed price and least number of nights; an empty field is None."""
    return (
        form.read_yuan(price, fault=_PRICE_FAULT, minimum=MIN_PRICE_FEN, maximum=MAX_PRICE_FEN)
        if form.get_text(price)
        else None,
        form.read_integer(nights, fault=_NIGHTS_FAULT, minimum=1, maximum=MAX_MIN_NIGHTS)
        if form.get_text(nights)
        else None,
    )


@post("/farm/listings/{number:int}/prices/rules", include_in_schema=False)
async def submit_rule(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Set what weekends or holidays cost and how many nights a guest stays at least, or remove such a rule.

    Raises:
        NotFound: it is no stay, or belongs to someone else.
    """
    form = await read_form(request)
    chosen = form.get_text("applies")
    if chosen not in dict(_RULES):
        form.add_fault("applies", "选一样")
    holiday = chosen if chosen in HOLIDAY_NAMES else ""
    removed = form.get_text("do") == "remove"
    price, nights = (None, None) if removed else _read_terms(form, "price", "nights")
    if not removed and not form.faults and price is None and nights is None:
        form.add_fault("price", "价钱和最少几晚，至少写一样；不要这条了，按它后面的“不要了”")
    refused = RefusedTerms(422, form.faults, rule=form.fill(RuleForm))
    if not form.faults:
        applies = RuleKind.HOLIDAY if holiday else RuleKind(chosen)
        rule = NightRule(applies=applies, holiday=holiday, price_fen=price, min_nights=nights)
        try:
            async with db.transaction() as conn:
                stay = await find_own_stay(conn, actor, number)
                await set_night_rule(conn, actor, stay.listing_id, rule, now=clock.now())
            return redirect(f"/farm/listings/{number}/prices?said=rule")
        except BadListing as refusal:
            faults = rename_faults(refusal, _RULE_FIELDS, otherwise="applies")
            refused = RefusedTerms(refusal.status, faults, rule=form.fill(RuleForm))
    async with db.connection() as conn:
        return await _prices_page(request, conn, actor, number, clock=clock, refused=refused)


@post("/farm/listings/{number:int}/prices/seasons", include_in_schema=False)
async def submit_season(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Set the price and the least number of nights of some days, or remove what was set for them.

    Raises:
        NotFound: it is no stay, or belongs to someone else.
    """
    form = await read_form(request)
    first = form.read_day("first", fault="头一晚没写对")
    last = form.read_day("last", fault="最后一晚没写对")
    removed = form.get_text("do") == "remove"
    price, nights = (None, None) if removed else _read_terms(form, "season-price", "season-nights")
    refused = RefusedTerms(422, form.faults, season=form.fill(SeasonForm))
    if first is not None and last is not None and not form.faults:
        weekends = form.get_text("which") == "weekends"
        try:
            async with db.transaction() as conn:
                stay = await find_own_stay(conn, actor, number)
                if removed:
                    cleared = SeasonNights(first, last + _ONE_NIGHT)
                    await clear_season(conn, actor, stay.listing_id, cleared, now=clock.now())
                else:
                    season = NewSeason(first, last + _ONE_NIGHT, price, weekends, nights)
                    await set_season(conn, actor, stay.listing_id, season, now=clock.now())
            return redirect(f"/farm/listings/{number}/prices?month={first:%Y-%m}&said=season")
        except BadListing as refusal:
            faults = rename_faults(refusal, _SEASON_FIELDS, otherwise="first")
            refused = RefusedTerms(refusal.status, faults, season=form.fill(SeasonForm))
    async with db.connection() as conn:
        return await _prices_page(request, conn, actor, number, clock=clock, refused=refused)


ROUTES = [show_night_prices, submit_rule, submit_season]
