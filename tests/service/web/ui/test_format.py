from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kernel import FieldFault
from market.kernel.text import mask_phone
from market.service.web.ui import format as write

FIGURES = {figure: value for value, figure in enumerate("零壹贰叁肆伍陆柒捌玖")}
PLACES = {"拾": 10, "佰": 100, "仟": 1000}


def read_capitals(text: str) -> int:
    """Parse a sum in capitals, independently of the implementation."""
    text = text.removeprefix("人民币")
    sign, text = (-1, text[1:]) if text.startswith("负") else (1, text)
    total = group = figure = 0
    fen = 0
    for char in text:
        if char in FIGURES:
            figure = FIGURES[char]
        elif char in PLACES:
            group, figure = group + figure * PLACES[char], 0
        elif char in "万亿":
            total, group, figure = total + (group + figure) * {"万": 10**4, "亿": 10**8}[char], 0, 0
        elif char == "元":
            total, group, figure = total + group + figure, 0, 0
        elif char == "角":
            fen, figure = fen + 10 * figure, 0
        elif char == "分":
            fen, figure = fen + figure, 0
        else:
            assert char == "整"
    assert group == figure == 0
    return sign * (total * 100 + fen)


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (0, "人民币零元整"),
        (1, "人民币壹分"),
        (10, "人民币壹角整"),
        (7_25, "人民币柒元贰角伍分"),
        (9_84, "人民币玖元捌角肆分"),
        (10_00, "人民币壹拾元整"),
        (24_22, "人民币贰拾肆元贰角贰分"),
        (26_00, "人民币贰拾陆元整"),
        (39_28, "人民币叁拾玖元贰角捌分"),
        (242_73, "人民币贰佰肆拾贰元柒角叁分"),
        (426_00, "人民币肆佰贰拾陆元整"),
        (441_34, "人民币肆佰肆拾壹元叁角肆分"),
        (100_05, "人民币壹佰元零伍分"),
        (100_50, "人民币壹佰元伍角整"),
        (1_005_00, "人民币壹仟零伍元整"),
        (1_409_50, "人民币壹仟肆佰零玖元伍角整"),
        (6_007_14, "人民币陆仟零柒元壹角肆分"),
        (10_000_00, "人民币壹万元整"),
        (10_500_00, "人民币壹万零伍佰元整"),
        (16_409_02, "人民币壹万陆仟肆佰零玖元零贰分"),
        (107_000_53, "人民币壹拾万柒仟元伍角叁分"),
        (3_000_100_00, "人民币叁佰万零壹佰元整"),
        (100_000_000_00, "人民币壹亿元整"),
        (100_005_000_00, "人民币壹亿零伍仟元整"),
        (100_050_000_00, "人民币壹亿零伍万元整"),
        (-12_21, "人民币负壹拾贰元贰角壹分"),
    ],
)
def test_a_sum_is_written_in_capitals(fen: int, text: str) -> None:
    assert write.capitals(fen) == text


@given(st.integers(-(10**14) + 1, 10**14 - 1))
def test_capitals_read_back_as_the_same_sum(fen: int) -> None:
    assert read_capitals(write.capitals(fen)) == fen


@given(st.integers(0, 10**14 - 1))
def test_capitals_never_repeat_or_begin_with_a_zero(fen: int) -> None:
    text = write.capitals(fen).removeprefix("人民币")
    assert "零零" not in text
    assert fen < 100 or not text.startswith("零")
    assert text.endswith("整") == (fen % 10 == 0)


def test_a_sum_too_large_to_name_is_refused() -> None:
    with pytest.raises(ValueError, match="no name"):
        write.capitals(10**14)


@pytest.mark.parametrize(
    ("fen", "text"),
    [(0, "0.00"), (5, "0.05"), (12_50, "12.50"), (1_234_56, "1,234.56"), (-13_00, "−13.00"), (-7, "−0.07")],
)
def test_a_sum_is_written_in_yuan(fen: int, text: str) -> None:
    assert write.yuan(fen) == text


