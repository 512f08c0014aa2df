"""A large county for benchmarks: its files, imported as its officials import them."""

import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from market.kernel import Connection, Database, open_database
from market.kernel.clock import get_business_day, get_next_month
from market.kernel.database import APP_ROLE
from market.kernel.postgres.embedded import EmbeddedServer, embedded_server
from market.kernel.postgres.migrate import create_database
from market.kernel.seal import derive_seal
from market.people.identity.actors import find_actor_by_handle
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.service.demo.sample.county.enrolled_lines import (
    LineGenerator,
    compute_months,
    write_bindings_file,
    write_enrolments_file,
)
from market.service.demo.sample.county.irregularities import IrregularityMaker
from market.service.demo.sample.county.operator_files import (
    SampleBillingFile,
    write_billing_files,
    write_opening_file,
    write_usage_file,
)
from market.service.demo.sample.county.programme_files import write_budget_file, write_plans_file, write_programmes_file
from market.service.demo.sample.county.register import RegisterGenerator, write_register_file
from market.service.demo.sample.county.simulate_months import ANALYSE_COUNTY
from market.service.demo.sample.divisions import load_divisions
from market.service.startup import migrate_database
from market.subsidies.imports.officials import import_officials
from market.subsidies.imports.run_import import run_import
from market.subsidies.imports.upload import ImportContext, Upload, prepare_upload
from market.subsidies.month.run import run_month
from market.subsidies.names import Operator
from tests.story.play import INPUT
from tests.support.app import SECRET

SCALE = 238
"""Percent of the sample county: 38,000 households with 57,000 lines."""
PERSONS = 100_000
NOW = datetime(2026, 6, 10, 2, 30, tzinfo=UTC)
BUDGET_FEN = 290_000_00
STATEMENT_SECONDS = 600
"""How long a statement may take, as in the worker, which imports and calculates."""
SEAL = derive_seal(SECRET)


class CountyFiles(Struct, frozen=True):
    """The imported month, the register's first persons, and the next month's bill of all lines by one operator."""

    month: date
    register: Upload
    next_bill: SampleBillingFile


class Environment(Struct, frozen=True):
    """A durable server with one month of a large county, imported and run once, and a county of officials alone.

    `seen` keeps what a figure has measured for another.
    """

    server: EmbeddedServer
    db: Database
    empty: Database
    files: CountyFiles
    repeats: int
    seen: dict[str, Any]


async def import_file(
    conn: Connection, handle: str, upload: Upload, attachments: Mapping[str, bytes] | None = None
) -> int:
    """Import a file as the responsible official; return the number of its rows."""
    actor = await find_actor_by_handle(conn, handle, day=get_business_day(NOW))
    context = ImportContext(seal=SEAL, now=NOW, attachments=attachments or {})
    return (await run_import(conn, actor, await prepare_upload(actor, upload, context))).rows


def make_upload(kind: str, content: bytes, name: str = "") -> Upload:
    """Return a file of the county."""
    return Upload(DEMO_COUNTY, kind, name or f"{kind}.csv", content)


async def _import_month(conn: Connection) -> CountyFiles:
    """Import every file of a county's month."""
    months = compute_months(get_business_day(NOW))
    month, after = months.first, get_next_month(months.first)
    villages = (await load_divisions(conn, {DEMO_COUNTY})).list_villages(DEMO_COUNTY)
    register = RegisterGenerator(1, villages, year=months.since.year, scale=SCALE).make(split_on=months.last)
    generator = LineGenerator(1, register, months, scale=SCALE)
    generator.make()
    IrregularityMaker(1, generator, register, months).add_all()
    lines = generator.lines
    take = partial(import_file, conn)
    registered = make_upload("register", write_register_file(register), f"register-{month}.csv")
    await take("gan", registered)
    programmes, documents = write_programmes_file(months.since)
    await take("jiang", make_upload("programmes", programmes, "programmes.json"), documents)
    await take("jiang", make_upload("plans", write_plans_file(months.since)))
    await take("jiang", make_upload("budget", write_budget_file({month: BUDGET_FEN}), "budget.json"))
    await conn.execute(ANALYSE_COUNTY)
    await take("gan", make_upload("enrolments", write_enrolments_file(lines, None, after, with_pending=False)))
    await take("gan", make_upload("bindings", write_bindings_file(lines, None, after)))
    await take("gan", make_upload("opening", write_opening_file(lines, months)))
    await take("gan", make_upload("usage", write_usage_file(1, lines, month)))
    for bill in write_billing_files(1, lines, month):
        await take("gan", make_upload("billing", bill.content, bill.name), {"manifest.json": bill.manifest})
    await conn.execute(ANALYSE_COUNTY)
    services = {(line.kind, line.number): line for line in lines}
    of_one = [replace(line, operator=Operator.MOBILE) for line in services.values()]
    [next_bill, *_] = write_billing_files(1, of_one, after)
    persons = b"\n".join(registered.content.splitlines()[: PERSONS + 1])
    return CountyFiles(month, replace(registered, content=persons), next_bill)


async def _create_county(server: EmbeddedServer, name: str) -> None:
    """Create a database with the county's officials and no facts."""
    await create_database(server.dsn("postgres"), name)
    await migrate_database(server.dsn(name))
    path = INPUT / "officials.csv"
    async with _open_county(server, name) as db, db.transaction(scope=DEMO_COUNTY) as conn:
        await import_officials(conn, SEAL, county=DEMO_COUNTY, name=path.name, content=path.read_bytes(), now=NOW)


@asynccontextmanager
async def _open_county(server: EmbeddedServer, name: str, *, role: str | None = None) -> AsyncGenerator[Database]:
    db = await open_database(server.dsn(name), role=role, max_size=2, max_statement_seconds=STATEMENT_SECONDS)
    try:
        yield db
    finally:
        await db.close()


@asynccontextmanager
async def county_environment(*, quick: bool) -> AsyncGenerator[Environment]:
    """Yield the county; the officials' imports take a minute or two."""
    with tempfile.TemporaryDirectory(prefix="xiangji-bench-") as folder, embedded_server(Path(folder)) as server:
        for name in ("empty", "bench"):
            await _create_county(server, name)
        async with _open_county(server, "bench") as owner, owner.transaction() as conn:
            files = await _import_month(conn)
        async with (
            _open_county(server, "bench", role=APP_ROLE) as db,
            _open_county(server, "empty", role=APP_ROLE) as empty,
        ):
            environment = Environment(server, db, empty, files, 2 if quick else 5, {})
            await calculate_month(environment)
            yield environment


async def calculate_month(environment: Environment) -> int:
    """Run the month as the importer and commit; return the number of lines."""
    async with environment.db.transaction(scope=DEMO_COUNTY) as conn:
        actor = await find_actor_by_handle(conn, "gan", day=get_business_day(NOW))
        run = await run_month(
            conn, actor, DEMO_COUNTY, environment.files.month, seal=SEAL, now=NOW, beside=environment.db
        )
        return run.lines
