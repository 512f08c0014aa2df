"""哪天多少钱: what each night of a stay or day of an activity costs and why, and the rules that decide it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from market.catalogue.bookings.host_nights import MAX_DAYS_AHEAD
from market.catalogue.listings.describe import Description, get_description
from market.catalogue.listings.detail import get_listing_id
from market.catalogue.listings.edit import list_own_variants
from market.catalogue.listings.models import MAX_PRICE_FEN, MIN_PRICE_FEN, BadListing, ListingKind, ListingState
from market.catalogue.listings.night_rules import (
    HOLIDAY_NAMES,
    DayPrice,
    NightRule,
    RuleKind,
    get_last_holiday,
    list_day_prices,
    list_night_rules,
    set_night_rule,
)
from market.catalogue.listings.terms import (
    MAX_MIN_NIGHTS,
    NewSeason,
    Season,
    SeasonNights,
    clear_season,
    list_seasons,
    set_season,
)
from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock, get_next_month, get_previous_month
from market.people.identity.models import Actor, NotFound
from market.service.http import HttpRequest
from market.service.web.farm.visits.nights import read_shown_day
from market.service.web.forms import PostedForm, read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.shop.cards import ShortNumber
from market.service.web.shop.listing.price_words import describe_price_rule
from market.service.web.ui.calendar import CalendarDay, make_calendar_month
from market.service.web.ui.format import day_short, weekday, yuan

_ONE_NIGHT = timedelta(days=1)
_NIGHT_RULES = {
    "always": "平常",
    "weekend": "周五、周六晚上",
    "holiday": "所有放假的晚上",
    **{name: name for name in HOLIDAY_NAMES},
}
_DAY_RULES = {"weekend": "周六、周日", "holiday": "所有放假的日子", **{name: name for name in HOLIDAY_NAMES}}
_NOTICES = {"rule": ("ok", "定好了", "已经订了的不变。"), "season": ("ok", "改好了", "已经订了的不变。")}
_RULE_FIELDS = {"price_fen": "price", "child_price_fen": "child", "min_nights": "nights", "holiday": "applies"}
_SEASON_FIELDS = {
    "price_fen": "season-price", "child_price_fen": "season-child", "min_nights": "season-nights", "until": "last",
    "first": "first",
}  # fmt: skip
_PRICE_FAULT = f"价钱没写对。写一个数，比如 280，最多 {yuan(MAX_PRICE_FEN)}"
_NIGHTS_FAULT = f"最少几晚没写对，写 1 到 {MAX_MIN_NIGHTS}"


class RuleForm(Struct, frozen=True):
    """The form of a rule as it was typed."""

    applies: str = "weekend"
    price: str = ""
    child: str = ""
    nights: str = ""


class SeasonForm(
    Struct, frozen=True, rename={"price": "season-price", "child": "season-child", "nights": "season-nights"}
):
    """The form of dated terms as it was typed."""

    first: str = ""
    last: str = ""
    price: str = ""
    child: str = ""
    nights: str = ""
    which: str = "all"


class RuleView(Struct, frozen=True):
    """A rule or dated terms of the host: the days, what holds on them, and the fields of the button that removes it."""

    days: str
    words: str
    fields: list[tuple[str, str]]


class PriceRun(Struct, frozen=True):
    """Adjacent nights or days that cost the same for the same reason."""

    days: str
    price_fen: Fen
    reason: str


class TypedTerms(Struct, frozen=True, kw_only=True):
    """The typed price, price of a child and least number of nights; an empty field is None."""

    price_fen: Fen | None = None
    child_price_fen: Fen | None = None
    min_nights: int | None = None


class RefusedTerms(Struct, frozen=True):
    """A form that was refused, shown again with its faults."""

    status: int = 200
    errors: Sequence[FieldFault] = ()
    rule: RuleForm | None = None
    season: SeasonForm | None = None


def _list_rule_names(kind: ListingKind) -> dict[str, str]:
    return _NIGHT_RULES if kind is ListingKind.STAY else _DAY_RULES


def _describe_terms(terms: NightRule | Season, kind: ListingKind) -> str:
    unit = "一晚" if kind is ListingKind.STAY else "一位"
    parts = [f"{unit} {yuan(Fen(terms.price_fen))} 元"] if terms.price_fen is not None else []
    parts += [f"儿童 {yuan(Fen(terms.child_price_fen))} 元"] if terms.child_price_fen is not None else []
    return "，".join(parts + ([f"最少住 {terms.min_nights} 晚"] if terms.min_nights is not None else []))


def _show_rule(rule: NightRule, kind: ListingKind) -> RuleView:
    key = rule.holiday or rule.applies
    return RuleView(_list_rule_names(kind)[key], _describe_terms(rule, kind), [("applies", key)])


def _show_season(season: Season, kind: ListingKind) -> RuleView:
    last = season.until - _ONE_NIGHT
    days = day_short(season.first) if season.first == last else f"{day_short(season.first)}到{day_short(last)}"
    return RuleView(days, _describe_terms(season, kind), [("first", str(season.first)), ("last", str(last))])


def _describe_reason(day: DayPrice, kind: ListingKind) -> str:
    own = "这几晚另定的价" if kind is ListingKind.STAY else "这几天另定的价"
    parts = [own if day.price_rule is RuleKind.SEASON else describe_price_rule(day.price_rule, day.holiday)]
    parts += [f"儿童 {yuan(day.child_price_fen)} 元"] if day.child_price_fen is not None else []
    return "，".join(parts + ([f"最少住 {day.min_nights} 晚"] if day.min_nights > 1 else []))


def list_price_runs(nights: Sequence[DayPrice], kind: ListingKind) -> list[PriceRun]:
    """Return the nights or days as runs of one price for one reason, in the order of days."""
    runs: list[tuple[DayPrice, DayPrice]] = []
    for night in nights:
        if runs and (runs[-1][1].price_fen, _describe_reason(runs[-1][1], kind)) == (
            night.price_fen, _describe_reason(night, kind),
        ):  # fmt: skip
            runs[-1] = (runs[-1][0], night)
        else:
            runs.append((night, night))
    return [
        PriceRun(
            day_short(first.night) if first is last else f"{day_short(first.night)}到{day_short(last.night)}",
            first.price_fen,
            _describe_reason(first, kind),
        )
        for first, last in runs
    ]


async def _find_own_visit(conn: Connection, actor: Actor, number: int) -> Description:
    visit = await get_description(conn, actor, await get_listing_id(conn, number))
    if visit.kind is ListingKind.PRODUCT:
        raise NotFound
    return visit


async def _prices_page(
    request: HttpRequest, conn: Connection, actor: Actor, number: int,
    *, clock: Clock, refused: RefusedTerms | None = None,
) -> Response[Any]:  # fmt: skip
    refused, today = refused or RefusedTerms(), clock.today()
    visit = await _find_own_visit(conn, actor, number)
    stay = visit.kind is ListingKind.STAY
    day = read_shown_day(request.query_params.get("day", ""), today)
    month = read_shown_day(f"{request.query_params.get('month', '')}-01", today, otherwise=day).replace(day=1)
    nights = await list_day_prices(conn, visit.listing_id, first=max(month, today), until=get_next_month(month))
    last_holiday = await get_last_holiday(conn)
    path = f"/farm/listings/{number}/prices"
    last = today + timedelta(days=MAX_DAYS_AHEAD)
    notice = _NOTICES.get(request.query_params.get("said", ""))
    context = {
        "title": visit.title,
        "stay": stay,
        "child": not stay and len(await list_own_variants(conn, actor, visit.listing_id)) > 1,
        "back": f"/farm/listings/{number}/{'nights' if stay else 'slots'}",
        "path": path,
        "month": make_calendar_month(
            month,
            {
                each.night: CalendarDay(
                    yuan(each.price_fen).removesuffix(".00"), free=True, holiday=each.holiday is not None
                )
                for each in nights
            },
            title="一晚多少元" if stay else "一位多少元",
            back=f"{path}?month={get_previous_month(month):%Y-%m}" if month > today else None,
            more=f"{path}?month={get_next_month(month):%Y-%m}" if get_next_month(month) <= last else None,
        ),
        "runs": list_price_runs(nights, visit.kind),
        "unpublished": month.year if month.year > last_holiday.year else None,
        "rules": [_show_rule(each, visit.kind) for each in await list_night_rules(conn, actor, visit.listing_id)],
        "seasons": [
            _show_season(each, visit.kind)
            for each in await list_seasons(conn, actor, visit.listing_id)
            if each.until > today
        ],
        "options": list(_list_rule_names(visit.kind).items()),
        "rule": refused.rule or RuleForm(),
        "season": refused.season or SeasonForm(str(day), str(day)),
        "day_words": f"{day_short(day)}，{weekday(day)}",
        "max_nights": MAX_MIN_NIGHTS,
        "suspended": visit.state is ListingState.SUSPENDED,
        "notes": [notice] if notice else [],
        "errors": refused.errors,
    }
    return render_page(request, "farm/visit_prices.html", context, actor=actor, status=refused.status)


@get("/farm/listings/{number:int}/prices", include_in_schema=False)
async def show_visit_prices(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Show what each night or day of a month costs and why, with the rules and dated terms that decide it.

    Raises:
        NotFound: it is no stay or activity, or belongs to someone else.
    """
    async with db.connection() as conn:
        return await _prices_page(request, conn, actor, number, clock=clock)


