"""R10: a settled month is never edited; changes are posted within the change of the line's own approved sum."""

import asyncio
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.kernel import Fen
from market.people.identity.actors import find_actor_by_handle
from market.subsidies.engine.answer import AnswerLine
from market.subsidies.engine.models import Funder
from market.subsidies.month.adjust import compute_difference, subtract_shares
from market.subsidies.month.budget_lines import verify_budget_lines
from market.subsidies.month.case_queries import LIST_SETTLED_LINES, SettledLine
from market.subsidies.month.settle import settle_month
from market.subsidies.month.steps import SETTLED_STATES
from payments.money import split
from tests.story.play import Player, nine_o_clock
from tests.story.test_month import PLAN
from tests.subsidies.imports.test_imports import write_bill
from tests.support.make import SEAL

sums = st.integers(0, 5_000)


def answer(approved: int, conceded: int, public: int) -> AnswerLine:
    province, county = split(public, [1, 1])
    shares = {Funder.OPERATOR: Fen(conceded), Funder.PROVINCE: Fen(province), Funder.COUNTY: Fen(county)}
    funded = Fen(conceded + public)
    return AnswerLine(
        id="L",
        entitled_fen=Fen(approved),
        funded_fen=funded,
        approved_fen=Fen(approved),
        over_fen=Fen(0),
        under_fen=Fen(0),
        conceded_fen=Fen(conceded),
        public_fen=Fen(public),
        shares=shares,
        adjustment_fen=None,
        reasons=(),
        removed_on=None,
        trace=(),
    )


def settled(approved: int, conceded: int, public: int) -> SettledLine:
    province, county = split(public, [1, 1])
    shares = {"operator": conceded, "province": province, "county": county}
    return SettledLine(
        line="L", approved_fen=Fen(approved), conceded_fen=Fen(conceded), public_fen=Fen(public), shares=shares
    )


@st.composite
def figures(draw: st.DrawFn) -> tuple[int, int, int]:
    approved = draw(sums)
    conceded = approved * draw(st.sampled_from([0, 3, 7, 10])) // 10
    return approved, conceded, draw(st.integers(0, approved - conceded))


@given(figures(), figures())
def test_an_adjustment_lies_between_zero_and_the_change_of_its_own_line(
    now: tuple[int, int, int], then: tuple[int, int, int]
) -> None:
    parts = compute_difference(answer(*now), settled(*then))
    change, moved = now[0] - then[0], sum(now[1:]) - sum(then[1:])
    total = parts.conceded_fen + parts.public_fen
    assert total == max(min(change, 0), min(moved, max(change, 0)))
    assert sum(parts.shares.values()) == total
    assert parts.shares.get("operator", 0) == parts.conceded_fen
    assert sum(then[1:]) + total >= 0


@given(figures())
def test_unchanged_lines_are_not_posted(now: tuple[int, int, int]) -> None:
    parts = compute_difference(answer(*now), settled(*now))
    assert (parts.approved_fen, parts.conceded_fen, parts.public_fen, parts.shares) == (0, 0, 0, {})


def test_redistributing_a_budget_adjusts_no_other_line() -> None:
    assert compute_difference(answer(1900, 1330, 423), settled(1900, 1330, 570)).public_fen == 0


def test_a_correction_of_one_fen_frees_no_more_than_one() -> None:
    parts = compute_difference(answer(1899, 1330, 100), settled(1900, 1330, 570))
    assert (parts.conceded_fen, parts.public_fen, parts.shares) == (0, -1, {"province": -1, "county": 0})


def test_the_funders_amounts_are_the_differences_of_the_two_answers() -> None:
    parts = compute_difference(answer(679, 475, 204), settled(1900, 1330, 570))
    assert (parts.conceded_fen, parts.public_fen) == (-855, -366)
    assert parts.shares == {"operator": -855, "province": -183, "county": -183}


def test_subtracting_shares_keeps_every_funder() -> None:
    assert subtract_shares({"operator": 5, "county": 2}, {"county": 2, "province": 1}) == {
        "operator": 5,
        "province": -1,
    }


async def play_steps(player: Player, first: int, until: int) -> None:
    for step in PLAN["steps"][first:until]:
        for argv in step["commands"]:
            await player(argv, step["date"])


async def to_march(player: Player) -> None:
    await play_steps(player, 12, 37)


async def run(player: Player, month: str, day: str = "2019-04-03") -> tuple[str, int, int]:
    got = await player(["subsidies", "run", "--month", month, "--as", "gan"], day)
    return got["outcome"], got["postings"], got["waiting"]


async def list_posted(player: Player) -> list[tuple[str, str, str, int, int, int]]:
    """Return the adjustments: cycle, line, month, revision, funded and settled before."""
    async with player.database.transaction(scope="130624") as conn:
        rows = await conn.fetch(
            "SELECT to_char(c.month, 'YYYY-MM'), line_code, to_char(for_month, 'YYYY-MM'), revision, funded_fen,"
            " settled_before_fen FROM subsidy_postings p JOIN cycles c ON c.id = p.cycle_id"
            " WHERE for_month < c.month ORDER BY for_month, line_code, c.month, revision"
        )
    return [tuple(row) for row in rows]


