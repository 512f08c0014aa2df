"""An auditor reads everything of the county, each reading is recorded, and changes nothing but the spot checks."""

import hashlib
from collections.abc import AsyncGenerator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from litestar.routes import HTTPRoute

from market.kernel import Connection, Database
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Role
from market.people.identity.sign_in import sign_in_without_code
from tests.service.web.desk.county import COUNTY, JANUARY, NOW, Officials, play_january, serve_story
from tests.service.web.desk.desk_pages import open_desk_walker
from tests.service.web.desk.test_officials import fill
from tests.support.app import Service
from tests.support.browser import read_form_values
from tests.support.make import make_official
from tests.support.postgres import as_owner

_SAMPLES: dict[type, str] = {str: "x", int: "1", UUID: str(UUID(int=0))}
SECRET = "长城内外惟余莽莽 sample secret"
DIGEST = hashlib.sha256(SECRET.encode()).hexdigest()
TODAY = date(2019, 2, 14)
OWN_POSTS = {
    "POST /desk/samples", "POST /desk/samples/{month}/draw", "POST /desk/samples/{month}/check",
    "POST /desk/find", "POST /me/data",
    "POST /sign-in/factor", "POST /sign-out", "POST /me/devices", "POST /elder",
    "DELETE /api/v1/sessions/current", "DELETE /api/v1/sessions/{session_id}",
}  # fmt: skip
"""What an auditor posts: the spot checks; searches, whose words do not belong into a URL; and the own session."""
ENDING = {("POST", "/sign-out"), ("DELETE", "/api/v1/sessions/current"), ("POST", "/me/devices")}
"""What ends the session, and so comes last."""
WITHOUT_ACCOUNT = {
    "/api/v1/codes", "/api/v1/grievances/appeals", "/api/v1/grievances/status", "/api/v1/objections/appeals",
    "/api/v1/objections/status", "/api/v1/packages/{number}/quote",
    "/api/v1/sessions", "/api/v1/sessions/second-factor", "/api/v1/villages/{village_code}/objections",
    "/carriers/webhook", "/currency",
    "/demo/band", "/demo/people", "/grievance/answer", "/language",
    "/objections", "/payments/webhook",
    "/sign-in", "/sign-in/code", "/villages/{village_code}/objections",
}  # fmt: skip
"""What acts for no account: the guard leaves it out."""


@pytest.fixture
async def service(dsn: str, folder: Path, people: Officials) -> AsyncGenerator[Service]:
    del people  # they are made before the first request
    async with serve_story(dsn, folder) as running:
        yield running


async def sign_in(database: Database, scope: str = COUNTY) -> str:
    async with database.transaction() as conn:
        account_id = await make_official(
            conn, Role.AUDITOR, scope, name="样例审某", start=TODAY, until=TODAY + timedelta(days=180)
        )
        return (await sign_in_without_code(conn, account_id, now=NOW, second_factor=True)).token


async def list_readings(database: Database) -> list[str]:
    async with database.connection() as conn:
        rows = await conn.fetch(
            "SELECT e.detail->>'read' FROM audit_entries e JOIN grants g ON g.account_id::text = e.actor"
            " WHERE g.role = 'auditor' AND e.action = 'read' AND e.object = 'county:130624' ORDER BY e.sequence"
        )
    return [row[0] for row in rows]


async def deposit_late(conn: Connection) -> None:
    """Store a deposit of January as if it had been made in time."""
    async with as_owner(conn):
        await conn.execute("ALTER TABLE sample_deposits DISABLE TRIGGER sample_deposits_before_opening")
        await conn.execute("INSERT INTO sample_deposits VALUES ($1, $2, $3, $4)", COUNTY, JANUARY, DIGEST, NOW)
        await conn.execute("ALTER TABLE sample_deposits ENABLE TRIGGER sample_deposits_before_opening")


def list_writes(service: Service) -> list[tuple[str, str, str, frozenset[str]]]:
    """Return method, path, an address and the names of the parameters of every handler that is not a GET."""
    found: list[tuple[str, str, str, frozenset[str]]] = []
    for route in service.app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        for handler in route.route_handlers:
            names = frozenset(handler.parsed_fn_signature.parameters)
            url = "".join(
                f"/{part if isinstance(part, str) else _SAMPLES[part.type]}" for part in route.path_components
            )
            found += [(method, route.path_format, url, names) for method in handler.http_methods - {"GET", "OPTIONS"}]
    return found


