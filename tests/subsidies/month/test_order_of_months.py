"""Months are opened once they have ended, and a finding holds its line in every open month, whichever ran first."""

import asyncio

import pytest

from market.kernel import Connection
from payments.sql import QUERIES
from tests.kernel.test_queries import import_every_module
from tests.story.play import Answer, Player
from tests.story.test_month import PLAN
from tests.subsidies.month.test_returns import advance, take
from tests.support.postgres import wait_for_blocked

PREPARED = 12
NO_NOTICE = "UPDATE enrolments SET notice = NULL WHERE line_code = 'YD-01'"


async def act(player: Player, name: str, month: str, day: str, who: str = "gan") -> Answer:
    return await player(["subsidies", name, "--month", month, "--as", who], day)


async def change(player: Player, statement: str) -> None:
    async with player.database.transaction(scope="130624") as conn:
        await conn.execute("SET LOCAL ROLE postgres")
        await conn.execute(statement)


async def list_held(player: Player, month: str) -> list[str]:
    return list((await player(["subsidies", "report", "settlement", "--month", month]))["held"])


@pytest.mark.parametrize(
    ("month", "day", "limit"),
    [
        ("2999-12", "2019-02-05", "3000-01-01"),
        ("2019-02", "2019-02-28", "2019-03-01"),
        ("2018-12", "2019-02-05", "2019-01"),
        ("1900-01", "2019-02-05", "2019-01"),
    ],
)
async def test_a_month_not_over_or_before_the_first_is_not_opened(
    january: Player, month: str, day: str, limit: str
) -> None:
    answer = await act(january, "run", month, day)
    assert (answer["code"], answer["limit"]) == ("month_not_ended", limit)
    async with january.database.transaction(scope="130624") as conn:
        assert await conn.fetchval("SELECT count(*) FROM cycles") == 1


async def test_a_month_is_opened_on_the_day_after_its_last(january: Player) -> None:
    assert (await act(january, "run", "2019-02", "2019-03-01"))["outcome"] == "ok"


@pytest.mark.parametrize("order", [("2019-01", "2019-02"), ("2019-02", "2019-01")], ids=str)
async def test_a_suspect_line_is_held_in_both_open_months_in_either_order(
    january: Player, order: tuple[str, str]
) -> None:
    await change(january, NO_NOTICE)
    for month in order:
        assert (await act(january, "run", month, "2019-03-01"))["outcome"] == "ok"
        for each in ("2019-01", month):
            assert "YD-01" in await list_held(january, each)
    rows = (await january(["subsidies", "report", "findings", "--month", "2019-01"]))["rows"]
    assert ("enrolled_without_notice", "YD-01", "open") in {
        (row["check"], row["subject"], row["state"]) for row in rows
    }


async def test_a_finding_that_a_later_month_saw_first_blocks_the_review_of_the_earlier(january: Player) -> None:
    await change(january, NO_NOTICE)
    await act(january, "run", "2019-02", "2019-03-01")
    await act(january, "confirm", "2019-01", "2019-03-02", "cun")
    answer = await act(january, "review", "2019-01", "2019-03-02", "zhen")
    assert "enrolled_without_notice YD-01" in answer["names"]
    words = ["--check", "enrolled_without_notice", "--subject", "YD-01", "--pay", "YD-01", "--why", "样例"]
    decided = await january(["subsidies", "finding", *words, "--month", "2019-01", "--as", "zhen"], "2019-03-02")
    assert (decided["outcome"], decided["state"]) == ("ok", "decided")
    assert "YD-01" not in await list_held(january, "2019-01")


async def test_a_finding_lapses_only_when_no_open_month_sees_it(january: Player) -> None:
    check = "UPDATE bindings SET realname = '{}' WHERE line_code = 'YD-01'"
    state = "SELECT f.state, c.month::text FROM findings f JOIN cycles c ON c.id = f.cycle_id WHERE subject = 'YD-01'"
    await change(january, check.format("不一致"))
    await act(january, "run", "2019-02", "2019-03-01")

    async def read() -> tuple[object, ...]:
        async with january.database.transaction(scope="130624") as conn:
            return tuple(await conn.fetchrow(state) or ())

    assert await read() == ("open", "2019-02-01")
    await act(january, "run", "2019-01", "2019-03-01")
    assert await read() == ("open", "2019-01-01")
    await change(january, check.format("一致"))
    await act(january, "run", "2019-01", "2019-03-01")
    assert await read() == ("open", "2019-02-01")
    await act(january, "run", "2019-02", "2019-03-01")
    assert await read() == ("lapsed", "2019-02-01")


