"""自提点: the keeper's page of a pickup point: what arrived, what is expected, and handing over by code."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.identity.models import Actor, NotFound
from market.sales.aftersales.models import NotWeighed, TooManyCheckInCodes
from market.sales.pickups.hand_over import hand_over, mark_arrived
from market.sales.pickups.models import PickupCodeUsed, PickupNotExpected, PickupState, PointParcel
from market.sales.pickups.view import keeps_point, list_point_parcels
from market.service.http import HttpRequest
from market.service.web.forms import read_form
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_short


def _describe(parcel: PointParcel) -> list[str]:
    kept = [f"{day_short(parcel.until)}前来取"] if parcel.until else []
    return ["；".join(parcel.contents), f"{parcel.seller}发的", *kept]


async def _page(
    request: HttpRequest,
    db: Database,
    seal: Seal,
    actor: Actor,
    settings: Settings,
    *,
    code: str = "",
    refusal: Refusal | None = None,
) -> Response[Any]:
    async with db.connection() as conn:
        if not await keeps_point(conn, actor):
            raise NotFound
        parcels = await list_point_parcels(conn, seal, actor, days=settings.pickup_days)
    said = request.query_params.get("said", "")
    waiting, coming = (
        [
            (each.suborder_id, f"{each.parcel_code}　{each.recipient}", _describe(each))
            for each in parcels
            if each.state is state
        ]
        for state in (PickupState.ARRIVED, PickupState.EXPECTED)
    )
    context = {
        "waiting": waiting,
        "coming": coming,
        "values": {"code": code},
        "errors": [FieldFault("code", refusal.text("zh"))] if refusal else [],
        "notes": {
            "arrived": [("ok", "记下了", "买家收到取货码了。")],
            "collected": [("ok", "交给买家了", "钱算到卖家名下了。")],
        }.get(said, []),
    }
    return render_page(
        request, "shop/pickup_point.html", context, actor=actor, status=refusal.status if refusal else 200
    )


@get("/point", include_in_schema=False)
async def show_point(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Show the parcels of the points that a person keeps.

    Raises:
        NotFound: the person keeps no point.
    """
    return await _page(request, db, seal, actor, settings)


@post("/point/{suborder_id:uuid}/arrived", include_in_schema=False)
async def submit_arrival(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
    suborder_id: FromPath[UUID],
) -> Response[Any]:
    """Record that a parcel arrived; a form sent twice tells the buyer once.

    Raises:
        NotFound: it is not for a point of this keeper.
    """
    await read_form(request)
    try:
        async with db.transaction() as conn:
            await mark_arrived(conn, seal, actor, suborder_id, days=settings.pickup_days, now=clock.now())
    except (PickupNotExpected, NotWeighed) as refusal:
        return await _page(request, db, seal, actor, settings, refusal=refusal)
    return redirect("/point?said=arrived")


@post("/point", include_in_schema=False)
async def submit_code(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    settings: NamedDependency[Settings],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Hand over the parcel with the typed code, once.

    Raises:
        NotFound: the person keeps no point.
    """
    form = await read_form(request)
    code = form.get_text("code")
    try:
        async with db.transaction() as conn:
            if not await keeps_point(conn, actor):
                raise NotFound
            outcome = await hand_over(conn, seal, actor, code, now=clock.now())
    except (PickupCodeUsed, TooManyCheckInCodes) as refusal:
        outcome = refusal
    if isinstance(outcome, Refusal):
        return await _page(request, db, seal, actor, settings, code=code, refusal=outcome)
    return redirect("/point?said=collected", draft=form.draft)


ROUTES = [show_point, submit_arrival, submit_code]
