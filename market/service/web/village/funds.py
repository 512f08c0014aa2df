"""扶持: what the county offers to its producers, and the form that applies, with what is known filled in."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.cases.casework.models import CaseOutcome, CaseState
from market.cases.casework.moves import get_person_scope
from market.catalogue.producers.models import CERTIFICATE_NAMES, PRODUCER_KIND_NAMES, ProducerRow, ProducerState
from market.catalogue.producers.queries import list_own_producers
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock, get_business_day
from market.kernel.division_codes import get_county_code
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_due
from market.service.http import HttpRequest
from market.service.web.forms import make_form_key, parse_integer, parse_uuid, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_zh, yuan
from market.service.web.village.home import choose_village
from market.villages.funds.applications import apply_for_fund, list_own_applications, load_snapshot
from market.villages.funds.calls import get_call, list_open_calls
from market.villages.funds.models import (
    KIND_NAMES,
    MAX_FEN,
    MAX_TEXT_LENGTH,
    Application,
    CallClosed,
    FundAppliedBefore,
    FundCall,
    FundInvalid,
    NewFundApplication,
    Snapshot,
)

_REFUSED = (FundInvalid, CallClosed, FundAppliedBefore)


class FundForm(Struct, frozen=True):
    """An application as typed."""

    producer_id: str = ""
    wanted: str = ""
    text: str = ""


def describe_call(call: FundCall) -> list[str]:
    """Return what a call gives, who gives it until when, and by which document."""
    most = f"，一家最多 {yuan(call.amount_fen)} 元" if call.amount_fen is not None else ""
    return [
        f"{KIND_NAMES[call.kind]}{most}，{call.department}",
        f"{day_zh(call.first)}到{day_zh(call.last)}，依据{call.basis}",
    ]


def describe_snapshot(snapshot: Snapshot) -> list[str]:
    """Return what goes with an application without being typed."""
    papers = "、".join(CERTIFICATE_NAMES[each] for each in snapshot.certificates) or "没有别的证"
    return [
        f"{snapshot.name}，{PRODUCER_KIND_NAMES[snapshot.kind]}，{snapshot.village}",
        f"卖{snapshot.produce}，{day_zh(snapshot.opened_on)}开的店，{papers}",
        f"一年里买家收到 {snapshot.orders} 单，{yuan(snapshot.sold_fen)} 元",
    ]


def describe_application(application: Application) -> list[str]:
    """Return who decides an application until when, or how it ended and why."""
    wanted = f"，想要 {yuan(application.wanted_fen)} 元" if application.wanted_fen is not None else ""
    about = f"{application.producer}，{day_zh(get_business_day(application.received_at))}申请{wanted}"
    if application.state is not CaseState.CLOSED:
        who = "县里" if application.assignee == "county" else "平台"
        return [about, f"等{who}定，{format_due(application.due_at)}前"]
    if application.outcome is not CaseOutcome.SOLVED:
        return [about, f"没有批：{application.reason}"]
    given = f" {yuan(application.granted_fen)} 元" if application.granted_fen is not None else ""
    return [about, f"批了{given}：{application.reason}"]


async def _list_own(db: Database, seal: Seal, visitor: Actor | None) -> list[Application]:
    if visitor is None or not visitor.producers:
        return []
    async with db.transaction(scope=get_person_scope(visitor)) as conn:
        return await list_own_applications(conn, seal, visitor)


@get("/village/funds", include_in_schema=False)
async def show_funds(
    request: HttpRequest,
    *,
    visitor: NamedDependency[Actor | None],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Show what producers of a village's county may apply for today, and what the visitor's shops applied for."""
    async with db.connection() as conn:
        village = await choose_village(conn, request, visitor, clock)
        if not village.code or village.fault:
            return redirect(f"/village?village={village.code}" if village.code else "/village")
        calls = await list_open_calls(conn, get_county_code(village.code), day=clock.today())
    context = {
        "village": village,
        "calls": [(f"/farm/funds/{each.number}", each.name, describe_call(each)) for each in calls],
        "own": [(each.call, describe_application(each)) for each in await _list_own(db, seal, visitor)],
        "sells": visitor is not None and bool(visitor.producers),
        "sent": request.query_params.get("done") == "1",
    }
    return render_page(request, "village/funds.html", context, actor=visitor)


async def _page(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock, number: int,
    *, form: FundForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.connection() as conn:
        call = await get_call(conn, number)
        shops = _list_shops(await list_own_producers(conn, actor), call)
        known = [(each, await load_snapshot(conn, actor, each.id, now=clock.now())) for each in shops]
    context = {
        "call": call,
        "lines": describe_call(call),
        "open": call.first <= clock.today() <= call.last,
        "shops": [(str(shop.id), shop.name) for shop, _ in known],
        "known": [describe_snapshot(snapshot) for _, snapshot in known],
        "form": form or FundForm(producer_id=str(shops[0].id) if shops else ""),
        "errors": errors,
        "key": make_form_key(),
        "most": MAX_TEXT_LENGTH,
    }
    return render_page(request, "farm/fund.html", context, status=status, actor=actor)


def _list_shops(producers: Sequence[ProducerRow], call: FundCall) -> list[ProducerRow]:
    return [each for each in producers if each.state is ProducerState.OPEN and each.county_code == call.county_code]


@get("/farm/funds/{number:str}", include_in_schema=False)
async def show_fund(
    request: HttpRequest,
    *,
    number: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show a call, and the form that applies for a shop of the actor's in its county.

    Raises:
        NotFound: there is no such call.
    """
    return await _page(request, db, actor, clock, parse_integer(number) or 0)


@post("/farm/funds/{number:str}", include_in_schema=False)
async def submit_application(
    request: HttpRequest,
    *,
    number: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Apply, once however often the form is sent.

    Raises:
        NotFound: there is no such call, or the shop is not the actor's.
    """
    form = await read_form(request)
    typed, found = form.fill(FundForm), parse_integer(number) or 0
    wanted_fen = form.read_optional_yuan("wanted", fault="写成 20000 或 20000.00", maximum=MAX_FEN)
    if form.faults:
        return await _page(request, db, actor, clock, found, form=typed, errors=form.faults, status=422)
    producer_id = parse_uuid(typed.producer_id)
    if producer_id is None:
        raise NotFound
    new = NewFundApplication(producer_id=producer_id, wanted_fen=wanted_fen, text=typed.text[: 2 * MAX_TEXT_LENGTH])

    async def apply(conn: Connection) -> str:
        await apply_for_fund(conn, seal, actor, found, new, now=clock.now())
        return "/village/funds?done=1"

    try:
        return await submit_once(request, actor, form, apply, scope=get_person_scope(actor))
    except _REFUSED as refusal:
        errors = refusal.errors or (FieldFault("text", refusal.text("zh")),)
        return await _page(request, db, actor, clock, found, form=typed, errors=errors, status=refusal.status)


ROUTES = [show_funds, show_fund, submit_application]
