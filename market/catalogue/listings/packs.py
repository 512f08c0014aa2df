"""The packs of a product: how they are checked, and the replacement of one by another."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.catch_weight import list_ceiling_faults
from market.catalogue.listings.certificates import get_open_seller
from market.catalogue.listings.models import (
    LISTING_STATE_NAMES,
    MAX_QUANTITY,
    BadListing,
    ListingChanged,
    ListingState,
    WrongListingState,
    list_price_faults,
)
from market.catalogue.listings.tier_prices import carry_price_terms
from market.catalogue.listings.units import BadUnit, Unit, parse_unit
from market.catalogue.stock.lots import empty_lot, open_lot
from market.catalogue.stock.models import LotId
from market.kernel import Connection, Fen, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound
from market.people.moderation.off_platform import require_public_text

MAX_PACKS = 8
"""The maximum number of packs that a listing offers at a time."""
_MAX_LABEL_LENGTH = 20
_MAX_GROSS_G = 1_000_000


class NewPack(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pack as its seller submits it; `label` distinguishes several packs of a listing.

    Without `quantity` the stock stays, which only a pack of the same weight or number of pieces allows. Without
    `gross_g`, which freight is charged by, the gross weight is estimated. With `ceiling_bp` the new pack is sold by
    weight, see `market.catalogue.listings.publish.NewProduct`.
    """

    unit: str
    price_fen: int
    label: str = ""
    quantity: int | None = None
    gross_g: int | None = None
    ceiling_bp: int | None = None


class Pack(Struct, frozen=True, kw_only=True):
    """A pack on offer, with its stock and its listing."""

    variant_id: UUID
    listing_id: UUID
    producer_id: UUID
    state: ListingState
    title: str
    position: int | None
    label: str
    unit: str
    price_fen: Fen
    net_g: int | None
    pieces: int | None
    gross_g: int
    lot_id: LotId | None
    lot_units_per_item: int


class OfferedPack(Struct, frozen=True, kw_only=True):
    """A pack that is newly on offer: added, or in the place of another one, which is not for sale any more."""

    listing_id: UUID
    variant_id: UUID
    lot_id: UUID | None
    label: str
    unit: str
    price_fen: Fen


