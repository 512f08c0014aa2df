"""A person's own lines in the last months: open ones, held ones, broadband, and nothing of another holder."""

from datetime import date, timedelta

import pytest

from market.reports.line import explain_line
from market.subsidies.month.bills import LineHeld, OwnLineMonth, list_bills, list_own_months
from market.subsidies.month.cycles import find_cycle
from tests.story.play import COUNTY, Player
from tests.subsidies.month.test_holds import hold
from tests.support.make import SEAL
from tests.support.postgres import as_owner

PHONE, DAY = "17050000101", date(2019, 2, 10)
JANUARY = date(2019, 1, 1)


async def read(player: Player, number: str = PHONE, day: date = DAY) -> list[OwnLineMonth]:
    async with player.database.connection() as conn:
        return await list_own_months(conn, SEAL, number, day=day)


async def test_the_open_month_is_told_as_open(january: Player) -> None:
    [mobile, *others] = await read(january)
    assert (mobile.month, mobile.closed, mobile.kind) == (JANUARY, False, "mobile")
    assert mobile.read_tail(SEAL) == PHONE[-4:]
    assert (mobile.charge_fen, mobile.reduction_fen, mobile.held, mobile.reasons) == (
        3800, 1900, LineHeld.NO, ["MATCHED"],
    )  # fmt: skip
    assert mobile.household_fen >= mobile.reduction_fen + sum(each.reduction_fen for each in others)


LINES_OF_PERSON = """
    SELECT count(DISTINCT line_code) FROM bindings
     WHERE identity_index = (SELECT identity_index FROM bindings WHERE line_code = $1 LIMIT 1)
       AND valid_during && '[2019-01-01,2019-02-01)'
"""


@pytest.mark.parametrize(("line", "number"), [("YD-01", PHONE), ("YD-02", "17050000102")])
async def test_every_line_of_the_person_is_told_and_of_the_household_the_sum(
    quarter: Player, line: str, number: str
) -> None:
    own = await read(quarter, number, date(2019, 4, 15))
    assert {each.month for each in own} == {date(2019, 1, 1), date(2019, 2, 1), date(2019, 3, 1)}
    assert all(each.closed for each in own)
    async with quarter.database.transaction(scope=COUNTY) as conn:
        count = await conn.fetchval(LINES_OF_PERSON, line)
        sums = await conn.fetchrow(
            "SELECT count(*), sum(approved_fen) FROM run_lines r JOIN cycles c ON c.run_id = r.run_id"
            " WHERE month = '2019-01-01' AND household_code = (SELECT household_code FROM run_lines o"
            " WHERE o.run_id = r.run_id AND o.line_code = $1)",
            line,
        )
    january = [each for each in own if each.month == JANUARY]
    assert len(january) == count
    assert sums is not None
    assert {(each.household_lines, each.household_fen) for each in january} == {tuple(sums)}


async def test_a_held_line_is_told_as_held_and_has_no_reduction(january: Player) -> None:
    await hold(january, "zhen")
    [mobile, *_] = await read(january)
    assert (mobile.held, mobile.reduction_fen) == (LineHeld.OPEN, 0)
    words = ["--check", "held_by_official", "--subject", "YD-01", "--why", "去看过了", "--as", "zhen"]
    await january(["subsidies", "finding", "--month", "2019-01", *words, "--stop", "YD-01"], "2019-02-06")
    [mobile, *_] = await read(january)
    assert (mobile.held, mobile.reduction_fen) == (LineHeld.STOP, 0)


@pytest.mark.parametrize("number", ["17050000999", "13900000000"])
async def test_a_number_that_is_bound_to_nobody_tells_nothing(january: Player, number: str) -> None:
    assert await read(january, number) == []


LIST_COLUMNS = """
    SELECT string_agg(column_name, ', ') FROM information_schema.columns
     WHERE table_name = 'bindings' AND is_generated = 'NEVER'
"""
PASS_TO_OTHER = """
    INSERT INTO bindings ({columns})
    SELECT {columns}
      FROM (SELECT (jsonb_populate_record(b, jsonb_build_object(
                   'valid_during', '[2019-04-01,)',
                   'identity_index', ({holder})))).*
              FROM bindings b WHERE line_code = 'YD-01') AS passed
"""


OTHER = "SELECT identity_index FROM bindings WHERE line_code = 'YD-02' LIMIT 1"
KIN = """
    SELECT p.identity_index
      FROM persons p
      JOIN memberships m ON m.person_id = p.id
      JOIN memberships o ON o.county_code = m.county_code AND o.household_code = m.household_code
      JOIN persons w ON w.id = o.person_id
     WHERE w.identity_index = (SELECT identity_index FROM bindings WHERE line_code = 'YD-01' LIMIT 1)
       AND p.identity_index NOT IN (SELECT identity_index FROM bindings)
     LIMIT 1
"""
"""Somebody of the household of YD-01 who has no line."""


