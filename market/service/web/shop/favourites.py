"""收藏: the button on the pages of listings and sellers, which survives signing in, and the page of what is kept."""

from contextlib import suppress
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.favourites.keep import add_favourite, is_favourite, remove_favourite
from market.catalogue.favourites.models import Favourite, FavouriteKind
from market.catalogue.favourites.views import list_favourites
from market.kernel import Connection, Database, Refusal
from market.kernel.clock import Clock
from market.kernel.language import say
from market.people.identity.models import AccountId, Actor, NotFound
from market.people.storage.photos import PhotoFormat
from market.sales.orders.cart import count_cart
from market.service.http import HttpRequest
from market.service.web.cookies import set_cookie
from market.service.web.forms import PostedForm, parse_integer, parse_uuid, read_form
from market.service.web.pages import get_local_path, redirect, render_page
from market.service.web.shop.cards import PhotoView, format_unit, get_listing_path, make_photo_view
from market.service.web.ui.format import yuan
from market.service.web.ui.illustrations import get_illustration

WANTED_COOKIE = "favourite"
_WANTED_SECONDS = 900
_PAGE_SIZE = 20
_MAX_NUMBER = 2**62


class FavouriteButton(Struct, frozen=True):
    """The button of a page: what it keeps, whether it is kept already, and the page to return to."""

    kind: FavouriteKind
    number: int
    kept: bool
    link: str


class FavouriteView(Struct, frozen=True):
    """A favourite as a row, with the button that removes it."""

    kind: str
    number: int
    title: str
    href: str
    lines: list[str]
    state: str
    symbol: str
    photo: PhotoView | None


async def load_seller_button(
    conn: Connection, visitor: Actor | None, producer_id: UUID, *, number: int, link: str
) -> FavouriteButton:
    """Return the button for a producer; nothing is read for a visitor who has not signed in."""
    kept = visitor is not None and await is_favourite(conn, visitor.account_id, FavouriteKind.PRODUCER, producer_id)
    return FavouriteButton(FavouriteKind.PRODUCER, number, kept, link)


def _read_wanted(kind: str, number: str) -> tuple[FavouriteKind, int]:
    """Return what a form or a cookie names.

    Raises:
        NotFound: it names nothing that can be kept.
    """
    found = parse_integer(number, maximum=_MAX_NUMBER)
    if kind not in set(FavouriteKind) or not found:
        raise NotFound
    return FavouriteKind(kind), found


async def keep_wanted(conn: Connection, request: HttpRequest, account_id: AccountId, *, now: datetime) -> None:
    """Keep what the visitor wanted to keep before signing in, if it can still be kept."""
    kind, _, number = request.cookies.get(WANTED_COOKIE, "").partition("-")
    if not kind:
        return
    with suppress(Refusal):
        await add_favourite(conn, account_id, *_read_wanted(kind, number), now=now)


def clear_wanted(request: HttpRequest, response: Response[Any]) -> None:
    """Forget what the visitor wanted to keep before signing in."""
    set_cookie(request, response, WANTED_COOKIE, "", seconds=0)


@post("/favourites", include_in_schema=False, english=True)
async def submit_favourite(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    visitor: NamedDependency[Actor | None],
) -> Response[Any]:
    """Keep or remove a favourite; a visitor signs in first, and finds it kept on coming back.

    Raises:
        NotFound: what the form names cannot be kept.
        TooManyFavourites: the person keeps as many as they may.
    """
    form = await read_form(request)
    kind, number = _read_wanted(form.get_text("kind"), form.get_text("number"))
    to = get_local_path(form.get_text("to"), "/me/favourites")
    if visitor is None:
        response: Response[Any] = redirect(f"/sign-in?{urlencode({'to': to})}")
        set_cookie(request, response, WANTED_COOKIE, f"{kind}-{number}", seconds=_WANTED_SECONDS)
        return response
    await _change(db, visitor, form, kind, number, now=clock.now())
    return redirect(to if to == "/me/favourites" else f"{to}#keep")


async def _change(
    db: Database, actor: Actor, form: PostedForm, kind: FavouriteKind, number: int, *, now: datetime
) -> None:
    async with db.transaction() as conn:
        if form.get_text("do") == "remove":
            await remove_favourite(conn, actor.account_id, kind, number)
        else:
            await add_favourite(conn, actor.account_id, kind, number, now=now)


def _describe_state(favourite: Favourite) -> str:
    """Return why a favourite cannot be bought now; empty if it can."""
    if not favourite.shown:
        return say("下架了") if favourite.kind is FavouriteKind.LISTING else say("不在这里卖了")
    if not favourite.on_sale:
        return say("卖完了")
    return "" if favourite.taking_orders else say("现在不接单")


def _find_page(favourite: Favourite) -> str:
    """Return the page of a favourite; empty if it has none any more."""
    if not favourite.shown:
        return ""
    if favourite.kind is FavouriteKind.PRODUCER:
        return f"/sellers/{favourite.number}"
    return get_listing_path(favourite.listing_kind or "", favourite.number)


def _favourite_view(favourite: Favourite) -> FavouriteView:
    listing = favourite.kind is FavouriteKind.LISTING
    lines = [say("{0}，{1}", favourite.producer, favourite.village) if listing else favourite.village]
    if favourite.shown and favourite.price_fen is not None and favourite.unit is not None:
        lines.append(say("{0} 元，{1}", yuan(favourite.price_fen), format_unit(favourite.unit)))
    photographed = favourite.photo is not None and favourite.photo_kind != PhotoFormat.SVG
    return FavouriteView(
        kind=favourite.kind,
        number=favourite.number,
        title=favourite.title,
        href=_find_page(favourite),
        lines=lines,
        state=_describe_state(favourite),
        symbol=get_illustration(favourite.category or "", favourite.title),
        photo=make_photo_view(favourite.photo, favourite.photo_kind) if photographed else None,
    )


@get("/me/favourites", include_in_schema=False, english=True)
async def show_favourites(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Show what the person keeps, the latest first; what is off the shelf says so."""
    before = parse_uuid(request.query_params.get("before", ""))
    async with db.connection() as conn:
        page = await list_favourites(conn, actor.account_id, today=clock.today(), before=before, limit=_PAGE_SIZE)
        count = await count_cart(conn, actor.account_id)
    context = {
        "favourites": [_favourite_view(each) for each in page.items],
        "more": f"/me/favourites?before={page.next}" if page.next else None,
    }
    return render_page(request, "shop/favourites.html", context, actor=actor, cart=count)


ROUTES = [submit_favourite, show_favourites]
