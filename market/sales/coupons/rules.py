"""When a coupon may be claimed and used. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from msgspec import Struct

from market.kernel import Fen, FieldFault, Refusal
from market.kernel.language import say
from market.sales.coupons.models import (
    Bearer,
    CouponExpired,
    CouponNotBegun,
    CouponTerms,
    Voucher,
    VoucherBelowMinimum,
    VoucherNotForGoods,
    VoucherUsed,
)
from payments.money import format_yuan

VOUCHER_FIELD = "voucher_id"


class CouponItem(Struct, frozen=True, kw_only=True):
    """An ordered line as far as coupons look at it: its price before any coupon."""

    producer_id: UUID
    category_code: str
    county_code: str
    amount_fen: Fen


def covers(terms: CouponTerms, item: CouponItem) -> bool:
    """Return whether a coupon covers a line; one of the platform, not what its person sells."""
    own = isinstance(terms, Voucher) and terms.bearer is Bearer.PLATFORM and item.producer_id in terms.own_producers
    return (
        not own
        and terms.producer_id in (None, item.producer_id)
        and terms.category_code in (None, item.category_code)
        and terms.county_code in (None, item.county_code)
    )


def find_day_fault(terms: CouponTerms, *, day: date) -> Refusal | None:
    """Return why a coupon is not valid on a day, or None."""
    if day < terms.starts_on:
        return CouponNotBegun(name=terms.name, day=terms.starts_on, errors=_name_field("还没到日子"))
    if day > terms.ends_on:
        return CouponExpired(name=terms.name, day=terms.ends_on, errors=_name_field("已经过期"))
    return None


def find_voucher_fault(voucher: Voucher, items: Iterable[CouponItem], *, day: date) -> Refusal | None:
    """Return why a voucher cannot be used for an order of these lines on a day, or None.

    A coupon that was closed stops claims, not the use of what was claimed.
    """
    if voucher.used:
        return make_used_refusal()
    fault = find_day_fault(voucher, day=day)
    if fault is not None:
        return fault
    goods_fen = sum(item.amount_fen for item in items if covers(voucher, item))
    if goods_fen == 0:
        return VoucherNotForGoods(name=voucher.name, errors=_name_field(say("不能用在这些商品上")))
    if goods_fen < voucher.min_goods_fen:
        minimum = format_yuan(voucher.min_goods_fen)
        return VoucherBelowMinimum(
            name=voucher.name, minimum=minimum, goods=format_yuan(goods_fen),
            errors=_name_field(say("满 {0} 元才能用", minimum)),
        )  # fmt: skip
    return None


def list_fitting_vouchers(vouchers: Iterable[Voucher], items: Sequence[CouponItem], *, day: date) -> list[Voucher]:
    """Return the vouchers that can be used for an order of these lines, the best first."""
    fitting = [each for each in vouchers if find_voucher_fault(each, items, day=day) is None]
    return sorted(fitting, key=lambda each: (-each.amount_fen, each.ends_on, each.id))


def make_used_refusal() -> VoucherUsed:
    """Return the refusal of a voucher that another order uses."""
    return VoucherUsed(errors=_name_field(say("已经用过")))


def _name_field(message: str) -> tuple[FieldFault, ...]:
    return (FieldFault(VOUCHER_FIELD, message),)
