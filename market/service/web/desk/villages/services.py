"""课和看病 on the desk: what is to come and what is over, another course or clinic day, and who came."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.catalogue.slots.models import ReservationState, SlotNotOpen, SlotOverlap
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import SHANGHAI, Clock
from market.kernel.seal import Seal
from market.people.identity.access import has_role_for, require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor, NotFound
from market.places.divisions.queries import list_divisions_named
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, open_desk, render_desk_page
from market.service.web.forms import PostedForm, make_form_key, parse_id, parse_uuid, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect
from market.service.web.village.services import describe_slot
from market.villages.services.attendance import MARKERS, list_attendees, mark_attendance
from market.villages.services.models import (
    DEFAULT_ROOM,
    AttendanceTooEarly,
    NewClinicDay,
    NewCourse,
    ServiceSlot,
    SlotInvalid,
)
from market.villages.services.slots import (
    add_clinic_day,
    add_course,
    cancel_service_slot,
    get_service_slot,
    list_clinics,
    list_county_slots,
)

_DONE = {"added": "加好了，村里人看得到", "marked": "签到记好了", "cancelled": "取消了，报了名的人会收到短信"}
_REMOTE, _VISIT = "remote", "visit"
_FIELDS = {"starts_at": "day", "ends_at": "ends", "organisation_id": "clinic"}
_STATES = {
    ReservationState.BOOKED: "报了名", ReservationState.OFFERED: "名额留着，等回话", ReservationState.WAITING: "排队",
    ReservationState.ATTENDED: "来了", ReservationState.MISSED: "没来",
}  # fmt: skip


class ServiceSlotForm(Struct, frozen=True):
    """A course or a clinic day as typed; `clinic` is that of a clinic day, `how` whether it is by video."""

    title: str = ""
    organiser: str = ""
    clinic: str = ""
    how: str = _VISIT
    village: str = ""
    room: str = DEFAULT_ROOM
    day: str = ""
    starts: str = ""
    ends: str = ""
    places: str = ""


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext, *, form: ServiceSlotForm | None = None, kind: str = "",
    errors: Sequence[FieldFault] = (), notice: PageNotice | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction() as conn:
        slots = await list_county_slots(conn, desk.county, desk.divisions, now=desk.now)
        clinics = await list_clinics(conn, desk.county)
    context = {
        "coming": [_row(desk, each) for each in slots if each.ends_at > desk.now],
        "over": [_row(desk, each) for each in slots if each.ends_at <= desk.now],
        "keeps": has_role_for(desk.actor, COUNTY_KEEPERS, desk.county),
        "clinics": [("", "请选"), *((str(each.id), each.name) for each in clinics)],
        "has_clinics": bool(clinics),
        "hows": [(_VISIT, "医生来村里"), (_REMOTE, "视频看病")],
        "kind": kind,
        "form": form or ServiceSlotForm(),
        "errors": errors,
        "notice": notice,
        "key": make_form_key(),
    }
    return render_desk_page(request, desk, "services.html", context, status=status)


def _row(desk: DeskContext, slot: ServiceSlot) -> tuple[str, str, list[str]]:
    lines = describe_slot(slot)
    return (
        desk.to(f"/desk/services/{slot.id}") if has_role_for(desk.actor, MARKERS, slot.village_code) else "",
        slot.title,
        lines if slot.ends_at > desk.now else [*lines[:2], slot.host],
    )


@get("/services", include_in_schema=False)
async def show_county_services(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the courses and clinic days of the official's villages, with the forms for others."""
    desk = await open_desk(request, db, actor, clock)
    done = _DONE.get(request.query_params.get("done", ""))
    kind = "clinic" if request.query_params.get("kind") == "clinic" else ""
    return await _page(request, db, desk, kind=kind, notice=PageNotice("ok", done) if done else None)


def _read_time(form: PostedForm, day: datetime | None, name: str) -> datetime | None:
    try:
        hour = time.fromisoformat(form.get_text(name))
    except ValueError:
        form.add_fault(name, "写成 09:00 这样")
        return None
    return None if day is None else datetime.combine(day, hour.replace(tzinfo=None), SHANGHAI)


