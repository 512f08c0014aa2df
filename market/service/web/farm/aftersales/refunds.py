"""A seller's refunds that need a second person: the pending ones with 同意 and 不同意, and what came of the others."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.catalogue.producers.queries import list_own_producers
from market.kernel import Connection, Database, Fen, Refusal
from market.kernel.clock import Clock
from market.people.identity.models import Actor
from market.sales.aftersales.decide_refund import decide_refund_request, list_refund_requests
from market.sales.aftersales.refund_limit import get_refund_limit
from market.sales.orders.money.refund_requests import LapseReason, RefundRequestState, RequestedRefund
from market.service.http import HttpRequest
from market.service.web.farm.sellers import list_notes
from market.service.web.forms import read_form
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.ui.format import clock_zh

STATE_NAMES = {
    RefundRequestState.WAITING: "等另一个人同意",
    RefundRequestState.CONSENTED: "同意了，已经在退",
    RefundRequestState.REFUSED: "不同意，没有退",
    RefundRequestState.LAPSED: "不用退了",
}
LAPSE_TEXTS = {
    LapseReason.CANCELLED: "订单已经取消，钱另外退",
    LapseReason.DISPUTED: "买家向银行提出了异议，等银行的结果",
    LapseReason.REFUNDED: "这一单另有退款",
    LapseReason.EXPIRED: "七天没有人同意，作废了；还要退就再提一次",
}


class RefundRequestView(Struct, frozen=True, kw_only=True):
    """A requested refund for display; `action` is where a waiting one is decided."""

    id: str
    title: str
    amount_fen: Fen
    lines: list[str]
    state: str
    action: str
    own: bool


class ProducerRefunds(Struct, frozen=True, kw_only=True):
    """One producer's refund limit and requested refunds."""

    name: str
    limit_fen: Fen
    requests: list[RefundRequestView]


def present_refund_request(request: RequestedRefund) -> RefundRequestView:
    """Return a requested refund for display."""
    lines = [f"订单 {request.code}，{request.requester} {clock_zh(request.requested_at)} 提的"]
    lines += [f"原因：{request.note}"] if request.note else []
    lines += [LAPSE_TEXTS[request.lapse_reason]] if request.lapse_reason else []
    lines += [f"不同意的原因：{request.decision_note}"] if request.decision_note else []
    waiting = request.state is RefundRequestState.WAITING
    return RefundRequestView(
        id=str(request.id),
        title=request.title,
        amount_fen=request.amount_fen,
        lines=lines,
        state=STATE_NAMES[request.state],
        action=f"/farm/refunds/{request.id}" if waiting else "",
        own=request.own,
    )


async def _load_refunds(conn: Connection, actor: Actor, clock: Clock) -> list[ProducerRefunds]:
    return [
        ProducerRefunds(
            name=producer.name,
            limit_fen=await get_refund_limit(conn, producer.id, day=clock.today()),
            requests=[present_refund_request(each) for each in await list_refund_requests(conn, actor, producer.id)],
        )
        for producer in await list_own_producers(conn, actor)
    ]


async def _page(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock, *, refusal: Refusal | None = None
) -> Response[bytes]:
    async with db.connection() as conn:
        producers = await _load_refunds(conn, actor, clock)
    said = {
        "consented": ("ok", "同意了", "钱原路退给买家。"),
        "refused": ("ok", "没有同意", "这笔钱不退。"),
        "lapsed": ("warn", "不用退了", "原因写在下面。"),
    }
    notes = list_notes(request, said, refusal)
    context = {"producers": producers, "notes": notes}
    status = refusal.status if refusal else 200
    return render_page(request, "farm/refunds.html", context, actor=actor, status=status)


@get("/farm/refunds", include_in_schema=False)
async def show_refunds(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[bytes]:
    """Show the refunds of each producer that a person works for, as far as they needed a second person."""
    return await _page(request, db, actor, clock)


@post("/farm/refunds/{request_id:uuid}", include_in_schema=False)
async def submit_refund_decision(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    request_id: FromPath[UUID],
) -> Response[Any]:
    """Consent to a refund of the seller, or refuse it; pressing twice changes nothing."""
    form = await read_form(request)
    gateway = get_services(request).gateway
    consent = form.get_text("decision") == "consent"
    try:
        decided = await decide_refund_request(db, gateway, actor, request_id, consent=consent, now=clock.now())
    except Refusal as refusal:
        return await _page(request, db, actor, clock, refusal=refusal)
    return redirect(f"/farm/refunds?said={decided.state}")


ROUTES = [show_refunds, submit_refund_decision]
