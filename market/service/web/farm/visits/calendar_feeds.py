"""手机日历: the secret address of a host's calendar, and the calendar at that address."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.people.identity.models import Actor, NotFound
from market.sales.visits.calendar_feed import (
    create_calendar_feed,
    list_calendar_feeds,
    read_calendar_feed,
    revoke_calendar_feed,
)
from market.service.http import HttpRequest
from market.service.web.assets import get_origin
from market.service.web.farm.sellers import is_seller
from market.service.web.forms import parse_uuid, read_form
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_zh

_SUFFIX = ".ics"


class FeedRow(Struct, frozen=True):
    """A producer with the state of its calendar; `url` is its new address, shown once."""

    id: UUID
    producer: str
    state: str
    active: bool
    url: str


async def _feeds_page(
    request: HttpRequest, conn: Connection, actor: Actor, *, new: tuple[UUID, str] | None = None
) -> Response[bytes]:
    rows = [
        FeedRow(
            each.producer_id,
            each.producer,
            f"{day_zh(each.created_at)}做的，正在用" if each.created_at else "还没有",
            each.created_at is not None,
            f"{get_origin(request)}{new[1]}" if new is not None and new[0] == each.producer_id else "",
        )
        for each in await list_calendar_feeds(conn, actor)
    ]
    return render_page(request, "farm/calendar_feeds.html", {"feeds": rows}, actor=actor)


@get("/farm/calendar", include_in_schema=False)
async def show_calendar_feeds(
    request: HttpRequest, db: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show whether the calendars of the person's producers have an address."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    async with db.connection() as conn:
        return await _feeds_page(request, conn, actor)


@post("/farm/calendar", include_in_schema=False, status_code=200)
async def submit_calendar_feed(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Give a calendar a new address, which this page shows once, or end its address.

    Raises:
        NotFound: the producer is not the person's own.
    """
    form = await read_form(request)
    producer_id = parse_uuid(form.get_text("producer"))
    if producer_id is None:
        raise NotFound
    new = None
    async with db.transaction() as conn:
        if form.get_text("do") == "revoke":
            await revoke_calendar_feed(conn, actor, producer_id, now=clock.now())
        else:
            feed = await create_calendar_feed(conn, actor, producer_id, now=clock.now())
            new = (producer_id, feed.path)
    async with db.connection() as conn:
        return await _feeds_page(request, conn, actor, new=new)


@get("/calendars/{name:str}", include_in_schema=False)
async def show_calendar(
    db: NamedDependency[Database], clock: NamedDependency[Clock], name: FromPath[str]
) -> Response[str]:
    """Return the calendar at a secret address, for calendar programs.

    Raises:
        NotFound: the address is unknown or was revoked.
    """
    async with db.connection() as conn:
        text = await read_calendar_feed(conn, name.removesuffix(_SUFFIX), now=clock.now())
    headers = {"Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
    return Response(text, media_type="text/calendar; charset=utf-8", headers=headers)


ROUTES = [show_calendar_feeds, submit_calendar_feed, show_calendar]
