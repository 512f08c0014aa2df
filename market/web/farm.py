"""A farmer's day: what to send, who comes to stay, what came in."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.aftersales import (
    OWN_DELIVERY,
    CodeUsed,
    CodeWrong,
    Guest,
    NotTheDay,
    Parcel,
    Share,
    TrackingWrong,
    check_in_guest,
    get_share,
    guests_of,
    parcels_of,
    ship_suborder,
)
from market.bookings import BookingState
from market.identity import Actor, NotFound
from market.kernel import Connection, Database, Fen, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.orders import SuborderState
from market.producers import STATE_NAMES, State, list_own
from market.web.bill import bill_line
from market.web.cards import count_word
from market.web.look.drawings import drawing_for
from market.web.look.format import clock_zh, day_short, percent_bp
from market.web.money import came_in
from market.web.origins import region_name
from market.web.plumbing import fields, page, see_other

CARRIERS = tuple(
    (name, name) for name in ("邮政", "顺丰", "中通", "圆通", "申通", "韵达", "极兔", "京东", OWN_DELIVERY)
)
_SENT = [("付好", "done"), ("发了", "done"), ("在路上", "now"), ("收到，给钱", "next")]
_TO_SEND = [("付好", "done"), ("等您发", "now"), ("在路上", "next"), ("收到，给钱", "next")]
_ON_HOME = 3
_A_DAY = timedelta(days=1)

Asked = Request[Any, Any, Any]


class Row(Struct, frozen=True):
    """One thing to act on."""

    href: str
    title: str
    lines: list[str]
    symbol: str
    state: str = ""


class ShipValues(Struct, frozen=True):
    """What the form of a parcel holds."""

    carrier: str = ""
    tracking: str = ""


class CodeValues(Struct, frozen=True):
    """What the form of a guest holds."""

    code: str = ""


class Said(Struct, frozen=True):
    """What was just done."""

    title: str
    rows: list[tuple[str, str]]


class ParcelView(Struct, frozen=True):
    """A parcel as its page shows it."""

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


def sells(actor: Actor) -> bool:
    """Say whether a person works for any producer."""
    return bool(actor.producers)


async def waiting_parcels(
    conn: Connection, seal: Seal, actor: Actor, states: tuple[SuborderState, ...] = (SuborderState.PAID,)
) -> list[Parcel]:
    """Return the parcels of all producers that a person works for, oldest first."""
    found: list[Parcel] = []
    for producer_id in actor.producers:
        found += await parcels_of(conn, seal, actor, producer_id, states=states)
    return found


async def coming_guests(conn: Connection, seal: Seal, actor: Actor, today: date) -> list[Guest]:
    """Return who sleeps there tonight and tomorrow night, each booking once."""
    found: dict[UUID, Guest] = {}
    for producer_id in actor.producers:
        for day in (today, today + _A_DAY):
            for guest in await guests_of(conn, seal, producer_id, day):
                found.setdefault(guest.booking_id, guest)
    return list(found.values())


def contents(parcel: Parcel) -> str:
    """Write what goes into a parcel: `土鸡蛋 2 箱`, with 等 where there is more."""
    first = parcel.lines[0]
    more = f" 等 {len(parcel.lines)} 样" if len(parcel.lines) > 1 else ""
    return f"{first.title} {first.quantity} {count_word(first.unit)}{more}"


def _parcel_row(parcel: Parcel) -> Row:
    address = parcel.address
    to = f"发到{region_name(address.region_code)}，{address.name}" if address else "没写地址"
    paid = f"{clock_zh(parcel.paid_at)} 付的" if parcel.paid_at else ""
    title = contents(parcel)
    return Row(
        f"/farm/parcels/{parcel.suborder_id}", title, [to, paid], drawing_for("", title),
        "在路上" if parcel.state is SuborderState.SHIPPED else "",
    )  # fmt: skip


def _guest_row(guest: Guest) -> Row:
    arrived = "已经到了" if guest.state is BookingState.ARRIVED else "还没到"
    days = f"{day_short(guest.arrive_on)}到，{day_short(guest.leave_on)}走"
    return Row(
        "/farm/guests", f"{guest.name or '客人'}，{guest.room}", [days, arrived], drawing_for("民宿", guest.title)
    )


def rows_of(parcels: Sequence[Parcel]) -> list[Row]:
    """Return parcels as rows."""
    return [_parcel_row(parcel) for parcel in parcels]


@get("/farm", include_in_schema=False)
async def farm_home(
    request: Asked,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Show what is to be done today, and what came in."""
    if not sells(actor):
        return see_other("/farm/apply")
    async with db.connection() as conn:
        parcels = await waiting_parcels(conn, seal, actor)
        guests = await coming_guests(conn, seal, actor, clock.today())
        money, received = await came_in(conn, actor)
        pending = [shop for shop in await list_own(conn, actor) if shop.state != State.OPEN]
    count = len(parcels)
    context = {
        "name": actor.name,
        "day": clock.today(),
        "pending": [(shop.name, STATE_NAMES[shop.state]) for shop in pending],
        "ship_count": count,
        "received_fen": received,
        "ship_line": f"{count} 单等着发" if count else "没有要发的",
        "bill_line": await bill_line(request, actor),
        "waiting": rows_of(parcels[:_ON_HOME]),
        "guests": [_guest_row(guest) for guest in guests[:_ON_HOME]],
        "money": money[:_ON_HOME] if len(money) <= _ON_HOME else _shortened(money, received),
    }
    return page(request, "farm/home.html", context, actor=actor)


