"""Dated terms: what nights of a stay or days of an activity cost, and how many nights a guest stays at least."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct, structs

from market.catalogue.listings.models import BadListing, ListingKind, list_price_faults
from market.catalogue.listings.person_classes import list_child_price_faults
from market.kernel import Connection, FieldFault, Query
from market.kernel.structs import build_from
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound

MAX_SEASONS = 100
MAX_MIN_NIGHTS = 30
"""The largest number of nights that a host may require: what a guest may book at once."""
_MAX_SEASON_NIGHTS = 400
_WEEKENDS = {ListingKind.STAY: frozenset({4, 5}), ListingKind.ACTIVITY: frozenset({5, 6})}
"""The nights, or days, of a weekend, as `date.weekday` counts: Friday and Saturday, or Saturday and Sunday."""


class NewSeason(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The terms of each night of a stay, or day of an activity, from `first` up to, not including, `until`.

    `weekends`: only of the nights of Friday and Saturday, or the days of Saturday and Sunday. What is None, the price
    or the least number of nights, stays as it was. An activity has no number of nights; with its price for a person
    comes that for a child, which without one is the usual, and never more than the price.
    """

    first: date
    until: date
    price_fen: int | None = None
    weekends: bool = False
    min_nights: int | None = None
    child_price_fen: int | None = None


class SeasonNights(Struct, frozen=True, forbid_unknown_fields=True):
    """Nights or days from `first` up to, not including, `until`, whose own terms are removed."""

    first: date
    until: date


class Season(Struct, frozen=True, kw_only=True):
    """A range of nights or days with their own price, or least number of nights, or both; `until` is excluded."""

    first: date
    until: date
    price_fen: int | None
    min_nights: int | None = None
    child_price_fen: int | None = None


class PricedVisit(Struct, frozen=True):
    """A stay or an activity whose prices change, locked; `has_child_price`: it has a price for a child at all."""

    kind: ListingKind
    has_child_price: bool


