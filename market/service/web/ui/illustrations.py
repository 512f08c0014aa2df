"""Paper-cut illustrations (after 蔚县剪纸): the choice by goods, and the illustration as a standalone file.

An illustration has one tint (the paper), one ink (the knife colour), pine green leaves, and cuts. The files of
`assets/illustrations` take their colours from classes, so that they follow the page's colour scheme; `draw_picture`
writes the colours of the day scheme into the file, because a stored picture is used on its own.
"""

import re
from collections.abc import Mapping
from html import escape
from zlib import crc32

from market.service.web.ui.components import ASSETS

_BY_TINT_CLASS = {
    "pb": ("egg grape meadow phone quilt raft shell ski snow spring tent"),
    "pg": ("cabbage cake corn honey horse millet noodle oat parcel pear pin rice town yard"),
    "pn": ("almond chestnut fungus glove jar meat oil ox pot"),
    "po": ("kiwi walnut"),
    "pp": ("bean cucumber daisy forest herb honeysuckle tea"),
    "pr": ("apple basket can carrot cherry date feast haw melon peach pepper persimmon print strawberry study tomato"),
    "pw": ("flour garlic lily lotus peanut potato scallion sheep shroom wall"),
}
TINT_CLASSES: Mapping[str, str] = {
    name: tint_class for tint_class, names in _BY_TINT_CLASS.items() for name in names.split()
}
"""The class of `pic.css` that sets the tint and ink of each illustration."""

_BY_CATEGORY = {
    "中药材": "herb",
    "养生": "spring",
    "农家乐": "feast",
    "冰雪": "ski",
    "加工": "jar",
    "加工品": "jar",
    "手工": "print",
    "采摘": "basket",
    "采摘园": "basket",
    "户外": "tent",
    "文化": "town",
    "景区": "forest",
    "景区漂流": "raft",
    "杂粮": "millet",
    "民宿": "yard",
    "水产": "shell",
    "水果": "apple",
    "油料": "peanut",
    "温泉": "spring",
    "游玩": "forest",
    "研学": "study",
    "禽蛋": "egg",
    "粮食": "rice",
    "花卉": "pot",
    "茶": "tea",
    "草原": "meadow",
    "蔬菜": "cabbage",
    "薯类": "potato",
    "蜂蜜": "honey",
    "食用菌": "shroom",
    "畜禽": "ox",
    "干果": "walnut",
}
"""The illustration of a category, if no word of `_BY_PRODUCT_WORD` matches."""

