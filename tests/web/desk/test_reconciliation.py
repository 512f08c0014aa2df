"""The return files of a settled month on the desk: imported, compared, and answered for by another person."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel import Database
from market.subsidies.month.cycles import find_cycle
from market.subsidies.names import Operator
from market.subsidies.reconciliation.settlement_files import read_settlement_file
from tests.subsidies.reconciliation.returns import make_rows, write_return
from tests.support.app import Service
from tests.support.make import SEAL
from tests.web.desk.county import COUNTY, JANUARY, Officials, play_january, serve_story
from tests.web.desk.desk_pages import open_desk_walker, press_step, read_table
from tests.web.test_operators import make_sender

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