LOCK_LOT_OF_PACK = Query(
    None,
    """
    SELECT
      FROM variants v JOIN listings l ON l.id = v.listing_id JOIN lots o ON o.id = v.lot_id
     WHERE v.id = :variant_id AND l.producer_id = ANY(:producer_ids::uuid[])
       FOR NO KEY UPDATE OF o
    """,
)
# Variants by position and then their listing: in the order in which prices are changed.
LOCK_PACKS_OF_LISTING = Query(
    None,
    """
    SELECT
      FROM variants v JOIN listings l ON l.id = v.listing_id
     WHERE v.listing_id = (SELECT listing_id FROM variants WHERE id = :variant_id) AND v.position IS NOT NULL
       AND l.producer_id = ANY(:producer_ids::uuid[])
     ORDER BY v.position
       FOR NO KEY UPDATE OF v
    """,
)
LOCK_PACK = Query(
    Pack,
    """
    SELECT v.id AS variant_id, v.listing_id, l.producer_id, l.state, l.title, v.position, v.label, v.unit,
           v.price_fen, v.net_g, v.pieces, v.gross_g, v.lot_id, v.lot_units_per_item
      FROM variants v JOIN listings l ON l.id = v.listing_id
     WHERE v.id = :variant_id AND l.producer_id = ANY(:producer_ids::uuid[]) AND l.kind = 'product'
       FOR NO KEY UPDATE OF v, l
    """,
)
IS_OFFERED = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM variants
                    WHERE listing_id = :listing_id AND position IS NOT NULL AND unit = :unit AND label = :label
                      AND id IS DISTINCT FROM :except_id::uuid)
    """,
)
IS_LOT_SOLD = Query(bool, "SELECT EXISTS (SELECT FROM variants WHERE lot_id = :lot_id AND position IS NOT NULL)")
RETIRE_PACK = Query(None, "UPDATE variants SET position = NULL WHERE id = :variant_id")
ADD_PACK = Query(
    UUID,
    """
    INSERT INTO variants (listing_id, position, label, unit, price_fen, net_g, pieces, gross_g, lot_id,
                          lot_units_per_item, ceiling_bp)
    VALUES (:listing_id, :position, :label, :unit, :price_fen, :net_g, :pieces, :gross_g, :lot_id,
            :lot_units_per_item, :ceiling_bp)
    RETURNING id
    """,
)


async def replace_pack(conn: Connection, actor: Actor, variant_id: UUID, new: NewPack, *, now: datetime) -> OfferedPack:
    """Replace a pack of the actor's listing by another one, in the caller's transaction.

    The replaced variant keeps what orders and carts were shown and is not for sale any more; a cart says so. With a
    new quantity the pack has a lot of its own, and the units left of the old one are removed unless other packs sell
    them; units that unpaid orders reserve stay theirs. A pack of as much as the old one keeps the prices from a
    quantity on and for public units that are below its own.

    Raises:
        NotFound: there is no such pack, it belongs to someone else, or it is not that of a product.
        WrongListingState: the listing is suspended.
        ListingChanged: the pack was replaced before; nothing changes.
        BadListing: fields are invalid, another pack is the same, or the quantity is missing; `errors` lists them.
        ForbiddenWord: a text contains a forbidden word.
        ProducerNotOpen: the producer may not sell now.
    """
    old = await lock_pack(conn, actor, variant_id)
    label = clean_text(new.label)
    unit, faults = read_pack(new, label)
    if new.quantity is None and unit.text and not _weighs_the_same(old, unit):
        faults.append(FieldFault("quantity", f"装的和原来（{old.unit}）不一样多了，写上现在有几份"))
    if faults:
        raise BadListing(errors=tuple(faults))
    await require_other_pack(conn, old.listing_id, unit, label, except_id=variant_id)
    require_public_text(unit=unit.text, label=label)
    await get_open_seller(conn, old.producer_id, get_business_day(now))
    await RETIRE_PACK.run(conn, variant_id=variant_id)
    lot_id, per_item = await _provide_lot(conn, old, new.quantity, unit, now=now)
    replaced_by = await ADD_PACK.one(
        conn, listing_id=old.listing_id, position=old.position, label=label, unit=unit.text, price_fen=new.price_fen,
        net_g=unit.net_g, pieces=unit.pieces, gross_g=_choose_gross_g(old, new, unit),
        lot_id=lot_id, lot_units_per_item=per_item, ceiling_bp=new.ceiling_bp,
    )  # fmt: skip
    if _weighs_the_same(old, unit):
        await carry_price_terms(conn, variant_id, replaced_by=replaced_by, price_fen=new.price_fen)
    replacement = OfferedPack(
        listing_id=old.listing_id,
        variant_id=replaced_by,
        lot_id=lot_id,
        label=label,
        unit=unit.text,
        price_fen=Fen(new.price_fen),
    )
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="listing.pack",
        object=f"listing:{old.listing_id}",
        detail={
            "from": {"variant": str(variant_id), "unit": old.unit, "label": old.label, "price_fen": old.price_fen},
            "to": {"variant": str(replaced_by), "unit": unit.text, "label": label, "price_fen": new.price_fen},
            "quantity": new.quantity,
            **({} if new.ceiling_bp is None else {"ceiling_bp": new.ceiling_bp}),
        },
        now=now,
    )
    return replacement


async def require_other_pack(
    conn: Connection, listing_id: UUID, unit: Unit, label: str, *, except_id: UUID | None = None, prefix: str = ""
) -> None:
    """Require that a locked listing offers no pack of this unit and label, apart from the one that is replaced.

    Raises:
        BadListing: it does.
    """
    if await IS_OFFERED.one(conn, listing_id=listing_id, unit=unit.text, label=label, except_id=except_id):
        raise BadListing(errors=(FieldFault(f"{prefix}unit", "这种装法已经有了，换一种，或者改原来那一种"),))


async def lock_pack(conn: Connection, actor: Actor, variant_id: UUID) -> Pack:
    """Lock the pack of the actor that is to be replaced or ended, after its lot, as in checkout.

    Raises:
        NotFound: there is no such pack, it belongs to someone else, or it is not that of a product.
        WrongListingState: the listing is suspended.
        ListingChanged: the pack was replaced or ended before.
    """
    own = {"variant_id": variant_id, "producer_ids": list(actor.producers)}
    await LOCK_LOT_OF_PACK.run(conn, **own)
    await LOCK_PACKS_OF_LISTING.run(conn, **own)
    old = await LOCK_PACK.maybe(conn, **own)
    if old is None:
        raise NotFound
    if old.state is ListingState.SUSPENDED:
        raise WrongListingState(state=LISTING_STATE_NAMES[old.state])
    if old.position is None:
        raise ListingChanged
    return old


async def _provide_lot(
    conn: Connection, old: Pack, quantity: int | None, unit: Unit, *, now: datetime
) -> tuple[UUID | None, int]:
    """Return the lot that the new pack sells from, and how many of its units an item takes."""
    if quantity is None:
        return old.lot_id, old.lot_units_per_item
    await empty_unsold_lot(conn, old, reference=f"replaced:{old.variant_id}", now=now)
    return await open_lot(
        conn, producer_id=old.producer_id, label=old.title, unit=unit.text, units=quantity, now=now
    ), 1


async def empty_unsold_lot(conn: Connection, retired: Pack, *, reference: str, now: datetime) -> None:
    """Remove the available units of a retired pack's lot unless another pack sells them."""
    if retired.lot_id is not None and not await IS_LOT_SOLD.one(conn, lot_id=retired.lot_id):
        await empty_lot(conn, retired.lot_id, reference=reference, now=now)


