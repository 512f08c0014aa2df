"""The form of a coupon, and how its maker reads one; shared by sellers and the platform's desk."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from market.kernel import FieldFault
from market.people.identity.models import NotFound
from market.sales.coupons.manage import Coupon, NewCoupon
from market.sales.coupons.models import MAX_PER_PERSON, MAX_QUOTA, Bearer, CouponInvalid
from market.service.web.forms import PostedForm, parse_uuid
from market.service.web.shop.coupon_words import describe_coverage
from market.service.web.ui.format import day_zh, yuan

FORM_FIELDS = {"amount_fen": "amount", "min_goods_fen": "minimum"}
"""Form fields by the field that a refusal names, if they differ."""


class CouponForm(Struct, frozen=True):
    """The form as it was typed; sums in yuan."""

    name: str = ""
    code: str = ""
    amount: str = ""
    minimum: str = ""
    starts_on: str = ""
    ends_on: str = ""
    quota: str = ""
    per_person: str = "1"


def make_empty_form(today: date) -> CouponForm:
    """Return the form of a coupon that begins today."""
    return CouponForm(starts_on=today.isoformat())


def read_coupon(form: PostedForm) -> NewCoupon:
    """Return the typed coupon.

    Raises:
        CouponInvalid: a field is not what it should be.
    """
    amount = form.read_yuan("amount", fault="减多少，写成 10 或 10.50")
    minimum = form.read_yuan("minimum", fault="满多少，写成 100 或 99.50")
    starts_on, ends_on = (form.read_day(each, fault="日子写成 2019-05-01 这样") for each in ("starts_on", "ends_on"))
    quota = form.read_integer("quota", fault=f"一共发多少张，1 到 {MAX_QUOTA}", minimum=1, maximum=MAX_QUOTA)
    per_person = form.read_integer("per_person", fault="每人最多几张，1 到 10", minimum=1, maximum=MAX_PER_PERSON)
    if form.faults or starts_on is None or ends_on is None:
        raise CouponInvalid(errors=tuple(form.faults))
    return NewCoupon(
        name=form.get_text("name"), code=form.get_text("code") or None, amount_fen=amount, min_goods_fen=minimum,
        starts_on=starts_on, ends_on=ends_on, quota=quota, per_person=per_person,
    )  # fmt: skip


def read_closed_coupon(form: PostedForm) -> UUID | None:
    """Return the coupon that is to be closed; None if the form makes another one.

    Raises:
        NotFound: it is no coupon's id.
    """
    text = form.get_text("close")
    coupon_id = parse_uuid(text)
    if text and coupon_id is None:
        raise NotFound
    return coupon_id


def rename_coupon_faults(errors: tuple[FieldFault, ...]) -> list[FieldFault]:
    """Return the faults under the names of the form's fields."""
    return [FieldFault(FORM_FIELDS.get(each.field, each.field), each.message) for each in errors]


def describe_coupon(coupon: Coupon) -> tuple[str, str, list[str], bool]:
    """Return id, name and lines of a coupon for its maker, and whether it can be closed."""
    days = f"{day_zh(coupon.starts_on)}到{day_zh(coupon.ends_on)}"
    lines = [
        f"满 {yuan(coupon.min_goods_fen)} 元减 {yuan(coupon.amount_fen)} 元，{days}",
        f"发 {coupon.quota} 张，领了 {coupon.claimed} 张，用了 {coupon.used} 张，一共减了 {yuan(coupon.used_fen)} 元",
    ]
    lines += [describe_coverage(coupon)] if coupon.bearer is Bearer.PLATFORM else []
    lines += [f"券码 {coupon.code}"] if coupon.code else []
    return str(coupon.id), coupon.name, lines, coupon.state == "open"
