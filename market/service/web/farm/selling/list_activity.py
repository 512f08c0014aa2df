"""Put an activity up for booking, in four fields; its slots are added on the next page."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from market.catalogue.listings.browse import list_categories
from market.catalogue.listings.models import (
    BadListing,
    CertificateNeeded,
    ListingKind,
    NewActivity,
    ProducerNotOpen,
)
from market.catalogue.listings.publish import publish_activity, resolve_own_producer
from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.people.identity.models import Actor
from market.people.moderation.forbidden_words import ForbiddenWord
from market.people.storage.photos import BadPhoto, PhotoPurpose
from market.service.http import HttpRequest
from market.service.web.farm.sellers import FIELD_NAMES, is_seller, list_producer_options
from market.service.web.farm.selling.selling_obstacles import SellingObstacle, describe_refusal, find_obstacle
from market.service.web.farm.selling.visit_terms import CANCEL_TERMS, list_cancel_options
from market.service.web.forms import make_form_key, parse_uuid, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page

_OK = 200
_FIELDS = {**FIELD_NAMES, "category": "category", "child_price_fen": "child"}


class ActivityForm(Struct, frozen=True):
    """The activity form as it was typed."""

    title: str = ""
    category: str = ""
    price: str = ""
    story: str = ""
    producer: str = ""
    child: str = ""
    cancel: str = "easy"


class Choices(Struct, frozen=True):
    """What the form lets a person choose from, and what keeps them from listing, if anything."""

    producers: list[tuple[str, str]]
    categories: list[tuple[str, str]]
    obstacle: SellingObstacle | None


async def _load_choices(conn: Connection, actor: Actor, clock: Clock) -> Choices:
    categories = await list_categories(conn, today=clock.today())
    kinds = [(each.code, each.name) for each in categories if each.kind is ListingKind.ACTIVITY]
    obstacle = await find_obstacle(conn, actor, category=kinds[0][0], kind=ListingKind.ACTIVITY, clock=clock)
    return Choices(await list_producer_options(conn, actor), kinds, obstacle)


def _activity_page(
    request: HttpRequest, actor: Actor, choices: Choices, values: ActivityForm,
    *, key: str, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    context = {
        "values": values,
        "errors": errors,
        "key": key,
        "producers": choices.producers,
        "categories": choices.categories,
        "cancel_options": list_cancel_options(),
        "obstacle": choices.obstacle,
        "refused": status != _OK,
    }
    return render_page(request, "farm/activity.html", context, actor=actor, status=status)


@get("/farm/sell/activity", include_in_schema=False)
async def show_activity_form(
    request: HttpRequest, db: NamedDependency[Database], clock: NamedDependency[Clock], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show the form of an activity, after any obstacle to selling."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    async with db.connection() as conn:
        choices = await _load_choices(conn, actor, clock)
    return _activity_page(request, actor, choices, ActivityForm(), key=make_form_key())


@post("/farm/sell/activity", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_activity(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Put an activity up for booking; a form sent twice lists it once."""
    form = await read_form(request)
    values = form.fill(ActivityForm)
    async with db.connection() as conn:
        choices = await _load_choices(conn, actor, clock)
    cancel = CANCEL_TERMS.get(values.cancel, CANCEL_TERMS["easy"])
    new = NewActivity(
        title=form.read_text("title", missing="名字没写"),
        category=form.read_text("category", missing="选一样"),
        price_fen=form.read_yuan("price", fault="价钱没写。写一个数，比如 30", minimum=Fen(1)),
        story=values.story,
        producer_id=parse_uuid(values.producer),
        child_price_fen=form.read_yuan("child", fault="儿童的价钱没写对。写一个数，比如 15，没有就空着", minimum=Fen(1))
        if values.child
        else None,
        tiers=cancel.tiers,
        holiday_tiers=cancel.holiday_tiers,
    )
    if form.faults:
        return _activity_page(request, actor, choices, values, key=form.key, errors=form.faults, status=422)
    try:
        resolve_own_producer(actor, new.producer_id)
        photo_id = await form.store_photo(request, actor, "photo", PhotoPurpose.LISTING)

        async def publish(conn: Connection) -> str:
            activity = structs.replace(new, photo_id=photo_id)
            number = (await publish_activity(conn, actor, activity, now=clock.now())).number
            return f"/farm/listings/{number}/slots?said=listed"

        return await submit_once(request, actor, form, publish)
    except (BadListing, BadPhoto, ForbiddenWord) as refusal:
        errors = rename_faults(refusal, _FIELDS, otherwise="photo" if isinstance(refusal, BadPhoto) else "title")
        return _activity_page(request, actor, choices, values, key=form.key, errors=errors, status=refusal.status)
    except (CertificateNeeded, ProducerNotOpen) as refusal:
        choices = structs.replace(choices, obstacle=describe_refusal(refusal))
        return _activity_page(request, actor, choices, values, key=form.key, status=refusal.status)


ROUTES = [show_activity_form, submit_activity]
