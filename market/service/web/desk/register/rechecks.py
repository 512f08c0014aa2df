"""复核: the households whose yearly check is due, by village, with who has to go; and the record that they went."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import has_role_for, require_county_scopes
from market.people.identity.models import Actor
from market.reports.line import unseal_masked_name
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, open_desk, render_desk_page
from market.service.web.forms import parse_day, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import day_short
from market.subsidies.register.rechecks import (
    DAYS_AHEAD,
    RECHECKERS,
    NewRechecks,
    RecheckInvalid,
    list_due_rechecks,
    record_rechecks,
    sum_up_rechecks,
)


class RecheckForm(Struct, frozen=True):
    """The form of rechecks as typed."""

    village: str = ""
    checked_on: str = ""


async def _page(
    request: HttpRequest, conn: Connection, seal: Seal, desk: DeskContext,
    *, values: RecheckForm, errors: Sequence[FieldFault] = (), notice: PageNotice | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    villages = await sum_up_rechecks(conn, desk.county, desk.divisions, today=desk.today)
    chosen = next((each for each in villages if each.village_code == values.village), None)
    if chosen is None and len(villages) == 1:
        chosen = villages[0]
    households = []
    if chosen is not None:
        households = await list_due_rechecks(
            conn, desk.county, desk.divisions, village=chosen.village_code, today=desk.today
        )
    context = {
        "due": sum(each.due for each in villages),
        "overdue": sum(each.overdue for each in villages),
        "ahead": DAYS_AHEAD,
        "rows": [
            (
                desk.to("/desk/rechecks", village=each.village_code) + "#households",
                each.village,
                [
                    str(each.due), str(each.overdue), day_short(each.first_due),
                    "、".join(each.people) or "还没有人，请先任命村级办事人员",
                ],
            )
            for each in villages
        ],
        "village": chosen,
        "records": chosen is not None and has_role_for(desk.actor, RECHECKERS, chosen.village_code),
        "households": [
            (
                each.household,
                f"{each.household} 户　{unseal_masked_name(seal, each.head_sealed)}",
                f"上次 {day_short(each.checked_on)}，最晚 {day_short(each.due_on)}"
                + (f"，过期 {(desk.today - each.due_on).days} 天" if each.due_on < desk.today else ""),
            )
            for each in households
        ],
        "values": values,
        "errors": errors,
        "notice": notice,
    }  # fmt: skip
    return render_desk_page(request, desk, "rechecks.html", context, status=status)


@get("/rechecks", include_in_schema=False)
async def show_rechecks(
    request: HttpRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show the rechecks that are due, by village, and the households of one."""
    desk = await open_desk(request, db, actor, clock)
    done = request.query_params.get("done", "")
    notice = PageNotice("ok", f"记下了 {done} 户") if done.isdigit() else None
    values = RecheckForm(village=request.query_params.get("village", ""))
    async with db.transaction(scope=desk.county) as conn:
        return await _page(request, conn, seal, desk, values=values, notice=notice)


@post("/rechecks", include_in_schema=False)
async def submit_rechecks(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Record that households were visited and nothing has changed."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    require_county_scopes(actor, RECHECKERS, desk.county)
    typed, day = form.fill(RecheckForm), parse_day(form.get_text("checked_on"))
    errors: Sequence[FieldFault] = (FieldFault("checked_on", "请写哪天去的"),)
    if day is not None:
        new = NewRechecks(households=tuple(form.get_texts("household")), checked_on=day)
        try:
            async with db.transaction(scope=desk.county) as conn:
                count = await record_rechecks(conn, actor, desk.county, new, now=desk.now)
            return redirect(desk.to("/desk/rechecks", village=typed.village, done=count))
        except RecheckInvalid as refusal:
            errors = refusal.errors
    async with db.transaction(scope=desk.county) as conn:
        return await _page(request, conn, seal, desk, values=typed, errors=errors, status=RecheckInvalid.status)


ROUTES = [show_rechecks, submit_rechecks]
