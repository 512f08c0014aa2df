"""Every total equals the sum of its drill level, in every month and for every decision."""

import pytest

from market.subsidies.month.cycles import read_month, read_quarter
from tests.story.play import Answer, Player
from tests.subsidies.findings.test_second_attacker import execute

SUMS = (
    "lines",
    "claims",
    "entitled_fen",
    "claimed_fen",
    "approved_fen",
    "over_fen",
    "under_fen",
    "conceded_fen",
    "public_fen",
    "unfunded_fen",
)


async def report(player: Player, name: str, *words: str) -> Answer:
    return await player(["subsidies", "report", name, *words], "2019-04-15")


def total(rows: list[Answer]) -> dict[str, int]:
    return {name: sum(row[name] for row in rows) for name in SUMS}


@pytest.mark.parametrize("month", ["2019-01", "2019-02", "2019-03"])
async def test_a_month_by_operator_by_village_and_by_line_has_the_same_sum(quarter: Player, month: str) -> None:
    sheet = (await report(quarter, "sheets", "--month", month))["rows"]
    villages = (await report(quarter, "villages", "--month", month))["rows"]
    whole = {name: sheet[-1][name] for name in SUMS}
    assert sheet[-1]["operator"] == "total"
    assert total(sheet[:-1]) == total(villages) == whole
    async with quarter.database.transaction(scope="130624") as conn:
        lines = await conn.fetchrow(
            "SELECT count(*) AS lines, sum(approved_fen)::bigint AS approved_fen, sum(public_fen)::bigint AS public_fen"
            " FROM run_lines JOIN cycles USING (run_id) WHERE month = $1",
            read_month(month),
        )
    assert lines is not None
    assert dict(lines) == {name: whole[name] for name in ("lines", "approved_fen", "public_fen")}
    assert whole["approved_fen"] == whole["conceded_fen"] + whole["public_fen"] + whole["unfunded_fen"]


@pytest.mark.parametrize("month", ["2019-01", "2019-02", "2019-03"])
async def test_operators_are_paid_the_posted_sums(quarter: Player, month: str) -> None:
    settlement = await report(quarter, "settlement", "--month", month)
    operators = settlement["operators"]
    assert sum(each["pay_fen"] for each in operators.values()) == settlement["control"]["pay_fen"]
    assert sum(each["rows"] for each in operators.values()) == settlement["control"]["rows"]
    async with quarter.database.transaction(scope="130624") as conn:
        posted = await conn.fetch(
            "SELECT operator, sum(public_fen)::bigint FROM subsidy_postings JOIN cycles ON cycles.id = cycle_id"
            " WHERE month = $1 GROUP BY operator",
            read_month(month),
        )
    assert {row[0]: row[1] for row in posted} == {name: each["pay_fen"] for name, each in operators.items()}
    claims = (await report(quarter, "claims", "--month", month))["rows"]
    own = [row for row in claims if row["corrects_month"] is None]
    assert len(own) == settlement["control"]["rows"]
    sheet = (await report(quarter, "sheets", "--month", month))["rows"]
    assert sum(row["reduction_fen"] for row in own) == sheet[-1]["claimed_fen"]


async def test_a_held_line_keeps_its_calculated_figures_and_is_not_paid(january: Player) -> None:
    before = (await report(january, "sheets", "--month", "2019-01"))["rows"]
    paid = await report(january, "settlement", "--month", "2019-01")
    await execute(january, "UPDATE enrolments SET notice = NULL WHERE line_code = 'YD-01'")
    await january(["subsidies", "run", "--month", "2019-01", "--as", "gan"], "2019-02-06")
    assert (await report(january, "sheets", "--month", "2019-01"))["rows"] == before
    settlement = await report(january, "settlement", "--month", "2019-01")
    assert set(settlement["held"]) - set(paid["held"]) == {"YD-01"}
    row = next(each for each in before if each["operator"] == "mobile")
    assert paid["operators"]["mobile"]["pay_fen"] == row["public_fen"]
    assert settlement["operators"]["mobile"]["pay_fen"] == row["public_fen"] - 570


