"""Offer more packs of a product, and end one of several."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.certificates import get_open_seller
from market.catalogue.listings.edit import GET_LISTING_SUMMARY, ListingSummary
from market.catalogue.listings.models import LISTING_STATE_NAMES, BadListing, ListingState, WrongListingState
from market.catalogue.listings.packs import (
    ADD_PACK,
    MAX_PACKS,
    RETIRE_PACK,
    NewPack,
    OfferedPack,
    empty_unsold_lot,
    lock_pack,
    read_pack,
    require_other_pack,
)
from market.catalogue.listings.units import Unit
from market.catalogue.stock.lots import open_lot
from market.kernel import Connection, Fen, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound
from market.people.moderation.off_platform import require_public_text

_MAX_LOT_UNITS_PER_ITEM = 10_000


class PackLimitReached(Refusal):
    """The listing offers the maximum number of packs."""

    code = "too_many_packs"
    status = 409
    zh = "一样东西最多 {limit} 种装法，先停掉一种。"
    en = "A listing offers at most {limit} packs; end one first."


class LastPack(Refusal):
    """The pack is the only one of its listing; the listing is withdrawn instead."""

    code = "last_pack"
    status = 409
    zh = "只剩这一种装法了。不想卖，就把这一样下架。"
    en = "This is the only pack of the listing; withdraw the listing instead."


class _PackedListing(Struct, frozen=True):
    """A listing whose row is locked."""

    producer_id: UUID
    title: str
    state: ListingState


class _PackSold(Struct, frozen=True):
    """A pack that the listing offers."""

    position: int
    unit: str
    net_g: int | None
    pieces: int | None
    gross_g: int
    lot_id: UUID | None
    lot_units_per_item: int


LOCK_PRODUCT = Query(
    _PackedListing,
    """
    SELECT producer_id, title, state FROM listings
     WHERE id = :listing_id AND producer_id = ANY(:producer_ids::uuid[]) AND kind = 'product'
       FOR NO KEY UPDATE
    """,
)
LIST_PACKS_SOLD = Query(
    _PackSold,
    """
    SELECT position, unit, net_g, pieces, gross_g, lot_id, lot_units_per_item
      FROM variants WHERE listing_id = :listing_id AND position IS NOT NULL
     ORDER BY position
     LIMIT 50
    """,
)
# Position 0 is the pack whose price lists show; the next pack takes its place.
MOVE_NEXT_PACK_UP = Query(
    None,
    """
    UPDATE variants SET position = 0
     WHERE id = (SELECT id FROM variants WHERE listing_id = :listing_id AND position > 0 ORDER BY position LIMIT 1)
       AND NOT EXISTS (SELECT FROM variants WHERE listing_id = :listing_id AND position = 0)
    """,
)


async def add_pack(conn: Connection, actor: Actor, listing_id: UUID, new: NewPack, *, now: datetime) -> OfferedPack:
    """Offer one more pack of the actor's product, in the caller's transaction.

    With a quantity it has a lot of its own. Without one it sells from the stock of the first pack, of whose smallest
    unit it must be a whole multiple by weight or pieces; a pack that states no weight then weighs that multiple.

    Raises:
        NotFound: there is no such listing, it belongs to someone else, or it is not a product.
        WrongListingState: the listing is suspended.
        BadListing: fields are invalid, the pack is offered already, or the quantity is missing; `errors` lists them.
        PackLimitReached: the listing offers `MAX_PACKS` already.
        ForbiddenWord: a text contains a forbidden word.
        ProducerNotOpen: the producer may not sell now.
    """
    listing = await LOCK_PRODUCT.maybe(conn, listing_id=listing_id, producer_ids=list(actor.producers))
    if listing is None:
        raise NotFound
    if listing.state is ListingState.SUSPENDED:
        raise WrongListingState(state=LISTING_STATE_NAMES[listing.state])
    if faults := list_pack_faults([new], prefixes=[""]):
        raise BadListing(errors=tuple(faults))
    require_public_text(unit=new.unit, label=clean_text(new.label))
    await get_open_seller(conn, listing.producer_id, get_business_day(now))
    pack = await _offer_pack(conn, listing_id, listing, new, prefix="", now=now)
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="listing.pack",
        object=f"listing:{listing_id}",
        detail={
            "to": {"variant": str(pack.variant_id), "unit": pack.unit, "label": pack.label, "price_fen": new.price_fen},
            "quantity": new.quantity,
        },
        now=now,
    )
    return pack


async def add_packs(
    conn: Connection, listing_id: UUID, producer_id: UUID, title: str, packs: Sequence[NewPack], *, now: datetime
) -> None:
    """Offer the further packs of a listing that is being published; their fields were checked.

    Raises:
        BadListing: a pack is offered already, or its quantity is missing; `errors` names the field.
    """
    listing = _PackedListing(producer_id, title, ListingState.LIVE)
    for index, new in enumerate(packs):
        await _offer_pack(conn, listing_id, listing, new, prefix=f"packs[{index}].", now=now)


def list_pack_faults(packs: Sequence[NewPack], *, prefixes: Sequence[str]) -> list[FieldFault]:
    """Return the faults of the fields of new packs; their names begin with the prefixes."""
    return [
        fault
        for new, prefix in zip(packs, prefixes, strict=True)
        for fault in read_pack(new, clean_text(new.label), prefix)[1]
    ]


async def end_pack(conn: Connection, actor: Actor, variant_id: UUID, *, now: datetime) -> ListingSummary:
    """Take a pack of the actor's product off sale, in the caller's transaction; return its listing.

    Orders and carts keep what they were shown; a cart says that the pack is gone. Units that no other pack sells are
    removed from the stock, except those that unpaid orders reserve. If it was the first pack, the next one is.

    Raises:
        NotFound: there is no such pack, it belongs to someone else, or it is not that of a product.
        WrongListingState: the listing is suspended.
        ListingChanged: the pack was replaced or ended before; nothing changes.
        LastPack: the listing offers no other pack.
    """
    old = await lock_pack(conn, actor, variant_id)
    if len(await LIST_PACKS_SOLD.all(conn, listing_id=old.listing_id)) == 1:
        raise LastPack
    await RETIRE_PACK.run(conn, variant_id=variant_id)
    await MOVE_NEXT_PACK_UP.run(conn, listing_id=old.listing_id)
    await empty_unsold_lot(conn, old, reference=f"ended:{variant_id}", now=now)
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="listing.pack",
        object=f"listing:{old.listing_id}",
        detail={
            "from": {"variant": str(variant_id), "unit": old.unit, "label": old.label, "price_fen": old.price_fen},
        },
        now=now,
    )
    return await GET_LISTING_SUMMARY.one(conn, listing_id=old.listing_id)


async def _offer_pack(
    conn: Connection, listing_id: UUID, listing: _PackedListing, new: NewPack, *, prefix: str, now: datetime
) -> OfferedPack:
    label = clean_text(new.label)
    unit, _ = read_pack(new, label)
    sold = await LIST_PACKS_SOLD.all(conn, listing_id=listing_id)
    if len(sold) >= MAX_PACKS:
        raise PackLimitReached(limit=MAX_PACKS)
    await require_other_pack(conn, listing_id, unit, label, prefix=prefix)
    gross_g = unit.gross_g
    if new.quantity is None:
        first = sold[0]
        lot_id, per_item = _share_lot(first, unit, prefix)
        gross_g = gross_g or -(-first.gross_g * per_item // first.lot_units_per_item)
    else:
        lot_id, per_item = (
            await open_lot(
                conn, producer_id=listing.producer_id, label=listing.title, unit=unit.text, units=new.quantity, now=now
            ),
            1,
        )
    variant_id = await ADD_PACK.one(
        conn,
        listing_id=listing_id,
        position=sold[-1].position + 1,
        label=label,
        unit=unit.text,
        price_fen=new.price_fen,
        net_g=unit.net_g,
        pieces=unit.pieces,
        gross_g=gross_g if new.gross_g is None else new.gross_g,
        lot_id=lot_id,
        lot_units_per_item=per_item,
        ceiling_bp=new.ceiling_bp,
    )
    return OfferedPack(
        listing_id=listing_id,
        variant_id=variant_id,
        lot_id=lot_id,
        label=label,
        unit=unit.text,
        price_fen=Fen(new.price_fen),
    )


def _share_lot(first: _PackSold, unit: Unit, prefix: str) -> tuple[UUID, int]:
    """Return the lot of the first pack, and how many of its units an item of another unit takes.

    Raises:
        BadListing: the pack is no whole multiple of the lot's unit, so its quantity is needed.
    """
    for whole, part in ((unit.net_g, first.net_g), (unit.pieces, first.pieces)):
        if first.lot_id is None or whole is None or part is None:
            continue
        per_item, remainder = divmod(whole * first.lot_units_per_item, part)
        if not remainder and 1 <= per_item <= _MAX_LOT_UNITS_PER_ITEM:
            return first.lot_id, per_item
    raise BadListing(errors=(FieldFault(f"{prefix}quantity", f"不是“{first.unit}”的整数倍，写上这一种有几份"),))