async def test_an_auditor_posts_nothing_that_changes_anything(service: Service, database: Database) -> None:
    """Every route that acts for an account refuses before it reads its body; the others act for no account."""
    token = await sign_in(database)
    answers: dict[str, int] = {}
    writes = sorted(list_writes(service), key=lambda each: each[:2] in ENDING)
    async with open_desk_walker(service, token) as browser:
        for method, path, url, names in writes:
            headers = {"Sec-Fetch-Site": "same-origin"}
            if path.startswith("/api/"):
                headers["Authorization"] = f"Bearer {token}"
            answer = await browser.client.request(method, url, headers=headers, content=b"{")
            if {"actor", "visitor"} & names:
                answers[f"{method} {path}"] = answer.status_code
    assert len(answers) > 200
    assert {path for path, status in answers.items() if status != 403} <= OWN_POSTS
    assert set(answers) > OWN_POSTS
    assert {path for _, path, _, names in writes if not {"actor", "visitor"} & names} == WITHOUT_ACCOUNT
    async with database.connection() as conn:
        account = await conn.fetchval("SELECT account_id::text FROM grants WHERE role = 'auditor'")
        actions = await conn.fetch("SELECT DISTINCT action FROM audit_entries WHERE actor = $1", account)
        assert {row["action"] for row in actions} == {"account.sign_in", "read"}


async def test_each_reading_is_recorded_with_what_was_read(service: Service, database: Database) -> None:
    token = await sign_in(database)
    async with open_desk_walker(service, token) as browser:
        for page in ("/desk", "/desk/months", "/desk/findings", "/desk/places", "/desk/imports", "/desk/samples"):
            await browser.open(page)
        await browser.open("/desk/officials", status=403)
        await browser.open("/desk/findings?household=13800138000")
        assert (await browser.client.get("/desk/audit.csv")).status_code == 200
    await service.call("ListMonths", token=token, path={"county": COUNTY})
    read = await list_readings(database)
    assert read[:7] == [
        "GET /desk", "GET /desk/months", "GET /desk/findings", "GET /desk/places", "GET /desk/imports",
        "GET /desk/samples", "GET /desk/officials",
    ]  # fmt: skip
    assert read[7:9] == ["GET /desk/findings?household=…", "GET /desk/audit.csv"]
    assert len(read) == 10
    assert COUNTY in read[9]


async def test_an_auditor_of_the_province_chooses_a_county_and_one_of_another_county_sees_none(
    service: Service, database: Database
) -> None:
    async with open_desk_walker(service, await sign_in(database, "13")) as browser:
        seen = await browser.open("/desk/audit?county=130624")
        assert "看了 /desk/audit?county=130624" in seen.text
        await browser.open("/desk/audit?county=130624&before=1.2", status=422)
    async with open_desk_walker(service, await sign_in(database, "130725")) as browser:
        await browser.open("/desk/audit?county=130624", status=404)
        await browser.open("/desk/samples?county=130624", status=404)


async def test_the_auditor_deposits_and_the_county_no_longer_does(
    service: Service, database: Database, people: Officials
) -> None:
    typed = {"month": "2019-04", "sha256": DIGEST}
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        await browser.open("/desk/samples")
        await browser.submit("/desk/samples", typed={**typed, "month": "2019-03"})
    token = await sign_in(database)
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        seen = await browser.open("/desk/samples")
        assert "本县有审计：存密语、抽、记结果都由审计来办。" in seen.text
        form = await browser.open("/desk/officials")
        given = dict(read_form_values(form.root))
        answer = await browser.client.post("/desk/samples", data={**typed, "csrf": given["csrf"]})
        assert answer.status_code == 403
    async with open_desk_walker(service, token) as browser:
        await browser.open("/desk/samples")
        seen = await browser.submit("/desk/samples", typed={"month": "2019-04", "sha256": SECRET}, status=422)
        assert "校验和是 64 位" in seen.text
        seen = await browser.submit("/desk/samples", typed=typed)
        assert "存好了" in seen.text
        seen = await browser.submit("/desk/samples", typed=typed, status=409)
        assert "存了不能换" in seen.text
        seen = await browser.open("/desk/samples")
        assert "样例审某" in seen.text
        assert "样例县某" in seen.text
    async with database.transaction(scope=COUNTY) as conn:
        assert await conn.fetchval("SELECT count(*) FROM sample_deposits WHERE deposited_by IS NOT NULL") == 2