async def test_the_quarter_is_the_sum_of_its_parts_except_households_and_persons(quarter: Player) -> None:
    got = await report(quarter, "quarter", "--quarter", "2019Q1")
    rows = {(row["operator"], row["kind"]): row for row in got["rows"]}
    names = ("users", "new_users", "conceded_fen", "public_fen", "cumulative_users", "cumulative_public_fen")
    for name in names:
        kinds = [
            rows[operator, kind][name]
            for operator in ("mobile", "unicom", "telecom")
            for kind in ("mobile", "broadband")
        ]
        assert sum(kinds) == rows["total", "all"][name]
        for part in ("mobile", "broadband"):
            assert (
                sum(rows[operator, part][name] for operator in ("mobile", "unicom", "telecom"))
                == (rows["total", part][name])
            )
    households = sum(rows[operator, "all"]["households"] for operator in ("mobile", "unicom", "telecom"))
    assert (households, rows["total", "all"]["households"]) == (18, 17)
    months = [await report(quarter, "settlement", "--month", month) for month in ("2019-01", "2019-02", "2019-03")]
    assert sum(month["control"]["pay_fen"] for month in months) == rows["total", "all"]["public_fen"]


async def test_an_open_cycle_makes_the_quarter_provisional(january: Player) -> None:
    got = await report(january, "quarter", "--quarter", "2019Q1")
    rows = {(row["operator"], row["kind"]): row for row in got["rows"]}
    assert got["provisional"]
    # Lines that a stopping finding blocks, DX-06 and LT-05, are not users yet, and their amounts are not counted.
    assert (rows["total", "all"]["users"], rows["total", "all"]["public_fen"]) == (21, 12_020 - 570)


async def test_the_next_quarter_continues_the_cumulative_sums(quarter: Player) -> None:
    got = await report(quarter, "quarter", "--quarter", "2019Q2")
    whole = got["rows"][-1]
    assert (whole["users"], whole["public_fen"], whole["cumulative_users"]) == (0, 0, 25)
    assert (whole["cumulative_public_fen"], got["due_on"], got["provisional"]) == (64_432, "2019-07-20", True)


async def test_idle_lines_of_the_next_quarter_are_those_whose_notice_falls_into_it(quarter: Player) -> None:
    rows = (await report(quarter, "idle", "--quarter", "2019Q2"))["rows"]
    found = [(row["line"], row["last_use"], row["notice_on"], row["removed_on"]) for row in rows]
    assert found == [
        ("LT-04", "2019-03-15", "2019-04-14", "2019-04-30"),
        ("YD-09", "2019-03-20", "2019-04-19", "2019-05-05"),
    ]


@pytest.mark.parametrize("text", ["2019Q5", "2019", "2019Q0", "0000Q1", "3000Q1", "9999Q4"])
async def test_a_quarter_is_written_one_way(quarter: Player, text: str) -> None:
    assert (await report(quarter, "quarter", "--quarter", text))["code"] == "bad_quarter"


def test_a_quarter_is_three_months() -> None:
    first, until = read_quarter("2019Q4")
    assert (first.isoformat(), until.isoformat()) == ("2019-10-01", "2020-01-01")


async def test_a_farmer_reads_the_closed_months_of_their_own_number(quarter: Player) -> None:
    from market.subsidies.month.bills import list_bills

    async with quarter.database.transaction() as conn:
        bills = await list_bills(conn, quarter.seal, "17050000106")
        ported = await list_bills(conn, quarter.seal, "17000000301")
    got = [(f"{b.month:%Y-%m}", b.charge_fen, b.reduction_fen, b.pays_fen, b.days, b.of_days, b.since) for b in bills]
    assert [each[:6] for each in got] == [
        ("2019-03", 800, 0, 800, 0, 31),
        ("2019-02", 800, 371, 429, 13, 28),
        ("2019-01", 439, 439, 0, 17, 31),
    ]
    assert [str(each[6]) for each in got] == ["None", "None", "2019-01-15"]
    assert [(f"{b.month:%Y-%m}", b.operator, b.reduction_fen) for b in ported] == [
        ("2019-03", "unicom", 900),
        ("2019-02", "telecom", 746),
        ("2019-02", "unicom", 546),
        ("2019-01", "telecom", 1900),
    ]
