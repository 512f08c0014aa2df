"""A prefecture's desk: the map of its counties, a quarter's sums, each county's desk; nothing that it may change."""

from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest

from market.kernel import Database
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from tests.service.web.desk.county import NOW, Officials, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.support.app import Service
from tests.support.make import make_official
from tests.support.postgres import find_violated


@pytest.fixture
async def service(dsn: str, folder: Path, people: Officials) -> AsyncGenerator[Service]:
    del people  # they are made before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def sign_in(database: Database, scope: str) -> str:
    async with database.transaction() as conn:
        account_id = await make_official(conn, Role.SUPERVISOR, scope, name="样例市某")
        return (await sign_in_without_code(conn, account_id, now=NOW, second_factor=True)).token


async def add_month(database: Database) -> None:
    """Open January, and keep sums of the quarter as the worker does."""
    async with database.transaction(scope="130624") as conn:
        await conn.execute("INSERT INTO cycles (county_code, month, opened_at) VALUES ('130624', '2018-12-01', now())")
        await conn.execute(
            "INSERT INTO quarter_sums SELECT '130624', '2019-01-01', operator, kind, 24, 4, 17, 39, 44134, 29341, 25,"
            " 97045, 64432, 0, now() FROM (VALUES ('mobile', 'mobile'), ('total', 'all')) AS parts (operator, kind)"
        )


async def test_a_prefecture_sees_who_is_late_and_the_sums(service: Service, database: Database) -> None:
    await add_month(database)
    async with open_desk_walker(service, await sign_in(database, "1306")) as browser:
        seen = await browser.open("/desk")
        assert seen.path == "/desk/region"
        assert "保定市各县，2019年一季度（暂定）" in seen.text
        assert "迟的县 12 月已开账，迟 25 天" in seen.text
        assert "没有开账" in seen.text
        assert "441.34" in seen.text
        assert "/desk?county=130624" in seen.links()
        file = await browser.client.get("/desk/region/counties.csv?region=130600000000&quarter=2019Q1")
        assert "阜平县,12 月已开账，迟 25 天,24,17,39,441.34,293.41" in file.text
        seen = await browser.open("/desk?county=130624")
        assert "12 月账期，等计算" in seen.text


async def test_what_the_supervisor_may_not_see(service: Service, database: Database, people: Officials) -> None:
    await add_month(database)
    async with open_desk_walker(service, await sign_in(database, "1307")) as browser:
        seen = await browser.open("/desk/region")
        assert "阜平县" not in seen.text
        for region in ("130600000000", "13", "130624"):
            await browser.open(f"/desk/region?region={region}", status=404)
        await browser.open("/desk?county=130624", status=404)
        await browser.open("/desk/region?quarter=2019", status=422)
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        await browser.open("/desk/region", status=403)


async def test_the_supervisor_changes_nothing(service: Service, database: Database) -> None:
    """Every operation of the API that writes for a county is refused, whatever its body."""
    token = await sign_in(database, "13")
    writes = [
        operation for operation, (method, path) in service.operations.items() if method != "GET" and "{county}" in path
    ]
    assert len(writes) > 5
    for operation in writes:
        _, pattern = service.operations[operation]
        names = [part[1:-1] for part in pattern.split("/") if part.startswith("{")]
        path: dict[str, object] = {name: {"county": "130624", "month": "2019-01"}.get(name, "x") for name in names}
        answer = await service.call(operation, {}, token=token, path=path)
        assert answer.status_code >= 400, operation
    async with database.connection() as conn:
        account = await conn.fetchval("SELECT account_id::text FROM grants WHERE role = 'supervisor'")
        actions = await conn.fetch("SELECT action FROM audit_entries WHERE actor = $1", account)
    assert [row["action"] for row in actions] == ["account.sign_in"]


async def test_a_quarter_that_was_sent_in_has_its_day_and_person(
    service: Service, database: Database, people: Officials
) -> None:
    await add_month(database)
    page = "/desk/quarters/2018Q4"
    above = await sign_in(database, "1306")
    region = "/desk/region?region=1306&quarter=2018Q4"
    async with open_desk_walker(service, above) as browser:
        assert "没有报，迟 25 天" in (await browser.open(region)).text
        # Nothing is due of a quarter that goes on, or that was over before the county began.
        for quarter in ("2019Q1", "2018Q3"):
            seen = await browser.open(f"/desk/region?region=1306&quarter={quarter}")
            assert ("阜平县" in seen.text, "没有报" in seen.text) == (True, False)
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        assert "2019年一季度报表" in (await browser.open("/desk")).text
        seen = await browser.open(page)
        assert "还没有记报送。" in seen.text
        for day in ("", "2018-12-31", "2019-02-15"):
            seen = await browser.submit(f"{page}/sent", sent_on=day, status=422)
            assert "写哪天报的，在 2019-01-01 到 2019-02-14 之间" in seen.text
        seen = await browser.submit(f"{page}/sent", sent_on="2019-02-13")
        assert (
            "2019年2月13日，样例县某 惠及用户 0，让利 0.00 元，财政补贴 0.00 元，有的月份还没关账，是暂定数"
            in seen.text
        )
        seen = await browser.submit(f"{page}/sent", sent_on="2019-02-13", status=409)
        assert "这一天已经记过一次报送。" in seen.text
        # A quarter that has not ended is not sent in.
        seen = await browser.open("/desk/quarters/2019Q1")
        assert "/desk/quarters/2019Q1/sent" not in [each.attrs.get("action") for each in seen.root.all("form")]
    async with database.transaction(scope="130624") as conn:
        await conn.execute(
            "INSERT INTO quarter_sums SELECT '130624', '2018-10-01', 'total', 'all', 1, 0, 0, 0, 0, 0, 1, 0, 0, 0,"
            " now()"
        )
    async with open_desk_walker(service, above) as browser:
        assert "2019年2月13日，样例县某；数字后来有变" in (await browser.open(region)).text
    async with database.transaction(scope="130633") as conn:
        assert await conn.fetchval("SELECT count(*) FROM quarter_submissions") == 0
    async with database.transaction(scope="130624") as conn:
        assert [await find_violated(conn, SUBMIT.format(**row)) for row in WRONG] == [
            "quarter_submissions_quarter", "quarter_submissions_after_quarter", "quarter_submissions_past",
            "quarter_submissions_unique",
        ]  # fmt: skip
        with pytest.raises(asyncpg.PostgresError, match="permission denied"):
            async with conn.transaction():
                await conn.execute("DELETE FROM quarter_submissions")
        later = SUBMIT.format(quarter="2019-01-01", sent_on="2019-04-10").replace("recorded_at", "'2019-04-10T09:00Z'")
        await conn.execute(later)
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        assert "2019年一季度报表" not in (await browser.open("/desk")).text


SUBMIT = (
    "INSERT INTO quarter_submissions SELECT '130624', '{quarter}', '{sent_on}', 0, 0, 0, 0, account_id, recorded_at"
    " FROM quarter_submissions"
)
WRONG = [
    {"quarter": "2018-11-01", "sent_on": "2019-02-13"},
    {"quarter": "2019-01-01", "sent_on": "2019-02-13"},
    {"quarter": "2018-10-01", "sent_on": "2019-02-15"},
    {"quarter": "2018-10-01", "sent_on": "2019-02-13"},
]
