"""Synonyms of product names, so that searching for one finds the others."""

from functools import lru_cache

MAX_VARIANTS = 8
"""The maximum number of variants of one piece of a query, including itself."""

SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("大枣", "红枣"),
    ("板栗", "栗子", "甘栗"),
    ("核桃", "胡桃"),
    ("山楂", "山里红", "红果"),
    ("马铃薯", "土豆", "洋芋", "山药蛋"),
    ("红薯", "甘薯", "地瓜", "番薯", "白薯", "山芋"),
    ("玉米", "苞谷", "包谷", "苞米", "玉蜀黍"),
    ("花生", "落花生", "长生果"),
    ("西红柿", "番茄"),
    ("洋葱", "圆葱"),
    ("卷心菜", "圆白菜", "包菜", "洋白菜", "甘蓝"),
    ("香菜", "芫荽"),
    ("黄花菜", "金针菜"),
    ("杏扁", "扁杏", "大扁"),
    ("莜面", "莜麦面"),
    ("蜂蜜", "花蜜", "蜂糖"),
    ("柴鸡蛋", "土鸡蛋", "笨鸡蛋"),
    ("住宿", "民宿", "农家院", "农家小院", "农家乐"),
    ("桃", "桃子"),
    ("梨", "梨子"),
    ("杏", "杏子"),
    ("枣", "枣子"),
)
"""Groups of names for one product; no word is in two groups.

Source: 《中国植物志》, the common names under 枣, 栗, 胡桃, 山楂, 阳芋, 番薯, 玉蜀黍, 落花生, 番茄, 洋葱, 甘蓝,
芫荽 and 黄花菜; the rest are everyday words of Hebei for products of the market's listings.
"""

OTHER_PRODUCTS: dict[str, tuple[str, ...]] = {"桃": ("核桃", "胡桃", "樱桃", "猴桃"), "梨": ("梨木",), "枣": ("酸枣",)}
"""For a product named by one character, the words with that character that name something else; these come later."""

_GROUPS = {word: group for group in SYNONYMS for word in group}
# Written out, because the dictionary of `pypinyin` takes 50 MB of each process.
BY_PINYIN = {
    "dazao": "大枣", "hongzao": "红枣", "banli": "板栗", "lizi": "梨子", "ganli": "甘栗", "hetao": "核桃",
    "hutao": "胡桃", "shanzha": "山楂", "shanlihong": "山里红", "hongguo": "红果", "malingshu": "马铃薯",
    "tudou": "土豆", "yangyu": "洋芋", "shanyaodan": "山药蛋", "hongshu": "红薯", "ganshu": "甘薯", "digua": "地瓜",
    "fanshu": "番薯", "baishu": "白薯", "shanyu": "山芋", "yumi": "玉米", "baogu": "包谷", "baomi": "苞米",
    "yushushu": "玉蜀黍", "huasheng": "花生", "luohuasheng": "落花生", "changshengguo": "长生果",
    "xihongshi": "西红柿", "fanqie": "番茄", "yangcong": "洋葱", "yuancong": "圆葱", "juanxincai": "卷心菜",
    "yuanbaicai": "圆白菜", "baocai": "包菜", "yangbaicai": "洋白菜", "ganlan": "甘蓝", "xiangcai": "香菜",
    "yansui": "芫荽", "huanghuacai": "黄花菜", "jinzhencai": "金针菜", "xingbian": "杏扁", "bianxing": "扁杏",
    "dabian": "大扁", "youmian": "莜面", "youmaimian": "莜麦面", "fengmi": "蜂蜜", "huami": "花蜜",
    "fengtang": "蜂糖", "chaijidan": "柴鸡蛋", "tujidan": "土鸡蛋", "benjidan": "笨鸡蛋", "zhusu": "住宿",
    "minsu": "民宿", "nongjiayuan": "农家院", "nongjiaxiaoyuan": "农家小院", "nongjiale": "农家乐", "tao": "桃",
    "taozi": "桃子", "li": "梨", "xing": "杏", "xingzi": "杏子", "zao": "枣", "zaozi": "枣子",
}  # fmt: skip
"""The names by their pinyin without tones; of two that sound alike the later one."""
_BY_LENGTH = sorted(_GROUPS, key=lambda word: (-len(word), word))


@lru_cache(maxsize=4096)
def expand_synonyms(piece: str) -> tuple[str, ...]:
    """Return a piece of a query and its variants under other names: 阜平红枣 → 阜平红枣, 阜平大枣.

    The longest name in the piece is replaced; the piece itself comes first.
    """
    name = next((word for word in _BY_LENGTH if word in piece), None)
    if name is None:
        return (piece,)
    others = (piece.replace(name, other) for other in _GROUPS[name])
    return tuple(dict.fromkeys([piece, *others]))[:MAX_VARIANTS]


def find_name_by_pinyin(latin: str) -> str | None:
    """Return the product name with synonyms that letters spell, `hongzao` → 红枣, or None."""
    return BY_PINYIN.get(latin)
