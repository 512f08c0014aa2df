"""The table of findings: its order, its links, details in place, decisions one by one and in bulk."""

from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

import pytest

from market.kernel import Database
from market.subsidies.identifiers import add_identifiers
from tests.service.web.desk.county import Officials, play_january, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker, read_table
from tests.support.app import Service
from tests.support.browser import LoadedPage, PageClient
from tests.support.make import SEAL

LIST = "/desk/findings?month=2019-01&state=open"


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials) -> AsyncGenerator[Service]:
    del county  # the files are imported before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def open_finding(browser: PageClient, title: str, listed: str = LIST) -> LoadedPage:
    """Open the details of a finding in place."""
    seen = await browser.open(listed)
    row = next(row for row in seen.root.all("tr") if title in row.text)
    return await browser.open(row.all("th")[0].all("a")[0].attrs["href"].partition("#")[0])


def list_choices(seen: LoadedPage) -> list[str]:
    """Return the ids that can be ticked."""
    return [node.attrs["value"] for node in seen.root.all("input") if node.attrs.get("name") == "pick"]


async def test_what_blocks_the_month_comes_first_then_the_larger_sum(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        rows = [row for row in read_table(await browser.open(LIST)) if row[-1] == "待处理"]
    blocking = [row[-3] for row in rows]
    assert blocking == sorted(blocking, key=["先停付", "不停付"].index)
    sums = [float(row[-4]) for row in rows if row[-3] == "先停付"]
    assert len(sums) == 3
    assert sums == sorted(sums, reverse=True)


async def test_a_finding_names_the_household_and_links_to_its_lines(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        seen = await browser.open(LIST)
        [row] = [row for row in read_table(seen) if "一户两家运营商" in row[0]]
        assert "样例" in row[2]
        assert "* H14" in row[2]
        link = next(link for link in seen.links() if "household=H14" in link)
        assert "H14" in (await browser.open(link.partition("#")[0])).text


async def test_no_verdict_is_chosen_in_advance_for_lines_that_are_stopped(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        seen = await open_finding(browser, "一户两家运营商")
        form = seen.form("/desk/findings", {"subject"})
        radios = [node for node in form.all("input") if node.attrs.get("type") == "radio"]
        assert len(radios) == 4
        assert not any("checked" in node.attrs for node in radios)
        refused = await browser.submit("/desk/findings", status=422, typed={"subject": "H14", "why": "样例"})
        assert "没有处理" in refused.text


async def test_a_reason_is_picked_and_added_to(service: Service, county: Officials, database: Database) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        seen = await open_finding(browser, "不在当月名单的申请")
        typed = {"subject": "DX-06", "v-DX-06": "stop", "reason": "入户核对，情况不符", "why": "样例"}
        seen = await browser.submit("/desk/findings", typed=typed)
        assert "已记下处理结果和理由" in seen.text
    async with database.transaction(scope="130624") as conn:
        assert await conn.fetchval("SELECT why FROM finding_decisions") == "入户核对，情况不符；样例"


async def test_findings_of_one_check_are_decided_together_with_one_reason(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        seen = await browser.open(f"{LIST}&check=claim_outside_snapshot")
        [choice] = list_choices(seen)
        typed = {"pick": choice, "verdict": "stop", "reason": "入户核对，情况不符"}
        form = {name: value for name, value in typed.items() if name != "pick"}
        seen = await browser.submit("/desk/findings/bulk", typed=form, status=422)
        assert "先在表里勾选要办的" in seen.text
        answer = await post_bulk(browser, typed)
        assert answer == (303, f"{LIST}&check=claim_outside_snapshot&done=1")
    async with database.transaction(scope="130624") as conn:
        assert (
            await conn.fetchval("SELECT state FROM findings WHERE check_code = 'claim_outside_snapshot'") == "decided"
        )


async def test_two_kinds_of_findings_are_not_decided_together(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        seen = await browser.open(LIST)
        ticked = list_choices(seen)
        assert len(ticked) == 2, "those of two operators and of two enrolments are decided one by one"
        assert (await post_bulk(browser, {"pick": ticked, "verdict": "stop", "why": "样例"}))[0] == 422
    async with database.transaction(scope="130624") as conn:
        assert await conn.fetchval("SELECT count(*) FROM finding_decisions") == 0


async def post_bulk(browser: PageClient, values: Mapping[str, str | list[str]]) -> tuple[int, str]:
    """Post the form of several findings with its hidden fields; the boxes to tick stand outside of it."""
    form = browser.current.form("/desk/findings/bulk")
    hidden = {
        node.attrs["name"]: node.attrs["value"] for node in form.all("input") if node.attrs.get("type") == "hidden"
    }
    answer = await browser.client.post(
        "/desk/findings/bulk", data={**hidden, **values}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    return answer.status_code, answer.headers.get("location", "")


async def test_a_finding_shows_what_was_changed_under_it(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with database.transaction(scope="130624") as conn:
        await conn.execute("SET LOCAL ROLE postgres")
        await conn.execute("UPDATE findings SET seen_in = '{}', seen_at = opened_at WHERE subject = 'H14'")
        await conn.execute("UPDATE enrolments SET notice = '[2019-01-03,2019-01-09)' WHERE line_code = 'DX-06'")
        ids = await add_identifiers(conn, SEAL, ["89860319000000099999"])
        await conn.execute("UPDATE bindings SET sim_id = $1 WHERE line_code = 'DX-06'", ids["89860319000000099999"])
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        seen = await open_finding(browser, "一户两家运营商")
    assert "申请和公示的公示，原来空着，现在是 2019-01-03 到 2019-01-08" in seen.text
    assert "绑定的卡号，原来是 898" in seen.text


async def test_a_line_is_held_beside_its_explanation_until_the_settlement(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="decide")
    place = "/desk/places?month=2019-01&line=YD-01"
    async with open_desk_walker(service, county.tokens["dui"]) as browser:
        assert "有疑点，先停付" not in (await browser.open(place)).text
    async with open_desk_walker(service, county.tokens["cai"]) as browser:
        await browser.open(place)
        refused = await browser.submit("/desk/places/hold", status=422, month="2019-01", line="YD-01", why="")
        assert "没有停付" in refused.text
        held = await browser.submit("/desk/places/hold", month="2019-01", line="YD-01", why="邻居说人不在村里")
        assert "先停付了，等乡镇处理这件疑点" in held.text
        assert "现在不拨付：停付，等乡镇处理：经办人提出的疑点" in held.text
        assert "样例财某：邻居说人不在村里" in held.text


async def test_a_changed_result_says_that_the_township_reviews_again(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="review")
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        await open_finding(browser, "一户两家运营商", "/desk/findings?month=2019-01")
        done = await browser.submit("/desk/findings", typed={"subject": "H14", "v-LT-05": "stop", "why": "又核过"})
        assert "2019年1月的结果改了，乡镇要再审核一遍。" in done.text
        month = await browser.open("/desk/months/2019-01")
    assert "疑点“一户两家运营商 H14”的处理结果改了：又核过" in month.text


async def test_a_finding_that_was_calculated_again_meanwhile_is_read_again(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        await open_finding(browser, "不在当月名单的申请")
        other = "UPDATE findings SET facts_at = facts_at + interval '1 s', evidence = '别的' WHERE subject = 'DX-06'"
        async with database.transaction(scope="130624") as conn:
            await conn.execute(other)
        typed = {"subject": "DX-06", "v-DX-06": "stop", "why": "样例"}
        refused = await browser.submit("/desk/findings", typed=typed, status=409)
        assert "证据可能变了：别的。请再看一遍" in refused.text
        seen = await open_finding(browser, "不在当月名单的申请")
        assert "别的" in seen.text
        seen = await browser.submit("/desk/findings", typed=typed)
        assert "已记下处理结果和理由" in seen.text


async def test_findings_that_were_calculated_again_meanwhile_are_not_decided_together(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        seen = await browser.open(f"{LIST}&check=claim_outside_snapshot")
        async with database.transaction(scope="130624") as conn:
            await conn.execute("UPDATE findings SET facts_at = facts_at + interval '1 s' WHERE subject = 'DX-06'")
        typed = {"pick": list_choices(seen)[0], "verdict": "stop", "why": "样例"}
        assert (await post_bulk(browser, typed))[0] == 409


async def test_each_row_opens_in_place_to_evidence_and_lines(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        seen = await browser.open(LIST)
        [told] = [node for node in seen.root.all("details") if "一台设备 3 张卡" in node.text]
        assert told.all("summary")[0].text == "一台设备 3 张卡（不少于 3），2 户：H15、H16"
        rows = [[cell.text for cell in row.walk() if cell.name in {"th", "td"}] for row in told.all("tr")]
        assert rows[1:] == [
            ["YD-08", "H15", "移动", "19.00", "19.00"],
            ["YD-09", "H16", "移动", "10.00", "10.00"],
            ["YD-07", "H15", "移动", "9.00", "9.00"],
        ]
        assert "村里入户看" in told.text


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("owner=importer", ["不在当月名单的申请"]),
        ("owner=village", ["一机多卡"]),
        ("owner=county", []),
        ("operator=mobile", ["一机多卡"]),
        ("township=130624103", ["一机多卡"]),
        ("township=130624199", []),
        ("household=h15", ["一机多卡"]),
        ("household=H15&check=claim_outside_snapshot", []),
    ],
)
async def test_findings_are_filtered(
    service: Service, county: Officials, database: Database, query: str, titles: list[str]
) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        seen = await browser.open(f"{LIST}&{query}")
        tables = seen.root.all("table")
        rows = [row for row in read_table(seen) if row[-1] == "待处理"] if tables else []
    assert sorted(row[0] for row in rows) == sorted(titles)


async def test_all_of_a_page_are_decided_and_a_refusal_names_its_row(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    listed = f"{LIST}&check=claim_outside_snapshot"
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        await browser.open(listed)
        seen = await browser.submit("/desk/findings/bulk", typed={"all": "1", "verdict": "stop"}, status=422)
        assert "卡在 不在当月名单的申请 DX-06，勾选的都没有记下" in seen.text
        await browser.open(listed)
        answer = await post_bulk(browser, {"all": "1", "verdict": "stop", "why": "样例"})
        assert answer == (303, f"{listed}&done=1")
    async with database.transaction(scope="130624") as conn:
        decided = await conn.fetch("SELECT stops, evidence <> '' FROM finding_decisions")
        assert [tuple(row) for row in decided] == [(["DX-06"], True)]


@pytest.mark.parametrize(
    ("text", "how", "found"),
    [
        ("130624196202029910", "按身份证号找", ["H01"]),
        ("17050000101", "按号码找", ["H01"]),
        ("1705 0000 101", "按号码找", ["H01"]),
        ("h01", "按编号找", ["H01"]),
        ("YD-01", "按编号找", ["H01"]),
        ("样例 赵一", "按姓名找", ["H01"]),
        ("样例赵", "按姓名找", []),
        ("130624190001019999", "没有看懂", []),
        ("17059999999", "没有看懂", []),
    ],
)
async def test_a_person_a_number_or_a_household_is_found_and_the_audit_keeps_who_searched(
    service: Service, county: Officials, database: Database, text: str, how: str, found: list[str]
) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        await browser.open("/desk/findings")
        seen = await browser.submit("/desk/find", typed={"text": text}, status=200)
    assert how in seen.text
    tables = seen.root.all("table")
    rows = read_table(seen)[1:] if tables else []
    assert [row[0] for row in rows] == found
    assert "赵一" not in seen.text.replace(text, "")
    async with database.transaction(scope="130624") as conn:
        entries = await conn.fetch("SELECT detail::text FROM audit_entries WHERE action = 'search register'")
    assert len(entries) == 1
    assert text not in entries[0][0]
