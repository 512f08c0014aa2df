"""照片: add photos to a listing, put one first, and take one away; without scripts too."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency

from market.catalogue.listings.detail import get_listing_id
from market.catalogue.listings.listing_photos import (
    MAX_LISTING_PHOTOS,
    ListingPhotos,
    NewPhotoOrder,
    list_own_photos,
    set_listing_photos,
)
from market.catalogue.listings.models import BadListing, ListingChanged
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.people.identity.models import Actor
from market.people.storage.photos import BadPhoto, PhotoPurpose
from market.service.http import HttpRequest
from market.service.web.forms import make_form_key, parse_uuid, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import render_page
from market.service.web.shop.cards import ShortNumber, make_photo_view

_MAX_VERSION = 2**31 - 1


def _render(
    request: HttpRequest, actor: Actor, number: int, own: ListingPhotos,
    *, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    context = {
        "photos": [(str(each.id), make_photo_view(each.name, each.kind)) for each in own.photos],
        "full": len(own.photos) >= MAX_LISTING_PHOTOS,
        "most": MAX_LISTING_PHOTOS,
        "version": own.version,
        "action": f"/farm/listings/{number}",
        "errors": errors,
        "key": make_form_key(),
    }
    return render_page(request, "farm/listing_photos.html", context, actor=actor, status=status)


@get("/farm/listings/{number:int}/photos", include_in_schema=False)
async def show_listing_photos(
    request: HttpRequest, db: NamedDependency[Database], actor: NamedDependency[Actor], number: ShortNumber
) -> Response[Any]:
    """Show the photos of the own listing, with the ways to change them.

    Raises:
        NotFound: the listing belongs to someone else.
    """
    async with db.connection() as conn:
        own = await list_own_photos(conn, actor, await get_listing_id(conn, number))
    return _render(request, actor, number, own)


@post("/farm/listings/{number:int}/photos", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_listing_photos(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Add a photo, put one first, or take one away; a form sent twice does it once.

    Raises:
        NotFound: the listing belongs to someone else.
        WrongListingState: the listing is suspended.
    """
    form = await read_form(request)
    version = form.read_integer("version", fault="请把页面重新打开再改", minimum=1, maximum=_MAX_VERSION)
    async with db.connection() as conn:
        listing_id = await get_listing_id(conn, number)
        own = await list_own_photos(conn, actor, listing_id)
    first, dropped = parse_uuid(form.get_text("first")), parse_uuid(form.get_text("drop"))
    try:
        changing = first is not None or dropped is not None
        photo_id = None if changing else await form.store_photo(request, actor, "photo", PhotoPurpose.LISTING)
    except BadPhoto as refusal:
        errors = [FieldFault("photo", refusal.text("zh"))]
        return _render(request, actor, number, own, errors=errors, status=refusal.status)
    if not changing and photo_id is None:
        form.add_fault("photo", "选一张照片")
    if form.faults:
        return _render(request, actor, number, own, errors=form.faults, status=422)

    async def submit(conn: Connection) -> str:
        added = [] if photo_id is None else [photo_id]
        order = _reorder([each.id for each in own.photos], added, first=first, dropped=dropped)
        new = NewPhotoOrder(version=version, photo_ids=order)
        await set_listing_photos(conn, actor, listing_id, new, now=clock.now())
        return f"/farm/listings/{number}/photos"

    try:
        return await submit_once(request, actor, form, submit)
    except (BadListing, ListingChanged) as refusal:
        words = refusal.errors[0].message if refusal.errors else refusal.text("zh")
        return _render(request, actor, number, own, errors=[FieldFault("photo", words)], status=refusal.status)


def _reorder(photos: Sequence[UUID], added: Sequence[UUID], *, first: UUID | None, dropped: UUID | None) -> list[UUID]:
    """Return the photos with one put first or taken away, and new ones behind."""
    kept = [each for each in photos if each != dropped]
    front = [first] if first is not None and first in kept else []
    return [*front, *(each for each in kept if each not in front), *added]


ROUTES = [show_listing_photos, submit_listing_photos]
