"""The drill from county to line: what is opened, what it adds up to, and what is shown of a person."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.identity import Role, sign_in_without_code
from market.kernel import Database
from market.reports.desk.places import NOWHERE, households_of, lines_of
from market.subsidies.cycles import find_cycle
from tests.factories import an_official
from tests.service import Service
from tests.web.desk.county import COUNTY, JANUARY, NOW, People, take_january, the_service
from tests.web.desk.desks import at_the_desk, table
from tests.web.pages.walker import Seen, Walker


@pytest.fixture
async def service(dsn: str, folder: Path, county: People, database: Database) -> AsyncGenerator[Service]:
    await take_january(database, county, until="run")
    async with the_service(dsn, folder) as running:
        yield running


def levels(seen: Seen) -> list[tuple[int, str, list[str]]]:
    """The drill's rows: level, words, cells."""
    found: list[tuple[int, str, list[str]]] = []
    for row in seen.root.all("tbody")[0].all("tr"):
        level = next((int(each[1]) for each in row.attrs.get("class", "").split() if each[:1] == "l"), 0)
        cells = [cell.text for cell in row.all("td")]
        if row.all("th"):
            found.append((level, row.all("th")[0].text, cells))
    return found


def fen(text: str) -> int:
    return int(text.replace(".", "").replace(",", "").replace("−", "-"))


async def follow(walker: Walker, words: str) -> Seen:
    link = next(a for a in walker.seen.root.all("a") if a.attrs.get("aria-label") == words)
    return await walker.open(link.attrs["href"].partition("#")[0])


async def test_each_level_adds_up_to_the_row_above(service: Service, county: People) -> None:
    async with at_the_desk(service, county.tokens["gan"]) as walker:
        seen = await walker.open("/desk/places")
        townships = levels(seen)
        assert table(seen)[-1] == ["阜平县", "289.34", "25.65", "314.99", "293.34", "120.20", "23"]
        for column in range(6):
            assert sum(fen(cells[column]) for _, _, cells in townships) == fen(table(seen)[-1][1 + column])
        for _, name, cells in townships:
            await walker.open("/desk/places")
            opened = levels(await follow(walker, f"展开{name}"))
            inside = [below for level, _, below in opened if level == 1]
            for column in range(6):
                assert sum(fen(below[column]) for below in inside) == fen(cells[column]), name


async def test_a_line_is_opened_with_days_rule_and_sentence(service: Service, county: People) -> None:
    async with at_the_desk(service, county.tokens["gan"]) as walker:
        await walker.open("/desk/places?month=2019-01")
        await follow(walker, "展开龙泉关镇")
        await follow(walker, "展开骆驼湾村")
        await follow(walker, "展开H02 户")
        seen = await follow(walker, "展开YD-02")
    assert [(level, words) for level, words, _ in levels(seen) if level] == [
        (1, "顾家台村"), (1, "黑崖沟村"), (1, "骆驼湾村"), (2, "H01 户"), (2, "H02 户"), (3, "YD-02"),
    ]  # fmt: skip
    assert "31/31 天可享受：一致。依据：阜样例〔2018〕1号" in seen.text
    assert "2019-01-16 至 2019-01-31：16/31 天 × 9.00" in seen.text
    assert "农户每月最多支付套餐费的百分之五十" in seen.text


async def test_names_and_numbers_are_masked(service: Service, county: People) -> None:
    async with at_the_desk(service, county.tokens["gan"]) as walker:
        seen = await walker.open("/desk/places?household=H02&line=YD-02")
    assert "170****0102" in seen.text
    assert "样例钱*" in seen.text
    assert "17050000102" not in seen.html
    assert "样例钱一" not in seen.html
    assert "13062419550505991X" not in seen.html


async def test_a_village_official_sees_the_village_alone(service: Service, county: People, database: Database) -> None:
    del county
    async with database.transaction() as conn:
        village = await an_official(conn, Role.VILLAGE, "130624101209")
        token = (await sign_in_without_code(conn, village, now=NOW, second_factor=True)).token
    async with at_the_desk(service, token) as walker:
        seen = await walker.open("/desk/places")
        assert [words for _, words, _ in levels(seen)] == ["龙泉关镇"]
        assert table(seen)[-1][0] == "合计"
        assert (await walker.open("/desk/places?line=DX-02", status=404)).status == 404
        assert (await walker.open("/desk/sheets/2019-01", status=403)).status == 403


async def test_a_long_list_is_continued_where_it_ended(service: Service, database: Database) -> None:
    del service
    async with database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, JANUARY)
        first = await households_of(conn, cycle, [COUNTY], "130624101209", most=1)
        second = await households_of(conn, cycle, [COUNTY], "130624101209", after=first.next or "", most=1)
        nowhere = await lines_of(conn, cycle, ["130624101"], NOWHERE)
    assert ([each.code for each in first.items], first.next) == (["H01"], "H01")
    assert ([each.code for each in second.items], second.next) == (["H02"], None)
    assert nowhere.items == []
