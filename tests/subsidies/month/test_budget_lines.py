"""Budget lines: a decision commits, the settlement spends, an adjustment adjusts; the cycles explain them."""

from datetime import date
from pathlib import Path

from market.people.identity.actors import find_actor_by_handle
from market.subsidies.findings.hold import hold_line
from market.subsidies.month.budget_lines import BudgetYear, adjust_budget, load_budget_year, verify_budget_lines
from market.subsidies.month.cycles import find_cycle
from payments.ledger.verification import verify_ledger
from tests.story.play import COUNTY, Player, nine_o_clock
from tests.subsidies.month.test_returns import advance, send_back, take
from tests.support.archive import archive_ledger
from tests.support.make import SEAL
from tests.support.postgres import as_owner

NOW = nine_o_clock("2019-02-08")
UPGRADE = Path(__file__).parents[3] / "migrations" / "sql" / "0120_budget_lines.sql"


async def load(player: Player, *, verified: bool = True) -> BudgetYear:
    """Return the budget of 2019, after its lines were compared with the cycles."""
    async with player.database.transaction() as conn:
        assert (await verify_budget_lines(conn) == []) is verified
        assert await verify_ledger(conn, prefixes=("subsidy",)) == []
        return await load_budget_year(conn, COUNTY, 2019)


def sum_lines(year: BudgetYear) -> tuple[int, int, int]:
    return (
        sum(line.committed_fen for line in year.lines),
        sum(line.spent_fen for line in year.lines),
        sum(line.adjusted_fen for line in year.lines),
    )


async def test_the_quarter_of_the_story_spends_what_it_pays(quarter: Player) -> None:
    year = await load(quarter)
    assert (year.appropriated_fen, sum_lines(year)) == (38_000, (0, 30_007, -666))
    assert year.left_fen == 38_000 - 30_007 + 666
    assert {line.funder: line.adjusted_fen for line in year.lines}["county"] == -666


async def test_each_step_moves_what_it_decides(january: Player) -> None:
    assert (await load(january)).left_fen == 38_000
    await advance(january, "decide")
    assert sum_lines(await load(january)) == (12_020, 0, 0)
    await send_back(january, "cai")
    year = await load(january)
    assert (sum_lines(year), year.left_fen) == ((0, 0, 0), 38_000)
    await take(january, "decide")
    assert sum_lines(await load(january)) == (12_020, 0, 0)
    # A line that is held after the decision is not settled: what was committed for it is left again.
    async with january.database.transaction(scope=COUNTY) as conn:
        actor = await find_actor_by_handle(conn, "cai", day=NOW.date())
        await hold_line(conn, actor, COUNTY, date(2019, 1, 1), "YD-02", why="样例", seal=SEAL, now=NOW)
    await take(january, "settle")
    year = await load(january)
    assert (sum_lines(year), year.left_fen) == ((0, 12_020 - 415, 0), 38_000 - 12_020 + 415)


async def test_a_posting_that_no_cycle_explains_is_found(january: Player) -> None:
    async with january.database.transaction(scope=COUNTY) as conn:
        cycle = await find_cycle(conn, COUNTY, date(2019, 1, 1))
        await adjust_budget(conn, COUNTY, cycle.id, date(2018, 12, 1), [{"county": -5, "operator": 9}], now=NOW)
    async with january.database.transaction() as conn:
        found = await verify_budget_lines(conn)
    assert [(each.subject, each.detail) for each in found] == [
        ("adjusted:130624:2018:county", "booked -5, of the cycles 0"),
        ("budget:130624:2018", "booked 5, of the cycles 0"),
    ]


async def test_budget_lines_are_compared_with_the_archive_too(january: Player) -> None:
    await advance(january, "decide")
    async with january.database.connection() as conn, as_owner(conn):
        await archive_ledger(conn)
        assert await verify_budget_lines(conn) == []
        await conn.execute("UPDATE payments.archived_sums SET amount_minor = amount_minor + 1")
        assert {each.code for each in await verify_budget_lines(conn)} == {"wrong_budget_line"}
