"""What may not be written: links, telephones, and requests for codes, transfers or another chat."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.people.moderation.off_platform import (
    LINK_REASON,
    PHONE_REASON,
    REQUEST_REASON,
    OffPlatformContact,
    find_off_platform_contact,
    require_no_contacts,
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
        "我转账了，您看收到没有",
        "银行转账付的",
        "扫码付的款",
        "二维码坏了扫不出来",
        "红包没领到",
        "返现有吗",
        "验证码收不到",
        "不要红包",
        "我给您转账了，没显示",
        "什么时候打到账上",
        "退款打到我原来的卡上",
        "卖家要我转账，我没理",
        "加我一份辣椒",
        "微信里收到短信了",
        "拼多多上更便宜",
        "单号发我",
        "尺码发我",
        "快递转给您邻居了",
        "多加微辣",
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
        ("6222 0212 3456 7890 123", REQUEST_REASON),
        ("t a o b a o . c o m", LINK_REASON),
        ("网址 a1点com", LINK_REASON),
        ("我微 信 同号", REQUEST_REASON),
        ("＋Ｖ聊", REQUEST_REASON),
        ("薇❤信", REQUEST_REASON),
        ("v x: abc123", REQUEST_REASON),
        ("微信tangjia88", REQUEST_REASON),
        ("wx同号", REQUEST_REASON),
        ("支付宝给我", REQUEST_REASON),
        ("转我微信", REQUEST_REASON),
        ("直接微信付我", REQUEST_REASON),
        ("钱打我卡上", REQUEST_REASON),
        ("请给我现金", REQUEST_REASON),
        ("先打款再发货", REQUEST_REASON),
        ("好评返五块", REQUEST_REASON),
        ("给您发红包", REQUEST_REASON),
        ("验证码发我一下", REQUEST_REASON),
        ("报一下验证码", REQUEST_REASON),
        ("扫我的码", REQUEST_REASON),
        ("抖音找我", REQUEST_REASON),
        ("淘宝店叫唐家枣", REQUEST_REASON),
        ("进群买", REQUEST_REASON),
        ("不走平台", REQUEST_REASON),
        ("QQ 12345678", REQUEST_REASON),
        ("加我", REQUEST_REASON),
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


def test_a_buyers_public_words_may_tell_what_a_seller_asked_for() -> None:
    require_no_contacts(text="卖家让我加微信转账，别上当")
    with pytest.raises(OffPlatformContact) as caught:
        require_no_contacts(text="卖家电话 13900009001", title="www.abc")
    assert [each.message for each in caught.value.errors] == [PHONE_REASON, LINK_REASON]
