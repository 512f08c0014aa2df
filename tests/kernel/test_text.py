"""User input is normalized, phone numbers are parsed, numbers are masked, and lists are paginated."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kernel.lookalikes import INVISIBLE
from market.kernel.page import Page, make_page
from market.kernel.text import (
    clean_text,
    find_foreign_letters,
    mask_identity_number,
    mask_long_numbers,
    mask_phone,
    normalize_digits,
    normalize_phone,
    normalize_text,
    remove_separators,
)


def test_a_code_is_compared_without_width_and_gaps() -> None:
    assert {normalize_digits(each) for each in ("482913", " 482 913\n", "４８２　９１３", "4 8 2 9 1 3")} == {"482913"}


def test_only_commas_between_thousands_are_separators() -> None:
    assert [remove_separators(each) for each in ("1,200", "1,200.5", "12", "80,5", "1,2,3", "1,2000", ",200")] == [
        "1200", "1200.5", "12", "80,5", "1,2,3", "1,2000", ",200",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("  小米 ", "小米"),
        ("３８．００", "38.00"),
        ("ＡＢ c", "AB c"),
        ("a\x00b\u202ec\ufeff", "abc"),
        ("行一\n行二", "行一\n行二"),
        ("甜，真甜！（样例）", "甜，真甜！（样例）"),
        ("５斤：４５元？", "5斤：45元？"),
    ],
)
def test_full_width_forms_are_normalized_and_control_characters_removed(typed: str, expected: str) -> None:
    assert clean_text(typed) == expected


def test_text_for_parsing_is_normalized_completely() -> None:
    assert normalize_text("１，２３４．５０（元）") == "1,234.50(元)"


def normalize_slowly(text: str) -> str:
    """What `normalize_text` returns, without its short way for plain texts; none of these is a sign with a selector."""
    return re.sub(rf"[\x00-\x08\x0b-\x1f\x7f-\x9f{INVISIBLE}]", "", unicodedata.normalize("NFKC", text)).strip()


def test_characters_up_to_the_last_common_chinese_one_are_normalized_as_by_nfkc_alone() -> None:
    for number in range(0xA000):
        text = f"a{chr(number)} "
        if number != 0xFE0F:
            assert normalize_text(text) == normalize_slowly(text), hex(number)
        if text.isascii() or "\u4e00" <= chr(number) <= "\u9fff":
            assert find_foreign_letters(text) == "", hex(number)


@given(st.text(st.sampled_from("ab 0'\t\u200b大枣，Ａ①\u3000e\u0301\uac00\u1100\u1161")))
def test_characters_beside_each_other_are_normalized_as_by_nfkc_alone(text: str) -> None:
    assert normalize_text(text) == normalize_slowly(text)


@pytest.mark.parametrize(
    "typed",
    [
        "17000000301",
        "+8617000000301",
        "+86 170 0000 0301",
        "'17000000301",
        "１７００００００３０１",
        "0086-170-0000-0301",
    ],
)
def test_a_mobile_number_is_accepted_in_every_notation(typed: str) -> None:
    assert normalize_phone(typed) == "17000000301"


@pytest.mark.parametrize(
    "typed",
    ["1700000030", "170000003010", "12000000301", "kd-dx-0001", "", "1700000030x", "1700000030٣", "1700००००301"],
)
def test_anything_else_is_not_a_mobile_number(typed: str) -> None:
    assert normalize_phone(typed) is None


def test_numbers_are_masked() -> None:
    assert mask_phone("13812345678") == "138****5678"
    assert mask_phone("12345") == "****"
    assert mask_identity_number("130624197808089912") == "130624********9912"
    assert mask_identity_number("123456789") == "****"


def test_a_page_is_continued_by_the_key_of_its_last_row() -> None:
    assert make_page([1, 2, 3], 2, lambda n: n * 10) == Page([1, 2], "20")
    assert make_page([1, 2], 2, lambda n: n) == Page([1, 2], None)
    assert make_page([], 2, str) == Page([], None)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("快递员王师傅 13812345678 正在派送", "快递员王师傅 … 正在派送"),
        ("电话 138-1234-5678，取件码 8-2-3041", "电话 …，取件码 …"),
        ("2019 年 9 月 20 日到 12 号柜", "2019 年 9 月 20 日到 12 号柜"),
    ],
)
def test_long_numbers_in_what_others_write_are_masked(text: str, masked: str) -> None:
    assert mask_long_numbers(text) == masked
