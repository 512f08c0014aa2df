"""Benchmarks of the pages of a county's reports over years of months, against their bare statements.

A page sends the four statements of its report, and those of every page of the desk: its transaction, the session, and
the county.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import asyncpg
import httpx
from litestar import Litestar
from msgspec import Struct

from market.kernel import Database
from market.kernel.clock import get_business_day, get_previous_month
from market.people.identity.actors import find_actor_by_handle
from market.people.identity.sign_in import sign_in_without_code
from market.reports.counted.models import MonthOfReport, count_figures
from market.reports.counted.reports import COUNTED_REPORTS
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.service.web.services import Services
from payments.sql import QUERIES
from tests.bench.county import NOW, Environment
from tests.bench.pairs import in_pairs
from tests.bench.shop import Row
from tests.support.app import build_settings, run_app

MONTHS, FEW_MONTHS = 36, 3
READS = 10
MAX_STATEMENTS = 4
READER = "xian"

# A closed month needs a run, but a page of kept figures reads none: one stands for all months of a county.
ADD_STANDING_RUN = """
    WITH snapshot AS (
        INSERT INTO case_snapshots (county_code, manifest_sha256, case_sealed)
        VALUES ($1, repeat('0', 64), '\\x00'::bytea) RETURNING manifest_sha256),
    cycle AS (
        INSERT INTO cycles (county_code, month, opened_at) VALUES ($1, '2000-01-01', $2) RETURNING id)
    INSERT INTO runs (county_code, cycle_id, n, manifest_sha256, result_sha256, account_id, ran_at)
    SELECT $1, cycle.id, 1, manifest_sha256, repeat('0', 64), $3, $2 FROM cycle, snapshot RETURNING id
"""
ADD_CLOSED_MONTHS = """
    INSERT INTO cycles (county_code, month, state, run_id, opened_at, calculated_at)
    SELECT $1, month, 'closed', $2, $3, $3 FROM unnest($4::date[]) AS month
"""
ADD_BUDGETS = """
    INSERT INTO budgets (county_code, month, public_fen) SELECT $1, month, 29000000 FROM unnest($2::date[]) AS month
    ON CONFLICT DO NOTHING
"""
ADD_COUNTED_MONTHS = """
    INSERT INTO counted_months (county_code, month, as_of, counted_at)
    SELECT $1, month, $2, $2 FROM unnest($3::date[]) AS month
