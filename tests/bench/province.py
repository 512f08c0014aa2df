"""Benchmarks of a province's month: townships in several processes, against copying and summing as many rows."""

import asyncio
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import asyncpg
import msgspec

from tests.bench.county import Environment
from tests.bench.shop import Row
from tests.bench.townships import COUNTIES, Measured

LIST_RUN = "SELECT * FROM run_lines WHERE run_id = (SELECT run_id FROM run_lines ORDER BY run_id DESC LIMIT 1)"


async def province_month(environment: Environment) -> Row:
    """Measure lines per second, read from a stream, calculated, explained, hashed and written; one process a processor.

    The limit copies as many rows of a run in, sums them, and copies them out.
    """
    measured = await measure_province(environment)
    copied, copying = await _copy_province(environment)
    value, limit = measured.lines / measured.seconds, copied / copying
    return Row("province_month", round(value, 1), "lines/s", round(limit, 1), round(value / limit, 3))


async def province_per_line(environment: Environment) -> Row:
    """Measure microseconds of all processors for a line of the province; the limit is a line of one county's case."""
    measured = await measure_province(environment)
    value, limit = measured.line_seconds * 1e6, measured.county_line_seconds * 1e6
    return Row("province_per_line", round(value, 2), "µs", round(limit, 2), round(value / limit, 3))


async def measure_province(environment: Environment) -> Measured:
    """Return what a process of its own measured, once for all figures."""
    if "province" not in environment.seen:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bench.townships", str(COUNTIES), "0", str(environment.repeats)),
            stdout=asyncio.subprocess.PIPE,
        )
        out, _ = await process.communicate()
        assert process.returncode == 0
        environment.seen["province"] = msgspec.json.decode(out, type=Measured)
    return environment.seen["province"]


async def _copy_province(environment: Environment) -> tuple[int, float]:
    """Return how many rows of a run were copied, and how long it took; each county has a run of its own."""
    owner = await asyncpg.connect(environment.server.dsn("bench"))
    rows = [tuple(row) for row in await owner.fetch(LIST_RUN)]
    await owner.execute("CREATE TABLE bare_province (LIKE run_lines INCLUDING ALL)")
    begun = time.perf_counter()
    for _ in range(COUNTIES):
        run_id = uuid4()
        await owner.copy_records_to_table("bare_province", records=((run_id, *row[1:]) for row in rows))
    await owner.fetch("SELECT run_id, operator, sum(approved_fen), sum(public_fen) FROM bare_province GROUP BY 1, 2")
    await owner.copy_from_table("bare_province", output=Path(os.devnull), format="binary")
    seconds = time.perf_counter() - begun
    await owner.execute("DROP TABLE bare_province")
    await owner.close()
    return COUNTIES * len(rows), seconds


FIGURES: dict[str, Callable[[Environment], Awaitable[Row]]] = {
    "province_month": province_month,
    "province_per_line": province_per_line,
}
"""The figures of the group `subsidies` on a province."""
