"""A run that reads with a second connection gives what it gives with one."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, date, datetime

from market.kernel import Connection, Database
from market.people.identity.actors import find_actor_by_handle
from market.subsidies.month.run import RunResult, run_month
from tests.story.play import COUNTY, Player
from tests.subsidies.month.test_order_of_months import change
from tests.support.make import SEAL

MONTH = date(2019, 1, 1)
NOW = datetime(2019, 2, 8, 2, 30, tzinfo=UTC)
LIST_FINDINGS = """
    SELECT check_code, subject, evidence, at_risk_fen, array_agg(line_code ORDER BY line_code)
      FROM findings JOIN finding_lines ON finding_id = findings.id
     GROUP BY findings.id ORDER BY 1, 2, 3
"""
CHANGES = (
    "UPDATE memberships SET valid_during = daterange(lower(valid_during), '2019-01-20') WHERE household_code = 'H13'",
    "UPDATE enrolments SET agent = assessor WHERE line_code IN ('YD-01', 'LT-01')",
    "UPDATE bindings SET realname = '不一致' WHERE line_code = 'YD-02'",
    "UPDATE budgets SET public_fen = public_fen - 1",
)


class Undone(Exception):
    """What was calculated is not kept."""


class CountedDatabase(Database):
    """A database that counts how often a connection was taken."""

    taken = 0

    @asynccontextmanager
    async def connection(self) -> AsyncGenerator[Connection]:
        self.taken += 1
        async with super().connection() as conn:
            yield conn


async def calculate(db: CountedDatabase, beside: Database | None) -> tuple[RunResult, list[tuple[object, ...]], int]:
    """Return the result of a run, its findings, and how many connections it took; nothing is kept."""
    taken = db.taken
    result, found = None, []
    with suppress(Undone):
        async with db.transaction(scope=COUNTY) as conn:
            actor = await find_actor_by_handle(conn, "gan", day=NOW.date())
            result = await run_month(conn, actor, COUNTY, MONTH, seal=SEAL, now=NOW, beside=beside)
            found = [tuple(row) for row in await conn.fetch(LIST_FINDINGS)]
            raise Undone
    assert result is not None
    return result, found, db.taken - taken


async def test_two_connections_find_what_one_finds(january: Player) -> None:
    db = CountedDatabase(january.database.pool, scope_setting=january.database.scope_setting)
    for statement in CHANGES:
        await change(january, statement)
        alone, found, taken = await calculate(db, None)
        both, found_by_both, taken_by_both = await calculate(db, db)
        assert (taken, taken_by_both) == (1, 2)
        assert both == alone
        assert found_by_both == found
        assert found