def read_pack(new: NewPack, label: str, prefix: str = "") -> tuple[Unit, list[FieldFault]]:
    """Return the unit of a new pack and the faults of its fields, whose names begin with `prefix`."""
    faults = [FieldFault(prefix + fault.field, fault.message) for fault in list_price_faults(new.price_fen)]
    unit = Unit("", None, None)
    try:
        unit = parse_unit(new.unit)
    except BadUnit as refusal:
        faults.append(FieldFault(f"{prefix}unit", refusal.text()))
    faults += [
        FieldFault(prefix + fault.field, fault.message)
        for fault in list_ceiling_faults(new.ceiling_bp, unit if unit.text else None)
    ]
    if len(label) > _MAX_LABEL_LENGTH:
        faults.append(FieldFault(f"{prefix}label", f"装法的名字最多 {_MAX_LABEL_LENGTH} 个字"))
    if new.quantity is not None and not 0 <= new.quantity <= MAX_QUANTITY:
        faults.append(FieldFault(f"{prefix}quantity", f"数量从 0 到 {MAX_QUANTITY}"))
    faults += [FieldFault(prefix + fault.field, fault.message) for fault in list_gross_faults(new.gross_g)]
    return unit, faults


def list_gross_faults(gross_g: int | None) -> list[FieldFault]:
    """Return the fault of a gross weight in grams; none if it is valid or left out."""
    if gross_g is None or 0 <= gross_g <= _MAX_GROSS_G:
        return []
    return [FieldFault("gross_g", f"毛重从 0 到 {_MAX_GROSS_G} 克")]


def _choose_gross_g(old: Pack, new: NewPack, unit: Unit) -> int:
    if new.gross_g is not None:
        return new.gross_g
    return old.gross_g if _weighs_the_same(old, unit) else unit.gross_g


def _weighs_the_same(old: Pack, unit: Unit) -> bool:
    """Return whether a unit is as much as the old pack's; the amount of 袋 or 箱 alone is not known."""
    known = unit.net_g is not None or unit.pieces is not None
    return unit.text == old.unit or (known and (unit.net_g, unit.pieces) == (old.net_g, old.pieces))
