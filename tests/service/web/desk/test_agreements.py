"""协议和标准的审定 on the desk: proposed by one official with its document, approved by another."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.service.web.desk.county import Officials, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker, read_table
from tests.support.app import Service


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials) -> AsyncGenerator[Service]:
    del county  # the files are imported before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def test_an_agreement_and_terms_are_approved_on_the_page(service: Service, county: Officials) -> None:
    paper = {"document": ("a.pdf", b"%PDF-1.4", "application/pdf")}
    async with open_desk_walker(service, county.tokens["jiang"]) as browser:
        await browser.open("/desk/agreements")
        seen = await browser.submit("/desk/agreements", status=422)
        for words in ("还差 4 样", "请选一家", "请写从哪天起", "请写协议的名字或编号", "请选协议的文件"):
            assert words in seen.text
        seen = await browser.submit(
            "/desk/agreements", name="样例协议", status=422, files=paper, typed={"rates.P1": "x"}
        )
        for words in ("请选一家", "请写百分比", "请写从哪天起"):
            assert words in seen.text
        seen = await browser.submit(
            "/desk/agreements", files=paper, operator="mobile", name="样例协议", start="2018-10-01", status=422,
            typed={"rates.P1": ""},
        )  # fmt: skip
        assert "至少写一个项目的让利" in seen.text
        rates = {"rates.P1": "70", "rates.P2": "", "rates.P3": "50"}
        seen = await browser.submit(
            "/desk/agreements", files=paper, operator="mobile", name="样例协议", start="2018-10-01", typed=rates
        )
        assert read_table(seen)[1][:4] == ["样例协议", "移动", "P1 70%，P3 50%", "2018-10-01 起"]
        assert not [each for each in seen.root.all("button") if each.text == "审定"]
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        seen = await browser.open("/desk/agreements")
        actions = [each.attrs.get("action") or "" for each in seen.root.all("form")]
        assert not [each for each in seen.root.all("table") if each.all("form")], "a table is moved sideways"
        [decision] = [each for each in actions if each.startswith("/desk/agreements/") and "terms" not in each]
        seen = await browser.submit(decision, press=("decision", "approve"))
        assert "样例县某" in read_table(seen)[1][5]
        file = next(each.attrs["value"] for each in seen.root.all("button") if each.attrs.get("name") == "file")
        seen = await browser.submit("/desk/agreements/terms", press=("file", file))
        assert read_table(seen, 1)[2][3].startswith("样例县某")
        href = next(href for each in seen.root.all("a") if (href := each.attrs.get("href") or "").endswith("/document"))
        answer = await browser.client.get(href)
        assert (answer.content, answer.headers["content-disposition"].split(";")[0]) == (b"%PDF-1.4", "attachment")
