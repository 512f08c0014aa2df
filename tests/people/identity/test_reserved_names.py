"""Names that pass for the platform or an authority are found in every disguise, and real places keep theirs."""

import csv
import gzip
from pathlib import Path

import pytest

from market.kernel.text import clean_name
from market.people.identity.reserved_names import NameKind, find_name_fault

DIVISIONS = Path(__file__).parents[3] / "market/places/divisions/data/divisions.csv.gz"
DISGUISES = [
    "乡集客服", "客 服", "客\ufe00服", "客\ufe0f服", "客\u3164服", "客\u115f服", "客\uffa0服", "客\u2800服",
    "客\u034f服", "客\U000e0100服", "客·服", "客_服", "客-服", "官\u0301方", "鄉集", "鄕集", "平臺", "公安機關",
    "政府辦", "аdmin", "ΑDΜΙΝ", "ᴀᴅᴍɪɴ", "adm1n", "adrnin", "ádmin", "ＡＤＭＩＮ", "𝐚𝐝𝐦𝐢𝐧", "ⓧiangji",
    "Xіangjі 小王", "警察之家", "县市场监管局", "乡村振兴局", "管理员", "系统消息", "反诈中心", "工商银行", "税务局",
    "国家税务", "平台直营", "官方营业厅", "官方营销",
]  # fmt: skip
NOTHING = ["", "\u3164", "\u2800", "\ufe0f", "\u0301", "…", " \u200b ", "——", "\U000e0041"]
HONEST = [
    "王大娘", "样例唐某", "平台村老王", "大平台乡李家", "税务庄王婶", "官方营乡张家", "党家庄赵六", "官厅镇孙七",
    "乡下人家", "农户04", "Admiral", "Adam", "赶集人",
]  # fmt: skip
HONEST_SHOPS = [
    "官方营小米", "官方营乡集体林场", "李家乡集市豆腐", "观景平台农家院", "玻璃平台小院", "平台村小米合作社",
    "税务庄草莓", "警醒牌小米", "王庄村电商服务站", "县供销合作社", "局子村杏仁", "客市村大枣",
    "【产地直发】赞皇大枣 5 斤", "客家小院",
]  # fmt: skip


@pytest.mark.parametrize("name", DISGUISES)
def test_a_reserved_word_is_found_in_every_disguise(name: str) -> None:
    assert "会让人以为" in (find_name_fault(clean_name(name), NameKind.PERSON) or "")


@pytest.mark.parametrize("name", NOTHING)
@pytest.mark.parametrize("kind", NameKind)
def test_a_name_shows_something(name: str, kind: NameKind) -> None:
    assert find_name_fault(clean_name(name), kind) == "名字里要有看得见的字"


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_name_is_taken(name: str) -> None:
    assert find_name_fault(name, NameKind.PERSON) is None


@pytest.mark.parametrize("name", HONEST_SHOPS)
def test_an_honest_shop_or_title_is_taken(name: str) -> None:
    assert find_name_fault(name, NameKind.SHOP) is None


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("乡集官方店", "乡集"), ("平台直营", "平台"), ("平台推荐大枣", "平台"), ("警察之家", "警察"),
        ("县市场监管局", "市场监管局"), ("官方旗舰店", "官方"), ("赞皇鄉集自营", "乡集"), ("电商平台直营", "平台直营"),
    ],
)  # fmt: skip
def test_a_shop_does_not_pass_for_the_platform_or_an_authority(name: str, word: str) -> None:
    assert find_name_fault(name, NameKind.SHOP) == f"名字里不能有“{word}”，会让人以为是平台或官方的人"


def test_an_office_may_be_an_authority_and_not_the_platform() -> None:
    assert find_name_fault("县农业农村局王科长", NameKind.OFFICE) is None
    assert find_name_fault("乡集客服", NameKind.OFFICE) is not None


def test_every_real_place_may_stand_in_a_name() -> None:
    with gzip.open(DIVISIONS, "rt", encoding="utf-8") as file:
        names = sorted({row["name"] for row in csv.DictReader(file)})
    assert len(names) > 15_000
    refused = {
        name
        for name in names
        if any(find_name_fault(text, kind) for text in (name, f"{name}小米", f"{name}老王") for kind in NameKind)
    }
    assert refused == {"华北石油管理局"}  # a division that is an authority