LOCK_VISIT = Query(
    PricedVisit,
    """
    SELECT kind, EXISTS (SELECT FROM variants
                          WHERE listing_id = listings.id AND kind = 'activity' AND position = 1) AS has_child_price
      FROM listings
     WHERE id = :listing_id AND kind IN ('stay', 'activity') AND producer_id = ANY(:producer_ids::uuid[])
       FOR NO KEY UPDATE
    """,
)
CHECK_OWN_VISIT = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM listings
                    WHERE id = :listing_id AND kind IN ('stay', 'activity')
                      AND producer_id = ANY(:producer_ids::uuid[]))
    """,
)
# A new season replaces the earlier ones it overlaps: they are deleted, then their remainders are inserted again.
DELETE_OVERLAPPING_SEASONS = Query(
    Season,
    """
    DELETE FROM night_prices
     WHERE listing_id = :listing_id AND valid_during && daterange(:first, :until)
    RETURNING lower(valid_during) AS first, upper(valid_during) AS until, price_fen, min_nights, child_price_fen
    """,
)
ADD_SEASON = Query(
    None,
    """
    INSERT INTO night_prices (listing_id, valid_during, price_fen, min_nights, child_price_fen)
    VALUES (:listing_id, daterange(:first, :until), :price_fen, :min_nights::smallint, :child_price_fen)
    """,
)
LIST_SEASONS = Query(
    Season,
    """
    SELECT lower(valid_during) AS first, upper(valid_during) AS until, price_fen, min_nights, child_price_fen
      FROM night_prices WHERE listing_id = :listing_id ORDER BY valid_during LIMIT 100
    """,
)


async def set_season(
    conn: Connection, actor: Actor, listing_id: UUID, season: NewSeason, *, now: datetime
) -> list[Season]:
    """Set the terms of a season of the actor's stay or activity, replacing earlier ones; return all seasons.

    Existing orders keep their prices.

    Raises:
        NotFound: there is no such stay or activity, or it belongs to someone else.
        BadListing: a field is invalid, no night or day is in a weekend, or there would be 100 seasons or more.
    """
    visit = await lock_own_visit(conn, actor, listing_id)
    faults = _list_period_faults(season.first, season.until, kind=visit.kind)
    faults += list_terms_faults(
        visit, price_fen=season.price_fen, child_price_fen=season.child_price_fen, min_nights=season.min_nights
    )
    if season.price_fen is None and season.min_nights is None and season.child_price_fen is None:
        stay = visit.kind is ListingKind.STAY
        faults.append(FieldFault("price_fen", "价钱和最少几晚，至少写一样" if stay else "价钱没写"))
    ranges = [] if faults else list_ranges(season, kind=visit.kind)
    if not faults and not ranges:
        words = "这几晚里没有周五、周六" if visit.kind is ListingKind.STAY else "这几天里没有周六、周日"
        faults.append(FieldFault("until", words))
    if faults:
        raise BadListing(errors=tuple(faults))
    for new in ranges:
        replaced = await DELETE_OVERLAPPING_SEASONS.all(conn, listing_id=listing_id, first=new.first, until=new.until)
        await _add_seasons(conn, listing_id, [*overlay(replaced, new), *list_remainders(replaced, new)])
    seasons = await LIST_SEASONS.all(conn, listing_id=listing_id)
    if len(seasons) >= MAX_SEASONS:
        raise BadListing(errors=(FieldFault("first", f"最多 {MAX_SEASONS - 1} 段价格，请先合并一些"),))
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="listing.season",
        object=f"listing:{listing_id}",
        detail={
            "first": str(season.first),
            "until": str(season.until),
            "price_fen": season.price_fen,
            "min_nights": season.min_nights,
            "child_price_fen": season.child_price_fen,
            "weekends": season.weekends,
        },
        now=now,
    )
    return seasons


async def clear_season(
    conn: Connection, actor: Actor, listing_id: UUID, nights: SeasonNights, *, now: datetime
) -> list[Season]:
    """Remove what was set for nights or days of the actor's listing, so that its rules apply again; return all seasons.

    Raises:
        NotFound: there is no such stay or activity, or it belongs to someone else.
        BadListing: the nights are none or too many.
    """
    visit = await lock_own_visit(conn, actor, listing_id)
    if faults := _list_period_faults(nights.first, nights.until, kind=visit.kind):
        raise BadListing(errors=tuple(faults))
    cleared = Season(first=nights.first, until=nights.until, price_fen=None)
    replaced = await DELETE_OVERLAPPING_SEASONS.all(conn, listing_id=listing_id, first=nights.first, until=nights.until)
    await _add_seasons(conn, listing_id, list_remainders(replaced, cleared))
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="listing.season_clear",
        object=f"listing:{listing_id}",
        detail={"first": str(nights.first), "until": str(nights.until)},
        now=now,
    )
    return await LIST_SEASONS.all(conn, listing_id=listing_id)


async def list_seasons(conn: Connection, actor: Actor, listing_id: UUID) -> list[Season]:
    """Return the seasons of the actor's stay or activity, the earliest first.

    Raises:
        NotFound: there is no such stay or activity, or it belongs to someone else.
    """
    await require_own_visit(conn, actor, listing_id)
    return await LIST_SEASONS.all(conn, listing_id=listing_id)


async def require_own_visit(conn: Connection, actor: Actor, listing_id: UUID) -> None:
    """Require that a stay or an activity is the actor's.

    Raises:
        NotFound: there is no such stay or activity, or it belongs to someone else.
    """
    if not await CHECK_OWN_VISIT.one(conn, listing_id=listing_id, producer_ids=list(actor.producers)):
        raise NotFound


async def lock_own_visit(conn: Connection, actor: Actor, listing_id: UUID) -> PricedVisit:
    """Lock a stay or an activity of the actor's, whose terms change.

    Raises:
        NotFound: there is no such stay or activity, or it belongs to someone else.
    """
    visit = await LOCK_VISIT.maybe(conn, listing_id=listing_id, producer_ids=list(actor.producers))
    if visit is None:
        raise NotFound
    return visit


def list_terms_faults(
    visit: PricedVisit, *, price_fen: int | None, child_price_fen: int | None, min_nights: int | None
) -> list[FieldFault]:
    """Return what is wrong with the price, the price of a child and the least number of nights of some days."""
    faults = [] if price_fen is None else list_price_faults(price_fen)
    if child_price_fen is not None:
        if not visit.has_child_price:
            faults.append(FieldFault("child_price_fen", "这一样没有儿童价；先在“儿童价”里定平常的"))
        elif price_fen is None:
            faults.append(FieldFault("price_fen", "写了儿童的，大人的价钱也要写"))
        else:
            faults += list_child_price_faults(price_fen=child_price_fen, adult_fen=price_fen)
    if min_nights is not None:
        if visit.kind is not ListingKind.STAY:
            faults.append(FieldFault("min_nights", "只有住宿才有最少几晚"))
        elif not 1 <= min_nights <= MAX_MIN_NIGHTS:
            faults.append(FieldFault("min_nights", f"最少住几晚，从 1 到 {MAX_MIN_NIGHTS}"))
    return faults


def _list_period_faults(first: date, until: date, *, kind: ListingKind) -> list[FieldFault]:
    if 0 < (until - first).days <= _MAX_SEASON_NIGHTS:
        return []
    word = "晚" if kind is ListingKind.STAY else "天"
    return [FieldFault("until", f"从头一{word}到最后一{word}之后，1 到 {_MAX_SEASON_NIGHTS} {word}")]


async def _add_seasons(conn: Connection, listing_id: UUID, seasons: Sequence[Season]) -> None:
    await ADD_SEASON.run_many(conn, [{"listing_id": listing_id, **structs.asdict(each)} for each in seasons])


def list_ranges(season: NewSeason, *, kind: ListingKind) -> list[Season]:
    """Return the ranges of nights or days that get the terms: the whole season, or each weekend in it."""
    whole = build_from(Season, season)
    if not season.weekends:
        return [whole]
    ranges: list[Season] = []
    for offset in range((season.until - season.first).days):
        night = season.first + timedelta(days=offset)
        if night.weekday() not in _WEEKENDS[kind]:
            continue
        start = ranges.pop().first if ranges and ranges[-1].until == night else night
        ranges.append(structs.replace(whole, first=start, until=night + timedelta(days=1)))
    return ranges


def overlay(replaced: Sequence[Season], new: Season) -> list[Season]:
    """Return the days of the new season; what it leaves open is that of the season it replaces, if there is one."""
    parts: list[Season] = []
    start = new.first
    for each in sorted(replaced, key=lambda season: season.first):
        first, until = max(each.first, new.first), min(each.until, new.until)
        if start < first:
            parts.append(structs.replace(new, first=start, until=first))
        priced = each if new.price_fen is None else new
        nights = each.min_nights if new.min_nights is None else new.min_nights
        parts.append(structs.replace(priced, first=first, until=until, min_nights=nights))
        start = until
    if start < new.until:
        parts.append(structs.replace(new, first=start))
    merged: list[Season] = []
    for each in parts:
        if merged and structs.replace(merged[-1], first=each.first, until=each.until) == each:
            each = structs.replace(merged.pop(), until=each.until)  # noqa: PLW2901 - the two parts are one
        merged.append(each)
    return merged


def list_remainders(replaced: Sequence[Season], new: Season) -> list[Season]:
    """Return the parts of the replaced seasons that the new one does not cover."""
    before = [structs.replace(each, until=new.first) for each in replaced if each.first < new.first]
    after = [structs.replace(each, first=new.until) for each in replaced if new.until < each.until]
    return before + after
