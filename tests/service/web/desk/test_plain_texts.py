"""Pages of the desk speak Chinese: no key names, hashes behind 校验, no words that an official did not write."""

import re
from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from market.kernel import Database
from market.reports.enrolments import EnrolmentView
from market.reports.month import MonthEvent, MonthOpinion
from market.reports.month_view import get_month_view
from market.service.web.desk.papers.forms import build_approval_form
from market.service.web.desk.register.notices import describe_enrolment_status
from market.subsidies.models import CycleState
from tests.service.web.desk.county import COUNTY, JANUARY, NOW, Officials, play_january, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker, read_table
from tests.support.app import Service
from tests.support.make import SEAL
from tests.support.markup import Node

_HASH = re.compile(r"\b[0-9a-f]{64}\b")


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials) -> AsyncGenerator[Service]:
    del county  # the files are imported before the first request
    async with serve_story(dsn, folder) as running:
        yield running


def find_shown_hashes(node: Node) -> list[str]:
    """Return the elements that show a hash outside of a closed part of the page."""
    return [
        each.text[:80]
        for each in node.all("p") + node.all("li") + node.all("span") + node.all("dd")
        if _HASH.search(each.text)
        and each.inside("details") is None
        and not each.all("details")
        and "onpaper" not in each.attrs.get("class", "")
    ]


async def test_hashes_stand_behind_a_closed_part_of_each_page(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="decide")
    line = "/places?month=2019-01&line=YD-02"
    pages = (
        line, "", "/months/2019-01", "/imports", "/imports/billing", "/imports/register", "/programmes",
        "/sheets/2019-01",
    )  # fmt: skip
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        for page in pages:
            seen = await browser.open(f"/desk{page}")
            assert _HASH.search(seen.text), page
            assert find_shown_hashes(seen.root) == [], page


async def test_the_approval_form_prints_no_key_name_and_no_opinion_of_its_own(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="decide")
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk/sheets/2019-01")
    assert "sha256" not in seen.text
    assert "结果号：" in seen.text
    for words in ("同意", "属实", "校验一致"):
        assert words not in seen.text


async def test_the_approval_form_prints_what_the_officials_wrote(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="run")
    async with open_desk_walker(service, county.tokens["cun"]) as browser:
        await browser.open("/desk/months/2019-01")
        await browser.submit("/desk/months/2019-01/confirm", opinion="逐户看过，H14 请乡里再核")
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk/sheets/2019-01")
    written = {row[0]: row[2].strip() for row in read_table(seen, 2)[1:]}
    assert written == {"导入经办": "", "村级评议核实": "逐户看过，H14 请乡里再核", "乡镇审核": "", "县级审定": ""}


async def test_the_approval_form_prints_only_opinions_that_still_count(county: Officials, database: Database) -> None:
    await play_january(database, county, until="review")
    async with database.transaction(scope=COUNTY) as conn:
        view = await get_month_view(conn, SEAL, COUNTY, JANUARY, [COUNTY])

    def event(state: CycleState, hour: int) -> MonthEvent:
        return MonthEvent(state, NOW.replace(hour=hour), returned=False, by="样例")

    def opinion(state: CycleState, by: str, text: str, hour: int, *, returned: bool = False) -> MonthOpinion:
        return MonthOpinion(state, returned, text, by, NOW.replace(hour=hour))

    played = msgspec.structs.replace(
        view,
        events=[
            event(CycleState.CALCULATED, 1), event(CycleState.CONFIRMED, 2), event(CycleState.CALCULATED, 3),
            event(CycleState.CONFIRMED, 5), event(CycleState.REVIEWED, 7),
        ],
        opinions=[
            opinion(CycleState.CONFIRMED, "样例甲", "作废的话", 2),
            opinion(CycleState.CALCULATED, "样例乙", "退回的理由", 3, returned=True),
            opinion(CycleState.CONFIRMED, "样例甲", "看过了", 4),
            opinion(CycleState.CONFIRMED, "样例丙", "也看过了", 5),
            opinion(CycleState.REVIEWED, "样例丁", "核" * 61, 7),
        ],
    )  # fmt: skip
    printed = [str(row[2]).strip() for row in build_approval_form(played, "阜平县").signs.rows]
    assert printed == ["", "样例甲：看过了；样例丙：也看过了", "核" * 60 + "……（全文在账期的页面上）", ""]


async def test_lines_that_are_not_paid_link_to_their_explanation(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk/months/2019-01")
        assert "疑点停付，不拨付：" in seen.text
        assert any("line=DX-06" in link for link in seen.links())


async def test_the_reconciliation_says_what_it_compares(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="settle")
    async with open_desk_walker(service, county.tokens["dui"]) as browser:
        seen = await browser.open("/desk/months/2019-01")
    assert "核对的是本系统的入账和结算时存下的控制数" in seen.text
    assert "没有交的，对账记录里写明没有回单，钱到没到账要另外核对。" in seen.text


async def test_months_are_named_in_chinese(service: Service, county: Officials, database: Database) -> None:
    await play_january(database, county, until="run")
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk/months")
    assert "2019年1月" in seen.text
    assert "/desk/months/2019-01" in seen.links()


def test_a_notice_that_has_ended_awaits_the_decision() -> None:
    row = EnrolmentView(
        line="YD-01", programme="P1", household="H01", village="马兰村", village_code="", applied_on=date(2026, 10, 1),
        notice_from=date(2026, 10, 5), notice_until=date(2026, 10, 12), decided_on=None, entitled_from=None,
        status="公示中",
    )  # fmt: skip
    assert describe_enrolment_status(row, date(2026, 10, 11)) == "公示中"
    assert describe_enrolment_status(row, date(2026, 10, 12)) == "公示已满，等审定"
