"""The embedded server: started once, shared, stopped by its last user, and intact after a killed process."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing.synchronize import Event
from pathlib import Path

import asyncpg
import pytest

from market.kernel.postgres.embedded import EmbeddedServerError, embedded_server, find_free_port


async def ask(dsn: str, sql: str) -> object:
    conn = await asyncpg.connect(dsn)
    try:
        return await conn.fetchval(sql)
    finally:
        await conn.close()


def read_pid(folder: Path) -> int:
    return int((folder / "postgres/postmaster.pid").read_text().split()[0])


async def test_a_server_starts_supports_chinese_and_stops_with_its_user(folder: Path) -> None:
    with embedded_server(folder, fsync="off") as server:
        await ask(server.dsn("postgres"), "CREATE EXTENSION pg_trgm")
        assert await ask(server.dsn("postgres"), "SELECT cardinality(show_trgm('小米'))") == 3
        assert (await ask(server.dsn("postgres"), "SELECT uuid_extract_version(uuidv7())")) == 7
    assert not (folder / "postgres/postmaster.pid").exists()


async def test_two_users_share_a_server_and_the_last_one_stops_it(folder: Path) -> None:
    with embedded_server(folder, fsync="off") as first:
        with embedded_server(folder) as second:
            assert second == first
        assert await ask(first.dsn("postgres"), "SELECT 1") == 1
    assert not (folder / "postgres/postmaster.pid").exists()


async def test_a_connection_without_the_password_is_refused(folder: Path) -> None:
    with embedded_server(folder, fsync="off") as server:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(f"postgresql://postgres:guess@127.0.0.1:{server.port}/postgres")
        assert (folder / "postgres.password").stat().st_mode & 0o077 == 0


def hold(folder: str, ready: Event) -> None:
    with embedded_server(Path(folder)):
        ready.set()
        signal.pause()


async def test_the_next_user_takes_over_and_stops_the_server_of_a_killed_one(folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    user = context.Process(target=hold, args=(str(folder), ready))
    user.start()
    assert ready.wait(60)
    running = read_pid(folder)
    assert user.pid is not None
    os.kill(user.pid, signal.SIGKILL)
    user.join()
    with embedded_server(folder) as server:
        assert read_pid(folder) == running
        assert await ask(server.dsn("postgres"), "SELECT 1") == 1
    assert not (folder / "postgres/postmaster.pid").exists()


async def test_a_killed_server_restarts_with_everything_committed(folder: Path) -> None:
    with embedded_server(folder) as server:
        await ask(server.dsn("postgres"), "CREATE TABLE kept AS SELECT 7 AS n")
        os.kill(read_pid(folder), signal.SIGKILL)
    with embedded_server(folder) as server:
        assert await ask(server.dsn("postgres"), "SELECT n FROM kept") == 7


def leave_a_killed_process() -> subprocess.Popen[bytes]:
    """Kill a process and do not wait for it: its id is still taken, its command line is empty."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process.kill()
    while Path(f"/proc/{process.pid}/cmdline").read_bytes():
        time.sleep(0.01)
    return process


async def test_a_killed_server_that_nobody_has_waited_for_does_not_stop_the_next_start(folder: Path) -> None:
    with embedded_server(folder):
        lock_file = (folder / "postgres/postmaster.pid").read_text().splitlines()
    killed = await asyncio.to_thread(leave_a_killed_process)
    (folder / "postgres/postmaster.pid").write_text("\n".join([str(killed.pid), *lock_file[1:]]) + "\n")
    with embedded_server(folder) as server:
        assert await ask(server.dsn("postgres"), "SELECT 1") == 1


def test_partial_files_of_a_killed_first_start_are_set_aside(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres/half").touch()
    (folder / "postgres.new").mkdir()
    with embedded_server(folder, fsync="off"):
        assert (folder / "postgres/PG_VERSION").read_text().strip() == "18"
    assert [path.name for path in folder.glob("postgres.broken-*/half")] == ["half"]


def test_data_of_another_major_version_is_refused_naming_both_versions(folder: Path) -> None:
    (folder / "postgres").mkdir()
    (folder / "postgres/PG_VERSION").write_text("17\n")
    with (
        pytest.raises(EmbeddedServerError, match=r"is of PostgreSQL 17; this release includes 18"),
        embedded_server(folder),
    ):
        pass


def test_a_folder_that_cannot_be_created_is_named(folder: Path) -> None:
    (folder / "file").touch()
    with (
        pytest.raises(EmbeddedServerError, match=r"file/data cannot be written"),
        embedded_server(folder / "file/data"),
    ):
        pass


def test_a_free_port_is_never_one_of_those_already_taken() -> None:
    ports: list[int] = []
    for _ in range(600):
        ports.append(find_free_port(*ports))
    assert len(set(ports)) == len(ports)
