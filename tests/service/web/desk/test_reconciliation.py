"""The return files of a settled month on the desk: imported, compared, and answered for by another person."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel import Database
from market.subsidies.month.cycles import find_cycle
from market.subsidies.names import Operator
from market.subsidies.reconciliation.settlement_files import read_settlement_file
from tests.service.web.desk.county import COUNTY, JANUARY, Officials, play_january, serve_story, sign_in
from tests.service.web.desk.desk_pages import open_desk_walker, press_step, read_table
from tests.service.web.test_operators import make_sender
from tests.subsidies.reconciliation.returns import make_rows, write_return
from tests.support.app import Service
from tests.support.make import SEAL

PAGE = "/desk/months/2019-01/reconciliation"


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials) -> AsyncGenerator[Service]:
    del county  # the files are imported before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def test_a_return_file_is_imported_and_its_differences_are_accepted(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="settle")
    async with database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, JANUARY)
        sent = await read_settlement_file(conn, SEAL, cycle, Operator.MOBILE)
    rows = make_rows(sent)
    changed = [[*rows[0][:4], "0.01", "已入账"], [*rows[1][:4], "0.00", "退回"], *rows[2:]]
    content, manifest = write_return(changed, operator=Operator.MOBILE, name="m1.csv", sent=sent)
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open(PAGE)
        assert read_table(seen)[1] == ["移动", "50.93", "不知道", "不知道", "", "还没有"]
        await browser.open("/desk/imports/return")
        typed = {"operator": "mobile", "month": "2019-01", "rows": "1", "total": "1.00", "settlement": "7b1f"}
        seen = await browser.submit(
            "/desk/imports/return", press=("what", "try"), typed=typed, status=422,
            files={"file": ("m1.csv", content, "text/csv")},
        )  # fmt: skip
        assert "写全 64 位" in seen.text
        files = {"file": ("m1.csv", content, "text/csv"), "manifest": ("m1.json", manifest, "application/json")}
        await browser.submit("/desk/imports/return", press=("what", "take"), files=files)
        seen = await browser.open(PAGE)
        assert "没有处理" not in seen.text
        assert "认下勾选的" not in seen.text
    assert read_table(seen)[1][2:5] == ["41.09", "9.84", "2 条，最早 2019年2月14日"]
    async with open_desk_walker(service, await make_sender(database)) as browser:
        seen = await browser.open("/operators/months/2019-01")
        assert "有 2 条要改，改好再交一份给县里。" in seen.text
        assert [row[0] for row in read_table(seen)[1:]] == ["退回了，没有入账", "少入账"]
    async with open_desk_walker(service, county.tokens["dui"]) as browser:
        seen = await browser.open(PAGE)
        first, second = read_table(seen, 1)[1:]
        assert [first[0], first[6], first[7]] == ["退回了，没有入账", "今天", "运营商补入账，再交一份回单"]
        assert second[0] == "少入账"
        seen = await browser.submit(PAGE, why="样例", status=422)
        assert "先勾选要认下的差异。" in seen.text
        ticked = [each.attrs["value"] for each in seen.root.all("input") if each.attrs.get("name") == "pick"]
        assert len(ticked) == 1
        # The boxes stand outside of the form.
        hidden = {
            each.attrs["name"]: each.attrs["value"] for each in seen.form(PAGE).all("input") if "value" in each.attrs
        }
        answer = await browser.client.post(
            PAGE, data={**hidden, "pick": ticked, "why": "样例：零头"}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        seen = await browser.open(answer.headers["location"])
        assert "已认下" in seen.text
        assert "样例对某认下：样例：零头" in seen.text
    refused = await press_step(service, county, "dui", "2019-01", "reconcile", status=409)
    assert "移动的回单有 1 条差异没有处理" in refused.text


async def test_an_operator_sends_its_return_file_itself(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="settle")
    page = "/operators/months/2019-01"
    send, take, trying = f"{page}/return", ("what", "take"), ("what", "try")
    async with open_desk_walker(service, await make_sender(database)) as browser:
        seen = await browser.open(page)
        [csrf] = seen.form(f"{page}/settlement-file").all("input")
        sent = await browser.client.post(
            f"{page}/settlement-file", data={"csrf": csrf.attrs["value"]}, headers={"Sec-Fetch-Site": "same-origin"}
        )
        rows = make_rows(sent.content)
        assert len(rows) == 11
        seen = await browser.submit(send, press=take, status=422)
        assert "还没选文件" in seen.text
        less = [[*rows[0][:4], "0.01", "已入账"], *rows[1:]]
        content, manifest = write_return(less, operator=Operator.MOBILE, name="m1.csv", sent=sent.content)
        files = {"file": ("m1.csv", content, "text/csv"), "manifest": ("m1.json", manifest, "application/json")}
        seen = await browser.submit(send, press=trying, files=files)
        assert "和结算对不上 1 条，还没有交" in seen.text
        assert "县里还没有收到您公司的回单。" in seen.text
        seen = await browser.submit(send, press=take, files=files)
        assert "回单收下了" in seen.text
        assert "有 1 条要改，改好再交一份给县里。" in seen.text
        # Without a manifest: rows and sum are typed, month and settlement file are those of the page.
        whole, _ = write_return(rows, operator=Operator.MOBILE, name="m2.csv", sent=sent.content)
        files = {"file": ("m2.csv", whole, "text/csv")}
        seen = await browser.submit(send, press=take, typed={"rows": "11", "total": "1"}, files=files, status=422)
        assert "没有收下" in seen.text
        seen = await browser.submit(send, press=take, typed={"rows": "11", "total": "50.93"}, files=files)
        assert "第 2 份回单" in seen.text
        assert "没有要改的" in seen.text
        content, other = write_return(rows[1:], operator=Operator.UNICOM, name="m3.csv", sent=sent.content)
        files = {"file": ("m3.csv", content, "text/csv"), "manifest": ("m3.json", other, "application/json")}
        seen = await browser.submit(send, press=take, files=files, status=403)
        assert "清单写的运营商是联通，您的账号只交移动的文件。" in seen.text
    async with database.transaction(scope=COUNTY) as conn:
        named = "SELECT duty FROM cycle_duties JOIN accounts a ON a.id = account_id WHERE a.name = '样例账单员'"
        assert await conn.fetch(named) == []
        assert await conn.fetchval("SELECT count(*) FROM audit_entries WHERE action = 'export settlement file'") == 1
        token = await sign_in(conn, "yd.zhang")
    await press_step(service, county, "dui", "2019-01", "reconcile")
    async with open_desk_walker(service, token) as browser:
        seen = await browser.open(page)
        assert send not in [each.attrs["action"] for each in seen.root.all("form")]
