"""Changing an offer: its price, its words, whether it is for sale."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.audit import record
from market.catalogue.models import (
    MOST_LISTINGS,
    MOST_PRICE_FEN,
    MOVES,
    STATE_NAMES,
    BadListing,
    Move,
    NotNow,
    State,
    TooManyListings,
)
from market.catalogue.searching import search_columns
from market.identity import Actor, NotFound, Role, require_role
from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.text import clean
from market.producers.moderation import moderate
from market.stock import LotId, count_units

_OFFICES = (Role.COUNTY, Role.PLATFORM)
_TITLE = range(2, 61)
_LONGEST_STORY = 2000


class Standing(Struct, frozen=True):
    """A listing after a change."""

    listing_id: UUID
    title: str
    state: State
    price_fen: Fen


class OwnVariant(Struct, frozen=True):
    """A size that a person's producer sells: what one costs, and how many can still be sold (None: not counted)."""

    id: UUID
    label: str
    unit: str
    price_fen: Fen
    lot_id: UUID | None
    takes: int
    left: int | None


class OfferChange(Struct, frozen=True):
    """What becomes of one size: its price from now on, and how many more (negative: fewer) can be sold."""

    variant_id: UUID
    price_fen: Fen
    left_change: int = 0


class Held(Struct, frozen=True):
    """A listing whose row is locked, with what its words are made of."""

    producer_id: UUID
    state: State
    origin_code: str
    county: str
    around: list[str]
    category: str
    producer: str
    live: int


