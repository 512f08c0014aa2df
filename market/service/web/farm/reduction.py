"""申请话费减免: a household applies, sees how far it is, and withdraws; no word of any category."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.division_codes import VILLAGE
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.places.divisions.queries import search_divisions
from market.service.http import HttpRequest
from market.service.web.forms import parse_id, read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_zh
from market.subsidies.intake.consents import CONSENT_TEXTS, CONSENT_VERSION, consent_again, withdraw_consent
from market.subsidies.intake.models import OPEN_STATES, STATE_NAMES, LeadInvalid, LeadState
from market.subsidies.intake.report import apply_for_household
from market.subsidies.intake.take_step import withdraw_application
from market.subsidies.intake.views import OwnLead, list_own_leads

_MAX_SHOWN = 10
_WITHDRAWN = "，您撤回了同意；重新同意以后，村里、乡镇恢复减免"


class ReductionForm(Struct, frozen=True):
    """The form as typed."""

    village: str = ""
    note: str = ""


async def _page(
    request: HttpRequest, conn: Connection, actor: Actor, values: ReductionForm,
    *, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    rows = [
        (
            f"申请 {each.number}，{day_zh(each.reported_at)}",
            f"{each.village}　{STATE_NAMES[each.state]}{_WITHDRAWN if each.consent_withdrawn else ''}",
            f"/villages/{each.village_code}/notice" if each.notice_until else "",
            *_offer_move(each),
        )
        for each in await list_own_leads(conn, actor.account_id)
    ]
    context = {
        "rows": rows,
        "values": values,
        "errors": errors,
        "consent": CONSENT_TEXTS[CONSENT_VERSION],
        "again": any(each[5] for each in rows),
    }
    return render_page(request, "farm/reduction.html", context, actor=actor, status=status)


def _offer_move(lead: OwnLead) -> tuple[str, str, bool]:
    """Return where and with what words a lead is withdrawn or consented to again, empty if neither is possible.

    The first is asked on a page of its own, the second is a form, which is true.
    """
    if lead.state in OPEN_STATES:
        return get_withdrawal_path(lead.id), "撤回", False
    if lead.state is LeadState.DECIDED and lead.consent_withdrawn:
        return f"/farm/bill/applications/{lead.id}/consent-again", "还要减，重新同意：", True
    if lead.state is LeadState.DECIDED:
        return get_withdrawal_path(lead.id), "不减了，撤回同意：", False
    return "", "", False


def get_withdrawal_path(lead_id: UUID) -> str:
    """Return the page that asks whether to withdraw an application, or the consent to what was decided."""
    return f"/farm/bill/applications/{lead_id}/withdrawal"


@get("/farm/bill/applications", include_in_schema=False)
async def show_applications(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[Any]:
    """Show what a person applied for and how far it is, and the form."""
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        return await _page(request, conn, actor, ReductionForm())


@post("/farm/bill/applications", include_in_schema=False)
async def submit_household_application(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Apply for the reduction of the household's phone bill."""
    form = await read_form(request)
    typed = form.fill(ReductionForm)
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            code = await _find_village(conn, typed.village)
            await apply_for_household(conn, seal, actor, village_code=code, note=typed.note, now=clock.now())
    except Refusal as refusal:
        errors = rename_faults(refusal, {"village_code": "village"}, otherwise="note")
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            return await _page(request, conn, actor, typed, errors=errors, status=refusal.status)
    return redirect("/farm/bill/applications", draft=form.draft)


@get("/farm/bill/applications/{lead_id:uuid}/withdrawal", include_in_schema=False)
async def show_withdrawal(
    request: HttpRequest, lead_id: FromPath[UUID], actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[Any]:
    """Say what becomes of a reduction that is withdrawn, and ask for it.

    Raises:
        NotFound: the actor has no such application, or withdrew it before.
    """
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        own = next((each for each in await list_own_leads(conn, actor.account_id) if each.id == lead_id), None)
    if own is None or own.consent_withdrawn or own.state not in {*OPEN_STATES, LeadState.DECIDED}:
        raise NotFound
    decided = own.state is LeadState.DECIDED
    return render_page(request, "farm/reduction_withdrawal.html", {"id": str(lead_id), "decided": decided}, actor=actor)


@post("/farm/bill/applications/{lead_id:str}", include_in_schema=False)
async def submit_withdrawal(
    request: HttpRequest,
    *,
    lead_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Withdraw an application."""
    await read_form(request)
    parsed = parse_id(lead_id)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        await withdraw_application(conn, seal, actor, parsed, now=clock.now())
    return redirect("/farm/bill/applications")


@post("/farm/bill/applications/{lead_id:str}/consent", include_in_schema=False)
async def submit_consent_withdrawal(
    request: HttpRequest,
    *,
    lead_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Withdraw the consent to a reduction that was decided: it ends today."""
    await read_form(request)
    parsed = parse_id(lead_id)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        await withdraw_consent(conn, seal, actor, parsed, now=clock.now())
    return redirect("/farm/bill/applications")


@post("/farm/bill/applications/{lead_id:str}/consent-again", include_in_schema=False)
async def submit_consent_again(
    request: HttpRequest,
    *,
    lead_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Consent again to a reduction that was decided; the page shows the text that is consented to."""
    await read_form(request)
    parsed = parse_id(lead_id)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        await consent_again(conn, actor, parsed, now=clock.now())
    return redirect("/farm/bill/applications")


async def _find_village(conn: Connection, text: str) -> str:
    """Return the code of the only village that the typed name or code means.

    Raises:
        LeadInvalid: there is none, or several; these are named with their townships.
    """
    found = [each for each in await search_divisions(conn, text) if each.level == VILLAGE]
    exact = [each for each in found if each.name == text.strip()] or found
    if len(exact) == 1:
        return exact[0].code
    several = "；".join(f"{''.join(each.path[-2:])}{each.name} {each.code}" for each in exact[:_MAX_SHOWN])
    message = f"叫这个名字的有几个，请写后面的编号：{several}" if exact else "没有找到这个村，请写村名"
    if text.isdecimal():
        return text
    raise LeadInvalid(errors=(FieldFault("village_code", message),))


ROUTES = [
    show_applications,
    submit_household_application,
    show_withdrawal,
    submit_withdrawal,
    submit_consent_withdrawal,
    submit_consent_again,
]
