"""Text as people type it becomes text as it is kept."""

import pytest

from market.kernel.page import Page, cut
from market.kernel.text import clean, clean_phone, fold, mask_identity, mask_phone


@pytest.mark.parametrize(
    ("typed", "kept"),
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
def test_widths_are_folded_and_what_cannot_be_kept_is_dropped(typed: str, kept: str) -> None:
    assert clean(typed) == kept


def test_what_is_computed_with_is_folded_whole() -> None:
    assert fold("１，２３４．５０（元）") == "1,234.50(元)"


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
def test_a_mobile_number_is_read_in_every_form(typed: str) -> None:
    assert clean_phone(typed) == "17000000301"


@pytest.mark.parametrize("typed", ["1700000030", "170000003010", "12000000301", "kd-dx-0001", "", "1700000030x"])
def test_what_is_no_mobile_number_is_none(typed: str) -> None:
    assert clean_phone(typed) is None


def test_numbers_are_shown_masked() -> None:
    assert mask_phone("13812345678") == "138****5678"
    assert mask_phone("12345") == "****"
    assert mask_identity("130624197808089912") == "130624********9912"
    assert mask_identity("123456789") == "****"


def test_a_page_is_continued_by_the_key_of_its_last_row() -> None:
    assert cut([1, 2, 3], 2, lambda n: n * 10) == Page([1, 2], "20")
    assert cut([1, 2], 2, lambda n: n) == Page([1, 2], None)
    assert cut([], 2, str) == Page([], None)
