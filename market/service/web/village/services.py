"""本周附近: courses and clinic days near a village, seats in them, and certificates of attendance."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.catalogue.slots.models import (
    AlreadySeated,
    OfferLapsed,
    ReservationState,
    SeatsFull,
    SlotClosed,
    SlotStarted,
    format_slot_hours,
)
from market.catalogue.slots.seats import SlotKind
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock, get_business_day
from market.kernel.division_codes import get_county_code
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.people.notify.notifications import format_due
from market.service.http import HttpRequest
from market.service.web.forms import make_form_key, parse_id, parse_integer, parse_uuid, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_zh
from market.service.web.village.home import choose_village
from market.villages.services.attendance import get_certificate
from market.villages.services.models import NewSeat, OwnSeat, SeatInvalid, ServiceSlot
from market.villages.services.seats import (
    cancel_seat,
    is_station,
    list_helped_owners,
    list_own_seats,
    sign_up,
    take_offered_seat,
)
from market.villages.services.slots import list_near_slots

_NOT_TAKEN = (SeatInvalid, SlotStarted, SlotClosed, SeatsFull, AlreadySeated)
_DONE = {
    "booked": ("报上名了", "时间地点短信也发了。去不了请在这里取消，让给别人。"),
    "waiting": ("排上队了", "有人不来，先给排在前面的，留 24 小时，短信告诉您。"),
    "gone": ("取消了", "名额让给排队的人。"),
}


class SeatForm(Struct, frozen=True):
    """Whom to sign up, as typed."""

    producer_id: str = ""
    name: str = ""
    agreed: str = ""
    seen_before: str = ""
    other: str = ""


class _SeatView(Struct, frozen=True):
    id: str
    title: str
    lines: list[str]
    offered: bool
    open: bool
    certificate: int | None


def describe_slot(slot: ServiceSlot) -> list[str]:
    """Return when and where a slot is, who organises it, and what is free."""
    hours = format_slot_hours(slot.starts_at, slot.ends_at)
    how = "视频看病，人到" if slot.remote else ""
    if slot.cancelled:
        left = "取消了"
    elif slot.free:
        left = f"还有 {slot.free} 个名额"
    else:
        left = f"名额满了，{slot.waiting} 人排队" if slot.waiting else "名额满了，可以排队"
    return [
        f"{day_zh(get_business_day(slot.starts_at))} {hours}",
        f"{how}{slot.village}，{slot.room}",
        f"{slot.host}，{left}",
    ]


def _describe_seat(seat: OwnSeat) -> str:
    if seat.slot.cancelled:
        return "这一场取消了，不用去"
    match seat.state:
        case ReservationState.WAITING:
            return f"在排队，前面 {seat.ahead} 人"
        case ReservationState.OFFERED:
            assert seat.offered_until is not None, "an offer ends"
            return f"有名额了，给您留到 {format_due(seat.offered_until)}"
        case ReservationState.ATTENDED:
            return "去过了"
        case ReservationState.MISSED:
            return "没有去"
        case _:
            return "报上了"


def _view_seat(seat: OwnSeat, now: datetime) -> _SeatView:
    stands = not seat.slot.cancelled and seat.slot.starts_at > now
    return _SeatView(
        str(seat.id), seat.slot.title + (f"，{seat.name}" if seat.name else ""),
        [*describe_slot(seat.slot)[:2], _describe_seat(seat)],
        stands and seat.state is ReservationState.OFFERED, stands, seat.certificate,
    )  # fmt: skip


async def _page(
    request: HttpRequest, db: Database, seal: Seal, visitor: Actor | None, clock: Clock,
    *, failed: str = "", form: SeatForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    now = clock.now()
    own: list[OwnSeat] = []
    helped: list[tuple[str, str]] = []
    async with db.transaction() as conn:
        village = await choose_village(conn, request, visitor, clock)
        if not village.code or village.fault:
            return redirect(f"/village?village={village.code}" if village.code else "/village")
        slots = await list_near_slots(conn, village.code, now=now)
        if visitor is not None:
            own = await list_own_seats(conn, seal, visitor.account_id, now=now)
            helped = [
                (str(each.producer_id), each.name)
                for each in await list_helped_owners(conn, visitor.account_id, now=now)
            ]
    mine = {each.slot.id for each in own if not each.name}
    station = visitor is not None and is_station(visitor, village.code)
    typed = form or SeatForm()
    fields = {"seen_before"}
    if typed.other:
        fields |= {"agreed", *(["producer_id"] if helped else []), *(["name"] if station else [])}
    if failed and not any(str(each.id) == failed for each in slots):
        fields, failed = set[str](), ""
    if failed and not typed.other and any(str(each) == failed for each in mine):
        fields = set[str]()
    context = {
        "village": village,
        "slots": [
            (
                str(each.id), each.title, describe_slot(each), "taken" if each.id in mine else
                "free" if each.free else "full", each.remote,
            )
            for each in slots
        ],
        "own": [_view_seat(each, now) for each in own if each.slot.ends_at > now],
        "past": [_view_seat(each, now) for each in own if each.slot.ends_at <= now],
        "helped": helped,
        "station": station,
        "signed_in": visitor is not None,
        "failed": failed,
        "form": typed,
        "errors": [each if each.field in {"own", *fields} else FieldFault("slot_id", each.message) for each in errors],
        "key": make_form_key(),
        "done": _DONE.get(request.query_params.get("done", "")),
        "county": get_county_code(village.code),
        "clinics": any(each.kind is SlotKind.CLINIC for each in slots),
    }  # fmt: skip
    return render_page(request, "village/services.html", context, status=status, actor=visitor)


@get("/village/services", include_in_schema=False)
async def show_services(
    request: HttpRequest,
    *,
    visitor: NamedDependency[Actor | None],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Show what there is near a village within a week, and the seats of the visitor."""
    return await _page(request, db, seal, visitor, clock)


