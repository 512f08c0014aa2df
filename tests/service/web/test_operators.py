"""An operator's account on the pages: a bill tried, sent in part, its returned rows corrected, a note, who is late."""

from collections.abc import AsyncGenerator
from datetime import date
from pathlib import Path

import msgspec
import pytest

from market.kernel import Database
from market.kernel.sheets.spreadsheet import digest
from market.kernel.sheets.write_spreadsheet import FileFormat
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.operators import create_operator
from market.subsidies.operators.history import export_settled_rows
from tests.service.web.desk.county import (
    COUNTY,
    NOW,
    Officials,
    create_officials,
    import_story_files,
    play_january,
    serve_story,
    sign_in,
)
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.subsidies.operators.bills import bill_row, write
from tests.support.app import Service
from tests.support.make import SEAL, make_phone


@pytest.fixture(params=["settle"])
async def people(database: Database, request: pytest.FixtureRequest) -> Officials:
    """The officials of the story, with January settled, or at the step that the test names."""
    people = await create_officials(database)
    await import_story_files(database, SEAL, people)
    await play_january(database, people, until=request.param)
    return people


@pytest.fixture
async def service(dsn: str, folder: Path, people: Officials) -> AsyncGenerator[Service]:
    del people
    async with serve_story(dsn, folder) as running:
        yield running


async def make_sender(database: Database) -> str:
    async with database.transaction() as conn:
        await create_operator(
            conn, SEAL, handle="yd.zhang", name="样例账单员", phone=make_phone(), operator="mobile",
            divisions=[COUNTY], now=NOW,
        )  # fmt: skip
        return await sign_in(conn, "yd.zhang")


def make_upload(name: str, content: bytes, *, month: str = "2019-01") -> dict[str, tuple[str, bytes, str]]:
    rows = content.decode().splitlines()[1:]
    stated = {
        "file": name, "operator": "mobile", "month": month, "sha256": digest(content), "rows": len(rows),
        "sum_fen": 19_00 * len(rows),
    }  # fmt: skip
    manifest = msgspec.json.encode(stated)
    return {"file": (name, content, "text/csv"), "manifest": ("m.json", manifest, "application/json")}


async def test_an_operator_sees_bills_settlement_and_no_household(service: Service, database: Database) -> None:
    token = await make_sender(database)
    async with open_desk_walker(service, token) as browser:
        seen = await browser.open("/operators")
        assert "移动的账单，阜平县" in seen.text
        assert "收下 11 行，134.10 元" in seen.text
        seen = await browser.open("/operators/months/2019-01")
        assert "这次付" in seen.text
        assert "县里还没有收到您公司的回单。" in seen.text
        await browser.open("/desk", status=403)
    async with database.transaction(scope=COUNTY) as conn:
        sender = await find_actor_by_handle(conn, "yd.zhang", day=NOW.date())
        assert sender is not None
        file = await export_settled_rows(
            conn, SEAL, sender, COUNTY, date(2019, 1, 1), file_format=FileFormat.CSV, now=NOW
        )
    lines = file.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "业务号码,业务类型,项目,申请,核定,核减,运营商让利,财政补贴,已结"
    assert "17050000101,手机,P1,19.00,19.00,0.00,13.30,5.70,是" in lines
    for word in ("H01", "样例", "脱贫", "监测", "LOST", "名单"):
        assert word not in file.content.decode()


async def test_a_bill_of_a_decided_month_is_refused_at_its_cell(service: Service, database: Database) -> None:
    token = await make_sender(database)
    bill = write(bill_row(1, month="2019-01"))
    async with open_desk_walker(service, token) as browser:
        await browser.open("/operators")
        tried = await browser.submit(
            "/operators/bills", press=("what", "try"), files=make_upload("a.csv", bill), status=409
        )
        assert "没有收下" in tried.text
        assert "冲正账期写 2019-01" in tried.text


@pytest.mark.parametrize("people", ["run"], indirect=True)
async def test_a_bill_is_sent_in_part_and_its_rest_is_downloaded_and_explained(
    service: Service, database: Database, people: Officials
) -> None:
    token = await make_sender(database)
    bad = write(bill_row(1, month="2019-01"), bill_row(2, month="2019-01").replace("手机", "传真"))
    async with open_desk_walker(service, token) as browser:
        await browser.open("/operators")
        refused = await browser.submit(
            "/operators/bills", press=("what", "take"), files=make_upload("a.csv", bad), status=422
        )
        assert "第 3 行 业务类型 传真 应是 手机、宽带、电视 之一" in refused.text
        taken = await browser.submit(
            "/operators/bills", typed={"take_part": "1"}, press=("what", "take"), files=make_upload("a.csv", bad)
        )
        assert "收下了" in taken.text
        assert "退回 1 行" in taken.text
        where = str(taken.path).partition("?")[0]
        told = await browser.submit(f"{where}/notes", typed={"text": "这个号码是传真，不再交。"})
        assert "这个号码是传真，不再交。" in told.text
    async with open_desk_walker(service, people.tokens["gan"]) as browser:
        seen = await browser.open(f"/desk{where}")
        assert "这个号码是传真，不再交。" in seen.text
        await browser.submit(f"/desk{where}/notes", typed={"text": "好的"})


async def test_the_county_sees_who_is_late_and_keeps_the_accounts(service: Service, people: Officials) -> None:
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        seen = await browser.open("/desk/operators")
        assert "2019年1月 移动 收下" in seen.text
        assert [link for link in seen.links() if "/operators/files/" in link] == [], "those who import open a bill"
        seen = await browser.submit(
            "/desk/operators",
            typed={"name": "样例账单乙", "identity": "130624196202029910", "phone": make_phone(), "handle": "lt.li",
                   "operator": "unicom"},
        )  # fmt: skip
        assert "账号开好了" in seen.text
        assert "动态口令只显示这一次" in seen.text
        seen = await browser.submit("/desk/operators/lt.li/end")
        assert "账号已经停了" in seen.text


async def test_an_operator_of_several_counties_reads_how_large_a_file_may_be(
    dsn: str, folder: Path, people: Officials, database: Database
) -> None:
    del people
    async with database.transaction() as conn:
        await create_operator(
            conn, SEAL, handle="yd.li", name="样例账单员", phone=make_phone(), operator="mobile",
            divisions=[COUNTY, "130625"], now=NOW,
        )  # fmt: skip
        token = await sign_in(conn, "yd.li")
    for upload_mb, largest in ((7, 7), (100, 64)):
        async with (
            serve_story(dsn, folder, upload_mb=upload_mb) as service,
            open_desk_walker(service, token) as browser,
        ):
            assert f"CSV 或 XLSX，最大 {largest} MB" in (await browser.open("/operators")).text
