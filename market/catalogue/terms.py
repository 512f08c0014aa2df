"""A seller's terms: freight charges, and the prices of nights by season."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.audit.record import add_audit_entry
from market.catalogue.models import MAX_PRICE_FEN, BadListing, FreightTerms
from market.divisions.regions import REGIONS
from market.identity.access import require_producer
from market.identity.models import Actor, NotFound
from market.kernel import Connection, FieldFault, Query

MAX_SEASONS = 100
_MAX_SEASON_NIGHTS = 400
_REGION_CODES = frozenset(region.code for region in REGIONS)

type Grams = Annotated[int, Meta(ge=1, le=1_000_000)]
type SmallFen = Annotated[int, Meta(ge=0, le=10_000_00)]


class NewFreight(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Freight charges by gross weight: the first weight, each further weight begun, and the subtotal that ships free.

    `no_ship` are 2-digit codes of regions that the producer does not ship to.
    """

    first_g: Grams
    first_fen: SmallFen
    next_g: Grams
    next_fen: SmallFen
    free_above_fen: Annotated[int, Meta(ge=1, le=MAX_PRICE_FEN)] | None = None
    no_ship: Annotated[list[str], Meta(max_length=31)] = []


class NewSeason(Struct, frozen=True, forbid_unknown_fields=True):
    """The price of each night from `first` up to, not including, `until`."""

    first: date
    until: date
    price_fen: int


class Season(Struct, frozen=True):
    """A range of nights with its own price; `until` is excluded."""

    first: date
    until: date
    price_fen: int


SET_FREIGHT = Query(
    None,
    """
    INSERT INTO freight_templates (producer_id, first_g, first_fen, next_g, next_fen, free_above_fen, no_ship)
    VALUES (:producer_id, :first_g, :first_fen, :next_g, :next_fen, :free_above_fen, :no_ship::text[])
    ON CONFLICT ON CONSTRAINT freight_templates_producer_unique DO UPDATE
       SET first_g = excluded.first_g, first_fen = excluded.first_fen, next_g = excluded.next_g,
           next_fen = excluded.next_fen, free_above_fen = excluded.free_above_fen, no_ship = excluded.no_ship
    """,
)
FIND_FREIGHT = Query(
    FreightTerms,
    """
    SELECT first_g, first_fen, next_g, next_fen, free_above_fen, no_ship
      FROM freight_templates WHERE producer_id = :producer_id
    """,
)
LOCK_STAY = Query(
    UUID,
    """
    SELECT id FROM listings
     WHERE id = :listing_id AND kind = 'stay' AND producer_id = ANY(:own::uuid[])
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


async def find_freight(conn: Connection, producer_id: UUID) -> FreightTerms | None:
    """Return a producer's freight terms; None where they were never set and freight is included in the price."""
    return await FIND_FREIGHT.maybe(conn, producer_id=producer_id)


async def set_freight(conn: Connection, actor: Actor, producer_id: UUID, freight: NewFreight, *, now: datetime) -> None:
    """Set the freight terms of an own producer; placed orders keep their freight.

    Raises:
        NotFound: the actor does not work for the producer.
        BadListing: a region code is not one of the 31.
    """
    require_producer(actor, producer_id)
    unknown = sorted(set(freight.no_ship) - _REGION_CODES)
    if unknown:
        raise BadListing(errors=(FieldFault("no_ship", f"没有这个地区：{unknown[0]}，请用省的两位代码"),))
    await SET_FREIGHT.run(
        conn,
        producer_id=producer_id,
        first_g=freight.first_g,
        first_fen=freight.first_fen,
        next_g=freight.next_g,
        next_fen=freight.next_fen,
        free_above_fen=freight.free_above_fen,
        no_ship=sorted(set(freight.no_ship)),
    )
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="producer.freight",
        object=f"producer:{producer_id}",
        detail={"first_fen": freight.first_fen, "next_fen": freight.next_fen},
        now=now,
    )


async def set_season(
    conn: Connection, actor: Actor, listing_id: UUID, season: NewSeason, *, now: datetime
) -> list[Season]:
    """Set the price of the nights of a season of an own stay, replacing earlier prices; return all seasons.

    Existing bookings keep their prices.

    Raises:
        NotFound: there is no such stay, or it belongs to someone else.
        BadListing: a field is invalid, or there would be 100 seasons or more.
    """
    faults: list[FieldFault] = []
    if not 0 < (season.until - season.first).days <= _MAX_SEASON_NIGHTS:
        faults.append(FieldFault("until", f"从头一晚到最后一晚之后，1 到 {_MAX_SEASON_NIGHTS} 晚"))
    if not 0 < season.price_fen <= MAX_PRICE_FEN:
        faults.append(FieldFault("price_fen", "价格从 0.01 元到 1000000 元"))
    if faults:
        raise BadListing(errors=tuple(faults))
    if await LOCK_STAY.maybe(conn, listing_id=listing_id, own=list(actor.producers)) is None:
        raise NotFound
    replaced = await DELETE_OVERLAPPING_SEASONS.all(conn, listing_id=listing_id, first=season.first, until=season.until)
    new = Season(season.first, season.until, season.price_fen)
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
        detail={"first": str(season.first), "until": str(season.until), "price_fen": season.price_fen},
        now=now,
    )
    return seasons


def list_remainders(replaced: Sequence[Season], new: Season) -> list[Season]:
    """Return the parts of the replaced seasons that the new one does not cover."""
    before = [Season(each.first, new.first, each.price_fen) for each in replaced if each.first < new.first]
    after = [Season(new.until, each.until, each.price_fen) for each in replaced if new.until < each.until]
    return before + after
