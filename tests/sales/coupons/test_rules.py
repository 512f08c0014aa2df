"""When a coupon covers goods and may be used, and how it is divided."""

from datetime import date
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from market.kernel import Fen, Refusal
from market.sales.coupons.models import (
    Bearer,
    CouponExpired,
    CouponNotBegun,
    CouponTerms,
    Voucher,
    VoucherBelowMinimum,
    VoucherId,
    VoucherNotForGoods,
    VoucherUsed,
)
from market.sales.coupons.rules import CouponItem, find_voucher_fault
from market.sales.orders.checkout.pricing import DraftLine, DraftSuborder, apply_coupon, get_order_price
from market.sales.orders.models import SuborderKind

GROVE, HENS = UUID(int=1), UUID(int=2)
DAY = date(2019, 9, 20)
EGGS = CouponItem(producer_id=HENS, category_code="egg", county_code="130624", amount_fen=Fen(78_00))
NUTS = CouponItem(producer_id=GROVE, category_code="nut", county_code="130725", amount_fen=Fen(64_00))
VOUCHER = Voucher(
    id=VoucherId(UUID(int=3)), account_id=UUID(int=4), coupon_number=1, used=False, name="满100减10",
    bearer=Bearer.PLATFORM, amount_fen=Fen(10_00), min_goods_fen=Fen(100_00), starts_on=date(2019, 9, 1),
    ends_on=date(2019, 9, 30),
)  # fmt: skip

FAULTS: list[tuple[dict[str, object], date, type[Refusal] | None, str]] = [
    ({}, DAY, None, ""),
    ({}, date(2019, 9, 1), None, ""),
    ({}, date(2019, 9, 30), None, ""),
    ({}, date(2019, 8, 31), CouponNotBegun, "还没到日子"),
    ({}, date(2019, 10, 1), CouponExpired, "已经过期"),
    ({"used": True}, DAY, VoucherUsed, "已经用过"),
    ({"min_goods_fen": 142_00}, DAY, None, ""),
    ({"min_goods_fen": 142_01}, DAY, VoucherBelowMinimum, "满 142.01 元才能用"),
    ({"producer_id": HENS, "min_goods_fen": 78_00}, DAY, None, ""),
    ({"producer_id": HENS, "min_goods_fen": 78_01}, DAY, VoucherBelowMinimum, "满 78.01 元才能用"),
    ({"category_code": "nut", "min_goods_fen": 64_00}, DAY, None, ""),
    ({"category_code": "fruit"}, DAY, VoucherNotForGoods, "不能用在这些商品上"),
    ({"county_code": "130725", "min_goods_fen": 64_00}, DAY, None, ""),
    ({"county_code": "130725", "category_code": "egg"}, DAY, VoucherNotForGoods, "不能用在这些商品上"),
    ({"own_producers": (HENS,), "min_goods_fen": 64_00}, DAY, None, ""),
    ({"own_producers": (HENS,), "min_goods_fen": 64_01}, DAY, VoucherBelowMinimum, "满 64.01 元才能用"),
    ({"own_producers": (HENS, GROVE)}, DAY, VoucherNotForGoods, "不能用在这些商品上"),
    ({"own_producers": (HENS, GROVE), "bearer": Bearer.PRODUCER}, DAY, None, ""),
]


@pytest.mark.parametrize(("changes", "day", "kind", "message"), FAULTS)
def test_a_voucher_is_used_for_what_it_covers_on_its_days(
    changes: dict[str, object], day: date, kind: type[Refusal] | None, message: str
) -> None:
    fault = find_voucher_fault(structs.replace(VOUCHER, **changes), [EGGS, NUTS], day=day)
    assert (type(fault) if fault else None) is kind
    assert [(each.field, each.message) for each in (fault.errors if fault else ())] == (
        [("voucher_id", message)] if kind else []
    )
    if fault:
        assert "{" not in fault.text("zh") + fault.text("en")


def make_suborder(producer: UUID, *amounts: int, freight_fen: int = 0) -> DraftSuborder:
    lines = [
        DraftLine(
            field="", listing_id=UUID(int=5), variant_id=UUID(int=6), title="", unit="", quantity=1, price_fen=Fen(fen),
            lot_id=None, units=1, gross_g=0, county="130624",
        )
        for fen in amounts
    ]  # fmt: skip
    return DraftSuborder(
        producer_id=producer, producer="", kind=SuborderKind.GOODS, commission_bp=200, freight_fen=Fen(freight_fen),
        lines=lines,
    )  # fmt: skip


def test_the_story_divides_ten_yuan_by_goods() -> None:
    suborders = [make_suborder(HENS, 78_00, freight_fen=12_50), make_suborder(GROVE, 64_00, freight_fen=14_00)]
    reduced = apply_coupon(suborders, VOUCHER)
    assert [each.discount_fen for each in reduced] == [5_49, 4_51]
    assert get_order_price(reduced).total_fen == 158_50
    assert [each.goods_fen for each in reduced] == [78_00, 64_00]


def test_a_producers_coupon_reduces_the_lines_it_covers() -> None:
    terms: CouponTerms = structs.replace(VOUCHER, bearer=Bearer.PRODUCER, producer_id=HENS, min_goods_fen=Fen(50_00))
    reduced = apply_coupon([make_suborder(GROVE, 64_00), make_suborder(HENS, 30_00, 48_00)], terms)
    assert [each.discount_fen for each in reduced] == [0, 0]
    assert [[line.amount_fen for line in each.lines] for each in reduced] == [[64_00], [26_15, 41_85]]
    price = get_order_price(reduced)
    assert (price.goods_fen, price.discount_fen, price.total_fen) == (132_00, 0, 132_00)


@given(
    amounts=st.lists(st.lists(st.integers(1, 10**6), min_size=1, max_size=4), min_size=1, max_size=4),
    bearer=st.sampled_from(Bearer),
    data=st.data(),
)
def test_a_coupon_takes_off_exactly_its_amount_and_nothing_becomes_negative(
    amounts: list[list[int]], bearer: Bearer, data: st.DataObject
) -> None:
    suborders = [make_suborder(GROVE, *each) for each in amounts]
    goods = sum(map(sum, amounts))
    amount = data.draw(st.integers(0, goods - 1))
    terms = structs.replace(VOUCHER, bearer=bearer, amount_fen=Fen(amount), min_goods_fen=Fen(amount + 1))
    reduced = apply_coupon(suborders, terms)
    assert get_order_price(reduced).total_fen == goods - amount
    assert all(line.amount_fen >= 0 for each in reduced for line in each.lines)
    for each, before in zip(reduced, amounts, strict=True):
        taken = each.discount_fen + sum(before) - each.goods_fen
        assert abs(taken * goods - amount * sum(before)) < goods
