"""The papers of a settled month on the desk: the request for payment, the voucher, the file of each operator."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel import Database
from tests.service.web.desk.county import COUNTY, Officials, play_january, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker, read_table
from tests.service.web.desk.reading import read_worksheet
from tests.support.app import Service


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials) -> AsyncGenerator[Service]:
    del county  # the files are imported before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def test_a_settled_month_has_its_request_for_payment_and_its_files(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="settle")
    async with open_desk_walker(service, county.tokens["cai"]) as browser:
        month = await browser.open("/desk/months/2019-01")
        for words in ("拨付申请", "记账凭证 CSV", "给移动的结算文件"):
            assert words in month.text
        seen = await browser.open("/desk/payments/2019-01")
        book = await browser.client.get("/desk/payments/2019-01/payment.xlsx")
        voucher = await browser.client.get("/desk/payments/2019-01/voucher.csv")
        mobile = await browser.client.get("/desk/payments/2019-01/mobile.csv")
        await browser.open("/desk/payments/2019-01/other.csv", status=404)
    assert seen.heading == "手机和宽带资费减免财政补贴拨付申请"
    assert "申请拨付财政补贴 120.20 元，大写：人民币壹佰贰拾元贰角整。" in seen.text
    assert read_table(seen)[-1][-2:] == ["120.20", "人民币壹佰贰拾元贰角整"]
    assert [row[:2] for row in read_table(seen, 1)[1:]] == [
        ["结算经办", "样例财某"], ["审定", "样例县某"], ["对账", ""],
    ]  # fmt: skip
    assert "（盖章）" in seen.text
    assert read_worksheet(book.content, "拨付申请")[0][0] == "手机和宽带资费减免财政补贴拨付申请"
    head, *rows = voucher.content.decode("utf-8-sig").splitlines()
    assert head == "日期,摘要,科目编码,科目名称,借方金额,贷方金额"
    assert rows[-1] == "合计,,,,120.20,120.20"
    assert "2019-02-14,2019年1月手机和宽带资费减免，移动,2303,应付政府补贴款-移动,,50.93" in rows
    assert "17050000101" in mobile.text
    async with database.connection() as conn:
        taken = await conn.fetch("SELECT action, object FROM audit_entries WHERE action LIKE 'export %' ORDER BY at")
    assert [tuple(row) for row in taken] == [
        (f"export {name}", f"county:{COUNTY}") for name in ("payment.xlsx", "voucher.csv", "mobile.csv")
    ]


async def test_a_month_that_is_not_settled_asks_for_no_payment(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="decide")
    async with open_desk_walker(service, county.tokens["cai"]) as browser:
        assert "拨付申请" not in (await browser.open("/desk/months/2019-01")).text
        seen = await browser.open("/desk/payments/2019-01", status=404)
        assert "2019年1月还没有结算，没有拨付申请和凭证。" in seen.text
        for name in ("voucher.csv", "payment.xlsx", "mobile.csv"):
            await browser.open(f"/desk/payments/2019-01/{name}", status=404)
