"""A wheel contains both packages with their migrations, and `payments` works without the application."""

import asyncio
import sys
import zipfile
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest

from market.kernel.postgres.migrate import is_current, upgrade
from tests.support.postgres import EmbeddedServer, create_database, drop_database

ROOT = Path(__file__).parents[2]


async def run_python(*words: str, folder: Path) -> str:
    """Run Python in a folder, which is the first that it imports from, and return the output."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


@pytest.fixture
async def wheel(tmp_path: Path) -> zipfile.ZipFile:
    """A wheel of the checkout, built without a network."""
    await run_python("-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path), folder=ROOT)
    [path] = tmp_path.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture
async def empty(server: EmbeddedServer) -> AsyncGenerator[str]:
    """The owner's address of an empty database."""
    await create_database(server.dsn("postgres"), "from_a_wheel")
    yield server.dsn("from_a_wheel")
    await drop_database(server, "from_a_wheel")


async def test_payments_works_from_a_wheel_without_the_application(
    wheel: zipfile.ZipFile, empty: str, tmp_path: Path
) -> None:
    folder = tmp_path / "installed"
    wheel.extractall(folder, [name for name in wheel.namelist() if name.startswith("payments/")])
    code = (
        "import sys; sys.modules['market'] = None\n"
        "import payments, payments.port, payments.sandbox, payments.stripe, payments.testing\n"
        "print(payments.__file__)"
    )
    assert await run_python("-c", code, folder=folder) == f"{folder / 'payments/__init__.py'}\n"
    assert await run_python("-m", "payments", "migrate", empty, folder=folder) == ""


async def test_the_market_migrates_a_database_that_payments_created(
    wheel: zipfile.ZipFile, empty: str, tmp_path: Path
) -> None:
    folder = tmp_path / "installed"
    wheel.extractall(folder)
    await run_python("-m", "payments", "migrate", empty, folder=folder)
    conn = await asyncpg.connect(empty)
    await conn.execute("INSERT INTO payments.account_kinds (kind, keep_balance) VALUES ('deposit', false)")
    code = f"from market.kernel.postgres import migrate; print(migrate.__file__); migrate.upgrade({empty!r})"
    assert await run_python("-c", code, folder=folder) == f"{folder / 'market/kernel/postgres/migrate.py'}\n"
    assert await is_current(empty)
    assert await conn.fetchval("SELECT count(*) FROM payments.account_kinds WHERE kind = 'deposit'") == 1
    assert await conn.fetchval("SELECT has_any_column_privilege('market_app', 'payments.payments', 'INSERT')")
    await conn.close()
    await asyncio.to_thread(upgrade, empty)
