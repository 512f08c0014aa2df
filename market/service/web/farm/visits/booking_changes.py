"""改日子 for hosts: what guests ask for, and an offer of other days to a guest."""

from datetime import date
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.people.notify.notifications import format_due
from market.sales.aftersales.host_calendar import find_own_booking
from market.sales.visits.change_booking import answer_change, offer_change, withdraw_change
from market.sales.visits.changeable_stay import NewDays
from market.sales.visits.models import ANSWER_HOURS, BookingChange, ChangeInvalid, Proposer
from market.sales.visits.read_changes import list_open_changes
from market.service.http import HttpRequest
from market.service.web.forms import read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.shop.aftersales.booking_changes import (
    DAYS_FIELDS,
    DAYS_REFUSALS,
    DaysForm,
    describe_price,
    format_days,
)
from payments import GuardedGateway

_NOTICES = {
    "moved": ("ok", "日子改好了", "客人收到了短信。空出来的那几晚又能订了。"),
    "kept": ("ok", "没有改", "还是原来的日子。"),
    "offered": ("ok", "问客人了", f"客人 {ANSWER_HOURS} 小时内答复，不答复算没改。"),
}


class OpenChangeRow(Struct, frozen=True):
    """A change that waits: its order, what it says, and whether the host answers it or may withdraw it."""

    id: str
    title: str
    lines: list[str]
    answers: bool


def _show_change(change: BookingChange) -> OpenChangeRow:
    due = format_due(change.expires_at)
    asked = change.proposed_by is Proposer.BUYER
    price = describe_price(change) if asked else f"客人不加钱。{describe_price(change)}"
    return OpenChangeRow(
        str(change.id),
        f"{change.title}，订单 {change.order_number}-{change.position}，{change.rooms} 间",
        [
            f"原来：{format_days(change.old_arrive_on, change.old_leave_on)}",
            f"{'客人想改到' if asked else '您想改到'}：{format_days(change.arrive_on, change.leave_on)}",
            price,
            f"{due}前您答复，不答复算没改" if asked else f"等客人{due}前答复",
        ],
        asked,
    )


async def _changes_page(
    request: HttpRequest, conn: Connection, actor: Actor, *, refusal: Refusal | None = None
) -> Response[bytes]:
    notice = _NOTICES.get(request.query_params.get("said", ""))
    context = {
        "changes": [_show_change(each) for each in await list_open_changes(conn, actor)],
        "notes": [notice] if notice else [],
        "errors": rename_faults(refusal, {}, otherwise="list") if refusal else [],
    }
    status = refusal.status if refusal else 200
    return render_page(request, "farm/booking_changes.html", context, actor=actor, status=status)


@get("/farm/changes", include_in_schema=False)
async def show_changes(
    request: HttpRequest, db: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Show the changes of days that wait for the host or for a guest."""
    async with db.connection() as conn:
        return await _changes_page(request, conn, actor)


@post("/farm/changes/{change_id:uuid}", include_in_schema=False)
async def submit_host_answer(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    gateway: NamedDependency[GuardedGateway],
    actor: NamedDependency[Actor],
    change_id: FromPath[UUID],
) -> Response[Any]:
    """Accept or decline what a guest asks for, or withdraw an offer.

    Raises:
        NotFound: there is no such change of a stay of the person's own.
    """
    form = await read_form(request)
    try:
        if form.get_text("do") == "withdraw":
            async with db.transaction() as conn:
                await withdraw_change(conn, actor, change_id, now=clock.now())
            return redirect("/farm/changes?said=kept")
        accept = form.get_text("do") == "accept"
        await answer_change(db, gateway, seal, actor, change_id, accept=accept, now=clock.now())
        return redirect(f"/farm/changes?said={'moved' if accept else 'kept'}")
    except DAYS_REFUSALS as refusal:
        async with db.connection() as conn:
            return await _changes_page(request, conn, actor, refusal=refusal)


def _offer_page(
    request: HttpRequest, actor: Actor, now: str, form: DaysForm, *, refusal: Refusal | None = None
) -> Response[bytes]:
    context = {
        "path": request.url.path,
        "cancel": request.url.path.removesuffix("/days") + "/cancel",
        "now": now,
        "form": form,
        "errors": rename_faults(refusal, DAYS_FIELDS, otherwise="from") if refusal else [],
    }
    status = refusal.status if refusal else 200
    return render_page(request, "farm/booking_days.html", context, actor=actor, status=status)


@get("/farm/bookings/{booking_id:uuid}/days", include_in_schema=False)
async def show_offer_form(
    request: HttpRequest, db: NamedDependency[Database], actor: NamedDependency[Actor], booking_id: FromPath[UUID]
) -> Response[bytes]:
    """Show the form that offers the guest of a booking other days.

    Raises:
        NotFound: the booking is not of a stay of the person's own.
    """
    async with db.connection() as conn:
        booking = await find_own_booking(conn, actor, booking_id)
    return _offer_page(request, actor, _describe_booking(booking.order_code, booking.arrive_on, booking.leave_on),
                       DaysForm(str(booking.arrive_on), str(booking.leave_on)))  # fmt: skip


def _describe_booking(order_code: str, arrive: date, leave: date) -> str:
    return f"订单 {order_code}，{format_days(arrive, leave)}"


@post("/farm/bookings/{booking_id:uuid}/days", include_in_schema=False)
async def submit_offer_of_days(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    booking_id: FromPath[UUID],
) -> Response[Any]:
    """Offer the guest of a booking other days, at no more than was paid.

    Raises:
        NotFound: the booking is not of a stay of the person's own.
    """
    posted = await read_form(request)
    form = posted.fill(DaysForm)
    arrive = posted.read_day("from", fault="到的日子没写对")
    leave = posted.read_day("to", fault="走的日子没写对")
    refusal: Refusal = ChangeInvalid(errors=tuple(posted.faults))
    async with db.connection() as conn:
        booking = await find_own_booking(conn, actor, booking_id)
    if arrive is not None and leave is not None:
        try:
            async with db.transaction() as conn:
                days = NewDays(arrive_on=arrive, leave_on=leave)
                await offer_change(conn, seal, actor, booking.booking_id, days, now=clock.now())
            return redirect("/farm/changes?said=offered", draft=posted.draft)
        except DAYS_REFUSALS as error:
            refusal = error
    now = _describe_booking(booking.order_code, booking.arrive_on, booking.leave_on)
    return _offer_page(request, actor, now, form, refusal=refusal)


ROUTES = [show_changes, submit_host_answer, show_offer_form, submit_offer_of_days]
