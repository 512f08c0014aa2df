"""How fast a county's month is run and read on the database, against writing and summing the same rows."""

import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import asyncpg
from msgspec import Struct

from market.identity.actors import actor_by_handle
from market.kernel import Connection, Database, open_database
from market.kernel.clock import day_of, next_month
from market.kernel.embedded import Server, embedded_server
from market.kernel.migrate import create_database
from market.kernel.seal import Seal, seal_from_secret
from market.reports.subsidies.month import SHEET, VILLAGES, sheet_of, villages_of
from market.sample.bills import billing_files, opening_sheet, usage_sheet
from market.sample.county import ANALYSE_COUNTY
from market.sample.lines import LineMaker, bindings_sheet, enrolments_sheet, months_before
from market.sample.papers import budget_file, plans_sheet, programmes_file
from market.sample.people import DEMO_COUNTY
from market.sample.places import load_divisions
from market.sample.plant import Planter
from market.sample.register import RegisterMaker, register_sheet
from market.startup import APP_ROLE, migrate_database
from market.subsidies.cycles import find_cycle
from market.subsidies.files import Upload
from market.subsidies.import_billing import import_billing, read_manifest
from market.subsidies.import_bindings import import_bindings
from market.subsidies.import_enrolments import import_enrolments
from market.subsidies.import_officials import import_officials
from market.subsidies.import_plans import import_budget, import_plans
from market.subsidies.import_programmes import import_programmes
from market.subsidies.import_register import import_register
from market.subsidies.import_usage import import_opening, import_usage
from market.subsidies.run import run_month
from tests.bench.pairs import in_pairs
from tests.bench.shop import Row
from tests.service import SECRET
from tests.story.play import INPUT

SCALE = 238
"""Percent of the sample county: 38,000 households with 57,000 lines."""
NOW = datetime(2026, 6, 10, 2, 30, tzinfo=UTC)
BUDGET_FEN = 290_000_00
READS = 20


class Ground(Struct, frozen=True):
    """A durable server with one month of a large county, imported, run once and ready to be run again."""

    server: Server
    db: Database
    month: date
    lines: int
    repeats: int


class _Clerk:
    """Brings files for the county, each by the official whose duty it is."""

    def __init__(self, conn: Connection, seal: Seal) -> None:
        self.conn = conn
        self.seal = seal

    async def bring(self, handle: str, take: Callable[..., Awaitable[Any]], upload: Upload, *rest: Any) -> None:  # noqa: ANN401 - what that import needs besides
        """Import one file."""
        actor = await actor_by_handle(self.conn, handle, day=day_of(NOW))
        sealed = {"seal": self.seal} if take in {import_register, import_enrolments, import_bindings} else {}
        await take(self.conn, actor, upload, *rest, **sealed, now=NOW)


async def _import_month(conn: Connection, seal: Seal) -> tuple[date, int]:
    """Import officials, register, programmes, lines, bills and uses; return the month and how many lines there are."""
    path = INPUT / "officials.csv"
    await import_officials(conn, county=DEMO_COUNTY, name=path.name, content=path.read_bytes(), now=NOW)
    months = months_before(day_of(NOW))
    month, after = months.first, next_month(months.first)
    villages = (await load_divisions(conn, {DEMO_COUNTY})).villages(DEMO_COUNTY)
    register = RegisterMaker(1, villages, year=months.since.year, scale=SCALE).make(split_on=months.last)
    maker = LineMaker(1, register, months, scale=SCALE)
    maker.make()
    Planter(1, maker, register, months).plant()
    clerk, lines = _Clerk(conn, seal), maker.lines

    def file(kind: str, content: bytes, name: str = "") -> Upload:
        return Upload(DEMO_COUNTY, kind, name or f"{kind}.csv", content)

    await clerk.bring("gan", import_register, file("register", register_sheet(register), f"register-{month}.csv"))
    programmes, documents = programmes_file(months.since)
    await clerk.bring("jiang", import_programmes, file("programmes", programmes, "programmes.json"), documents)
    await clerk.bring("jiang", import_plans, file("plans", plans_sheet(months.since)))
    await clerk.bring("jiang", import_budget, file("budget", budget_file({month: BUDGET_FEN}), "budget.json"))
    await conn.execute(ANALYSE_COUNTY)
    enrolments = enrolments_sheet(lines, None, after, with_waiting=False)
    await clerk.bring("gan", import_enrolments, file("enrolments", enrolments))
    await clerk.bring("gan", import_bindings, file("bindings", bindings_sheet(lines, None, after)))
    await clerk.bring("gan", import_opening, file("opening", opening_sheet(lines, months)))
    await clerk.bring("gan", import_usage, file("usage", usage_sheet(1, lines, month)))
    for bill in billing_files(1, lines, month):
        manifest = read_manifest(bill.name, bill.manifest)
        await clerk.bring("gan", import_billing, file("billing", bill.content, bill.name), manifest)
    await conn.execute(ANALYSE_COUNTY)
    return month, len(lines)


