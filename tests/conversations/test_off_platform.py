"""What may not be written: links, telephones, and requests for codes, transfers or another chat."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.producers.off_platform import (
    LINK_REASON,
    PHONE_REASON,
    REQUEST_REASON,
    OffPlatformContact,
    find_off_platform_contact,
    require_on_platform,
)

GAPS = st.lists(st.sampled_from(["", "", " ", "-", "—", "·", "."]), min_size=10, max_size=10)


@pytest.mark.parametrize(
    "text",
    [
        "枣什么时候发？",
        "单号 SF1390000900123，您查一下",
        "邮政 1139000090015 这个号",
        "订单 1024 少了一箱，重 4.95 公斤",
        "我用微信付的，钱什么时候退",
        "取货码没有收到",
        "2019.10.3 到，住 2 晚",
        "一三五都在家，送前说一声",
        "装 12 斤，39.5 元",
    ],
)
def test_what_people_say_about_an_order_is_allowed(text: str) -> None:
    assert find_off_platform_contact(text) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("看 https://a.example", LINK_REASON),
        ("点 www.abc", LINK_REASON),
        ("去ｔａｏｂａｏ。ｃｏｍ看", LINK_REASON),
        ("打我 13900009001", PHONE_REASON),
        ("１３９-0000-9001", PHONE_REASON),
        ("订单1024，13900009001", PHONE_REASON),
        ("一三九零零零零九零零一", PHONE_REASON),
        ("+86 139 0000 9001", PHONE_REASON),
        ("0312-7000001 找我", PHONE_REASON),
        ("400-700-0001", PHONE_REASON),
        ("把验 证 码发来", REQUEST_REASON),
        ("加 微 信 便宜", REQUEST_REASON),
        ("加V信说", REQUEST_REASON),
        ("直接转账给我", REQUEST_REASON),
        ("扫码付", REQUEST_REASON),
    ],
)
def test_what_leads_away_from_the_platform_is_refused(text: str, reason: str) -> None:
    assert find_off_platform_contact(text) == reason


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), GAPS, st.sampled_from(["", "电话", "订单 12，", "！"]))
def test_a_telephone_is_found_with_any_gaps(phone: str, gaps: list[str], before: str) -> None:
    spread = "".join(digit + gap for digit, gap in zip(phone, [*gaps, ""], strict=True))
    assert find_off_platform_contact(f"{before}{spread}说") == PHONE_REASON
    assert find_off_platform_contact(f"{before}{spread}说", own_phones=[phone]) is None


def test_the_refusal_names_each_field() -> None:
    with pytest.raises(OffPlatformContact) as caught:
        require_on_platform(text="加微信", title="好枣", story="www.abc")
    assert [(each.field, each.message) for each in caught.value.errors] == [
        ("text", REQUEST_REASON), ("story", LINK_REASON),
    ]  # fmt: skip
