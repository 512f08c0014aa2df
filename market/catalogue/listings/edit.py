"""Change a listing: price, stock and state."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.models import (
    LISTING_MOVES,
    LISTING_STATE_NAMES,
    MAX_LIVE_LISTINGS,
    BadListing,
    ListingMove,
    ListingState,
    TooManyListings,
    WrongListingState,
    list_price_faults,
)
from market.catalogue.listings.person_classes import require_child_price
from market.catalogue.listings.tier_prices import TIERS_JSON, PriceTerms, TierPrice, set_price_terms
from market.catalogue.producers.decide import MAX_REASON_LENGTH, require_independent
from market.catalogue.stock.lots import count_units
from market.catalogue.stock.models import LotId
from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import has_role_for, require_role
from market.people.identity.models import Actor, NotFound, Role

_OFFICES = (Role.COUNTY, Role.PLATFORM)


class ListingSummary(Struct, frozen=True):
    """A listing after a change."""

    listing_id: UUID
    title: str
    state: ListingState
    price_fen: Fen


class OwnVariant(Struct, frozen=True, kw_only=True):
    """A variant of the actor's listing; `left` items can still be sold (None: stock is not counted)."""

    id: UUID
    label: str
    unit: str
    price_fen: Fen
    lot_id: UUID | None
    lot_units_per_item: int
    left: int | None
    ceiling_bp: int | None
    tiers: list[TierPrice] = []
    public_price_fen: Fen | None = None

    @property
    def terms(self) -> PriceTerms:
        """Its further prices."""
        return PriceTerms(tiers=tuple(self.tiers), public_price_fen=self.public_price_fen)


class VariantChange(Struct, frozen=True):
    """The new price of a variant, and how many more items (negative: fewer) can be sold.

    Without `terms` its further prices stay.
    """

    variant_id: UUID
    price_fen: Fen
    stock_change: int = 0
    terms: PriceTerms | None = None


class LockedListing(Struct, frozen=True):
    """A listing whose row is locked, with the number of live listings of its producer."""

    producer_id: UUID
    state: ListingState
    origin_code: str
    live: int


# What goes live waits for the other listings of its producer: its maximum is counted in the next statement.
LOCK_ITS_SELLER = Query(
    UUID,
    """
    SELECT id FROM producers WHERE id = (SELECT producer_id FROM listings WHERE id = :listing_id) FOR NO KEY UPDATE
    """,
)
LOCK_LISTING = Query(
    LockedListing,
    """
    SELECT l.producer_id, l.state, l.origin_code,
           (SELECT count(*) FROM listings WHERE producer_id = l.producer_id AND state = 'live') AS live
      FROM listings l
     WHERE l.id = :listing_id
       FOR NO KEY UPDATE
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
     WHERE v.id = :variant_id AND v.position IS NOT NULL AND l.id = v.listing_id
       AND l.producer_id = ANY(:producer_ids::uuid[]) AND l.state <> 'suspended'
    RETURNING l.id
    """,
)
LIST_OWN_VARIANTS = Query(
    OwnVariant,
    """
    SELECT v.id, v.label, v.unit, v.price_fen, v.lot_id, v.lot_units_per_item,
           o.available_units / v.lot_units_per_item AS left, v.ceiling_bp,
    """
    + TIERS_JSON
    + """ AS tiers, v.public_price_fen
      FROM variants v JOIN listings l ON l.id = v.listing_id LEFT JOIN lots o ON o.id = v.lot_id
     WHERE v.listing_id = :listing_id AND l.producer_id = ANY(:producer_ids::uuid[]) AND l.state <> 'suspended'
       AND v.position IS NOT NULL
     ORDER BY v.position
     LIMIT 50
    """,
)


