"""Put rooms up for booking by the night, in five fields."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from market.catalogue.listings.models import (
    HOLIDAY_TIERS,
    WORKDAY_TIERS,
    BadListing,
    CertificateNeeded,
    ListingKind,
    NewStay,
    ProducerNotOpen,
)
from market.catalogue.listings.publish import publish_stay, resolve_own_producer
from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.people.identity.models import Actor
from market.people.moderation.forbidden_words import ForbiddenWord
from market.people.storage.photos import BadPhoto, PhotoPurpose
from market.service.http import HttpRequest
from market.service.web.farm.sellers import FIELD_NAMES, is_seller, list_producer_options
from market.service.web.farm.selling.selling_obstacles import SellingObstacle, describe_refusal, find_obstacle
from market.service.web.forms import make_form_key, parse_uuid, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.shop.promises import describe_tiers

_MAX_ROOMS = 200
_OK = 200


class StayForm(Struct, frozen=True):
    """The stay form as it was typed."""

    title: str = ""
    rooms: str = ""
    price: str = ""
    story: str = ""
    producer: str = ""


def _stay_page(
    request: HttpRequest, actor: Actor, producers: list[tuple[str, str]], values: StayForm,
    obstacle: SellingObstacle | None, *, key: str, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    context = {
        "values": values,
        "errors": errors,
        "key": key,
        "producers": producers,
        "obstacle": obstacle,
        "refused": status != _OK,
        "workday_tiers": describe_tiers(WORKDAY_TIERS),
        "holiday_tiers": describe_tiers(HOLIDAY_TIERS),
    }
    return render_page(request, "farm/stay.html", context, actor=actor, status=status)


async def _find_obstacle(conn: Connection, actor: Actor, clock: Clock) -> SellingObstacle | None:
    return await find_obstacle(conn, actor, category="stay", kind=ListingKind.STAY, clock=clock)


@get("/farm/sell/stay", include_in_schema=False)
async def show_stay_form(
    request: HttpRequest, db: NamedDependency[Database], clock: NamedDependency[Clock], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show the form of a stay, after any obstacle to selling."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    async with db.connection() as conn:
        producers = await list_producer_options(conn, actor)
        obstacle = await _find_obstacle(conn, actor, clock)
    return _stay_page(request, actor, producers, StayForm(), obstacle, key=make_form_key())


@post("/farm/sell/stay", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_stay(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Put rooms up for booking; a form sent twice lists them once."""
    form = await read_form(request)
    values = form.fill(StayForm)
    async with db.connection() as conn:
        producers = await list_producer_options(conn, actor)
        obstacle = await _find_obstacle(conn, actor, clock)
    new = NewStay(
        title=form.read_text("title", missing="名字没写"),
        rooms=form.read_integer("rooms", fault="几间房没写。写一个数，比如 2", minimum=1, maximum=_MAX_ROOMS),
        price_fen=form.read_yuan("price", fault="价钱没写。写一个数，比如 280", minimum=Fen(1)),
        story=values.story,
        producer_id=parse_uuid(values.producer),
    )
    if form.faults:
        return _stay_page(request, actor, producers, values, obstacle, key=form.key, errors=form.faults, status=422)
    try:
        resolve_own_producer(actor, new.producer_id)
        photo_id = await form.store_photo(request, actor, "photo", PhotoPurpose.LISTING)

        async def publish(conn: Connection) -> str:
            stay = structs.replace(new, photo_id=photo_id)
            return f"/farm/listings/{(await publish_stay(conn, actor, stay, now=clock.now())).number}?said=listed"

        return await submit_once(request, actor, form, publish)
    except (BadListing, BadPhoto, ForbiddenWord) as refusal:
        errors = rename_faults(refusal, FIELD_NAMES, otherwise="photo" if isinstance(refusal, BadPhoto) else "title")
        return _stay_page(
            request, actor, producers, values, obstacle, key=form.key, errors=errors, status=refusal.status
        )
    except (CertificateNeeded, ProducerNotOpen) as refusal:
        obstacle = describe_refusal(refusal)
        return _stay_page(request, actor, producers, values, obstacle, key=form.key, status=refusal.status)


ROUTES = [show_stay_form, submit_stay]