@asynccontextmanager
async def county_ground(*, quick: bool) -> AsyncGenerator[Ground]:
    """Lend the county; made in a minute or two by the imports that officials use."""
    with tempfile.TemporaryDirectory(prefix="xiangji-bench-") as folder, embedded_server(Path(folder)) as server:
        await create_database(server.dsn("postgres"), "bench")
        await migrate_database(server.dsn("bench"))
        owner = await open_database(server.dsn("bench"), max_size=1)
        async with owner.transaction() as conn:
            month, lines = await _import_month(conn, seal_from_secret(SECRET))
        await owner.close()
        db = await open_database(server.dsn("bench"), role=APP_ROLE, max_size=2)
        ground = Ground(server, db, month, lines, 2 if quick else 5)
        await _run(ground)
        yield ground
        await db.close()


async def _run(ground: Ground) -> int:
    """Run the month as the importer does, committed; return how many lines it answered."""
    async with ground.db.transaction(scope=DEMO_COUNTY) as conn:
        actor = await actor_by_handle(conn, "gan", day=day_of(NOW))
        return (await run_month(conn, actor, DEMO_COUNTY, ground.month, now=NOW)).lines


async def subsidy_month(ground: Ground) -> Row:
    """Lines gathered, calculated, matched, checked and kept a second; the limit copies the same rows and sums them."""
    owner = await asyncpg.connect(ground.server.dsn("bench"))
    await owner.execute("CREATE TABLE bare_lines (LIKE run_lines INCLUDING ALL)")
    rows = [tuple(row) for row in await owner.fetch("SELECT * FROM run_lines")]

    async def bare() -> int:
        async with owner.transaction():
            await owner.execute("TRUNCATE bare_lines")
            await owner.copy_records_to_table("bare_lines", records=rows)
            await owner.fetch("SELECT operator, sum(approved_fen), sum(public_fen) FROM bare_lines GROUP BY operator")
        return len(rows)

    async def ours() -> int:
        # Another budget is another manifest: the run before would be the same, and nothing would be done.
        await owner.execute("UPDATE budgets SET public_fen = public_fen + 1 WHERE county_code = $1", DEMO_COUNTY)
        return await _run(ground)

    row = await in_pairs("subsidy_month", "lines/s", repeats=ground.repeats, limit=bare, ours=ours)
    await owner.close()
    return row


async def subsidy_report(ground: Ground) -> Row:
    """The month's sheet and its villages, reports a second; the limit is the bare statements."""
    async with ground.db.transaction(scope=DEMO_COUNTY) as conn:
        cycle = await find_cycle(conn, DEMO_COUNTY, ground.month)
        given = {"county": DEMO_COUNTY, "run_id": cycle.run_id, "name": cycle.name}

        async def bare() -> int:
            for _ in range(READS):
                for query in (SHEET, VILLAGES):
                    await conn.fetch(query.sql, *(given[name] for name in query.names))
            return READS

        async def ours() -> int:
            for _ in range(READS):
                await sheet_of(conn, cycle)
                await villages_of(conn, cycle)
            return READS

        return await in_pairs("subsidy_report", "reports/s", repeats=ground.repeats, limit=bare, ours=ours)


FIGURES: dict[str, Callable[[Ground], Awaitable[Row]]] = {
    "subsidy_month": subsidy_month,
    "subsidy_report": subsidy_report,
}
"""A part of the group `subsidies`: what works on the database."""
