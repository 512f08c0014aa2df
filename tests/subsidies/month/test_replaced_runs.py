"""The lines of a replaced run go after a week, unless anything came of the run; its case gives them again."""

from datetime import UTC, datetime

import asyncpg
import pytest

from market.subsidies.engine.calculate import calculate
from market.subsidies.engine.read import read_case
from market.subsidies.month.run import get_run_case
from market.subsidies.month.store_run import delete_replaced_lines
from tests.story.play import COUNTY, Player
from tests.subsidies.month.test_order_of_months import act, change
from tests.subsidies.month.test_returns import advance, take
from tests.support.make import SEAL

LEFT = (
    "UPDATE memberships SET valid_during = daterange(lower(valid_during), '{day}') WHERE household_code = 'H13'"
    " AND lower(valid_during) < '2019-01-01'"
)


async def count_lines(player: Player) -> dict[int, tuple[int, int]]:
    """Return how many lines and explanations each run of January has."""
    async with player.database.transaction(scope=COUNTY) as conn:
        rows = await conn.fetch(
            "SELECT n, (SELECT count(*) FROM run_lines WHERE run_id = runs.id),"
            " (SELECT count(*) FROM run_explanations WHERE run_id = runs.id) FROM runs ORDER BY n"
        )
    return {row[0]: (row[1], row[2]) for row in rows}


async def test_the_lines_of_a_replaced_run_go_after_a_week_and_those_of_a_used_one_stay(
    january: Player, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("payments.sql.PIECE_ROWS", 7)
    # Nothing came of runs 1 and 3; a village confirmed run 2; the month stands on run 4, and posts it.
    await change(january, LEFT.format(day="2019-01-20"))
    assert (await act(january, "run", "2019-01", "2019-02-08"))["run"] == 2
    await advance(january, "confirm")
    for run, day in ((3, "2019-01-21"), (4, "2019-01-22")):
        await change(january, LEFT.format(day=day))
        assert (await take(january, "run", f"2019-02-{7 + run:02}", void_approvals=True))["run"] == run
    stored = await count_lines(january)
    with pytest.raises(asyncpg.ForeignKeyViolationError, match="lines of the run need its explanations"):
        await change(january, "DELETE FROM run_explanations WHERE run_id = (SELECT id FROM runs WHERE n = 1)")
    assert await delete_replaced_lines(january.database, datetime(2019, 2, 7, tzinfo=UTC)) == 0
    assert await delete_replaced_lines(january.database, datetime(2019, 2, 9, tzinfo=UTC)) == stored[1][0]
    assert await count_lines(january) == {**stored, 1: (0, 0)}
    assert await delete_replaced_lines(january.database, datetime(2019, 3, 9, tzinfo=UTC)) == stored[3][0]
    kept = {**stored, 1: (0, 0), 3: (0, 0)}
    assert await count_lines(january) == kept
    # The case of a run whose lines are gone gives the result that was stored.
    async with january.database.transaction(scope=COUNTY) as conn:
        for run in await conn.fetch("SELECT id, result_sha256 FROM runs ORDER BY n"):
            case = read_case(await get_run_case(conn, SEAL, COUNTY, run["id"]))
            assert calculate(case).result_sha256 == run["result_sha256"]
    # Nobody deletes what is used, nor changes a line.
    for statement, message in {
        "DELETE FROM run_lines": "run_lines of a run that is used are kept",
        "DELETE FROM run_explanations": "run_explanations of a run that is used are kept",
        "UPDATE run_lines SET over_fen = 0": "append-only",
        "UPDATE run_explanations SET steps = '[]'": "append-only",
    }.items():
        with pytest.raises(asyncpg.PostgresError, match=message):
            await change(january, statement)


def copy_run(*, n: int) -> str:
    """Return the statement that adds run `n` of January, which nobody calculated, with the lines of the one before."""
    return f"""
    WITH copied AS (
        SELECT r.* FROM runs r JOIN cycles c ON c.id = r.cycle_id AND c.month = '2019-01-01' WHERE n = {n - 1}),
    run AS (
        INSERT INTO runs (county_code, cycle_id, n, manifest_sha256, result_sha256, budget_fen, account_id, ran_at)
        SELECT county_code, cycle_id, {n}, manifest_sha256, result_sha256, budget_fen, account_id, ran_at FROM copied
        RETURNING id)
    INSERT INTO run_explanations (run_id, number, county_code, steps)
    SELECT run.id, number, county_code, steps FROM run, run_explanations WHERE run_id = (SELECT id FROM copied)
    """


async def test_what_a_month_stands_on_and_what_was_posted_keeps_its_lines(january: Player, quarter: Player) -> None:
    later = datetime(2030, 1, 1, tzinfo=UTC)
    # January stands on run 1, although a later one was stored.
    await change(january, copy_run(n=2))
    assert await delete_replaced_lines(january.database, later) == 0
    # It was closed with run 1 and posted again by run 2; the latest one, of which nothing came, is kept too.
    await change(quarter, copy_run(n=3))
    assert await delete_replaced_lines(quarter.database, later) == 0
    with pytest.raises(asyncpg.PostgresError, match="run_explanations of a run that is used are kept"):
        await change(quarter, "DELETE FROM run_explanations WHERE run_id IN (SELECT id FROM runs WHERE n = 3)")
