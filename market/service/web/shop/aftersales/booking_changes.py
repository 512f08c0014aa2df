"""改日子: a buyer sees what other days for a stay would cost, asks for them, and answers what the host offers."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.catalogue.bookings.models import StayTooShort
from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.language import say
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.sales.orders.models import NightsTaken, NotForSale, PaymentDisputed, ShopClosed
from market.sales.orders.queries import OrderView, SuborderView, get_order, get_order_id
from market.sales.visits.change_booking import answer_change, propose_change, quote_change, withdraw_change
from market.sales.visits.changeable_stay import NewDays
from market.sales.visits.models import (
    ANSWER_PERIOD,
    BookingChange,
    BookingChangeQuote,
    BookingChangeState,
    BookingNotChangeable,
    ChangeCostsMore,
    ChangeInvalid,
    ChangeNotOpen,
    ChangeOpen,
    ChangePriceMoved,
    Proposer,
    TooManyChanges,
)
from market.sales.visits.read_changes import list_order_changes
from market.service.http import HttpRequest
from market.service.web.forms import parse_day, read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.shop.cards import ShortNumber
from market.service.web.shop.promises import REFUND_ARRIVAL
from market.service.web.ui.format import day_short, deadline, yuan
from payments import GuardedGateway

DAYS_REFUSALS = (
    BookingNotChangeable, ChangeInvalid, ChangeCostsMore, ChangePriceMoved, ChangeOpen, ChangeNotOpen, StayTooShort,
    TooManyChanges, NightsTaken, NotForSale, ShopClosed, PaymentDisputed,
)  # fmt: skip
DAYS_FIELDS = {"arrive_on": "from", "leave_on": "to"}


class DaysForm(Struct, frozen=True, rename={"first": "from", "last": "to"}):
    """The form of new days as it was typed."""

    first: str = ""
    last: str = ""


class OpenChange(Struct, frozen=True):
    """A change that waits for an answer: what it says, and whether the viewer answers it or may withdraw it."""

    id: str
    words: str
    answers: bool


def format_days(arrive: date, leave: date) -> str:
    """Format the days of a stay: `10月3日到，10月5日走`."""
    return say("{0}到，{1}走", day_short(arrive), day_short(leave))


def find_open_change(suborder: SuborderView, changes: Sequence[BookingChange]) -> BookingChange | None:
    """Return the change of a stay that waits for an answer."""
    return next(
        (each for each in changes if each.suborder_id == suborder.id and each.state is BookingChangeState.PROPOSED),
        None,
    )


def describe_open_change(suborder: SuborderView, changes: Sequence[BookingChange]) -> str:
    """Describe for the buyer the change of a stay that waits for an answer; empty if there is none."""
    change = find_open_change(suborder, changes)
    if change is None:
        return ""
    days, due = format_days(change.arrive_on, change.leave_on), deadline(change.expires_at)
    if change.proposed_by is Proposer.HOST:
        return say("店家想给您改到{0}，{1}前您答复。", days, due)
    return say("您想改到{0}，等店家{1}前答复。", days, due)


def describe_price(change: BookingChange) -> str:
    """Describe what a change costs: nothing, or what goes back."""
    if change.refund_fen:
        return say(
            "付了 {0} 元，新日子 {1} 元，退 {2} 元。",
            yuan(change.paid_fen),
            yuan(change.price_fen),
            yuan(change.refund_fen),
        )
    return say("付了 {0} 元，不加钱，也不退。", yuan(change.paid_fen))


def _list_quote_rows(quote: BookingChangeQuote) -> list[tuple[str, str]]:
    difference = (
        (say("要多付"), say("{0} 元", yuan(quote.extra_fen)))
        if quote.extra_fen
        else (say("退给您"), say("{0} 元", yuan(quote.refund_fen)) if quote.refund_fen else say("不退，也不加钱"))
    )
    return [
        (say("新日子"), format_days(quote.arrive_on, quote.leave_on)),
        (say("新日子一共"), say("{0} 元", yuan(quote.price_fen))),
        (say("您付过"), say("{0} 元", yuan(quote.paid_fen))),
        difference,
    ]


def _find_stay(order: OrderView, position: int) -> SuborderView:
    suborder = next((each for each in order.suborders if each.position == position), None)
    if suborder is None or not suborder.bookings:
        raise NotFound
    return suborder


async def _days_page(
    request: HttpRequest, conn: Connection, seal: Seal, actor: Actor,
    *, number: int, position: int, form: DaysForm, quote: BookingChangeQuote | None = None,
    refusal: Refusal | None = None,
) -> Response[bytes]:  # fmt: skip
    order = await get_order(conn, seal, actor, await get_order_id(conn, actor, number))
    stay = _find_stay(order, position)
    booked = stay.bookings[0]
    change = find_open_change(stay, await list_order_changes(conn, actor, order.id))
    opened = None
    if change is not None:
        words = f"{describe_open_change(stay, [change])}{describe_price(change)}"
        opened = OpenChange(str(change.id), words, change.proposed_by is Proposer.HOST)
    hours = int(ANSWER_PERIOD.total_seconds()) // 3600
    context = {
        "path": request.url.path,
        "back": f"/orders/{number}",
        "now": say("{0}，{1} 间", format_days(booked.arrive_on, booked.leave_on), len(stay.bookings)),
        "open": opened,
        "form": form,
        "rows": [] if quote is None else _list_quote_rows(quote),
        "quote": None if quote is None or quote.extra_fen else quote,
        "extra": say(
            "新日子比付过的贵，这里改不了：一张订单只付一次钱。换便宜的日子，请店家不加钱改给您，或者退了重订。"
        )
        if quote is not None and quote.extra_fen
        else "",
        "promise": say("按了就改好，退的钱原路退回，{0}。", say(REFUND_ARRIVAL))
        if quote is not None and quote.at_once
        else say("要店家同意。店家 {0} 小时内答复，不答复算没改；在那以前新日子不给您留着。", hours),
        "errors": rename_faults(refusal, DAYS_FIELDS, otherwise="from") if refusal else [],
    }
    status = refusal.status if refusal else 200
    return render_page(request, "shop/booking_days.html", context, actor=actor, status=status)


@get("/orders/{number:int}/days/{position:int}", include_in_schema=False, english=True)
async def show_new_days(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[bytes]:
    """Show the days of a stay, a change that waits, and what other days would cost.

    Raises:
        NotFound: the order belongs to someone else, or has no such stay.
    """
    form = DaysForm(request.query_params.get("from", ""), request.query_params.get("to", ""))
    arrive, leave = parse_day(form.first), parse_day(form.last)
    quote, refusal = None, None
    if form.first or form.last:
        try:
            async with db.transaction() as conn:
                order_id = await get_order_id(conn, actor, number)
                if arrive is None or leave is None:
                    field = "arrive_on" if arrive is None else "leave_on"
                    raise ChangeInvalid(errors=(FieldFault(field, say("日子没写对")),))
                days = NewDays(arrive_on=arrive, leave_on=leave)
                quote = await quote_change(conn, actor, order_id, position, days, now=clock.now())
        except DAYS_REFUSALS as error:
            refusal = error
    async with db.connection() as conn:
        return await _days_page(
            request, conn, seal, actor, number=number, position=position, form=form, quote=quote, refusal=refusal
        )


@post("/orders/{number:int}/days/{position:int}", include_in_schema=False, english=True)
async def submit_new_days(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    gateway: NamedDependency[GuardedGateway],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[Any]:
    """Ask for the days whose price the person saw.

    Raises:
        NotFound: the order belongs to someone else, or has no such stay.
    """
    posted = await read_form(request)
    form = posted.fill(DaysForm)
    arrive = posted.read_day("from", fault=say("到的日子没写对"))
    leave = posted.read_day("to", fault=say("走的日子没写对"))
    refusal: Refusal = ChangeInvalid(errors=tuple(posted.faults))
    async with db.connection() as conn:
        order_id = await get_order_id(conn, actor, number)
    if arrive is not None and leave is not None:
        price = posted.read_integer("price", fault=say("价钱没写对"))
        days = NewDays(arrive_on=arrive, leave_on=leave, price_fen=price)
        try:
            change = await propose_change(
                db, gateway, seal, actor, order_id, position=position, days=days, now=clock.now()
            )
            said = "moved" if change.state is BookingChangeState.DONE else "asked"
            return redirect(f"/orders/{number}?said={said}")
        except DAYS_REFUSALS as error:
            refusal = error
    async with db.connection() as conn:
        return await _days_page(
            request, conn, seal, actor, number=number, position=position, form=form, refusal=refusal
        )


@post("/orders/{number:int}/days/{position:int}/{change_id:uuid}", include_in_schema=False, english=True)
async def submit_answer(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    gateway: NamedDependency[GuardedGateway],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
    change_id: FromPath[UUID],
) -> Response[Any]:
    """Accept or decline what the host offers, or withdraw what the person asked for.

    Raises:
        NotFound: there is no such change of an order of the person's own.
    """
    form = await read_form(request)
    try:
        if form.get_text("do") == "withdraw":
            async with db.transaction() as conn:
                await withdraw_change(conn, actor, change_id, now=clock.now())
            return redirect(f"/orders/{number}?said=kept")
        accept = form.get_text("do") == "accept"
        await answer_change(db, gateway, seal, actor, change_id, accept=accept, now=clock.now())
        return redirect(f"/orders/{number}?said={'moved' if accept else 'kept'}")
    except DAYS_REFUSALS as refusal:
        async with db.connection() as conn:
            return await _days_page(
                request, conn, seal, actor, number=number, position=position, form=DaysForm(), refusal=refusal
            )


ROUTES = [show_new_days, submit_new_days, submit_answer]
