"""A buyer's own review: write it after receipt, change it within a week, see the answer."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.catalogue.listings.detail import get_listing_id
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.language import say
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.people.moderation.off_platform import OffPlatformContact
from market.people.storage.photos import BadPhoto, PhotoPurpose
from market.sales.orders.line_views import LineView
from market.sales.orders.queries import SuborderView, get_order, get_order_id
from market.sales.reviews.models import (
    EDITING_PERIOD,
    HIDING_REASON_NAMES,
    MAX_RATING,
    MAX_REVIEW_PHOTOS,
    AlreadyReviewed,
    InvalidReview,
    ReviewNotEditable,
)
from market.sales.reviews.views import OwnReview, get_own_review, get_review_photo_path
from market.sales.reviews.write import ReviewText, check_review, edit_review, write_review
from market.service.http import HttpRequest
from market.service.web.forms import label_photos, make_form_key, parse_integer, parse_uuid, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import render_page
from market.service.web.shop.cards import ShortNumber
from market.service.web.shop.orders.order_actions import render_order_refusal
from market.service.web.ui.format import deadline

_PHOTO_FIELDS = tuple(f"photo{number or ''}" for number in (0, *range(2, MAX_REVIEW_PHOTOS + 1)))


class ReviewForm(Struct, frozen=True):
    """The review form as it was typed."""

    rating: str = ""
    text: str = ""
    remove: list[str] = []


async def _load_suborder(conn: Connection, seal: Seal, actor: Actor, number: int, position: int) -> SuborderView:
    order = await get_order(conn, seal, actor, await get_order_id(conn, actor, number))
    suborder = next((suborder for suborder in order.suborders if suborder.position == position), None)
    if suborder is None:
        raise NotFound
    return suborder


def _get_line(suborder: SuborderView, listing: int) -> LineView:
    line = next((line for line in suborder.lines if line.listing_number == listing), None)
    if line is None:
        raise NotFound
    return line


def _name_draft(path: str, listing: str) -> str:
    """Return the name of a review's draft: `review-4598-1-7` for a listing of a suborder of an order."""
    _, _, number, _, position = path.split("/")
    return f"review-{number}-{position}-{listing}"


