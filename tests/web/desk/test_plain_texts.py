"""Pages of the desk speak Chinese: no key names, hashes behind 校验, no words that an official did not write."""

import re
from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path

import pytest

from market.kernel import Database
from market.reports.enrolments import EnrolmentView
from market.web.desk.notices import describe_enrolment_status
from tests.support.app import Service
from tests.support.markup import Node
from tests.web.desk.county import Officials, play_january, serve_story
from tests.web.desk.desk_pages import open_desk_walker

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
        if _HASH.search(each.text) and each.inside("details") is None and not each.all("details")
    ]


async def test_hashes_stand_behind_a_closed_part_of_each_page(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="decide")
    pages = ("", "/months/2019-01", "/imports", "/imports/billing", "/imports/register", "/programmes")
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


async def test_lines_that_are_not_paid_link_to_their_explanation(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk/months/2019-01")
        assert "疑点未了，不拨付：" in seen.text
        assert any("line=DX-06" in link for link in seen.links())


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
