"""Publish a product, a stay or an activity."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct, structs

from market.catalogue.listings import goods_terms, listing_texts
from market.catalogue.listings.cancel_tiers import CancelTerms, add_tiers, list_tier_faults
from market.catalogue.listings.catch_weight import list_ceiling_faults
from market.catalogue.listings.certificates import (
    Seller,
    get_active_seller,
    get_category,
    lock_seller,
    require_certificates,
)
from market.catalogue.listings.goods_terms import GoodsTerms, Storage, is_perishable
from market.catalogue.listings.listing_texts import ListingTexts
from market.catalogue.listings.models import (
    MAX_QUANTITY,
    MAX_ROOMS,
    BadListing,
    ListingKind,
    ListingState,
    Months,
    NewActivity,
    NewStay,
    PublishedListing,
    list_price_faults,
)
from market.catalogue.listings.more_packs import add_packs, list_pack_faults
from market.catalogue.listings.packs import MAX_PACKS, NewPack, list_gross_faults
from market.catalogue.listings.person_classes import ACTIVITY_UNIT, add_child_price, list_child_price_faults
from market.catalogue.listings.search.text import build_search_columns
from market.catalogue.listings.units import BadUnit, Unit, parse_unit
from market.catalogue.stock.lots import open_lot
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.kernel.division_codes import get_county_code
from market.people.audit.record import add_audit_entry
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound
from market.people.moderation.off_platform import require_public_text
from market.places.counties.load import load_county_settings


class ListingKey(Struct, frozen=True):
    """The id and the public number of a listing."""

    id: UUID
    number: int


FIND_OWN_PHOTO = Query(
    int, "SELECT 1 FROM photos WHERE id = :photo_id AND owner_id = :owner_id AND purpose = 'listing'"
)
ADD_LISTING = Query(
    ListingKey,
    f"""
    INSERT INTO listings (producer_id, kind, category_code, {listing_texts.COLUMNS}, origin_code, harvest_months,
                          {goods_terms.COLUMNS}, perishable, photo_id, commission_bp, search_text, search_words,
                          search_pinyin, published_at, sample, certified_until)
    VALUES (:producer_id, :kind, :category, {listing_texts.PARAMETERS}, :origin_code, :harvest_months::smallint[],
            {goods_terms.PARAMETERS}, :perishable, :photo_id, :commission_bp, :search_text,
            array_to_tsvector(:search_words::text[]), :search_pinyin, :now, :sample,
            get_certified_until(:producer_id, :category))
    RETURNING id, number
    """,
)
ADD_VARIANT = Query(
    UUID,
    """
    INSERT INTO variants (listing_id, unit, price_fen, net_g, pieces, gross_g, lot_id, ceiling_bp)
    VALUES (:listing_id, :unit, :price_fen, :net_g, :pieces, :gross_g, :lot_id, :ceiling_bp)
    RETURNING id
    """,
)
ADD_ROOMS = Query(
    None,
    """
    INSERT INTO rooms (listing_id, position, name)
    SELECT :listing_id, index, index || ' 号' FROM generate_series(1, :rooms::integer) AS index
    """,
)


class NewProduct(ListingTexts, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A product as its seller submits it.

    `producer_id` is optional if the actor works for one producer. Without `goods` they are kept ambient, or chilled
    if `chilled`. `perishable` defaults by category and storage. `packs` are offered besides the first one. With
    `ceiling_bp` the goods are weighed before they are sent: the buyer pays by weight, at most this share of what was
    ordered.
    """

    category: str
    unit: str
    price_fen: int
    quantity: int
    photo_id: UUID | None = None
    producer_id: UUID | None = None
    harvest_months: Months = []
    chilled: bool = False
    goods: GoodsTerms | None = None
    perishable: bool | None = None
    gross_g: int | None = None
    packs: Annotated[tuple[NewPack, ...], Meta(max_length=MAX_PACKS - 1)] = ()
    ceiling_bp: int | None = None


class ListingDraft(Struct, frozen=True, kw_only=True):
    """A validated listing of any kind, before it is inserted."""

    kind: ListingKind
    category: str
    texts: ListingTexts
    unit: Unit
    price_fen: int
    gross_g: int
    photo_id: UUID | None
    months: Sequence[int] = ()
    goods: GoodsTerms = GoodsTerms()
    perishable: bool = False
    units: int | None = None
    packs: tuple[NewPack, ...] = ()
    ceiling_bp: int | None = None


def resolve_own_producer(actor: Actor, producer_id: UUID | None) -> UUID:
    """Return the given producer, or the only one that the actor works for.

    Raises:
        NotFound: the actor does not work for it, or works for none.
        BadListing: the actor works for several and none is given.
    """
    if producer_id is None:
        if len(actor.producers) > 1:
            raise BadListing(errors=(FieldFault("producer_id", "请选是哪一家的"),))
        if not actor.producers:
            raise NotFound
        return actor.producers[0]
    require_producer(actor, producer_id)
    return producer_id


