"""改一改: correct the name, photo, category and introduction of a listing; its packs are on the same page."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, field, structs

from market.catalogue.listings.browse import list_categories
from market.catalogue.listings.describe import Description, NewDescription, edit_listing, get_description
from market.catalogue.listings.detail import get_listing_id
from market.catalogue.listings.edit import OwnVariant, list_own_variants
from market.catalogue.listings.goods_terms import STORAGE_NAMES
from market.catalogue.listings.models import (
    LISTING_STATE_NAMES,
    BadListing,
    CertificateNeeded,
    ListingChanged,
    ListingKind,
    ListingState,
    ProducerNotOpen,
    WrongListingState,
)
from market.catalogue.listings.packs import MAX_PACKS
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.people.identity.models import Actor
from market.people.moderation.forbidden_words import MAX_STORY_LENGTH, ForbiddenWord
from market.people.storage.photos import BadPhoto, PhotoPurpose
from market.service.http import HttpRequest
from market.service.web.farm.selling.goods_fields import (
    GOODS_FIELDS,
    REGION_OPTIONS,
    STORAGE_OPTIONS,
    GoodsForm,
    describe_no_ship,
    fill_goods,
    read_goods,
)
from market.service.web.farm.selling.listing_texts import TextsForm, read_texts
from market.service.web.farm.selling.selling_obstacles import SellingObstacle, describe_refusal
from market.service.web.farm.sending.weighing import list_ceilings
from market.service.web.forms import make_form_key, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import render_page
from market.service.web.shop.cards import PhotoView, ShortNumber, format_unit, make_photo_view
from market.service.web.shop.listing.details import join_facts
from market.service.web.ui.format import yuan
from market.service.web.ui.illustrations import get_illustration

_DESCRIPTION_FIELDS = {"photo_id": "photo", **GOODS_FIELDS}


class DescriptionForm(GoodsForm, frozen=True, kw_only=True):
    """The form of a description as it was typed."""

    category: str = ""
    no_photo: str = field(default="", name="no-photo")


class PackForm(Struct, frozen=True):
    """The form of a new pack as it was typed."""

    variant: str = ""
    pack: str = ""
    price: str = ""
    left: str = ""
    ceiling: str = ""
    gross: str = ""


class EditedListing(Struct, frozen=True):
    """The listing that the page corrects: its description, picture and packs, and the categories of its kind."""

    stored: Description
    symbol: str
    photo: PhotoView | None
    packs: list[OwnVariant]
    categories: list[tuple[str, str]]


class Refused(Struct, frozen=True):
    """A form that was refused, shown again with its faults; `now` is what somebody else has written meanwhile."""

    status: int = 200
    errors: Sequence[FieldFault] = ()
    obstacle: SellingObstacle | None = None
    description: DescriptionForm | None = None
    pack: PackForm | None = None
    more: PackForm | None = None
    now: list[tuple[str, str]] | None = None


def describe_goods(stored: Description) -> str:
    """Describe how goods keep and where they are not shipped; nothing for what is not shipped."""
    if stored.kind is not ListingKind.PRODUCT:
        return "不用发货"
    goods = stored.goods
    days = f"能放 {goods.shelf_days} 天" if goods.shelf_days else ""
    away = f"不发{describe_no_ship(goods)}" if goods.no_ship else ""
    return join_facts([STORAGE_NAMES[goods.storage], days, away])


def _describe_category(listing: EditedListing) -> str:
    return dict(listing.categories)[listing.stored.category]


_STORED_WORDS: dict[str, tuple[str, Callable[[EditedListing], str]]] = {
    "title": ("名字", lambda listing: listing.stored.title),
    "story": ("介绍", lambda listing: listing.stored.story),
    "category": ("类别", _describe_category),
    "goods": ("怎么存、怎么发", lambda listing: describe_goods(listing.stored)),
    "photo_id": ("照片", lambda listing: "有" if listing.photo is not None else "没有，用的是剪纸画"),
}
STORED_FIELDS = [
    _STORED_WORDS[field] for field in NewDescription.__struct_fields__ if field not in {"version", "remove_photo"}
]
"""What a seller can write, in the order of its struct; a field without words fails when the module is imported."""


def list_stored_fields(listing: EditedListing) -> list[tuple[str, str]]:
    """Return every field that a seller can write with what is stored now, as pairs of label and text."""
    return [(label, describe(listing) or "没写") for label, describe in STORED_FIELDS]


async def load_edited_listing(conn: Connection, actor: Actor, number: int, *, today: date) -> EditedListing:
    """Return what the page corrects.

    Raises:
        NotFound: there is no such listing, or it belongs to someone else.
        WrongListingState: the listing is suspended.
    """
    stored = await get_description(conn, actor, await get_listing_id(conn, number))
    if stored.state is ListingState.SUSPENDED:
        raise WrongListingState(state=LISTING_STATE_NAMES[stored.state])
    categories = [each for each in await list_categories(conn, today=today) if each.kind is stored.kind]
    name = next(each.name for each in categories if each.code == stored.category)
    product = stored.kind is ListingKind.PRODUCT
    packs = await list_own_variants(conn, actor, stored.listing_id) if product else []
    return EditedListing(
        stored,
        get_illustration(name, stored.title),
        make_photo_view(stored.photo, stored.photo_kind, wide=stored.kind is not ListingKind.PRODUCT),
        packs,
        [(each.code, each.name) for each in categories],
    )


def _fill_description(stored: Description, category: str) -> DescriptionForm:
    texts = {field: getattr(stored, field) for field in TextsForm.__struct_fields__}
    return fill_goods(DescriptionForm(category=category, **texts), stored.goods)


def _fill_pack(packs: Sequence[OwnVariant]) -> PackForm:
    if not packs:
        return PackForm()
    first = packs[0]
    return PackForm(
        str(first.id), first.unit, yuan(first.price_fen).replace(",", ""), ceiling=str(first.ceiling_bp or "")
    )


def render_edit_page(
    request: HttpRequest, actor: Actor, number: int, listing: EditedListing, refused: Refused | None = None
) -> Response[Any]:
    """Render the page, with a form that was refused as it was typed."""
    refused = refused or Refused()
    stored = listing.stored
    context = {
        "item": listing,
        "title": stored.title,
        "version": stored.version,
        "action": f"/farm/listings/{number}",
        "values": refused.description or _fill_description(stored, stored.category),
        "now": refused.now,
        "pack": refused.pack or _fill_pack(listing.packs),
        "packs": [(str(each.id), f"{each.label} {format_unit(each.unit)}".strip()) for each in listing.packs],
        "more": refused.more or PackForm(),
        "full": len(listing.packs) >= MAX_PACKS,
        "storages": STORAGE_OPTIONS,
        "regions": REGION_OPTIONS,
        "ceilings": list_ceilings(*(each.ceiling_bp for each in listing.packs)),
        "product": stored.kind is ListingKind.PRODUCT,
        "story_length": MAX_STORY_LENGTH,
        "errors": refused.errors,
        "obstacle": refused.obstacle,
        "key": make_form_key(),
    }
    return render_page(request, "farm/edit.html", context, actor=actor, status=refused.status)


@get("/farm/listings/{number:int}/edit", include_in_schema=False)
async def show_edit_form(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Show the description and the packs of a listing, to be corrected.

    Raises:
        NotFound: the listing belongs to someone else.
        WrongListingState: the listing is suspended.
    """
    async with db.connection() as conn:
        listing = await load_edited_listing(conn, actor, number, today=clock.today())
    return render_edit_page(request, actor, number, listing)


