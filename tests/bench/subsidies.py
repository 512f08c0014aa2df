"""Benchmarks of a county's month on the database, against copying and summing the same rows."""

import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import asyncpg
from msgspec import Struct

from market.demo.sample.accounts import DEMO_COUNTY
from market.demo.sample.county.enrolled_lines import (
    LineGenerator,
    compute_months,
    write_bindings_file,
    write_enrolments_file,
)
from market.demo.sample.county.irregularities import IrregularityMaker
from market.demo.sample.county.operator_files import write_billing_files, write_opening_file, write_usage_file
from market.demo.sample.county.programme_files import write_budget_file, write_plans_file, write_programmes_file
from market.demo.sample.county.register import RegisterGenerator, write_register_file
from market.demo.sample.county.simulate_months import ANALYSE_COUNTY
from market.demo.sample.divisions import load_divisions
from market.identity.actors import find_actor_by_handle
from market.kernel import Connection, Database, open_database
from market.kernel.clock import get_business_day, get_next_month
from market.kernel.database import APP_ROLE
from market.kernel.embedded import EmbeddedServer, embedded_server
from market.kernel.migrate import create_database
from market.kernel.seal import Seal, derive_seal
from market.reports.month_export import LIST_OPERATOR_ROWS, LIST_VILLAGE_ROWS, list_operator_rows, list_village_rows
from market.startup import migrate_database
from market.subsidies.imports.officials import import_officials
from market.subsidies.imports.run_import import run_import
from market.subsidies.imports.upload import ImportContext, Upload, prepare_upload
from market.subsidies.month.cycles import find_cycle
from market.subsidies.month.run import run_month
from tests.bench.pairs import in_pairs
from tests.bench.shop import Row
from tests.story.play import INPUT
from tests.support.app import SECRET

SCALE = 238
"""Percent of the sample county: 38,000 households with 57,000 lines."""
NOW = datetime(2026, 6, 10, 2, 30, tzinfo=UTC)
BUDGET_FEN = 290_000_00
READS = 20


class Environment(Struct, frozen=True):
    """A durable server with one month of a large county, imported and run once."""

    server: EmbeddedServer
    db: Database
    month: date
    lines: int
    repeats: int


class _Importer:
    """Imports files of the county, each as the responsible official."""

    def __init__(self, conn: Connection, seal: Seal) -> None:
        self.conn = conn
        self.seal = seal

    async def import_file(self, handle: str, upload: Upload, attachments: Mapping[str, bytes] | None = None) -> None:
        """Import one file."""
        actor = await find_actor_by_handle(self.conn, handle, day=get_business_day(NOW))
        context = ImportContext(seal=self.seal, now=NOW, attachments=attachments or {})
        await run_import(self.conn, actor, await prepare_upload(actor, upload, context))


async def _import_month(conn: Connection, seal: Seal) -> tuple[date, int]:
    """Import every file of a county's month; return the month and the number of lines."""
    path = INPUT / "officials.csv"
    await import_officials(conn, seal, county=DEMO_COUNTY, name=path.name, content=path.read_bytes(), now=NOW)
    months = compute_months(get_business_day(NOW))
    month, after = months.first, get_next_month(months.first)
    villages = (await load_divisions(conn, {DEMO_COUNTY})).list_villages(DEMO_COUNTY)
    register = RegisterGenerator(1, villages, year=months.since.year, scale=SCALE).make(split_on=months.last)
    generator = LineGenerator(1, register, months, scale=SCALE)
    generator.make()
    IrregularityMaker(1, generator, register, months).add_all()
    importer, lines = _Importer(conn, seal), generator.lines

    def file(kind: str, content: bytes, name: str = "") -> Upload:
        return Upload(DEMO_COUNTY, kind, name or f"{kind}.csv", content)

    await importer.import_file("gan", file("register", write_register_file(register), f"register-{month}.csv"))
    programmes, documents = write_programmes_file(months.since)
    await importer.import_file("jiang", file("programmes", programmes, "programmes.json"), documents)
    await importer.import_file("jiang", file("plans", write_plans_file(months.since)))
    await importer.import_file("jiang", file("budget", write_budget_file({month: BUDGET_FEN}), "budget.json"))
    await conn.execute(ANALYSE_COUNTY)
    enrolments = write_enrolments_file(lines, None, after, with_pending=False)
    await importer.import_file("gan", file("enrolments", enrolments))
    await importer.import_file("gan", file("bindings", write_bindings_file(lines, None, after)))
    await importer.import_file("gan", file("opening", write_opening_file(lines, months)))
    await importer.import_file("gan", file("usage", write_usage_file(1, lines, month)))
    for bill in write_billing_files(1, lines, month):
        manifest = {"manifest.json": bill.manifest}
        await importer.import_file("gan", file("billing", bill.content, bill.name), manifest)
    await conn.execute(ANALYSE_COUNTY)
    return month, len(lines)


@asynccontextmanager
async def county_environment(*, quick: bool) -> AsyncGenerator[Environment]:
    """Yield the county; the officials' imports take a minute or two."""
    with tempfile.TemporaryDirectory(prefix="xiangji-bench-") as folder, embedded_server(Path(folder)) as server:
        await create_database(server.dsn("postgres"), "bench")
        await migrate_database(server.dsn("bench"))
        owner = await open_database(server.dsn("bench"), max_size=1)
        async with owner.transaction() as conn:
            month, lines = await _import_month(conn, derive_seal(SECRET))
        await owner.close()
        db = await open_database(server.dsn("bench"), role=APP_ROLE, max_size=2)
        environment = Environment(server, db, month, lines, 2 if quick else 5)
        await _run(environment)
        yield environment
        await db.close()


async def _run(environment: Environment) -> int:
    """Run the month as the importer and commit; return the number of lines."""
    async with environment.db.transaction(scope=DEMO_COUNTY) as conn:
        actor = await find_actor_by_handle(conn, "gan", day=get_business_day(NOW))
        return (await run_month(conn, actor, DEMO_COUNTY, environment.month, seal=derive_seal(SECRET), now=NOW)).lines


async def subsidy_month(environment: Environment) -> Row:
    """Measure lines per second of a month's run; the limit copies the same rows and sums them."""
    owner = await asyncpg.connect(environment.server.dsn("bench"))
    await owner.execute("CREATE TABLE bare_lines (LIKE run_lines INCLUDING ALL)")
    rows = [tuple(row) for row in await owner.fetch("SELECT * FROM run_lines")]

    async def bare() -> int:
        async with owner.transaction():
            await owner.execute("TRUNCATE bare_lines")
            await owner.copy_records_to_table("bare_lines", records=rows)
            await owner.fetch("SELECT operator, sum(approved_fen), sum(public_fen) FROM bare_lines GROUP BY operator")
        return len(rows)

    async def ours() -> int:
        # A changed budget changes the manifest; a run with an equal manifest does nothing.
        await owner.execute("UPDATE budgets SET public_fen = public_fen + 1 WHERE county_code = $1", DEMO_COUNTY)
        return await _run(environment)

    row = await in_pairs("subsidy_month", "lines/s", repeats=environment.repeats, limit=bare, ours=ours)
    await owner.close()
    return row


async def subsidy_report(environment: Environment) -> Row:
    """Measure reports per second of a month by operator and by village; the limit is the bare statements."""
    async with environment.db.transaction(scope=DEMO_COUNTY) as conn:
        cycle = await find_cycle(conn, DEMO_COUNTY, environment.month)
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
}
"""The figures of the group `subsidies` on the database."""
