"""Units of sale as people write them, parsed exactly."""

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.catalogue.listings.templates import DATA
from market.catalogue.listings.units import BadUnit, compute_price_per_kg, parse_unit
from market.kernel import Fen


@pytest.mark.parametrize(
    ("text", "net_g", "pieces"),
    [
        ("5斤箱", 2500, None),
        ("10斤捆", 5000, None),
        ("500g袋", 500, None),
        ("2.5kg箱", 2500, None),
        ("2.5公斤袋", 2500, None),
        ("１ＫＧ盒", 1000, None),
        ("3两", 150, None),
        ("1.5两袋", 75, None),
        ("斤", 500, None),
        ("公斤", 1000, None),
        ("两", 50, None),
        ("30枚箱", None, 30),
        ("12枚礼盒", None, 12),
        ("10穗箱", None, 10),
        ("12罐箱", None, 12),
        ("6瓶箱", None, 6),
        ("500ml瓶", None, None),
        ("箱", None, None),
        ("枚", None, None),
        ("对", None, None),
        ("个(约5kg)", 5000, None),
        ("间/晚", None, None),
        ("人/天", None, None),
        (" 5 斤 箱 ", 2500, None),
    ],
)
def test_a_unit_is_parsed_to_weight_or_pieces(text: str, net_g: int | None, pieces: int | None) -> None:
    unit = parse_unit(text)
    assert (unit.net_g, unit.pieces) == (net_g, pieces)


@pytest.mark.parametrize("text", [
        "", "   ", "0斤箱", "0枚箱", "0.0001kg袋", "1.5g袋", "2000公斤袋", "一" * 21,
        "-5kg袋", "－5kg袋", "−5kg袋", "–5kg袋", "+5kg袋", "999999999999999kg袋", "1000000斤箱", "123456枚箱", "-3枚箱",
        "1.5枚箱", "1.2.3kg袋", "1,000kg袋", "5.1234567kg袋",
    ],
)  # fmt: skip
def test_an_invalid_unit_is_refused(text: str) -> None:
    with pytest.raises(BadUnit):
        parse_unit(text)


def test_every_unit_of_the_local_products_is_parsed() -> None:
    with DATA.open(encoding="utf-8", newline="") as file:
        units = [row["unit"] for row in csv.DictReader(file)]
    assert len(units) == 132
    without = sorted({text for text in units if not (parse_unit(text).net_g or parse_unit(text).pieces)})
    assert without == ["500ml瓶", "副", "对", "幅", "条", "根", "盆"]


@given(st.integers(1, 2000), st.sampled_from([("斤", 500), ("公斤", 1000), ("kg", 1000), ("两", 50), ("g", 1)]))
def test_whole_amounts_are_exact(count: int, unit: tuple[str, int]) -> None:
    word, grams = unit
    if count * grams > 1_000_000:
        return
    assert parse_unit(f"{count}{word}袋").net_g == count * grams


@given(st.integers(1, 999_999))
def test_grams_and_kilograms_agree(grams: int) -> None:
    assert parse_unit(f"{grams // 1000}.{grams % 1000:03d}kg").net_g == parse_unit(f"{grams}g").net_g == grams


@pytest.mark.parametrize(
    ("price", "net_g", "expected"),
    [(45_00, 2500, 18_00), (32_00, 2500, 12_80), (10, 3000, 3), (5, 2000, 3), (7, 2000, 4), (1, 2001, 0)],
)
def test_the_price_per_kilogram_is_rounded_once_half_up(price: int, net_g: int, expected: int) -> None:
    assert compute_price_per_kg(Fen(price), net_g) == expected


@pytest.mark.parametrize(
    ("text", "gross_g"), [("5斤箱", 2800), ("500g袋", 525), ("斤", 525), ("1g袋", 2), ("30枚箱", 0), ("100g罐", 112)]
)
def test_the_gross_weight_is_rounded_up(text: str, gross_g: int) -> None:
    assert parse_unit(text).gross_g == gross_g
