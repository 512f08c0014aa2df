"""The freight terms of a producer. To add a term, add its field, its SQL and its rule here."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct, structs

from market.catalogue.listings.goods_terms import GoodsTerms, RegionCodes, contains_region, list_region_faults
from market.catalogue.listings.models import MAX_PRICE_FEN, BadListing
from market.kernel import Connection, Fen, FieldFault, Query, Refusal
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_producer
from market.people.identity.models import Actor

_REGION_FIELDS = ("no_ship", "no_cold", "remote")

type Grams = Annotated[int, Meta(ge=1, le=1_000_000)]
MAX_FREIGHT_FEN = Fen(10_000_00)
type SmallFen = Annotated[Fen, Meta(ge=0, le=MAX_FREIGHT_FEN)]


class FreightTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Freight charges by gross weight: the first weight, each started further weight, and the subtotal that ships free.

    `no_ship` are 2-digit codes of regions that the producer does not ship to. Freight is free if the goods, before any
    discount, cost at least `free_above_fen`. Surcharges are added to it, also where it is free: `cold_fen` for a parcel
    with chilled or frozen goods, which are not shipped to the regions `no_cold`, and `remote_fen` for the regions
    `remote`.
    """

    first_g: Grams
    first_fen: SmallFen
    next_g: Grams
    next_fen: SmallFen
    free_above_fen: Annotated[Fen, Meta(ge=1, le=MAX_PRICE_FEN)] | None = None
    no_ship: RegionCodes = ()
    cold_fen: SmallFen = Fen(0)
    no_cold: RegionCodes = ()
    remote_fen: SmallFen = Fen(0)
    remote: RegionCodes = ()

    @property
    def is_free(self) -> bool:
        """Whether freight is free, at the producer's cost, where no surcharge is added."""
        return not self.first_fen and not self.next_fen


FREIGHT_JSON: Final = """
    jsonb_build_object('first_g', first_g, 'first_fen', first_fen, 'next_g', next_g, 'next_fen', next_fen,
                       'free_above_fen', free_above_fen, 'no_ship', freight_templates.no_ship,
                       'cold_fen', cold_fen, 'no_cold', no_cold, 'remote_fen', remote_fen, 'remote', remote)
"""
"""The terms of a row of `freight_templates` as JSON, for queries that join them."""
FIND_FREIGHT = Query(
    FreightTerms,
    """
    SELECT first_g, first_fen, next_g, next_fen, free_above_fen, no_ship, cold_fen, no_cold, remote_fen, remote
      FROM freight_templates WHERE producer_id = :producer_id
    """,
)
SET_FREIGHT = Query(
    None,
    """
    INSERT INTO freight_templates (producer_id, first_g, first_fen, next_g, next_fen, free_above_fen, no_ship,
                                   cold_fen, no_cold, remote_fen, remote)
    VALUES (:producer_id, :first_g, :first_fen, :next_g, :next_fen, :free_above_fen, :no_ship::text[],
            :cold_fen, :no_cold::text[], :remote_fen, :remote::text[])
    ON CONFLICT ON CONSTRAINT freight_templates_producer_unique DO UPDATE
       SET first_g = excluded.first_g, first_fen = excluded.first_fen, next_g = excluded.next_g,
           next_fen = excluded.next_fen, free_above_fen = excluded.free_above_fen, no_ship = excluded.no_ship,
           cold_fen = excluded.cold_fen, no_cold = excluded.no_cold, remote_fen = excluded.remote_fen,
           remote = excluded.remote
    """,
)


class RegionNotServed(Refusal):
    """The producer does not ship to the buyer's region."""

    code = "not_shipped_there"
    zh = "{producer} 的货不发往您的地区。"
    en = "{producer} does not ship to that region."


class ProductNotShippedThere(RegionNotServed):
    """The producer does not ship this product to the buyer's region."""

    code = "product_not_shipped_there"
    zh = "“{title}”不发往您的地区。"
    en = "“{title}” is not shipped to that region."


class ColdChainNotThere(RegionNotServed):
    """The producer's cold chain does not reach the buyer's region."""

    code = "cold_chain_not_there"
    zh = "“{title}”要冷链发，{producer} 的冷链到不了您的地区。"
    en = "“{title}” needs the cold chain, which {producer} does not have to that region."