async def move_listing(
    conn: Connection, actor: Actor, listing_id: UUID, move: ListingMove, *, reason: str = "", now: datetime
) -> ListingSummary:
    """Move a listing to another state: its producer withdraws and relists, county or platform suspend and reopen.

    Carts and placed orders are not changed; a listing that is not live cannot be bought.

    Raises:
        NotFound: there is no such listing, or the actor neither works for its producer nor has a role at its origin.
        NotAllowed: the move is for officials, or the official lacks the role at the origin.
        ReviewerNotIndependent: the official works or worked for the producer, by whatever account.
        SecondFactorRequired: the session of the official has no second factor.
        BadListing: the reason is longer than 300 characters, or missing for a suspension.
        WrongListingState: the move is not allowed from the listing's state.
        TooManyListings: the producer has the maximum number of live listings.
    """
    states, into = LISTING_MOVES[move]
    if into is ListingState.LIVE:
        await LOCK_ITS_SELLER.run(conn, listing_id=listing_id)
    listing = await LOCK_LISTING.maybe(conn, listing_id=listing_id)
    is_own = listing is not None and listing.producer_id in actor.producers
    if listing is None or not (is_own or has_role_for(actor, Role, listing.origin_code)):
        raise NotFound
    if move in {ListingMove.SUSPEND, ListingMove.REOPEN} or not is_own:
        require_role(actor, _OFFICES, listing.origin_code)
        await require_independent(conn, actor, listing.producer_id)
    reason = clean_text(reason)
    if (move is ListingMove.SUSPEND and not reason) or len(reason) > MAX_REASON_LENGTH:
        raise BadListing(errors=(FieldFault("reason", f"请写明原因，最多 {MAX_REASON_LENGTH} 个字"),))
    if listing.state not in states:
        raise WrongListingState(state=LISTING_STATE_NAMES[listing.state])
    if into is ListingState.LIVE and listing.live >= MAX_LIVE_LISTINGS:
        raise TooManyListings(limit=MAX_LIVE_LISTINGS)
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
    """Set the price of a variant of the actor; placed orders keep their price.

    Raises:
        NotFound: there is no such variant on offer, it belongs to someone else, or its listing is suspended.
        BadListing: the price is not between 0.01 and 1,000,000 yuan, or a child would pay more than an adult.
    """
    listing_id = await _set_price(conn, actor, variant_id, price, now=now)
    await require_child_price(conn, listing_id)
    return await GET_LISTING_SUMMARY.one(conn, listing_id=listing_id)


async def _set_price(conn: Connection, actor: Actor, variant_id: UUID, price: Fen, *, now: datetime) -> UUID:
    faults = list_price_faults(price)
    if faults:
        raise BadListing(errors=tuple(faults))
    own = list(actor.producers)
    listing_id = await SET_PRICE.maybe(conn, variant_id=variant_id, price_fen=price, producer_ids=own)
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
    return listing_id


async def list_own_variants(conn: Connection, actor: Actor, listing_id: UUID) -> list[OwnVariant]:
    """Return the variants of the actor's listing; none if it is suspended or belongs to someone else."""
    return await LIST_OWN_VARIANTS.all(conn, listing_id=listing_id, producer_ids=list(actor.producers))


async def change_variants(
    conn: Connection,
    actor: Actor,
    listing_id: UUID,
    changes: Sequence[VariantChange],
    *,
    reference: str,
    now: datetime,
) -> None:
    """Set prices and adjust the stock of variants of the actor's listing, in the caller's transaction.

    Stock changes by a difference, once per `reference`, so that orders placed in the meantime keep their units;
    reserved units do not change. Placed orders keep their prices.

    Raises:
        NotFound: the listing is suspended or belongs to someone else, it has no such variant, or the variant's stock is
            not counted.
        BadListing: a price is not between 0.01 and 1,000,000 yuan, a further price is not lower, or a child would pay
            more than an adult.
        StockTooLow: the change removes more items than are available; nothing changes.
        InvalidStockChange: the change is above the maximum of one lot.
    """
    own_variants = {each.id: each for each in await list_own_variants(conn, actor, listing_id)}
    if not own_variants or any(each.variant_id not in own_variants for each in changes):
        raise NotFound
    counted = [(own_variants[each.variant_id], each.stock_change) for each in changes if each.stock_change]
    lots = [(variant.lot_id, variant, change) for variant, change in counted if variant.lot_id is not None]
    if len(lots) != len(counted):
        raise NotFound
    # Lock lots first and by id, in the same order as checkout.
    for lot_id, variant, change in sorted(lots, key=lambda each: each[0]):
        units = change * variant.lot_units_per_item
        await count_units(conn, actor, LotId(lot_id), change=units, reference=f"{reference}:{variant.id}", now=now)
    for each in changes:
        if each.price_fen != own_variants[each.variant_id].price_fen:
            await _set_price(conn, actor, each.variant_id, each.price_fen, now=now)
        if each.terms is not None and each.terms != own_variants[each.variant_id].terms:
            await set_price_terms(conn, actor, each.variant_id, each.terms, now=now)
    await require_child_price(conn, listing_id)
