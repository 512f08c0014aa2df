"""Splits and rates of integer amounts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.money import (
    Amount,
    apply_rate,
    divide_half_up,
    format_amount,
    format_percent,
    format_yuan,
    parse_percent,
    parse_yuan,
    split,
)

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


def test_known_splits() -> None:
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


def test_a_fraction_is_rounded_half_up() -> None:
    assert divide_half_up(1, 2) == 1
    assert divide_half_up(5, 3) == 2
    assert divide_half_up(4, 3) == 1
    assert divide_half_up(3, 2) == 2
    assert divide_half_up(10, 3) == 3
    assert divide_half_up(0, 9) == 0


def test_amounts_are_formatted() -> None:
    assert format_amount(Amount(146_00, "CNY")) == "146.00"
    assert format_amount(Amount(5, "CNY")) == "0.05"
    assert format_amount(Amount(-5, "CNY")) == "-0.05"
    assert format_amount(Amount(0, "CNY")) == "0.00"
    assert format_amount(Amount(500, "JPY")) == "500"


@given(st.integers(-(10**12) + 1, 10**12 - 1))
def test_formatted_sums_are_parsed_back(fen: int) -> None:
    assert parse_yuan(format_yuan(fen)) == fen


def test_sums_are_read_with_separators_and_up_to_two_decimals() -> None:
    texts = ("19.50", "19.5", "19", "0.01", "-12.21", "1,234.50", "999,999,999,999", "0000000001")
    assert [parse_yuan(text) for text in texts] == [1950, 1950, 1900, 1, -1221, 123450, 99999999999900, 100]


@pytest.mark.parametrize(
    "text", ["", "-", "x", "1.", ".5", "1.234", "1,23", "12,34,567", "--1", "+1", "1e3", " 1", "１", "10000000000.1x"]
)
def test_other_text_is_not_a_sum(text: str) -> None:
    assert parse_yuan(text) is None


def test_rates_are_written_in_per_cent() -> None:
    assert [format_percent(rate) for rate in (0, 5, 50, 1250, 3333, 5000, 10_000)] == [
        "0%",
        "0.05%",
        "0.5%",
        "12.5%",
        "33.33%",
        "50%",
        "100%",
    ]


@given(st.integers(0, 10_000))
def test_a_rate_is_read_back(rate_bp: int) -> None:
    assert parse_percent(format_percent(rate_bp)) == rate_bp
    assert parse_percent(format_percent(rate_bp).removesuffix("%")) == rate_bp


def test_other_text_is_not_a_rate() -> None:
    assert [parse_percent(text) for text in ("", "%", "12.345", "5 %", "half")] == [None] * 5
