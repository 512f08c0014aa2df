"""Returns of goods that an official decides: before they are sent, or once the seller objects."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.aftersales.answer_goods_return import decide_goods_return
from market.aftersales.goods_return_views import GoodsReturn, GoodsReturnStage, get_goods_return
from market.http import HttpRequest
from market.identity.models import Actor
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.orders.notifications import format_due
from market.web.desk.aftersales.assigned import load_assigned
from market.web.desk.context import DeskContext, build_county_query, open_desk, render_desk_page
from market.web.farm.aftersales.goods_returns import list_return_facts
from market.web.forms import read_form, rename_faults
from market.web.pages import redirect
from market.web.services import get_services


def _page(
    request: HttpRequest, desk: DeskContext, found: GoodsReturn,
    *, typed: tuple[str, str] = ("", ""), errors: tuple[FieldFault, ...] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    context = {
        "found": found,
        "facts": list_return_facts(found),
        "due": format_due(found.due_at),
        "open": found.stage in {GoodsReturnStage.ASKED, GoodsReturnStage.CONTESTED},
        "unsent": found.stage is GoodsReturnStage.ASKED,
        "address": typed[0],
        "reason": typed[1],
        "errors": errors,
        "keep": build_county_query(desk),
    }
    return render_desk_page(request, desk, "goods_return.html", context, status=status)


@get("/returns/{case_id:str}", include_in_schema=False)
async def show_desk_return(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    case_id: FromPath[str],
) -> Response[bytes]:
    """Show a return with both sides' words, and the form of the decision."""
    desk = await open_desk(request, db, actor, clock, register=False)
    found = await load_assigned(db, actor, case_id, lambda conn, read: get_goods_return(conn, seal, read))
    return _page(request, desk, found)


@post("/returns/{case_id:str}", include_in_schema=False)
async def submit_return_decision(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    case_id: FromPath[str],
) -> Response[Any]:
    """Decide a return; a decision is made once."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    found = await load_assigned(db, actor, case_id, lambda conn, read: get_goods_return(conn, seal, read))
    address, reason = form.get_text("address"), form.get_text("reason")
    gateway = get_services(request).gateway
    try:
        await decide_goods_return(
            db, gateway, seal, actor, found.case_id,
            grant=form.get_text("decision") == "grant", reason=reason, address=address, now=desk.now,
        )  # fmt: skip
    except Refusal as refusal:
        errors = tuple(rename_faults(refusal, {}, otherwise="reason"))
        return _page(request, desk, found, typed=(address, reason), errors=errors, status=refusal.status)
    return redirect(desk.to("/desk/cases", done=1))


ROUTES = [show_desk_return, submit_return_decision]
