"""A claimed number that nobody has bound is stored encrypted only; people read it in the code of its line."""

import json
from datetime import date
from pathlib import Path

import asyncpg

from market.kernel import Connection
from market.kernel.postgres.embedded import EmbeddedServer
from market.people.identity.officials import find_actor_by_handle
from market.reports.drilldown import NO_VILLAGE, list_lines
from market.reports.files.settlement_file import list_settlement_lines
from market.reports.findings import list_finding_decisions, list_findings
from market.reports.line import explain_line
from market.subsidies.findings.hold import hold_line
from market.subsidies.identifiers import add_identifiers
from market.subsidies.line_codes import find_stored_codes, is_stored_code, show_line_codes
from market.subsidies.month.cycles import find_cycle
from market.subsidies.month.run import get_run_case
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.subsidies.imports.test_contradictions import list_faults
from tests.subsidies.imports.test_evidence import keep_row
from tests.subsidies.imports.test_imports import ENROLMENTS, edit_copy
from tests.support.make import SEAL
from tests.support.postgres import as_owner

FEBRUARY = date(2019, 2, 1)
NUMBER, CODE = "17050000999", "YD-17050000999"


async def list_tables_with(conn: Connection, number: str) -> list[str]:
    """Return the tables whose rows have the number in clear."""
    tables = await conn.fetch("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    query = "SELECT EXISTS (SELECT FROM {} AS t WHERE t::text LIKE $1)"
    return sorted([row[0] for row in tables if await conn.fetchval(query.format(row[0]), f"%{number}%")])


async def test_no_table_has_the_number_and_every_report_shows_it(quarter: Player, server: EmbeddedServer) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        name = await conn.fetchval("SELECT current_database()")
        cycle = await find_cycle(conn, COUNTY, FEBRUARY)
        assert cycle.run_id is not None
        case = json.loads(await get_run_case(conn, SEAL, COUNTY, cycle.run_id))
        assert CODE in {line["id"] for line in case["lines"]}
        assert (await explain_line(conn, SEAL, cycle, (COUNTY,), CODE)).line == CODE
        assert CODE in {each.line for each in await list_settlement_lines(conn, SEAL, cycle, [])}
        found, _ = await list_findings(
            conn, COUNTY, [COUNTY], seal=SEAL, month=FEBRUARY, checks=["claim_outside_snapshot"]
        )
        [unbound] = [each for each in found if each.subject == CODE]
        assert unbound.lines == [CODE]
        decisions = await list_finding_decisions(conn, SEAL, COUNTY, [unbound.id])
        assert [each.stops for each in decisions[unbound.id]] == [[CODE]]
    rows = (await quarter(["subsidies", "report", "findings", "--month", "2019-02"]))["rows"]
    assert [each["stops"] for each in rows if each["subject"] == CODE] == [[CODE]]
    owner = await asyncpg.connect(server.dsn(name))
    assert await list_tables_with(owner, NUMBER) == []
    stored = await owner.fetchval("SELECT subject FROM findings WHERE id = $1", unbound.id)
    assert is_stored_code(stored)
    assert await owner.fetchval("SELECT count(*) FROM run_lines WHERE line_code = $1", stored) == 2
    await owner.close()


async def test_a_page_of_lines_without_a_village_continues_after_the_stored_code(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, FEBRUARY)
        page = await list_lines(conn, SEAL, cycle, [COUNTY], NO_VILLAGE)
        listed = [each.code for each in page.items]
        assert CODE in listed
        one_by_one: list[str] = []
        after: str | None = ""
        while after is not None:
            assert NUMBER not in after
            page = await list_lines(conn, SEAL, cycle, [COUNTY], NO_VILLAGE, after=after, limit=1)
            one_by_one += [each.name for each in page.items]
            after = page.next
        only = await list_lines(conn, SEAL, cycle, [COUNTY], NO_VILLAGE, only=CODE)
    assert one_by_one == listed
    assert [each.code for each in only.items] == [CODE]


async def test_codes_that_people_give_are_found_as_they_are_stored(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        ids = await add_identifiers(conn, SEAL, [NUMBER, "kd-dx-0998-DS", "kd-lt-0997", "17050000998"])
        codes = [
            "YD-01",
            CODE,
            "DX-kd-dx-0998-DS",
            "LT-kd-lt-0997-DS",
            "YD-17050000998-KD",
            "YD-17050000996",
            "H14",
            "",
        ]
        stored = await find_stored_codes(conn, SEAL, COUNTY, codes)
        assert await find_stored_codes(conn, SEAL, COUNTY, stored) == stored
        assert await show_line_codes(conn, SEAL, stored) == codes
    assert stored == [
        "YD-01",
        f"YD-#{ids[NUMBER]}",
        f"DX-#{ids['kd-dx-0998-DS']}",
        f"LT-#{ids['kd-lt-0997']}-DS",
        f"YD-#{ids['17050000998']}-KD",
        "YD-17050000996",
        "H14",
        "",
    ]


async def test_a_line_is_held_and_decided_by_the_code_that_people_see(january: Player) -> None:
    now = nine_o_clock("2019-02-06")
    async with january.database.transaction(scope=COUNTY) as conn:
        ids = await add_identifiers(conn, SEAL, [NUMBER])
        await conn.execute(
            """
            INSERT INTO claims (file_id, row_number, county_code, month, operator, kind, programme_code, charge_fen,
                                reduction_fen, billed_fen, number_id)
            SELECT file_id, 900, county_code, month, operator, kind, programme_code, 1800, 900, 900, $1
              FROM claims WHERE operator = 'mobile' LIMIT 1
            """,
            ids[NUMBER],
        )
    await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-02-06")
    async with january.database.transaction(scope=COUNTY) as conn:
        actor = await find_actor_by_handle(conn, "xian", day=now.date())
        held = await hold_line(conn, actor, COUNTY, date(2019, 1, 1), CODE, why="无人认领", seal=SEAL, now=now)
    assert held.line == CODE
    check = ["--check", "held_by_official", "--subject", CODE, "--why", "样例"]
    finding = ["subsidies", "finding", "--month", "2019-01", "--as", "zhen", *check]
    refused = await january([*finding, "--stop", CODE, "--pay", CODE], "2019-02-07")
    assert (refused["code"], refused["lines"], refused["known"]) == ("not_of_finding", CODE, CODE)
    await january(["subsidies", "confirm", "--month", "2019-01", "--as", "cun"], "2019-02-07")
    review = await january(["subsidies", "review", "--month", "2019-01", "--as", "zhen"], "2019-02-07")
    assert review["code"] == "findings_undecided"
    assert f"held_by_official {CODE}" in review["names"]
    told = await january([*finding, "--stop", CODE], "2019-02-07")
    assert (told["outcome"], told["subject"], told["state"]) == ("ok", CODE, "decided")
    assert await list_visible_tables_with(january, NUMBER) == []


async def list_visible_tables_with(player: Player, number: str) -> list[str]:
    async with player.database.transaction(scope=COUNTY) as conn, as_owner(conn):
        return await list_tables_with(conn, number)


async def test_a_county_cannot_give_a_line_a_code_like_a_stored_one(january: Player, folder: Path) -> None:
    path = edit_copy(ENROLMENTS, folder, "late.csv", keep_row(1, 业务编号="YD-#1"))
    assert await list_faults(january, "enrolments", path) == [
        ("业务编号", "换一个编号；# 加数字的这种写法系统自己要用")
    ]
