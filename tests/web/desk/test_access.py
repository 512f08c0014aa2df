"""Who may enter which page of the desk: everyone else is led away or refused, and nothing changes."""

from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from market.identity import Role, sign_in_without_code
from market.kernel import Connection, Database
from market.web.desk import DESK
from tests.factories import a_producer, an_account, an_official
from tests.service import Service
from tests.web.desk.county import COUNTY, NOW, STEPS, People, sign_in, take_january, the_service
from tests.web.desk.desks import at_the_desk
from tests.web.pages.walker import Walker

PAGES = (
    "/desk", "/desk/months", "/desk/months/2019-01", "/desk/places", "/desk/places?household=H02&line=YD-02",
    "/desk/findings", "/desk/sheets", "/desk/sheets/2019-01", "/desk/sheets/2019-01/approval.xlsx",
    "/desk/sheets/2019-01/settlement.xlsx", "/desk/sheets/2019-01/operators.csv", "/desk/quarters/2019Q1",
    "/desk/imports", "/desk/imports/register", "/desk/notices", "/desk/programmes", "/desk/programmes/set",
)  # fmt: skip
FORMS = (
    *(f"/desk/months/2019-01/{step}" for step in STEPS if step != "findings"),
    "/desk/findings", "/desk/imports/register", "/desk/programmes/set",
)  # fmt: skip


@pytest.fixture
async def service(dsn: str, folder: Path, county: People, database: Database) -> AsyncGenerator[Service]:
    await take_january(database, county, until="run")
    async with the_service(dsn, folder) as running:
        yield running


async def tokens_of(conn: Connection) -> dict[str, str | None]:
    buyer, farmer = await an_account(conn), await an_account(conn, name="样例农户")
    await a_producer(conn, owner=farmer)
    elsewhere = await an_official(conn, tuple(Role), "130725")
    found: dict[str, str | None] = {"anonymous": None}
    for name, account in (("buyer", buyer), ("farmer", farmer), ("elsewhere", elsewhere)):
        found[name] = (await sign_in_without_code(conn, account, now=NOW, second_factor=name == "elsewhere")).token
    found["no factor"] = await sign_in(conn, "gan", second_factor=False)
    return found


async def counted(database: Database) -> list[int]:
    tables = ("sheet_files", "cycle_events", "cycle_duties", "runs", "finding_decisions", "programmes")
    async with database.transaction(scope=COUNTY) as conn:
        found = [await conn.fetchval(f"SELECT count(*) FROM {table}") for table in tables]
        return [*found, await conn.fetchval("SELECT count(*) FROM audit_entries")]


def test_every_page_of_the_desk_is_tried_here() -> None:
    names = {"month": "2019-01", "step": "run", "kind": "register", "name": "approval.xlsx", "quarter": "2019Q1"}
    patterns = {route.path for route in DESK.routes if "producer" not in route.path}
    filled = {
        "/".join(names[part[1:-1].partition(":")[0]] if part.startswith("{") else part for part in pattern.split("/"))
        for pattern in patterns
    }
    tried = {page.partition("?")[0] for page in (*PAGES, *FORMS)}
    assert filled - tried == set()


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_who_has_no_business_here_sees_no_page(
    service: Service, county: People, database: Database, *, elsewhere: bool
) -> None:
    del county
    async with database.transaction() as conn:
        tokens = await tokens_of(conn)
    query = f"county={COUNTY}"
    wrong: list[str] = []
    for who, token in tokens.items():
        if (who == "elsewhere") is not elsewhere:
            continue
        async with at_the_desk(service, token) as walker:
            for page in PAGES:
                path = f"{page}{'&' if '?' in page else '?'}{query}"
                answer = await walker.client.get(path)
                if not refused(answer, who):
                    wrong.append(f"{who} {path}: {answer.status_code} {answer.headers.get('location')}")
                assert not [word for word in ("骆驼湾", "289.34", "样例钱") if word in answer.text], path
                assert answer.headers["cache-control"] == "private, no-store"
    assert wrong == []


def refused(answer: httpx.Response, who: str) -> bool:
    if who == "anonymous":
        return answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?to=%2Fdesk")
    if who == "no factor":
        return answer.status_code == 303 and answer.headers["location"].startswith("/sign-in/factor?to=%2Fdesk")
    return answer.status_code == (404 if who == "elsewhere" else 403)


async def csrf(walker: Walker) -> str:
    """The token of this visitor's forms, as any page of theirs carries it."""
    answer = await walker.client.get("/sign-in/factor")
    if answer.status_code != 200:
        answer = await walker.client.get("/sign-in")
    return answer.text.partition('name="csrf" value="')[2].partition('"')[0]


async def test_who_has_no_business_here_changes_nothing(service: Service, county: People, database: Database) -> None:
    del county
    async with database.transaction() as conn:
        tokens = await tokens_of(conn)
    before = await counted(database)
    wrong: list[str] = []
    for who, token in tokens.items():
        expected = {"anonymous": {401}, "elsewhere": {404}}.get(who, {403})
        async with at_the_desk(service, token) as walker:
            data = {"csrf": await csrf(walker), "what": "take", "cycle": "2019-01", "check": "x", "subject": "x"}
            assert len(data["csrf"]) == 32
            for path in FORMS:
                answer = await walker.client.post(
                    f"{path}?county={COUNTY}", data=data, headers={"Sec-Fetch-Site": "same-origin"}
                )
                if answer.status_code not in expected:
                    wrong.append(f"{who} {path}: {answer.status_code}")
    assert wrong == []
    assert await counted(database) == before


async def test_the_wrong_role_is_refused_at_every_step(service: Service, county: People, database: Database) -> None:
    del county
    async with database.transaction() as conn:
        account = await an_official(conn, Role.POLICY, COUNTY)
        token = (await sign_in_without_code(conn, account, now=NOW, second_factor=True)).token
    before = await counted(database)
    async with at_the_desk(service, token) as walker:
        data = {"csrf": await csrf(walker), "cycle": "2019-01", "check": "x", "subject": "x", "why": "x"}
        for path in FORMS[:8]:
            answer = await walker.client.post(path, data=data, headers={"Sec-Fetch-Site": "same-origin"})
            assert (answer.status_code, "您没有这里的这项职责。" in answer.text) == (403, True), path
    assert await counted(database) == before


async def test_an_official_of_a_prefecture_chooses_a_county(
    service: Service, county: People, database: Database
) -> None:
    del county
    async with database.transaction() as conn:
        account = await an_official(conn, Role.COUNTY, "1306")
        token = (await sign_in_without_code(conn, account, now=NOW, second_factor=True)).token
    async with at_the_desk(service, token) as walker:
        seen = await walker.open("/desk")
        assert seen.heading == "选一个县"
        assert f"/desk?county={COUNTY}" in seen.links()
        assert "/desk?county=130725" not in seen.links()
        seen = await walker.open(f"/desk/months/2019-01?county={COUNTY}")
        assert "2019年1月账期" in seen.heading
        assert f"/desk/sheets/2019-01?county={COUNTY}" in seen.links()


async def test_the_demos_band_is_not_there_outside_the_demo(service: Service, county: People) -> None:
    async with at_the_desk(service, county.tokens["gan"]) as walker:
        seen = await walker.open("/desk")
    assert "我是农户" not in seen.html