def _write_page(
    request: HttpRequest, actor: Actor, title: str, values: ReviewForm, *, key: str,
    errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    path = request.url.path
    query = f"?{request.url.query}" if request.url.query else ""
    context = {
        "title": title,
        "action": f"{path}{query}",
        "back": path.partition("/review/")[0],
        "draft": _name_draft(path, request.query_params.get("listing", "")),
        "days": EDITING_PERIOD.days,
        "photos": label_photos(_PHOTO_FIELDS),
        "values": values,
        "errors": errors,
        "key": key,
    }
    return render_page(request, "shop/review.html", context, actor=actor, status=status)


@get("/orders/{number:int}/review/{position:int}", include_in_schema=False, english=True)
async def show_review_form(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[bytes]:
    """Ask for a review of a received listing.

    Raises:
        NotFound: the order belongs to someone else, or has no such suborder.
    """
    listing = parse_integer(request.query_params.get("listing", "")) or 0
    async with db.connection() as conn:
        suborder = await _load_suborder(conn, seal, actor, number, position)
    line = _get_line(suborder, listing)
    if line.reviewed:
        return render_order_refusal(request, actor, AlreadyReviewed(), number)
    return _write_page(request, actor, line.title, ReviewForm(), key=make_form_key())


@post("/orders/{number:int}/review/{position:int}", include_in_schema=False, english=True, rate=RateClass.UPLOAD)
async def submit_review(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[Any]:
    """Store a review; a form sent twice stores one.

    Raises:
        NotFound: the order belongs to someone else, or has no such suborder.
        NotReceivedYet: the suborder is not received.
        StayNotOver: it is a stay before its last night.
    """
    form, now = await read_form(request), clock.now()
    values = form.fill(ReviewForm)
    listing = parse_integer(request.query_params.get("listing", "")) or 0
    async with db.connection() as conn:
        suborder = await _load_suborder(conn, seal, actor, number, position)
        listing_id = await get_listing_id(conn, listing)
    title = _get_line(suborder, listing).title
    ids = await form.store_photos(request, actor, _PHOTO_FIELDS, PhotoPurpose.REVIEW)
    review = ReviewText(rating=parse_integer(values.rating, maximum=MAX_RATING) or 0, text=values.text)

    async def work(conn: Connection) -> str:
        whole = ReviewText(rating=review.rating, text=review.text, photo_ids=ids)
        await write_review(conn, seal, actor, suborder.id, whole, listing_id=listing_id, now=now)
        return f"/orders/{number}?said=reviewed"

    status = 422
    try:
        check_review(review, photos=len(ids))
        if not form.faults:
            return await submit_once(request, actor, form, work)
    except (InvalidReview, OffPlatformContact, BadPhoto) as refusal:
        form.faults += rename_faults(refusal, {}, otherwise="photo" if isinstance(refusal, BadPhoto) else "rating")
        status = refusal.status
    except AlreadyReviewed as refusal:
        return render_order_refusal(request, actor, refusal, number)
    return _write_page(request, actor, title, values, key=form.key, errors=form.faults, status=status)


def _own_page(
    request: HttpRequest, actor: Actor, review: OwnReview, values: ReviewForm, *, editable: bool, key: str,
    errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    context = {
        "review": review,
        "hidden": say(HIDING_REASON_NAMES[review.hidden_for]) if review.hidden_for else "",
        "shown": [] if review.hidden_for else [get_review_photo_path(name) for name in review.photos],
        "removable": [(str(each), say("不要照片 {0}", n)) for n, each in enumerate(review.photo_ids, 1)],
        "photos": label_photos(_PHOTO_FIELDS[: None if errors else MAX_REVIEW_PHOTOS - len(review.photos)]),
        "until": deadline(review.editable_until) if editable else "",
        "values": values,
        "errors": errors,
        "key": key,
        "said": say("改好了") if request.query_params.get("said") == "1" else "",
    }
    return render_page(request, "shop/own_review.html", context, actor=actor, status=status)


@get("/reviews/{review_id:uuid}", include_in_schema=False, english=True)
async def show_own_review(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    review_id: FromPath[UUID],
) -> Response[bytes]:
    """Show a buyer's own review with its answer, and the form to change it while that is possible.

    Raises:
        NotFound: somebody else wrote it.
    """
    async with db.connection() as conn:
        review = await get_own_review(conn, actor, review_id)
    values = ReviewForm(rating=str(review.rating), text=review.text)
    return _own_page(request, actor, review, values, editable=review.is_editable(clock.now()), key=make_form_key())


@post("/reviews/{review_id:uuid}", include_in_schema=False, english=True, rate=RateClass.UPLOAD)
async def submit_review_change(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    review_id: FromPath[UUID],
) -> Response[Any]:
    """Change a review; a form sent twice changes it once.

    Raises:
        NotFound: somebody else wrote it.
    """
    form, now = await read_form(request), clock.now()
    values = form.fill(ReviewForm)
    async with db.connection() as conn:
        review = await get_own_review(conn, actor, review_id)
    ids = await form.store_photos(request, actor, _PHOTO_FIELDS, PhotoPurpose.REVIEW)
    removed = [each for text in values.remove if (each := parse_uuid(text)) is not None]
    rating = parse_integer(values.rating, maximum=MAX_RATING) or 0

    async def work(conn: Connection) -> str:
        changed = ReviewText(rating=rating, text=values.text, photo_ids=ids, removed_ids=removed)
        await edit_review(conn, actor, review_id, changed, now=now)
        return f"/reviews/{review_id}?said=1"

    status = 422
    try:
        if not form.faults:
            return await submit_once(request, actor, form, work)
    except (InvalidReview, OffPlatformContact, BadPhoto) as refusal:
        form.faults += rename_faults(refusal, {}, otherwise="photo" if isinstance(refusal, BadPhoto) else "rating")
        status = refusal.status
    except ReviewNotEditable as refusal:
        return render_order_refusal(request, actor, refusal, review.order_number)
    return _own_page(
        request, actor, review, values, editable=review.is_editable(now), key=form.key, errors=form.faults,
        status=status,
    )  # fmt: skip


ROUTES = [show_review_form, submit_review, show_own_review, submit_review_change]
