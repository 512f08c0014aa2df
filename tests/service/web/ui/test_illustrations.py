import gzip
import re
import xml.etree.ElementTree as ET

import pytest

from market.service.web.ui.components import ASSETS, load_components
from market.service.web.ui.illustrations import TINT_CLASSES, draw_picture, get_illustration, get_tint_class

DRAWINGS = sorted(TINT_CLASSES)


@pytest.mark.parametrize(
    ("category", "name", "drawing"),
    [
        ("杂粮", "蔚州贡米(小米)", "millet"),
        ("杂粮", "尚义燕麦片", "oat"),
        ("杂粮", "涞源杂粮礼盒", "millet"),
        ("粮食", "柏各庄大米", "rice"),
        ("粮食", "万全鲜食玉米(糯玉米)", "corn"),
        ("薯类", "张北马铃薯", "potato"),
        ("加工", "围场土豆粉", "flour"),
        ("加工", "鸡泽辣椒(酱)", "jar"),
        ("加工", "赞皇红枣饮品", "can"),
        ("加工", "大名小磨香油", "oil"),
        ("干果", "献县金丝小枣", "date"),
        ("干果", "京东板栗(承德县)", "chestnut"),
        ("干果", "涞水麻核桃(文玩)", "walnut"),
        ("水果", "满城草莓", "strawberry"),
        ("水果", "某种新果子", "apple"),
        ("畜禽", "新河天仙鸡蛋", "egg"),
        ("畜禽", "唐县羊肉", "sheep"),
        ("食用菌", "阜平羊肚菌(干)", "shroom"),
        ("食用菌", "平山黑木耳(田映绿)", "fungus"),
        ("中药材", "滦平中药材(黄芩茶)", "tea"),
        ("中药材", "涉县柴胡", "herb"),
        ("蜂蜜", "荆条蜜", "honey"),
        ("水产", "昌黎扇贝", "shell"),
        ("手工", "武强年画", "print"),
        ("没听过", "没听过", "parcel"),
        ("干果", "革新庄晒枣", "date"),
        ("水果", "枣强黄冠", "apple"),
        ("畜禽", "枣强肉牛", "ox"),
        ("游玩", "枣强杏园一日", "forest"),
        ("民宿", "骆驼湾村农家小院", "yard"),
        ("民宿", "张北蒙古包(5-6人)", "meadow"),
        ("民宿", "林家僻舍 民宿(王家坪村)", "yard"),
        ("农家乐", "金山岭长城农家院", "wall"),
        ("农家乐", "西柏坡农家乐", "feast"),
        ("采摘园", "清河马屯山楂采摘节", "haw"),
        ("采摘园", "革新庄休闲采摘", "basket"),
        ("草原", "张北草原骑马", "horse"),
        ("冰雪", "崇礼土炕农家院", "ski"),
        ("温泉", "温泉村民宿(七家镇)", "spring"),
        ("研学", "周台子村研学(张百湾镇)", "study"),
        ("景区漂流", "云花溪谷漂流(夏庄乡)", "raft"),
        ("户外", "小五台山户外营地", "tent"),
        ("文化", "周窝音乐小镇", "town"),
    ],
)
def test_goods_have_their_illustration(category: str, name: str, drawing: str) -> None:
    assert get_illustration(category, name) == drawing


def test_every_illustration_has_a_tint_and_every_tint_an_illustration() -> None:
    assert sorted(path.stem for path in (ASSETS / "illustrations").glob("*.svg")) == DRAWINGS
    assert get_tint_class("millet") == "pg"
    with pytest.raises(KeyError):
        get_tint_class("nothing")


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_an_illustration_is_small_and_takes_its_colours_from_the_page(drawing: str) -> None:
    symbol = load_components().symbols[f"p-{drawing}"]
    assert len(gzip.compress(symbol.encode())) <= 700
    assert re.findall(r"#[0-9A-Fa-f]{3,6}", symbol) == []
    assert set(re.findall(r'class="([^"]*)"', symbol)) <= {"c", "s", "l", "r", "g", "o", "q"}


@pytest.mark.parametrize("drawing", DRAWINGS)
def test_no_class_hides_a_colour_written_beside_it(drawing: str) -> None:
    for tag in re.findall(r"<[a-z]+[^>]*>", (ASSETS / "illustrations" / f"{drawing}.svg").read_text(encoding="utf-8")):
        if "class=" in tag:
            assert " fill=" not in tag
            assert " stroke=" not in tag


def test_a_picture_is_a_standalone_file() -> None:
    svg = draw_picture("杂粮", "小米<b>", 7)
    root = ET.fromstring(svg)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("600", "600", "0 0 100 100")
    title = root.find("{http://www.w3.org/2000/svg}title")
    assert title is not None
    assert title.text == "小米<b>（剪纸）"
    assert re.findall(r"var\(|class=|style|script|href", svg) == []


def test_a_scene_is_wide_and_level() -> None:
    svg = draw_picture("民宿", "骆驼湾村农家小院", 1)
    assert 'viewBox="0 0 160 100" width="960"' in svg
    assert {seed: "rotate(0)" in draw_picture("民宿", "院", seed) for seed in range(20)} == dict.fromkeys(
        range(20), True
    )


def test_the_same_seed_draws_the_same_picture_and_others_differ() -> None:
    sheets = [draw_picture("水果", "苹果", seed) for seed in range(40)]
    assert sheets == [draw_picture("水果", "苹果", seed) for seed in range(40)]
    assert len(set(sheets)) == 40


@pytest.mark.parametrize("seed", range(4))
def test_every_picture_parses_and_stays_small(seed: int) -> None:
    for word in ("小米", "苹果", "核桃", "木耳", "白菜", "肉", "花生", "年画"):
        svg = draw_picture("没听过", word, seed)
        ET.fromstring(svg)
        assert len(gzip.compress(svg.encode())) <= 1_100
