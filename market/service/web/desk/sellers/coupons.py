"""平台的券: the coupons that the platform bears, with what they cost, for its staff."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.people.identity.access import require_platform_staff
from market.people.identity.models import Actor
from market.sales.coupons.manage import close_coupon, create_coupon, list_platform_coupons
from market.sales.coupons.models import CouponCodeTaken, CouponInvalid, TooManyCoupons
from market.sales.orders.escrow import PROMOTION_ACCOUNT
from market.service.http import HttpRequest
from market.service.web.coupon_form import (
    CouponForm,
    describe_coupon,
    make_empty_form,
    read_closed_coupon,
    read_coupon,
    rename_coupon_faults,
)
from market.service.web.desk.context import DeskContext, PageNotice, build_county_query, open_desk, render_desk_page
from market.service.web.forms import make_form_key, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect
from market.service.web.ui.format import yuan
from payments import get_balance


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext, form: CouponForm,
    *, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.connection() as conn:
        coupons = await list_platform_coupons(conn, desk.actor)
        paid = -await get_balance(conn, PROMOTION_ACCOUNT)
    budget = sum(each.budget_fen for each in coupons if each.state == "open")
    context = {
        "sums": [f"推广款已经付出 {yuan(paid)} 元，退回的已经减掉。", f"在发的券最多花 {yuan(budget)} 元。"],
        "coupons": [describe_coupon(each) for each in coupons],
        "form": form,
        "errors": errors,
        "key": make_form_key(),
        "notice": PageNotice("ok", "办好了") if request.query_params.get("done") == "1" else None,
        "keep": build_county_query(desk),
    }
    return render_desk_page(request, desk, "coupons.html", context, status=status)


@get("/coupons", include_in_schema=False)
async def show_platform_coupons(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the platform's coupons with what they cost, and the form of another one."""
    desk = await open_desk(request, db, actor, clock, register=False)
    return await _page(request, db, desk, make_empty_form(desk.today))


@post("/coupons", include_in_schema=False)
async def submit_platform_coupon(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Create a coupon of the platform, once however often the form is sent, or close one."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock, register=False)
    require_platform_staff(actor)
    done, closed = desk.to("/desk/coupons", done=1), read_closed_coupon(form)
    if closed is not None:
        async with db.transaction() as conn:
            await close_coupon(conn, actor, closed, now=desk.now)
        return redirect(done)

    async def create(conn: Connection) -> str:
        await create_coupon(conn, actor, read_coupon(form), now=desk.now)
        return done

    try:
        return await submit_once(request, actor, form, create)
    except (CouponInvalid, CouponCodeTaken, TooManyCoupons) as refusal:
        errors = rename_coupon_faults(refusal.errors) or [FieldFault("name", refusal.text("zh"))]
        return await _page(request, db, desk, form.fill(CouponForm), errors=errors, status=refusal.status)


ROUTES = [show_platform_coupons, submit_platform_coupon]
