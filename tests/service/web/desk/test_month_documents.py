"""The documents of a month on the desk: settlement, approval form, quarter, the case to recalculate."""

from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from market.kernel import Database, Fen
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from market.reports.files.month_export import AdjustmentRow
from market.reports.month import ReasonRow
from market.reports.month_view import get_month_view
from market.service.web.desk.papers.forms import build_approval_form
from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.read import read_case
from market.subsidies.names import Operator
from tests.service.web.desk.county import COUNTY, JANUARY, NOW, Officials, play_january, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker, read_table
from tests.service.web.desk.reading import find_result_hash, read_worksheet
from tests.support.app import Service
from tests.support.make import SEAL, make_official
from tests.support.postgres import as_owner


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials) -> AsyncGenerator[Service]:
    del county  # the files are imported before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def test_the_settlement_workbook_contains_the_figures_of_the_story(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="settle")
    async with open_desk_walker(service, county.tokens["cai"]) as browser:
        answer = await browser.client.get("/desk/sheets/2019-01/settlement.xlsx")
        repeated = await browser.client.get("/desk/sheets/2019-01/settlement.xlsx")
        await browser.client.get("/desk/sheets/2019-01/approval.xlsx")
    assert answer.content == repeated.content
    assert answer.headers["cache-control"] == "private, no-store"
    async with database.connection() as conn:
        taken = await conn.fetch(
            "SELECT action, object, detail ->> 'month' AS month FROM audit_entries WHERE action LIKE 'export %.%'"
        )
    assert [tuple(row) for row in taken] == [("export settlement.xlsx", f"county:{COUNTY}", "2019-01")] * 2
    rows = read_worksheet(answer.content, "拨付汇总")
    assert rows[0][0] == "2019年1月账期，已结算。本次拨付 120.20 元，大写：人民币壹佰贰拾元贰角整。"
    assert [[row[0], row[1], row[2], row[8]] for row in rows[2:]] == [
        ["移动", 11, 134.10, 50.93],
        ["联通", 5, 68.34, 36.47],
        ["电信", 7, 112.55, 32.80],
        ["合计", 23, 314.99, 120.20],
    ]
    lines = read_worksheet(answer.content, "明细")
    assert len(lines) == 1 + 23 + 1
    own = {row[0]: row for row in lines}
    assert own["YD-02"][5:11] == [13.84, 13.84, 0, 13.84, 9.69, 4.15]
    assert [own[line][12] for line in ("YD-02", "DX-06")] == ["拨付", "核定为零"]
    assert own["合计"][8] == 289.34


async def test_the_approval_form_is_a_workbook_and_a_page(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="decide")
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        seen = await browser.open("/desk/sheets/2019-01")
        answer = await browser.client.get("/desk/sheets/2019-01/approval.xlsx")
        listed = await browser.client.get("/desk/sheets/2019-01/operators.csv")
    assert seen.heading == "阜平县手机和宽带资费减免审批表"
    assert "核定合计（大写）：人民币贰佰捌拾玖元叁角肆分" in seen.text
    assert "财政补贴合计（大写）：人民币壹佰贰拾元贰角整" in seen.text
    total = ["合计", "23", "23", "293.34", "314.99", "25.65", "4.00", "289.34", "169.14", "120.20", "0.00"]
    assert read_table(seen)[-1] == total
    signed = [row[:2] for row in read_table(seen, 2)[1:]]
    assert signed == [
        ["导入经办", "样例甘某"], ["村级评议核实", "样例村某"], ["乡镇审核", "样例镇某"], ["县级审定", "样例县某"],
    ]  # fmt: skip
    rows = read_worksheet(answer.content, "审批表")
    assert rows[0][0] == "阜平县手机和宽带资费减免审批表"
    assert next(row for row in rows if row[0] == "合计") == [
        "合计", 23, 23, 293.34, 314.99, 25.65, 4.0, 289.34, 169.14, 120.2, 0,
    ]  # fmt: skip
    assert listed.content.startswith(b"\xef\xbb\xbf")
    assert listed.text.splitlines()[-1] == ",".join(total)