"""
FIGURE_COLUMNS = ("county_code", "month", "report", "village_code", "key", "n", "fen")


class Reader(Struct, frozen=True):
    """An official who reads the page of each report: what gets them, and the statements that they send."""

    get: Callable[[], Awaitable[int]]
    sent: list[tuple[str, Sequence[object]]]


async def report_page(environment: Environment) -> Row:
    """Measure pages of all reports per second, of 36 months; the limit is what they ask PostgreSQL."""
    await _keep_years(environment)
    async with (
        _sign_in(environment.db, environment.server.dsn("bench")) as reader,
        environment.db.connection() as conn,
    ):

        async def bare() -> int:
            for _ in range(READS):
                for query, arguments in reader.sent:
                    await (conn.fetch(query, *arguments) if arguments else conn.execute(query))
            return READS * len(COUNTED_REPORTS)

        return await in_pairs("report_page", "pages/s", repeats=environment.repeats, limit=bare, ours=reader.get)


async def report_page_growth(environment: Environment) -> Row:
    """Measure milliseconds a page of 36 months takes; the limit is a page of 3 months, with as many figures a month."""
    await _keep_years(environment)
    async with (
        _sign_in(environment.db, environment.server.dsn("bench")) as many,
        _sign_in(environment.empty, environment.server.dsn("empty")) as few,
    ):
        row = await in_pairs("report_page_growth", "", repeats=environment.repeats, limit=few.get, ours=many.get)
    value, limit = 1_000 / row.value, 1_000 / row.limit
    return Row(row.name, round(value, 2), "ms", round(limit, 2), round(value / limit, 3))


async def _keep_years(environment: Environment) -> None:
    """Give the county 36 closed months, and the county of officials alone 3, with the figures of the real month."""
    owner = await asyncpg.connect(environment.server.dsn("bench"))
    if await owner.fetchval("SELECT count(*) FROM counted_months"):
        await owner.close()
        return
    month = environment.files.month
    counted = MonthOfReport(county=DEMO_COUNTY, month=month, as_of=NOW)
    figures: list[tuple[str, str, str, int, int]] = []
    async with environment.db.transaction(scope=DEMO_COUNTY) as conn:
        for report in COUNTED_REPORTS.values():
            rows = await count_figures(conn, report, counted, [DEMO_COUNTY])
            figures += [(report.name, row.village, row.key, row.n, row.fen) for row in rows]
    months: list[date] = []
    while len(months) < MONTHS:
        month = get_previous_month(month)
        months.append(month)
    await _keep_months(owner, months, figures)
    await owner.close()
    owner = await asyncpg.connect(environment.server.dsn("empty"))
    await _keep_months(owner, months[:FEW_MONTHS], figures)
    await owner.close()


async def _keep_months(owner: Any, months: Sequence[date], figures: Sequence[tuple[str, str, str, int, int]]) -> None:
    async with owner.transaction():
        account_id = await owner.fetchval("SELECT id FROM accounts ORDER BY id LIMIT 1")
        run_id = await owner.fetchval(ADD_STANDING_RUN, DEMO_COUNTY, NOW, account_id)
        await owner.execute(ADD_CLOSED_MONTHS, DEMO_COUNTY, run_id, NOW, months)
        await owner.execute(ADD_BUDGETS, DEMO_COUNTY, months)
        await owner.execute(ADD_COUNTED_MONTHS, DEMO_COUNTY, NOW, months)
        records = ((DEMO_COUNTY, month, *figure) for month in months for figure in figures)
        await owner.copy_records_to_table("month_figures", records=records, columns=FIGURE_COLUMNS)
    await owner.execute("VACUUM ANALYZE month_figures, cycles, counted_months, budgets")


@asynccontextmanager
async def _sign_in(db: Database, dsn: str) -> AsyncGenerator[Reader]:
    """Yield an official who reads the pages from a service in this process."""
    now = datetime.now(UTC)
    async with db.transaction(scope=DEMO_COUNTY) as conn:
        actor = await find_actor_by_handle(conn, READER, day=get_business_day(now))
        assert actor is not None
        session = await sign_in_without_code(conn, actor.account_id, now=now, second_factor=True)
    with TemporaryDirectory(prefix="xiangji-bench-") as folder:
        settings = build_settings(dsn, Path(folder), rate_pages=1_000_000)
        async with run_app(settings) as app:
            transport = httpx.ASGITransport(cast("Any", app))
            cookies = {"session": session.token}
            async with httpx.AsyncClient(transport=transport, base_url="http://shop.test", cookies=cookies) as http:
                await _get_pages(http, times=1)
                yield Reader(partial(_get_pages, http, times=READS), await _list_statements(app, http))


async def _list_statements(app: Litestar, http: httpx.AsyncClient) -> list[tuple[str, Sequence[object]]]:
    """Return the statements of the pages with their arguments; a report has four at most."""
    sent: list[Any] = []
    services: Services = app.state["market"]
    async with services.db.connection() as conn:
        conn.add_query_logger(sent.append)
    await _get_pages(http, times=1)
    async with services.db.connection() as conn:
        conn.remove_query_logger(sent.append)
    modules = [query.module for each in sent for query in QUERIES if query.sql == each.query]
    own = [name for name in modules if name.startswith(("market.reports.counted", "market.places.divisions"))]
    assert len(own) == MAX_STATEMENTS * len(COUNTED_REPORTS), f"{len(own)} statements"
    return [(each.query, each.args) for each in sent]


async def _get_pages(http: httpx.AsyncClient, *, times: int) -> int:
    for _ in range(times):
        for name in COUNTED_REPORTS:
            response = await http.get(f"/desk/reports/{name}")
            assert response.status_code == 200, response.text[:200]
            assert "</table>" in response.text
    return times * len(COUNTED_REPORTS)


FIGURES: dict[str, Callable[[Environment], Awaitable[Row]]] = {
    "report_page": report_page,
    "report_page_growth": report_page_growth,
}
"""The figures of the group `subsidies` on the pages of reports."""
