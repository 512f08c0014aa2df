"""优惠券: the coupons that can be claimed, and what the person has claimed."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency

from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.language import get_language, say
from market.kernel.rate_limits import RateClass
from market.people.identity.models import Actor
from market.sales.coupons.claim import claim_voucher
from market.sales.coupons.models import Bearer, Voucher
from market.sales.coupons.offers import CouponOffer, list_claimable_offers, list_offers
from market.sales.coupons.vouchers import list_coverages, list_vouchers
from market.service.http import HttpRequest
from market.service.web.forms import parse_integer, read_form
from market.service.web.pages import get_local_path, redirect, render_page
from market.service.web.shop.coupon_words import PLATFORM_PARCEL, describe_bearer, describe_coverage, describe_terms
from market.service.web.ui.format import day_zh


def _describe_offer(offer: CouponOffer) -> list[str]:
    use = say("{0}到{1}用，每人 {2} 张", day_zh(offer.starts_on), day_zh(offer.ends_on), offer.per_person)
    lines = [
        say("{0}，{1}", describe_terms(offer), describe_coverage(offer)),
        say("{0}，减的钱{1}", use, describe_bearer(offer)),
    ]
    return [*lines, say(PLATFORM_PARCEL)] if offer.bearer is Bearer.PLATFORM else lines


def _describe_voucher(voucher: Voucher, today: date) -> str:
    if voucher.used:
        return say("用过了")
    return say("过期了") if voucher.ends_on < today else say("用到{0}", day_zh(voucher.ends_on))


async def _coupons_page(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock,
    *, code: str = "", errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    today = clock.today()
    async with db.connection() as conn:
        coupons = await list_offers(conn, day=today)
        vouchers = await list_vouchers(conn, actor.account_id)
        coverages = await list_coverages(conn, actor.account_id)
    claimable = list_claimable_offers(coupons, vouchers)
    context = {
        "offers": [(each.number, each.name, _describe_offer(each), each in claimable) for each in coupons],
        "vouchers": [
            (
                each.name,
                [
                    say("{0}，{1}", describe_terms(each), describe_coverage(coverages[each.id])),
                    _describe_voucher(each, today),
                ],
            )
            for each in vouchers
        ],
        "code": code,
        "errors": errors,
        "claimed": request.query_params.get("done") == "1",
    }
    return render_page(request, "shop/coupons.html", context, actor=actor, status=status)


@get("/coupons", include_in_schema=False, english=True)
async def show_coupons(
    request: HttpRequest, db: NamedDependency[Database], clock: NamedDependency[Clock], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Show the coupons that can be claimed, a field for a code, and the person's vouchers."""
    return await _coupons_page(request, db, actor, clock)


@post("/coupons", include_in_schema=False, english=True, rate=RateClass.SIGN_IN)
async def submit_claim(
    request: HttpRequest, db: NamedDependency[Database], clock: NamedDependency[Clock], actor: NamedDependency[Actor]
) -> Response[Any]:
    """Claim a voucher of a listed coupon, or of the one whose code was typed; the limit per person bounds repeats."""
    form = await read_form(request)
    number, code = parse_integer(form.get_text("number")), form.get_text("code")[:40]
    try:
        async with db.transaction() as conn:
            await claim_voucher(conn, actor, number=number, code=code if number is None else None, now=clock.now())
    except Refusal as refusal:
        fault = FieldFault("code", refusal.text(get_language()))
        return await _coupons_page(request, db, actor, clock, code=code, errors=[fault], status=refusal.status)
    return redirect(get_local_path(form.get_text("to"), "/coupons?done=1"))


ROUTES = [show_coupons, submit_claim]
