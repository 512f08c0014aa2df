"""The package of an order on its page, and cancelling its rest after a host cancelled its part."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.kernel import Database, Fen
from market.kernel.clock import Clock
from market.kernel.language import say
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.orders.models import SuborderState
from market.sales.orders.queries import get_order_id
from market.sales.packages.models import REST_WINDOW, RestNotFree
from market.sales.packages.order_parts import OrderedPackage, cancel_package_rest, get_ordered_package, list_rest
from market.service.http import HttpRequest
from market.service.web.forms import read_form
from market.service.web.pages import redirect, render_page
from market.service.web.shop.cards import ShortNumber
from market.service.web.shop.orders.order_actions import render_order_refusal
from market.service.web.shop.promises import REFUND_ARRIVAL
from market.service.web.ui.format import clock, day_short, yuan
from payments import GuardedGateway

_ENDED = {SuborderState.CANCELLED: "（取消了）", SuborderState.EXPIRED: "（过时没付）"}


class OrderPackageView(Struct, frozen=True):
    """The package of an order: its parts with their households, and how the rest may be cancelled without cost."""

    title: str
    rows: list[tuple[str, int]]
    price_fen: Fen
    again: str
    """Where to book it again; empty if it is not on sale."""
    rest: str
    rest_words: str


def view_order_package(package: OrderedPackage, order_number: int) -> OrderPackageView:
    """Return the package of an order for display."""
    until = package.rest_until
    count = say(" × {0} 套", package.count) if package.count > 1 else ""
    return OrderPackageView(
        title=say("乡村套餐：{0}{1}", package.title, count),
        rows=[
            (say("{0}：{1}{2}", part.producer, part.title, say(_ENDED.get(part.state, ""))), int(part.amount_fen))
            for part in package.parts
        ],
        price_fen=package.price_fen,
        again=f"/packages/{package.number}" if package.on_sale else "",
        rest=f"/orders/{order_number}/rest" if until else "",
        rest_words=say("店家取消了一样。{0} {1}前，剩下没用的您也可以全退。", day_short(until), clock(until))
        if until
        else "",
    )


@get("/orders/{number:int}/rest", include_in_schema=False, english=True)
async def show_rest(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[bytes]:
    """Ask for confirmation to cancel what remains of a package, at no cost.

    Raises:
        NotFound: the order belongs to someone else, or is not of a package.
    """
    async with db.connection() as conn:
        order_id = await get_order_id(conn, actor, number)
        package = await get_ordered_package(conn, actor, order_id, now=clock.now())
        rest = await list_rest(conn, order_id, now=clock.now())
    if package.rest_until is None or not rest:
        return render_order_refusal(request, actor, RestNotFree(hours=int(REST_WINDOW.total_seconds()) // 3600), number)
    names = {part.suborder_position: say("{0}：{1}", part.producer, part.title) for part in package.parts}
    rows = [(names[each.position], each.goods_left_fen + each.freight_fen) for each in rest]
    total = Fen(sum(fen for _, fen in rows))
    context = {
        "title": say("剩下的也不去了"),
        "rows": rows,
        "amount_fen": total,
        "text": say("没用的全退，邮费也退；住上了、去过了的不退。钱从哪里付的退到哪里，{0}。", say(REFUND_ARRIVAL)),
        "action": f"/orders/{number}/rest",
        "words": say("都取消，退 {0} 元", yuan(total)),
        "back": f"/orders/{number}",
        "key": None,
    }
    return render_page(request, "shop/cancel.html", context, actor=actor)


@post("/orders/{number:int}/rest", include_in_schema=False, english=True)
async def submit_rest(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    gateway: NamedDependency[GuardedGateway],
    actor: NamedDependency[Actor],
    number: ShortNumber,
) -> Response[Any]:
    """Cancel what remains of a package; a form sent twice cancels once.

    Raises:
        NotFound: the order belongs to someone else, or is not of a package.
    """
    await read_form(request)
    async with db.connection() as conn:
        order_id = await get_order_id(conn, actor, number)
    try:
        await cancel_package_rest(db, gateway, seal, actor, order_id, now=clock.now())
    except RestNotFree as refusal:
        return render_order_refusal(request, actor, refusal, number)
    return redirect(f"/orders/{number}?said=cancelled")


ROUTES = [show_rest, submit_rest]