@post("/farm/listings/{number:int}/edit", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_description(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Correct the description; one that somebody else corrected meanwhile is shown beside what was typed.

    Raises:
        NotFound: the listing belongs to someone else.
        WrongListingState: the listing is suspended.
    """
    form = await read_form(request)
    values = form.fill(DescriptionForm)
    version = form.read_integer("version", fault="请把页面重新打开再改", minimum=1, maximum=2**31 - 1)
    texts = read_texts(form)
    async with db.connection() as conn:
        listing = await load_edited_listing(conn, actor, number, today=clock.today())
    goods = read_goods(form) if listing.stored.kind is ListingKind.PRODUCT else None
    refused = Refused(422, form.faults, description=values)
    if not form.faults:
        try:
            photo_id = await form.store_photo(request, actor, "photo", PhotoPurpose.LISTING)

            async def submit(conn: Connection) -> str:
                new = NewDescription(
                    version=version, category=values.category, goods=goods, photo_id=photo_id,
                    remove_photo=values.no_photo == "1", **texts,
                )  # fmt: skip
                await edit_listing(conn, actor, listing.stored.listing_id, new, now=clock.now())
                return f"/farm/listings/{number}?said=edited"

            return await submit_once(request, actor, form, submit)
        except (BadListing, BadPhoto, ForbiddenWord) as refusal:
            at = "photo" if isinstance(refusal, BadPhoto) else "title"
            faults = rename_faults(refusal, _DESCRIPTION_FIELDS, otherwise=at)
            refused = structs.replace(refused, status=refusal.status, errors=faults)
        except ListingChanged as refusal:
            refused = structs.replace(
                refused,
                status=refusal.status,
                errors=[FieldFault("title", refusal.text("zh"))],
                now=list_stored_fields(listing),
            )
        except (CertificateNeeded, ProducerNotOpen) as refusal:
            obstacle = describe_refusal(refusal, "没改成")
            refused = structs.replace(refused, status=refusal.status, obstacle=obstacle)
    return render_edit_page(request, actor, number, listing, refused)


ROUTES = [show_edit_form, submit_description]
