"""歇几天: a farm closes for harvest or because the road is closed, in two taps, and says when it is back."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.listings.publish import resolve_own_producer
from market.catalogue.producers.closures import (
    CLOSURE_REASON_NAMES,
    ClosureInvalid,
    ClosureReason,
    NewClosure,
    TooManyClosures,
    describe_closure,
    find_closure,
    reopen_farm,
)
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.aftersales.close_farm import close_farm
from market.sales.orders.send_by import MAX_MOVED_DAYS
from market.service.http import HttpRequest
from market.service.web.farm.sellers import is_seller, load_shop_links
from market.service.web.forms import parse_uuid, read_form, rename_faults
from market.service.web.pages import redirect, render_page

_USUAL_DAYS = 3
_OPTIONS = [(str(reason), name) for reason, name in CLOSURE_REASON_NAMES.items()]


class ClosureForm(Struct, frozen=True):
    """The form of a closure as it was typed."""

    reason: str = ClosureReason.HARVEST
    starts_on: str = ""
    ends_on: str = ""


def _fill_form(today: date) -> ClosureForm:
    last = today + timedelta(days=_USUAL_DAYS - 1)
    return ClosureForm(ClosureReason.HARVEST, today.isoformat(), last.isoformat())


async def _page(
    request: HttpRequest, conn: Connection, actor: Actor, producer_id: UUID, today: date,
    *, values: ClosureForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    name, others = await load_shop_links(conn, actor, producer_id, "/farm/closed")
    closure = await find_closure(conn, producer_id, today=today)
    current = closure if closure is not None and closure.starts_on <= today else None
    context = {
        "name": name,
        "others": others,
        "producer": str(producer_id),
        "closed": describe_closure(current.reason, current.reopens_on) if current else "",
        "starts_on": closure.starts_on if closure is not None and current is None else None,
        "coming": describe_closure(closure.reason, closure.reopens_on) if closure is not None else "",
        "reasons": _OPTIONS,
        "most": MAX_MOVED_DAYS,
        "values": values or _fill_form(today),
        "errors": errors,
    }
    return render_page(request, "farm/closed.html", context, actor=actor, status=status)


@get("/farm/closed", include_in_schema=False)
async def show_closed(
    request: HttpRequest, db: NamedDependency[Database], clock: NamedDependency[Clock], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Show whether the farm is closed, and the form that closes it.

    Raises:
        NotFound: the person does not work for the producer.
    """
    if not is_seller(actor):
        return redirect("/farm/apply")
    producer_id = parse_uuid(request.query_params.get("of", "")) or actor.producers[0]
    async with db.connection() as conn:
        return await _page(request, conn, actor, resolve_own_producer(actor, producer_id), clock.today())


@post("/farm/closed", include_in_schema=False)
async def submit_closed(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Close the farm for some days, or open it again today.

    Raises:
        NotFound: the person does not work for the producer.
    """
    form = await read_form(request)
    producer_id = resolve_own_producer(actor, parse_uuid(form.get_text("producer")))
    back = f"/farm/closed?of={producer_id}"
    if form.get_text("do") == "open":
        async with db.transaction() as conn:
            await reopen_farm(conn, actor, producer_id, now=clock.now())
        return redirect(back)
    reason = form.get_text("reason")
    if reason not in CLOSURE_REASON_NAMES:
        form.add_fault("reason", "选一下为什么歇")
    first = form.read_day("starts_on", fault="哪天开始歇没写对")
    last = form.read_day("ends_on", fault="歇到哪天没写对")
    faults = form.faults
    if not faults and first and last:
        try:
            new = NewClosure(starts_on=first, ends_on=last, reason=ClosureReason(reason))
            async with db.transaction() as conn:
                await close_farm(conn, seal, actor, producer_id, new, now=clock.now())
            return redirect(back, draft=form.draft)
        except (ClosureInvalid, TooManyClosures) as refusal:
            faults = rename_faults(refusal, {}, otherwise="ends_on")
    async with db.connection() as conn:
        values = form.fill(ClosureForm)
        return await _page(request, conn, actor, producer_id, clock.today(), values=values, errors=faults, status=422)


ROUTES = [show_closed, submit_closed]