async def test_the_auditor_draws_and_records_what_was_found(
    dsn: str, folder: Path, county: Officials, database: Database
) -> None:
    await play_january(database, county, until="settle")
    token = await sign_in(database)
    async with database.transaction(scope=COUNTY) as conn:
        await deposit_late(conn)
    async with serve_story(dsn, folder) as service, open_desk_walker(service, token) as browser:
        await browser.open("/desk/samples/2019-01")
        draw, check = "/desk/samples/2019-01/draw", "/desk/samples/2019-01/check"
        seen = await browser.submit(draw, typed={"secret": f"{SECRET}!", "count": "3"}, status=422)
        assert "对不上" in seen.text
        seen = await browser.submit(draw, typed={"secret": SECRET, "count": "3"})
        assert "抽了 3 条，查了 0 条" in seen.text
        assert SECRET in seen.text
        places = [link for link in seen.links() if link.startswith("/desk/places?")]
        assert len(places) == 3
        line = places[1].partition("#r-")[2]
        seen = await browser.submit(check, typed={"line": line, "outcome": "wrong"})
        assert "抽了 3 条，查了 1 条" in seen.text
        assert "不符" in seen.text
        explained = await browser.open(places[1].partition("#")[0])
        assert line in explained.text
        async with database.transaction(scope=COUNTY) as conn:
            cycle = f"cycle:{COUNTY}:2019-01"
            await add_audit_entry(conn, actor="seal_packs", action="seal pack", object=cycle, detail={}, now=NOW)
        seen = await browser.open("/desk/audit?kind=cycle&day=2019-02-14")
        assert "系统 封证据包" in seen.text
        assert "seal_packs" not in seen.text
        assert "抽查，记结果" in seen.text
        file = await browser.client.get("/desk/audit.csv?kind=cycle")
        assert f'""line"": ""{line}""' in file.text
        assert "draw sample" in file.text
        assert "draw sample" not in (await browser.client.get("/desk/audit.csv?kind=county")).text
        assert "draw sample" not in (await browser.client.get("/desk/audit.csv?kind=cycle&day=2019-02-13")).text
        # The record keeps who took it.
        await browser.client.get("/desk/audit.csv?kind=county&day=13800138000")
        taken = (await browser.client.get("/desk/audit.csv?kind=county")).text
        assert taken.count("export audit.csv") == 4
        assert '""day"": ""2019-02-13""' in taken
        assert "13800138000" not in taken


async def test_the_county_makes_an_auditor_and_neither_moves_nor_ends_the_account(
    service: Service, database: Database, people: Officials
) -> None:
    typed = fill(roles="auditor", last="2019-03-31")
    async with open_desk_walker(service, people.tokens["xian"]) as browser:
        await browser.open("/desk/officials")
        for last in ("2019-02-13", "2019-08-13", "31.3."):
            seen = await browser.submit("/desk/officials", typed={**typed, "last": last}, status=422)
            assert "180 天以内的一天" in seen.text
        await browser.submit("/desk/officials", typed={**typed, "place": "骆驼湾村"}, status=422)
        seen = await browser.submit("/desk/officials", typed=typed)
        assert "动态口令只显示这一次" in seen.text
        assert "/desk/officials/xin/end" not in seen.html
        await browser.open("/desk/officials/xin", status=403)
        form = dict(read_form_values((await browser.open("/desk/officials")).root))
        for act in ("end", "factor", "move"):
            typed = {"csrf": form["csrf"], "place": "阜平县", "roles": "finance"}
            answer = await browser.client.post(f"/desk/officials/xin/{act}", data=typed)
            assert answer.status_code == 403
        await browser.open("/desk/deputies")
        days = {"first": "2019-02-14", "last": "2019-02-20"}
        for absent, deputy in (("xin", "cai"), ("cai", "xin")):
            await browser.submit("/desk/deputies", typed={"absent": absent, "deputy": deputy, **days}, status=403)
    async with database.connection() as conn:
        during = await conn.fetchval("SELECT valid_during FROM grants WHERE role = 'auditor'")
    assert (during.lower, during.upper) == (TODAY, date(2019, 4, 1))


@pytest.mark.parametrize(
    ("constraint", "role", "scope", "days", "deputy"),
    [
        ("grants_auditor_for_a_time", "auditor", COUNTY, 181, False),
        ("grants_auditor_for_a_time", "auditor", COUNTY, None, False),
        ("grants_auditor_scope", "auditor", "130624101", 10, False),
        ("grants_auditor_no_deputy", "auditor", COUNTY, 10, True),
        ("grants_auditor_alone", "county", COUNTY, None, False),
    ],
)
async def test_the_schema_keeps_an_auditor_for_a_time_and_alone(
    database: Database, people: Officials, constraint: str, role: str, scope: str, days: int | None, *, deputy: bool
) -> None:
    during = asyncpg.Range(TODAY, None if days is None else TODAY + timedelta(days=days))
    absent = people.actors["xian"].account_id if deputy else None
    async with database.transaction() as conn:
        account_id = await make_official(conn, Role.AUDITOR, "1306", start=TODAY, until=TODAY + timedelta(days=1))
        with pytest.raises(asyncpg.IntegrityConstraintViolationError) as refused:
            async with conn.transaction(), as_owner(conn):
                await conn.execute(
                    "INSERT INTO grants VALUES ($1, $2, $3, $4, $5)", account_id, role, scope, during, absent
                )
    assert refused.value.constraint_name == constraint


async def test_without_the_second_factor_an_auditor_sees_nothing(service: Service, database: Database) -> None:
    async with database.transaction() as conn:
        account_id = await make_official(conn, Role.AUDITOR, COUNTY, start=TODAY, until=date(2019, 3, 1))
        token = (await sign_in_without_code(conn, account_id, now=datetime.now(UTC), second_factor=False)).token
    answer = await service.call("ListMonths", token=token, path={"county": COUNTY})
    assert answer.status_code in {401, 403}
