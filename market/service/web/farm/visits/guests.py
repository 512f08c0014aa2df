"""A host's guests, and checking them in by the code they show."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.bookings.models import BookingState
from market.catalogue.slots.models import ReservationState, format_slot_hours
from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.aftersales.check_in import Guest, check_in_guest, list_guests
from market.sales.aftersales.models import CheckInCodeUsed, CheckInOutsideStay, TooManyCheckInCodes
from market.sales.aftersales.slot_guests import SlotGuest, list_slot_guests
from market.service.http import HttpRequest
from market.service.web.farm.sellers import FarmRow, Note, list_notes, show_drawings_once
from market.service.web.farm.visits.slots import format_party
from market.service.web.forms import read_form
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_short
from market.service.web.ui.illustrations import get_illustration

_ONE_DAY = timedelta(days=1)
_SAID: dict[str, Note] = {"cancelled": ("ok", "住宿取消了", "客人收到了短信，付的钱全退。")}


class CheckInForm(Struct, frozen=True):
    """The check-in form as it was typed."""

    code: str = ""


class CheckInNotice(Struct, frozen=True):
    """The guest who was just checked in."""

    title: str
    rows: list[tuple[str, str]]
    register: str = ""


async def load_guests(conn: Connection, seal: Seal, actor: Actor, today: date) -> list[Guest]:
    """Return the guests of tonight and tomorrow night, each booking once."""
    by_booking: dict[UUID, Guest] = {}
    for producer_id in actor.producers:
        for day in (today, today + _ONE_DAY):
            for guest in await list_guests(conn, seal, producer_id, day, today=today):
                by_booking.setdefault(guest.booking_id, guest)
    return list(by_booking.values())


async def load_parties(conn: Connection, seal: Seal, actor: Actor, today: date) -> list[SlotGuest]:
    """Return the parties of today's and tomorrow's slots."""
    return await list_slot_guests(conn, seal, actor.producers, first=today, last=today + _ONE_DAY, today=today)


def party_row(guest: SlotGuest) -> FarmRow:
    """Return a party as a row."""
    when = f"{day_short(guest.starts_at)} {format_slot_hours(guest.starts_at, guest.ends_at)}"
    return FarmRow("/farm/guests", format_party(guest), [guest.title, when], get_illustration("采摘", guest.title))


async def load_guest_rows(conn: Connection, seal: Seal, actor: Actor, today: date) -> list[FarmRow]:
    """Return the guests of tonight and tomorrow night, and the parties of today's and tomorrow's slots, as rows."""
    parties = [party_row(each) for each in await load_parties(conn, seal, actor, today)]
    return parties + [guest_row(each) for each in await load_guests(conn, seal, actor, today)]


def guest_row(guest: Guest) -> FarmRow:
    """Return a guest as a row."""
    arrived = "已经到了" if guest.state is BookingState.ARRIVED else "还没到"
    days = f"{day_short(guest.arrive_on)}到，{day_short(guest.leave_on)}走"
    return FarmRow(
        f"/farm/bookings/{guest.booking_id}/guests",
        f"{guest.name or '客人'}，{guest.room}",
        [days, arrived],
        get_illustration("民宿", guest.title),
    )


def _guests_page(
    request: HttpRequest,
    actor: Actor,
    guests: list[Guest],
    parties: list[SlotGuest],
    *,
    code: str = "",
    refusal: Refusal | None = None,
) -> Response[Any]:
    checked_in = request.query_params.get("done", "")
    guest = next((guest for guest in guests if str(guest.booking_id) == checked_in), None)
    party = next((party for party in parties if str(party.reservation_id) == checked_in), None)
    notice = None
    if guest is not None and guest.state is BookingState.ARRIVED:
        notice = CheckInNotice(
            f"{guest.name or '客人'}住进来了",
            [("房间", guest.room), ("哪天走", day_short(guest.leave_on)), ("订单", guest.order_code)],
            f"/farm/bookings/{guest.booking_id}/guests",
        )
    if party is not None and party.state is ReservationState.ATTENDED:
        notice = CheckInNotice(
            f"{party.name or '客人'}来了", [("名额", f"{party.party} 个"), ("订单", party.order_code)]
        )
    context = {
        "notes": list_notes(request, _SAID),
        "notice": notice,
        "values": CheckInForm(code),
        "errors": [FieldFault("code", refusal.text("zh"))] if refusal else [],
        "guests": show_drawings_once([*map(party_row, parties), *map(guest_row, guests)])[0],
    }
    return render_page(request, "farm/guests.html", context, actor=actor, status=refusal.status if refusal else 200)


@get("/farm/guests", include_in_schema=False)
async def show_guests(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Show the guests and the form for a check-in code."""
    async with db.connection() as conn:
        guests = await load_guests(conn, seal, actor, clock.today())
        parties = await load_parties(conn, seal, actor, clock.today())
    return _guests_page(request, actor, guests, parties)


@post("/farm/guests", include_in_schema=False)
async def submit_check_in(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Check in the guest who shows this code; a code works once."""
    code = (await read_form(request)).get_text("code")
    try:
        async with db.transaction() as conn:
            outcome = await check_in_guest(conn, seal, actor, code, now=clock.now())
    except (CheckInCodeUsed, CheckInOutsideStay, TooManyCheckInCodes) as refusal:
        outcome = refusal
    if isinstance(outcome, Refusal):
        async with db.connection() as conn:
            guests = await load_guests(conn, seal, actor, clock.today())
            parties = await load_parties(conn, seal, actor, clock.today())
        return _guests_page(request, actor, guests, parties, code=code, refusal=outcome)
    return redirect(f"/farm/guests?done={outcome.booking_id}")


ROUTES = [show_guests, submit_check_in]
