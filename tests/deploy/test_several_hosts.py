"""Commands of the owner find the primary among several hosts, whichever is named first."""

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path

import asyncpg
import pytest

from deploy.backup import main as run_backup
from market.kernel.postgres.embedded import EmbeddedServer, embedded_server
from market.service.commands import execute
from tests.support.app import SECRET
from tests.support.postgres import run_replica

pytestmark = pytest.mark.long


@pytest.fixture
async def hosts(folder: Path) -> AsyncGenerator[tuple[EmbeddedServer, EmbeddedServer]]:
    """A primary and its standby."""
    with embedded_server(folder / "primary") as primary, run_replica(primary, folder / "standby") as standby:
        yield primary, standby


async def test_a_migration_a_new_secret_and_a_backup_take_the_primary(
    hosts: tuple[EmbeddedServer, EmbeddedServer],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    primary, standby = hosts
    dsn = f"postgresql://postgres:{primary.password}@127.0.0.1:{standby.port},127.0.0.1:{primary.port}/xiangji"
    for name, value in {"DATABASE_URL": dsn, "SECRET": SECRET, "DATA": str(folder)}.items():
        monkeypatch.setenv(f"MARKET_{name}", value)
    for arguments, outcome in ((["migrate"], "ok"), (["migrate"], "no-op"), (["reseal"], "no-op")):
        assert await asyncio.to_thread(execute, [*arguments, "--json"]) == 0, capsys.readouterr().err
        assert json.loads(capsys.readouterr().out)["outcome"] == outcome
    assert await asyncio.to_thread(run_backup, ["backup", str(folder / "backups")]) == 0, capsys.readouterr().err
    dump = capsys.readouterr().out.strip()
    monkeypatch.setenv("MARKET_DATABASE_URL", dsn.replace("/xiangji", "/restored"))
    assert await asyncio.to_thread(run_backup, ["restore", dump]) == 0, capsys.readouterr().err
    conn = await asyncpg.connect(primary.dsn("restored"))
    assert await conn.fetchval("SELECT count(*) FROM divisions") > 0
    await conn.close()
