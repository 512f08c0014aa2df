"""The county of the months moved at random: the facts of the quarter, and rows to compare before and after."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from market.kernel import Connection, Database, open_database
from market.kernel.database import APP_ROLE
from tests.story.play import Player
from tests.story.test_month import PLAN
from tests.support.make import SEAL

CLOSED_ROWS = """
    SELECT md5(string_agg(row, '' ORDER BY row)) FROM (
        SELECT r::text AS row FROM run_lines r WHERE run_id = $2
         UNION ALL SELECT s::text FROM settlements s WHERE cycle_id = $1
         UNION ALL SELECT p::text FROM subsidy_postings p WHERE cycle_id = $1
         UNION ALL SELECT a::text FROM cycle_approvals a WHERE cycle_id = $1) AS rows
"""
"""The digest of all rows of a closed cycle."""
_COUNTS = """
    SELECT c.month, c.state, c.run_id, c.village_round, c.township_round,
           (SELECT count(*) FROM runs WHERE cycle_id = c.id) AS runs,
           (SELECT count(*) FROM cycle_events WHERE cycle_id = c.id) AS events,
           (SELECT count(*) FROM cycle_approvals WHERE cycle_id = c.id) AS approvals,
           (SELECT count(*) FROM cycle_duties WHERE cycle_id = c.id) AS duties,
           (SELECT count(*) FROM subsidy_postings WHERE cycle_id = c.id) AS postings,
           (SELECT count(*) FROM payments.transactions) AS transactions,
           (SELECT count(*) FROM audit_entries) AS audit
      FROM cycles c ORDER BY month
"""


class Savepoints:
    """The database of a `Player` whose transactions are savepoints of one that is rolled back."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn

    @asynccontextmanager
    async def transaction(self, **_: object) -> AsyncGenerator[Connection]:
        async with self.conn.transaction():
            yield self.conn


class World:
    """One county for all examples, with the facts of the quarter; each example rolls its transaction back."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self.dsn = dsn
        self.folder = folder
        self.runner = asyncio.Runner()
        self.seen: Counter[str] = Counter()

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def open(self) -> None:
        self.db: Database = await open_database(self.dsn, role=APP_ROLE, max_size=2)
        player = Player(self.db, SEAL)
        for argv in PLAN["before"]:
            await player(argv)
        for step in PLAN["steps"]:
            for argv in (command for command in step["commands"] if command[0] == "import"):
                assert (await player(argv, step["date"]))["outcome"] == step["outcome"], argv


async def count_rows(conn: Connection) -> list[tuple[object, ...]]:
    """Return the state of each cycle, and how many rows of each kind it has."""
    return [tuple(row) for row in await conn.fetch(_COUNTS)]
