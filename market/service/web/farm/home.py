"""A seller's home page: parcels to ship, arriving guests, money owed."""

from datetime import date
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from market.cases.casework.moves import get_person_scope
from market.catalogue.producers.closures import Closure, describe_closure, find_closure
from market.kernel import Database, Fen
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.carriers.tracking import load_tracking
from market.sales.orders.models import SuborderState
from market.service.http import HttpRequest
from market.service.web.farm.money.view import load_earnings
from market.service.web.farm.phone_bill import load_bill_line
from market.service.web.farm.sellers import is_seller, show_drawings_once
from market.service.web.farm.sending.parcels import load_parcels, parcel_rows
from market.service.web.farm.todo import list_todos
from market.service.web.farm.visits.guests import load_guest_rows
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.tracking_words import summarize_tracking
from market.service.web.ui.format import day_short
from market.service.web.ui.illustrations import get_illustration

_ROWS_ON_HOME = 3
_SHOPS_ON_HOME = 5
"""Shops whose closures the page shows; a person has one or two."""
_DOOR_DRAWINGS = ("parcel", "millet", "phone", "town")
"""The drawings of the doors in farm/home.html; a host's first door has that of a stay."""
_GUEST_DRAWING = get_illustration("民宿", "")


@get("/farm", include_in_schema=False)
async def show_farm_home(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Show today's tasks and the money owed."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        parcels = await load_parcels(conn, seal, actor, now=clock.now())
        guests = await load_guest_rows(conn, seal, actor, clock.today())
        money, owed_fen = await load_earnings(conn, actor)
        todos = await list_todos(conn, actor, now=clock.now())
        closures = [await find_closure(conn, shop, today=clock.today()) for shop in actor.producers[:_SHOPS_ON_HOME]]
    hosting = bool(guests) and not parcels
    waiting, coming = show_drawings_once(
        parcel_rows(parcels[:_ROWS_ON_HOME], clock.today()),
        guests[:_ROWS_ON_HOME],
        shown=(_GUEST_DRAWING, *_DOOR_DRAWINGS) if hosting else _DOOR_DRAWINGS,
    )
    context = {
        "name": actor.name,
        "day": clock.today(),
        "closed": next((_describe_closure(each, clock.today()) for each in closures if each is not None), ""),
        "todos": todos,
        "hosting": hosting,
        "guest_drawing": _GUEST_DRAWING,
        "guest_count": len(guests),
        "ship_count": len(parcels),
        "owed_fen": owed_fen,
        "ship_line": f"{len(parcels)} 单要发" if parcels else "没有要发的",
        "bill_line": await load_bill_line(request, actor),
        "waiting": waiting,
        "guests": coming,
        "money": money[:_ROWS_ON_HOME] if len(money) <= _ROWS_ON_HOME else _shorten(money, owed_fen),
    }
    return render_page(request, "farm/home.html", context, actor=actor)


def _describe_closure(closure: Closure, today: date) -> str:
    """Return since when and why the farm is closed, and when it is back."""
    words = describe_closure(closure.reason, closure.reopens_on)
    return f"歇着：{words}" if closure.starts_on <= today else f"{day_short(closure.starts_on)}起歇：{words}"


def _shorten(money: list[tuple[str, int]], owed_fen: Fen) -> list[tuple[str, int]]:
    """Keep the latest rows and sum up the rest, so that the rows add up to the total."""
    shown = money[:_ROWS_ON_HOME]
    return [*shown, ("更早的", owed_fen - sum(fen for _, fen in shown))]


@get("/farm/orders", include_in_schema=False)
async def show_farm_orders(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Show the parcels to ship, the arriving guests, and the shipped parcels."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    async with db.connection() as conn:
        parcels = await load_parcels(conn, seal, actor, now=clock.now())
        sent = await load_parcels(conn, seal, actor, (SuborderState.SHIPPED,), now=clock.now())
        deposited = await load_parcels(conn, seal, actor, (SuborderState.DEPOSITED,), now=clock.now())
        tracking = await load_tracking(conn, [each.suborder_id for each in sent])
        guests = await load_guest_rows(conn, seal, actor, clock.today())
    days = get_services(request).settings.unmoved_days
    on_the_way = {each: summarize_tracking(way, now=clock.now(), unmoved_days=days) for each, way in tracking.items()}
    waiting, coming, shipped, ordered = show_drawings_once(
        parcel_rows(parcels, clock.today()),
        guests,
        parcel_rows(sent, clock.today(), on_the_way),
        parcel_rows(deposited, clock.today()),
    )
    context = {
        "waiting": waiting,
        "guests": coming,
        "sent": shipped,
        "ordered": ordered,
        "more": None,
        "notes": [("ok", "退给买家了", "钱原路退回，买家收到了短信。东西没有了的话，把在卖的数量也改一改。")]
        if request.query_params.get("said") == "cancelled"
        else [],
    }
    return render_page(request, "farm/orders.html", context, actor=actor)


ROUTES = [show_farm_home, show_farm_orders]
