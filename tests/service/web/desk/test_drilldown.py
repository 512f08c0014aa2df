"""The drilldown from county to line: open rows, sums, and masked personal data."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel import Database
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from market.reports.drilldown import NO_VILLAGE, list_lines, sum_by_household
from market.subsidies.month.cycles import find_cycle
from tests.service.web.desk.county import COUNTY, JANUARY, NOW, Officials, play_january, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker, read_table
from tests.support.app import Service
from tests.support.browser import LoadedPage, PageClient
from tests.support.make import SEAL, make_official

WAY_TO_YD_02 = [(0, "阜平县"), (1, "龙泉关镇"), (2, "骆驼湾村"), (3, "样例钱* H02，2 人"), (4, "YD-02")]


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials, database: Database) -> AsyncGenerator[Service]:
    await play_january(database, county, until="run")
    async with serve_story(dsn, folder) as running:
        yield running


def levels(seen: LoadedPage) -> list[tuple[int, str, list[str]]]:
    """Return the rows of the drilldown: level, text, cells."""
    found: list[tuple[int, str, list[str]]] = []
    for row in seen.root.all("tbody")[0].all("tr"):
        level = next((int(each[1]) for each in row.attrs.get("class", "").split() if each[:1] == "l"), 0)
        cells = [cell.text for cell in row.all("td")]
        if row.all("th"):
            found.append((level, row.all("th")[0].text, cells))
    return found


def fen(text: str) -> int:
    return int(text.replace(".", "").replace(",", "").replace("−", "-"))


async def follow(browser: PageClient, words: str) -> LoadedPage:
    """Follow the link of a row, and check that the row is at its anchor."""
    link = next(a for a in browser.current.root.all("a") if a.attrs.get("aria-label") == words)
    address, _, anchor = link.attrs["href"].partition("#")
    seen = await browser.open(address)
    [row] = [row for row in seen.root.all("tr") if row.attrs.get("id") == anchor]
    assert words.removeprefix("展开").removeprefix("收起") == row.all("th")[0].text
    return seen


async def test_each_level_adds_up_to_the_row_above(service: Service, county: Officials) -> None:
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk/places")
        townships = levels(seen)
        assert read_table(seen)[-1] == ["阜平县", "289.34", "25.65", "314.99", "293.34", "120.20", "23"]
        for column in range(6):
            assert sum(fen(cells[column]) for _, _, cells in townships) == fen(read_table(seen)[-1][1 + column])
        for _, name, cells in townships:
            await browser.open("/desk/places")
            opened = levels(await follow(browser, f"展开{name}"))
            assert [(level, words) for level, words, _ in opened if level < 2] == [(0, "阜平县"), (1, name)]
            inside = [below for level, _, below in opened if level == 2]
            for column in range(6):
                assert sum(fen(below[column]) for below in inside) == fen(cells[column]), name


async def test_the_path_to_a_line_is_shown_with_the_explanation_below_it(service: Service, county: Officials) -> None:
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        await browser.open("/desk/places?month=2019-01")
        await follow(browser, "展开龙泉关镇")
        seen = await follow(browser, "展开骆驼湾村")
        assert [(level, words) for level, words, _ in levels(seen)] == [
            (0, "阜平县"), (1, "龙泉关镇"), (2, "骆驼湾村"), (3, "样例赵* H01，3 人"), (3, "样例钱* H02，2 人"),
        ]  # fmt: skip
        await follow(browser, "展开样例钱* H02，2 人")
        seen = await follow(browser, "展开YD-02")
        assert [(level, words) for level, words, _ in levels(seen)] == WAY_TO_YD_02
        rows = seen.root.all("tbody")[0].all("tr")
        at = next(n for n, row in enumerate(rows) if row.attrs.get("id") == "r-YD-02")
        explanation = rows[at + 1].text
        assert "YD-02 怎么算的 31/31 天可享受，申请 13.84，没有核减：一致" in explanation
        assert "2019-01-16 至 2019-01-31：16/31 天 × 9.00" in explanation
        assert "农户每月最多支付套餐费的百分之五十" in explanation
        assert "/desk/programmes#p-P1" in seen.links()
        # The address of a line opens the path to it; closing it leads back to its household.
        assert [(level, words) for level, words, _ in levels(await browser.open("/desk/places?line=YD-02"))] == (
            WAY_TO_YD_02
        )
        assert "怎么算的" not in (await follow(browser, "收起YD-02")).text
        seen = await follow(browser, "收起龙泉关镇")
    assert len(levels(seen)) == 8
    assert read_table(seen)[-1][0] == "阜平县"


async def test_a_claim_above_the_entitlement_shows_its_reason(service: Service, county: Officials) -> None:
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk/places?month=2019-01&line=YD-04")
    assert "YD-04 怎么算的 31/31 天可享受，申请 12.00，核减 3.00：申请高于按标准应补的数" in seen.text


async def test_names_and_numbers_are_masked(service: Service, county: Officials) -> None:
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk/places?household=H02&line=YD-02")
    assert "170****0102" in seen.text
    assert "样例钱*" in seen.text
    assert "17050000102" not in seen.html
    assert "样例钱一" not in seen.html
    assert "13062419550505991X" not in seen.html


async def test_a_village_official_sees_only_the_village(
    service: Service, county: Officials, database: Database
) -> None:
    del county
    async with database.transaction() as conn:
        village = await make_official(conn, Role.VILLAGE, "130624101209")
        token = (await sign_in_without_code(conn, village, now=NOW, second_factor=True)).token
    async with open_desk_walker(service, token) as browser:
        seen = await browser.open("/desk/places")
        assert [words for _, words, _ in levels(seen)] == ["龙泉关镇"]
        assert read_table(seen)[-1][0] == "合计"
        assert (await browser.open("/desk/places?line=DX-02", status=404)).status == 404
        sheet = await browser.open("/desk/sheets/2019-01")
        assert "骆驼湾村" in sheet.text
        assert "阜平镇" not in sheet.text


async def test_a_long_list_continues_where_it_ended(service: Service, database: Database) -> None:
    del service
    async with database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, JANUARY)
        first = await sum_by_household(conn, cycle, [COUNTY], "130624101209", limit=1)
        second = await sum_by_household(conn, cycle, [COUNTY], "130624101209", after=first.next or "", limit=1)
        nowhere = await list_lines(conn, SEAL, cycle, ["130624101"], NO_VILLAGE)
    assert ([each.code for each in first.items], first.next) == (["H01"], "H01")
    assert ([each.code for each in second.items], second.next) == (["H02"], None)
    assert nowhere.items == []
