import itertools
import re
import xml.etree.ElementTree as ET
from xml.etree.ElementTree import Element

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from market.service.web.ui.charts import (
    ChartBar,
    draw_bars,
    draw_days_bar,
    draw_funnel,
    draw_price_range,
    draw_split_bar,
    draw_split_key,
    draw_stacked_bars,
)
from market.service.web.ui.qr_code import draw_qr_code

OPERATORS = [
    ChartBar("移动", (75_10, 38_08, 9_82)),
    ChartBar("联通", (38_17, 24_22, 4_95)),
    ChartBar("电信", (31_67, 17_70, 3_02)),
]


def read(svg: str) -> Element:
    return ET.fromstring(svg)


def texts(svg: str) -> list[str]:
    return [text.text or "" for text in read(svg).iter("text")]


def test_the_month_by_operator_is_drawn_as_bars_and_as_a_table() -> None:
    chart = draw_stacked_bars("3 月核定由谁负担", ("运营商让利", "财政补贴", "待安排"), OPERATORS)
    assert texts(chart.svg) == ["移动", "123.00", "联通", "67.34", "电信", "52.39", "0", "100", "200", "元"]
    assert chart.head == ["项目", "合计", "运营商让利", "财政补贴", "待安排"]
    assert chart.rows == [
        ["移动", "123.00", "75.10", "38.08", "9.82"],
        ["联通", "67.34", "38.17", "24.22", "4.95"],
        ["电信", "52.39", "31.67", "17.70", "3.02"],
    ]
    assert chart.foot == ["合计", "242.73", "144.94", "80.00", "17.79"]


def test_a_chart_has_a_title_and_a_description() -> None:
    root = read(draw_bars("各乡镇<核定>", [("天生桥镇", 58_00)]).svg)
    title, desc = root.find("title"), root.find("desc")
    assert title is not None
    assert desc is not None
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert (title.text, desc.text) == ("各乡镇<核定>", "天生桥镇 58.00（元）")


def test_two_charts_of_one_page_share_no_id() -> None:
    ids = [re.findall(r'id="([td][0-9a-f]{8})"', draw_bars(title, [("甲", 1)]).svg) for title in ("一", "二")]
    assert len(set(ids[0] + ids[1])) == 4


def test_the_third_series_is_hatched() -> None:
    assert 'id="hatch"' in draw_stacked_bars("三", ("一", "二", "三"), OPERATORS).svg
    assert 'id="hatch"' not in draw_bars("一", [("甲", 1)]).svg


