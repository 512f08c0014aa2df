"""Letting rooms by the night, in five fields."""

import secrets
from collections.abc import Sequence
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue import BadListing, CertificateNeeded, Kind, NewStay, ProducerNotOpen, own_producer, publish_stay
from market.identity import Actor
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.producers import ForbiddenWord
from market.storage import BadPhoto, Files, Purpose, add_photo
from market.web.cards import read_number
from market.web.farm import sells
from market.web.forms import faults_of, houses_of, read_uuid, read_yuan
from market.web.once import once_form
from market.web.photos import taken_photo
from market.web.plumbing import fields, page, see_other
from market.web.stops import Stop, stop_for, stop_of

_MOST_ROOMS = 200
_OK = 200

Asked = Request[Any, Any, Any]


class StayValues(Struct, frozen=True):
    """What the form of a stay holds."""

    title: str = ""
    rooms: str = ""
    price: str = ""
    story: str = ""
    producer: str = ""


def _stay_page(
    request: Asked, actor: Actor, houses: list[tuple[str, str]], values: StayValues, stop: Stop | None,
    *, key: str, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    context = {
        "values": values, "errors": errors, "key": key, "houses": houses, "stop": stop, "refused": status != _OK,
    }  # fmt: skip
    return page(request, "farm/stay.html", context, actor=actor, status=status)


async def _stop_of(conn: Connection, actor: Actor, clock: Clock) -> Stop | None:
    return await stop_of(conn, actor, category="stay", kind=Kind.STAY, clock=clock)


@get("/farm/sell/stay", include_in_schema=False)
async def stay_form(
    request: Asked, db: NamedDependency[Database], clock: NamedDependency[Clock], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Ask for the five things that letting rooms needs; what is missing is said before."""
    if not sells(actor):
        return see_other("/farm/apply")
    async with db.connection() as conn:
        houses = await houses_of(conn, actor)
        stop = await _stop_of(conn, actor, clock)
    return _stay_page(request, actor, houses, StayValues(), stop, key=secrets.token_urlsafe(18))


@post("/farm/sell/stay", include_in_schema=False)
async def list_stay(
    request: Asked,
    *,
    db: NamedDependency[Database],
    files: NamedDependency[Files],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Put rooms up for booking; the same form sent twice lists them once."""
    found = await fields(request)
    values = StayValues(*(str(found.get(name, "")) for name in StayValues.__struct_fields__))
    key = str(found.get("key", "")) or secrets.token_urlsafe(18)
    async with db.connection() as conn:
        houses = await houses_of(conn, actor)
        stop = await _stop_of(conn, actor, clock)
    price, rooms = read_yuan(values.price), read_number(values.rooms, most=_MOST_ROOMS)
    faults = [] if values.title else [FieldFault("title", "名字没写")]
    faults += [] if rooms else [FieldFault("rooms", "几间房没写。写一个数，比如 2")]
    faults += [] if price else [FieldFault("price", "价钱没写。写一个数，比如 280")]
    if faults:
        return _stay_page(request, actor, houses, values, stop, key=key, errors=faults, status=422)
    try:
        own_producer(actor, read_uuid(values.producer))
        prepared = await taken_photo(files, found, "photo", Purpose.LISTING)

        async def publish(conn: Connection) -> str:
            photo_id = await add_photo(conn, actor.account_id, prepared, now=clock.now()) if prepared else None
            new = NewStay(
                title=values.title, rooms=rooms or 0, price_fen=price or 0, photo_id=photo_id,
                producer_id=read_uuid(values.producer), story=values.story,
            )  # fmt: skip
            return f"/farm/listings/{(await publish_stay(conn, actor, new, now=clock.now())).number}?said=listed"

        return await once_form(request, actor, key, publish)
    except (BadListing, BadPhoto, ForbiddenWord) as refusal:
        errors = faults_of(refusal, "photo" if isinstance(refusal, BadPhoto) else "title")
        return _stay_page(request, actor, houses, values, stop, key=key, errors=errors, status=refusal.status)
    except (CertificateNeeded, ProducerNotOpen) as refusal:
        return _stay_page(request, actor, houses, values, stop_for(refusal), key=key, status=refusal.status)


ROUTES = [stay_form, list_stay]
