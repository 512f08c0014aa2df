"""代理: who stands in for whom among the county's officials, and for how long."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.people.identity.county_officials import is_kept_by
from market.people.identity.deputies import MAX_DAYS, appoint_deputy, end_deputy, list_deputies
from market.people.identity.models import ROLE_NAMES, Actor
from market.people.identity.officials import InvalidOfficial, list_officials
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, render_desk_page
from market.service.web.desk.staff.officials import open_county_desk
from market.service.web.forms import parse_day, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import day_zh

_FAULTS = {"first": "从今天起、一年以内的一天", "last": f"不早于第一天，最多 {MAX_DAYS} 天"}
"""What would be right, for each field that the domain refuses."""
_DONE = {"named": "代理的人定好了", "ended": "不再代理了"}


class DeputyForm(Struct, frozen=True):
    """The form of a deputy as typed."""

    absent: str = ""
    deputy: str = ""
    first: str = ""
    last: str = ""


class DeputyRow(Struct, frozen=True):
    """A deputy as the page shows it: who for whom, until when, in what; the handles go back with the button."""

    handle: str
    absent_handle: str
    title: str
    text: str


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext,
    *, form: DeputyForm, errors: Sequence[FieldFault] = (), notice: PageNotice | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=desk.county) as conn:
        officials = await list_officials(conn, desk.county, now=desk.now)
        deputies = await list_deputies(conn, desk.county, now=desk.now)
    rows = [
        DeputyRow(
            each.handle,
            each.absent_handle,
            f"{each.name} 代 {each.absent_name}",
            f"{day_zh(each.first)}到{day_zh(each.last)}，{'、'.join(ROLE_NAMES[role] for role in each.roles)}",
        )
        for each in deputies
    ]
    kept = [each for each in officials if is_kept_by(desk.county, each)]
    context = {
        "rows": rows,
        "people": [(each.handle, f"{each.name}（{each.handle}）") for each in kept],
        "form": form,
        "errors": errors,
        "notice": notice,
        "max_days": MAX_DAYS,
    }
    return render_desk_page(request, desk, "deputies.html", context, status=status)


@get("/deputies", include_in_schema=False)
async def show_deputies(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List who stands in for whom today and later, with the form for another deputy."""
    desk = await open_county_desk(request, db, actor, clock)
    done = _DONE.get(request.query_params.get("done", ""))
    form = DeputyForm(first=desk.today.isoformat())
    return await _page(request, db, desk, form=form, notice=PageNotice("ok", done) if done else None)


@post("/deputies", include_in_schema=False)
async def submit_deputy(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Name a deputy for some days."""
    form = await read_form(request)
    desk = await open_county_desk(request, db, actor, clock)
    typed = form.fill(DeputyForm)
    try:
        async with db.transaction(scope=desk.county) as conn:
            await appoint_deputy(
                conn, actor, desk.county, typed.absent, deputy=typed.deputy,
                first=parse_day(typed.first), last=parse_day(typed.last), now=desk.now,
            )  # fmt: skip
    except InvalidOfficial as refusal:
        errors = [FieldFault(each.field, _FAULTS[each.field]) for each in refusal.errors]
        return await _page(request, db, desk, form=typed, errors=errors, status=refusal.status)
    except Refusal as refusal:
        notice = build_refusal_notice(refusal, "没有定")
        return await _page(request, db, desk, form=typed, notice=notice, status=refusal.status)
    return redirect(desk.to("/desk/deputies", done="named"))


@post("/deputies/end", include_in_schema=False)
async def submit_deputy_end(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """End that an official stands in for another one, today and later."""
    form = await read_form(request)
    desk = await open_county_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        await end_deputy(
            conn, actor, desk.county, form.get_text("absent"), deputy=form.get_text("deputy"), now=desk.now
        )
    return redirect(desk.to("/desk/deputies", done="ended"))


ROUTES = [show_deputies, submit_deputy, submit_deputy_end]