def test_a_zero_part_draws_no_bar() -> None:
    root = read(draw_stacked_bars("零", ("一", "二"), [ChartBar("甲", (0, 50)), ChartBar("乙", (0, 0))]).svg)
    assert [rect.get("class") for rect in root.iter("rect")] == ["b2"]


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=8))
def test_bars_are_proportional_and_stay_within_the_chart(figures: list[int]) -> None:
    root = read(draw_bars("长短", [("甲", figure) for figure in figures]).svg)
    width = int(root.get("viewBox", "").split()[2])
    rects = list(root.iter("rect"))
    assert all(float(rect.get("x", "")) + float(rect.get("width", "")) <= width for rect in rects)
    drawn = [(int(rect.get("y", "")), float(rect.get("width", ""))) for rect in rects]
    shown = [(figures[(top - 10) // 50], width) for top, width in drawn]
    assert [width for _, width in sorted(shown)] == sorted(width for _, width in shown)


def measure(text: Element) -> tuple[float, float]:
    """Return where a text begins and ends: 18 px a Chinese letter, 9 px any other."""
    width = sum(18 if char > "\u2e80" else 9 for char in text.text or "")
    x = float(text.get("x", ""))
    begin = x - {"middle": width / 2, "end": width}.get(text.get("text-anchor", ""), 0)
    return begin, begin + width


@given(
    st.lists(
        st.tuples(st.sampled_from(["甲", "天生桥镇", "样例县某某乡镇"]), st.integers(0, 10**9)), min_size=1, max_size=8
    )
)
@example([("甲", 14_271_00), ("乙乙乙乙乙乙乙乙", 1)])
@example([("甲", 99_999_999_99), ("乙", 5)])
def test_no_line_crosses_a_text_and_no_text_another(rows: list[tuple[str, int]]) -> None:
    root = read(draw_bars("长短", rows).svg)
    names = [each.tag for each in root]
    assert names.index("path") < min(names.index("text"), names.index("rect") if "rect" in names else len(names))
    lines = [tuple(map(int, part)) for part in re.findall(r"M(\d+) (\d+)V(\d+)", next(root.iter("path")).get("d", ""))]
    assert len({x for x, _, _ in lines}) == 3
    by_line: dict[int, list[tuple[float, float]]] = {}
    for text in root.iter("text"):
        begin, end = measure(text)
        baseline = int(text.get("y", ""))
        assert 0 <= begin < end <= 328
        for x, top, bottom in lines:
            crossed = begin < x < end and top < baseline + 4 and bottom > baseline - 14
            assert not crossed, (text.text, x)
        by_line.setdefault(baseline, []).append((begin, end))
    for texts in by_line.values():
        ordered = sorted(texts)
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(ordered)), ordered


def test_a_chart_may_have_no_bars() -> None:
    chart = draw_bars("空", [])
    assert chart.rows == []
    assert chart.foot == ["合计", "0.00"]


@pytest.mark.parametrize(
    ("series", "bars"),
    [
        ((), []),
        (("一", "二", "三", "四"), [ChartBar("甲", (1, 1, 1, 1))]),
        (("一",), [ChartBar("甲", (1, 2))]),
        (("一",), [ChartBar("甲", (-1,))]),
        (("一",), [ChartBar("甲", (1,))] * 41),
    ],
)
def test_invalid_chart_data_is_refused(series: tuple[str, ...], bars: list[ChartBar]) -> None:
    with pytest.raises(ValueError, match=r"series|part"):
        draw_stacked_bars("不行", series, bars)


def test_a_funnel_shows_shares_of_the_first_stage() -> None:
    chart = draw_funnel("从名册到减免", [("名册", 16_000), ("已公示", 15_200), ("已绑号", 11_980)])
    assert chart.rows == [["名册", "16,000", "100%"], ["已公示", "15,200", "95%"], ["已绑号", "11,980", "74.87%"]]
    assert chart.foot == []
    assert draw_funnel("空", [("名册", 0)]).rows == [["名册", "0", "—"]]


def test_the_days_of_a_month_are_drawn_one_by_one() -> None:
    days = draw_days_bar(30, range(11, 31), "11 日办理，20/30 天")
    marks = [rect.get("class") for rect in read(days.svg).iter("rect")]
    assert marks == ["no"] * 10 + ["yes"] * 20
    assert texts(days.svg) == ["1日", "11日", "30日"]
    assert days.words == "11 日办理，20/30 天"


def test_a_full_or_an_empty_month_labels_only_its_ends() -> None:
    assert texts(draw_days_bar(31, range(1, 32), "一整月").svg) == ["1日", "31日"]
    assert texts(draw_days_bar(28, range(0), "没有").svg) == ["1日", "28日"]


@pytest.mark.parametrize("entitled", [range(5), range(20, 32)])
def test_days_outside_the_month_are_refused(entitled: range) -> None:
    with pytest.raises(ValueError, match="in the month"):
        draw_days_bar(30, entitled, "不行")


def test_a_split_bar_is_proportional_to_its_parts() -> None:
    bar = draw_split_bar([("农户", 18_82), ("农户", 12_54), ("平台", 64)])
    assert re.findall(r"M(\d+) 0h(\d+)", bar) == [("0", "588"), ("588", "391"), ("979", "20")]
    assert 'viewBox="0 0 999 28"' in bar
    assert [
        "var(--pine)" in draw_split_key(0),
        "var(--gold)" in draw_split_key(1),
        "var(--red)" in draw_split_key(2),
    ] == [True] * 3
    assert 'viewBox="0 0 1 28"' in draw_split_bar([("无", 0)])


def test_a_price_range_marks_the_usual_price() -> None:
    assert texts(draw_price_range(36_00, 39_00, 42_00)) == ["36", "39", "42"]
    assert 'cx="164"' in draw_price_range(36_00, 39_00, 42_00)
    assert texts(draw_price_range(36_00, 36_50, 42_00)) == ["36", "42"]
    assert texts(draw_price_range(36_50, 36_50, 36_50)) == ["36.50", "36.50"]
    with pytest.raises(ValueError, match="low"):
        draw_price_range(40_00, 39_00, 42_00)


def test_a_qr_code_is_black_with_a_quiet_zone() -> None:
    svg = draw_qr_code("https://example.invalid/pay/1", "付款码")
    root = read(svg)
    assert root.get("viewBox") == "0 0 33 33"
    assert root.get("aria-label") == "付款码"
    assert [path.get("stroke") for path in root.iter("path")] == ["#000"]
    assert "style=" not in svg
    with pytest.raises(ValueError, match="too large"):
        draw_qr_code("长" * 1000, "太长")
