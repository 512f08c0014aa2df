"""January of the golden story through the pages: each step by its official, and the refusals."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel import Database
from market.subsidies.names import CHECK_NAMES
from tests.service.web.desk.county import COUNTY, FINDINGS, Officials, play_january, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker, press_step, read_table
from tests.service.web.desk.reading import find_result_hash, read_worksheet
from tests.support.app import Service
from tests.support.browser import LoadedPage


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials) -> AsyncGenerator[Service]:
    del county  # the files are imported before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def decide_findings(service: Service, token: str) -> None:
    """Decide each finding of January with its form."""
    async with open_desk_walker(service, token) as browser:
        for check, _, pays, stops in FINDINGS:
            seen = await browser.open("/desk/findings?month=2019-01&state=open")
            row = next(row for row in seen.root.all("tr") if CHECK_NAMES[check] in row.text)
            seen = await browser.open(row.all("th")[0].all("a")[0].attrs["href"].partition("#")[0])
            form = seen.form("/desk/findings", {"subject"})
            values = {node.attrs["name"]: node.attrs["value"] for node in form.all("input") if "type" in node.attrs}
            values |= {f"v-{line}": "pay" for line in pays} | {f"v-{line}": "stop" for line in stops}
            answer = await browser.client.post(
                form.attrs["action"], data={**values, "why": "样例"}, headers={"Sec-Fetch-Site": "same-origin"}
            )
            listed = "/desk/findings?month=2019-01&state=open&done=1"
            assert (answer.status_code, answer.headers["location"]) == (303, listed)


async def test_january_is_processed_from_its_bills_to_its_close(service: Service, county: Officials) -> None:
    run = await press_step(service, county, "gan", "2019-01", "run")
    assert "算好了" in run.text
    assert ("申请", "314.99") in list(zip(*[iter(read_figures(run.text))] * 2, strict=False))
    assert "村级已核实" in (await press_step(service, county, "cun", "2019-01", "confirm")).text
    await decide_findings(service, county.tokens["zhen"])
    assert "乡镇已审核" in (await press_step(service, county, "zhen", "2019-01", "review")).text
    assert "县级已审定" in (await press_step(service, county, "xian", "2019-01", "decide")).text
    assert "已结算" in (await press_step(service, county, "cai", "2019-01", "settle")).text
    assert "已对账" in (await press_step(service, county, "dui", "2019-01", "reconcile")).text
    closed = await press_step(service, county, "dui", "2019-01", "close")
    assert "已关账" in closed.text
    match = [row for row in read_table(closed, 1) if row[0] in {"移动", "联通", "电信", "合计"}]
    assert match == [
        ["移动", "11", "11", "129.00", "134.10", "9.10", "4.00", "125.00"],
        ["联通", "5", "5", "68.34", "68.34", "0.00", "0.00", "68.34"],
        ["电信", "7", "7", "96.00", "112.55", "16.55", "0.00", "96.00"],
        ["合计", "23", "23", "293.34", "314.99", "25.65", "4.00", "289.34"],
    ]


async def test_each_reduction_of_the_month_has_its_reason(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="decide")
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        page = await browser.open("/desk/months/2019-01")
        paper = await browser.open("/desk/sheets/2019-01")
        book = await browser.client.get("/desk/sheets/2019-01/settlement.xlsx")
    reasons = [
        ["不在当月名单", "1", "16.55"],
        ["超过每户每月上限", "2", "6.10"],
        ["申请高于按标准应补的数", "1", "3.00"],
        ["合计", "4", "25.65"],
    ]
    assert next(rows for rows in read_tables(page) if rows[0] == ["原因", "业务数", "金额"])[1:] == reasons
    assert next(rows for rows in read_tables(paper) if rows[0] == ["原因", "业务数", "金额"])[1:] == reasons
    lines = {row[0]: row[11] for row in read_worksheet(book.content, "明细")}
    assert (lines["YD-04"], lines["YD-02"]) == ("申请高于按标准应补的数", "一致")


def read_tables(seen: LoadedPage) -> list[list[list[str]]]:
    """Return the cells of every table of a page."""
    return [read_table(seen, at) for at in range(len(seen.root.all("table")))]


def read_figures(text: str) -> list[str]:
    """Return names and sums of the figures, alternating."""
    start = text.index("申请 ")
    return text[start:].split()[:10]


async def test_the_importer_cannot_approve_and_sees_who_can(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="review")
    seen = await press_step(service, county, "gan", "2019-01", "decide", status=403)
    assert "没有审定：导入人不能审批" in seen.text
    assert "2019年1月账期里，您已经办理过导入，不能再办理县级审定。" in seen.text
    assert "能办的人：样例县某。" in seen.text
    async with database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT state FROM cycles") == "reviewed"


async def test_items_of_others_are_listed_apart_from_own_items(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="review")
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk")
        assert list_items(seen, "等我办的") == ["2019年一季度报表"]
        assert list_items(seen, "等别人办的") == ["1 月账期，等县级审定"]
        assert "这个月的文件是您导入的，导入人不能审批。能办的人：样例县某。" in seen.text
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        seen = await browser.open("/desk")
        assert list_items(seen, "等我办的") == ["1 月账期，等县级审定", "2019年一季度报表"]
        assert list_items(seen, "等别人办的") == []
        assert "核定 289.34 元，3 家 23 条业务" in seen.text
        assert "2月20日，还有 6 天" in seen.text
        assert "4月20日，还有 65 天" in seen.text


async def test_only_the_township_is_asked_to_decide_findings(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    for handle, own, others in (
        ("zhen", ["1 月账期，等乡镇审核", "1 月疑点"], []),
        ("xian", ["2019年一季度报表"], ["1 月账期，等乡镇审核", "1 月疑点，等乡镇处理"]),
    ):
        async with open_desk_walker(service, county.tokens[handle]) as browser:
            seen = await browser.open("/desk")
        assert (list_items(seen, "等我办的"), list_items(seen, "等别人办的")) == (own, others), handle


def list_items(seen: LoadedPage, label: str) -> list[str]:
    """Return the items listed under a heading."""
    lists = [node for node in seen.root.all("ul") if node.attrs.get("aria-label") == label]
    return [link.text for each in lists for link in each.all("a")]


async def test_a_second_calculation_shows_the_same_hash(service: Service, county: Officials) -> None:
    first = await press_step(service, county, "gan", "2019-01", "run")
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        await browser.open("/desk/months/2019-01")
        again = await browser.submit("/desk/months/2019-01/run")
    assert "又算了一遍，结果号没有变" in again.text
    assert find_result_hash(first.text) == find_result_hash(again.text)
    assert len(find_result_hash(first.text)) == 64


async def test_a_step_out_of_order_is_refused_with_its_reason(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="run")
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        page = await browser.open("/desk/months/2019-01")
        assert "现在等村级评议核实，不用您办。能办的人：样例村某。" in page.text
        answer = await browser.client.post(
            "/desk/months/2019-01/decide",
            data={"csrf": find_csrf(page.html)},
            headers={"Sec-Fetch-Site": "same-origin"},
        )
    assert answer.status_code == 409
    assert "2019年1月账期现在是“已计算”，这一步要在“乡镇已审核”之后办理。" in answer.text


def find_csrf(html: str) -> str:
    return html.partition('name="csrf" value="')[2].partition('"')[0]


async def test_an_open_finding_blocks_the_review(service: Service, county: Officials, database: Database) -> None:
    await play_january(database, county, until="confirm")
    seen = await press_step(service, county, "zhen", "2019-01", "review", status=409)
    assert "没有审核" in seen.text
    assert (
        "还有 3 件停付的疑点没有处理：不在当月名单的申请 DX-06、一人两处登记享受 DX-06、一户两家运营商 H14。"
        in seen.text
    )
    assert "_" not in seen.root.all("main")[0].text


async def test_obstacles_are_shown_before_a_step_is_taken(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        seen = await browser.open("/desk/months/2019-01")
    assert "还有 3 件停付的疑点没有处理，处理完才能乡镇审核。" in seen.text
    assert "/desk/findings?month=2019-01&state=open" in seen.links()
    assert "等乡镇审核的村，15 个" in seen.text


async def test_the_importer_sees_the_obstacle_before_the_decision_is_due(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk/months/2019-01")
        assert "这个月的文件是您导入的，导入人不能审批。 能办的人：样例县某。 也还没轮到：现在等乡镇审核。" in seen.text
        refused = await browser.submit("/desk/months/2019-01/decide", status=403)
    assert "没有审定：导入人不能审批" in refused.text
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        assert "/desk/months/2019-01/decide" not in (await browser.open("/desk/months/2019-01")).html


def count_findings(seen: LoadedPage) -> int:
    return sum(row.attrs.get("id", "").startswith("f-") for row in seen.root.all("tr"))


async def test_a_decision_keeps_the_filters_of_the_list(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        seen = await browser.open("/desk/findings?month=2019-01&state=open")
        assert count_findings(seen) == 4
        row = next(row for row in seen.root.all("tr") if "不在当月名单的申请" in row.text)
        await browser.open(row.all("th")[0].all("a")[0].attrs["href"].partition("#")[0])
        # Without a reason it is refused; the list keeps its filters.
        typed = {"subject": "DX-06", "v-DX-06": "stop"}
        seen = await browser.submit("/desk/findings", status=422, typed={**typed, "why": " "})
        assert "请写明理由" in seen.text
        assert count_findings(seen) == 4
        seen = await browser.submit("/desk/findings", typed={**typed, "why": "样例"})
        assert seen.path == "/desk/findings?month=2019-01&state=open&done=1"
        assert count_findings(seen) == 3


async def test_quarters_have_their_chinese_names(service: Service, county: Officials, database: Database) -> None:
    await play_january(database, county, until="run")
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk/sheets")
    assert "2019年一季度" in seen.text
    assert "2019Q1" not in seen.text


async def test_a_form_of_another_site_changes_nothing(service: Service, county: Officials, database: Database) -> None:
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        page = await browser.open("/desk/months/2019-01")
        for data, headers in (
            ({"csrf": find_csrf(page.html)}, {"Sec-Fetch-Site": "cross-site"}),
            ({"csrf": "0" * 32}, {"Sec-Fetch-Site": "same-origin"}),
            ({}, {"Sec-Fetch-Site": "same-origin"}),
        ):
            answer = await browser.client.post("/desk/months/2019-01/run", data=data, headers=headers)
            assert (answer.status_code, "页面已过期" in answer.text) == (403, True)
    async with database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM runs") == 0


async def test_a_month_that_does_not_exist_is_not_said_to_be_sold_out(service: Service, county: Officials) -> None:
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        seen = await browser.open("/desk/months/2017-05", status=404)
        assert "2017年5月还没有开账。" in seen.text
        assert "可能是地址写错了，或者这里还没有，或者不归您管。" in seen.text
        assert "下架" not in seen.text
        assert "/desk" in seen.links()


async def test_a_month_goes_back_with_its_reason_and_is_taken_again(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="review")
    month = "/desk/months/2019-01"
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        await browser.open(month)
        refused = await browser.submit(f"{month}/return", status=422, why=" ")
        assert "没有退回" in refused.text
        returned = await browser.submit(f"{month}/return", to="calculated", why="两户的账单要再核")
    assert "已退回，后面的步骤要重新办" in returned.text
    assert "样例县某，退回到已计算 两户的账单要再核" in returned.text
    # Who returned the month to a state did not take the step of that state.
    assert "计算，样例甘某" in returned.text
    assert "计算，样例县某" not in returned.text
    async with open_desk_walker(service, county.tokens["cun"]) as browser:
        await browser.open(month)
        confirmed = await browser.submit(f"{month}/confirm", opinion="又逐户看过")
    assert "样例村某，村级已核实 又逐户看过" in confirmed.text


async def test_calculating_again_tells_what_it_voids_and_asks(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with database.transaction(scope=COUNTY) as conn:
        await conn.execute(
            "UPDATE memberships SET valid_during = daterange(lower(valid_during), '2019-01-20')"
            " WHERE household_code = 'H13'"
        )
        await conn.execute("UPDATE cycles SET calculated_at = '2019-01-01'")  # before the files came
    month = "/desk/months/2019-01"
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        assert "等导入的人再算一遍；没有再算的，县里不能审定" in (await browser.open(month)).text
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        assert "1 月账期又收了" in (await browser.open("/desk")).text
        seen = await browser.open(month)
        assert "算完以后又收了 账单 3 份" in seen.text
        assert "会作废：村级评议核实（样例村某）" in seen.text
        refused = await browser.submit(f"{month}/run", status=409)
        assert "请先勾选“作废重来”" in refused.text
        assert "村级已核实" in refused.text
        done = await browser.submit(f"{month}/run", void="1")
    assert "已计算，等村级评议核实" in done.text
    assert "还没算进去" not in done.text
