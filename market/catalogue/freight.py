"""The freight terms of a producer. To add a term, add its field, its SQL and its rule here."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from msgspec import Meta, Struct, structs

from market.audit.record import add_audit_entry
from market.catalogue.models import MAX_PRICE_FEN, BadListing
from market.divisions.codes import PROVINCE, truncate_code
from market.divisions.regions import REGIONS
from market.identity.access import require_producer
from market.identity.models import Actor
from market.kernel import Connection, Fen, FieldFault, Query, Refusal

_REGION_CODES = frozenset(region.code for region in REGIONS)

type Grams = Annotated[int, Meta(ge=1, le=1_000_000)]
MAX_FREIGHT_FEN = Fen(10_000_00)
type SmallFen = Annotated[Fen, Meta(ge=0, le=MAX_FREIGHT_FEN)]


class FreightTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Freight charges by gross weight: the first weight, each started further weight, and the subtotal that ships free.

    `no_ship` are 2-digit codes of regions that the producer does not ship to. Freight is free if the goods, before any
    discount, cost at least `free_above_fen`.
    """

    first_g: Grams
    first_fen: SmallFen
    next_g: Grams
    next_fen: SmallFen
    free_above_fen: Annotated[Fen, Meta(ge=1, le=MAX_PRICE_FEN)] | None = None
    no_ship: Annotated[tuple[str, ...], Meta(max_length=31)] = ()

    @property
    def is_free(self) -> bool:
        """Whether freight is free, at the producer's cost."""
        return not self.first_fen and not self.next_fen


FREIGHT_JSON: Final = """
    jsonb_build_object('first_g', first_g, 'first_fen', first_fen, 'next_g', next_g, 'next_fen', next_fen,
                       'free_above_fen', free_above_fen, 'no_ship', no_ship)
"""
"""The terms of a row of `freight_templates` as JSON, for queries that join them."""
FIND_FREIGHT = Query(
    FreightTerms,
    """
    SELECT first_g, first_fen, next_g, next_fen, free_above_fen, no_ship
      FROM freight_templates WHERE producer_id = :producer_id
    """,
)
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


class RegionNotServed(Refusal):
    """The producer does not ship to the buyer's region."""

    code = "not_shipped_there"
    zh = "{producer} 的货不发往您的地区。"
    en = "{producer} does not ship to that region."


class Shipment(Struct, frozen=True, kw_only=True):
    """A shipment of one producer: its gross weight, and the region (six digits) if it is known."""

    gross_g: int
    region_code: str | None


class ParcelFault(Struct, frozen=True, kw_only=True):
    """The reason why a producer does not ship a parcel.

    `refusal` refuses the order, with `zh` after the product title as the fault of the request's `field`; the cart shows
    `cart_zh`.
    """

    refusal: type[Refusal]
    field: str
    zh: str
    cart_zh: str


_REGION_FAULT = ParcelFault(
    refusal=RegionNotServed, field="address.region_code", zh="不发往这里", cart_zh="不发往您的地区"
)


async def find_freight(conn: Connection, producer_id: UUID) -> FreightTerms | None:
    """Return a producer's freight terms, or None if none are set: freight is then included in the price."""
    return await FIND_FREIGHT.maybe(conn, producer_id=producer_id)


async def set_freight(conn: Connection, actor: Actor, producer_id: UUID, terms: FreightTerms, *, now: datetime) -> None:
    """Set the freight terms of a producer of the actor; placed orders keep their freight.

    Raises:
        NotFound: the actor does not work for the producer.
        BadListing: a region code is not one of the 31.
    """
    require_producer(actor, producer_id)
    unknown = sorted(set(terms.no_ship) - _REGION_CODES)
    if unknown:
        raise BadListing(errors=(FieldFault("no_ship", f"没有这个地区：{unknown[0]}，请用省的两位代码"),))
    stored = structs.replace(terms, no_ship=tuple(sorted(set(terms.no_ship))))
    await SET_FREIGHT.run(conn, producer_id=producer_id, **structs.asdict(stored))
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="producer.freight",
        object=f"producer:{producer_id}",
        detail={"first_fen": terms.first_fen, "next_fen": terms.next_fen},
        now=now,
    )


def compute_freight(terms: FreightTerms | None, *, gross_g: int, goods_fen: Fen) -> Fen:
    """Return the freight of a suborder by gross weight; without terms freight is included in the price.

    Source: the golden story, shop.md: first weight, started next weights, free above a sum of goods before coupons.
    """
    if terms is None:
        return Fen(0)
    if terms.free_above_fen is not None and goods_fen >= terms.free_above_fen:
        return Fen(0)
    excess_g = max(0, gross_g - terms.first_g)
    steps = -(-excess_g // terms.next_g)  # rounded up: a started weight is charged in full
    return Fen(terms.first_fen + steps * terms.next_fen)


def ships_to(terms: FreightTerms | None, region_code: str) -> bool:
    """Return whether the producer ships to a region (six digits of a division)."""
    return terms is None or truncate_code(region_code, PROVINCE) not in terms.no_ship


def find_parcel_fault(terms: FreightTerms | None, parcel: Shipment) -> ParcelFault | None:
    """Return why the producer does not ship the parcel, or None if it does."""
    if parcel.region_code is not None and not ships_to(terms, parcel.region_code):
        return _REGION_FAULT
    return None
