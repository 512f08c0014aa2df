"""The library as its users install it: alone, by one command, with its example as written."""

import ast
import asyncio
import importlib
import re
import subprocess
import sys
import textwrap
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import cast

import asyncpg
import pytest

import payments
from payments import Database, balances, open_database
from payments.migrate import DEFAULT_ROLE, migrate
from payments.sandbox import running
from payments.sql import QUERIES, make_connection_class
from payments.stripe import Stripe
from tests.support.postgres import EmbeddedServer, create_database, drop_database
from tests.support.sandbox_payments import list_messages

PACKAGE = Path(payments.__file__).parent


def test_the_public_names_are_listed_and_sorted() -> None:
    names = payments.__all__
    assert names == sorted(names)
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(payments, name)] == []
    assert (PACKAGE / "py.typed").exists()


FORBIDDEN = "mar" + "ket"
"""The application's word, which this library must not contain."""


def test_neither_the_library_nor_its_tests_mention_the_application() -> None:
    files = [path for folder in (PACKAGE, Path(__file__).parent) for path in folder.rglob("*") if path.is_file()]
    texts = {path: path.read_text("utf-8") for path in files if path.suffix != ".pyc"}
    assert len(texts) > 40
    assert [str(path) for path, text in texts.items() if FORBIDDEN in text.lower()] == []


def test_it_imports_only_its_declared_dependencies() -> None:
    imported: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                imported.add(node.module.split(".")[0])
    assert imported - sys.stdlib_module_names == {
        "alembic",
        "asyncpg",
        "granian",
        "httpx",
        "litestar",
        "msgspec",
        "payments",
        "segno",
        "sqlalchemy",
        "stripe",
    }


def test_the_installed_payments_is_this_library() -> None:
    assert importlib.import_module("payments.records").LOCK_PAYMENT.module == "payments.records"


def test_the_library_does_not_need_the_web_framework() -> None:
    code = "import sys, payments, payments.stripe; print('litestar' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