class Shipment(Struct, frozen=True, kw_only=True):
    """A shipment of one producer: its gross weight, and the region (six digits) if it is known."""

    gross_g: int
    region_code: str | None


class ParcelFault(Struct, frozen=True, kw_only=True):
    """The reason why a producer does not ship a parcel.

    `refusal` refuses the order, with `zh` after the product title as the fault of the request's `field`, or without one
    of the line; the cart shows `cart_zh`.
    """

    refusal: type[Refusal]
    field: str | None
    zh: str
    cart_zh: str


_REGION_FAULT = ParcelFault(
    refusal=RegionNotServed, field="address.region_code", zh="不发往这里", cart_zh="不发往您的地区"
)
_PRODUCT_FAULT = ParcelFault(
    refusal=ProductNotShippedThere, field=None, zh="不发往这里", cart_zh="这一样不发往您的地区"
)
_COLD_FAULT = ParcelFault(
    refusal=ColdChainNotThere, field=None, zh="要冷链，到不了这里", cart_zh="要冷链发，到不了您的地区"
)


async def find_freight(conn: Connection, producer_id: UUID) -> FreightTerms | None:
    """Return a producer's freight terms, or None if none are set: freight is then included in the price."""
    return await FIND_FREIGHT.maybe(conn, producer_id=producer_id)


async def set_freight(conn: Connection, actor: Actor, producer_id: UUID, terms: FreightTerms, *, now: datetime) -> None:
    """Set the freight terms of a producer of the actor; placed orders keep their freight.

    Raises:
        NotFound: the actor does not work for the producer.
        BadListing: a region code is not one of the 31, all are excluded, or a surcharge has no region.
    """
    require_producer(actor, producer_id)
    regions = {name: getattr(terms, name) for name in _REGION_FIELDS}
    faults = [fault for name, codes in regions.items() for fault in list_region_faults(name, codes)]
    if terms.remote_fen and not terms.remote:
        faults.append(FieldFault("remote", "偏远加价写了，选一下哪些地方算偏远"))
    if faults:
        raise BadListing(errors=tuple(faults))
    stored = structs.replace(terms, **{name: tuple(sorted(set(codes))) for name, codes in regions.items()})
    await SET_FREIGHT.run(conn, producer_id=producer_id, **structs.asdict(stored))
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="producer.freight",
        object=f"producer:{producer_id}",
        detail={"first_fen": terms.first_fen, "next_fen": terms.next_fen},
        now=now,
    )


def compute_freight(
    terms: FreightTerms | None, *, gross_g: int, goods_fen: Fen, cold: bool = False, region_code: str | None = None
) -> Fen:
    """Return the freight of a suborder by gross weight; without terms freight is included in the price.

    `cold` is true if goods of the cold chain are in it; surcharges are added also where freight is free. Without a
    region no remote surcharge is added.

    Source: the golden story, shop.md: first weight, started next weights, free above a sum of goods before coupons.
    """
    if terms is None:
        return Fen(0)
    surcharge = (terms.cold_fen if cold else 0) + (terms.remote_fen if is_remote(terms, region_code) else 0)
    if terms.free_above_fen is not None and goods_fen >= terms.free_above_fen:
        return Fen(surcharge)
    excess_g = max(0, gross_g - terms.first_g)
    steps = -(-excess_g // terms.next_g)  # rounded up: a started weight is charged in full
    return Fen(terms.first_fen + steps * terms.next_fen + surcharge)


def is_remote(terms: FreightTerms, region_code: str | None) -> bool:
    """Return whether the remote surcharge applies to a region (six digits of a division)."""
    return region_code is not None and contains_region(terms.remote, region_code)


def ships_to(terms: FreightTerms | None, region_code: str) -> bool:
    """Return whether the producer ships to a region (six digits of a division)."""
    return terms is None or not contains_region(terms.no_ship, region_code)


def find_parcel_fault(terms: FreightTerms | None, goods: GoodsTerms, parcel: Shipment) -> ParcelFault | None:
    """Return why the producer does not ship goods in the parcel that they are in, or None if it does."""
    region = parcel.region_code
    if region is None:
        return None
    if not ships_to(terms, region):
        return _REGION_FAULT
    if contains_region(goods.no_ship, region):
        return _PRODUCT_FAULT
    if goods.cold and terms is not None and contains_region(terms.no_cold, region):
        return _COLD_FAULT
    return None