@given(st.integers(-(10**15), 10**15))
def test_yuan_loses_no_fen(fen: int) -> None:
    text = write.yuan(fen)
    whole, rest = text.lstrip("−").replace(",", "").split(".")
    assert (int(whole) * 100 + int(rest)) * (-1 if text.startswith("−") else 1) == fen


def test_a_price_is_markup_and_a_field_value_is_plain() -> None:
    assert write.yuan_big(32_00) == '<span class="yen">¥<b>32.00</b></span>'
    assert write.yuan_big(-32_00) == '<span class="yen">−¥<b>32.00</b></span>'
    assert [write.yuan_input(fen) for fen in (39_00, 39_50, 5, -1_05, None)] == ["39", "39.50", "0.05", "-1.05", ""]


@pytest.mark.parametrize(
    ("fen", "text"),
    [
        (9_999_99, "9,999.99元"),
        (10_000_00, "1.0万元"),
        (12_499_99, "1.2万元"),
        (12_500_00, "1.3万元"),
        (123_456_789_00, "12,345.7万元"),
        (-25_000_00, "−2.5万元"),
    ],
)
def test_an_overview_is_written_in_ten_thousands(fen: int, text: str) -> None:
    assert write.wan(fen) == text


def test_days_are_written_by_the_clock_of_shanghai() -> None:
    evening = datetime(2018, 6, 2, 16, 5, tzinfo=UTC)
    assert write.day_zh(evening) == "2018年6月3日"
    assert write.day_zh(date(2018, 6, 3)) == "2018年6月3日"
    assert write.day_short(evening) == "6月3日"
    assert write.clock_zh(evening) == "2018年6月3日 00:05"
    assert write.weekday(evening) == "周日"
    assert write.weekday(date(2019, 4, 8)) == "周一"
    assert write.month_zh(date(2019, 3, 1)) == "2019年3月"


def test_weights_show_jin_beside_kilograms() -> None:
    assert [write.weight(g) for g in (50, 499, 500, 2500, 5000, 1_250, 1_500_000)] == [
        "50 克",
        "499 克",
        "0.5 公斤（1 斤）",
        "2.5 公斤（5 斤）",
        "5 公斤（10 斤）",
        "1.25 公斤（2.5 斤）",
        "1,500 公斤（3,000 斤）",
    ]


def test_prices_are_compared_by_weight() -> None:
    assert write.per_kg(32_00, 2500) == "合 6.40 元/斤，12.80 元/公斤"
    assert write.per_jin(10_00, 3000) == "合 1.67 元/斤"
    assert write.per_jin(1, 1000) == "合 0.01 元/斤"


def test_counts_and_rates_are_written_without_trailing_zeros() -> None:
    assert [write.count(n) for n in (0, 999, 16_000, -1_500)] == ["0", "999", "16,000", "−1,500"]
    assert [write.percent_bp(r) for r in (0, 5000, 1250, 7487, 5, -250)] == [
        "0%",
        "50%",
        "12.5%",
        "74.87%",
        "0.05%",
        "−2.5%",
    ]
    assert write.score(48) == "4.8 分"


def test_telephone_numbers_can_be_read_aloud() -> None:
    assert write.phone("17000009100") == "170-0000-9100"
    assert write.phone("0312-000-0000") == "0312-000-0000"
    assert write.phone("10086") == "10086"
    assert mask_phone("13812345678") == "138****5678"
    assert write.FILTERS["mask_phone"] is mask_phone


def test_faults_of_a_form_are_found_by_field() -> None:
    errors = [FieldFault("price", "价钱没写"), FieldFault("price", "第二句"), FieldFault("n", "几箱没写")]
    assert write.of(errors, "price") == "价钱没写"
    assert write.of(errors, "name") is None
    assert write.of({"n": "几箱没写"}, "n") == "几箱没写"
    assert write.faults(errors) == [("price", "价钱没写"), ("price", "第二句"), ("n", "几箱没写")]
    assert write.faults({"n": "几箱没写"}) == [("n", "几箱没写")]


def test_lines_are_escaped_before_line_breaks_are_inserted() -> None:
    assert write.lines("下单\n<9:10>") == "下单<br>&lt;9:10&gt;"
