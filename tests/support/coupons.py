"""Coupons and vouchers for tests, made by the functions of the product."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from market.kernel import Connection
from market.people.identity.models import Actor, Role
from market.sales.coupons.claim import claim_voucher
from market.sales.coupons.manage import Coupon, NewCoupon, create_coupon, create_producer_coupon
from market.sales.coupons.models import VoucherId
from tests.conftest import NOW
from tests.support.make import load_actor, load_owner, make_official


def new_coupon(**changes: Any) -> NewCoupon:
    """Return the coupon of the story, 10.00 off 100.00, with changes."""
    fields: dict[str, Any] = {
        "name": "满100减10", "amount_fen": 10_00, "min_goods_fen": 100_00, "starts_on": date(2019, 9, 1),
        "ends_on": date(2019, 9, 30), "quota": 100, "per_person": 1, **changes,
    }  # fmt: skip
    return NewCoupon(**fields)


async def make_platform_staff(conn: Connection) -> Actor:
    """Insert a member of the platform's staff."""
    return await load_actor(conn, await make_official(conn, Role.PLATFORM, "13"))


async def make_coupon(conn: Connection, *, borne_by: UUID | None = None, **changes: Any) -> Coupon:
    """Create a coupon of the platform, or of a producer that bears it."""
    if borne_by is not None:
        return await create_producer_coupon(
            conn, await load_owner(conn, borne_by), borne_by, new_coupon(**changes), now=NOW
        )
    return await create_coupon(conn, await make_platform_staff(conn), new_coupon(**changes), now=NOW)


async def make_voucher(
    conn: Connection, buyer: Actor, *, borne_by: UUID | None = None, now: datetime = NOW, **changes: Any
) -> VoucherId:
    """Create a coupon and claim a voucher of it."""
    coupon = await make_coupon(conn, borne_by=borne_by, **changes)
    return (await claim_voucher(conn, buyer, number=coupon.number, now=now)).id
