"""Claim a voucher of a coupon."""

from datetime import datetime
from uuid import UUID

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.database import limit_lock_wait
from market.people.identity.models import Actor
from market.sales.coupons.models import (
    CouponClosed,
    CouponCodeUnknown,
    CouponExpired,
    CouponLimitReached,
    CouponTerms,
    CouponUsedUp,
    Voucher,
    VoucherId,
)
from market.sales.coupons.vouchers import UNKNOWN_RECIPIENT, load_vouchers

MAX_LOCK_WAIT_MS = 300
"""Many people claim one coupon at once, each with a connection; a person who waits for longer tries again."""


class ClaimableCoupon(CouponTerms, frozen=True, kw_only=True):
    """A locked coupon, and how many vouchers of it the account has."""

    id: UUID
    state: str
    quota: int
    per_person: int
    claimed: int


# A coupon with a code is claimed by its code alone. The lock makes parallel claims wait for each other.
LOCK_COUPON = Query(
    ClaimableCoupon,
    """
    SELECT id, name, bearer, producer_id, category_code, county_code, amount_fen, min_goods_fen,
           lower(valid_during) AS starts_on, upper(valid_during) - 1 AS ends_on, state, quota, per_person, claimed
      FROM coupons
     WHERE (number = :number::bigint AND code IS NULL) OR code = :code::text
       FOR NO KEY UPDATE
    """,
)
COUNT_OWN_VOUCHERS = Query(
    int, "SELECT count(*) FROM vouchers WHERE coupon_id = :coupon_id AND account_id = :account_id"
)
ADD_VOUCHER = Query(
    UUID,
    """
    INSERT INTO vouchers (coupon_id, account_id, ordinal, per_person, claimed_at)
    VALUES (:coupon_id, :account_id, :ordinal, :per_person, :now)
    RETURNING id
    """,
)


async def claim_voucher(
    conn: Connection, actor: Actor, *, number: int | None = None, code: str | None = None, now: datetime
) -> Voucher:
    """Claim one voucher of the coupon with a number, or with a code that the person typed.

    A coupon that has a code is claimed by its code alone. It may be claimed before its first day.

    Raises:
        CouponCodeUnknown: there is no such coupon.
        CouponClosed, CouponExpired, CouponUsedUp: it cannot be claimed any more.
        CouponLimitReached: the person has claimed as many as one person may.
    """
    await limit_lock_wait(conn, MAX_LOCK_WAIT_MS)
    coupon = await LOCK_COUPON.maybe(conn, number=number, code=None if code is None else code.strip().upper())
    if coupon is None:
        raise CouponCodeUnknown
    if coupon.state != "open":
        raise CouponClosed(name=coupon.name)
    if get_business_day(now) > coupon.ends_on:
        raise CouponExpired(name=coupon.name, day=coupon.ends_on)
    own = await COUNT_OWN_VOUCHERS.one(conn, coupon_id=coupon.id, account_id=actor.account_id)
    if own >= coupon.per_person:
        raise CouponLimitReached(name=coupon.name, limit=coupon.per_person)
    if coupon.claimed >= coupon.quota:
        raise CouponUsedUp(name=coupon.name)
    voucher_id = await ADD_VOUCHER.one(
        conn, coupon_id=coupon.id, account_id=actor.account_id, ordinal=own + 1, per_person=coupon.per_person, now=now
    )
    return (await load_vouchers(conn, {VoucherId(voucher_id): UNKNOWN_RECIPIENT}))[voucher_id]
