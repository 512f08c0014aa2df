"""A seller's parcels: contents, address, and the form for the tracking number."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.catalogue.listings.units import get_count_word
from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock, get_business_day
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.people.moderation.off_platform import OffPlatformContact
from market.sales.aftersales.decide_refund import list_refund_requests
from market.sales.aftersales.models import OWN_DELIVERY, InvalidTracking, NotWeighed
from market.sales.aftersales.parcels import Parcel, ParcelLine, find_parcel, list_parcels
from market.sales.aftersales.refund_limit import get_refund_limit
from market.sales.aftersales.ship import ship_suborder
from market.sales.aftersales.unsent import ReasonMissing, cancel_own_parcel
from market.sales.carriers.models import CARRIER_NAMES, UNPROVEN_PERIOD
from market.sales.carriers.tracking import Tracking, load_tracking
from market.sales.orders.escrow import SuborderShare
from market.sales.orders.models import SuborderState
from market.sales.orders.money.refund_requests import RequestedRefund
from market.sales.payouts.statement import get_share
from market.service.http import HttpRequest
from market.service.web.farm.aftersales.refunds import present_refund_request
from market.service.web.farm.sellers import FarmRow
from market.service.web.farm.sending.weighing import UNITS, Weighing, list_weight_fields
from market.service.web.forms import read_form
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.shop.regions import get_region_name
from market.service.web.tracking_words import present_tracking
from market.service.web.ui.format import clock_zh, day_short, percent_bp, weight
from market.service.web.ui.illustrations import get_illustration
from payments import GuardedGateway

CARRIERS = tuple((name, name) for name in (*CARRIER_NAMES.values(), OWN_DELIVERY))
_STEPS = {
    SuborderState.DEPOSITED: [("订金", "done"), ("等尾款", "now"), ("您发货", "next"), ("收到，给钱", "next")],
    SuborderState.PAID: [("付好", "done"), ("等您发", "now"), ("在路上", "next"), ("收到，给钱", "next")],
    SuborderState.SHIPPED: [("付好", "done"), ("发了", "done"), ("在路上", "now"), ("收到，给钱", "next")],
}


class ShipForm(Struct, frozen=True):
    """The shipping form as it was typed."""

    carrier: str = ""
    tracking: str = ""


class ParcelView(Struct, frozen=True):
    """A parcel for display."""

    title: str
    number: str
    placed: str
    rows: list[tuple[str, int]]
    total_fen: Fen
    fee_words: str
    address: str
    phone: str
    steps: list[tuple[str, str]]
    track: str
    travel: list[tuple[str, str, str]]
    trouble: str
    due: str


class ParcelDetails(Struct, frozen=True):
    """A parcel with the producer's share, its requested refunds, their limit without a second person, and its way."""

    parcel: Parcel
    share: SuborderShare
    requests: list[RequestedRefund]
    limit_fen: Fen
    tracking: Tracking | None


async def load_parcels(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    states: tuple[SuborderState, ...] = (SuborderState.PAID,),
    *,
    now: datetime,
) -> list[Parcel]:
    """Return the parcels of all producers that a person works for, each producer's oldest first."""
    parcels: list[Parcel] = []
    for producer_id in actor.producers:
        parcels += await list_parcels(conn, seal, actor, producer_id, states=states, now=now)
    return parcels


def describe_contents(parcel: Parcel) -> str:
    """Describe the contents of a parcel: `土鸡蛋 2 箱`, followed by 等 if there is more."""
    first = parcel.lines[0]
    more = f" 等 {len(parcel.lines)} 样" if len(parcel.lines) > 1 else ""
    return f"{first.title} {first.quantity} {get_count_word(first.unit)}{more}"


def _parcel_row(parcel: Parcel, today: date, on_the_way: str) -> FarmRow:
    address = parcel.address
    to = f"发到{get_region_name(address.region_code)}，{address.name}" if address else "没写地址"
    paid = f"{clock_zh(parcel.paid_at)} 付的" if parcel.paid_at else ""
    title = describe_contents(parcel)
    shipped = parcel.state is SuborderState.SHIPPED
    lines = [to, paid]
    if parcel.state is SuborderState.PAID:
        lines += ["先称重" if parcel.to_weigh else "", _describe_due(parcel, today)]
    return FarmRow(
        f"/farm/parcels/{parcel.suborder_id}", title, [line for line in lines if line], get_illustration("", title),
        on_the_way if shipped else "",
    )  # fmt: skip


