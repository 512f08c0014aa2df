"""The prices of nights by season."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.audit.record import add_audit_entry
from market.catalogue.models import BadListing, list_price_faults
from market.identity.models import Actor, NotFound
from market.kernel import Connection, FieldFault, Query

MAX_SEASONS = 100
_MAX_SEASON_NIGHTS = 400
_WEEKEND = frozenset({4, 5})
"""Friday and Saturday, as `date.weekday` counts."""


class NewSeason(Struct, frozen=True, forbid_unknown_fields=True):
    """The price of each night from `first` up to, not including, `until`; `weekends`: only of Fridays and Saturdays."""

    first: date
    until: date
    price_fen: int
    weekends: bool = False


class Season(Struct, frozen=True):
    """A range of nights with its own price; `until` is excluded."""

    first: date
    until: date
    price_fen: int


LOCK_STAY = Query(
    UUID,
    """
    SELECT id FROM listings
     WHERE id = :listing_id AND kind = 'stay' AND producer_id = ANY(:producer_ids::uuid[])
       FOR NO KEY UPDATE
    """,
)
# A new season replaces the earlier ones it overlaps: they are deleted, then their remainders are inserted again.
DELETE_OVERLAPPING_SEASONS = Query(
    Season,
    """
    DELETE FROM night_prices
     WHERE listing_id = :listing_id AND valid_during && daterange(:first, :until)
    RETURNING lower(valid_during) AS first, upper(valid_during) AS until, price_fen
    """,
)
ADD_SEASON = Query(
    None,
    """
    INSERT INTO night_prices (listing_id, valid_during, price_fen)
    VALUES (:listing_id, daterange(:first, :until), :price_fen)
    """,
)
LIST_SEASONS = Query(
    Season,
    """
    SELECT lower(valid_during) AS first, upper(valid_during) AS until, price_fen
      FROM night_prices WHERE listing_id = :listing_id ORDER BY valid_during LIMIT 100
    """,
)


async def set_season(
    conn: Connection, actor: Actor, listing_id: UUID, season: NewSeason, *, now: datetime
) -> list[Season]:
    """Set the price of the nights of a season of the actor's stay, replacing earlier prices; return all seasons.

    Existing bookings keep their prices.

    Raises:
        NotFound: there is no such stay, or it belongs to someone else.
        BadListing: a field is invalid, no night is in a weekend, or there would be 100 seasons or more.
    """
    faults: list[FieldFault] = []
    if not 0 < (season.until - season.first).days <= _MAX_SEASON_NIGHTS:
        faults.append(FieldFault("until", f"从头一晚到最后一晚之后，1 到 {_MAX_SEASON_NIGHTS} 晚"))
    faults += list_price_faults(season.price_fen)
    ranges = [] if faults else list_ranges(season)
    if not faults and not ranges:
        faults.append(FieldFault("until", "这几晚里没有周五、周六"))
    if faults:
        raise BadListing(errors=tuple(faults))
    if await LOCK_STAY.maybe(conn, listing_id=listing_id, producer_ids=list(actor.producers)) is None:
        raise NotFound
    for new in ranges:
        replaced = await DELETE_OVERLAPPING_SEASONS.all(conn, listing_id=listing_id, first=new.first, until=new.until)
        await ADD_SEASON.run_many(
            conn,
            [
                {"listing_id": listing_id, "first": each.first, "until": each.until, "price_fen": each.price_fen}
                for each in [new, *list_remainders(replaced, new)]
            ],
        )
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
            "weekends": season.weekends,
        },
        now=now,
    )
    return seasons


def list_ranges(season: NewSeason) -> list[Season]:
    """Return the ranges of nights that get the price: the whole season, or each weekend of Friday and Saturday."""
    if not season.weekends:
        return [Season(season.first, season.until, season.price_fen)]
    ranges: list[Season] = []
    for offset in range((season.until - season.first).days):
        night = season.first + timedelta(days=offset)
        if night.weekday() not in _WEEKEND:
            continue
        start = ranges.pop().first if ranges and ranges[-1].until == night else night
        ranges.append(Season(start, night + timedelta(days=1), season.price_fen))
    return ranges


def list_remainders(replaced: Sequence[Season], new: Season) -> list[Season]:
    """Return the parts of the replaced seasons that the new one does not cover."""
    before = [Season(each.first, new.first, each.price_fen) for each in replaced if each.first < new.first]
    after = [Season(new.until, each.until, each.price_fen) for each in replaced if new.until < each.until]
    return before + after