def _list_common_faults(texts: ListingTexts, unit: str, price_fen: int) -> tuple[list[FieldFault], Unit | None]:
    faults = [*texts.list_faults(), *list_price_faults(price_fen)]
    try:
        parsed = parse_unit(unit)
    except BadUnit as refusal:
        faults.append(FieldFault("unit", refusal.text()))
        parsed = None
    return faults, parsed


def _raise_faults(faults: Sequence[FieldFault]) -> None:
    if faults:
        raise BadListing(errors=tuple(faults))


async def publish_product(conn: Connection, actor: Actor, new: NewProduct, *, now: datetime) -> PublishedListing:
    """Publish a farm product with its packs and their first stock, in the caller's transaction; it is live at once.

    The net weight or the number of pieces is read from the unit; the gross weight is estimated from it unless given.

    Raises:
        NotFound: the actor does not work for the producer.
        BadListing: fields are invalid; `errors` lists all of them.
        ForbiddenWord: a text contains a forbidden word.
        ProducerNotOpen: the producer may not sell now.
        CertificateNeeded: the category requires a certificate that the producer does not have.
        TooManyListings: the producer has the maximum number of live listings.
    """
    producer_id = resolve_own_producer(actor, new.producer_id)
    texts = new.select_texts()
    faults, unit = _list_common_faults(texts, new.unit, new.price_fen)
    if not 0 <= new.quantity <= MAX_QUANTITY:
        faults.append(FieldFault("quantity", f"数量从 0 到 {MAX_QUANTITY}"))
    faults += list_gross_faults(new.gross_g)
    goods = new.goods or GoodsTerms(storage=Storage.CHILLED if new.chilled else Storage.AMBIENT)
    faults += goods.list_faults()
    faults += list_pack_faults(new.packs, prefixes=[f"packs[{index}]." for index in range(len(new.packs))])
    faults += list_ceiling_faults(new.ceiling_bp, unit)
    _raise_faults(faults)
    assert unit is not None
    draft = ListingDraft(
        kind=ListingKind.PRODUCT,
        category=new.category,
        texts=texts,
        unit=unit,
        price_fen=new.price_fen,
        gross_g=unit.gross_g if new.gross_g is None else new.gross_g,
        photo_id=new.photo_id,
        months=sorted(set(new.harvest_months)),
        goods=goods,
        perishable=is_perishable(new.category, goods.storage) if new.perishable is None else new.perishable,
        units=new.quantity,
        packs=new.packs,
        ceiling_bp=new.ceiling_bp,
    )
    return await _publish(conn, actor, producer_id, draft, now=now)


async def publish_activity(conn: Connection, actor: Actor, new: NewActivity, *, now: datetime) -> PublishedListing:
    """Publish an activity (picking, an outing) with its cancellation tiers, in the caller's transaction.

    Raises:
        NotFound: the actor does not work for the producer.
        BadListing: fields are invalid; `errors` lists all of them.
        ForbiddenWord: a text contains a forbidden word.
        ProducerNotOpen: the producer may not sell now.
        CertificateNeeded: the category requires a certificate that the producer does not have.
        TooManyListings: the producer has the maximum number of live listings.
    """
    producer_id = resolve_own_producer(actor, new.producer_id)
    texts = new.select_texts()
    faults, unit = _list_common_faults(texts, ACTIVITY_UNIT, new.price_fen)
    faults += list_tier_faults(CancelTerms(tiers=new.tiers, holiday_tiers=new.holiday_tiers))
    faults += list_child_price_faults(price_fen=new.child_price_fen, adult_fen=new.price_fen)
    _raise_faults(faults)
    assert unit is not None
    draft = ListingDraft(
        kind=ListingKind.ACTIVITY,
        category=new.category,
        texts=texts,
        unit=Unit(unit.text, None, None),
        price_fen=new.price_fen,
        gross_g=0,
        photo_id=new.photo_id,
        months=sorted(set(new.harvest_months)),
    )
    published = await _publish(conn, actor, producer_id, draft, now=now)
    await add_child_price(conn, published.listing_id, new.child_price_fen, unit=draft.unit.text)
    await add_tiers(conn, published.listing_id, CancelTerms(tiers=new.tiers, holiday_tiers=new.holiday_tiers))
    return published