async def play_to_april(player: Player) -> None:
    for step in PLAN["steps"][PREPARED:37]:
        for argv in step["commands"]:
            await player(argv, step["date"])


async def test_a_suspect_line_of_a_closed_month_is_reduced_but_not_raised(january: Player) -> None:
    await play_to_april(january)
    async with january.database.transaction(scope="130624") as conn:
        # March's checks suspect the two lines that January's corrections are about.
        await conn.execute("UPDATE enrolments SET notice = NULL WHERE line_code IN ('YD-05', 'DX-03')")
    await act(january, "run", "2019-03", "2019-04-03")
    answer = await act(january, "run", "2019-01", "2019-04-03")
    assert (answer["outcome"], answer["postings"]) == ("ok", 1)
    rows = (await january(["subsidies", "report", "adjustments", "--month", "2019-03"]))["rows"]
    assert [(row["line"], row["adjustment_fen"]) for row in rows] == [("DX-03", -1400)]


async def test_adjustments_wait_until_an_ended_month_is_open(quarter: Player) -> None:
    await change(quarter, "UPDATE memberships SET valid_during = daterange(lower(valid_during), '2019-01-11')"
                          " WHERE household_code = 'H13'")  # fmt: skip
    answer = await act(quarter, "run", "2019-01", "2019-04-15")
    assert (answer["postings"], answer["waiting"]) == (0, 1)
    answer = await act(quarter, "run", "2019-01", "2019-05-01")
    assert (answer["postings"], answer["waiting"]) == (1, 0)
    rows = (await quarter(["subsidies", "report", "adjustments", "--month", "2019-04"]))["rows"]
    assert [(row["line"], row["for_month"]) for row in rows] == [("DX-04", "2019-01")]


async def test_a_calculation_waits_for_an_import_of_the_county(january: Player, owner: Connection) -> None:
    async with january.database.transaction(scope="130624") as conn:
        await conn.execute("SELECT pg_advisory_xact_lock(7003, 130624)")
        run = asyncio.create_task(act(january, "run", "2019-01", "2019-02-08"))
        await wait_for_blocked(owner, conn.get_server_pid())
        await conn.execute(
            "UPDATE memberships SET valid_during = daterange(lower(valid_during), '2019-01-20')"
            " WHERE household_code = 'H13'"
        )
    assert (await run)["run"] == 2


async def test_a_decision_waits_for_an_import_of_the_county(january: Player, owner: Connection) -> None:
    await advance(january, "review")
    async with january.database.transaction(scope="130624") as conn:
        await conn.execute("SELECT pg_advisory_xact_lock(7003, 130624)")
        decision = asyncio.create_task(take(january, "decide"))
        await wait_for_blocked(owner, conn.get_server_pid())
        await conn.execute(
            "UPDATE memberships SET valid_during = daterange(lower(valid_during), '2019-01-20')"
            " WHERE household_code = 'H13'"
        )
    assert (await decision)["code"] == "facts_changed"


async def test_a_county_stores_a_bounded_number_of_runs_a_day(january: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all months together; a month whose facts are the same is stored no more and never refused."""
    monkeypatch.setattr("market.subsidies.month.run.MAX_RUNS_A_DAY", 1)
    assert (await act(january, "run", "2019-02", "2019-03-01"))["outcome"] == "ok"
    await change(
        january,
        "UPDATE memberships SET valid_during = daterange(lower(valid_during), '2019-01-20')"
        " WHERE household_code = 'H13'",
    )
    assert (await act(january, "run", "2019-01", "2019-03-01"))["code"] == "too_many_runs"
    assert (await act(january, "run", "2019-01", "2019-03-02"))["outcome"] == "ok"
    assert (await act(january, "run", "2019-01", "2019-03-02"))["outcome"] == "no-op"


def test_what_is_written_without_the_lock_of_imports_is_read_by_one_statement() -> None:
    """Else a calculation, or its checks, could see such a fact in one statement and not in another."""
    import_every_module()
    for table, package in (
        ("enrolment_pauses", "market.subsidies.month"),
        ("register_checks", "market.subsidies.findings"),
    ):
        readers = [each.module for each in QUERIES if table in each.text and each.module.startswith("market.subsidies")]
        assert [
            each for each in readers if each.startswith(("market.subsidies.month", "market.subsidies.findings"))
        ] == [next(each for each in readers if each.startswith(package))]
