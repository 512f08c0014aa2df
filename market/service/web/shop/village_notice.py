"""The public notice of a village: counts and reasons for everybody, no names; how to object, and with what result."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.division_codes import get_county_code
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.notify.notifications import format_due
from market.places.counties.contacts import find_contact
from market.service.http import HttpRequest
from market.service.web.forms import PostedForm, parse_integer, read_form
from market.service.web.pages import render_page
from market.service.web.ui.format import day_zh
from market.subsidies.intake.models import PUBLIC_KIND_NAMES, REASON_NAMES, SOURCE_NAMES
from market.subsidies.intake.notice import get_village_notice
from market.subsidies.intake.objection_models import (
    ANSWER_NAMES,
    MAX_OBJECTION_LENGTH,
    OBJECTION_REASON_NAMES,
    NewObjection,
    ObjectionInvalid,
    ObjectionReason,
)
from market.subsidies.intake.objections import (
    SHOWN_DAYS,
    appeal_objection,
    find_by_receipt,
    get_objection_status,
    object_to_notice,
    sum_up_objections,
)

_MAX_NUMBER = 2**31 - 1


class ObjectionForm(Struct, frozen=True):
    """The form of an objection as typed."""

    number: str = ""
    reason: str = ""
    text: str = ""


class ReceiptForm(Struct, frozen=True):
    """The form of a receipt, and of an appeal, as typed."""

    receipt: str = ""
    text: str = ""


def read_objection(form: PostedForm, *, number: int | None = None) -> NewObjection:
    """Return the objection that a form says, to the lead whose number is typed or given.

    Raises:
        ObjectionInvalid: no number is typed, or no reason is chosen.
    """
    if number is None:
        number = parse_integer(form.get_text("number"), maximum=_MAX_NUMBER)
    reason = next((each for each in ObjectionReason if each == form.get_text("reason")), None)
    if number is None or reason is None:
        faults = [FieldFault("number", "请写名单上的编号，是一个数")] if number is None else []
        faults += [FieldFault("reason", "请选一个")] if reason is None else []
        raise ObjectionInvalid(errors=tuple(faults))
    return NewObjection(number=number, reason=reason, text=form.get_text("text"))


async def _render_notice(
    request: HttpRequest, conn: Connection, village_code: str, clock: Clock,
    *, values: ObjectionForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    notice = await get_village_notice(conn, village_code, day=clock.today())
    counts = await sum_up_objections(conn, village_code, since=clock.today() - timedelta(days=SHOWN_DAYS))
    context = {
        "code": village_code,
        "village": notice.village,
        "place": f"{notice.county} {notice.village}",
        "matters": sum(each.matters for each in notice.sums),
        "rows": [
            (
                PUBLIC_KIND_NAMES[each.kind],
                f"{each.matters} 户，{REASON_NAMES[each.reason]}，{SOURCE_NAMES[each.source]}",
                f"{day_zh(each.notice_from)}到{day_zh(each.last_day)}",
            )
            for each in notice.sums
        ],
        "contact": await find_contact(conn, village_code, day=clock.today()),
        "received": sum(each.objections for each in counts),
        "days": SHOWN_DAYS,
        "counts": [
            (
                OBJECTION_REASON_NAMES[each.reason],
                f"{each.objections} 件，{ANSWER_NAMES[each.answer] if each.answer else '正在核实'}",
            )
            for each in counts
        ],
        "reasons": list(OBJECTION_REASON_NAMES.items()),
        "most": MAX_OBJECTION_LENGTH,
        "values": values or ObjectionForm(),
        "errors": errors,
    }
    return render_page(request, "shop/village_notice.html", context, status=status)


@get("/villages/{village_code:str}/notice", include_in_schema=False)
async def show_village_notice(
    request: HttpRequest, village_code: FromPath[str], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show what is under notice in a village today, and how to object."""
    async with db.connection() as conn:
        return await _render_notice(request, conn, village_code, clock)


@post("/villages/{village_code:str}/objections", include_in_schema=False, status_code=200, rate=RateClass.SIGN_IN)
async def submit_objection(
    request: HttpRequest,
    *,
    village_code: FromPath[str],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Receive an objection without a name, and show its receipt, which is shown once."""
    form = await read_form(request)
    async with db.connection() as conn:
        village = await get_village_notice(conn, village_code, day=clock.today())
    try:
        new = read_objection(form)
        async with db.transaction(scope=get_county_code(village.village_code)) as conn:
            received = await object_to_notice(conn, seal, village.village_code, new, recorder=None, now=clock.now())
    except Refusal as refusal:
        errors = refusal.errors or (FieldFault("number", refusal.text("zh")),)
        async with db.connection() as conn:
            return await _render_notice(
                request, conn, village_code, clock, values=form.fill(ObjectionForm), errors=errors,
                status=refusal.status,
            )  # fmt: skip
    context = {
        "number": received.number,
        "receipt": received.receipt,
        "due": format_due(received.due_at),
        "back": f"/villages/{village.village_code}/notice",
    }
    return render_page(request, "shop/objection_receipt.html", context)


def _render_status(
    request: HttpRequest, values: ReceiptForm, *, found: dict[str, Any] | None = None,
    errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    context = {"values": values, "found": found, "errors": errors, "most": MAX_OBJECTION_LENGTH}
    return render_page(request, "shop/objection.html", context, status=status)


@get("/objections", include_in_schema=False)
async def show_objection_form(request: HttpRequest) -> Response[bytes]:
    """Show the form in which a receipt is typed."""
    return _render_status(request, ReceiptForm())


@post("/objections", include_in_schema=False, status_code=200, rate=RateClass.SIGN_IN)
async def show_objection(
    request: HttpRequest, db: NamedDependency[Database], clock: NamedDependency[Clock], seal: NamedDependency[Seal]
) -> Response[bytes]:
    """Show how far the objection of a receipt is; with a text, ask the next level about it first."""
    form = await read_form(request)
    typed, now = form.fill(ReceiptForm), clock.now()
    errors: Sequence[FieldFault] = ()
    status = 200
    try:
        async with db.connection() as conn:
            county, case_id = await find_by_receipt(conn, typed.receipt)
    except Refusal as refusal:
        errors = (FieldFault("receipt", refusal.text("zh")),)
        return _render_status(request, typed, errors=errors, status=refusal.status)
    if form.get_text("appeal"):
        try:
            async with db.transaction(scope=county) as conn:
                await appeal_objection(conn, seal, case_id, typed.text, now=now)
        except Refusal as refusal:
            errors = refusal.errors or (FieldFault("text", refusal.text("zh")),)
            status = refusal.status
    async with db.transaction(scope=county) as conn:
        found = await get_objection_status(conn, seal, case_id, now=now)
    facts = {
        "title": f"异议 {found.number}",
        "about": f"{found.village}名单上的 {found.lead_number} 号，{OBJECTION_REASON_NAMES[found.reason]}",
        "state": ANSWER_NAMES[found.answer] if found.answer else "正在核实",
        "due": f"{format_due(found.due_at)}前答复" if found.due_at else "",
        "answers": found.answers,
        "until": day_zh(found.appeal_until) if found.appeal_until else "",
    }
    return _render_status(request, typed, found=facts, errors=errors, status=status)


ROUTES = [show_village_notice, submit_objection, show_objection_form, show_objection]
