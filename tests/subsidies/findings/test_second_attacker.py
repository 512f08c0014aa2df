"""The list of subsidies.md again, as a second attacker would: each way to lose a stopping finding leaves it waiting."""

from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import pytest

from market.kernel import Connection, Query
from market.reports.findings import FindingView, list_findings
from market.subsidies.findings.record import LAPSE_FINDINGS, MARK_CHANGED_LINES, WITHDRAW_VERDICTS
from tests.story.play import COUNTY, Player
from tests.subsidies.findings.test_changed_evidence import SHORT, import_notice, list_held_lines
from tests.subsidies.findings.test_persons import FOREIGN
from tests.subsidies.findings.test_withdrawn_verdicts import change_row
from tests.subsidies.imports.test_evidence import keep_row
from tests.subsidies.imports.test_imports import BINDINGS, ENROLMENTS, REGISTER, edit_copy, run_import_command
from tests.subsidies.imports.test_policy_files import PLANS
from tests.support.make import SEAL

SPOUSE = "130624196404049928"


async def run_january(player: Player, day: str) -> None:
    answer = await player(["subsidies", "run", "--month", "2019-01", "--as", "gan"], day)
    assert "code" not in answer, answer


async def find(player: Player, check: str, subject: str) -> FindingView | None:
    async with player.database.transaction(scope=COUNTY) as conn:
        found, _ = await list_findings(conn, COUNTY, [COUNTY], seal=SEAL, month=date(2019, 1, 1), checks=[check])
    return next((each for each in found if each.subject == subject), None)


async def is_waiting(player: Player, check: str, subject: str) -> bool:
    """Return whether a finding is open, and says that its evidence was changed."""
    found = await find(player, check, subject)
    return found is not None and (found.state, found.evidence[-13:]) == ("open", "后来依据改了，现在查不出来")


async def execute(player: Player, *statements: str) -> None:
    async with player.database.transaction(scope=COUNTY) as conn:
        await conn.execute("SET LOCAL ROLE postgres")
        for each in statements:
            await conn.execute(each)


async def test_ending_the_first_of_two_enrolments_leaves_the_second_waiting(january: Player, folder: Path) -> None:
    assert "DX-06" in await list_held_lines(january)
    row = find_row(BINDINGS, "LT-05")
    path = edit_copy(BINDINGS, folder, "end.csv", keep_row(row, 失效日="2018-12-31"))
    answer = await run_import_command(january, "bindings", path, "gan", "--take-changes", day="2019-02-08")
    assert answer["outcome"] == "ok", answer
    await run_january(january, "2019-02-08")
    assert await is_waiting(january, "one_identity_two_enrolments", "DX-06")
    assert "DX-06" in await list_held_lines(january)


def find_row(source: Path, line: str) -> int:
    rows = source.read_text("utf-8-sig").splitlines()
    return next(number for number, row in enumerate(rows) if row.startswith(f"{line},"))


@pytest.mark.parametrize("other_status", ["已撤回", "已审定"])
async def test_the_other_county_does_not_free_a_line_by_withdrawing(january: Player, other_status: str) -> None:
    await execute(january, *(each.format(days="[2018-10-01,)", status="已审定") for each in FOREIGN))
    await run_january(january, "2019-02-08")
    assert "YD-01" in await list_held_lines(january)
    await execute(
        january,
        f"UPDATE enrolments SET status = '{other_status}' WHERE line_code = 'X-01'",
        "UPDATE bindings SET valid_during = '[2018-10-01,2018-12-01)' WHERE line_code = 'X-01'",
    )
    await run_january(january, "2019-02-09")
    assert await is_waiting(january, "enrolled_in_two_counties", "YD-01")
    assert "YD-01" in await list_held_lines(january)


async def test_a_shorter_notice_of_the_county_frees_no_line(january: Player) -> None:
    settings = "INSERT INTO county_settings VALUES ('130624', 'notice_days', '[2019-01-01,2019-02-08)', '9', '样例')"
    await execute(january, settings)
    await run_january(january, "2019-02-06")
    assert "YD-01" in await list_held_lines(january)
    await execute(january, "INSERT INTO county_settings VALUES ('130624', 'notice_days', '[2019-02-08,)', '5', '样例')")
    await run_january(january, "2019-02-08")
    assert await is_waiting(january, "enrolled_without_notice", "YD-01")
    assert "YD-01" in await list_held_lines(january)


@pytest.mark.parametrize("way", ["replaced", "ended"])
async def test_a_lower_price_of_the_plan_frees_no_line(january: Player, folder: Path, way: str) -> None:
    # The operator billed 18.00 where the plan cost 20.00 at first.
    await execute(
        january,
        "SET LOCAL session_replication_role = replica",
        "UPDATE plans SET monthly_fen = 2000, plan_fen = 2000 WHERE code = 'YD18'",
    )
    await run_january(january, "2019-02-06")
    held = {each for each in await list_held_lines(january) if await find(january, "charge_below_plan", each)}
    assert held
    path = folder / "plans.csv"
    cheap = "YD18,移动,18元档（5折前原价）,手机,{},9.00,{},{},,tariffs.csv\n"
    rows = (
        cheap.format("18.00", "2018-01-01", "")
        if way == "replaced"
        else cheap.format("20.00", "2018-01-01", "2018-12-01") + cheap.format("18.00", "2018-12-01", "")
    )
    path.write_text(PLANS + rows)
    answer = await run_import_command(january, "plans", path, "jiang", "--take-changes", day="2019-02-08")
    assert answer["outcome"] == "ok", answer
    await run_january(january, "2019-02-08")
    for line in held:
        assert await is_waiting(january, "charge_below_plan", line), line
    assert held <= set(await list_held_lines(january))


