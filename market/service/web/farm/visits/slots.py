"""场次: the slots of an activity for its host: who comes, closing or cancelling one, and adding some."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.catalogue.listings.describe import Description, get_description
from market.catalogue.listings.detail import get_listing_id
from market.catalogue.listings.models import ListingKind
from market.catalogue.slots.cancel_slot import cancel_slot
from market.catalogue.slots.change_slots import NewSlots, add_slots, move_slot
from market.catalogue.slots.list_slots import find_host_slot, list_host_slots
from market.catalogue.slots.models import (
    CANCEL_REASON_NAMES,
    HOST_CANCEL_REASONS,
    MAX_PLACES,
    CancelReason,
    InvalidSlot,
    ReservationState,
    Slot,
    SlotNotOpen,
    SlotOverlap,
    SlotState,
)
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock, get_business_day
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.slot_guests import SlotGuest, list_guests_of_slots
from market.service.http import HttpRequest
from market.service.web.forms import PostedForm, make_form_key, parse_uuid, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.shop.buying.cart import format_slot
from market.service.web.shop.cards import ShortNumber

_MAX_SHOWN = 30
_NOTICES = {
    "listed": ("ok", "上架了", "在下面加上场次，买的人就能订。"),
    "added": ("ok", "加好了", "买的人现在就能订。"),
    "closed": ("ok", "关好了", "这一场不再接人，订了的照常来。"),
    "opened": ("ok", "打开了", "这一场又能订了。"),
    "cancelled": ("ok", "取消了", "订了的客人会收到短信，付的钱全退。"),
}
_STATES = {
    ReservationState.BOOKED: "还没到",
    ReservationState.ATTENDED: "到了",
    ReservationState.MISSED: "没有来",
}


class SlotsForm(Struct, frozen=True):
    """The form of new slots as it was typed."""

    first: str = ""
    last: str = ""
    starts: str = "8:00"
    ends: str = "12:00"
    places: str = "20"
    minimum: str = "1"


class SlotView(Struct, frozen=True):
    """A slot for its host: what a button does to it, if anything; its paid guests."""

    id: UUID
    title: str
    lines: list[str]
    do: str
    words: str
    guests: list[tuple[str, str]]
    cancel: bool


def format_party(guest: SlotGuest) -> str:
    """Format a party: `名字，3 个名额，还没到，订单 1024-1`."""
    return f"{guest.name or '客人'}，{guest.party} 个名额，{_STATES[guest.state]}，订单 {guest.order_code}"


def _show_slot(slot: Slot, guests: Sequence[SlotGuest], now: datetime) -> SlotView:
    taken = slot.capacity - slot.free
    lines = [f"{slot.capacity} 个名额，订了 {taken} 个，还有 {slot.free} 个"]
    lines += [f"少于 {slot.minimum} 位不办"] if slot.minimum > 1 else []
    lines += {SlotState.CLOSED: ["您关了，不再接人"], SlotState.CANCELLED: ["取消了"]}.get(slot.state, [])
    do, words = ("open", "再接人") if slot.state is SlotState.CLOSED else ("close", "不再接人")
    if slot.state is SlotState.CANCELLED or slot.starts_at <= now:
        do, words = "", ""
    coming = [(format_party(each), each.phone) for each in guests if each.slot_id == slot.id]
    return SlotView(slot.id, format_slot(slot), lines, do, words, coming, slot.state is not SlotState.CANCELLED)


async def _find_activity(conn: Connection, actor: Actor, number: int) -> Description:
    activity = await get_description(conn, actor, await get_listing_id(conn, number))
    if activity.kind is not ListingKind.ACTIVITY:
        raise NotFound
    return activity


async def _slots_page(
    request: HttpRequest, conn: Connection, actor: Actor, number: int,
    *, seal: Seal, now: datetime, values: SlotsForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    activity, today = await _find_activity(conn, actor, number), get_business_day(now)
    path = f"/farm/listings/{number}/slots"
    after = parse_uuid(request.query_params.get("after", ""))
    found = await list_host_slots(
        conn, actor.producers, activity.listing_id, now=now, after=after, limit=_MAX_SHOWN + 1
    )
    slots = found[:_MAX_SHOWN]
    guests = await list_guests_of_slots(conn, seal, actor.producers, [each.id for each in slots], today=today)
    tomorrow = str(today + timedelta(days=1))
    context = {
        "title": activity.title,
        "path": path,
        "back": f"/farm/listings/{number}",
        "first": path if after else None,
        "after": after,
        "more": f"{path}?after={slots[-1].id}" if len(found) > _MAX_SHOWN else None,
        "slots": [_show_slot(slot, guests, now) for slot in slots],
        "values": values or SlotsForm(first=tomorrow, last=tomorrow),
        "notes": [_NOTICES[said]] if (said := request.query_params.get("said", "")) in _NOTICES else [],
        "errors": errors,
        "key": make_form_key(),
    }
    return render_page(request, "farm/slots.html", context, actor=actor, status=status)


@get("/farm/listings/{number:int}/slots", include_in_schema=False)
async def show_slots(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Show the coming slots of the person's activity, their guests, and the form of new ones.

    Raises:
        NotFound: it is no activity, or belongs to someone else.
    """
    async with db.connection() as conn:
        return await _slots_page(request, conn, actor, number, seal=seal, now=clock.now())


def _read_time(form: PostedForm, name: str) -> time:
    try:
        hour, minute = form.get_text(name).replace("：", ":").split(":")
        return time(int(hour), int(minute))
    except ValueError:
        form.add_fault(name, "几点没写对，比如 8:00")
        return time()


