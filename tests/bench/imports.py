"""Benchmarks of imports, against copying the rows that they store into tables with the same constraints."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

import asyncpg
from msgspec import Struct

from market.kernel import Connection, Database
from market.service.demo.sample.accounts import DEMO_COUNTY
from market.subsidies.imports.upload import Upload
from tests.bench.county import Environment, import_file, make_upload
from tests.bench.pairs import in_pairs
from tests.bench.shop import Row

LIST_ALL = "SELECT * FROM {table}"
LIST_ADDED = LIST_ALL + " WHERE xmin = pg_current_xact_id()::xid"
LIST_REFERENCES = """
    SELECT conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint
     WHERE conrelid = to_regclass($1) AND contype = 'f'
"""


class _Import(Struct, frozen=True, kw_only=True):
    """A file to import again and again; `tables` are those that it fills, each after what it refers to.

    The rows of `referred` are copied once beforehand, because the file adds a few of them.
    """

    database: str
    db: Database
    upload: Upload
    attachments: Mapping[str, bytes] = {}
    referred: Sequence[str]
    tables: Sequence[str]


async def billing_import(environment: Environment) -> Row:
    """Measure rows per second of a bill of every line of the county."""
    bill = environment.files.next_bill
    measured = _Import(
        database="bench",
        db=environment.db,
        upload=make_upload("billing", bill.content, bill.name),
        attachments={"manifest.json": bill.manifest},
        referred=("import_files", "identifiers"),
        tables=("claims",),
    )
    return await _measure(environment, "billing_import", "rows/s", measured)


async def register_import(environment: Environment) -> Row:
    """Measure persons per second of a register that is imported into a county without one."""
    measured = _Import(
        database="empty",
        db=environment.empty,
        upload=environment.files.register,
        referred=("import_files",),
        tables=("households", "household_statuses", "persons", "memberships", "register_checks"),
    )
    return await _measure(environment, "register_import", "persons/s", measured)


async def _measure(environment: Environment, figure: str, unit: str, measured: _Import) -> Row:
    owner = await asyncpg.connect(environment.server.dsn(measured.database))
    await _create_bare_tables(owner, (*measured.referred, *measured.tables))
    rows: dict[str, list[tuple[object, ...]]] = {}

    async def read_added(conn: Connection) -> None:
        for table in measured.referred:
            referred = [tuple(row) for row in await conn.fetch(LIST_ALL.format(table=table))]
            await owner.copy_records_to_table(f"bare_{table}", records=referred)
        for table in measured.tables:
            rows[table] = [tuple(row) for row in await conn.fetch(LIST_ADDED.format(table=table))]

    async def bare() -> int:
        async with owner.transaction():
            await owner.execute(f"TRUNCATE {', '.join(f'bare_{table}' for table in measured.tables)}")
            for table, added in rows.items():
                await owner.copy_records_to_table(f"bare_{table}", records=added)
        return count

    async def ours() -> int:
        return await _import_undone(measured)

    async def reset() -> None:
        # What was rolled back slows down the unique keys until it is removed.
        await owner.execute(f"VACUUM {', '.join(measured.tables)}")

    count = await _import_undone(measured, read_added)
    await reset()
    row = await in_pairs(figure, unit, repeats=environment.repeats, limit=bare, ours=ours, reset=reset)
    await owner.close()
    return row


async def _import_undone(measured: _Import, read: Callable[[Connection], Awaitable[None]] | None = None) -> int:
    """Import the file up to the commit, deferred constraints included; return the number of its rows."""
    async with measured.db.connection() as conn:
        transaction = conn.transaction()
        await transaction.start()
        try:
            await conn.execute("SELECT set_config($1, $2, true)", measured.db.scope_setting, DEMO_COUNTY)
            rows = await import_file(conn, "gan", measured.upload, measured.attachments)
            await conn.execute("SET CONSTRAINTS ALL IMMEDIATE")
            if read is not None:
                await read(conn)
        finally:
            # A measured transaction is rolled back, so that the same file is imported again.
            await transaction.rollback()
    return rows


async def _create_bare_tables(owner: "asyncpg.Connection[asyncpg.Record]", tables: Sequence[str]) -> None:
    """Create copies of tables with their checks, keys, indexes and references, and without triggers and policies."""
    for table in tables:
        await owner.execute(f"CREATE TABLE bare_{table} (LIKE {table} INCLUDING ALL)")
        for name, definition in await owner.fetch(LIST_REFERENCES, table):
            own = definition
            for other in tables:
                own = own.replace(f"REFERENCES {other}(", f"REFERENCES bare_{other}(")
            await owner.execute(f"ALTER TABLE bare_{table} ADD CONSTRAINT {name} {own}")


FIGURES: dict[str, Callable[[Environment], Awaitable[Row]]] = {
    "billing_import": billing_import,
    "register_import": register_import,
}
"""The figures of the group `subsidies` on imports."""
