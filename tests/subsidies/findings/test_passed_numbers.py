"""A number that passes to another enrolled line within the month has one bill: the checks read it as a whole."""

from typing import Any

import pytest

from tests.story.play import Answer, Player
from tests.subsidies.findings.test_checks import BILL, findings
from tests.support.make import find_id_sql

NUMBER = find_id_sql("17050000101")


async def pass_number(player: Player, *bill: int, plan: str = "YD38", more: tuple[str, ...] = ()) -> None:
    """Let YD-03 have the number of YD-01 from 16 January on, instead of its own, and calculate the month."""
    async with player.database.transaction(scope="130624") as conn:
        await conn.execute("SET LOCAL ROLE postgres")
        await conn.execute("SET LOCAL session_replication_role = replica")
        for each in (
            f"DELETE FROM claims WHERE number_id = {find_id_sql('17050000103')}",
            "UPDATE bindings SET valid_during = '[2018-10-01,2019-01-16)' WHERE line_code = 'YD-01'",
            (
                f"UPDATE bindings SET valid_during = '[2019-01-16,)', number_id = {NUMBER}, plan_code = '{plan}'"
                " WHERE line_code = 'YD-03'"
            ),
            BILL.format(*bill, NUMBER),
            *more,
        ):
            await conn.execute(each)
    answer = await player(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-02-05")
    assert "code" not in answer, answer


def summarise(rows: list[Answer]) -> list[tuple[Any, ...]]:
    return [(row["subject"], row["at_risk_fen"], row["evidence"]) for row in rows]


@pytest.mark.parametrize(
    ("bill", "plan", "due"),
    [
        ((3800, 1900, 1900), "YD38", None),
        ((3799, 1900, 1899), "YD38", "账单 37.99，套餐按天应为 38.00"),
        # Each part of the days alone costs less than this: 18.39 and 19.61.
        ((1961, 1900, 61), "YD38", "账单 19.61，套餐按天应为 38.00"),
        # 15 days of 38.00 and 16 of 18.00: 18.39 + 9.29 = 27.68.
        ((2768, 1900, 868), "YD18", None),
        ((2767, 1900, 867), "YD18", "账单 27.67，套餐按天应为 27.68"),
    ],
)
async def test_the_bill_of_a_passed_number_is_compared_with_the_days_of_both_lines(
    january: Player, bill: tuple[int, int, int], plan: str, due: str | None
) -> None:
    await pass_number(january, *bill, plan=plan)
    evidence = f"{due}（号码当月过户，合计）"
    want = [("YD-01", 919, evidence), ("YD-03", 981, evidence)] if due else []
    assert summarise(await findings(january, "charge_below_plan")) == want


async def test_where_whole_months_are_reduced_the_days_of_the_line_without_a_claim_count_too(january: Player) -> None:
    whole = "UPDATE programmes SET proration = 'none' WHERE code = 'P1'"
    await pass_number(january, 1961, 1900, 61, more=(whole,))
    [found] = await findings(january, "charge_below_plan")
    assert (found["subject"], found["evidence"]) == (
        "YD-01",
        "账单 19.61，套餐按天应为 38.00（号码当月过户，合计）",
    )


async def test_the_claim_of_a_passed_number_is_compared_with_a_month_as_a_whole(january: Player) -> None:
    await pass_number(january, 3801, 3801, 0)
    assert summarise(await findings(january, "claim_above_charge")) == [
        ("YD-01", 1839, "申请 18.39，当月最高月费 38.00，核减 9.20；号码当月过户，账单共申请 38.01，月费 38.00"),
        ("YD-03", 1962, "申请 19.62，当月最高月费 38.00，核减 9.81；号码当月过户，账单共申请 38.01，月费 38.00"),
    ]


async def test_the_claim_of_a_passed_number_up_to_a_month_is_on_no_worksheet(january: Player) -> None:
    await pass_number(january, 3800, 3800, 0)
    assert await findings(january, "claim_above_charge") == []
