"""取消一位客人的住宿: why, what becomes of the nights, and that everything is given back."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Database, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.aftersales.host_calendar import HostBooking, find_own_booking
from market.sales.orders.models import PaymentDisputed
from market.sales.visits.cancel_stay import STAY_CANCEL_REASON_NAMES, StayBegun, StayCancelReason, cancel_booked_stay
from market.service.http import HttpRequest
from market.service.web.forms import read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.shop.aftersales.booking_changes import format_days
from payments import GuardedGateway

_NIGHTS = [("open", "空出来，别人还能订"), ("close", "关掉，不接人")]


def _page(
    request: HttpRequest, actor: Actor, booking: HostBooking,
    *, chosen: tuple[str, str] = ("", "open"), refusal: Refusal | None = None,
) -> Response[bytes]:  # fmt: skip
    path = f"/farm/bookings/{booking.booking_id}"
    context = {
        "now": f"订单 {booking.order_code}，{format_days(booking.arrive_on, booking.leave_on)}",
        "action": f"{path}/cancel",
        "back": f"{path}/days",
        "reasons": [(each.value, words) for each, words in STAY_CANCEL_REASON_NAMES.items()],
        "nights": _NIGHTS,
        "chosen": chosen,
        "errors": rename_faults(refusal, {}, otherwise="reason") if refusal else [],
    }
    status = refusal.status if refusal else 200
    return render_page(request, "farm/stay_cancel.html", context, actor=actor, status=status)


@get("/farm/bookings/{booking_id:uuid}/cancel", include_in_schema=False)
async def show_stay_cancellation(
    request: HttpRequest, db: NamedDependency[Database], actor: NamedDependency[Actor], booking_id: FromPath[UUID]
) -> Response[bytes]:
    """Ask why the stay is cancelled, and what becomes of its nights.

    Raises:
        NotFound: there is no such booking of a stay of the person's own.
    """
    async with db.connection() as conn:
        booking = await find_own_booking(conn, actor, booking_id)
    return _page(request, actor, booking)


@post("/farm/bookings/{booking_id:uuid}/cancel", include_in_schema=False)
async def submit_stay_cancellation(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    gateway: NamedDependency[GuardedGateway],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    booking_id: FromPath[UUID],
) -> Response[Any]:
    """Cancel the stay, once.

    Raises:
        NotFound: there is no such booking of a stay of the person's own.
    """
    form = await read_form(request)
    async with db.connection() as conn:
        booking = await find_own_booking(conn, actor, booking_id)
    chosen = (form.get_text("reason"), form.get_text("nights"))
    reason = next((each for each in StayCancelReason if each == chosen[0]), StayCancelReason.HOST)
    try:
        await cancel_booked_stay(
            db, gateway, seal, actor, booking_id, reason=reason, close=chosen[1] == "close", now=clock.now()
        )
    except (StayBegun, PaymentDisputed) as refusal:
        return _page(request, actor, booking, chosen=chosen, refusal=refusal)
    return redirect("/farm/guests?said=cancelled")


ROUTES = [show_stay_cancellation, submit_stay_cancellation]