_BY_PRODUCT_WORD = (
    # Products come before their raw material, so that 土豆粉 is flour and 红枣饮品 is a can.
    *(("can", word) for word in ("饮品", "果汁")),
    *(("jar", word) for word in ("酱", "罐头", "咸菜")),
    *(("oil", word) for word in ("香油", "食用油", "核桃油")),
    *(("noodle", word) for word in ("挂面", "宫面", "贡面", "拨面", "粉丝", "粉条")),
    *(("flour", word) for word in ("土豆粉", "莜面", "面粉")),
    *(("cake", word) for word in ("月饼", "窝头", "糕")),
    *(("pin", word) for word in ("擀面杖",)),
    *(("shroom", word) for word in ("菇", "菌")),
    *(("honeysuckle", word) for word in ("金银花",)),
    *(("tea", word) for word in ("茶",)),
    *(("honey", word) for word in ("蜂蜜", "蜜糖")),
    *(("daisy", word) for word in ("菊花",)),
    *(("lily", word) for word in ("百合",)),
    *(("date", word) for word in ("酸枣", "冬枣", "小枣", "大枣", "红枣")),
    *(("chestnut", word) for word in ("板栗", "甘栗", "栗子")),
    *(("walnut", word) for word in ("核桃",)),
    *(("almond", word) for word in ("杏扁", "杏仁", "扁杏")),
    *(("fungus", word) for word in ("木耳",)),
    *(("potato", word) for word in ("马铃薯", "土豆", "红薯", "甘薯")),
    *(("corn", word) for word in ("玉米",)),
    *(("rice", word) for word in ("大米", "稻")),
    *(("bean", word) for word in ("豆",)),
    *(("oat", word) for word in ("燕麦", "莜麦", "藜麦", "荞麦")),
    *(("millet", word) for word in ("小米", "贡米", "香谷米", "金米", "谷")),
    *(("grape", word) for word in ("葡萄",)),
    *(("haw", word) for word in ("山楂",)),
    *(("kiwi", word) for word in ("猕猴桃",)),
    *(("cherry", word) for word in ("樱桃",)),
    *(("strawberry", word) for word in ("草莓",)),
    *(("persimmon", word) for word in ("柿子", "磨盘柿")),
    *(("tomato", word) for word in ("西红柿", "番茄")),
    *(("melon", word) for word in ("西瓜", "甜瓜")),
    *(("pear", word) for word in ("梨",)),
    *(("peach", word) for word in ("桃", "杏")),
    *(("apple", word) for word in ("苹果",)),
    *(("pepper", word) for word in ("辣椒", "彩椒", "青椒")),
    *(("garlic", word) for word in ("蒜", "圆葱", "洋葱")),
    *(("scallion", word) for word in ("葱", "韭")),
    *(("cucumber", word) for word in ("黄瓜",)),
    *(("carrot", word) for word in ("萝卜",)),
    *(("lotus", word) for word in ("藕",)),
    *(("cabbage", word) for word in ("白菜", "芹")),
    *(("peanut", word) for word in ("花生",)),
    *(("egg", word) for word in ("鸡蛋", "鸭蛋")),
    *(("meat", word) for word in ("熏肉", "驴肉")),
    *(("sheep", word) for word in ("羊",)),
    *(("glove", word) for word in ("手套", "皮毛")),
    *(("quilt", word) for word in ("被", "毯")),
    *(("ox", word) for word in ("牛",)),
    # Last, so that a more specific word decides.
    *(("date", word) for word in ("枣",)),
    *(("chestnut", word) for word in ("栗",)),
)
_PLACE_NAMES = ("枣强", "桃城", "杏花")
"""Names of places that contain the name of a fruit; they say nothing of the goods."""
_BY_TOURISM_WORD = (
    # A tourism listing is named after its location, so these words apply to tourism categories only.
    ("raft", "漂流"),
    ("wall", "长城"),
    ("spring", "温泉"),
    ("ski", "滑雪"),
    ("strawberry", "草莓"),
    ("haw", "山楂"),
    ("horse", "骑马"),
    ("horse", "赛马"),
    ("horse", "舞马"),
    ("meadow", "蒙古包"),
    ("meadow", "草原"),
    ("tent", "营地"),
    ("print", "写生"),
    ("town", "水镇"),
)
_TOURISM_CATEGORIES = frozenset(
    (
        "农家乐",
        "冰雪",
        "采摘",
        "采摘园",
        "户外",
        "文化",
        "景区",
        "景区漂流",
        "民宿",
        "温泉",
        "游玩",
        "研学",
        "草原",
        "养生",
    )
)
_DAY_COLOURS = {
    "--paper": "#FAF5EA", "--on": "#FFF9EE", "--knife": "#9C2A22", "--leaf": "#2F5D48", "--gold": "#E2A72F",
    "--loess": "#9A6A3C", "--cloth": "#27506F", "--nut": "#6E3B22", "--wood": "#3A2A1D",
}  # fmt: skip
_TINTS = {"r": "#F5E0D6", "g": "#F7E7C1", "p": "#DFE9DA", "b": "#DCE6EA", "w": "#F1E7D4"}
_TINT_AND_INK = {
    "pr": ("r", "--knife"), "pg": ("g", "--loess"), "pp": ("p", "--leaf"), "pb": ("b", "--cloth"),
    "pw": ("w", "--loess"), "pn": ("w", "--nut"), "po": ("p", "--nut"),
}  # fmt: skip
_APPROVED_TINTS = {"--knife": "rgw", "--loess": "gwb", "--leaf": "pg", "--cloth": "bw", "--nut": "wpg"}
"""The tints that were checked for contrast with each ink."""

_SVG = re.compile(r'<svg [^>]*viewBox="0 0 (\d+) 100"[^>]*>\n(.*)</svg>', re.DOTALL)
_VAR = re.compile(r"var\((--[a-z]+)\)")
_CLASSES = re.compile(r'class="([a-z])"')


