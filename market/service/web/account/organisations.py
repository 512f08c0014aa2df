"""我的单位: a person registers the organisation they act for, and sees whether it was verified."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.division_codes import COUNTY, get_county_code
from market.people.identity.models import Actor
from market.places.divisions.queries import list_divisions_named
from market.places.organisations.models import KIND_NAMES, NewOrganisation, OrganisationInvalid, OrganisationKind
from market.places.organisations.register import list_own_organisations, register_organisation
from market.service.http import HttpRequest
from market.service.web.desk.villages.organisations import describe_licence
from market.service.web.forms import make_form_key, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import render_page

_FIELDS = {"county_code": "county", "licensed_until": "until"}


class OrganisationForm(Struct, frozen=True):
    """The form as typed."""

    kind: str = ""
    name: str = ""
    credit_code: str = ""
    county: str = ""
    until: str = ""


async def _page(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock, form: OrganisationForm,
    *, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        own = await list_own_organisations(conn, actor.account_id, day=clock.today())
    context = {
        "rows": [
            (
                each.name,
                [
                    f"{KIND_NAMES[each.kind]}，{each.credit_code}",
                    "核过了" if each.verified_at else "等县里核",
                    describe_licence(each),
                ],
            )
            for each in own
        ],
        "kinds": [("", "请选"), *((each.value, words) for each, words in KIND_NAMES.items())],
        "form": form,
        "errors": errors,
        "key": make_form_key(),
        "sent": request.query_params.get("done") == "1",
    }
    return render_page(request, "account/organisations.html", context, actor=actor, status=status)


@get("/me/organisations", include_in_schema=False)
async def show_own_organisations(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the person's organisations, with the form for another one."""
    return await _page(request, db, actor, clock, OrganisationForm())


@post("/me/organisations", include_in_schema=False)
async def submit_organisation(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Register an organisation, once however often the form is sent."""
    form = await read_form(request)
    typed = form.fill(OrganisationForm)
    until = form.read_optional_day("until", fault="写成 2030-12-31 这样；没有期限就空着")
    kind = next((each for each in OrganisationKind if each == typed.kind), None)
    if kind is None:
        form.add_fault("kind", "请选哪类单位")

    async def register(conn: Connection) -> str:
        counties = [each for each in await list_divisions_named(conn, typed.county, within="") if each.level == COUNTY]
        new = NewOrganisation(
            kind=kind or OrganisationKind.COMPANY,
            name=typed.name[:200],
            credit_code=typed.credit_code[:40],
            county_code=get_county_code(counties[0].code) if len(counties) == 1 else "",
            licensed_until=until,
        )
        await register_organisation(conn, actor, new, now=clock.now())
        return "/me/organisations?done=1"

    if form.faults:
        return await _page(request, db, actor, clock, typed, errors=form.faults, status=OrganisationInvalid.status)
    try:
        return await submit_once(request, actor, form, register, scope=get_person_scope(actor))
    except OrganisationInvalid as refusal:
        errors = [FieldFault(_FIELDS.get(each.field, each.field), each.message) for each in refusal.errors]
        return await _page(request, db, actor, clock, typed, errors=errors, status=refusal.status)


ROUTES = [show_own_organisations, submit_organisation]
