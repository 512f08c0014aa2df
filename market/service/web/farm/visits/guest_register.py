"""登记客人: the guests of a booked room with their documents, as a host registers them at check-in."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.people.notify.notifications import format_due
from market.sales.visits.guest_register import (
    DOCUMENT_NAMES,
    REGISTER_LIFETIME,
    GuestDocument,
    NewStayGuest,
    StayGuest,
    get_guest_register,
    register_guest,
    remove_guest,
)
from market.sales.visits.models import RegisterClosed, StayGuestInvalid
from market.service.http import HttpRequest
from market.service.web.forms import parse_uuid, read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_short

_NOTICES = {
    "registered": ("ok", "登记好了", "还有一起住的，接着登记。"),
    "removed": ("ok", "删掉了", "这位不在登记里了。"),
}


class StayGuestForm(Struct, frozen=True):
    """The form of a guest as it was typed."""

    name: str = ""
    document: str = "identity"
    number: str = ""


class StayGuestRow(Struct, frozen=True):
    """A registered guest: the lines to read, and the id for removal."""

    id: str
    lines: list[str]


def _show_guest(guest: StayGuest, *, whole: bool) -> StayGuestRow:
    number = guest.number if whole else guest.masked_number
    lines = [guest.name, f"{DOCUMENT_NAMES[guest.document]} {number}"]
    if guest.report_by is not None:
        lines.append(f"外国客人，{format_due(guest.report_by)}前报派出所")
    return StayGuestRow(str(guest.id), lines)


async def _register_page(
    request: HttpRequest, conn: Connection, seal: Seal, actor: Actor, booking_id: UUID,
    *, clock: Clock, form: StayGuestForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    stay = await get_guest_register(conn, seal, actor, booking_id, now=clock.now())
    whole = request.query_params.get("whole") == "1"
    notice = _NOTICES.get(request.query_params.get("said", ""))
    context = {
        "path": f"/farm/bookings/{booking_id}/guests",
        "about": f"{stay.title}，{stay.room}，订单 {stay.order_code}，"
        f"{day_short(stay.arrive_on)}到，{day_short(stay.leave_on)}走",
        "open": stay.open,
        "whole": whole,
        "guests": [_show_guest(each, whole=whole) for each in stay.guests],
        "documents": [(each.value, name) for each, name in DOCUMENT_NAMES.items()],
        "delete_on": day_short(stay.leave_on + REGISTER_LIFETIME),
        "form": form or StayGuestForm(),
        "notes": [notice] if notice else [],
        "errors": errors,
    }
    return render_page(request, "farm/guest_register.html", context, actor=actor, status=status)


@get("/farm/bookings/{booking_id:uuid}/guests", include_in_schema=False)
async def show_guest_register(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    booking_id: FromPath[UUID],
) -> Response[bytes]:
    """Show the registered guests of a room; numbers are masked unless they are asked for.

    Raises:
        NotFound: the booking is not of a stay of the person's own.
    """
    async with db.connection() as conn:
        return await _register_page(request, conn, seal, actor, booking_id, clock=clock)


@post("/farm/bookings/{booking_id:uuid}/guests", include_in_schema=False)
async def submit_stay_guest(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    booking_id: FromPath[UUID],
) -> Response[Any]:
    """Register a guest, or remove one who was registered by mistake.

    Raises:
        NotFound: the booking is not of a stay of the person's own, or has no such guest.
    """
    form = await read_form(request)
    path = f"/farm/bookings/{booking_id}/guests"
    removed = parse_uuid(form.get_text("remove"))
    if removed is not None:
        async with db.transaction() as conn:
            await remove_guest(conn, actor, booking_id, removed, now=clock.now())
        return redirect(f"{path}?said=removed")
    typed = form.fill(StayGuestForm)
    document = GuestDocument(typed.document) if typed.document in DOCUMENT_NAMES else GuestDocument.IDENTITY
    new = NewStayGuest(name=typed.name, document=document, number=typed.number)
    try:
        async with db.transaction() as conn:
            await register_guest(conn, seal, actor, booking_id, new, now=clock.now())
        return redirect(f"{path}?said=registered")
    except (StayGuestInvalid, RegisterClosed) as refusal:
        errors, status = rename_faults(refusal, {}, otherwise="name"), refusal.status
    async with db.connection() as conn:
        return await _register_page(
            request, conn, seal, actor, booking_id, clock=clock, form=typed, errors=errors, status=status
        )


ROUTES = [show_guest_register, submit_stay_guest]
