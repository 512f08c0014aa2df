"""发券: the coupons that a seller bears, made and closed by its owner."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency

from market.catalogue.listings.publish import resolve_own_producer
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.people.identity.models import Actor, NotFound
from market.people.moderation.forbidden_words import ForbiddenWord
from market.sales.coupons.manage import close_coupon, create_producer_coupon, is_owner, list_producer_coupons
from market.sales.coupons.models import CouponCodeTaken, CouponInvalid, TooManyCoupons
from market.service.http import HttpRequest
from market.service.web.coupon_form import (
    CouponForm,
    describe_coupon,
    make_empty_form,
    read_closed_coupon,
    read_coupon,
    rename_coupon_faults,
)
from market.service.web.farm.sellers import is_seller, load_shop_links
from market.service.web.forms import make_form_key, parse_uuid, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services

_PATH = "/farm/coupons"


async def _page(
    request: HttpRequest, db: Database, actor: Actor, producer_id: UUID, form: CouponForm,
    *, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    async with db.connection() as conn:
        shop, others = await load_shop_links(conn, actor, producer_id, _PATH)
        coupons = await list_producer_coupons(conn, actor, producer_id)
        owner = await is_owner(conn, actor, producer_id, now=get_services(request).clock.now())
    context = {
        "shop": shop, "others": others,
        "producer": str(producer_id), "coupons": [describe_coupon(each) for each in coupons],
        "form": form, "errors": errors, "owner": owner, "key": make_form_key(),
        "done": request.query_params.get("done") == "1",
    }  # fmt: skip
    return render_page(request, "farm/coupons.html", context, actor=actor, status=status)


@get("/farm/coupons", include_in_schema=False)
async def show_own_coupons(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """List the coupons of the shop that `of` names, with the form of another one.

    Raises:
        NotFound: the person does not work for the producer.
    """
    if not is_seller(actor):
        return redirect("/farm/apply")
    producer_id = resolve_own_producer(actor, parse_uuid(request.query_params.get("of", "")) or actor.producers[0])
    return await _page(request, db, actor, producer_id, make_empty_form(clock.today()))


@post("/farm/coupons", include_in_schema=False)
async def submit_own_coupon(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Create a coupon of the seller, once however often the form is sent, or close one.

    Raises:
        NotFound: the actor sells for nobody or not for the producer, or there is no such coupon.
    """
    form = await read_form(request)
    if not actor.producers:
        raise NotFound
    producer_id = resolve_own_producer(actor, parse_uuid(form.get_text("producer")))
    done = f"{_PATH}?of={producer_id}&done=1"
    closed = read_closed_coupon(form)
    if closed is not None:
        async with db.transaction() as conn:
            await close_coupon(conn, actor, closed, now=clock.now())
        return redirect(done)

    async def create(conn: Connection) -> str:
        await create_producer_coupon(conn, actor, producer_id, read_coupon(form), now=clock.now())
        return done

    try:
        return await submit_once(request, actor, form, create)
    except (CouponInvalid, CouponCodeTaken, TooManyCoupons, ForbiddenWord) as refusal:
        errors = rename_coupon_faults(refusal.errors) or [FieldFault("name", refusal.text("zh"))]
        return await _page(request, db, actor, producer_id, form.fill(CouponForm), errors=errors, status=refusal.status)


ROUTES = [show_own_coupons, submit_own_coupon]