@pytest.mark.parametrize(
    "other",
    [
        {"身份证号": SPOUSE},
        {"项目": "P2"},
        {"身份证号": SPOUSE, "业务号码": "17050000991", "设备标识": "", "卡号": ""},
        {"身份证号": SPOUSE, "设备标识": "", "卡号": ""},
    ],
    ids=["spouse", "other programme", "spouse with another number", "spouse with the number"],
)
async def test_an_enrolment_in_place_of_a_suspect_one_waits_for_whichever_person(
    january: Player, folder: Path, other: dict[str, str]
) -> None:
    await import_notice(january, folder, SHORT, "2019-02-06")
    await change_row(january, folder, "bindings", "2019-02-07", 失效日="2018-10-02")
    binding = {key: text for key, text in other.items() if key != "项目"}
    path = edit_copy(BINDINGS, folder, "new.csv", keep_row(1, 业务编号="YD-91", 生效日="2018-10-02", **binding))
    answer = await run_import_command(january, "bindings", path, "gan", day="2019-02-08")
    assert answer["outcome"] == "ok", answer
    enrolment = {key: text for key, text in other.items() if key in {"身份证号", "项目"}}
    await change_row(january, folder, "enrolments", "2019-02-08", 业务编号="YD-91", **enrolment)
    assert {"YD-01", "YD-91"} <= set(await list_held_lines(january))


async def test_a_death_that_is_moved_frees_no_line(january: Player, folder: Path) -> None:
    row = 1
    dead = keep_row(row, 死亡日期="2018-12-20", 成员至="2018-12-21")
    path = edit_copy(REGISTER, folder, "dead.csv", dead)
    answer = await run_import_command(january, "register", path, "gan", "--take-changes", day="2019-02-06")
    assert answer["outcome"] == "ok", answer
    await run_january(january, "2019-02-06")
    held = await list_held_lines(january)
    assert "YD-01" in held
    alive = keep_row(row, 死亡日期="2019-02-05", 成员至="2019-02-06")
    path = edit_copy(REGISTER, folder, "alive.csv", alive)
    answer = await run_import_command(january, "register", path, "gan", "--take-changes", day="2019-02-08")
    assert answer["outcome"] == "ok", answer
    await run_january(january, "2019-02-08")
    assert await is_waiting(january, "dead_in_service_month", "YD-01")
    assert "YD-01" in await list_held_lines(january)


async def test_another_household_frees_no_line_of_one_that_is_not_eligible(january: Player, folder: Path) -> None:
    assert ENROLMENTS.exists()
    rows = REGISTER.read_text("utf-8-sig").splitlines()
    assert rows[1].startswith("H01,1,")
    refused = keep_row(1, 原建档立卡="否")
    path = edit_copy(REGISTER, folder, "no.csv", refused)
    answer = await run_import_command(january, "register", path, "gan", "--take-changes", day="2019-02-06")
    assert answer["outcome"] == "ok", answer
    await execute(january, "UPDATE household_statuses SET registered = false WHERE household_code = 'H01'")
    await run_january(january, "2019-02-06")
    assert "YD-01" in await list_held_lines(january)
    path = edit_copy(REGISTER, folder, "yes.csv", keep_row(1))
    answer = await run_import_command(january, "register", path, "gan", "--take-changes", day="2019-02-08")
    assert answer["outcome"] == "ok", answer
    await execute(january, "UPDATE household_statuses SET registered = true WHERE household_code = 'H01'")
    await run_january(january, "2019-02-09")
    assert await is_waiting(january, "not_eligible", "YD-01")


@pytest.mark.parametrize("query", [WITHDRAW_VERDICTS, LAPSE_FINDINGS, MARK_CHANGED_LINES])
async def test_the_facts_of_a_finding_are_looked_up_by_indexes(county: Connection, query: Query[None]) -> None:
    await county.execute("SET LOCAL enable_seqscan = off")
    given: dict[str, object] = {
        "county": COUNTY, "month": date(2019, 1, 1), "rows": [], "cycle_id": UUID(int=1), "kept": [],
        "facts_at": datetime(2019, 2, 5, tzinfo=UTC),
    }  # fmt: skip
    rows = await county.fetch(f"EXPLAIN {query.sql}", *(given[name] for name in query.names))
    plan = "\n".join(row[0] for row in rows)
    # The function is part of the statement; called for itself, it is planned for each finding.
    assert "Function Scan on list_replaced_facts" not in plan
    assert "fact_versions_by_enrolled" in plan
    assert "fact_versions_by_subject" in plan
