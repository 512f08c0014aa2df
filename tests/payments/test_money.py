"""Splits and rates of integer amounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.money import Amount, apply_rate, format_amount, ratio_half_up, split

WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=30).filter(any)
TOTALS = st.integers(0, 10**14)


@given(TOTALS, WEIGHTS)
def test_the_parts_of_a_split_sum_to_the_whole(total: int, weights: list[int]) -> None:
    assert sum(split(total, weights)) == total


@given(TOTALS, WEIGHTS)
def test_no_part_is_a_unit_away_from_its_exact_share(total: int, weights: list[int]) -> None:
    whole = sum(weights)
    for part, weight in zip(split(total, weights), weights, strict=True):
        assert abs(part * whole - total * weight) < whole


@given(TOTALS, WEIGHTS)
def test_remaining_units_go_to_the_largest_remainders_then_to_the_earlier(total: int, weights: list[int]) -> None:
    whole = sum(weights)
    parts = split(total, weights)
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    favoured = [part > total * weight // whole for part, weight in zip(parts, weights, strict=True)]
    assert [favoured[i] for i in order] == sorted(favoured, reverse=True)


@given(TOTALS, WEIGHTS)
def test_a_negative_total_is_split_like_its_absolute_value(total: int, weights: list[int]) -> None:
    assert split(-total, weights) == [-part for part in split(total, weights)]


@given(TOTALS, st.integers(1, 30))
def test_equal_weights_differ_by_at_most_one(total: int, count: int) -> None:
    parts = split(total, [7] * count)
    assert max(parts) - min(parts) <= 1
    assert parts == sorted(parts, reverse=True)


def test_splits_by_hand() -> None:
    assert split(10_00, [78_00, 64_00]) == [5_49, 4_51]
    assert split(7_80, [72_51, 5_49]) == [7_25, 55]
    assert split(19_20, [94_08, 1_92]) == [18_82, 38]
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(-100, [1, 1, 1]) == [-34, -33, -33]
    assert split(0, [0, 0]) == [0, 0]
    assert split(0, []) == []
    assert split(5, [0, 1]) == [0, 5]


@pytest.mark.parametrize(("total", "weights"), [(1, [0, 0]), (1, []), (1, [2, -1]), (0, [1, -1]), (-1, [0])])
def test_invalid_weights_are_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match=r"^weights must be non-negative and not all zero$"):
        split(total, weights)


def test_a_rate_is_rounded_down() -> None:
    assert apply_rate(70_20, 200) == 1_40
    assert apply_rate(99_99, 200) == 1_99
    assert apply_rate(49, 200) == 0
    assert apply_rate(50, 200) == 1


def test_a_ratio_is_rounded_half_up() -> None:
    assert ratio_half_up(1, 1, 2) == 1
    assert ratio_half_up(5, 1, 3) == 2
    assert ratio_half_up(4, 1, 3) == 1
    assert ratio_half_up(3, 1, 2) == 2
    assert ratio_half_up(5, 2, 3) == 3
    assert ratio_half_up(0, 7, 9) == 0


def test_amounts_are_formatted() -> None:
    assert format_amount(Amount(146_00, "CNY")) == "146.00"
    assert format_amount(Amount(5, "CNY")) == "0.05"
    assert format_amount(Amount(-5, "CNY")) == "-0.05"
    assert format_amount(Amount(0, "CNY")) == "0.00"
    assert format_amount(Amount(500, "JPY")) == "500"