@post("/village/services/{slot_id:str}", include_in_schema=False)
async def submit_seat(
    request: HttpRequest,
    *,
    slot_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Sign up, once however often the form is sent; of a full slot the button says that one waits."""
    form = await read_form(request)
    typed = form.fill(SeatForm)
    village = request.query_params.get("village", "")[:12]
    found = parse_id(slot_id)
    new = NewSeat(
        wait=form.get_text("act") == "wait", name=typed.name[:100], producer_id=parse_uuid(typed.producer_id),
        agreed=typed.agreed == "1", seen_before=typed.seen_before == "1",
    )  # fmt: skip
    if typed.other and new.producer_id is None and not new.name:
        errors = [FieldFault("name", "写替谁报名")]
        return await _page(
            request, db, seal, actor, clock, failed=slot_id, form=typed, errors=errors, status=SeatInvalid.status
        )

    async def take(conn: Connection) -> str:
        seat = await sign_up(conn, seal, actor, found, new, now=clock.now())
        done = "waiting" if seat.state is ReservationState.WAITING else "booked"
        return f"/village/services?village={village}&done={done}"

    try:
        return await submit_once(request, actor, form, take)
    except _NOT_TAKEN as refusal:
        errors = refusal.errors or (FieldFault("slot_id", refusal.text("zh")),)
        return await _page(
            request, db, seal, actor, clock, failed=slot_id, form=typed, errors=errors, status=refusal.status
        )


@post("/village/seats/{seat_id:str}", include_in_schema=False)
async def submit_seat_step(
    request: HttpRequest,
    *,
    seat_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Take the seat that is offered, or give a seat up: `act` is take or leave."""
    form = await read_form(request)
    village = request.query_params.get("village", "")[:12]
    found, taken = parse_id(seat_id), form.get_text("act") == "take"
    try:
        async with db.transaction() as conn:
            if taken:
                await take_offered_seat(conn, seal, actor, found, now=clock.now())
            else:
                await cancel_seat(conn, seal, actor, found, now=clock.now())
    except (OfferLapsed, SlotStarted) as refusal:
        errors = [FieldFault("own", refusal.text("zh"))]
        return await _page(request, db, seal, actor, clock, errors=errors, status=refusal.status)
    return redirect(f"/village/services?village={village}&done={'booked' if taken else 'gone'}")


@get("/village/certificates/{number:str}", include_in_schema=False)
async def show_certificate(
    request: HttpRequest,
    *,
    number: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show a certificate of attendance, to print.

    Raises:
        NotFound: the actor has no such certificate, and signed nobody up who has.
    """
    async with db.transaction() as conn:
        certificate = await get_certificate(conn, seal, actor.account_id, parse_integer(number) or 0)
    hours = format_slot_hours(certificate.starts_at, certificate.ends_at)
    context = {
        "certificate": certificate,
        "when": f"{day_zh(certificate.day)} {hours}",
        "issued": day_zh(get_business_day(certificate.issued_at)),
    }
    return render_page(request, "village/certificate.html", context, actor=actor)


ROUTES = [show_services, submit_seat, submit_seat_step, show_certificate]
