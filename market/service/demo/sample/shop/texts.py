"""Texts of sample listings and reviews; they state only facts of the public data."""

import re

from market.service.demo.sample.public_data import SourceOffer

_YEAR_ROUND = frozenset({"手工", "加工", "花卉", "畜禽"})
_NUMBER = re.compile(r"\d{4}-\d{2}-\d{3}")
_BRACKETED = re.compile(r"[(（](.+)[)）]")


def find_gi(zone: str) -> str:
    """Return the registered geographical indication of the data, or an empty string.

    Applications (拟登记, 受理) and zones (特优区) do not count.
    """
    part = next((each for each in zone.split("/") if each.startswith(("AGI", "GI"))), "")
    if not part or "拟登记" in part or "受理" in part:
        return ""
    if part.startswith("AGI"):
        number = _NUMBER.search(part)
        return f"农产品地理标志 AGI{number[0]}" if number else "农产品地理标志"
    named = _BRACKETED.search(part)
    if "证明商标" in part:
        return f"地理标志证明商标（{named[1]}）" if named else "地理标志证明商标"
    mark = part.removeprefix("GI").strip()
    return f"地理标志产品（{mark}）" if mark and not mark[0].isdigit() else "地理标志产品"


def write_zone_sentence(zone: str) -> str:
    """Return a sentence about the production zone or the regional brand, or an empty string."""
    named = _BRACKETED.search(zone)
    of = f"（{named[1]}）" if named and "特优区" in zone else ""
    if "中国特优区" in zone:
        return f"产区列入中国特色农产品优势区{of}。"
    if "省特优区" in zone:
        return f"产区列入河北省特色农产品优势区{of}。"
    return "当地的区域公用品牌。" if "区域" in zone else ""


def format_months(months: tuple[int, ...]) -> str:
    """Return months as text: 9 到 10 月, 12 月到次年 5 月, 全年."""
    if len(months) == 12:
        return "全年"
    if len(months) == 1:
        return f"{months[0]} 月"
    start = next(month for month in months if (month - 2) % 12 + 1 not in months)
    end = (start + len(months) - 2) % 12 + 1
    return f"{start} 到 {end} 月" if start < end else f"{start} 月到次年 {end} 月"


def write_goods_story(offer: SourceOffer, division: str) -> str:
    """Return the description of farm goods."""
    verb = "供应" if offer.category in _YEAR_ROUND or len(offer.months) == 12 else "采收"
    season = f"{format_months(offer.months)}{verb}"
    sending = "冷链寄送" if offer.chilled else "常温寄送"
    return (
        f"{division}出产，{season}，{sending}。{write_zone_sentence(offer.zone)}{offer.words}{write_price_note(offer)}"
    )


def write_visit_story(offer: SourceOffer, division: str) -> str:
    """Return the description of a stay or an outing."""
    season = "全年开放" if len(offer.months) == 12 else f"{format_months(offer.months)}开放"
    return f"在{division}，{season}。{offer.words}{write_price_note(offer)}"


def write_price_note(offer: SourceOffer) -> str:
    """Return the note that names the sample parts and the source of the price."""
    price = "价格参考公开报道" if offer.price_seen else "价格为样例"
    return f"样例：卖家和图为样例，{price}。"


PLEASED_REVIEWS = {
    "goods": (
        "包装结实，到货没有损坏。", "和图上写的一样，分量够。", "家里老人喜欢，会再买。", "发货快，三天就到了。",
        "下次多买一份。", "第二次买了，还是一样好。", "价钱公道，产地写得清楚。", "送人很合适。",
        "问什么都答得很快。",
    ),
    "fresh": ("个头匀称，挑得仔细。", "比超市的新鲜。"),
    "chilled": ("冰袋还没化，放心。", "一路冷链，到手还是凉的。"),
    "grain": ("煮粥很香。", "颗粒干净，没有沙子。"),
    "stay": (
        "院子干净，主人热情。", "炕很暖和，孩子喜欢。", "早饭的小米粥好喝。", "安静，晚上能看到星星。",
        "路好走，停车方便。", "带父母来住了两晚，很满意。",
    ),
    "picking": ("现摘的就是甜。", "孩子摘得很开心。", "自己挑自己称，明白。"),
    "outing": (
        "孩子玩得很开心。", "人不多，不用排队。", "风景好，下次再来。", "值得来一趟。",
    ),
}  # fmt: skip
"""Reviews with four or five stars, by kind."""

MIDDLING_REVIEWS = {
    "goods": ("快递慢了一天，东西还行。", "有两个磕碰，店家当天就处理了。", "东西不错，包装一般。"),
    "stay": ("房间不大，收拾得整齐。", "隔音一般，别的还行。", "位置偏一点，院子还行。"),
    "activity": ("周末人多，建议早点去。", "玩的不多，风景还行。"),
}
"""Reviews with three stars."""

POOR_REVIEWS = {
    "goods": ("到货晚了几天，希望改进。", "和想的有些差别。"),
    "stay": ("热水来得慢。", "和想的有些差别。"),
    "activity": ("那天人太多，没玩好。", "和想的有些差别。"),
}
"""Reviews with one or two stars."""
REVIEW_ANSWERS = (
    "谢谢您，下次给您挑好的。",
    "谢谢，欢迎再来。",
    "对不住，已经记下了，会改。",
    "谢谢惦记，祝全家安康。",
)
