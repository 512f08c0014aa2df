"""减免的事投诉: a form for everybody, with a name or without one, and the answer for who has the receipt."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.cases.casework.models import CaseOutcome, CaseState
from market.cases.casework.moves import get_account_scope
from market.cases.grievances.answer import appeal_grievance
from market.cases.grievances.models import MAX_TEXT_LENGTH, GrievanceReceipt, GrievanceReceiptUnknown
from market.cases.grievances.receive import receive_grievance
from market.cases.grievances.views import Grievance, find_asker, find_own_grievance
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.division_codes import get_county_code
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.people.notify.notifications import format_due
from market.service.http import HttpRequest, get_client_network
from market.service.web.forms import parse_integer, read_form, rename_faults
from market.service.web.pages import render_page
from market.service.web.shop.regions import list_listed_counties

_OUTCOMES = {
    CaseOutcome.SOLVED: "办好了",
    CaseOutcome.UNSOLVED: "查了，没有办",
    CaseOutcome.NOT_OURS: "不归这里管",
    CaseOutcome.DUPLICATE: "已经有一件",
    CaseOutcome.WITHDRAWN: "撤回了",
}
_ANSWERERS = {"county": "县里", "supervisor": "上一级", "platform": "平台"}


class GrievanceForm(Struct, frozen=True):
    """The form as typed."""

    county: str = ""
    text: str = ""
    named: str = ""


class GrievanceReceiptForm(Struct, frozen=True):
    """Number and code of a receipt as typed."""

    number: str = ""
    code: str = ""


async def _page(
    request: HttpRequest,
    db: Database,
    visitor: Actor | None,
    *,
    values: GrievanceForm,
    errors: Sequence[FieldFault] = (),
    status: int = 200,
) -> Response[bytes]:
    async with db.connection() as conn:
        counties = await list_listed_counties(conn)
    groups: dict[str, list[tuple[str, str]]] = {}
    for each in counties:
        groups.setdefault(each.prefecture, []).append((get_county_code(each.code), each.name))
    context = {
        "groups": [("", [("", "请选")]), *groups.items()],
        "values": values,
        "errors": errors,
        "most": MAX_TEXT_LENGTH,
        "signed_in": visitor is not None,
    }
    return render_page(request, "shop/grievance.html", context, status=status, actor=visitor)


@get("/grievance", include_in_schema=False)
async def show_grievance_form(
    request: HttpRequest,
    visitor: NamedDependency[Actor | None],
    db: NamedDependency[Database],
) -> Response[bytes]:
    """Show the form of a grievance; `county` chooses a county."""
    county = request.query_params.get("county", "")[:6]
    return await _page(request, db, visitor, values=GrievanceForm(county=county))


@post("/grievance", include_in_schema=False, rate=RateClass.SIGN_IN)
async def submit_grievance(
    request: HttpRequest,
    *,
    visitor: NamedDependency[Actor | None],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Receive a grievance and show its receipt, once."""
    form = await read_form(request)
    values = GrievanceForm(form.get_text("county")[:6], form.get_text("text"), form.get_text("named"))
    asker = visitor if values.named == "1" else None
    try:
        async with db.transaction(scope=values.county) as conn:
            receipt = await receive_grievance(
                conn, seal, asker=asker, county=values.county, text=values.text,
                network=get_client_network(request), now=clock.now(),
            )  # fmt: skip
    except Refusal as refusal:
        errors = rename_faults(refusal, {}, otherwise="text")
        return await _page(request, db, visitor, values=values, errors=errors, status=refusal.status)
    return render_page(request, "shop/grievance_receipt.html", _describe_receipt(receipt), actor=visitor)


def _describe_receipt(receipt: GrievanceReceipt) -> dict[str, Any]:
    return {"number": receipt.number, "code": receipt.code, "due": format_due(receipt.due_at)}


@get("/grievance/answer", include_in_schema=False)
async def show_receipt_form(request: HttpRequest) -> Response[bytes]:
    """Show the form in which number and code of a receipt are typed."""
    return _answer_page(request, None, values=GrievanceReceiptForm(request.query_params.get("number", "")[:12]))


@post("/grievance/answer", include_in_schema=False, rate=RateClass.SIGN_IN)
async def submit_receipt(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show where a grievance stands and its answer; with a text, ask the next level to look at it again.

    The code is in the form and never in an address.
    """
    form = await read_form(request)
    values = GrievanceReceiptForm(form.get_text("number")[:12], form.get_text("code")[:40])
    number = parse_integer(values.number) or 0
    grievance: Grievance | None = None
    try:
        async with db.connection() as conn:
            asker = await find_asker(conn, number, values.code)
        async with db.transaction(scope=get_account_scope(asker)) as conn:
            grievance = await find_own_grievance(conn, seal, number)
            if form.get_text("act") == "appeal":
                grievance = await appeal_grievance(conn, seal, grievance, text=form.get_text("text"), now=clock.now())
    except Refusal as refusal:
        field = "code" if isinstance(refusal, GrievanceReceiptUnknown) else "text"
        errors = rename_faults(refusal, {}, otherwise=field)
        return _answer_page(
            request, grievance, values=values, errors=errors, text=form.get_text("text"), status=refusal.status,
            appeal=grievance is not None and grievance.may_appeal(clock.now()),
        )  # fmt: skip
    return _answer_page(request, grievance, values=values, appeal=grievance.may_appeal(clock.now()))


def _answer_page(
    request: HttpRequest,
    grievance: Grievance | None,
    *,
    values: GrievanceReceiptForm,
    errors: Sequence[FieldFault] = (),
    text: str = "",
    appeal: bool = False,
    status: int = 200,
) -> Response[bytes]:
    context = {
        "grievance": grievance,
        "state": _describe_state(grievance) if grievance else "",
        "values": values,
        "errors": errors,
        "text": text,
        "appeal": appeal,
        "most": MAX_TEXT_LENGTH,
    }
    return render_page(request, "shop/grievance_answer.html", context, status=status)


def _describe_state(grievance: Grievance) -> str:
    if grievance.state is CaseState.CLOSED and grievance.outcome is not None:
        return _OUTCOMES[grievance.outcome]
    who = _ANSWERERS.get(grievance.assignee, "县里")
    return f"{who}在办，{format_due(grievance.due_at)}前答复"


ROUTES = [show_grievance_form, submit_grievance, show_receipt_form, submit_receipt]
