"""Coupons and vouchers: their terms, and refusals."""

from datetime import date
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from market.kernel import Fen, Refusal

VoucherId = NewType("VoucherId", UUID)

MAX_QUOTA, MAX_PER_PERSON = 100_000, 10
MAX_AMOUNT_FEN = 1_000_00
MAX_BUDGET_FEN = 1_000_000_00
"""The maximum of quota × amount: what a coupon may cost."""
MAX_OPEN_COUPONS = 50
"""How many coupons of the platform, or of one producer, may be open at once."""


class Bearer(StrEnum):
    """Who bears a coupon: the platform (account `promotion`), or the producer, who gets less."""

    PLATFORM = "platform"
    PRODUCER = "producer"


class CouponTerms(Struct, frozen=True, kw_only=True):
    """`amount_fen` off goods of at least `min_goods_fen` in total that the coupon covers.

    It covers the goods of a producer, a category, or the producers of a county (six digits); None is no restriction.
    Both days are included.
    """

    name: str
    bearer: Bearer
    producer_id: UUID | None = None
    category_code: str | None = None
    county_code: str | None = None
    amount_fen: Fen
    min_goods_fen: Fen
    starts_on: date
    ends_on: date


class Voucher(CouponTerms, frozen=True, kw_only=True):
    """What a person has claimed of a coupon, with its terms; `used` while an order uses it.

    A coupon of the platform does not cover the goods of `own_producers`, those that the person works for: its money
    would go from the platform to a seller who bought from themselves.
    """

    id: VoucherId
    account_id: UUID
    coupon_number: int
    used: bool
    own_producers: tuple[UUID, ...] = ()


class CouponInvalid(Refusal):
    """Fields of the coupon are invalid; `errors` lists each."""

    code = "coupon_invalid"
    status = 422
    zh = "有几处要改。"
    en = "Some fields are invalid; see errors."


class CouponCodeTaken(Refusal):
    """Another coupon has the code."""

    code = "coupon_code_taken"
    zh = "别的券已经用了这个券码。"
    en = "Another coupon has this code."


class TooManyCoupons(Refusal):
    """The maximum number of coupons is open."""

    code = "too_many_coupons"
    zh = "同时最多开 {limit} 种券，先停一种。"
    en = "At most {limit} coupons may be open; close one first."


class CouponCodeUnknown(Refusal):
    """No coupon has the number or the code."""

    code = "coupon_code_unknown"
    status = 404
    zh = "没有这个券，看看券码有没有写错。"
    en = "There is no such coupon."


class CouponClosed(Refusal):
    """The coupon was closed and cannot be claimed any more."""

    code = "coupon_closed"
    zh = "“{name}”已经停发。"
    en = "“{name}” is closed."


class CouponNotBegun(Refusal):
    """The first day of the coupon has not come."""

    code = "coupon_not_begun"
    zh = "“{name}”从 {day} 起才能用。"
    en = "“{name}” is valid from {day}."


class CouponExpired(Refusal):
    """The last day of the coupon is over."""

    code = "coupon_expired"
    zh = "“{name}”用到 {day}，已经过期。"
    en = "“{name}” expired; its last day was {day}."


class CouponUsedUp(Refusal):
    """Everything of the coupon is claimed."""

    code = "coupon_used_up"
    zh = "“{name}”领完了。"
    en = "All of “{name}” is claimed."


class CouponLimitReached(Refusal):
    """The person has claimed as many as one person may."""

    code = "coupon_limit_reached"
    zh = "“{name}”每人最多领 {limit} 张，您已经领过。"
    en = "One person claims at most {limit} of “{name}”."


class VoucherUnknown(Refusal):
    """The voucher does not exist or belongs to someone else."""

    code = "voucher_unknown"
    status = 404
    zh = "您没有这张券。"
    en = "You have no such voucher."


class VoucherUsed(Refusal):
    """Another order uses the voucher."""

    code = "voucher_used"
    zh = "这张券已经用在别的订单上。"
    en = "Another order uses the voucher."


class VoucherBelowMinimum(Refusal):
    """The covered goods cost less than the coupon requires."""

    code = "voucher_below_minimum"
    zh = "“{name}”要满 {minimum} 元才能用，现在是 {goods} 元。"
    en = "“{name}” needs goods of {minimum} yuan; the order has {goods}."


class VoucherNotForGoods(Refusal):
    """The coupon covers none of the goods."""

    code = "voucher_not_for_goods"
    zh = "“{name}”不能用在这些商品上。"
    en = "“{name}” does not cover these goods."
