"""七天无理由退货 on a buyer's pages: the form of a return, and the page of one: sending it back, withdrawing it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.cases.casework.models import SELLER
from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.language import get_language, say
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.bad_fruit_views import list_order_claims
from market.sales.aftersales.goods_return import (
    SENDING_PERIOD,
    ReturnedLine,
    is_returnable,
    open_goods_return,
    send_goods_return,
    withdraw_goods_return,
)
from market.sales.aftersales.goods_return_views import (
    GoodsReturn,
    GoodsReturnStage,
    get_goods_return,
    list_order_returns,
)
from market.sales.aftersales.models import GoodsReturnTooEarly, GoodsReturnTooLate
from market.sales.orders.line_views import LineView
from market.sales.orders.queries import SuborderView, get_order, get_order_id
from market.service.http import HttpRequest
from market.service.web.forms import PostedForm, make_form_key, parse_integer, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.shop.cards import ShortNumber
from market.service.web.shop.coupon_words import PLATFORM_REFUND
from market.service.web.shop.promises import describe_return_terms
from market.service.web.ui.format import day_short, deadline, yuan

MAX_QUANTITY = 9999


class ReturnableParcel(Struct, frozen=True):
    """A parcel of an order, and its lines that can be returned now."""

    suborder: SuborderView
    lines: list[LineView]


def describe_goods_return(each: GoodsReturn, *, arrival_days: int) -> str:
    """Describe for the buyer who does what until when, or what came of it; whether money arrived is not said."""
    asked = say("退货，{0}，货款 {1} 元：", each.title, yuan(each.amount_fen))
    until, why = deadline(each.due_at), each.seller_reason.rstrip("。")
    who = say("卖家") if each.assignee == SELLER else say("县里") if each.assignee == "finance" else say("平台")
    sent = say("寄出了，{0} {1}。", each.carrier, each.tracking)
    words = {
        GoodsReturnStage.ASKED: say("等{0}答复，{1}前。", who, until)
        + (say("卖家没有同意：{0}。", why) if why else ""),
        GoodsReturnStage.ACCEPTED: say("同意了。{0}前寄回，填上快递单号。", _format_last_day(each)),
        GoodsReturnStage.SENT: say("{0}卖家收到就退货款；{1} 天没说话，算收到。", sent, arrival_days),
        GoodsReturnStage.CONTESTED: say("{0}{1}。等{2}定，{3}前。", sent, why, who, until),
        GoodsReturnStage.REFUNDED: say("货款按原路退给您。"),
        GoodsReturnStage.REFUSED: say("没有同意。{0}", each.decision),
        GoodsReturnStage.WITHDRAWN: say("不退了。"),
    }
    return asked + words[each.stage]


def _format_last_day(each: GoodsReturn) -> str:
    """Format the last day on which an accepted return can be sent."""
    return day_short(each.accepted_at + SENDING_PERIOD) if each.accepted_at else ""


def list_returnable_lines(
    suborder: SuborderView, *, claimed: set[UUID], returns: Sequence[GoodsReturn], days: int, now: datetime
) -> list[LineView]:
    """Return the lines of a parcel that can be returned: not perishable, claimed, returned or refunded whole."""
    if not is_returnable(suborder.kind, suborder.state, suborder.received_at, days=days, now=now):
        return []
    active = [each for each in returns if each.stage is not GoodsReturnStage.WITHDRAWN]
    returned = claimed | {line.line_id for each in active for line in each.lines}
    return [
        each
        for each in suborder.lines
        if not each.perishable and each.id not in returned and each.refunded_fen < each.amount_fen
    ]


async def _load_parcel(
    conn: Connection, seal: Seal, actor: Actor, number: int, position: int, *, days: int, now: datetime
) -> ReturnableParcel:
    order = await get_order(conn, seal, actor, await get_order_id(conn, actor, number))
    suborder = next((each for each in order.suborders if each.position == position), None)
    if suborder is None:
        raise NotFound
    claimed = {each.line_id for each in await list_order_claims(conn, seal, actor, order.id)}
    returns = await list_order_returns(conn, seal, actor, order.id)
    return ReturnableParcel(
        suborder, list_returnable_lines(suborder, claimed=claimed, returns=returns, days=days, now=now)
    )


def _explain(suborder: SuborderView, *, days: int, now: datetime) -> str:
    """Explain why nothing of a parcel can be returned."""
    if not is_returnable(suborder.kind, suborder.state, suborder.received_at, days=days, now=now):
        refusal = GoodsReturnTooEarly() if suborder.received_at is None else GoodsReturnTooLate(days=days)
        return refusal.text(get_language())
    return say("鲜货没有七天无理由退货；别的已经申请过退货或坏果包赔，或者退过钱。")


def _ask_page(
    request: HttpRequest, actor: Actor, parcel: ReturnableParcel, values: Mapping[str, str], *, days: int,
    now: datetime, key: str, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    path = request.url.path
    closed = "" if parcel.lines else _explain(parcel.suborder, days=days, now=now)
    context = {
        "action": path,
        "back": path.partition("/return/")[0],
        "draft": path.strip("/").replace("/", "-"),
        "terms": describe_return_terms(days) + (say(PLATFORM_REFUND) if parcel.suborder.discount_fen else ""),
        "closed": closed,
        "lines": [
            (name, say("{0}，买了 {1}", line.title, line.quantity), values.get(name, ""))
            for line in parcel.lines
            if (name := f"n-{line.id}")
        ],
        "text": values.get("text", ""),
        "errors": errors,
        "key": key,
    }
    return render_page(request, "shop/goods_return_form.html", context, actor=actor, status=409 if closed else status)


@get("/orders/{number:int}/return/{position:int}", include_in_schema=False, english=True)
async def show_return_form(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[bytes]:
    """Ask what of a parcel is returned, or say why nothing can be.

    Raises:
        NotFound: the order belongs to someone else, or has no such suborder.
    """
    now, days = clock.now(), settings.return_days
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        parcel = await _load_parcel(conn, seal, actor, number, position, days=days, now=now)
    only = parcel.lines[0] if len(parcel.lines) == 1 else None
    values = {} if only is None else {f"n-{only.id}": str(only.quantity)}
    return _ask_page(request, actor, parcel, values, days=days, now=now, key=make_form_key())


def _read_lines(form: PostedForm, suborder: SuborderView) -> list[ReturnedLine]:
    """Read how many of each line are returned; a fault is added at the field of what is not a number, or too many."""
    lines: list[ReturnedLine] = []
    for line in suborder.lines:
        typed = form.get_text(name := f"n-{line.id}")
        quantity = parse_integer(typed, maximum=MAX_QUANTITY) if typed else 0
        if quantity is None or quantity > line.quantity:
            form.add_fault(name, say("写整数，不能比买的 {0} 多", line.quantity))
        elif quantity:
            lines.append(ReturnedLine(line_id=line.id, quantity=quantity))
    if not lines and not form.faults:
        form.add_fault(f"n-{suborder.lines[0].id}", say("请写退几件"))
    return lines


@post("/orders/{number:int}/return/{position:int}", include_in_schema=False, english=True)
async def submit_return(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    number: ShortNumber,
    position: ShortNumber,
) -> Response[Any]:
    """Ask to return goods; a form sent twice asks once.

    Raises:
        NotFound: the order belongs to someone else, or has no such suborder.
    """
    form, now, days = await read_form(request), clock.now(), settings.return_days
    scope = get_person_scope(actor)
    async with db.transaction(scope=scope) as conn:
        parcel = await _load_parcel(conn, seal, actor, number, position, days=days, now=now)
    lines = _read_lines(form, parcel.suborder)

    async def work(conn: Connection) -> str:
        opened = await open_goods_return(conn, seal, actor, lines, text=form.get_text("text"), days=days, now=now)
        return f"/returns/{opened.case_id}?said=asked"

    status = 422
    if not form.faults:
        try:
            return await submit_once(request, actor, form, work, scope=scope)
        except Refusal as refusal:
            field = f"n-{lines[0].line_id}"
            form.faults += rename_faults(refusal, {"lines": field}, otherwise=field)
            status = refusal.status
    values = {name: form.get_text(name) for name in form.fields}
    return _ask_page(
        request, actor, parcel, values, days=days, now=now, key=form.key, errors=form.faults, status=status
    )


async def _load_own_return(db: Database, seal: Seal, actor: Actor, case_id: UUID) -> GoodsReturn:
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        found = await get_goods_return(conn, seal, case_id)
    if found is None or found.buyer_id != actor.account_id:
        raise NotFound
    return found


def _return_page(
    request: HttpRequest, actor: Actor, found: GoodsReturn, *, arrival_days: int,
    typed: tuple[str, str] = ("", ""), errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    stage = found.stage
    said = {
        "asked": ("ok", say("交给卖家了"), say("先别寄。卖家答复了会告诉您，这里也看得到。")),
        "sent": ("ok", say("单号记下了"), say("卖家收到就退货款。")),
        "withdrawn": ("ok", say("不退了"), say("货留着用。")),
    }.get(request.query_params.get("said", ""))
    context = {
        "found": found,
        "words": describe_goods_return(found, arrival_days=arrival_days),
        "note": said,
        "sendable": stage in {GoodsReturnStage.ACCEPTED, GoodsReturnStage.SENT},
        "withdrawable": stage in {GoodsReturnStage.ASKED, GoodsReturnStage.ACCEPTED},
        "address": found.address if stage in {GoodsReturnStage.ACCEPTED, GoodsReturnStage.SENT} else "",
        "carrier": typed[0] or found.carrier or "",
        "tracking": typed[1] or found.tracking or "",
        "errors": errors,
    }
    return render_page(request, "shop/goods_return.html", context, actor=actor, status=status)


@get("/returns/{case_id:uuid}", include_in_schema=False, english=True)
async def show_return(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    case_id: FromPath[UUID],
) -> Response[bytes]:
    """Show the buyer how far a return is, and what there is to do.

    Raises:
        NotFound: it is not the person's own.
    """
    found = await _load_own_return(db, seal, actor, case_id)
    return _return_page(request, actor, found, arrival_days=settings.return_arrival_days)


@post("/returns/{case_id:uuid}", include_in_schema=False, english=True)
async def submit_return_parcel(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    case_id: FromPath[UUID],
) -> Response[Any]:
    """Record the parcel of a return, or withdraw it.

    Raises:
        NotFound: it is not the person's own.
    """
    form = await read_form(request)
    carrier, tracking = form.get_text("carrier"), form.get_text("tracking")
    withdraw = form.get_text("decision") == "withdraw"
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            if withdraw:
                await withdraw_goods_return(conn, seal, actor, case_id, now=clock.now())
            else:
                await send_goods_return(conn, seal, actor, case_id, carrier=carrier, tracking=tracking, now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        found = await _load_own_return(db, seal, actor, case_id)
        errors = rename_faults(refusal, {}, otherwise="tracking")
        return _return_page(
            request, actor, found, arrival_days=settings.return_arrival_days, typed=(carrier, tracking),
            errors=errors, status=refusal.status,
        )  # fmt: skip
    return redirect(f"/returns/{case_id}?said={'withdrawn' if withdraw else 'sent'}", draft=form.draft)


ROUTES = [show_return_form, submit_return, show_return, submit_return_parcel]