async def command(*words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "payments", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    return process.returncode or 0, said.decode()


@pytest.fixture
async def empty(server: EmbeddedServer) -> AsyncGenerator[str]:
    """The owner's address of an empty database."""
    await create_database(server.dsn("postgres"), "payments_alone")
    yield server.dsn("payments_alone")
    await drop_database(server, "payments_alone")


@pytest.mark.parametrize(
    ("options", "schema", "role"),
    [((), "payments", "payments_app"), (("--schema", "billing", "--role", "billing_app"), "billing", "billing_app")],
)
async def test_one_command_creates_the_tables_and_repeating_it_changes_nothing(
    empty: str, options: tuple[str, ...], schema: str, role: str
) -> None:
    conn = await asyncpg.connect(empty)
    counts: list[int] = []
    for _ in range(2):
        assert await command("migrate", empty, *options) == (0, "")
        counts.append(
            await conn.fetchval("SELECT count(*) FROM pg_class WHERE relnamespace = $1::regnamespace", schema)
        )
    assert counts[0] == counts[1]
    elsewhere = await conn.fetchval(
        "SELECT array_agg(schemaname) FROM pg_tables WHERE schemaname !~ '^(pg_|information)'"
    )
    assert set(elsewhere) == {schema, f"{schema}_archive"}
    owned = await conn.fetchval("SELECT count(*) FROM pg_class WHERE relowner = $1::regrole", role)
    granted = await conn.fetchval("SELECT has_any_column_privilege($1, $2, 'INSERT')", role, f"{schema}.payments")
    assert (owned, granted) == (0, True)
    await conn.close()


async def test_functions_with_the_owners_rights_run_with_a_fixed_search_path(empty: str) -> None:
    await asyncio.to_thread(migrate, empty, schema="billing")
    conn = await asyncpg.connect(empty)
    definers = await conn.fetch(
        "SELECT proname, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'billing'::regnamespace"
        " ORDER BY proname"
    )
    await conn.close()
    assert [tuple(row) for row in definers] == [
        ("make_months", ["search_path=billing, pg_temp", "lock_timeout=4s"]),
        ("post", ["search_path=billing, pg_temp", "enable_seqscan=off", "plan_cache_mode=force_generic_plan"]),
    ]


async def test_every_statement_prepares_in_a_schema_of_the_callers_choice(empty: str) -> None:
    await asyncio.to_thread(migrate, empty, schema="billing", role="billing_app")
    queries = [query for query in QUERIES if query.module.startswith("payments.")]
    db = await open_database(empty, schema="billing", role="billing_app")
    async with db.connection() as conn:
        for query in queries:
            assert "payments." not in query.resolve(conn).replace("payments.id", "").replace("billing.", "")
            await conn.prepare(query.resolve(conn))
    await db.close()
    assert len(queries) > 60


@pytest.mark.parametrize("name", ["", "Billing", "a b", "a;b", '"x"', "1a", "x" * 64])
def test_a_schema_or_role_that_needs_quotes_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a plain SQL identifier"):
        migrate("postgresql://nowhere", schema=name)
    with pytest.raises(ValueError, match="not a plain SQL identifier"):
        migrate("postgresql://nowhere", role=name)
    with pytest.raises(ValueError, match="not a plain SQL identifier"):
        make_connection_class(name)


@pytest.mark.parametrize(
    "words", [(), ("migrate",), ("undo", "x"), ("migrate", "a", "b"), ("migrate", "a", "--schema", "A")]
)
async def test_a_wrong_command_exits_with_2(words: tuple[str, ...]) -> None:
    code, said = await command(*words)
    assert (code, said.startswith("usage: python -m payments")) == (2, True)


def example() -> str:
    """Return the first example of the README, as written."""
    found = re.search(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found.group(1)


async def test_the_readmes_example_runs_as_written(empty: str, capsys: pytest.CaptureFixture[str]) -> None:
    await asyncio.to_thread(migrate, empty, schema="billing", role="billing_app")
    head, tail = example().split("await receive(", 1)
    async with running() as sandbox:
        db = await open_database(empty, schema="billing", role="billing_app")
        names: dict[str, object] = {
            "key": "sk_test_sample",
            "webhook_secret": sandbox.secret,
            "sandbox": sandbox,
            "db": db,
        }
        await run_part(head, names)
        url = capsys.readouterr().out.strip()
        ref = url.rsplit("/", 1)[1]
        assert url == f"{sandbox.url}/pay/{ref}"
        await sandbox.client.post(url, data={"action": "pay"})
        names["headers"], names["body"] = (await list_messages(sandbox, ref))[-1]
        await run_part(f"await receive({tail}", names)
        assert capsys.readouterr().out == "{'escrow:farm-1': 11100, 'escrow:farm-2': 3500}\n"
        gateway = names["gateway"]
        assert isinstance(gateway, Stripe)
        await gateway.aclose()
        await db.close()


async def run_part(source: str, names: dict[str, object]) -> None:
    body = textwrap.indent(source, "    ")
    exec(f"async def part(names):\n    globals().update(names)\n{body}\n    names.update(locals())", names)
    await cast("Callable[[dict[str, object]], Awaitable[None]]", names["part"])(names)


async def test_a_connection_acts_as_the_role_that_owns_nothing(dsn: str) -> None:
    db = await open_database(dsn, role=DEFAULT_ROLE)
    async with db.connection() as conn:
        assert await conn.fetchval("SELECT current_user") == DEFAULT_ROLE
        assert await conn.fetchval("SELECT current_setting('application_name')") == "payments"
    await db.close()


async def test_the_limits_of_a_connection_are_in_force(dsn: str) -> None:
    db = await open_database(dsn, role=DEFAULT_ROLE, max_idle_transaction_seconds=60, max_transaction_seconds=120)
    plain = await open_database(dsn)
    limits = ("idle_in_transaction_session_timeout", "transaction_timeout")
    names = ("lock_timeout", "statement_timeout", "tcp_keepalives_idle", "tcp_keepalives_interval",
             "tcp_keepalives_count", "tcp_user_timeout", *limits)  # fmt: skip
    async with db.connection() as conn:
        values = [await conn.fetchval("SELECT current_setting($1)", name) for name in names]
        assert values == ["4s", "30s", "30", "10", "3", "60000", "1min", "2min"]
    async with plain.connection() as conn:
        assert [await conn.fetchval("SELECT current_setting($1)", name) for name in limits] == ["0", "0"]
    await db.close()
    await plain.close()


async def test_an_abandoned_transaction_frees_its_row_lock(dsn: str) -> None:
    db = await open_database(dsn, max_size=1, max_idle_transaction_seconds=1)
    other = await open_database(dsn, max_size=1)
    lock = "SELECT kind FROM payments.account_kinds WHERE kind = 'escrow' FOR UPDATE"

    async def abandon() -> None:
        async with db.transaction() as conn:
            await conn.fetch(lock)
            async with other.transaction() as waiting:
                assert await waiting.fetchval(lock) == "escrow"
            await conn.fetch("SELECT 1")

    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)):
        await abandon()
    async with db.connection() as conn:
        assert await conn.fetchval("SELECT 1") == 1
    await db.close()
    await other.close()


async def test_a_scope_is_set_for_one_transaction_under_the_callers_name(dsn: str) -> None:
    db = await open_database(dsn, max_size=1, scope_setting="shop.scope")
    async with db.transaction(scope="north") as conn:
        assert await conn.fetchval("SELECT current_setting('shop.scope')") == "north"
    async with db.transaction() as conn:
        assert await conn.fetchval("SELECT current_setting('shop.scope', true)") == ""
    await db.close()


async def test_a_scope_without_a_setting_is_a_bug(database: Database) -> None:
    with pytest.raises(AssertionError, match="scope_setting"):
        async with database.transaction(scope="north"):
            pass


async def test_a_plain_connection_finds_the_tables_in_the_default_schema(dsn: str) -> None:
    conn = await asyncpg.connect(dsn)
    assert await balances(conn, order="none") == {}
    await conn.close()
