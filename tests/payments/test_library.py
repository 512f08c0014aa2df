"""The library as its users meet it: alone, installed by one command, its example as written."""

import ast
import asyncio
import importlib
import re
import subprocess
import sys
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

import asyncpg
import pytest

import payments
from market.kernel.embedded import Server
from market.kernel.migrate import create_database
from payments import Database, open_database
from payments.migrate import APP_ROLE
from payments.sandbox import running
from payments.stripe import Stripe
from tests.conftest import drop
from tests.payments.shop import messages

PACKAGE = Path(payments.__file__).parent


def test_what_the_package_offers_is_listed_and_sorted() -> None:
    names = payments.__all__
    assert names == sorted(names)
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(payments, name)] == []
    assert (PACKAGE / "py.typed").exists()


def test_it_imports_nothing_of_the_market() -> None:
    imported: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module is not None:
                imported.add(node.module.split(".")[0])
    assert "market" not in imported
    assert "payments" in imported


def test_the_installed_payments_is_ours() -> None:
    assert importlib.import_module("payments.truth").LOCK_PAYMENT.module == "payments.truth"


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


async def test_one_command_makes_the_tables_and_again_changes_nothing(server: Server) -> None:
    await create_database(server.dsn("postgres"), "payments_alone")
    conn = await asyncpg.connect(server.dsn("payments_alone"))
    counts: list[int] = []
    for _ in range(2):
        code, said = await command("migrate", server.dsn("payments_alone"))
        assert (code, said) == (0, "")
        counts.append(
            await conn.fetchval("SELECT count(*) FROM pg_class WHERE relnamespace = 'payments'::regnamespace")
        )
    assert counts[0] == counts[1]
    owned = await conn.fetchval(
        "SELECT count(*) FROM pg_class JOIN pg_roles ON pg_roles.oid = relowner WHERE rolname = $1", APP_ROLE
    )
    assert owned == 0
    await conn.close()
    await drop(server, "payments_alone")


@pytest.mark.parametrize("words", [(), ("migrate",), ("undo", "x"), ("migrate", "a", "b")])
async def test_a_command_that_is_none_is_bad_input(words: tuple[str, ...]) -> None:
    assert await command(*words) == (2, "usage: python -m payments migrate DSN\n")


def example() -> str:
    """The first example of the README, as written."""
    found = re.search(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text("utf-8"), re.DOTALL)
    assert found is not None
    return found.group(1)


async def test_the_readmes_example_does_what_it_says(database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    head, tail = example().split("await receive(", 1)
    async with running() as sandbox:
        names: dict[str, object] = {
            "key": "sk_test_sample",
            "webhook_secret": sandbox.secret,
            "sandbox": sandbox,
            "db": database,
        }
        await run_part(head, names)
        url = capsys.readouterr().out.strip()
        ref = url.rsplit("/", 1)[1]
        assert url == f"{sandbox.url}/pay/{ref}"
        await sandbox.client.post(url, data={"action": "pay"})
        names["headers"], names["body"] = (await messages(sandbox, ref))[-1]
        await run_part(f"await receive({tail}", names)
        assert capsys.readouterr().out == "{'escrow:farm-1': 11100, 'escrow:farm-2': 3500}\n"
        gateway = names["gateway"]
        assert isinstance(gateway, Stripe)
        await gateway.aclose()


async def run_part(source: str, names: dict[str, object]) -> None:
    body = textwrap.indent(source, "    ")
    exec(f"async def part(names):\n    globals().update(names)\n{body}\n    names.update(locals())", names)  # noqa: S102 - the README
    await cast("Callable[[dict[str, object]], Awaitable[None]]", names["part"])(names)


async def test_a_connection_works_as_the_role_that_owns_nothing(dsn: str) -> None:
    db = await open_database(dsn, role=APP_ROLE)
    async with db.connection() as conn:
        assert await conn.fetchval("SELECT current_user") == APP_ROLE
    await db.close()
