"""运营商收款账户 on the desk: entered by finance, agreed to by another official, printed on the request for payment."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel import Database
from tests.service.web.desk.county import Officials, play_january, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker, read_table
from tests.support.app import Service


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials) -> AsyncGenerator[Service]:
    del county  # the files are imported before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def test_an_account_is_entered_agreed_to_and_paid_to(
    service: Service, county: Officials, database: Database
) -> None:
    page = "/desk/bank-accounts"
    async with open_desk_walker(service, county.tokens["cai"]) as browser:
        await browser.open(page)
        seen = await browser.submit(page, status=422, until="x")
        for words in ("请选一家", "请写从哪天起", "应是日期"):
            assert words in seen.text
        typed = {
            "operator": "mobile", "holder": "样例移动", "bank": "样例银行", "start": "2018-10-01", "until": "",
        }  # fmt: skip
        seen = await browser.submit(page, number="12", status=422, typed=typed)
        assert "账号是 8 到 30 位数字" in seen.text
        seen = await browser.submit(page, number="6222020200011112222", typed=typed)
        assert read_table(seen)[1][:5] == ["移动", "样例移动", "样例银行", "尾号 2222", "2018-10-01 起"]
        assert "6222020200011112222" not in seen.text
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        seen = await browser.open("/desk")
        assert "收款账户 1 个，等核对" in seen.text
        seen = await browser.open(page)
        [form] = [href for each in seen.root.all("form") if (href := each.attrs.get("action") or "").startswith(page)]
        number = f"number-{form.rpartition('/')[2]}"
        seen = await browser.submit(form, press=("decision", "agree"), typed={number: "6222"}, status=422)
        assert "跟填的账号不一样" in seen.text
        seen = await browser.submit(form, press=("decision", "agree"), typed={number: "6222020200011112222"})
        assert "样例县某" in read_table(seen)[1][6]
    await play_january(database, county, until="settle")
    async with open_desk_walker(service, county.tokens["cai"]) as browser:
        assert "付款清单 CSV" in (await browser.open("/desk/months/2019-01")).text
        assert "移动：样例移动，样例银行，尾号 2222" in (await browser.open("/desk/payments/2019-01")).text
        transfers = (await browser.client.get("/desk/payments/2019-01/transfers.csv")).content.decode("utf-8-sig")
        assert transfers.splitlines()[1].startswith("移动,样例移动,样例银行,6222020200011112222,50.93,")
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        assert "付款清单 CSV" not in (await browser.open("/desk/months/2019-01")).text
        await browser.open("/desk/payments/2019-01/transfers.csv", status=403)