LOCK_LISTING = Query(
    Held,
    """
    SELECT l.producer_id, l.state, l.origin_code, d.name AS county, g.name AS category, p.name AS producer,
           ARRAY(SELECT name FROM divisions
                  WHERE code IN (rpad(left(l.origin_code, 4), 12, '0'), rpad(left(l.origin_code, 9), 12, '0'),
                                 l.origin_code)
                  ORDER BY level) AS around,
           (SELECT count(*) FROM listings WHERE producer_id = l.producer_id AND state = 'live') AS live
      FROM listings l
      JOIN divisions d ON d.code = rpad(l.county_code, 12, '0')
      JOIN categories g ON g.code = l.category_code
      JOIN producers p ON p.id = l.producer_id
     WHERE l.id = :listing_id
       FOR NO KEY UPDATE OF l
    """,
)
STANDING = Query(
    Standing,
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
OWN_VARIANTS = Query(
    OwnVariant,
    """
    SELECT v.id, v.label, v.unit, v.price_fen, v.lot_id, v.takes, o.left_units / v.takes AS left
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
    conn: Connection, actor: Actor, listing_id: UUID, move: Move, *, reason: str = "", now: datetime
) -> Standing:
    """Withdraw a listing or offer it again; the county or the platform suspends and reopens, with a reason.

    Carts and orders that hold it are not touched; it is bought no more.

    Raises:
        NotFound: there is none, or the person neither works for its producer nor holds an office there.
        NotAllowed: the move is the other side's.
        SecondFactorNeeded: an official has not shown the second factor.
        BadListing: suspending needs a reason, of at most 300 characters.
        NotNow: the listing does not stand where it can be done.
        TooManyListings: the producer has its share of live ones.
    """
    held = await LOCK_LISTING.maybe(conn, listing_id=listing_id)
    own = held is not None and held.producer_id in actor.producers
    if held is None or not (own or any(held.origin_code.startswith(grant.scope) for grant in actor.grants)):
        raise NotFound
    if move in {Move.SUSPEND, Move.REOPEN} or not own:
        require_role(actor, _OFFICES, held.origin_code)
    reason = clean(reason)
    if (move is Move.SUSPEND and not reason) or len(reason) > 300:  # noqa: PLR2004 - as the refusal says
        raise BadListing(errors=(FieldFault("reason", "请写明原因，最多 300 个字"),))
    states, into = MOVES[move]
    if held.state not in states:
        raise NotNow(state=STATE_NAMES[held.state])
    if into is State.LIVE and held.live >= MOST_LISTINGS:
        raise TooManyListings(most=MOST_LISTINGS)
    await SET_STATE.run(conn, into=into, listing_id=listing_id, states=sorted(states))
    await record(
        conn,
        actor=str(actor.account_id),
        action=f"listing.{move}",
        object=f"listing:{listing_id}",
        detail={"from": str(held.state), "to": str(into), "reason": reason},
        now=now,
    )
    return await STANDING.one(conn, listing_id=listing_id)


async def change_price(conn: Connection, actor: Actor, variant_id: UUID, price: Fen, *, now: datetime) -> Standing:
    """Set the price of a variant of one's own; orders that were placed keep theirs.

    Raises:
        NotFound: there is none, it is not the person's, or its listing is suspended.
        BadListing: the price is not between 0.01 and 1,000,000 yuan.
    """
    if not 0 < price <= MOST_PRICE_FEN:
        raise BadListing(errors=(FieldFault("price_fen", "价格从 0.01 元到 1000000 元"),))
    listing_id = await SET_PRICE.maybe(conn, variant_id=variant_id, price_fen=price, own=list(actor.producers))
    if listing_id is None:
        raise NotFound
    await record(
        conn,
        actor=str(actor.account_id),
        action="listing.price",
        object=f"listing:{listing_id}",
        detail={"variant": str(variant_id), "price_fen": price},
        now=now,
    )
    return await STANDING.one(conn, listing_id=listing_id)


async def list_own_variants(conn: Connection, actor: Actor, listing_id: UUID) -> list[OwnVariant]:
    """Return the sizes of a listing of one's own that may be changed: none where it is suspended or another's."""
    return await OWN_VARIANTS.all(conn, listing_id=listing_id, own=list(actor.producers))


async def change_offer(
    conn: Connection,
    actor: Actor,
    listing_id: UUID,
    changes: Sequence[OfferChange],
    *,
    reference: str,
    now: datetime,
) -> None:
    """Set prices and count what is left of sizes of one's own listing, in the caller's transaction.

    What is left changes by how much it is more or fewer, once a `reference`: what was ordered in the meantime stays
    ordered, and units that wait in orders are not touched. Prices of orders that were placed stay.

    Raises:
        NotFound: the listing is not the person's or suspended, or has no such size, or the size is not counted.
        BadListing: a price is not between 0.01 and 1,000,000 yuan.
        LessThanNothing: fewer can still be sold than are taken away; nothing changes.
        NothingToCount: more than anyone holds.
    """
    own = {each.id: each for each in await list_own_variants(conn, actor, listing_id)}
    if not own or any(each.variant_id not in own for each in changes):
        raise NotFound
    counted = [(own[each.variant_id], each.left_change) for each in changes if each.left_change]
    lots = [(variant.lot_id, variant, change) for variant, change in counted if variant.lot_id is not None]
    if len(lots) != len(counted):
        raise NotFound
    # Lots before anything else and by id, as checkout takes them.
    for lot_id, variant, change in sorted(lots, key=lambda each: each[0]):
        units = change * variant.takes
        await count_units(conn, actor, LotId(lot_id), change=units, reference=f"{reference}:{variant.id}", now=now)
    for each in changes:
        if each.price_fen != own[each.variant_id].price_fen:
            await change_price(conn, actor, each.variant_id, each.price_fen, now=now)


async def change_text(
    conn: Connection, actor: Actor, listing_id: UUID, *, title: str, story: str, now: datetime
) -> Standing:
    """Set what a listing of one's own is called and what it tells; it is found by the new words at once.

    Raises:
        NotFound: there is none, it is not the person's, or it is suspended.
        BadListing: title or story is too short or too long; both are named.
        ForbiddenWord: a text holds a word that may not stand there.
    """
    held = await LOCK_LISTING.maybe(conn, listing_id=listing_id)
    if held is None or held.producer_id not in actor.producers or held.state is State.SUSPENDED:
        raise NotFound
    title, story = clean(title), clean(story)
    faults: list[FieldFault] = []
    if len(title) not in _TITLE:
        faults.append(FieldFault("title", "名称写 2 到 60 个字"))
    if len(story) > _LONGEST_STORY:
        faults.append(FieldFault("story", f"介绍最多 {_LONGEST_STORY} 个字"))
    if faults:
        raise BadListing(errors=tuple(faults))
    moderate(title=title, story=story)
    columns = search_columns(
        title, county=held.county, category=held.category, producer=held.producer, around=held.around
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
    await record(
        conn,
        actor=str(actor.account_id),
        action="listing.text",
        object=f"listing:{listing_id}",
        detail={"title": title},
        now=now,
    )
    return await STANDING.one(conn, listing_id=listing_id)
