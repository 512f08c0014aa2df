"""Agent and assessor are one person by identity number, where it is known, before any name; so is who confirms."""

from pathlib import Path
from typing import Any

import pytest

from market.people.identity.actors import find_actor_by_handle
from market.subsidies.imports.held import load_held
from market.subsidies.imports.kinds import IMPORT_KINDS
from market.subsidies.month.cycles import get_business_day
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.subsidies.findings.test_changed_evidence import execute_as_owner, list_held_lines
from tests.subsidies.findings.test_second_attacker import find, is_waiting, run_january
from tests.subsidies.imports.test_evidence import keep_row, list_versions
from tests.subsidies.imports.test_imports import ENROLMENTS, edit_copy, run_import_command
from tests.support.make import SEAL

ONE, OTHER = "130624197001017715", "130624197202027733"
IDENTIFY = (
    f"UPDATE accounts SET identity_index = '\\x{SEAL.index(ONE).hex()}', identity_sealed = 'x' WHERE handle = 'cun'"
)
NUMBERS = ("代办人身份证号", "评议人身份证号")


async def import_signers(
    player: Player, folder: Path, day: str, agent: str, assessor: str, *numbers: str, take: bool = True
) -> dict[str, Any]:
    """Import the enrolment of YD-01 with other signers and, if any are given, the columns of their numbers."""

    def change(rows: list[list[str]]) -> None:
        keep_row(1, 代办人=agent, 村级评议人=assessor)(rows)
        if numbers:
            rows[0] += NUMBERS
            rows[1] += numbers

    path = edit_copy(ENROLMENTS, folder, f"{day}.csv", change)
    return await run_import_command(player, "enrolments", path, "gan", *(["--take-changes"] if take else []), day=day)


async def find_evidence(player: Player, folder: Path, day: str, *signers: str) -> str | None:
    answer = await import_signers(player, folder, day, *signers)
    assert answer["outcome"] == "ok", answer
    await run_january(player, day)
    found = await find(player, "preparer_is_approver", "YD-01")
    return found and found.evidence


async def test_a_number_tells_agent_and_assessor_apart_or_makes_them_one(january: Player, folder: Path) -> None:
    wrong = await import_signers(january, folder, "2019-02-04", "", "样例甲某", ONE, ONE[:-1] + "X", take=False)
    assert [(each["column"], each["message"]) for each in wrong["errors"]] == [
        ("代办人", "写了身份证号，姓名也要写"),
        ("评议人身份证号", "应是 18 位公民身份号码，校验位要对"),
    ]
    differs = await import_signers(january, folder, "2019-02-04", "样例代办甲", "样例村干部A", ONE, OTHER, take=False)
    assert [(each["column"], each["value"], each["message"]) for each in differs["errors"]] == [
        (NUMBERS[0], "", "原来空着"),
        (NUMBERS[1], "", "原来空着"),
    ]
    # Two namesakes, on this line alone; a file without the columns leaves them two.
    await execute_as_owner(
        january, "UPDATE enrolments SET agent = '样例甲某', assessor = '样例甲某' WHERE line_code = 'YD-02'"
    )
    assert await find_evidence(january, folder, "2019-02-05", "样例甲某", "样例甲某", ONE, OTHER) is None
    assert await find(january, "preparer_is_approver", "YD-02")
    assert await find_evidence(january, folder, "2019-02-06", "样例甲某", "样例甲某") is None
    both = await find_evidence(january, folder, "2019-02-07", "样例甲某", "样例乙某", ONE, ONE)
    assert both == "代办人 样例甲某 和村级评议人 样例乙某 是一个人"
    assert "YD-01" in await list_held_lines(january)
    # An official whom the text names has the agent's number.
    await execute_as_owner(january, IDENTIFY)
    official = await find_evidence(january, folder, "2019-02-08", "样例甲某", "样例村某主任", ONE, "")
    assert official == "代办人 样例甲某 和村级评议人 样例村某主任 是一个人"
    assert await find_evidence(january, folder, "2019-02-09", "样例甲某", "样例甲某", ONE, OTHER)
    assert await is_waiting(january, "preparer_is_approver", "YD-01")
    waiting = await find(january, "preparer_is_approver", "YD-01")
    assert waiting is not None
    numbers = [(each.old, each.new) for each in waiting.changes if each.field.endswith("identity_index")]
    assert set(numbers) == {("", "")}
    kept = [each["facts"] for each in await list_versions(january, "enrolments") if each["subject"] == "YD-01"]
    assert [f'"agent_identity_index": "\\\\x{SEAL.index(ONE).hex()}"' in each for each in kept[1:]] == [True] * 3
    assert [each for each in kept if "identity_sealed" in each] == []
    now = nine_o_clock("2019-02-10")
    async with january.database.transaction(scope=COUNTY) as conn:
        gan = await find_actor_by_handle(conn, "gan", day=get_business_day(now))
        held = await load_held(conn, gan, COUNTY, IMPORT_KINDS["enrolments"], seal=SEAL, now=now)
    assert isinstance(held, list)
    [own] = [row for row in held if row["line"] == "YD-01"]
    assert (own["agent_identity"], own["assessor_identity"]) == (ONE, OTHER)
    official = await find_evidence(january, folder, "2019-02-11", "样例村某主任", "样例乙某", "", ONE)
    assert official == "代办人 样例村某主任 和村级评议人 样例乙某 是一个人"
    # A number is not that of another name.
    await import_signers(january, folder, "2019-02-12", "样例丙某", "样例乙某", ONE, OTHER)
    await import_signers(january, folder, "2019-02-13", "样例戊某", "样例丁某")
    async with january.database.transaction(scope=COUNTY) as conn:
        row = await conn.fetchrow(
            "SELECT agent_identity_index, assessor_identity_index FROM enrolments WHERE line_code = 'YD-01'"
        )
    assert row is not None
    assert tuple(row) == (None, None)


@pytest.mark.parametrize(
    ("agent", "number", "own"), [("样例外人", ONE, True), ("样例村某", OTHER, False), ("样例村某", "", True)]
)
async def test_who_applied_is_known_by_number_before_they_confirm(
    january: Player, folder: Path, agent: str, number: str, own: bool
) -> None:
    await execute_as_owner(january, IDENTIFY)
    await import_signers(january, folder, "2019-02-05", agent, "样例村干部A", number, "")
    await run_january(january, "2019-02-05")
    answer = await january(["subsidies", "confirm", "--month", "2019-01", "--as", "cun"], "2019-02-05")
    assert answer.get("line") == ("YD-01" if own else None), answer
