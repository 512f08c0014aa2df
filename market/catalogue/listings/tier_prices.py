"""Prices besides the price of one item: lower ones from a quantity on, and the one for public units."""

from datetime import datetime
from typing import Annotated, Final, LiteralString
from uuid import UUID

from msgspec import Meta, Struct

from market.catalogue.listings.models import MAX_PRICE_FEN, MIN_PRICE_FEN, BadListing
from market.kernel import Connection, Fen, FieldFault, Query
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound

MAX_TIERS = 3
MAX_TIER_QUANTITY = 9_999


class TierPrice(Struct, frozen=True, order=True, forbid_unknown_fields=True):
    """The price of an item if at least so many are bought."""

    from_quantity: int
    price_fen: Fen


class PriceTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The further prices of a pack: tiers by quantity, and the price for verified public units."""

    tiers: Annotated[tuple[TierPrice, ...], Meta(max_length=MAX_TIERS)] = ()
    public_price_fen: Fen | None = None


class _PricedPack(Struct, frozen=True):
    listing_id: UUID
    price_fen: Fen


TIERS_JSON: Final[LiteralString] = """
    coalesce((SELECT jsonb_agg(jsonb_build_object('from_quantity', tier.from_quantity, 'price_fen', tier.price_fen)
                               ORDER BY tier.from_quantity)
                FROM tier_prices tier WHERE tier.variant_id = v.id), '[]')
"""
"""The tiers of a row of `variants AS v` as JSON."""
SET_PUBLIC_PRICE = Query(
    _PricedPack,
    """
    UPDATE variants v SET public_price_fen = :public_price_fen
      FROM listings l
     WHERE v.id = :variant_id AND v.position IS NOT NULL AND l.id = v.listing_id AND l.kind = 'product'
       AND l.producer_id = ANY(:producer_ids::uuid[]) AND l.state <> 'suspended'
    RETURNING l.id AS listing_id, v.price_fen
    """,
)
DELETE_TIERS = Query(None, "DELETE FROM tier_prices WHERE variant_id = :variant_id")
ADD_TIER = Query(
    None,
    """
    INSERT INTO tier_prices (variant_id, from_quantity, price_fen) VALUES (:variant_id, :from_quantity, :price_fen)
    """,
)

CARRY_TIERS = Query(
    None,
    """
    INSERT INTO tier_prices (variant_id, from_quantity, price_fen)
    SELECT :replaced_by, from_quantity, price_fen FROM tier_prices
     WHERE variant_id = :variant_id AND price_fen < :price_fen
    """,
)
CARRY_PUBLIC_PRICE = Query(
    None,
    """
    UPDATE variants SET public_price_fen = old.public_price_fen
      FROM variants old
     WHERE variants.id = :replaced_by AND old.id = :variant_id AND old.public_price_fen <= :price_fen
    """,
)


def list_price_term_faults(terms: PriceTerms, price_fen: Fen) -> list[FieldFault]:
    """Return the faults of further prices of a pack that costs `price_fen`: more must never cost more for each."""
    faults: list[FieldFault] = []
    quantity, price = 1, price_fen
    for index, tier in enumerate(terms.tiers):
        if not quantity < tier.from_quantity <= MAX_TIER_QUANTITY:
            faults.append(FieldFault(f"tiers[{index}].from_quantity", "满几份，要从 2 起，一档比一档多"))
        if not MIN_PRICE_FEN <= tier.price_fen < price:
            faults.append(FieldFault(f"tiers[{index}].price_fen", "买得多，每份要更便宜"))
        quantity, price = tier.from_quantity, tier.price_fen
    public = terms.public_price_fen
    if public is not None and not MIN_PRICE_FEN <= public <= min(price_fen, MAX_PRICE_FEN):
        faults.append(FieldFault("public_price_fen", "公家单位的价，不能比一份的价高"))
    return faults


async def set_price_terms(
    conn: Connection, actor: Actor, variant_id: UUID, terms: PriceTerms, *, now: datetime
) -> PriceTerms:
    """Set the further prices of a pack of the actor, in the caller's transaction; placed orders keep their price.

    Raises:
        NotFound: there is no such pack on offer, it belongs to someone else, or its listing is suspended or no product.
        BadListing: a tier does not make an item cheaper, or the public price is above the price; `errors` lists them.
    """
    if faults := list_price_term_faults(terms, Fen(MAX_PRICE_FEN)):  # of any pack: the column takes no such price
        raise BadListing(errors=tuple(faults))
    pack = await SET_PUBLIC_PRICE.maybe(
        conn, variant_id=variant_id, public_price_fen=terms.public_price_fen, producer_ids=list(actor.producers)
    )
    if pack is None:
        raise NotFound
    if faults := list_price_term_faults(terms, pack.price_fen):
        raise BadListing(errors=tuple(faults))
    await DELETE_TIERS.run(conn, variant_id=variant_id)
    await ADD_TIER.run_many(
        conn,
        [
            {"variant_id": variant_id, "from_quantity": tier.from_quantity, "price_fen": tier.price_fen}
            for tier in terms.tiers
        ],
    )
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="listing.price",
        object=f"listing:{pack.listing_id}",
        detail={
            "variant": str(variant_id),
            "tiers": [[tier.from_quantity, tier.price_fen] for tier in terms.tiers],
            "public_price_fen": terms.public_price_fen,
        },
        now=now,
    )
    return terms


async def carry_price_terms(conn: Connection, variant_id: UUID, *, replaced_by: UUID, price_fen: int) -> None:
    """Give a pack the further prices of the one that it replaces, if they are still lower than its own."""
    terms = {"variant_id": variant_id, "replaced_by": replaced_by, "price_fen": price_fen}
    await CARRY_TIERS.run(conn, **terms)
    await CARRY_PUBLIC_PRICE.run(conn, **terms)
