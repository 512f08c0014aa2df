"""The prices of nights by season, and how many nights a guest stays at least in it."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct, structs

from market.audit.record import add_audit_entry
from market.catalogue.models import BadListing, list_price_faults
from market.identity.models import Actor, NotFound
from market.kernel import Connection, FieldFault, Query

MAX_SEASONS = 100
MAX_MIN_NIGHTS = 30
"""The largest number of nights that a host may require: what a guest may book at once."""
_MAX_SEASON_NIGHTS = 400
_WEEKEND = frozenset({4, 5})
"""Friday and Saturday, as `date.weekday` counts."""


class NewSeason(Struct, frozen=True, forbid_unknown_fields=True):
    """The terms of each night from `first` up to, not including, `until`; `weekends`: only of Fridays and Saturdays.

    What is None, the price or the least number of nights, stays as it was.
    """

    first: date
    until: date
    price_fen: int | None = None
    weekends: bool = False
    min_nights: int | None = None


class SeasonNights(Struct, frozen=True, forbid_unknown_fields=True):
    """Nights from `first` up to, not including, `until`, whose own terms are removed."""

    first: date
    until: date


class Season(Struct, frozen=True):
    """A range of nights with their own price, or least number of nights, or both; `until` is excluded."""

    first: date
    until: date
    price_fen: int | None
    min_nights: int | None = None


LOCK_STAY = Query(
    UUID,
    """
    SELECT id FROM listings
     WHERE id = :listing_id AND kind = 'stay' AND producer_id = ANY(:producer_ids::uuid[])
       FOR NO KEY UPDATE
    """,
)
CHECK_OWN_STAY = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM listings
                    WHERE id = :listing_id AND kind = 'stay' AND producer_id = ANY(:producer_ids::uuid[]))
    """,
)
# A new season replaces the earlier ones it overlaps: they are deleted, then their remainders are inserted again.
DELETE_OVERLAPPING_SEASONS = Query(
    Season,
    """
    DELETE FROM night_prices
     WHERE listing_id = :listing_id AND valid_during && daterange(:first, :until)
    RETURNING lower(valid_during) AS first, upper(valid_during) AS until, price_fen, min_nights
    """,
)
ADD_SEASON = Query(
    None,
    """
    INSERT INTO night_prices (listing_id, valid_during, price_fen, min_nights)
    VALUES (:listing_id, daterange(:first, :until), :price_fen, :min_nights::smallint)
    """,
)
LIST_SEASONS = Query(
    Season,
    """
    SELECT lower(valid_during) AS first, upper(valid_during) AS until, price_fen, min_nights
      FROM night_prices WHERE listing_id = :listing_id ORDER BY valid_during LIMIT 100
    """,
)


async def set_season(
    conn: Connection, actor: Actor, listing_id: UUID, season: NewSeason, *, now: datetime
) -> list[Season]:
    """Set the terms of the nights of a season of the actor's stay, replacing earlier ones; return all seasons.

    Existing bookings keep their prices.

    Raises:
        NotFound: there is no such stay, or it belongs to someone else.
        BadListing: a field is invalid, no night is in a weekend, or there would be 100 seasons or more.
    """
    faults = _list_period_faults(season.first, season.until)
    if season.price_fen is not None:
        faults += list_price_faults(season.price_fen)
    if season.min_nights is not None:
        faults += list_min_nights_faults(season.min_nights)
    if season.price_fen is None and season.min_nights is None:
        faults.append(FieldFault("price_fen", "价钱和最少几晚，至少写一样"))
    ranges = [] if faults else list_ranges(season)
    if not faults and not ranges:
        faults.append(FieldFault("until", "这几晚里没有周五、周六"))
    if faults:
        raise BadListing(errors=tuple(faults))
    await lock_own_stay(conn, actor, listing_id)
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
            "weekends": season.weekends,
        },
        now=now,
    )
    return seasons


async def clear_season(
    conn: Connection, actor: Actor, listing_id: UUID, nights: SeasonNights, *, now: datetime
) -> list[Season]:
    """Remove what was set for nights of the actor's stay, so that its rules apply again; return all seasons.

    Raises:
        NotFound: there is no such stay, or it belongs to someone else.
        BadListing: the nights are none or too many.
    """
    if faults := _list_period_faults(nights.first, nights.until):
        raise BadListing(errors=tuple(faults))
    await lock_own_stay(conn, actor, listing_id)
    cleared = Season(nights.first, nights.until, None)
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
    """Return the seasons of the actor's stay, the earliest first.

    Raises:
        NotFound: there is no such stay, or it belongs to someone else.
    """
    await require_own_stay(conn, actor, listing_id)
    return await LIST_SEASONS.all(conn, listing_id=listing_id)


async def require_own_stay(conn: Connection, actor: Actor, listing_id: UUID) -> None:
    """Require that a stay is the actor's.

    Raises:
        NotFound: there is no such stay, or it belongs to someone else.
    """
    if not await CHECK_OWN_STAY.one(conn, listing_id=listing_id, producer_ids=list(actor.producers)):
        raise NotFound


async def lock_own_stay(conn: Connection, actor: Actor, listing_id: UUID) -> None:
    """Lock a stay of the actor's, whose terms change.

    Raises:
        NotFound: there is no such stay, or it belongs to someone else.
    """
    if await LOCK_STAY.maybe(conn, listing_id=listing_id, producer_ids=list(actor.producers)) is None:
        raise NotFound


def list_min_nights_faults(min_nights: int) -> list[FieldFault]:
    """Return the fault of a least number of nights that is out of range, if it is."""
    if 1 <= min_nights <= MAX_MIN_NIGHTS:
        return []
    return [FieldFault("min_nights", f"最少住几晚，从 1 到 {MAX_MIN_NIGHTS}")]


def _list_period_faults(first: date, until: date) -> list[FieldFault]:
    if 0 < (until - first).days <= _MAX_SEASON_NIGHTS:
        return []
    return [FieldFault("until", f"从头一晚到最后一晚之后，1 到 {_MAX_SEASON_NIGHTS} 晚")]


async def _add_seasons(conn: Connection, listing_id: UUID, seasons: Sequence[Season]) -> None:
    await ADD_SEASON.run_many(conn, [{"listing_id": listing_id, **structs.asdict(each)} for each in seasons])


def list_ranges(season: NewSeason) -> list[Season]:
    """Return the ranges of nights that get the price: the whole season, or each weekend of Friday and Saturday."""
    if not season.weekends:
        return [Season(season.first, season.until, season.price_fen, season.min_nights)]
    ranges: list[Season] = []
    for offset in range((season.until - season.first).days):
        night = season.first + timedelta(days=offset)
        if night.weekday() not in _WEEKEND:
            continue
        start = ranges.pop().first if ranges and ranges[-1].until == night else night
        ranges.append(Season(start, night + timedelta(days=1), season.price_fen, season.min_nights))
    return ranges


def overlay(replaced: Sequence[Season], new: Season) -> list[Season]:
    """Return the nights of the new season; what it leaves open is that of the season it replaces, if there is one."""
    parts: list[Season] = []
    start = new.first
    for each in sorted(replaced, key=lambda season: season.first):
        first, until = max(each.first, new.first), min(each.until, new.until)
        if start < first:
            parts.append(structs.replace(new, first=start, until=first))
        price = each.price_fen if new.price_fen is None else new.price_fen
        nights = each.min_nights if new.min_nights is None else new.min_nights
        parts.append(Season(first, until, price, nights))
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