def _read_terms(form: PostedForm, prefix: str) -> TypedTerms:
    """Return the terms in the fields that `prefix` begins; none if they are to be removed."""
    if form.get_text("do") == "remove":
        return TypedTerms()
    price, child = (
        form.read_yuan(name, fault=_PRICE_FAULT, minimum=MIN_PRICE_FEN, maximum=MAX_PRICE_FEN)
        if form.get_text(name)
        else None
        for name in (f"{prefix}price", f"{prefix}child")
    )
    nights = f"{prefix}nights"
    if not form.get_text(nights):
        return TypedTerms(price_fen=price, child_price_fen=child)
    return TypedTerms(
        price_fen=price,
        child_price_fen=child,
        min_nights=form.read_integer(nights, fault=_NIGHTS_FAULT, minimum=1, maximum=MAX_MIN_NIGHTS),
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
    """Set what weekends or holidays cost, and how many nights a guest stays at least, or remove such a rule.

    Raises:
        NotFound: it is no stay or activity, or belongs to someone else.
    """
    form = await read_form(request)
    chosen = form.get_text("applies")
    if chosen not in _NIGHT_RULES:
        form.add_fault("applies", "选一样")
    holiday = chosen if chosen in HOLIDAY_NAMES else ""
    removed = form.get_text("do") == "remove"
    terms = _read_terms(form, "")
    if not removed and not form.faults and terms == TypedTerms():
        form.add_fault("price", "什么也没写；不要这条了，按它后面的“不要了”")
    refused = RefusedTerms(422, form.faults, rule=form.fill(RuleForm))
    if not form.faults:
        applies = RuleKind.HOLIDAY if holiday else RuleKind(chosen)
        rule = NightRule(applies=applies, holiday=holiday, **structs.asdict(terms))
        try:
            async with db.transaction() as conn:
                visit = await _find_own_visit(conn, actor, number)
                await set_night_rule(conn, actor, visit.listing_id, rule, now=clock.now())
            return redirect(f"/farm/listings/{number}/prices?said=rule", draft=form.draft)
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
        NotFound: it is no stay or activity, or belongs to someone else.
    """
    form = await read_form(request)
    first = form.read_day("first", fault="头一晚没写对")
    last = form.read_day("last", fault="最后一晚没写对")
    removed = form.get_text("do") == "remove"
    terms = _read_terms(form, "season-")
    refused = RefusedTerms(422, form.faults, season=form.fill(SeasonForm))
    if first is not None and last is not None and not form.faults:
        weekends = form.get_text("which") == "weekends"
        try:
            async with db.transaction() as conn:
                visit = await _find_own_visit(conn, actor, number)
                if removed:
                    cleared = SeasonNights(first, last + _ONE_NIGHT)
                    await clear_season(conn, actor, visit.listing_id, cleared, now=clock.now())
                else:
                    season = NewSeason(first=first, until=last + _ONE_NIGHT, weekends=weekends, **structs.asdict(terms))
                    await set_season(conn, actor, visit.listing_id, season, now=clock.now())
            return redirect(f"/farm/listings/{number}/prices?month={first:%Y-%m}&said=season", draft=form.draft)
        except BadListing as refusal:
            faults = rename_faults(refusal, _SEASON_FIELDS, otherwise="first")
            refused = RefusedTerms(refusal.status, faults, season=form.fill(SeasonForm))
    async with db.connection() as conn:
        return await _prices_page(request, conn, actor, number, clock=clock, refused=refused)


ROUTES = [show_visit_prices, submit_rule, submit_season]
