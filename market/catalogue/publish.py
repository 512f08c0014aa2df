"""Putting an offer up for sale."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.audit import record
from market.catalogue.models import (
    GOODS_COMMISSION_BP,
    MOST_PRICE_FEN,
    MOST_ROOMS,
    TOURISM_COMMISSION_BP,
    BadListing,
    CancelTier,
    Kind,
    NewActivity,
    NewProduct,
    NewStay,
    Published,
    State,
)
from market.catalogue.papers import category_of, lock_seller, require_papers, selling
from market.catalogue.searching import search_columns
from market.catalogue.units import BadUnit, Unit, parse_unit
from market.identity import Actor, NotFound, require_producer
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import day_of
from market.kernel.text import clean
from market.producers.moderation import moderate
from market.stock import open_lot

MOST_QUANTITY = 1_000_000
_TITLE = range(2, 61)
_LONGEST_STORY = 2000
_HEAVIEST_G = 1_000_000
PERISHABLE = frozenset({"fruit", "vegetable", "mushroom", "livestock", "aquatic", "flower"})
"""Categories whose goods are fresh, so that the seven-day return does not apply. Source: 消费者权益保护法 25."""


class Added(Struct, frozen=True):
    """A listing as it was numbered."""

    id: UUID
    number: int


OWN_PHOTO = Query(int, "SELECT 1 FROM photos WHERE id = :photo_id AND owner_id = :owner_id AND purpose = 'listing'")
ADD_LISTING = Query(
    Added,
    """
    INSERT INTO listings (producer_id, kind, category_code, title, story, origin_code, harvest_months, chilled,
                          perishable, photo_id, commission_bp, searched, words, latin, published_at, sample)
    VALUES (:producer_id, :kind, :category, :title, :story, :origin_code, :harvest_months::smallint[], :chilled,
            :perishable, :photo_id, :commission_bp, :searched, array_to_tsvector(:words::text[]), :latin, :now,
            :sample)
    RETURNING id, number
    """,
)
ADD_VARIANT = Query(
    UUID,
    """
    INSERT INTO variants (listing_id, unit, price_fen, net_g, pieces, gross_g, lot_id)
    VALUES (:listing_id, :unit, :price_fen, :net_g, :pieces, :gross_g, :lot_id)
    RETURNING id
    """,
)
ADD_ROOMS = Query(
    None,
    """
    INSERT INTO rooms (listing_id, position, name)
    SELECT :listing_id, place, place || ' 号' FROM generate_series(1, :rooms::integer) AS place
    """,
)
ADD_TIER = Query(
    None,
    """
    INSERT INTO cancel_tiers (listing_id, holiday, days_before, refund_bp)
    VALUES (:listing_id, :holiday, :days_before, :refund_bp)
    """,
)


class _Offer(Struct, frozen=True, kw_only=True):
    """What the three kinds of offers share."""

    kind: Kind
    category: str
    title: str
    story: str
    unit: Unit
    price_fen: int
    gross_g: int
    photo_id: UUID | None
    months: Sequence[int] = ()
    chilled: bool = False
    perishable: bool = False
    units: int | None = None


def own_producer(actor: Actor, producer_id: UUID | None) -> UUID:
    """Return the producer that is meant: the given one, or the only one that the person works for.

    Raises:
        NotFound: the person does not work for it, or works for none.
        BadListing: the person works for several and has not said for which.
    """
    if producer_id is None:
        if len(actor.producers) > 1:
            raise BadListing(errors=(FieldFault("producer_id", "请选是哪一家的"),))
        if not actor.producers:
            raise NotFound
        return actor.producers[0]
    require_producer(actor, producer_id)
    return producer_id


def _common_faults(title: str, story: str, unit: str, price_fen: int) -> tuple[list[FieldFault], Unit | None]:
    faults: list[FieldFault] = []
    if len(title) not in _TITLE:
        faults.append(FieldFault("title", "名称写 2 到 60 个字"))
    if len(story) > _LONGEST_STORY:
        faults.append(FieldFault("story", f"介绍最多 {_LONGEST_STORY} 个字"))
    if not 0 < price_fen <= MOST_PRICE_FEN:
        faults.append(FieldFault("price_fen", "价格从 0.01 元到 1000000 元"))
    try:
        read = parse_unit(unit)
    except BadUnit as refusal:
        faults.append(FieldFault("unit", refusal.text()))
        read = None
    return faults, read


def _refuse(faults: Sequence[FieldFault]) -> None:
    if faults:
        raise BadListing(errors=tuple(faults))


async def publish_product(conn: Connection, actor: Actor, new: NewProduct, *, now: datetime) -> Published:
    """Put a farm product up for sale with its first stock, in the caller's transaction; it is live at once.

    The net weight or pieces follow from the unit; the gross weight is estimated from it unless given.

    Raises:
        NotFound: the person does not work for the producer.
        BadListing: fields are not right; all are named.
        ForbiddenWord: a text holds a word that may not stand there.
        ProducerNotOpen: the producer may not sell now.
        CertificateNeeded: goods of this kind need a certificate that is not there.
        TooManyListings: the producer has its share.
    """
    producer_id = own_producer(actor, new.producer_id)
    title, story = clean(new.title), clean(new.story)
    faults, unit = _common_faults(title, story, new.unit, new.price_fen)
    if not 0 <= new.quantity <= MOST_QUANTITY:
        faults.append(FieldFault("quantity", f"数量从 0 到 {MOST_QUANTITY}"))
    if new.gross_g is not None and not 0 <= new.gross_g <= _HEAVIEST_G:
        faults.append(FieldFault("gross_g", f"毛重从 0 到 {_HEAVIEST_G} 克"))
    _refuse(faults)
    assert unit is not None  # noqa: S101 - a fault was named otherwise
    offer = _Offer(
        kind=Kind.PRODUCT,
        category=new.category,
        title=title,
        story=story,
        unit=unit,
        price_fen=new.price_fen,
        gross_g=unit.gross_g if new.gross_g is None else new.gross_g,
        photo_id=new.photo_id,
        months=sorted(set(new.harvest_months)),
        chilled=new.chilled,
        perishable=new.category in PERISHABLE if new.perishable is None else new.perishable,
        units=new.quantity,
    )
    return await _publish(conn, actor, producer_id, offer, commission_bp=GOODS_COMMISSION_BP, now=now)


async def publish_activity(conn: Connection, actor: Actor, new: NewActivity, *, now: datetime) -> Published:
    """Put an activity (picking, an outing) up for sale with its places, in the caller's transaction.

    Raises:
        NotFound: the person does not work for the producer.
        BadListing: fields are not right; all are named.
        ForbiddenWord: a text holds a word that may not stand there.
        ProducerNotOpen: the producer may not sell now.
        CertificateNeeded: offers of this kind need a certificate that is not there.
        TooManyListings: the producer has its share.
    """
    producer_id = own_producer(actor, new.producer_id)
    title, story = clean(new.title), clean(new.story)
    faults, unit = _common_faults(title, story, new.unit, new.price_fen)
    if not 0 <= new.places <= MOST_QUANTITY:
        faults.append(FieldFault("places", f"名额从 0 到 {MOST_QUANTITY}"))
    _refuse(faults)
    assert unit is not None  # noqa: S101 - a fault was named otherwise
    offer = _Offer(
        kind=Kind.ACTIVITY,
        category=new.category,
        title=title,
        story=story,
        unit=Unit(unit.text, None, None),
        price_fen=new.price_fen,
        gross_g=0,
        photo_id=new.photo_id,
        months=sorted(set(new.harvest_months)),
        units=new.places,
    )
    return await _publish(conn, actor, producer_id, offer, commission_bp=TOURISM_COMMISSION_BP, now=now)


async def publish_stay(conn: Connection, actor: Actor, new: NewStay, *, now: datetime) -> Published:
    """Put a stay up for booking with its rooms and what a cancellation gives back, in the caller's transaction.

    Raises:
        NotFound: the person does not work for the producer.
        BadListing: fields are not right; all are named.
        ForbiddenWord: a text holds a word that may not stand there.
        ProducerNotOpen: the producer may not sell now.
        CertificateNeeded: the host has shown no homestay permit.
        TooManyListings: the producer has its share.
    """
    producer_id = own_producer(actor, new.producer_id)
    title, story = clean(new.title), clean(new.story)
    faults, unit = _common_faults(title, story, new.unit, new.price_fen)
    if not 0 < new.rooms <= MOST_ROOMS:
        faults.append(FieldFault("rooms", f"房间从 1 到 {MOST_ROOMS}"))
    faults += [
        FieldFault(name, "退订越早退得越多，天数不能重复")
        for name, tiers in (("tiers", new.tiers), ("holiday_tiers", new.holiday_tiers))
        if not tiers_are_fair(tiers)
    ]
    _refuse(faults)
    assert unit is not None  # noqa: S101 - a fault was named otherwise
    offer = _Offer(
        kind=Kind.STAY,
        category="stay",
        title=title,
        story=story,
        unit=Unit(unit.text, None, None),
        price_fen=new.price_fen,
        gross_g=0,
        photo_id=new.photo_id,
    )
    published = await _publish(conn, actor, producer_id, offer, commission_bp=TOURISM_COMMISSION_BP, now=now)
    await ADD_ROOMS.run(conn, listing_id=published.listing_id, rooms=new.rooms)
    await ADD_TIER.run_many(
        conn,
        [
            {
                "listing_id": published.listing_id,
                "holiday": holiday,
                "days_before": tier.days_before,
                "refund_bp": tier.refund_bp,
            }
            for holiday, tiers in ((False, new.tiers), (True, new.holiday_tiers))
            for tier in tiers
        ],
    )
    return published


def tiers_are_fair(tiers: Sequence[CancelTier]) -> bool:
    """Say whether no day stands twice and who cancels earlier never gets less."""
    ordered = sorted(tiers)
    days = [tier.days_before for tier in ordered]
    refunds = [tier.refund_bp for tier in ordered]
    return len(set(days)) == len(days) and refunds == sorted(refunds)


async def _publish(
    conn: Connection, actor: Actor, producer_id: UUID, offer: _Offer, *, commission_bp: int, now: datetime
) -> Published:
    moderate(title=offer.title, story=offer.story, unit=offer.unit.text)
    await lock_seller(conn, producer_id)
    seller = await selling(conn, producer_id, day_of(now))
    category = await category_of(conn, offer.category, offer.kind)
    require_papers(category, seller)
    if offer.photo_id is not None and not await OWN_PHOTO.maybe(
        conn, photo_id=offer.photo_id, owner_id=actor.account_id
    ):
        raise BadListing(errors=(FieldFault("photo_id", "没有这张照片，请重新上传"),))
    columns = search_columns(
        offer.title, county=seller.county, category=category.name, producer=seller.name, around=seller.around
    )
    added = await ADD_LISTING.one(
        conn,
        producer_id=producer_id,
        kind=offer.kind,
        category=offer.category,
        title=offer.title,
        story=offer.story,
        origin_code=seller.village_code,
        harvest_months=list(offer.months),
        chilled=offer.chilled,
        perishable=offer.perishable,
        photo_id=offer.photo_id,
        commission_bp=commission_bp,
        searched=columns.searched,
        words=columns.words,
        latin=columns.latin,
        now=now,
        sample=seller.sample,
    )
    lot_id = None
    if offer.units is not None:
        lot_id = await open_lot(
            conn, producer_id=producer_id, label=offer.title, unit=offer.unit.text, units=offer.units, now=now
        )
    variant_id = await ADD_VARIANT.one(
        conn,
        listing_id=added.id,
        unit=offer.unit.text,
        price_fen=offer.price_fen,
        net_g=offer.unit.net_g,
        pieces=offer.unit.pieces,
        gross_g=offer.gross_g,
        lot_id=lot_id,
    )
    await record(
        conn,
        actor=str(actor.account_id),
        action="listing.publish",
        object=f"listing:{added.id}",
        detail={"kind": str(offer.kind), "title": offer.title, "price_fen": offer.price_fen},
        now=now,
    )
    return Published(added.id, added.number, variant_id, lot_id, offer.title, State.LIVE, now)