async def publish_stay(conn: Connection, actor: Actor, new: NewStay, *, now: datetime) -> PublishedListing:
    """Publish a stay with its rooms and cancellation tiers, in the caller's transaction.

    Raises:
        NotFound: the actor does not work for the producer.
        BadListing: fields are invalid; `errors` lists all of them.
        ForbiddenWord: a text contains a forbidden word.
        ProducerNotOpen: the producer may not sell now.
        CertificateNeeded: the host has no verified homestay permit.
        TooManyListings: the producer has the maximum number of live listings.
    """
    producer_id = resolve_own_producer(actor, new.producer_id)
    texts = new.select_texts()
    faults, unit = _list_common_faults(texts, new.unit, new.price_fen)
    if not 0 < new.rooms <= MAX_ROOMS:
        faults.append(FieldFault("rooms", f"房间从 1 到 {MAX_ROOMS}"))
    faults += list_tier_faults(CancelTerms(tiers=new.tiers, holiday_tiers=new.holiday_tiers))
    _raise_faults(faults)
    assert unit is not None
    draft = ListingDraft(
        kind=ListingKind.STAY,
        category="stay",
        texts=texts,
        unit=Unit(unit.text, None, None),
        price_fen=new.price_fen,
        gross_g=0,
        photo_id=new.photo_id,
    )
    published = await _publish(conn, actor, producer_id, draft, now=now)
    await ADD_ROOMS.run(conn, listing_id=published.listing_id, rooms=new.rooms)
    await add_tiers(conn, published.listing_id, CancelTerms(tiers=new.tiers, holiday_tiers=new.holiday_tiers))
    return published


async def require_own_photo(conn: Connection, actor: Actor, photo_id: UUID | None) -> None:
    """Require that the actor uploaded the photo for a listing; None is no photo.

    Raises:
        BadListing: there is no such photo, or someone else uploaded it.
    """
    if photo_id is None:
        return
    if await FIND_OWN_PHOTO.maybe(conn, photo_id=photo_id, owner_id=actor.account_id) is None:
        raise BadListing(errors=(FieldFault("photo_id", "没有这张照片，请重新上传"),))


async def _get_commission_bp(conn: Connection, seller: Seller, kind: ListingKind, *, now: datetime) -> int:
    """Return the commission of the seller's county on a new listing; a listing keeps it."""
    settings = await load_county_settings(conn, get_county_code(seller.village_code), day=get_business_day(now))
    return settings.goods_commission_bp if kind is ListingKind.PRODUCT else settings.tourism_commission_bp


async def _publish(
    conn: Connection, actor: Actor, producer_id: UUID, draft: ListingDraft, *, now: datetime
) -> PublishedListing:
    texts = draft.texts
    texts.require_allowed(unit=draft.unit.text)
    for pack in draft.packs:
        require_public_text(unit=pack.unit, label=pack.label)
    await lock_seller(conn, producer_id)
    seller = await get_active_seller(conn, producer_id, get_business_day(now))
    category = await get_category(conn, draft.category, draft.kind)
    require_certificates(category, seller)
    commission_bp = await _get_commission_bp(conn, seller, draft.kind, now=now)
    await require_own_photo(conn, actor, draft.photo_id)
    columns = build_search_columns(
        texts.title,
        county=seller.county,
        category=category.name,
        producer=seller.name,
        division_names=seller.division_names,
    )
    added = await ADD_LISTING.one(
        conn,
        producer_id=producer_id,
        kind=draft.kind,
        category=draft.category,
        **structs.asdict(texts),
        origin_code=seller.village_code,
        harvest_months=list(draft.months),
        **goods_terms.make_parameters(draft.goods),
        perishable=draft.perishable,
        photo_id=draft.photo_id,
        commission_bp=commission_bp,
        search_text=columns.search_text,
        search_words=columns.search_words,
        search_pinyin=columns.search_pinyin,
        now=now,
        sample=seller.sample,
    )
    variant_id, lot_id = await _offer_packs(conn, added.id, producer_id, draft, now=now)
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="listing.publish",
        object=f"listing:{added.id}",
        detail={"kind": str(draft.kind), "title": texts.title, "price_fen": draft.price_fen},
        now=now,
    )
    return PublishedListing(added.id, added.number, variant_id, lot_id, texts.title, ListingState.LIVE, now)


async def _offer_packs(
    conn: Connection, listing_id: UUID, producer_id: UUID, draft: ListingDraft, *, now: datetime
) -> tuple[UUID, UUID | None]:
    """Offer the packs of a new listing; return the first one and the lot that it sells from."""
    lot_id = None
    if draft.units is not None:
        lot_id = await open_lot(
            conn, producer_id=producer_id, label=draft.texts.title, unit=draft.unit.text, units=draft.units, now=now
        )
    variant_id = await ADD_VARIANT.one(
        conn,
        listing_id=listing_id,
        unit=draft.unit.text,
        price_fen=draft.price_fen,
        net_g=draft.unit.net_g,
        pieces=draft.unit.pieces,
        gross_g=draft.gross_g,
        lot_id=lot_id,
        ceiling_bp=draft.ceiling_bp,
    )
    await add_packs(conn, listing_id, producer_id, draft.texts.title, draft.packs, now=now)
    return variant_id, lot_id
