"""哪晚有客: the nights of a stay for its host: guests, closed nights, prices, and guests who did not order here."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.bookings.host_nights import (
    GUEST_LIFETIME,
    MAX_DAYS_AHEAD,
    GuestNights,
    HostGuest,
    HostNights,
    close_nights,
    enter_guest,
    open_nights,
)
from market.catalogue.bookings.models import MAX_HOST_NIGHTS, BookingState, InvalidHostNights, RoomTaken
from market.catalogue.listings.describe import Description, get_description
from market.catalogue.listings.detail import get_listing_id
from market.catalogue.listings.models import MAX_PRICE_FEN, MIN_PRICE_FEN, BadListing, ListingKind, ListingState
from market.catalogue.listings.terms import NewSeason, set_season
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock, get_next_month, get_previous_month
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.host_calendar import HostNight, HostRoom, list_host_nights, list_host_rooms
from market.service.http import HttpRequest
from market.service.web.forms import PostedForm, make_form_key, parse_day, parse_uuid, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.shop.cards import ShortNumber
from market.service.web.ui.calendar import CalendarDay, make_calendar_month
from market.service.web.ui.format import day_short, weekday, yuan

_ONE_NIGHT = timedelta(days=1)
_STATES = {
    BookingState.RESERVED: "有人下了单，等付款",
    BookingState.BOOKED: "还没到",
    BookingState.ARRIVED: "已经住下",
}
_NOTICES = {
    "closed": ("ok", "关好了", "这间这晚不卖了。"),
    "opened": ("ok", "打开了", "这间这晚又能订了。"),
    "guest": ("ok", "记下了", "这几晚不会再卖给别人。"),
    "priced": ("ok", "价钱改好了", "已经订了的不变。"),
}
_PRICE_FIELDS = {"price_fen": "price", "until": "last"}


class GuestForm(Struct, frozen=True):
    """The form of a guest who did not order here, as it was typed."""

    room: str = ""
    nights: str = "1"
    name: str = ""
    phone: str = ""


class PriceForm(Struct, frozen=True):
    """The form of prices as it was typed."""

    first: str = ""
    last: str = ""
    price: str = ""
    which: str = "all"


class RoomView(Struct, frozen=True):
    """A room in the chosen night: what a button does to it, if anything; `change` leads to other days for its guest."""

    id: UUID
    name: str
    lines: list[str]
    phone: str
    do: str
    words: str
    change: str = ""


class RefusedNights(Struct, frozen=True):
    """A form that was refused, shown again with its faults."""

    status: int = 200
    errors: Sequence[FieldFault] = ()
    guest: GuestForm | None = None
    prices: PriceForm | None = None


def _show_room(room: HostRoom) -> RoomView:
    if room.arrive_on is None or room.leave_on is None:
        return RoomView(room.room_id, room.room, ["空着，能订"], "", "close", "这晚不卖")
    if room.closed:
        return RoomView(room.room_id, room.room, ["您关了，不卖"], "", "open", "打开")
    days = f"{day_short(room.arrive_on)}到，{day_short(room.leave_on)}走"
    if room.state is None:
        return RoomView(room.room_id, room.room, [f"{room.name}，自己来的", days], room.phone, "open", "不来了，空出来")
    who = f"{room.name or '客人'}，订单 {room.order_code}"
    change = f"/farm/bookings/{room.booking_id}/days" if room.state is BookingState.BOOKED else ""
    return RoomView(room.room_id, room.room, [who, days, _STATES[room.state]], room.phone, "", "", change)


def _calendar_day(night: HostNight) -> CalendarDay:
    words = f"空{night.free}" if night.free > 0 else "满" if night.taken else "关了"
    return CalendarDay(words, free=True, holiday=night.holiday is not None)


async def find_own_stay(conn: Connection, actor: Actor, number: int) -> Description:
    """Return a stay of the person's own.

    Raises:
        NotFound: it is no stay, or belongs to someone else.
    """
    stay = await get_description(conn, actor, await get_listing_id(conn, number))
    if stay.kind is not ListingKind.STAY:
        raise NotFound
    return stay


def read_shown_day(text: str, today: date, *, otherwise: date | None = None) -> date:
    """Return the chosen night, from today to as far ahead as a host may close nights; without one, `otherwise`."""
    chosen = parse_day(text) or otherwise or today
    return min(max(chosen, today), today + timedelta(days=MAX_DAYS_AHEAD))


async def _nights_page(
    request: HttpRequest, conn: Connection, actor: Actor, number: int,
    *, seal: Seal, clock: Clock, day: date, refused: RefusedNights | None = None,
) -> Response[Any]:  # fmt: skip
    refused, today = refused or RefusedNights(), clock.today()
    stay = await find_own_stay(conn, actor, number)
    month = read_shown_day(f"{request.query_params.get('month', '')}-01", today, otherwise=day).replace(day=1)
    nights = await list_host_nights(conn, actor, stay.listing_id, first=max(month, today), until=get_next_month(month))
    rooms = await list_host_rooms(conn, seal, actor, stay.listing_id, day, today=today)
    [night] = await list_host_nights(conn, actor, stay.listing_id, first=day, until=day + _ONE_NIGHT)
    path = f"/farm/listings/{number}/nights"
    last = today + timedelta(days=MAX_DAYS_AHEAD)
    notice = _NOTICES.get(request.query_params.get("said", ""))
    price = yuan(night.price_fen).replace(",", "")
    context = {
        "title": stay.title,
        "guest_days": GUEST_LIFETIME.days,
        "back": f"/farm/listings/{number}",
        "path": path,
        "day": str(day),
        "day_words": f"{day_short(day)}，{weekday(day)}" + (f"，{night.holiday}" if night.holiday else ""),
        "price_fen": night.price_fen,
        "month": make_calendar_month(
            month,
            {each.night: _calendar_day(each) for each in nights},
            title="还空几间",
            back=f"{path}?month={get_previous_month(month):%Y-%m}" if month > today else None,
            more=f"{path}?month={get_next_month(month):%Y-%m}" if get_next_month(month) <= last else None,
        ),
        "rooms": [_show_room(room) for room in rooms],
        "free_rooms": [(str(room.room_id), room.room) for room in rooms if room.free or room.closed],
        "guest": refused.guest or GuestForm(),
        "prices": refused.prices or PriceForm(str(day), str(day), price),
        "suspended": stay.state is ListingState.SUSPENDED,
        "notes": [notice] if notice else [],
        "errors": refused.errors,
        "key": make_form_key(),
    }
    return render_page(request, "farm/nights.html", context, actor=actor, status=refused.status)


@get("/farm/listings/{number:int}/nights", include_in_schema=False)
async def show_nights(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Show a month of nights of the person's stay, and the rooms of the chosen one.

    Raises:
        NotFound: it is no stay, or belongs to someone else.
    """
    day = read_shown_day(request.query_params.get("day", ""), clock.today())
    async with db.connection() as conn:
        return await _nights_page(request, conn, actor, number, seal=seal, clock=clock, day=day)


