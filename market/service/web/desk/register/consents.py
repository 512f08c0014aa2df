"""农户的同意: the form to print and sign, the photo of it, and who read that photo."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Busy, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.people.storage.files import FileStore
from market.service.http import HttpRequest
from market.service.web.desk.context import open_desk, render_desk_page
from market.service.web.desk.register.leads import StepForm, parse_lead_id, render_lead
from market.service.web.forms import parse_day, read_form
from market.service.web.pages import redirect
from market.subsidies.intake.consents import (
    CONSENT_TEXTS,
    CONSENT_VERSION,
    read_consent_photo,
    record_consent_photo,
    render_consent_photo,
)
from market.subsidies.intake.models import LeadInvalid
from market.subsidies.intake.views import get_lead


@get("/leads/{lead_id:str}/consent", include_in_schema=False)
async def show_consent_form(
    request: HttpRequest,
    *,
    lead_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show the form of a consent, to print and sign."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        lead = await get_lead(conn, seal, parse_lead_id(lead_id), desk.divisions)
    context = {"lead": lead, "consent": CONSENT_TEXTS[CONSENT_VERSION], "back": desk.to(f"/desk/leads/{lead.id}")}
    return render_desk_page(request, desk, "consent.html", context)


@post("/leads/{lead_id:str}/consent", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_consent(
    request: HttpRequest,
    *,
    lead_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
    files: NamedDependency[FileStore],
) -> Response[Any]:
    """Record a signed consent with the photo of it."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    parsed, values = parse_lead_id(lead_id), StepForm(given_on=form.get_text("given_on"))
    given_on = parse_day(values.given_on)
    chosen = form.get_files("photo")
    content = await chosen[0].read() if chosen else b""
    try:
        faults = [] if content else [FieldFault("photo", "请选一张照片")]
        if given_on is None:
            faults.append(FieldFault("given_on", "请写哪天签的"))
        if faults or given_on is None:
            raise LeadInvalid(errors=tuple(faults))
        photo = await render_consent_photo(files, content, account=actor.account_id)
        async with db.transaction(scope=desk.county) as conn:
            await record_consent_photo(
                conn, seal, actor, desk.county, lead_id=parsed, photo=photo, given_on=given_on, now=desk.now
            )
    except (NotFound, Busy):
        raise
    except Refusal as refusal:
        errors = refusal.errors or (FieldFault("photo", refusal.text("zh")),)
        async with db.transaction(scope=desk.county) as conn:
            lead = await get_lead(conn, seal, parsed, desk.divisions)
            return await render_lead(
                request, conn, seal, desk, lead, values=values, errors=errors, status=refusal.status
            )
    return redirect(desk.to(f"/desk/leads/{parsed}", done="consent"))


@get("/leads/{lead_id:str}/consents/{consent_id:uuid}", include_in_schema=False)
async def show_consent_photo(
    request: HttpRequest,
    *,
    lead_id: FromPath[str],
    consent_id: FromPath[UUID],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Return the photo of a signed consent; the audit record keeps who read it."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        photo = await read_consent_photo(
            conn, seal, actor, desk.divisions, lead_id=parse_lead_id(lead_id), consent_id=consent_id, now=desk.now
        )
    return Response(photo, media_type="image/webp")


ROUTES = [show_consent_form, submit_consent, show_consent_photo]