async def test_an_upward_adjustment_waits_until_the_year_covers_it(january: Player) -> None:
    await to_march(january)
    # The year's budget has 79.93 left: 79.93 − 84.00 + 4.20 (returned) is less than the 1.20 needed.
    async with january.database.transaction(scope="130624") as conn:
        await conn.execute(
            "INSERT INTO subsidy_postings (cycle_id, line_code, for_month, revision, county_code, run_id, operator,"
            " kind, approved_fen, conceded_fen, public_fen, settled_before_fen, shares, posted_at)"
            " SELECT id, 'YD-01', '2019-02-01', 1, county_code, run_id, 'mobile', 'mobile', 8400, 0, 8400, 1900,"
            " '{\"county\": 8400}', '2019-04-03T00:00Z' FROM cycles WHERE month = '2019-03-01'"
        )
    assert await run(january, "2019-01") == ("ok", 1, 1)
    assert await run(january, "2019-01") == ("no-op", 0, 1)
    async with january.database.transaction(scope="130624") as conn:
        await conn.execute("INSERT INTO budgets VALUES ('130624', '2019-12-01', 107)")
    assert await run(january, "2019-01") == ("ok", 1, 0)
    rows = (await january(["subsidies", "report", "adjustments", "--month", "2019-03"]))["rows"]
    assert [(row["line"], row["adjustment_fen"]) for row in rows if row["for_month"] == "2019-01"] == [
        ("DX-03", -1400),
        ("YD-05", 400),
    ]


async def test_a_second_correction_in_the_open_cycle_posts_the_rest(january: Player) -> None:
    await to_march(january)
    assert await run(january, "2019-02") == ("ok", 1, 0)
    async with january.database.transaction(scope="130624") as conn:
        await conn.execute(
            "UPDATE memberships SET valid_during = daterange(lower(valid_during), '2019-02-15')"
            " WHERE leave_reason = '死亡'"
        )
    assert await run(january, "2019-02") == ("ok", 1, 0)
    rows = (await january(["subsidies", "report", "adjustments", "--month", "2019-03"]))["rows"]
    # 19.00 × 14/28 = 9.50 instead of 6.79.
    assert [(row["line"], row["settled_fen"], row["funded_fen"], row["adjustment_fen"]) for row in rows] == [
        ("DX-02", 1900, 950, -950)
    ]
    async with january.database.transaction(scope="130624") as conn:
        revisions = await conn.fetch(
            "SELECT revision, funded_fen, settled_before_fen FROM subsidy_postings"
            " WHERE line_code = 'DX-02' AND for_month = '2019-02-01' ORDER BY cycle_id, revision"
        )
    assert [tuple(row) for row in revisions] == [(1, 1900, 0), (1, -1221, 1900), (2, 271, 679)]


async def test_what_a_line_was_paid_by_a_funder_is_the_sum_of_its_postings(quarter: Player) -> None:
    month, settled = date(2019, 2, 1), SETTLED_STATES
    async with quarter.database.transaction(scope="130624") as conn:
        lines = await LIST_SETTLED_LINES.all(conn, county="130624", month=month, settled=settled)
        postings = await conn.fetch(
            "SELECT line_code, funder, fen::bigint FROM subsidy_postings p, jsonb_each_text(shares) AS s (funder, fen)"
            " WHERE for_month = $1 AND cycle_id IN (SELECT id FROM cycles WHERE state = ANY($2::text[]))",
            month,
            list(settled),
        )
    sums: dict[str, Counter[str]] = {}
    for line, funder, fen in postings:
        sums.setdefault(line, Counter())[funder] += fen
    assert {each.line: each.shares for each in lines} == sums
    assert len(postings) > sum(map(len, sums.values())), "a line has two postings"


async def test_adjustments_of_a_closed_cycle_count_as_settled_in_the_next(quarter: Player) -> None:
    async with quarter.database.transaction(scope="130624") as conn:
        before = await conn.fetchval("SELECT count(*) FROM subsidy_postings")
    outcome, postings, waiting = await run(quarter, "2019-01")
    assert (outcome, postings, waiting) == ("ok", 0, 0)
    case = await quarter(["subsidies", "case", "--month", "2019-01"], "2019-04-15")
    assert {line["id"]: line["settled_fen"] for line in case["lines"] if line["id"] in ("DX-03", "YD-05", "YD-01")} == {
        "DX-03": 500,
        "YD-01": 1900,
        "YD-05": 1900,
    }
    async with quarter.database.transaction(scope="130624") as conn:
        assert await conn.fetchval("SELECT count(*) FROM subsidy_postings") == before
        assert await conn.fetchval("SELECT count(*) FROM cycles") == 3