def _read_room(form: PostedForm) -> UUID:
    room = parse_uuid(form.get_text("room"))
    if room is None:
        form.add_fault("room", "选一间房")
    return room or UUID(int=0)


@post("/farm/listings/{number:int}/nights", include_in_schema=False)
async def submit_night(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Close a night of a room, or open it.

    Raises:
        NotFound: it is no room of the person's own.
    """
    form = await read_form(request)
    day = read_shown_day(form.get_text("day"), clock.today())
    nights = HostNights(room_id=_read_room(form), first=day, until=day + _ONE_NIGHT)
    change, said = (open_nights, "opened") if form.get_text("do") == "open" else (close_nights, "closed")
    refused = RefusedNights(422, form.faults)
    if not form.faults:
        try:
            async with db.transaction() as conn:
                stay = await find_own_stay(conn, actor, number)
                await change(conn, actor, stay.listing_id, nights, now=clock.now())
            return redirect(f"/farm/listings/{number}/nights?day={day}&said={said}#d")
        except RoomTaken as refusal:
            refused = RefusedNights(refusal.status, [FieldFault("d", refusal.text("zh"))])
    async with db.connection() as conn:
        return await _nights_page(request, conn, actor, number, seal=seal, clock=clock, day=day, refused=refused)


@post("/farm/listings/{number:int}/nights/guests", include_in_schema=False)
async def submit_guest(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Give nights of a room to a guest who did not order here; a form sent twice takes them once.

    Raises:
        NotFound: it is no room of the person's own.
    """
    form = await read_form(request)
    day = read_shown_day(form.get_text("day"), clock.today())
    count = form.read_integer(
        "nights", fault=f"住几晚没写对，写 1 到 {MAX_HOST_NIGHTS}", minimum=1, maximum=MAX_HOST_NIGHTS
    )
    nights = GuestNights(
        room_id=_read_room(form),
        first=day,
        until=day + timedelta(days=count),
        guest=HostGuest(form.get_text("name"), form.get_text("phone")),
    )
    refused = RefusedNights(422, form.faults, guest=form.fill(GuestForm))
    if not form.faults:

        async def submit(conn: Connection) -> str:
            stay = await find_own_stay(conn, actor, number)
            await enter_guest(conn, seal, actor, stay.listing_id, nights, now=clock.now())
            return f"/farm/listings/{number}/nights?day={day}&said=guest#d"

        try:
            return await submit_once(request, actor, form, submit)
        except (InvalidHostNights, RoomTaken) as refusal:
            faults = rename_faults(refusal, {}, otherwise="room")
            refused = RefusedNights(refusal.status, faults, guest=form.fill(GuestForm))
    async with db.connection() as conn:
        return await _nights_page(request, conn, actor, number, seal=seal, clock=clock, day=day, refused=refused)


@post("/farm/listings/{number:int}/nights/prices", include_in_schema=False)
async def submit_prices(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Set the price of nights, or of the weekends among them; existing bookings keep theirs.

    Raises:
        NotFound: it is no stay, or belongs to someone else.
    """
    form = await read_form(request)
    first = form.read_day("first", fault="头一晚没写对")
    last = form.read_day("last", fault="最后一晚没写对")
    price = form.read_yuan(
        "price",
        fault=f"价钱没写对。写一个数，比如 280，最多 {yuan(MAX_PRICE_FEN)}",
        minimum=MIN_PRICE_FEN,
        maximum=MAX_PRICE_FEN,
    )
    day = read_shown_day(form.get_text("first"), clock.today())
    refused = RefusedNights(422, form.faults, prices=form.fill(PriceForm))
    if first is not None and last is not None and not form.faults:
        weekends = form.get_text("which") == "weekends"
        try:
            async with db.transaction() as conn:
                stay = await find_own_stay(conn, actor, number)
                season = NewSeason(first=first, until=last + _ONE_NIGHT, price_fen=price, weekends=weekends)
                await set_season(conn, actor, stay.listing_id, season, now=clock.now())
            return redirect(f"/farm/listings/{number}/nights?day={day}&said=priced#d")
        except BadListing as refusal:
            faults = rename_faults(refusal, _PRICE_FIELDS, otherwise="first")
            refused = RefusedNights(refusal.status, faults, prices=form.fill(PriceForm))
    async with db.connection() as conn:
        return await _nights_page(request, conn, actor, number, seal=seal, clock=clock, day=day, refused=refused)


ROUTES = [show_nights, submit_night, submit_guest, submit_prices]
