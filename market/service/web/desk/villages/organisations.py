"""单位: the county's organisations; an official verifies those that another brought or a member registered."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Database, Refusal
from market.kernel.clock import Clock
from market.people.identity.access import has_role_for, require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor, NotFound
from market.places.organisations.models import (
    KIND_NAMES,
    Organisation,
    OrganisationId,
)
from market.places.organisations.register import decide_organisation, list_organisations
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, open_desk, render_desk_page
from market.service.web.forms import parse_id, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import day_zh

_DONE = {"verified": "核好了", "refused": "退回了，名册里没有了"}


def describe_licence(organisation: Organisation) -> str:
    """Return until when the licence of an organisation is valid."""
    if not organisation.licensed:
        return "没有在有效期内的执照"
    until = organisation.licensed_until
    return "执照长期有效" if until is None else f"执照到{day_zh(until)}"


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext, *, notice: PageNotice | None = None, status: int = 200
) -> Response[bytes]:
    async with db.transaction(scope=desk.county) as conn:
        listed = await list_organisations(conn, desk.county, pending=True, day=desk.today)
    context = {
        "pending": [
            (each.id, each.name, [f"{KIND_NAMES[each.kind]}，{each.credit_code}", describe_licence(each)])
            for each in listed
            if each.verified_at is None
        ],
        "verified": [
            (each.name, [f"{KIND_NAMES[each.kind]}，{each.credit_code}", describe_licence(each)])
            for each in listed
            if each.verified_at is not None
        ],
        "keeps": has_role_for(desk.actor, COUNTY_KEEPERS, desk.county),
        "notice": notice,
    }
    return render_desk_page(request, desk, "organisations.html", context, status=status)


@get("/organisations", include_in_schema=False)
async def show_organisations(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the county's organisations, those to verify first."""
    desk = await open_desk(request, db, actor, clock)
    done = _DONE.get(request.query_params.get("done", ""))
    return await _page(request, db, desk, notice=PageNotice("ok", done) if done else None)


@post("/organisations/{organisation_id:str}", include_in_schema=False)
async def submit_organisation_decision(
    request: HttpRequest,
    *,
    organisation_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Verify an organisation, or refuse it."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    require_county_role(actor, COUNTY_KEEPERS, desk.county)
    found = parse_id(organisation_id)
    verified = form.get_text("act") == "verify"
    try:
        async with db.transaction(scope=desk.county) as conn:
            await decide_organisation(conn, actor, desk.county, OrganisationId(found), verified=verified, now=desk.now)
    except NotFound:
        raise
    except Refusal as refusal:
        return await _page(request, db, desk, notice=build_refusal_notice(refusal), status=refusal.status)
    return redirect(desk.to("/desk/organisations", done="verified" if verified else "refused"))


ROUTES = [show_organisations, submit_organisation_decision]
