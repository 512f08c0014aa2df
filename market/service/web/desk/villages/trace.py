"""溯源 on the desk: what a 亩 may give, the county's lots, and the labels of one to revoke."""

from collections.abc import Sequence

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.catalogue.listings.units import format_weight
from market.catalogue.trace.harvests import get_county_lot, list_county_lots, list_parents
from market.catalogue.trace.labels import list_runs
from market.catalogue.trace.models import MAX_REASON_LENGTH, TraceInvalid
from market.catalogue.trace.plots import list_yield_limits
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.desk.context import open_desk, render_desk_page
from market.service.web.farm.trace.lots import ALL_LABELS, LabelForm, describe_run, list_lot_facts, revoke_typed
from market.service.web.forms import make_form_key, parse_integer, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.ui.format import day_zh


@get("/trace", include_in_schema=False)
async def show_trace(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the county's lots with what has labels, and the limits with their sources."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        lots = await list_county_lots(conn, actor, desk.county)
        limits = await list_yield_limits(conn, desk.county, day=clock.today())
    context = {
        "head": ["谁家的", "采收", "重量", "没贴标签", "标签", "作废"],
        "lots": [
            (
                desk.to(f"/desk/trace/{each.number}"), f"{each.crop} 第 {each.number} 批",
                [
                    each.producer, day_zh(each.harvested_on), format_weight(each.grams),
                    format_weight(each.left_grams) if each.left_grams else "0", str(each.labels), str(each.revoked),
                ],
            )
            for each in lots
        ],
        "limits": [
            (each.crop, [f"一亩一年 {each.kg_per_mu} 公斤，{day_zh(each.first)}起", f"依据：{each.source}"])
            for each in limits
        ],
    }  # fmt: skip
    return render_desk_page(request, desk, "trace.html", context)


async def _lot_page(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock, number: int,
    *, form: LabelForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        lot = await get_county_lot(conn, actor, desk.county, number)
        parents, runs = await list_parents(conn, lot.id), await list_runs(conn, lot.id)
    context = {
        "lot": lot,
        "facts": [("谁家的", lot.producer), *list_lot_facts(lot, parents)],
        "runs": [describe_run(each) for each in runs],
        "open": sum(each.count - each.revoked for each in runs),
        "form": form or LabelForm(),
        "errors": errors,
        "key": make_form_key(),
        "most": MAX_REASON_LENGTH,
        "all_labels": ALL_LABELS,
        "revoked": request.query_params.get("revoked", "")[:6],
    }
    return render_desk_page(request, desk, "trace_lot.html", context, status=status)


@get("/trace/{number:str}", include_in_schema=False)
async def show_county_lot(
    request: HttpRequest,
    number: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show a lot of the county, its labels, and the form that revokes them.

    Raises:
        NotFound: the county has no such lot.
    """
    return await _lot_page(request, db, actor, clock, parse_integer(number) or 0)


@post("/trace/{number:str}", include_in_schema=False)
async def submit_county_revocation(
    request: HttpRequest,
    number: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Revoke one label or all labels of a lot of the county, with a reason that everybody reads.

    Raises:
        NotFound: there is no such lot.
    """
    desk = await open_desk(request, db, actor, clock)
    form = await read_form(request)
    lot = parse_integer(number) or 0

    async def revoke(conn: Connection) -> str:
        await get_county_lot(conn, actor, desk.county, lot)
        count = await revoke_typed(conn, actor, lot, form, now=clock.now())
        return desk.to(f"/desk/trace/{lot}?revoked={count}")

    try:
        return await submit_once(request, actor, form, revoke, scope=desk.county)
    except TraceInvalid as refusal:
        typed = form.fill(LabelForm)
        return await _lot_page(request, db, actor, clock, lot, form=typed, errors=refusal.errors, status=refusal.status)


ROUTES = [show_trace, show_county_lot, submit_county_revocation]
