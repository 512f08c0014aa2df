"""Coupons of the platform and of producers, and the vouchers that people claim of them."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct

from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.people.identity.models import Actor
from market.sales.coupons.claim import claim_voucher
from market.sales.coupons.manage import (
    Coupon,
    NewCoupon,
    close_coupon,
    create_coupon,
    create_producer_coupon,
    list_platform_coupons,
    list_producer_coupons,
)
from market.sales.coupons.models import Voucher
from market.sales.coupons.offers import CouponOffer, list_offers
from market.sales.coupons.vouchers import list_vouchers
from market.service.api.idempotency import run_once
from market.service.http import HttpRequest


class ClaimCouponRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """The public `number` of a coupon, or the `code` of one that has a code."""

    number: Annotated[int, Meta(ge=1, le=2**62)] | None = None
    code: Annotated[str, Meta(max_length=40)] | None = None


class CouponController(Controller):
    """Coupons that the platform bears, and claims of any coupon."""

    path = "/api/v1/coupons"
    tags = ["coupons"]

    @get(operation_id="ListCoupons")
    async def list_offers(self, db: NamedDependency[Database], clock: NamedDependency[Clock]) -> list[CouponOffer]:
        """List the coupons that anybody may claim now, the largest first; those with a code are not listed."""
        async with db.connection() as conn:
            return await list_offers(conn, day=clock.today())

    @post("/claims", operation_id="ClaimCoupon", idempotent=True, rate=RateClass.SIGN_IN)
    async def claim(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[ClaimCouponRequest],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Voucher]:
        """Claim a voucher of a coupon, to be used by `PlaceOrder`; as often as one may try to sign in."""

        async def work(conn: Connection) -> Voucher:
            return await claim_voucher(conn, actor, number=data.number, code=data.code, now=clock.now())

        return await run_once(request, db, actor, work)

    @get("/platform", operation_id="ListPlatformCoupons")
    async def list_platform(self, actor: NamedDependency[Actor], db: NamedDependency[Database]) -> list[Coupon]:
        """List the coupons that the platform bears, for its staff."""
        async with db.connection() as conn:
            return await list_platform_coupons(conn, actor)

    @post("/platform", operation_id="CreateCoupon", idempotent=True)
    async def create(
        self,
        *,
        request: HttpRequest,
        data: JSONBody[NewCoupon],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Coupon]:
        """Create a coupon that the platform bears; it costs at most quota × amount. Its terms do not change later."""

        async def work(conn: Connection) -> Coupon:
            return await create_coupon(conn, actor, data, now=clock.now())

        return await run_once(request, db, actor, work)

    @post("/{coupon_id:uuid}/end", operation_id="CloseCoupon", status_code=200)
    async def close(
        self,
        *,
        coupon_id: FromPath[UUID],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Coupon:
        """Close a coupon: nobody claims it any more, and what was claimed stays valid."""
        async with db.transaction() as conn:
            return await close_coupon(conn, actor, coupon_id, now=clock.now())


class ProducerCouponController(Controller):
    """Coupons that a producer bears."""

    path = "/api/v1/producers/{producer_id:uuid}/coupons"
    tags = ["coupons"]

    @get(operation_id="ListProducerCoupons")
    async def list_own(
        self, producer_id: FromPath[UUID], actor: NamedDependency[Actor], db: NamedDependency[Database]
    ) -> list[Coupon]:
        """List the coupons that the producer bears, for its members."""
        async with db.connection() as conn:
            return await list_producer_coupons(conn, actor, producer_id)

    @post(operation_id="CreateProducerCoupon", idempotent=True)
    async def create(
        self,
        *,
        request: HttpRequest,
        producer_id: FromPath[UUID],
        data: JSONBody[NewCoupon],
        actor: NamedDependency[Actor],
        db: NamedDependency[Database],
        clock: NamedDependency[Clock],
    ) -> Response[Coupon]:
        """Create a coupon that the producer bears; only its owner may. It covers the producer's goods."""

        async def work(conn: Connection) -> Coupon:
            return await create_producer_coupon(conn, actor, producer_id, data, now=clock.now())

        return await run_once(request, db, actor, work)


@get("/api/v1/vouchers", operation_id="ListVouchers", tags=["coupons"])
async def list_own_vouchers(actor: NamedDependency[Actor], db: NamedDependency[Database]) -> list[Voucher]:
    """List what the account has claimed of coupons, the latest first; used and expired vouchers too."""
    async with db.connection() as conn:
        return await list_vouchers(conn, actor.account_id)


ROUTES = [CouponController, ProducerCouponController, list_own_vouchers]