def _read_slot(form: PostedForm, village: str) -> NewCourse | NewClinicDay | None:
    typed_day = form.read_day("day", fault="写成 2030-03-05 这样")
    day = None if typed_day is None else datetime.combine(typed_day, time())
    starts_at, ends_at = _read_time(form, day, "starts"), _read_time(form, day, "ends")
    places = form.read_integer("places", fault="写几个名额", maximum=100_000)
    clinic = form.read_uuid("clinic", fault="请选哪家") if form.get_text("kind") == "clinic" else None
    if form.faults or starts_at is None or ends_at is None:
        return None
    room = form.get_text("room")[:200]
    if clinic is not None:
        return NewClinicDay(
            organisation_id=clinic, remote=form.get_text("how") == _REMOTE, village_code=village, room=room,
            starts_at=starts_at, ends_at=ends_at, places=places,
        )  # fmt: skip
    return NewCourse(
        title=form.get_text("title")[:200], organiser=form.get_text("organiser")[:200], village_code=village, room=room,
        starts_at=starts_at, ends_at=ends_at, places=places,
    )  # fmt: skip


@post("/services", include_in_schema=False)
async def submit_service(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Add a course or a clinic day, once however often the form is sent: `kind` is course or clinic."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    require_county_role(actor, COUNTY_KEEPERS, desk.county)
    typed, kind = form.fill(ServiceSlotForm), form.get_text("kind")

    async def add(conn: Connection) -> str:
        found = await list_divisions_named(conn, typed.village, within=desk.county)
        new = _read_slot(form, found[0].code if len(found) == 1 else "")
        if new is None:
            raise SlotInvalid(errors=tuple(form.faults))
        if isinstance(new, NewCourse):
            await add_course(conn, actor, desk.county, new, now=desk.now)
        else:
            await add_clinic_day(conn, actor, desk.county, new, now=desk.now)
        return desk.to("/desk/services", done="added")

    try:
        return await submit_once(request, actor, form, add)
    except (SlotInvalid, SlotOverlap) as refusal:
        errors = [FieldFault(_FIELDS.get(each.field, each.field), each.message) for each in refusal.errors]
        return await _page(request, db, desk, form=typed, kind=kind, errors=errors, status=refusal.status)


async def _slot_page(
    request: HttpRequest, db: Database, seal: Seal, desk: DeskContext, slot_id: UUID,
    *, notice: PageNotice | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction() as conn:
        slot = await get_service_slot(conn, slot_id)
        if not slot.village_code.startswith(desk.county):
            raise NotFound
        attendees = await list_attendees(conn, seal, desk.actor, slot_id, now=desk.now)
    began = slot.starts_at <= desk.now and not slot.cancelled
    context = {
        "slot": slot,
        "lines": describe_slot(slot),
        "people": [(str(each.seat_id), each.name or "不再记名", _STATES[each.state]) for each in attendees],
        "open": [
            str(each.seat_id)
            for each in attendees
            if began and each.state in {ReservationState.BOOKED, ReservationState.MISSED}
        ],
        "cancels": not began and not slot.cancelled and has_role_for(desk.actor, COUNTY_KEEPERS, desk.county),
        "notice": notice,
    }
    return render_desk_page(request, desk, "service_slot.html", context, status=status)


@get("/services/{slot_id:str}", include_in_schema=False)
async def show_service(
    request: HttpRequest,
    *,
    slot_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show who has a seat in a slot, with the form that marks who came."""
    desk = await open_desk(request, db, actor, clock)
    return await _slot_page(request, db, seal, desk, parse_id(slot_id))


@post("/services/{slot_id:str}", include_in_schema=False)
async def submit_service_step(
    request: HttpRequest,
    *,
    slot_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Mark who came, or cancel the slot: `act` is mark or cancel."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    found = parse_id(slot_id)
    marked = form.get_text("act") == "mark"
    came = {each for each in map(parse_uuid, form.get_texts("came")) if each is not None}
    try:
        async with db.transaction() as conn:
            if marked:
                await mark_attendance(conn, actor, found, came, now=desk.now)
            else:
                await cancel_service_slot(conn, actor, desk.county, found, now=desk.now)
    except (AttendanceTooEarly, SlotNotOpen) as refusal:
        notice = build_refusal_notice(refusal)
        return await _slot_page(request, db, seal, desk, found, notice=notice, status=refusal.status)
    return redirect(desk.to("/desk/services", done="marked" if marked else "cancelled"))


ROUTES = [show_county_services, submit_service, show_service, submit_service_step]
