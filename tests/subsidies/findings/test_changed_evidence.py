"""A stopping finding that would lapse because a fact was changed waits for a person, who sees old and new values."""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from market.reports.findings import list_findings
from tests.story.play import COUNTY, Player
from tests.subsidies.imports.test_evidence import keep_row
from tests.subsidies.imports.test_imports import ENROLMENTS, edit_copy, run_import_command
from tests.support.make import SEAL

SHORT, LONG = ("2018-09-20", "2018-09-22"), ("2018-09-20", "2018-09-26")


async def import_notice(player: Player, folder: Path, notice: tuple[str, str], day: str, row: int = 1) -> None:
    """Import the public notice of YD-01, the first line of the file, and calculate January on the same day."""
    edit = keep_row(row, 公示起=notice[0], 公示止=notice[1])
    path = edit_copy(ENROLMENTS, folder, f"{day}.csv", edit)
    answer = await run_import_command(player, "enrolments", path, "gan", "--take-changes", day=day)
    assert answer["outcome"] == "ok", answer
    await player(["subsidies", "run", "--month", "2019-01", "--as", "gan"], day)


async def find_notice_finding(player: Player) -> dict[str, Any] | None:
    async with player.database.transaction(scope=COUNTY) as conn:
        found, _ = await list_findings(
            conn, COUNTY, [COUNTY], seal=SEAL, month=date(2019, 1, 1), checks=["enrolled_without_notice"]
        )
    return msgspec.to_builtins(found[0], enc_hook=str) if found else None


async def list_held_lines(player: Player) -> list[str]:
    settlement = await player(["subsidies", "report", "settlement", "--month", "2019-01"])
    return settlement["held"]


async def test_a_finding_whose_evidence_was_changed_waits_for_a_person(january: Player, folder: Path) -> None:
    await import_notice(january, folder, SHORT, "2019-02-06")
    opened = await find_notice_finding(january)
    assert opened is not None
    assert (opened["evidence_changed"], opened["changes"]) == (False, [])
    await import_notice(january, folder, LONG, "2019-02-08")
    waiting = await find_notice_finding(january)
    assert waiting is not None
    assert (waiting["state"], waiting["evidence_changed"]) == ("open", True)
    assert waiting["evidence"] == "公示 3 天，应不少于 5 天；后来依据改了，现在查不出来"
    [change] = waiting["changes"]
    assert (change["fact"], change["field"], change["file"]) == ("enrolments", "notice", "2019-02-08.csv")
    assert (change["old"], change["new"]) == ("[2018-09-20,2018-09-23)", "[2018-09-20,2018-09-27)")
    assert (change["by"], change["changed_at"][:10]) == ("样例甘某", "2019-02-08")
    assert "YD-01" in await list_held_lines(january)


async def test_it_still_waits_when_the_month_is_calculated_again(january: Player, folder: Path) -> None:
    await import_notice(january, folder, SHORT, "2019-02-06")
    await import_notice(january, folder, LONG, "2019-02-08")
    await import_notice(january, folder, ("2018-09-19", "2018-09-26"), "2019-02-10")
    waiting = await find_notice_finding(january)
    assert waiting is not None
    assert [(each["field"], each["old"], each["new"]) for each in waiting["changes"]] == [
        ("notice", "[2018-09-20,2018-09-23)", "[2018-09-19,2018-09-27)")
    ]
    for decision, held in ((["--stop", "YD-01"], True), (["--pay", "YD-01"], False)):
        answer = await january(
            ["subsidies", "finding", "--month", "2019-01", "--check", "enrolled_without_notice", "--subject", "YD-01",
             *decision, "--why", "看过公示照片", "--as", "zhen"], "2019-02-11",
        )  # fmt: skip
        assert answer["state"] == "decided", answer
        assert ("YD-01" in await list_held_lines(january)) is held


async def test_a_finding_that_sees_its_fact_again_is_as_before(january: Player, folder: Path) -> None:
    await import_notice(january, folder, SHORT, "2019-02-06")
    await import_notice(january, folder, LONG, "2019-02-08")
    await import_notice(january, folder, SHORT, "2019-02-10")
    seen = await find_notice_finding(january)
    assert seen is not None
    assert (seen["evidence"], seen["evidence_changed"]) == ("公示 3 天，应不少于 5 天", False)


async def execute_as_owner(player: Player, statement: str, role: str = "origin") -> None:
    """Execute a statement as the owner; in the role `replica` no trigger keeps the superseded version."""
    async with player.database.transaction(scope="130624") as conn:
        await conn.execute("SET LOCAL ROLE postgres")
        await conn.execute(f"SET LOCAL session_replication_role = {role}")
        await conn.execute(statement)


async def test_a_finding_lapses_when_only_the_facts_of_others_changed(january: Player, folder: Path) -> None:
    longer = "INSERT INTO county_settings VALUES ('130624', 'notice_days', '[2019-01-01,)', '9', '样例')"
    await execute_as_owner(january, longer)
    await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-02-06")
    assert await find_notice_finding(january) is not None
    await execute_as_owner(january, "DELETE FROM county_settings")
    await import_notice(january, folder, LONG, "2019-02-08", row=2)
    assert await find_notice_finding(january) is None


async def test_a_line_that_leaves_a_finding_because_its_facts_changed_stays_in_it(january: Player) -> None:
    move = (
        "UPDATE memberships SET household_code = '{}' WHERE person_id ="
        " (SELECT id FROM persons JOIN enrolments USING (identity_index) WHERE line_code = 'YD-01')"
    )
    await execute_as_owner(january, move.format("H14"), "replica")
    for household, day in (("H14", "2019-02-06"), ("H01", "2019-02-08"), ("H01", "2019-02-10")):
        await execute_as_owner(january, move.format(household))
        await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], day)
        async with january.database.transaction(scope=COUNTY) as conn:
            [found], _ = await list_findings(conn, COUNTY, [COUNTY], seal=SEAL, checks=["two_operators_one_household"])
        assert found.lines == ["DX-06", "LT-05", "YD-01"]
    assert found.evidence_changed
    assert [(each.field, each.old, each.new) for each in found.changes] == [("household_code", "H14", "H01")]