def _describe_due(parcel: Parcel, today: date) -> str:
    """Describe until when a parcel is sent; a late one, when it is cancelled."""
    if parcel.send_by is None or parcel.cancel_on is None:
        return ""
    if parcel.send_by < today:
        return f"晚了，{day_short(parcel.cancel_on)}取消"
    return "今天要发" if parcel.send_by == today else f"{day_short(parcel.send_by)}前发"


def parcel_rows(parcels: Sequence[Parcel], today: date, on_the_way: Mapping[UUID, str] | None = None) -> list[FarmRow]:
    """Return parcels as rows; `on_the_way` says of shipped ones where they are, if more is known."""
    words = on_the_way or {}
    return [_parcel_row(parcel, today, words.get(parcel.suborder_id, "在路上")) for parcel in parcels]


async def load_parcel(conn: Connection, seal: Seal, actor: Actor, suborder_id: UUID, *, now: datetime) -> ParcelDetails:
    """Return a parcel that is to be sent or was sent.

    Raises:
        NotFound: the parcel belongs to someone else, or its suborder has ended.
    """
    states = (SuborderState.DEPOSITED, SuborderState.PAID, SuborderState.SHIPPED)
    for producer_id in actor.producers:
        parcel = await find_parcel(conn, seal, actor, producer_id, suborder_id, states=states, now=now)
        if parcel is not None:
            return ParcelDetails(
                parcel,
                await get_share(conn, actor, suborder_id),
                await list_refund_requests(conn, actor, producer_id, suborder_id=suborder_id),
                await get_refund_limit(conn, producer_id, day=get_business_day(now)),
                (await load_tracking(conn, [suborder_id])).get(suborder_id),
            )
    raise NotFound


_PLATFORM_WORDS = (
    f"平台出了券的钱，要走查得到的快递或者自提；查到送到了才打款，查不到的，收到后最多等 {UNPROVEN_PERIOD.days} 天。"
)


def render_parcel(
    request: HttpRequest, actor: Actor, details: ParcelDetails, values: ShipForm,
    *, today: date, reason: str = "", weighing: Weighing | None = None, errors: Sequence[FieldFault] = (),
    status: int = 200,
) -> Response[Any]:  # fmt: skip
    """Render a parcel with the form that comes next: its weights, or its tracking number."""
    parcel, share = details.parcel, details.share
    fee = share.commission_fen
    refunded = sum(line.amount_fen for line in parcel.lines) - share.goods_left_fen
    address = parcel.address
    shipped = parcel.state is SuborderState.SHIPPED
    services = get_services(request)
    line = details.tracking and present_tracking(
        details.tracking, now=services.clock.now(), unmoved_days=services.settings.unmoved_days, to_seller=True
    )
    said = request.query_params.get("said")
    view = ParcelView(
        title=describe_contents(parcel),
        number=parcel.code,
        placed=clock_zh(parcel.paid_at) if parcel.paid_at else "",
        rows=[(_describe_line(line), line.amount_fen) for line in parcel.lines]
        + [("快递费", share.freight_fen)]
        + ([("退给买家的", -refunded)] if refunded else [])
        + ([(f"平台服务费 {percent_bp(share.commission_bp)}", -fee)] if fee else []),
        total_fen=share.due_fen,
        fee_words="买家收到货，这些钱就算到您名下。" + (_PLATFORM_WORDS if parcel.discount_fen else ""),
        address="\n".join(part for part in (address.name, get_region_name(address.region_code), address.street) if part)
        if address
        else "",
        phone=address.phone if address else "",
        steps=_STEPS[parcel.state],
        track=_describe_carrier(parcel),
        travel=line.steps if line else [],
        trouble=line.trouble if line else "",
        due="" if shipped else _describe_due(parcel, today),
    )
    words = f"{_describe_carrier(parcel)}。买家收到短信了。"
    notes = [("ok", "发出去了", words)] if said == "shipped" and shipped else []
    if said == "weighed" and not parcel.to_weigh:
        notes.append(("ok", "称好了，可以发了", "价钱按称的算了，多收的退给买家，短信也发了。"))
    context = {
        "parcel": view,
        "notes": notes,
        "weighing": (weighing or Weighing(list_weight_fields(parcel))) if parcel.to_weigh else None,
        "weight_units": UNITS,
        "values": values,
        "errors": errors,
        "action": f"/farm/parcels/{parcel.suborder_id}",
        "reason": reason,
        "messages": f"/farm/messages/{parcel.suborder_id}",
        "correcting": shipped,
        "ordered": parcel.state is SuborderState.DEPOSITED,
        "own": OWN_DELIVERY,
        "carriers": CARRIERS,
        "limit_fen": details.limit_fen,
        "requests": [present_refund_request(each) for each in details.requests],
    }
    return render_page(request, "farm/ship.html", context, actor=actor, status=status)


