"""Change a listing: price, stock, text and state."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.audit.record import add_audit_entry
from market.catalogue.models import (
    LISTING_MOVES,
    LISTING_STATE_NAMES,
    MAX_LIVE_LISTINGS,
    MAX_PRICE_FEN,
    BadListing,
    ListingMove,
    ListingState,
    TooManyListings,
    WrongListingState,
)
from market.catalogue.search_text import build_search_columns
from market.identity.access import has_role_for, require_role
from market.identity.models import Actor, NotFound, Role
from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.text import clean_text
from market.producers.moderation import require_allowed_words
from market.stock.lots import count_units
from market.stock.models import LotId

_OFFICES = (Role.COUNTY, Role.PLATFORM)
_TITLE_LENGTHS = range(2, 61)
_MAX_STORY_LENGTH = 2000


class ListingSummary(Struct, frozen=True):
    """A listing after a change."""

    listing_id: UUID
    title: str
    state: ListingState
    price_fen: Fen


class OwnVariant(Struct, frozen=True):
    """A variant of an own listing; `left` items can still be sold (None: stock is not counted)."""

    id: UUID
    label: str
    unit: str
    price_fen: Fen
    lot_id: UUID | None
    lot_units_per_item: int
    left: int | None


class VariantChange(Struct, frozen=True):
    """The new price of a variant, and how many more items (negative: fewer) can be sold."""

    variant_id: UUID
    price_fen: Fen
    stock_change: int = 0


class LockedListing(Struct, frozen=True):
    """A listing whose row is locked, with the texts of its search columns."""

    producer_id: UUID
    state: ListingState
    origin_code: str
    county: str
    division_names: list[str]
    category: str
    producer: str
    live: int


LOCK_LISTING = Query(
    LockedListing,
    """
    SELECT l.producer_id, l.state, l.origin_code, d.name AS county, g.name AS category, p.name AS producer,
           ARRAY(SELECT name FROM divisions
                  WHERE code IN (rpad(left(l.origin_code, 4), 12, '0'), rpad(left(l.origin_code, 9), 12, '0'),
                                 l.origin_code)
                  ORDER BY level) AS division_names,
           (SELECT count(*) FROM listings WHERE producer_id = l.producer_id AND state = 'live') AS live
      FROM listings l
      JOIN divisions d ON d.code = rpad(l.county_code, 12, '0')
      JOIN categories g ON g.code = l.category_code
      JOIN producers p ON p.id = l.producer_id
     WHERE l.id = :listing_id
       FOR NO KEY UPDATE OF l
    """,
)
GET_LISTING_SUMMARY = Query(
    ListingSummary,
    """
    SELECT l.id AS listing_id, l.title, l.state, v.price_fen
      FROM listings l JOIN variants v ON v.listing_id = l.id AND v.position = 0
     WHERE l.id = :listing_id
    """,
)
SET_STATE = Query(None, "UPDATE listings SET state = :into WHERE id = :listing_id AND state = ANY(:states::text[])")
SET_PRICE = Query(
    UUID,
    """
    UPDATE variants v SET price_fen = :price_fen
      FROM listings l
     WHERE v.id = :variant_id AND l.id = v.listing_id AND l.producer_id = ANY(:own::uuid[]) AND l.state <> 'suspended'
    RETURNING l.id
    """,
)
LIST_OWN_VARIANTS = Query(
    OwnVariant,
    """
    SELECT v.id, v.label, v.unit, v.price_fen, v.lot_id, v.lot_units_per_item,
           o.available_units / v.lot_units_per_item AS left
      FROM variants v JOIN listings l ON l.id = v.listing_id LEFT JOIN lots o ON o.id = v.lot_id
     WHERE v.listing_id = :listing_id AND l.producer_id = ANY(:own::uuid[]) AND l.state <> 'suspended'
     ORDER BY v.position
     LIMIT 50
    """,
)
SET_TEXT = Query(
    None,
    """
    UPDATE listings
       SET title = :title, story = :story, searched = :searched, words = array_to_tsvector(:words::text[]),
           latin = :latin
     WHERE id = :listing_id
    """,
)


async def move_listing(
    conn: Connection, actor: Actor, listing_id: UUID, move: ListingMove, *, reason: str = "", now: datetime
) -> ListingSummary:
    """Move a listing to another state: its producer withdraws and relists, county or platform suspend and reopen.

    Carts and placed orders are not changed; a listing that is not live cannot be bought.

    Raises:
        NotFound: there is no such listing, or the actor neither works for its producer nor holds a role at its origin.
        NotAllowed: the actor's side may not make this move.
        SecondFactorRequired: an official has not shown the second factor.
        BadListing: the reason is longer than 300 characters, or missing for a suspension.
        WrongListingState: the move is not allowed from the listing's state.
        TooManyListings: the producer has the maximum of live listings.
    """
    listing = await LOCK_LISTING.maybe(conn, listing_id=listing_id)
    own = listing is not None and listing.producer_id in actor.producers
    if listing is None or not (own or has_role_for(actor, Role, listing.origin_code)):
        raise NotFound
    if move in {ListingMove.SUSPEND, ListingMove.REOPEN} or not own:
        require_role(actor, _OFFICES, listing.origin_code)
    reason = clean_text(reason)
    if (move is ListingMove.SUSPEND and not reason) or len(reason) > 300:
        raise BadListing(errors=(FieldFault("reason", "请写明原因，最多 300 个字"),))
    states, into = LISTING_MOVES[move]
    if listing.state not in states:
        raise WrongListingState(state=LISTING_STATE_NAMES[listing.state])
    if into is ListingState.LIVE and listing.live >= MAX_LIVE_LISTINGS:
        raise TooManyListings(most=MAX_LIVE_LISTINGS)
    await SET_STATE.run(conn, into=into, listing_id=listing_id, states=sorted(states))
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action=f"listing.{move}",
        object=f"listing:{listing_id}",
        detail={"from": str(listing.state), "to": str(into), "reason": reason},
        now=now,
    )
    return await GET_LISTING_SUMMARY.one(conn, listing_id=listing_id)


async def change_price(
    conn: Connection, actor: Actor, variant_id: UUID, price: Fen, *, now: datetime
) -> ListingSummary:
    """Set the price of an own variant; placed orders keep their price.

    Raises:
        NotFound: there is no such variant, it belongs to someone else, or its listing is suspended.
        BadListing: the price is not between 0.01 and 1,000,000 yuan.
    """
    if not 0 < price <= MAX_PRICE_FEN:
        raise BadListing(errors=(FieldFault("price_fen", "价格从 0.01 元到 1000000 元"),))
    listing_id = await SET_PRICE.maybe(conn, variant_id=variant_id, price_fen=price, own=list(actor.producers))
    if listing_id is None:
        raise NotFound
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="listing.price",
        object=f"listing:{listing_id}",
        detail={"variant": str(variant_id), "price_fen": price},
        now=now,
    )
    return await GET_LISTING_SUMMARY.one(conn, listing_id=listing_id)


async def list_own_variants(conn: Connection, actor: Actor, listing_id: UUID) -> list[OwnVariant]:
    """Return the variants of an own listing; none where it is suspended or belongs to someone else."""
    return await LIST_OWN_VARIANTS.all(conn, listing_id=listing_id, own=list(actor.producers))


async def change_variants(
    conn: Connection,
    actor: Actor,
    listing_id: UUID,
    changes: Sequence[VariantChange],
    *,
    reference: str,
    now: datetime,
) -> None:
    """Set prices and adjust the stock of variants of an own listing, in the caller's transaction.

    Stock changes by a difference, once per `reference`, so that orders placed in the meantime keep their units;
    reserved units do not change. Placed orders keep their prices.

    Raises:
        NotFound: the listing is suspended or belongs to someone else, the variant is not one of it, or its stock is not
            counted.
        BadListing: a price is not between 0.01 and 1,000,000 yuan.
        StockTooLow: fewer items can be sold than are to be removed; nothing changes.
        InvalidStockChange: the change is above the maximum of one lot.
    """
    own = {each.id: each for each in await list_own_variants(conn, actor, listing_id)}
    if not own or any(each.variant_id not in own for each in changes):
        raise NotFound
    counted = [(own[each.variant_id], each.stock_change) for each in changes if each.stock_change]
    lots = [(variant.lot_id, variant, change) for variant, change in counted if variant.lot_id is not None]
    if len(lots) != len(counted):
        raise NotFound
    # Lock lots first and by id, in the same order as checkout.
    for lot_id, variant, change in sorted(lots, key=lambda each: each[0]):
        units = change * variant.lot_units_per_item
        await count_units(conn, actor, LotId(lot_id), change=units, reference=f"{reference}:{variant.id}", now=now)
    for each in changes:
        if each.price_fen != own[each.variant_id].price_fen:
            await change_price(conn, actor, each.variant_id, each.price_fen, now=now)


async def change_text(
    conn: Connection, actor: Actor, listing_id: UUID, *, title: str, story: str, now: datetime
) -> ListingSummary:
    """Set the title and story of an own listing; search finds it by the new title at once.

    Raises:
        NotFound: there is no such listing, it belongs to someone else, or it is suspended.
        BadListing: title or story is too short or too long; `errors` lists both.
        ForbiddenWord: a text contains a forbidden word.
    """
    listing = await LOCK_LISTING.maybe(conn, listing_id=listing_id)
    if listing is None or listing.producer_id not in actor.producers or listing.state is ListingState.SUSPENDED:
        raise NotFound
    title, story = clean_text(title), clean_text(story)
    faults: list[FieldFault] = []
    if len(title) not in _TITLE_LENGTHS:
        faults.append(FieldFault("title", "名称写 2 到 60 个字"))
    if len(story) > _MAX_STORY_LENGTH:
        faults.append(FieldFault("story", f"介绍最多 {_MAX_STORY_LENGTH} 个字"))
    if faults:
        raise BadListing(errors=tuple(faults))
    require_allowed_words(title=title, story=story)
    columns = build_search_columns(
        title,
        county=listing.county,
        category=listing.category,
        producer=listing.producer,
        division_names=listing.division_names,
    )
    await SET_TEXT.run(
        conn,
        listing_id=listing_id,
        title=title,
        story=story,
        searched=columns.searched,
        words=columns.words,
        latin=columns.latin,
    )
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="listing.text",
        object=f"listing:{listing_id}",
        detail={"title": title},
        now=now,
    )
    return await GET_LISTING_SUMMARY.one(conn, listing_id=listing_id)