def _read_slots(form: PostedForm) -> NewSlots:
    first = form.read_day("first", fault="头一天没写对")
    last = form.read_day("last", fault="最后一天没写对") if form.get_text("last") else first
    return NewSlots(
        first=first or date.max,
        last=last or date.max,
        starts=_read_time(form, "starts"),
        ends=_read_time(form, "ends"),
        places=form.read_integer("places", fault=f"名额没写对，写 1 到 {MAX_PLACES}", minimum=1, maximum=MAX_PLACES),
        minimum=form.read_integer("minimum", fault="至少几位没写对，都行就写 1", minimum=1, maximum=MAX_PLACES),
    )


@post("/farm/listings/{number:int}/slots", include_in_schema=False)
async def submit_slots(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Add slots to the person's activity; a form sent twice adds them once.

    Raises:
        NotFound: it is no activity, or belongs to someone else.
    """
    form = await read_form(request)
    new = _read_slots(form)
    errors, status = form.faults, 422
    if not errors:

        async def submit(conn: Connection) -> str:
            activity = await _find_activity(conn, actor, number)
            hours = settings.slot_minimum_hours
            await add_slots(conn, actor, activity.listing_id, new, minimum_hours=hours, now=clock.now())
            return f"/farm/listings/{number}/slots?said=added"

        try:
            return await submit_once(request, actor, form, submit)
        except (InvalidSlot, SlotOverlap) as refusal:
            errors, status = rename_faults(refusal, {}, otherwise="first"), refusal.status
    async with db.connection() as conn:
        return await _slots_page(
            request, conn, actor, number, seal=seal, now=clock.now(), values=form.fill(SlotsForm), errors=errors,
            status=status,
        )  # fmt: skip


@post("/farm/listings/{number:int}/slots/{slot_id:uuid}", include_in_schema=False)
async def submit_slot_state(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    slot_id: FromPath[UUID],
) -> Response[Any]:
    """Close a slot to further guests, or open it again.

    Raises:
        NotFound: it is no slot of the person's own.
    """
    form = await read_form(request)
    state, said = (SlotState.OPEN, "opened") if form.get_text("do") == "open" else (SlotState.CLOSED, "closed")
    try:
        async with db.transaction() as conn:
            activity = await _find_activity(conn, actor, number)
            if await move_slot(conn, actor, slot_id, state, now=clock.now()) != activity.listing_id:
                raise NotFound
    except SlotNotOpen as refusal:
        async with db.connection() as conn:
            errors = [FieldFault(f"s-{slot_id}", refusal.text("zh"))]
            return await _slots_page(
                request, conn, actor, number, seal=seal, now=clock.now(), errors=errors, status=refusal.status
            )
    after = parse_uuid(request.query_params.get("after", ""))
    page = f"&after={after}" if after else ""
    return redirect(f"/farm/listings/{number}/slots?said={said}{page}#s-{slot_id}")


@get("/farm/listings/{number:int}/slots/{slot_id:uuid}/cancel", include_in_schema=False)
async def show_slot_cancellation(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    slot_id: FromPath[UUID],
) -> Response[Any]:
    """Ask why the slot is cancelled, and say whose money is given back.

    Raises:
        NotFound: it is no slot of the person's own, is over, or was cancelled.
    """
    async with db.connection() as conn:
        activity = await _find_activity(conn, actor, number)
        slot = await find_host_slot(conn, actor.producers, activity.listing_id, slot_id, now=clock.now())
        if slot is None or slot.state is SlotState.CANCELLED:
            raise NotFound
        guests = await list_guests_of_slots(conn, seal, actor.producers, [slot_id], today=clock.today())
    coming = [each for each in guests if each.state is ReservationState.BOOKED]
    context = {
        "title": activity.title,
        "when": format_slot(slot),
        "parties": len(coming),
        "places": sum(each.party for each in coming),
        "reasons": [(each.value, CANCEL_REASON_NAMES[each]) for each in HOST_CANCEL_REASONS],
        "action": f"/farm/listings/{number}/slots/{slot_id}/cancel",
        "back": f"/farm/listings/{number}/slots",
    }
    return render_page(request, "farm/slot_cancel.html", context, actor=actor)


@post("/farm/listings/{number:int}/slots/{slot_id:uuid}/cancel", include_in_schema=False)
async def submit_slot_cancellation(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    slot_id: FromPath[UUID],
) -> Response[Any]:
    """Cancel a slot; a form sent twice cancels once.

    Raises:
        NotFound: it is no slot of the person's own.
    """
    form = await read_form(request)
    weather = form.get_text("reason") != CancelReason.HOST
    reason = CancelReason.WEATHER if weather else CancelReason.HOST
    try:
        async with db.transaction() as conn:
            activity = await _find_activity(conn, actor, number)
            if await cancel_slot(conn, actor, slot_id, reason, now=clock.now()) != activity.listing_id:
                raise NotFound
    except SlotNotOpen as refusal:
        async with db.connection() as conn:
            errors = [FieldFault("first", refusal.text("zh"))]
            return await _slots_page(
                request, conn, actor, number, seal=seal, now=clock.now(), errors=errors, status=refusal.status
            )
    return redirect(f"/farm/listings/{number}/slots?said=cancelled")


ROUTES = [show_slots, submit_slots, submit_slot_state, show_slot_cancellation, submit_slot_cancellation]
