"""七天无理由退货 on a seller's pages: returns to answer, and parcels that come back."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.cases.casework.models import SELLER
from market.cases.casework.moves import get_person_scope
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.access import require_producer
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_due
from market.sales.aftersales.answer_goods_return import answer_goods_return, confirm_goods_arrival
from market.sales.aftersales.goods_return_views import (
    GoodsReturn,
    GoodsReturnStage,
    get_goods_return,
    list_producer_returns,
)
from market.sales.aftersales.models import GoodsReturnInvalid
from market.service.http import HttpRequest
from market.service.web.farm.sellers import FarmRow, list_notes
from market.service.web.forms import read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.shop.promises import describe_seller_terms
from market.service.web.ui.format import yuan

_SAID = {
    "agreed": ("ok", "同意了", "买家会按您写的地址寄回来，单号写在退货里。"),
    "escalated": ("", "转给县里了", "县里定了会告诉您和买家。"),
    "arrived": ("ok", "收到了", "货款原路退给买家。货能再卖的，到“卖东西”里改还有几份。"),
}


def describe_return_for_seller(each: GoodsReturn) -> str:
    """Describe who does what until when, or what came of it."""
    due = f"{format_due(each.due_at)}前"
    raised = f"等上一级定，{due}"
    words = {
        GoodsReturnStage.ASKED: f"等您答复，{due}" if each.assignee == SELLER else raised,
        GoodsReturnStage.ACCEPTED: "同意了，等买家寄回",
        GoodsReturnStage.SENT: f"寄回来了，{each.carrier} {each.tracking}，收到请确认",
        GoodsReturnStage.CONTESTED: raised,
        GoodsReturnStage.REFUNDED: f"退了货款 {yuan(each.amount_fen)} 元",
        GoodsReturnStage.REFUSED: "不退",
        GoodsReturnStage.WITHDRAWN: "买家不退了",
    }
    return words[each.stage]


def list_return_facts(each: GoodsReturn) -> list[str]:
    """Return what is sent back, what the buyer says, and what was answered, as lines."""
    lines = [f"订单 {each.code}：退 {each.title}，货款 {yuan(each.amount_fen)} 元"]
    lines += [f"买家说：{each.text}"] if each.text else []
    lines += [f"没有直接退：{each.seller_reason}"] if each.seller_reason else []
    lines += [f"寄回：{each.carrier} {each.tracking}"] if each.sent_at else []
    return lines + ([f"答复：{each.decision}"] if each.decision else [])


@get("/farm/returns", include_in_schema=False)
async def show_returns(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """List the returns to the producers that a person works for: those that wait for them first."""
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        returns = await list_producer_returns(conn, seal, actor.producers)
    context = {
        "returns": [
            FarmRow(f"/farm/returns/{each.case_id}", each.title, [f"订单 {each.code}", words], "")
            for each in returns
            if (words := describe_return_for_seller(each))
        ],
        "notes": list_notes(request, _SAID),
    }
    return render_page(request, "farm/goods_returns.html", context, actor=actor)


async def _load_return(db: Database, seal: Seal, actor: Actor, case_id: UUID) -> GoodsReturn:
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        found = await get_goods_return(conn, seal, case_id)
    if found is None:
        raise NotFound
    require_producer(actor, found.producer_id)
    return found


def _page(
    request: HttpRequest, actor: Actor, found: GoodsReturn, *, settings: Settings,
    typed: tuple[str, str] = ("", ""), errors: tuple[FieldFault, ...] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    context = {
        "found": found,
        "facts": list_return_facts(found),
        "state": describe_return_for_seller(found),
        "answerable": found.stage is GoodsReturnStage.ASKED and found.assignee == SELLER,
        "coming": found.stage is GoodsReturnStage.SENT,
        "terms": describe_seller_terms(settings.return_days),
        "arrival_days": settings.return_arrival_days,
        "address": typed[0],
        "reason": typed[1],
        "errors": errors,
    }
    return render_page(request, "farm/goods_return.html", context, actor=actor, status=status)


@get("/farm/returns/{case_id:uuid}", include_in_schema=False)
async def show_farm_return(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    case_id: FromPath[UUID],
) -> Response[bytes]:
    """Show a return, and what the seller can answer now.

    Raises:
        NotFound: it is not against a producer that the person works for.
    """
    found = await _load_return(db, seal, actor, case_id)
    return _page(request, actor, found, settings=settings)


@post("/farm/returns/{case_id:uuid}", include_in_schema=False)
async def submit_return_answer(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    case_id: FromPath[UUID],
) -> Response[Any]:
    """Accept or refuse a return, confirm its arrival, or object to it.

    Raises:
        NotFound: it is not against a producer that the person works for.
    """
    form, now = await read_form(request), clock.now()
    decision, address, reason = form.get_text("decision"), form.get_text("address"), form.get_text("reason")
    gateway = get_services(request).gateway
    try:
        if decision == "object" and not reason:
            raise GoodsReturnInvalid(errors=(FieldFault("reason", "请写哪里不对，买家和县里看得到"),))
        if decision in {"arrived", "object"}:
            objection = reason if decision == "object" else ""
            found = await confirm_goods_arrival(db, gateway, seal, actor, case_id, objection=objection, now=now)
        else:
            agree = decision == "agree"
            text = address if agree else reason
            found = await answer_goods_return(db, seal, actor, case_id, agree=agree, text=text, now=now)
    except NotFound:
        raise
    except Refusal as refusal:
        found = await _load_return(db, seal, actor, case_id)
        errors = tuple(rename_faults(refusal, {}, otherwise="reason"))
        return _page(
            request, actor, found, settings=settings, typed=(address, reason), errors=errors,
            status=refusal.status,
        )  # fmt: skip
    said = {GoodsReturnStage.ACCEPTED: "agreed", GoodsReturnStage.REFUNDED: "arrived"}.get(found.stage, "escalated")
    return redirect(f"/farm/returns?said={said}", draft=form.draft)


ROUTES = [show_returns, show_farm_return, submit_return_answer]