async def test_the_approval_form_fits_one_page_with_many_reasons_and_adjustments(
    county: Officials, database: Database
) -> None:
    await play_january(database, county, until="run")
    async with database.transaction(scope=COUNTY) as conn:
        view = await get_month_view(conn, SEAL, COUNTY, JANUARY, [COUNTY])
    many = [ReasonRow(["ABOVE_TERMS"] * n, n, Fen(100 * n)) for n in range(9, 0, -1)]
    adjusted = [
        AdjustmentRow(
            cycle="2019-01",
            for_month="2018-12",
            line=f"YD-0{n}",
            operator=Operator.MOBILE,
            settled_fen=Fen(0),
            funded_fen=Fen(n),
            adjustment_fen=Fen(n),
            conceded_fen=Fen(0),
            public_fen=Fen(n),
            shares={"county": n},
            why="样例",
        )
        for n in range(1, 10)
    ]
    paper = build_approval_form(msgspec.structs.replace(view, reasons=many, adjustments=adjusted), "阜平县")
    reasons, adjustments = paper.tables[1], paper.tables[2]
    assert [row[1:] for row in reasons.rows] == [[9, 900], [8, 800], [7, 700], [6, 600], [5, 500], [10, 1000]]
    assert (reasons.rows[-1][0], reasons.foot) == ("其他 4 种", ["合计", 45, 4500])
    assert [row[0] for row in adjustments.rows] == ["2018年12月"] * 5 + ["其他 4 笔"]
    assert (adjustments.rows[-1][5:8], adjustments.foot and adjustments.foot[5:8]) == ([30, 0, 30], [45, 0, 45])


async def test_a_township_prints_the_sheet_of_its_own_area(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="confirm")
    async with database.transaction() as conn:
        official = await make_official(conn, [Role.TOWNSHIP], "130624101", name="样例龙某", handle="long")
        token = (await sign_in_without_code(conn, official, now=NOW, second_factor=True)).token
    async with open_desk_walker(service, token) as browser:
        month = await browser.open("/desk/months/2019-01")
        listed = await browser.open("/desk/sheets")
        paper = await browser.open("/desk/sheets/2019-01")
    assert "/desk/sheets/2019-01" in month.html
    assert "/desk/sheets/2019-01" in listed.html
    assert "阜平县龙泉关镇手机和宽带资费减免核实审核表" in paper.text
    assert "只含龙泉关镇的业务" in paper.text
    async with database.transaction(scope=COUNTY) as conn:
        own = int(
            await conn.fetchval("SELECT sum(approved_fen) FROM run_lines WHERE starts_with(village_code, '130624101')")
        )
    assert read_table(paper, 0)[-1][-4] == f"{own // 100}.{own % 100:02d}"
    signs = read_table(paper, len(paper.root.all("table")) - 1)
    assert [row[:2] for row in signs[1:]] == [["村级评议核实", "样例村某"], ["乡镇审核", ""]]


async def test_a_month_without_a_calculation_has_no_forms(service: Service, county: Officials) -> None:
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        seen = await browser.open("/desk/sheets/2019-01", status=404)
        assert "2019年1月还没有计算，没有审批表。" in seen.text


async def test_the_quarterly_report_is_provisional_until_its_months_are_closed(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="close")
    async with database.transaction() as conn, as_owner(conn):
        # As an operator's account that sent a bill has it.
        sender = await make_official(conn, [Role.IMPORTER], COUNTY, name="样例移某", handle="yi")
        await conn.execute(
            "INSERT INTO cycle_duties (county_code, cycle_id, account_id, duty, taken_at)"
            " SELECT county_code, cycle_id, $1, duty, taken_at FROM cycle_duties WHERE duty = 'import' LIMIT 1",
            sender,
        )
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk/quarters/2019Q1")
        assert "暂定" in seen.text
        assert "样例甘某 样例县某" in seen.text, "who calculated fills it in"
        assert "于2019年4月20日前报送" in seen.text
        assert read_table(seen)[-1][6:8] == ["169.14", "120.20"]
        book = await browser.client.get("/desk/quarters/2019Q1.xlsx")
        rows = read_worksheet(book.content, "季度报表")
        assert next(row for row in rows if row[:2] == ["合计", "合计"])[6:8] == [169.14, 120.2]
        assert (await browser.client.get("/desk/quarters/2019Q5")).status_code == 422


async def test_the_case_of_a_month_is_recalculated_offline(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="run")
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk/months/2019-01")
        answer = await browser.client.get("/desk/sheets/2019-01/case.json")
    assert calculate(read_case(answer.content)).result_sha256 == find_result_hash(seen.text)
