"""Coupons: campaigns of the platform or of a producer, and the vouchers that people claim of them.

Exports what an application needs to issue and claim coupons without HTTP; see docs/library.md.
"""

from market.sales.coupons.claim import claim_voucher
from market.sales.coupons.manage import Coupon, NewCoupon, create_coupon, create_producer_coupon
from market.sales.coupons.models import Voucher

__all__ = [
    "Coupon",
    "NewCoupon",
    "Voucher",
    "claim_voucher",
    "create_coupon",
    "create_producer_coupon",
]
