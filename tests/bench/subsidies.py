"""Benchmarks of a county's month on the database, against copying and summing the same rows."""

from collections.abc import Awaitable, Callable

import asyncpg

from market.reports.files.month_export import (
    LIST_OPERATOR_ROWS,
    LIST_VILLAGE_ROWS,
    list_operator_rows,
    list_village_rows,
)
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.subsidies.month.cycles import find_cycle
from tests.bench.county import Environment, calculate_month
from tests.bench.imports import FIGURES as IMPORTS
from tests.bench.memory import watch_memory
from tests.bench.pairs import in_pairs
from tests.bench.province import FIGURES as PROVINCE
from tests.bench.province import measure_province
from tests.bench.reports import FIGURES as REPORTS
from tests.bench.shop import Row

READS = 20
MAX_MIB = 1024
LIST_LATEST_LINES = "SELECT * FROM run_lines WHERE run_id = (SELECT run_id FROM run_lines ORDER BY run_id DESC LIMIT 1)"


async def subsidy_month(environment: Environment) -> Row:
    """Measure lines per second of a month's run; the limit copies the same rows in, sums them, and copies them out."""
    owner = await asyncpg.connect(environment.server.dsn("bench"))
    await owner.execute("CREATE TABLE bare_lines (LIKE run_lines INCLUDING ALL)")
    rows = [tuple(row) for row in await owner.fetch(LIST_LATEST_LINES)]

    async def bare() -> int:
        async with owner.transaction():
            await owner.execute("TRUNCATE bare_lines")
            await owner.copy_records_to_table("bare_lines", records=rows)
            await owner.fetch("SELECT operator, sum(approved_fen), sum(public_fen) FROM bare_lines GROUP BY operator")
            await owner.copy_from_table("bare_lines", output=_discard, format="binary")
        return len(rows)

    async def ours() -> int:
        # A changed budget changes the manifest; a run with an equal manifest does nothing.
        await owner.execute("UPDATE budgets SET public_fen = public_fen + 1 WHERE county_code = $1", DEMO_COUNTY)
        return await calculate_month(environment)

    with watch_memory() as memory:
        row = await in_pairs("subsidy_month", "lines/s", repeats=environment.repeats, limit=bare, ours=ours)
    environment.seen["month_mib"] = memory.peak_mib
    await owner.close()
    return row


async def subsidy_memory(environment: Environment) -> Row:
    """Measure the largest memory of the processes in a county's and a province's month, against 1 GiB.

    It is that of the measuring process, with the rows of the limit, its workers, and PostgreSQL without its buffers.
    """
    if "month_mib" not in environment.seen:
        await subsidy_month(environment)
    province = await measure_province(environment)
    peak = max(environment.seen["month_mib"], province.peak_mib)
    return Row("subsidy_memory", round(peak, 1), "MiB", MAX_MIB, round(peak / MAX_MIB, 3))


async def _discard(_: bytes) -> None:
    """Receive what is copied out."""


async def subsidy_report(environment: Environment) -> Row:
    """Measure reports per second of a month by operator and by village; the limit is the bare statements."""
    async with environment.db.transaction(scope=DEMO_COUNTY) as conn:
        cycle = await find_cycle(conn, DEMO_COUNTY, environment.files.month)
        given = {"county": DEMO_COUNTY, "run_id": cycle.run_id, "name": cycle.name}

        async def bare() -> int:
            for _ in range(READS):
                for query in (LIST_OPERATOR_ROWS, LIST_VILLAGE_ROWS):
                    await conn.fetch(query.sql, *(given[name] for name in query.names))
            return READS

        async def ours() -> int:
            for _ in range(READS):
                await list_operator_rows(conn, cycle)
                await list_village_rows(conn, cycle)
            return READS

        return await in_pairs("subsidy_report", "reports/s", repeats=environment.repeats, limit=bare, ours=ours)


FIGURES: dict[str, Callable[[Environment], Awaitable[Row]]] = {
    "subsidy_month": subsidy_month,
    "subsidy_report": subsidy_report,
    **IMPORTS,
    **REPORTS,
    **PROVINCE,
    "subsidy_memory": subsidy_memory,
}
"""The figures of the group `subsidies` on the database."""