async def test_a_number_that_passed_to_somebody_else_tells_nothing_of_who_had_it(quarter: Player) -> None:
    later = date(2019, 4, 15)
    before = {(each.month, each.reduction_fen) for each in await read(quarter, "17050000102", later)}
    async with quarter.database.transaction() as conn, as_owner(conn):
        await conn.execute(
            "UPDATE bindings SET valid_during = daterange(lower(valid_during), '2019-04-01') WHERE line_code = 'YD-01'"
        )
    assert await read(quarter, day=later) == []
    async with quarter.database.transaction() as conn, as_owner(conn):
        await conn.execute(PASS_TO_OTHER.format(columns=await conn.fetchval(LIST_COLUMNS), holder=OTHER))
    assert {(each.month, each.reduction_fen) for each in await read(quarter, day=later)} == before
    async with quarter.database.connection() as conn:
        assert await list_bills(conn, SEAL, PHONE) == []


@pytest.mark.parametrize("day", ["2019-02-01", "2019-03-01", "2019-03-16", "2019-03-31"])
async def test_who_takes_a_number_over_reads_nothing_of_its_former_holder(quarter: Player, day: str) -> None:
    """Not of the months before, nor of the month in which it passed, on a line of its own or on the same line.

    Who lives with them takes it over as well: of the same line they read the months from the first whole one on.
    """
    later = date(2019, 4, 15)
    own = {(each.month, each.kind, each.reduction_fen) for each in await read(quarter, "17050000102", later)}
    months = {month for month in (JANUARY, date(2019, 2, 1), date(2019, 3, 1)) if month < date.fromisoformat(day)}
    async with quarter.database.transaction(scope=COUNTY) as conn:
        cycles = [await find_cycle(conn, COUNTY, month) for month in sorted(months)]
        masked = {(await explain_line(conn, SEAL, cycle, (COUNTY,), "YD-01")).person for cycle in cycles}
    for new_line, holder in (("YD-91", OTHER), ("YD-01", OTHER), ("YD-01", KIN)):
        async with quarter.database.connection() as conn:
            transaction = conn.transaction()
            await transaction.start()
            async with as_owner(conn):
                await conn.execute(
                    "UPDATE bindings SET valid_during = daterange(lower(valid_during), $1) WHERE line_code = 'YD-01'",
                    date.fromisoformat(day),
                )
                await conn.execute(
                    "INSERT INTO lines SELECT county_code, $1, operator, kind FROM lines WHERE code = 'YD-01'"
                    " ON CONFLICT DO NOTHING", new_line,
                )  # fmt: skip
                columns = await conn.fetchval(LIST_COLUMNS)
                passed = PASS_TO_OTHER.replace("[2019-04-01,)", f"[{day},)").replace(
                    "'valid", f"'line_code', '{new_line}', 'valid"
                )
                await conn.execute(passed.format(columns=columns, holder=holder))
            listed = await list_own_months(conn, SEAL, PHONE, day=later)
            former = await list_own_months(conn, SEAL, PHONE, day=date.fromisoformat(day) - timedelta(1))
            bills = await list_bills(conn, SEAL, PHONE)
            await conn.execute("SELECT set_config('market.scope', $1, true)", COUNTY)
            explained = {(await explain_line(conn, SEAL, cycle, (COUNTY,), "YD-01")).person for cycle in cycles}
            await transaction.rollback()
        told = {(each.month, each.kind, each.reduction_fen) for each in listed}
        whole = {month for month in (date(2019, 2, 1), date(2019, 3, 1)) if month >= date.fromisoformat(day)}
        assert told == (own if holder == OTHER else {(month, "mobile", 1900) for month in whole}), new_line
        assert {each.month for each in bills} == (set() if holder == OTHER else whole), new_line
        assert explained == masked, new_line
        # Who had it before reads no bill of the month in which it passed: it is one for the days of both.
        passed = {
            each.month for each in former if (each.charge_fen, each.claimed_fen, each.passed) == (None, None, True)
        }
        assert passed == {date.fromisoformat(day).replace(day=1)} - {date.fromisoformat(day)}, new_line
        assert {each.charge_fen for each in former if each.month not in passed} == {3800}, new_line


async def test_an_explained_line_says_what_was_known_when_and_who_took_the_steps(quarter: Player) -> None:
    async with quarter.database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, JANUARY)
        line = await explain_line(conn, SEAL, cycle, (COUNTY,), "DX-03")
    facts = {(each.fact, each.file, each.known) for each in line.known}
    assert ("claim", "telecom-2019-01.csv", True) in facts
    assert ("claim", "telecom-2019-03.csv", False) in facts  # its correction came after the month was settled
    assert {each.fact for each in line.known} == {"enrolment", "binding", "membership", "claim", "terms"}
    assert [each.step for each in line.taken] == [
        "open", "calculated", "confirmed", "reviewed", "decided", "settled", "reconciled", "closed",
    ]  # fmt: skip
    assert all(each.name for each in line.taken)
