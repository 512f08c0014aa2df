"""Words of the market that mean the same thing, so that either finds both."""

from functools import lru_cache

MOST_VARIANTS = 8
"""Of one piece of a query, itself among them."""

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
    ("农家院", "农家小院"),
)
"""What one thing is called; no word stands in two groups.

Source: 《中国植物志》, the common names under 枣, 栗, 胡桃, 山楂, 阳芋, 番薯, 玉蜀黍, 落花生, 番茄, 洋葱, 甘蓝,
芫荽 and 黄花菜; the rest are everyday words of Hebei for what stands in the market's own listings.
"""

_GROUPS = {word: group for group in SYNONYMS for word in group}
_LONGEST_FIRST = sorted(_GROUPS, key=lambda word: (-len(word), word))


@lru_cache(maxsize=4096)
def variants_of(piece: str) -> tuple[str, ...]:
    """Return a piece of a query with the other names of the thing in it: 阜平红枣 → 阜平红枣, 阜平大枣.

    Of several names in one piece the longest is exchanged; the piece itself comes first.
    """
    found = next((word for word in _LONGEST_FIRST if word in piece), None)
    if found is None:
        return (piece,)
    others = (piece.replace(found, other) for other in _GROUPS[found])
    return tuple(dict.fromkeys([piece, *others]))[:MOST_VARIANTS]