def _describe_line(line: ParcelLine) -> str:
    """Describe a line, with its weight: `鲜枣 × 10 斤，称了 4.95 公斤（9.9 斤）`."""
    words = f"{line.title} × {line.quantity} {get_count_word(line.unit)}"
    if line.weighed_g is not None:
        return f"{words}，称了 {weight(line.weighed_g)}"
    return words if line.ceiling_g is None else f"{words}，最多 {weight(line.ceiling_g)}"


def _describe_carrier(parcel: Parcel) -> str:
    """Return the carrier and tracking number of a shipped parcel; empty before."""
    if parcel.tracking:
        return f"{parcel.carrier} {parcel.tracking}"
    return OWN_DELIVERY if parcel.state is SuborderState.SHIPPED else ""


@get("/farm/parcels/{suborder_id:uuid}", include_in_schema=False)
async def show_parcel(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    suborder_id: FromPath[UUID],
) -> Response[Any]:
    """Show one parcel: its contents, its address, and the seller's share.

    Raises:
        NotFound: the parcel belongs to someone else, or its suborder has ended.
    """
    async with db.connection() as conn:
        details = await load_parcel(conn, seal, actor, suborder_id, now=clock.now())
    parcel = details.parcel
    own_delivery = parcel.state is SuborderState.SHIPPED and not parcel.tracking
    values = ShipForm(OWN_DELIVERY if own_delivery else parcel.carrier or "", parcel.tracking or "")
    return render_parcel(request, actor, details, values, today=clock.today())


@post("/farm/parcels/{suborder_id:uuid}", include_in_schema=False)
async def submit_parcel(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    suborder_id: FromPath[UUID],
) -> Response[Any]:
    """Mark a parcel as shipped; another tracking number corrects the first one, the same one changes nothing.

    Raises:
        NotFound: the parcel belongs to someone else.
        NotShippable: the parcel is not waiting to be shipped.
    """
    form = await read_form(request)
    values = form.fill(ShipForm)
    try:
        async with db.transaction() as conn:
            await ship_suborder(
                conn, seal, actor, suborder_id, carrier=values.carrier, tracking=values.tracking, now=clock.now()
            )
    except (InvalidTracking, NotWeighed) as refusal:
        async with db.connection() as conn:
            details = await load_parcel(conn, seal, actor, suborder_id, now=clock.now())
        errors = refusal.errors or (FieldFault("tracking", refusal.text("zh")),)
        return render_parcel(request, actor, details, values, today=clock.today(), errors=errors, status=refusal.status)
    return redirect(f"/farm/parcels/{suborder_id}?said=shipped", draft=form.draft)


@post("/farm/parcels/{suborder_id:uuid}/cancel", include_in_schema=False)
async def submit_cancel(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    gateway: NamedDependency[GuardedGateway],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    suborder_id: FromPath[UUID],
) -> Response[Any]:
    """Cancel a parcel that the seller cannot send; the buyer gets everything back.

    Raises:
        NotFound: the parcel belongs to someone else.
        NotShippable: the parcel was sent already.
        PaymentDisputed: a dispute over the order is open.
    """
    form = await read_form(request)
    reason = form.get_text("reason")
    try:
        await cancel_own_parcel(db, gateway, seal, actor, suborder_id, reason=reason, now=clock.now())
    except (ReasonMissing, OffPlatformContact) as refusal:
        async with db.connection() as conn:
            details = await load_parcel(conn, seal, actor, suborder_id, now=clock.now())
        return render_parcel(
            request, actor, details, ShipForm(), today=clock.today(), errors=refusal.errors, status=refusal.status
        )
    return redirect("/farm/orders?said=cancelled", draft=form.draft)


ROUTES = [show_parcel, submit_parcel, submit_cancel]
