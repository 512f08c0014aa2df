"""扣回和追缴 on the desk and on the household's page: proposed, decided, delivered, appealed, decided above, repaid."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.kernel import Database
from market.people.identity.sign_in import PHONE_CONTEXT, sign_in_without_code
from tests.service.web.desk.county import COUNTY, NOW, Officials, play_january, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker, read_table
from tests.support.app import Service
from tests.support.make import SEAL
from tests.support.postgres import as_owner

PAGE = "/desk/clawbacks"


@pytest.fixture
async def service(dsn: str, folder: Path, county: Officials) -> AsyncGenerator[Service]:
    del county  # the files are imported before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def stop_paid_line(database: Database, line: str) -> str:
    """Let a decided finding stop a line that is settled, and return the finding."""
    async with database.transaction() as conn, as_owner(conn):
        return str(
            await conn.fetchval(
                "UPDATE finding_lines l SET verdict = 'stop' FROM findings f WHERE f.id = l.finding_id"
                " AND f.check_code = 'one_device_many_sims' AND l.line_code = $1 RETURNING f.id",
                line,
            )
        )


async def test_an_operator_is_asked_to_pay_back_and_pays(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="settle")
    finding = await stop_paid_line(database, "YD-07")
    async with open_desk_walker(service, county.tokens["cai"]) as browser:
        seen = await browser.open(PAGE)
        assert "YD-07，结算过 " in seen.text
        seen = await browser.open(f"{PAGE}/new?finding={finding}")
        seen = await browser.submit(f"{PAGE}/new", status=422)
        assert "请选谁退" in seen.text
        seen = await browser.submit(f"{PAGE}/new", debtor="operator", status=422)
        assert "请写凭什么" in seen.text
        seen = await browser.submit(f"{PAGE}/new", debtor="operator", reason="一机多卡")
        address = seen.path.partition("?")[0]
        assert "等另一个人定" in seen.text
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        assert "扣回、追缴 1 笔，等您定" in (await browser.open("/desk")).text
        await browser.open(address)
        seen = await browser.submit(address, press=("decision", "agree"), typed={"opinion": ""}, status=422)
        assert "请写为什么这样定" in seen.text
        seen = await browser.submit(address, press=("decision", "agree"), typed={"opinion": "查实"})
        assert "没有还清" in seen.text
    async with open_desk_walker(service, county.tokens["cai"]) as browser:
        await browser.open(address)
        seen = await browser.submit(address, typed={"kind": "repaid", "fen": "x"}, status=422)
        assert "请写多少元" in seen.text
        amount = read_table(seen)[-1][-1]
        typed = {"kind": "repaid", "fen": amount, "paid_on": f"{NOW:%Y-%m-%d}", "note": "流水 1"}
        seen = await browser.submit(address, typed=typed)
        assert "等确认" in seen.text
    async with open_desk_walker(service, county.tokens["dui"]) as browser:
        await browser.open(address)
        seen = await browser.submit(address, press=("decision", "agree"))
        assert "结清了" in seen.text
        seen = await browser.open(PAGE)
        assert read_table(seen)[-1] == ["合计", "0.00", "0.00"]
        assert read_table(seen, 1)[1][1:3] == ["移动", amount]


async def test_a_household_reads_the_decision_and_appeals_above(
    service: Service, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="settle")
    finding = await stop_paid_line(database, "YD-07")
    async with database.transaction(scope=COUNTY) as conn:
        async with as_owner(conn):
            person = await conn.fetchval(
                "INSERT INTO accounts (name, phone_sealed, phone_index, created_at)"
                " SELECT '样例用户', $1, i.value_index, now() FROM bindings b JOIN identifiers i ON i.id = b.number_id"
                "  WHERE b.line_code = 'YD-07' LIMIT 1 RETURNING id",
                SEAL.seal("17050000107", PHONE_CONTEXT),
            )
            above = await conn.fetchval("SELECT id FROM accounts WHERE handle = 'gan'")
            await conn.execute("DELETE FROM grants WHERE account_id = $1", above)
            await conn.execute(
                "INSERT INTO grants (account_id, role, scope, valid_during)"
                " VALUES ($1, 'supervisor', '1306', '[2018-01-01,)')", above,
            )  # fmt: skip
        token = (await sign_in_without_code(conn, person, now=NOW, second_factor=False)).token
    typed = {
        "debtor": "household", "reason": "把身份证借给别人", "ground": "lent_identity", "statement": "本人说不知道",
    }  # fmt: skip
    async with open_desk_walker(service, county.tokens["jiang"]) as browser:
        await browser.open(f"{PAGE}/new?finding={finding}")
        address = (await browser.submit(f"{PAGE}/new", typed=typed)).path.partition("?")[0]
    async with open_desk_walker(service, county.tokens["xian"]) as browser:
        await browser.open(address)
        await browser.submit(address, press=("decision", "agree"), typed={"opinion": "证据充分"})
        seen = await browser.open(f"{address}/letter")
        for words in ("追缴决定书", "60 天内可以请上一级再看", "本人说不知道", "证据充分"):
            assert words in seen.text
    async with open_desk_walker(service, county.tokens["zhen"]) as browser:
        seen = await browser.open(address)
        forms = [each.attrs.get("action") for each in seen.root.all("form")].count(address)
        assert forms == 2, "delivery, and an appeal that is written down"
        act = {"act": "serve", "served_on": f"{NOW:%Y-%m-%d}", "service": "in_person"}
        seen = await browser.submit(address, typed=act)
        assert "从这天起算申诉的日子" in seen.text
    async with open_desk_walker(service, token) as browser:
        assert "县里有一份关于话费减免的决定" in (await browser.open("/farm/bill")).text
        seen = await browser.open("/farm/bill/decisions")
        assert "现在不用还。申诉到 2019年4月15日" in seen.text
        [action] = [href for each in seen.root.all("form") if "decisions/" in (href := each.attrs.get("action") or "")]
        field = f"text-{action.rpartition('/')[2]}"
        seen = await browser.submit(action, typed={field: ""}, status=422)
        assert "请写哪里不对" in seen.text
        seen = await browser.submit(action, typed={field: "不是我借的"})
        assert "上一级在看，现在不用还" in seen.text
        assert "把身份证借给别人" in (await browser.open("/me/data")).text
    async with open_desk_walker(service, county.tokens["gan"]) as browser:
        seen = await browser.open("/desk/region")
        assert "追缴申诉 1 件，等您定" in seen.text
        seen = await browser.open(f"/desk/cases?county={COUNTY}")
        [ruling] = [
            href.partition("?")[0]
            for each in seen.root.all("a")
            if "/clawback-appeals/" in (href := each.attrs.get("href") or "")
        ]
        seen = await browser.open(f"{ruling}?county={COUNTY}")
        assert "申诉：不是我借的" in seen.text
        seen = await browser.submit(ruling, typed={"ruling": "", "text": ""}, status=422)
        assert "请选怎么定" in seen.text
        await browser.submit(ruling, typed={"ruling": "annulled", "text": "证据不足"})
    async with open_desk_walker(service, token) as browser:
        seen = await browser.open("/farm/bill/decisions")
        assert "撤销了，不用还" in seen.text
        assert "证据不足" in seen.text
