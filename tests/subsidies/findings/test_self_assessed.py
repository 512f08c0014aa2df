"""Nobody assesses or confirms what they applied for themselves, by whichever name."""

import pytest

from tests.story.play import COUNTY, Player
from tests.subsidies.findings.test_asked_again import decide
from tests.subsidies.findings.test_changed_evidence import execute_as_owner, list_held_lines
from tests.subsidies.findings.test_second_attacker import find, run_january

OWN = "(SELECT identity_index FROM enrolments WHERE line_code = 'YD-01')"
IDENTITY = "UPDATE accounts SET identity_index = {}, identity_sealed = 'x' WHERE handle = 'cun'"

NUMBER = "UPDATE enrolments SET assessor_identity_index = {0}, assessor_identity_sealed = {0} WHERE line_code = 'YD-01'"


async def assess(player: Player, assessor: str) -> str | None:
    """Let somebody be the assessor of YD-01, calculate, and return the evidence of the finding if there is one."""
    await execute_as_owner(player, f"UPDATE enrolments SET assessor = '{assessor}' WHERE line_code = 'YD-01'")
    await run_january(player, "2019-02-05")
    found = await find(player, "preparer_is_approver", "YD-01")
    assert (found is not None) is ("YD-01" in await list_held_lines(player))
    return found and found.evidence


@pytest.mark.parametrize("assessor", ["样例赵一", "樣例趙一", "样例 赵一（会计）", "水管员样例赵一"])
async def test_who_applied_is_not_the_assessor(january: Player, assessor: str) -> None:
    assert await assess(january, assessor) == f"村级评议人 {assessor} 和申请的人同名"
    assert (await decide(january, "preparer_is_approver", "YD-01", "--pay=YD-01", day="2019-02-06"))[
        "state"
    ] == "decided"
    await run_january(january, "2019-02-06")
    assert "YD-01" not in await list_held_lines(january)


@pytest.mark.parametrize("assessor", ["样例赵某", "样例一赵", "赵"])
async def test_another_name_is_somebody_else(january: Player, assessor: str) -> None:
    assert await assess(january, assessor) is None


async def test_an_official_with_the_identity_number_of_who_applied_is_the_same(january: Player) -> None:
    await execute_as_owner(january, IDENTITY.format(OWN))
    async with january.database.transaction(scope=COUNTY) as conn:
        name = await conn.fetchval("SELECT name FROM accounts WHERE handle = 'cun'")
    assert await assess(january, f"{name}主任") == f"村级评议人 {name}主任 就是申请的人"


async def test_another_identity_number_is_a_namesake_and_the_assessor_s_own_counts_first(january: Player) -> None:
    await execute_as_owner(january, NUMBER.format("'y'"))
    assert await assess(january, "样例赵一") is None
    await execute_as_owner(january, NUMBER.format("NULL"))
    await execute_as_owner(january, IDENTITY.format("'x'"))
    await execute_as_owner(january, "UPDATE accounts SET name = '样例赵一' WHERE handle = 'cun'")
    assert await assess(january, "样例赵一") is None
    await execute_as_owner(january, NUMBER.format("identity_index"))
    assert await assess(january, "样例赵一") == "村级评议人 样例赵一 就是申请的人"


async def test_who_is_enrolled_does_not_confirm_the_month(january: Player) -> None:
    await execute_as_owner(january, IDENTITY.format(OWN))
    refused = await january(["subsidies", "confirm", "--month", "2019-01", "--as", "cun"], "2019-02-05")
    assert (refused["code"], refused["line"]) == ("second_duty", "YD-01")
