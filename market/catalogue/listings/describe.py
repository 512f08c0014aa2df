"""Correct the description of a published listing: name, introduction, photo, category."""

from datetime import datetime
from typing import Annotated, LiteralString
from uuid import UUID

from msgspec import Meta, structs

from market.catalogue.listings import goods_terms, listing_texts
from market.catalogue.listings.certificates import get_category, get_open_seller, lock_seller, require_certificates
from market.catalogue.listings.goods_terms import GOODS_JSON, GoodsTerms, is_perishable
from market.catalogue.listings.listing_photos import settle_cover
from market.catalogue.listings.listing_texts import ListingTexts
from market.catalogue.listings.models import (
    LISTING_STATE_NAMES,
    BadListing,
    ListingChanged,
    ListingKind,
    ListingState,
    WrongListingState,
)
from market.catalogue.listings.publish import require_own_photo
from market.catalogue.listings.search.text import build_search_columns
from market.kernel import Connection, FieldFault, Query
from market.kernel.clock import get_business_day
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound


class Description(ListingTexts, frozen=True, kw_only=True):
    """The description of the actor's listing; `version` counts its corrections.

    `photo` is a stored name, see `market.people.storage.photos.get_photo_paths`.
    """

    listing_id: UUID
    version: int
    producer_id: UUID
    kind: ListingKind
    state: ListingState
    category: str
    photo_id: UUID | None
    photo: str | None
    photo_kind: str | None
    goods: GoodsTerms
    perishable: bool
    gi: str


class NewDescription(ListingTexts, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A corrected description; `version` is that of the description it corrects.

    Without `photo_id` the present photo stays, unless `remove_photo` is true; without `goods`, which products have,
    the present terms stay.
    """

    version: Annotated[int, Meta(ge=1, le=2**31 - 1)]
    category: str
    goods: GoodsTerms | None = None
    photo_id: UUID | None = None
    remove_photo: bool = False


_GET: LiteralString = f"""
    SELECT l.id AS listing_id, l.version, l.producer_id, l.kind, l.state, {listing_texts.COLUMNS},
           l.category_code AS category, l.photo_id, f.name AS photo, f.kind AS photo_kind,
           {GOODS_JSON} AS goods, l.perishable, l.gi
      FROM listings l LEFT JOIN photos f ON f.id = l.photo_id
     WHERE l.id = :listing_id AND l.producer_id = ANY(:producer_ids::uuid[])
"""
GET_DESCRIPTION = Query(Description, _GET)
LOCK_DESCRIPTION = Query(Description, _GET + " FOR NO KEY UPDATE OF l")
SET_DESCRIPTION = Query(
    None,
    f"""
    UPDATE listings
       SET version = version + 1, {listing_texts.ASSIGNMENTS}, {goods_terms.ASSIGNMENTS},
           category_code = :category, photo_id = :photo_id,
           perishable = :perishable, gi = :gi,
           certified_until = get_certified_until(producer_id, :category), search_text = :search_text,
           search_words = array_to_tsvector(:search_words::text[]), search_pinyin = :search_pinyin
     WHERE id = :listing_id
    """,
)


async def get_description(conn: Connection, actor: Actor, listing_id: UUID) -> Description:
    """Return the description of the actor's listing.

    Raises:
        NotFound: there is no such listing, or it belongs to someone else.
    """
    own = await GET_DESCRIPTION.maybe(conn, listing_id=listing_id, producer_ids=list(actor.producers))
    if own is None:
        raise NotFound
    return own


async def edit_listing(
    conn: Connection, actor: Actor, listing_id: UUID, new: NewDescription, *, now: datetime
) -> Description:
    """Correct the description of the actor's listing, in the caller's transaction; it stays live or withdrawn.

    It is checked like a new listing. Its kind, reviews and placed orders stay, and the search finds it by its new
    words. A geographical indication is granted to a name, so it ends with another name or category.

    Raises:
        NotFound: there is no such listing, or it belongs to someone else.
        WrongListingState: the listing is suspended.
        ListingChanged: the description was corrected since `version`; nothing changes.
        BadListing: fields are invalid, or the category is of another kind; `errors` lists them.
        ForbiddenWord: a text contains a forbidden word.
        ProducerNotOpen: the producer may not sell now.
        CertificateNeeded: the category requires a certificate that the producer does not have.
    """
    texts = new.select_texts()
    if faults := [*texts.list_faults(), *(new.goods.list_faults() if new.goods else [])]:
        raise BadListing(errors=tuple(faults))
    texts.require_allowed()
    old = await _lock_description(conn, actor, listing_id, version=new.version)
    if new.goods is not None and old.kind is not ListingKind.PRODUCT:
        raise BadListing(errors=(FieldFault("goods", "只有货品有保存和发货的条件"),))
    seller = await get_open_seller(conn, old.producer_id, get_business_day(now))
    category = await get_category(conn, new.category, old.kind)
    require_certificates(category, seller)
    await require_own_photo(conn, actor, new.photo_id)
    goods = new.goods or old.goods
    kept = (new.category, goods.storage) == (old.category, old.goods.storage)
    columns = build_search_columns(
        texts.title,
        county=seller.county,
        category=category.name,
        producer=seller.name,
        division_names=seller.division_names,
    )
    await SET_DESCRIPTION.run(
        conn,
        listing_id=listing_id,
        **structs.asdict(texts),
        category=new.category,
        photo_id=new.photo_id or (None if new.remove_photo else old.photo_id),
        **goods_terms.make_parameters(goods),
        perishable=old.perishable if kept else is_perishable(new.category, goods.storage),
        gi=old.gi if (texts.title, new.category) == (old.title, old.category) else "",
        search_text=columns.search_text,
        search_words=columns.search_words,
        search_pinyin=columns.search_pinyin,
    )
    edited = await _settle(conn, actor, listing_id)
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="listing.edit",
        object=f"listing:{listing_id}",
        detail=_list_changes(old, edited),
        now=now,
    )
    return edited


async def _settle(conn: Connection, actor: Actor, listing_id: UUID) -> Description:
    """Return the corrected description, with a cover if the listing has any photo."""
    await settle_cover(conn, listing_id)
    return await get_description(conn, actor, listing_id)


async def _lock_description(conn: Connection, actor: Actor, listing_id: UUID, *, version: int) -> Description:
    """Lock the description that is to be corrected, after its seller, whose certificates are checked meanwhile."""
    await lock_seller(conn, (await get_description(conn, actor, listing_id)).producer_id)
    old = await LOCK_DESCRIPTION.one(conn, listing_id=listing_id, producer_ids=list(actor.producers))
    if old.state is ListingState.SUSPENDED:
        raise WrongListingState(state=LISTING_STATE_NAMES[old.state])
    if old.version != version:
        raise ListingChanged
    return old


def _list_changes(old: Description, edited: Description) -> dict[str, object]:
    """Return the changed fields, each as it was and as it is."""
    fields = (*ListingTexts.__struct_fields__, "category", "goods", "photo_id", "perishable", "gi")
    return {
        field: {"from": str(getattr(old, field)), "to": str(getattr(edited, field))}
        for field in fields
        if getattr(old, field) != getattr(edited, field)
    }
