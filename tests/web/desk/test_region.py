"""A prefecture's desk: the map of its counties, a quarter's sums, each county's desk; nothing that it may change."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from market.identity.models import Role
from market.identity.sign_in import sign_in_without_code
from market.kernel import Database
from tests.support.app import Service
from tests.support.make import make_official
from tests.web.desk.county import NOW, Officials, serve_story
from tests.web.desk.desk_pages import open_desk_walker


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
