"""Sample data for the style guide, which shows every component."""

from datetime import date, timedelta
from typing import Any

from msgspec import Struct

from market.kernel import FieldFault
from market.service.web.ui.calendar import CalendarDay, make_calendar_month
from market.service.web.ui.charts import ChartBar, draw_bars, draw_days_bar, draw_funnel, draw_stacked_bars
from market.service.web.ui.illustrations import TINT_CLASSES
from market.service.web.ui.qr_code import draw_qr_code

COLOUR_TOKENS = (
    ("paper", "麦秸纸", "底"),
    ("card", "白纸", "卡片、输入"),
    ("sunk", "黄土浅", "凹底"),
    ("line", "细线", "分隔，只作装饰"),
    ("edge", "木边", "输入框的边"),
    ("ink", "墨", "字"),
    ("ink2", "淡墨", "次要的字"),
    ("red", "枣红", "价钱、错误的字"),
    ("fill", "枣红底", "主按钮、选中"),
    ("gold", "谷黄", "秤星、填色，从不作字"),
    ("amber", "陈谷", "提醒的字"),
    ("pine", "松绿", "已办、标签"),
    ("blue", "蓝布", "说明、焦点、图表"),
)


class SampleCard(Struct, frozen=True):
    """Sample data for the macro `goods_card`."""

    href: str
    name: str
    seller: str
    village: str
    price_fen: int
    unit: str
    per: str
    praise: str
    symbol: str
    photo: None = None
    paper: str = "pg"


class SampleCartLine(Struct, frozen=True):
    """Sample data for the macro `cart_line`."""

    id: str
    symbol: str
    name: str
    small: str
    amount_fen: int
    quantity: int | None
    unit: str
    photo: None = None


class SampleDrillRow(Struct, frozen=True):
    """Sample data for the macro `drill`."""

    level: int
    words: str
    href: str | None
    cells: list[int | str]
    open: bool = False
    why: str | None = None


class SampleTask(Struct, frozen=True):
    """Sample data for the macro `todo`."""

    href: str
    words: str
    when: str
    text: str
    late: bool = False


class SampleFinding(Struct, frozen=True):
    """Sample data for the macro `finding`."""

    id: str
    title: str
    who: str
    sum_fen: int
    state: str
    evidence: list[tuple[str, str]]
    open: bool = True


_SAMPLE_REASON = "0 天可享受：2月10日死亡，3月9日销户。依据：阜样例〔2018〕1号第三条"


def _sample_days() -> dict[date, CalendarDay]:
    first = date(2019, 10, 1)
    days = {first + timedelta(days=at): CalendarDay("280", free=True) for at in range(31)}
    for day in (1, 2, 6):
        days[date(2019, 10, day)] = CalendarDay("满", free=False)
    for day in (3, 4, 5, 7):
        days[date(2019, 10, day)] = CalendarDay("360", free=True, holiday=True)
    return days


def make_sample_context() -> dict[str, Any]:
    """Return the context of `styleguide.html`: sample figures of the golden story, no real person."""
    return {**_sample_shop(), **_sample_desk()}


def _sample_shop() -> dict[str, Any]:
    return {
        "colours": COLOUR_TOKENS,
        "illustrations": sorted(TINT_CLASSES),
        "cards": [
            SampleCard(
                "#main", "阜平大枣礼箱", "样例农户04", "革新庄村", 45_00, "5 斤箱", "9.00 元/斤", "4.8 分", "date"
            ),
            SampleCard("#main", "顾家台小米", "样例合作社", "顾家台村", 32_00, "5 斤袋", "6.40 元/斤", "", "millet"),
            SampleCard("#main", "顾家台新小米", "样例农户02", "顾家台村", 36_00, "5 斤袋", "7.20 元/斤", "", ""),
            SampleCard("#main", "整个院子", "样例农家院", "三道河村", 21_800_00, "一院一晚", "", "卖出 12 晚", "yard"),
        ],
        "cart": [
            SampleCartLine("L3", "millet", "小米 2.5 公斤袋", "32.00 元/袋", 32_00, 1, "袋"),
            SampleCartLine("L4", "yard", "客房一间，1 晚", "9月27日到，9月28日走", 280_00, None, ""),
        ],
        "code": draw_qr_code("https://example.invalid/pay/1", "付款码"),
        "errors": [
            FieldFault("price", "价钱没写。写一个数，比如 39。"),
            FieldFault("pack", "怎么装没选。选一样。"),
        ],
        "month": make_calendar_month(
            date(2019, 10, 1),
            _sample_days(),
            title="一间一晚多少元",
            arrive=date(2019, 10, 3),
            leave=date(2019, 10, 5),
            back="#u6",
            more="#u6",
        ),
    }


def _sample_desk() -> dict[str, Any]:
    operators = ("运营商让利", "财政补贴", "待安排")
    return {
        "bars": draw_stacked_bars(
            "3 月核定由谁负担",
            operators,
            [
                ChartBar("移动", (75_10, 38_08, 9_82)),
                ChartBar("联通", (38_17, 24_22, 4_95)),
                ChartBar("电信", (31_67, 17_70, 3_02)),
            ],
        ),
        "townships": draw_bars("3 月各乡镇核定", [("天生桥镇", 58_00), ("北果园镇", 57_73), ("城南庄镇", 33_00)]),
        "stages": draw_funnel(
            "从名册到减免", [("名册", 16_000), ("已公示", 15_200), ("已绑号", 12_400), ("已减免", 11_980)]
        ),
        "days": draw_days_bar(30, range(11, 31), "11 日办理，20/30 天"),
        "lines": [
            SampleDrillRow(0, "城南庄镇", "#main", [33_00, 19_00, 52_00], open=True),
            SampleDrillRow(1, "马兰村", "#main", [5_00, 19_00, 24_00], open=True),
            SampleDrillRow(2, "H05 户", "#main", [5_00, 19_00, 24_00], open=True),
            SampleDrillRow(
                3,
                "DX-02",
                None,
                [0, 19_00, 19_00],
                why=_SAMPLE_REASON,
            ),
            SampleDrillRow(3, "DX-03", None, [5_00, 0, 5_00]),
            SampleDrillRow(1, "南台村", "#main", [28_00, 0, 28_00]),
        ],
        "tasks": [
            SampleTask("#main", "3 月账期，等县级审定", "今天到期", "核定 242.73 元，三家 23 行", late=True),
            SampleTask("#main", "一季度报表", "4月20日，还有 12 天", "报表已算好，等填报人看一遍"),
        ],
        "case": SampleFinding(
            "case",
            "死亡后仍享受",
            "马兰村 H05 户第 2 人，电信 DX-02",
            31_21,
            "已停这一条线，不影响同户其他人",
            [
                ("死亡", "2019年2月10日，3月18日登记（死亡登记，样例）"),
                ("2 月", "已结 19.00；应补 19.00 × 10/28 = 6.79，多 12.21"),
                ("依据", "阜样例〔2018〕1号第三条；死亡当天仍算，次日起停"),
            ],
        ),
    }