def get_illustration(category: str, name: str) -> str:
    """Return the name of the illustration for a category and a title; `parcel` if none fits."""
    if category in _TOURISM_CATEGORIES:
        for drawing, word in _BY_TOURISM_WORD:
            if word in name:
                return drawing
        return _BY_CATEGORY[category]
    goods = name
    for place in _PLACE_NAMES:
        goods = goods.replace(place, "")
    for drawing, word in _BY_PRODUCT_WORD:
        if word in goods:
            return drawing
    return _BY_CATEGORY.get(category, "parcel")


def get_tint_class(drawing: str) -> str:
    """Return the tint class of an illustration.

    Raises:
        KeyError: the illustration does not exist.
    """
    return TINT_CLASSES[drawing]


def _apply_colours(body: str, tint: str, knife: str) -> str:
    """Replace the classes by the colours of the day scheme."""
    written = {
        "c": f'fill="none" stroke="{tint}" stroke-linejoin="round"',
        "s": f'fill="none" stroke="{knife}" stroke-linejoin="round"',
        "l": f'fill="{_DAY_COLOURS["--leaf"]}"',
        "r": f'fill="{_DAY_COLOURS["--knife"]}"',
        "g": f'fill="{_DAY_COLOURS["--gold"]}"',
        "o": f'fill="{_DAY_COLOURS["--loess"]}"',
        "q": f'fill="{tint}"',
    }
    body = _CLASSES.sub(lambda match: written[match[1]], body)
    return _VAR.sub(lambda match: tint if match[1] == "--p" else _DAY_COLOURS[match[1]], body)


def _draw_border(style: int, width: int, knife: str) -> str:
    """Draw the border: none, a line, dots, or cut corners."""
    if style == 1:
        return f'<path d="M3 3h{width - 6}v94H3z" fill="none" stroke="{knife}" stroke-width="1.2"/>'
    if style == 2:
        return (
            f'<path d="M4 4h{width - 8}v92H4z" fill="none" stroke="{knife}" stroke-width="2.4" stroke-dasharray="0 6"/>'
        )
    if style == 3:
        r = width
        corners = f"M0 0h12L0 12zM{r} 0v12L{r - 12} 0zM0 100V88l12 12zM{r} 100h-12l12-12z"
        return f'<path d="{corners}" fill="{knife}"/>'
    return ""


def draw_picture(category: str, name: str, seed: int) -> str:
    """Return a complete SVG file that shows these goods: 100 × 100 units, or 160 × 100 for a scene.

    The same arguments give the same file. `seed` chooses the tint, border, rotation and size, so that two sellers of
    the same product show different pictures. The file has no style element and no script, and loads nothing.
    """
    drawing = get_illustration(category, name)
    match = _SVG.search((ASSETS / "illustrations" / f"{drawing}.svg").read_text(encoding="utf-8"))
    assert match is not None, f"{drawing} is not a drawing"
    width, body = int(match[1]), match[2]
    scene = width > 100
    choice = crc32(f"{drawing}/{seed}".encode())
    tints = _APPROVED_TINTS[_TINT_AND_INK[TINT_CLASSES[drawing]][1]]
    tint_name = _TINT_AND_INK[TINT_CLASSES[drawing]][0] if choice % 3 == 0 else tints[choice // 3 % len(tints)]
    tint, knife = _TINTS[tint_name], _DAY_COLOURS[_TINT_AND_INK[TINT_CLASSES[drawing]][1]]
    mirrored = choice >> 8 & 1
    turn = 0 if scene else (choice >> 9) % 13 - 6
    size = 100 if scene else 80 + (choice >> 13) % 11
    middle = width // 2
    move = (
        f"translate({middle} 50) rotate({turn}) scale({'-' if mirrored else ''}{size // 100}.{size % 100:02d}"
        f" {size // 100}.{size % 100:02d}) translate(-{middle} -50)"
    )
    edge = "" if scene else _draw_border((choice >> 17) % 4, width, knife)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 100" width="{width * 6}" height="600"'
        f' role="img"><title>{escape(name)}（剪纸）</title><path fill="{tint}" d="M0 0h{width}v100H0z"/>{edge}'
        f'<g fill="{knife}" color="{knife}" stroke-width="2.8" stroke-linecap="round" transform="{move}">'
        f"{_apply_colours(body, tint, knife)}</g></svg>\n"
    )
