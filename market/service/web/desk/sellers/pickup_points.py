"""自提点: the register of the county's pickup points, kept by its officials."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.access import list_scopes, require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor
from market.places.divisions.queries import list_divisions_named
from market.sales.pickup_points.models import NewPickupPoint, PickupPointInvalid
from market.sales.pickup_points.register import add_point, change_keeper, list_points, open_point
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, open_desk, render_desk_page
from market.service.web.forms import parse_id, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import phone

_DONE = {
    "added": "登记好了，买家现在就能选",
    "opened": "开了，买家能选",
    "changed": "换好了，两个人都收到短信",
    "closed": "关了，买家不能再选；路上的照样收、照样给",
}


class PointForm(Struct, frozen=True):
    """The form of a point as typed."""

    name: str = ""
    place: str = ""
    address: str = ""
    phone: str = ""
    hours: str = ""
    keeper_phone: str = ""


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext,
    *, form: PointForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.connection() as conn:
        points = await list_points(conn, [desk.county], closed=True)
    done = _DONE.get(request.query_params.get("done", ""))
    context = {
        "rows": [
            (
                each.id,
                each.name,
                [each.address, f"{phone(each.phone)}，{each.hours}", "" if each.open else "关着"],
                each.open,
            )
            for each in points
        ],
        "keeps": any(desk.county.startswith(scope) for scope in list_scopes(desk.actor, COUNTY_KEEPERS)),
        "form": form or PointForm(),
        "errors": errors,
        "notice": PageNotice("ok", done) if done and not errors else None,
    }
    return render_desk_page(request, desk, "pickup_points.html", context, status=status)


@get("/pickup-points", include_in_schema=False)
async def show_points(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the county's pickup points, with the form for another one."""
    return await _page(request, db, await open_desk(request, db, actor, clock))


@post("/pickup-points", include_in_schema=False)
async def submit_point(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Register a point."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    require_county_role(actor, COUNTY_KEEPERS, desk.county)
    typed = form.fill(PointForm)
    try:
        async with db.transaction() as conn:
            found = await list_divisions_named(conn, typed.place, within=desk.county)
            place = found[0].code if len(found) == 1 else ""
            new = build_from(NewPickupPoint, typed, division_code=place)
            await add_point(conn, seal, actor, desk.county, new, now=desk.now)
    except PickupPointInvalid as refusal:
        faults = [
            FieldFault("place" if each.field == "division_code" else each.field, each.message)
            for each in refusal.errors
        ]
        return await _page(request, db, desk, form=typed, errors=faults, status=refusal.status)
    return redirect(desk.to("/desk/pickup-points", done="added"))


@post("/pickup-points/{point_id:str}", include_in_schema=False)
async def submit_opening(
    request: HttpRequest,
    *,
    point_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Open a point, close it to new orders, or give it to another keeper."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    parsed = parse_id(point_id)
    act = form.get_text("act")
    opened = act == "open"
    try:
        async with db.transaction() as conn:
            if act == "keeper":
                keeper_phone = form.get_text("keeper")
                await change_keeper(conn, seal, actor, desk.county, parsed, keeper_phone=keeper_phone, now=desk.now)
            else:
                await open_point(conn, actor, desk.county, parsed, opened=opened, now=desk.now)
    except PickupPointInvalid as refusal:
        # The field of the point whose keeper was to change is not that of the form for another point.
        faults = [
            FieldFault(f"keeper-{parsed}" if act == "keeper" else each.field, each.message) for each in refusal.errors
        ]
        return await _page(request, db, desk, errors=faults, status=refusal.status)
    done = "changed" if act == "keeper" else "opened" if opened else "closed"
    return redirect(desk.to("/desk/pickup-points", done=done))


ROUTES = [show_points, submit_point, submit_opening]
