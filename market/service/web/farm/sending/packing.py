"""今天要装的: what to pack, by product and by parcel, on one page to print; and several parcels sent in one form."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from market.catalogue.listings.units import get_count_word
from market.catalogue.producers.queries import list_own_producers
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.aftersales.models import OWN_DELIVERY, InvalidTracking, NotShippable
from market.sales.aftersales.parcels import Parcel, list_parcels
from market.sales.aftersales.ship_parcels import MAX_SHIPMENTS, SentParcel, ship_parcels
from market.service.http import HttpRequest
from market.service.web.farm.sellers import is_seller
from market.service.web.farm.sending.parcels import CARRIERS
from market.service.web.forms import parse_uuid, read_form
from market.service.web.pages import redirect, render_page
from market.service.web.shop.cards import format_unit
from market.service.web.shop.regions import get_region_name
from market.service.web.ui.format import day_short

_PREFIX = "tracking."


class PackedProduct(Struct, frozen=True):
    """How much of a product is needed for the parcels of a day."""

    title: str
    unit: str
    count: str
    parcels: int


class PackedParcel(Struct, frozen=True):
    """A parcel of the list; `field` is the name of the field of its tracking number."""

    field: str
    number: str
    seller: str
    to: str
    contents: list[str]
    send_by: str


def sum_products(parcels: Sequence[Parcel]) -> list[PackedProduct]:
    """Return how much of each product and pack is in the parcels, in the order in which they first need it."""
    totals: dict[tuple[str, str], list[int]] = {}
    for parcel in parcels:
        for line in parcel.lines:
            totals.setdefault((line.title, line.unit), []).append(line.quantity)
    return [
        PackedProduct(title, format_unit(unit), f"{sum(counts)} {get_count_word(unit)}", len(counts))
        for (title, unit), counts in totals.items()
    ]


def _present_parcel(parcel: Parcel, seller: str, today: date) -> PackedParcel:
    address = parcel.address
    day = "" if parcel.send_by is None else day_short(parcel.send_by)
    late = parcel.send_by is not None and parcel.send_by < today
    return PackedParcel(
        field=f"tracking.{parcel.suborder_id}",
        number=parcel.code,
        seller=seller,
        to=f"{get_region_name(address.region_code)} {address.name}" if address else "",
        contents=[f"{line.title} {line.quantity} {get_count_word(line.unit)}" for line in parcel.lines],
        send_by=f"{day}，晚了" if late else "今天" if parcel.send_by == today else day,
    )


async def _load(conn: Connection, seal: Seal, actor: Actor, clock: Clock) -> list[tuple[str, Parcel]]:
    """Return the unsent parcels of all producers that a person works for, by the day until which they are sent."""
    producers = await list_own_producers(conn, actor)
    found = [
        (producer.name if len(producers) > 1 else "", parcel)
        for producer in producers
        for parcel in await list_parcels(conn, seal, actor, producer.id, now=clock.now())
    ]
    return sorted(found, key=lambda each: (each[1].send_by or date.max, each[1].code))


async def _page(
    request: HttpRequest,
    db: Database,
    seal: Seal,
    actor: Actor,
    clock: Clock,
    *,
    typed: Mapping[str, str] | None = None,
    errors: tuple[FieldFault, ...] = (),
    status: int = 200,
) -> Response[Any]:
    today = clock.today()
    async with db.connection() as conn:
        waiting = await _load(conn, seal, actor, clock)
    due = [each for each in waiting if each[1].send_by is not None and each[1].send_by <= today]
    # Without a parcel for today, or if so asked, the list is of all parcels.
    whole = not due or request.query_params.get("all") == "1"
    shown = waiting if whole else due
    said = request.query_params.get("said", "")
    values = typed or {}
    context = {
        "day": today,
        "whole": whole,
        "others": len(waiting) - len(shown),
        "products": sum_products([parcel for _, parcel in shown]),
        "parcels": [_present_parcel(parcel, seller, today) for seller, parcel in shown],
        "values": values,
        "carrier": values.get("carrier", ""),
        "carriers": CARRIERS,
        "own": OWN_DELIVERY,
        "errors": errors,
        "limit": MAX_SHIPMENTS,
        "notes": [("ok", f"{said} 单发出去了", "买家收到短信了。")] if said.isdigit() else [],
    }
    return render_page(request, "farm/packing.html", context, actor=actor, status=status)


@get("/farm/packing", include_in_schema=False)
async def show_packing_list(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Show what to pack for the parcels that are sent today or are late, or for all with `?all=1`."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    return await _page(request, db, seal, actor, clock)


@post("/farm/packing", include_in_schema=False)
async def submit_packing_list(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Mark the parcels as sent whose number was typed, or that are ticked for own delivery; none if one is wrong.

    Raises:
        NotFound: a parcel belongs to someone else.
    """
    form = await read_form(request)
    if not is_seller(actor):
        return redirect("/farm/apply")
    typed = {name: form.get_text(name) for name in form.fields if name.startswith(_PREFIX)}
    carrier = form.get_text("carrier")
    own = set(form.get_texts("sent"))
    texts = {**dict.fromkeys(sorted(own), ""), **{name.removeprefix(_PREFIX): text for name, text in typed.items()}}
    shipments = [
        SentParcel(parcel, OWN_DELIVERY if each in own else carrier, text)
        for each, text in texts.items()
        if (text or each in own) and (parcel := parse_uuid(each))
    ]
    values = {"carrier": carrier, **typed, **dict.fromkeys(own, "1")}
    if not shipments:
        errors = (FieldFault("carrier", "还没有写单号"),)
        return await _page(request, db, seal, actor, clock, typed=values, errors=errors, status=422)
    try:
        async with db.transaction() as conn:
            count = await ship_parcels(conn, seal, actor, shipments, now=clock.now())
    except (InvalidTracking, NotShippable) as refusal:
        errors = tuple(
            structs.replace(each, field="carrier") if each.field.startswith("carrier.") else each
            for each in refusal.errors
        )
        return await _page(request, db, seal, actor, clock, typed=values, errors=errors, status=refusal.status)
    return redirect(f"/farm/packing?said={count}", draft=form.draft)


ROUTES = [show_packing_list, submit_packing_list]