async def test_a_bill_of_two_plans_that_is_reversed_in_full_is_taken_back(quarter: Player, folder: Path) -> None:
    """YD-02 moved from 38.00 to 18.00 in January and was billed 27.68, of which 13.84 were reduced."""
    reversal = "2019-04,17050000102,手机,P1,-27.68,-13.84,-13.84,2019-01"
    path = write_bill(folder, "mobile-2019-04", [reversal], month="2019-04")
    answered = await quarter(["import", "billing", str(path), "--county", "130624", "--as", "gan"], "2019-05-02")
    assert answered["outcome"] == "ok", answered
    answered = await quarter(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-05-03")
    assert answered["outcome"] == "ok", answered
    async with quarter.database.transaction(scope="130624") as conn:
        paid = await conn.fetch(
            "SELECT sum(conceded_fen + public_fen)::integer FROM subsidy_postings"
            " WHERE county_code = '130624' AND line_code = 'YD-02' AND for_month = '2019-01-01'"
        )
        last = await conn.fetchval(
            "SELECT approved_fen FROM subsidy_postings WHERE line_code = 'YD-02' AND for_month = '2019-01-01'"
            " ORDER BY posted_at DESC LIMIT 1"
        )
    assert ([row[0] for row in paid], last) == ([0], -13_84)


async def test_adjustments_of_a_month_that_is_not_settled_are_not_posted_again(january: Player) -> None:
    await play_steps(january, 12, 40)
    posted = await list_posted(january)
    assert {each[0] for each in posted} == {"2019-03"}
    for first, until, day in ((40, 40, "2019-05-01"), (40, 42, "2019-05-02"), (42, 43, "2019-05-03")):
        await play_steps(january, first, until)
        for month in ("2019-01", "2019-02"):
            assert (await run(january, month, day))[1:] == (0, 0)
        assert await list_posted(january) == posted


async def test_the_next_open_month_posts_what_an_unsettled_one_did_not(january: Player) -> None:
    await play_steps(january, 12, 42)
    async with january.database.transaction(scope="130624") as conn:
        await conn.execute(
            "UPDATE memberships SET valid_during = daterange(lower(valid_during), '2019-02-15')"
            " WHERE leave_reason = '死亡'"
        )
    assert await run(january, "2019-02", "2019-05-01") == ("ok", 1, 0)
    assert [each for each in await list_posted(january) if each[1] == "DX-02"] == [
        ("2019-03", "DX-02", "2019-02", 1, -1221, 1900),
        ("2019-04", "DX-02", "2019-02", 1, 271, 679),
    ]


async def test_a_settlement_waits_for_a_calculation_and_a_calculation_for_a_settlement(january: Player) -> None:
    await play_steps(january, 12, 42)
    posted = await list_posted(january)
    async with january.database.transaction(scope="130624") as conn:
        cai = await find_actor_by_handle(conn, "cai", day=date(2019, 4, 9))
        await settle_month(conn, cai, "130624", date(2019, 3, 1), seal=SEAL, now=nine_o_clock("2019-04-09"))
        running = asyncio.create_task(run(january, "2019-01", "2019-05-01"))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(running), 3)
    assert (await running)[1:] == (0, 0)
    assert await list_posted(january) == posted


PASSED = """\
业务编号,运营商,业务类型,业务号码,姓名,身份证号,套餐编码,设备标识,卡号,生效日,失效日,变更类型,实名核验结果
YD-05,移动,手机,17050000105,样例郑一,130624195909099918,YD38,h1:d5703c536a2f671160ef9b93,89860019000000000083,2018-10-01,2019-01-01,过户,一致
YD-05B,移动,手机,17050000105,样例韩一,130624196303039915,YD38,,89860019000000000083,2019-01-01,,过户,一致
"""


async def test_a_line_whose_number_passed_to_another_before_the_month_is_taken_back(
    quarter: Player, tmp_path: Path
) -> None:
    file = tmp_path / "passed.csv"
    file.write_text(PASSED, "utf-8")
    words = ["import", "bindings", str(file), "--county", "130624", "--as", "gan", "--take-changes"]
    assert (await quarter(words, "2019-05-02"))["outcome"] == "ok"
    for _ in range(2):
        for month in ("2019-01", "2019-02", "2019-03"):
            await run(quarter, month, "2019-05-02")
            case = await quarter(["subsidies", "case", "--month", month], "2019-05-02")
            assert [line["id"] for line in case["lines"] if line["id"].startswith("YD-05")] == ["YD-05B"]
        assert [each for each in await list_posted(quarter) if each[0] == "2019-04"] == [
            ("2019-04", "YD-05", "2019-01", 1, -1900, 1900),
            ("2019-04", "YD-05", "2019-02", 1, -1900, 1900),
            ("2019-04", "YD-05", "2019-03", 1, -1752, 1752),
        ]
    async with quarter.database.transaction(scope="130624") as conn:
        sums = await conn.fetch(
            "SELECT for_month, sum(approved_fen), sum(public_fen), sum_shares(array_agg(shares)), min(operator),"
            " max(kind) FROM subsidy_postings WHERE line_code = 'YD-05' GROUP BY for_month ORDER BY for_month"
        )
        assert await verify_budget_lines(conn) == []
    for _, approved, public, shares, operator, kind in sums:
        assert (approved, public, operator, kind) == (0, 0, "mobile", "mobile")
        assert set(shares.values()) == {0}