def _shortened(money: list[tuple[str, int]], received: Fen) -> list[tuple[str, int]]:
    """Keep the latest rows and sum up the rest, so that the rows still come to the sum."""
    shown = money[:_ON_HOME]
    return [*shown, ("更早的", received - sum(fen for _, fen in shown))]


@get("/farm/orders", include_in_schema=False)
async def farm_orders(
    request: Asked,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Show the parcels to send, the guests to come, and what is on its way."""
    if not sells(actor):
        return see_other("/farm/apply")
    async with db.connection() as conn:
        parcels = await waiting_parcels(conn, seal, actor)
        sent = await waiting_parcels(conn, seal, actor, (SuborderState.SHIPPED,))
        guests = await coming_guests(conn, seal, actor, clock.today())
    context = {
        "waiting": rows_of(parcels),
        "guests": [_guest_row(guest) for guest in guests],
        "sent": rows_of(sent),
        "more": None,
    }
    return page(request, "farm/orders.html", context, actor=actor)


async def _parcel(conn: Connection, seal: Seal, actor: Actor, suborder_id: UUID) -> tuple[Parcel, Share]:
    states = (SuborderState.PAID, SuborderState.SHIPPED)
    parcels = await waiting_parcels(conn, seal, actor, states)
    parcel = next((parcel for parcel in parcels if parcel.suborder_id == suborder_id), None)
    if parcel is None:
        raise NotFound
    return parcel, await get_share(conn, actor, suborder_id)


def _parcel_page(
    request: Asked, actor: Actor, found: tuple[Parcel, Share], values: ShipValues, errors: tuple[FieldFault, ...] = (),
    *, status: int = 200,
) -> Response[Any]:  # fmt: skip
    parcel, share = found
    fee = share.commission_fen
    gone = sum(line.amount_fen for line in parcel.lines) - share.goods_left_fen
    address = parcel.address
    shipped = parcel.state is SuborderState.SHIPPED
    done = request.query_params.get("said") == "shipped"
    view = ParcelView(
        title=contents(parcel),
        number=parcel.code,
        placed=clock_zh(parcel.paid_at) if parcel.paid_at else "",
        rows=[(f"{line.title} × {line.quantity} {count_word(line.unit)}", line.amount_fen) for line in parcel.lines]
        + [("快递费", share.freight_fen)]
        + ([("退给买家的", -gone)] if gone else [])
        + ([(f"平台服务费 {percent_bp(share.commission_bp)}", -fee)] if fee else []),
        total_fen=share.due_fen,
        fee_words="买家收到货，这些钱就算到您名下。",
        address="\n".join(part for part in (address.name, region_name(address.region_code), address.street) if part)
        if address
        else "",
        phone=address.phone if address else "",
        steps=_SENT if shipped else _TO_SEND,
        track=_carried(parcel),
    )
    words = f"{_carried(parcel)}。买家收到短信了。"
    context = {
        "parcel": view,
        "notes": [("ok", "发出去了", words)] if done and shipped else [],
        "values": values,
        "errors": errors,
        "action": f"/farm/parcels/{parcel.suborder_id}",
        "correcting": shipped,
        "own": OWN_DELIVERY,
        "carriers": CARRIERS,
    }
    return page(request, "farm/ship.html", context, actor=actor, status=status)


def _carried(parcel: Parcel) -> str:
    """Say who carries a parcel that was sent; empty before."""
    if parcel.tracking:
        return f"{parcel.carrier} {parcel.tracking}"
    return OWN_DELIVERY if parcel.state is SuborderState.SHIPPED else ""


@get("/farm/parcels/{suborder_id:uuid}", include_in_schema=False)
async def parcel_page(
    request: Asked,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
    suborder_id: FromPath[UUID],
) -> Response[Any]:
    """Show one parcel: what to pack, where it goes, what it brings.

    Raises:
        NotFound: it is none of the person's, or over.
    """
    async with db.connection() as conn:
        found = await _parcel(conn, seal, actor, suborder_id)
    parcel = found[0]
    brought = parcel.state is SuborderState.SHIPPED and not parcel.tracking
    values = ShipValues(OWN_DELIVERY if brought else parcel.carrier or "", parcel.tracking or "")
    return _parcel_page(request, actor, found, values)


@post("/farm/parcels/{suborder_id:uuid}", include_in_schema=False)
async def ship(
    request: Asked,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    suborder_id: FromPath[UUID],
) -> Response[Any]:
    """Mark a parcel as sent; the same number again changes nothing, another corrects it.

    Raises:
        NotFound: it is none of the person's.
        NotShippable: it is not waiting to be sent.
    """
    found = await fields(request)
    values = ShipValues(str(found.get("carrier", "")), str(found.get("tracking", "")))
    try:
        async with db.transaction() as conn:
            await ship_suborder(
                conn, seal, actor, suborder_id, carrier=values.carrier, tracking=values.tracking, now=clock.now()
            )
    except TrackingWrong as refusal:
        async with db.connection() as conn:
            parcel = await _parcel(conn, seal, actor, suborder_id)
        errors = refusal.errors or (FieldFault("tracking", refusal.text("zh")),)
        return _parcel_page(request, actor, parcel, values, errors, status=refusal.status)
    return see_other(f"/farm/parcels/{suborder_id}?said=shipped")


async def _guests_page(
    request: Asked, actor: Actor, guests: list[Guest], code: str = "", refusal: Refusal | None = None
) -> Response[Any]:
    done = str(request.query_params.get("done", ""))
    guest = next((guest for guest in guests if str(guest.booking_id) == done), None)
    said = None
    if guest is not None and guest.state is BookingState.ARRIVED:
        said = Said(
            f"{guest.name or '客人'}住进来了",
            [("房间", guest.room), ("哪天走", day_short(guest.leave_on)), ("订单", guest.order_code)],
        )
    context = {
        "said": said,
        "values": CodeValues(code),
        "errors": [FieldFault("code", refusal.text("zh"))] if refusal else [],
        "guests": [_guest_row(guest) for guest in guests],
    }
    return page(request, "farm/guests.html", context, actor=actor, status=refusal.status if refusal else 200)


@get("/farm/guests", include_in_schema=False)
async def guests(
    request: Asked,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Ask for the code that a guest shows."""
    async with db.connection() as conn:
        found = await coming_guests(conn, seal, actor, clock.today())
    return await _guests_page(request, actor, found)


@post("/farm/guests", include_in_schema=False)
async def check_in(
    request: Asked,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Let the guest in who shows this code; a code serves once."""
    code = str((await fields(request)).get("code", ""))
    try:
        async with db.transaction() as conn:
            done = await check_in_guest(conn, seal, actor, code, now=clock.now())
    except (CodeWrong, CodeUsed, NotTheDay) as refusal:
        async with db.connection() as conn:
            found = await coming_guests(conn, seal, actor, clock.today())
        return await _guests_page(request, actor, found, code, refusal)
    return see_other(f"/farm/guests?done={done.booking_id}")


ROUTES = [farm_home, farm_orders, parcel_page, ship, guests, check_in]
