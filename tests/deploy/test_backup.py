"""Backups: a drill under load into a server of its own, what a failure leaves behind, and the copy of the photos."""

import asyncio
import contextlib
import itertools
import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest

from deploy.backup import KEPT_DUMPS, MISSING_FILES, BackupError, backup, drill, main, prune_files, restore
from deploy.settings_docs import ROOT
from market.kernel import Connection, Database
from market.kernel.postgres.embedded import embedded_server
from market.people.identity.models import AccountId
from market.sales.orders.address import Address, seal_address
from market.sales.orders.checkout.batcher import Batcher
from market.sales.orders.checkout.place import place
from market.sales.orders.models import Line, VariantId
from payments import post
from tests.conftest import NOW
from tests.support.make import SEAL, make_account, make_producer, make_product
from tests.support.postgres import EmbeddedServer, drop_database

pytestmark = pytest.mark.long

ADD_PAYMENT = """
    INSERT INTO payments.payments (order_ref, purpose, method, currency, amount_minor, opened_at, expires_at)
    VALUES ($1, 'full', 'alipay', 'CNY', 100, $2, $2)
    RETURNING id
"""
MARK_CAPTURED = "UPDATE payments.payments SET captured_minor = 100, state = 'captured' WHERE id = $1"


async def buy(database: Database, buyers: list[AccountId], variant: UUID, placed: list[int]) -> None:
    """Place orders and post to the ledger until cancelled, below the limit of unpaid orders per buyer."""
    address = seal_address(SEAL, Address("样例买家", "17000009001", "130100", "样例路 1 号"))
    async with Batcher(database) as batcher:
        for number, buyer in enumerate(itertools.cycle(buyers)):
            await place(
                batcher, buyer, [Line(VariantId(variant), 1)], address=address, key=f"{buyer}:{number}", now=NOW
            )
            async with database.transaction() as conn:
                legs = [("clearing:alipay", -100), (f"escrow:{buyer}-{number}", 100)]
                payment = await conn.fetchval(ADD_PAYMENT, f"{buyer}-{number}", NOW)
                await conn.execute(MARK_CAPTURED, payment)
                await post(conn, key=f"paid:{payment}", kind="paid", order=f"{buyer}-{number}", legs=legs, at=NOW)
            placed.append(number)


async def test_a_backup_under_load_restores_completely(
    database: Database, dsn: str, owner: Connection, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with database.transaction() as conn:
        buyers = [await make_account(conn) for _ in range(200)]
        product = await make_product(conn, await make_producer(conn), left=100_000)
    await owner.execute("UPDATE lots SET available_units = 100000")
    placed: list[int] = []
    work = [asyncio.create_task(buy(database, buyers[n::4], product.variant_id, placed)) for n in range(4)]
    try:
        while len(placed) < 50:
            await asyncio.sleep(0.01)
        assert await drill(dsn, folder) == 0
        assert len(placed) > 50
    finally:
        for task in work:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*work)
    answer = json.loads(capsys.readouterr().out)
    assert (answer["differing"], answer["ledger"], answer["audit"]) == ({}, "ok", "ok")


async def test_a_backup_is_readable_by_its_owner_only(dsn: str, folder: Path) -> None:
    dump = await backup(dsn, folder / "backups")
    assert [oct(path.stat().st_mode)[-3:] for path in (dump.parent, dump, dump.with_suffix(".json"))] == [
        "700",
        "600",
        "600",
    ]


async def test_the_password_is_in_no_command_line(dsn: str, folder: Path) -> None:
    password = urlsplit(dsn).password
    assert password is not None
    work = asyncio.create_task(backup(dsn, folder))
    seen: set[str] = set()
    while not work.done():
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                seen.add(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        await asyncio.sleep(0.002)
    await work
    assert [line for line in seen if "pg_dump" in line and str(folder) in line]
    assert [line for line in seen if password in line] == []


async def test_a_role_without_all_rights_is_refused_before_a_dump_begins(
    dsn: str, owner: Connection, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await owner.execute("CREATE ROLE backup_test_service LOGIN PASSWORD 'x' IN ROLE market_app")
    try:
        monkeypatch.setenv("MARKET_DATABASE_URL", make_service_dsn(dsn))
        assert await asyncio.to_thread(main, ["backup", str(folder)]) == 1
    finally:
        await owner.execute("DROP ROLE backup_test_service")
    assert "set MARKET_DATABASE_URL to the address of the database owner" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def make_service_dsn(dsn: str) -> str:
    """Return the DSN with the login role that deploy/README.md gives to the service."""
    address = urlsplit(dsn)
    return f"postgresql://backup_test_service:x@{address.hostname}:{address.port}{address.path}"


async def test_a_dump_is_restored_only_into_an_empty_database(
    dsn: str, owner: Connection, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dump = await backup(dsn, folder)
    before = await owner.fetchval("SELECT count(*) FROM divisions")
    monkeypatch.setenv("MARKET_DATABASE_URL", dsn)
    assert await asyncio.to_thread(main, ["restore", str(dump)]) == 1
    assert "is not empty" in capsys.readouterr().err
    assert await owner.fetchval("SELECT count(*) FROM divisions") == before


async def test_the_role_that_restored_on_a_new_server_may_act_for_the_service(
    dsn: str, folder: Path, tmp_path: Path
) -> None:
    """Without that the ledger of the restored database could not be verified."""
    dump = await backup(dsn, folder)
    with embedded_server(tmp_path / "new") as fresh:
        admin = await asyncpg.connect(fresh.dsn("postgres"))
        await admin.execute("CREATE ROLE restoring_owner LOGIN CREATEDB CREATEROLE PASSWORD 'x'")
        await admin.close()
        target = f"postgresql://restoring_owner:x@127.0.0.1:{fresh.port}/restored"
        await restore(dump, target)
        conn = await asyncpg.connect(target)
        await conn.execute("SET ROLE market_app")
        await conn.close()


async def test_a_restored_database_finds_chinese_words_whatever_the_locale_of_its_server_is(
    dsn: str, folder: Path, tmp_path: Path
) -> None:
    dump = await backup(dsn, folder)
    with embedded_server(tmp_path / "new") as fresh:
        admin = await asyncpg.connect(fresh.dsn("postgres"))
        await admin.execute("ALTER DATABASE template1 IS_TEMPLATE false")
        await admin.execute("DROP DATABASE template1")
        await admin.execute("CREATE DATABASE template1 LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
        await admin.close()
        await restore(dump, fresh.dsn("restored"))
        conn = await asyncpg.connect(fresh.dsn("restored"))
        assert await conn.fetchval("SELECT cardinality(show_trgm('核桃'))") > 0
        await conn.close()


async def test_a_database_of_another_locale_is_not_restored_into(
    server: EmbeddedServer, dsn: str, owner: Connection, folder: Path
) -> None:
    dump = await backup(dsn, folder)
    await owner.execute("CREATE DATABASE other_locale LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0")
    try:
        with pytest.raises(BackupError, match="other_locale has another locale"):
            await restore(dump, server.dsn("other_locale"))
        conn = await asyncpg.connect(server.dsn("other_locale"))
        assert await conn.fetchval("SELECT to_regclass('public.divisions')") is None
        await conn.close()
    finally:
        await drop_database(server, "other_locale")


async def test_a_cut_dump_leaves_the_new_database_empty(server: EmbeddedServer, dsn: str, folder: Path) -> None:
    dump = await backup(dsn, folder)
    dump.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    target = server.dsn("restored_from_a_cut_dump")
    try:
        with pytest.raises(BackupError, match="pg_restore"):
            await restore(dump, target)
        conn = await asyncpg.connect(target)
        assert await conn.fetch("SELECT 1 FROM pg_tables WHERE schemaname IN ('public', 'payments')") == []
        await conn.close()
    finally:
        await drop_database(server, "restored_from_a_cut_dump")


async def test_the_newest_dumps_are_kept(dsn: str, folder: Path) -> None:
    for day in range(1, KEPT_DUMPS + 3):
        (folder / f"xiangji-201901{day:02}T000000Z.dump").touch()
        (folder / f"xiangji-201901{day:02}T000000Z.json").touch()
    killed = [folder / f"xiangji-201901{day}T000001Z{suffix}" for day in ("03", "05") for suffix in (".part", ".json")]
    for path in killed:
        path.touch()
    dump = await backup(dsn, folder)
    assert [path.exists() for path in killed] == [False, False, True, True]
    for path in killed[2:]:
        path.unlink()
    kept = sorted(path.name for path in folder.glob("*.dump"))
    assert (len(kept), kept[-1], kept[0]) == (KEPT_DUMPS, dump.name, "xiangji-20190104T000000Z.dump")
    assert len(list(folder.glob("*.json"))) == KEPT_DUMPS


def run_copy(state: Path) -> subprocess.CompletedProcess[str]:
    """Run what the nightly unit does after its dump, on folders of the test."""
    unit = (ROOT / "deploy/xiangji-backup.service").read_text(encoding="utf-8")
    lines = [line.removeprefix("ExecStart=") for line in unit.splitlines() if line.startswith("ExecStart=")]
    done = subprocess.CompletedProcess[str]([], 1)
    for line in lines[1:]:
        words = line.replace("/srv/xiangji", str(ROOT)).replace("/var/lib", str(state)).split()
        done = subprocess.run(words, cwd=ROOT, check=False, text=True, capture_output=True)
    return done


def test_an_erased_photo_leaves_the_copy_with_the_last_dump_that_names_it(tmp_path: Path) -> None:
    files, backups = tmp_path / "xiangji/files", tmp_path / "xiangji-backups"
    (files / "claim").mkdir(parents=True)
    backups.mkdir()
    kept, erased = [Path("claim") / name for name in ("kept.webp", "erased.webp")]
    for name in (kept, erased):
        (files / name).write_bytes(b"x")
        os.utime(files / name, (0, 0))
    first = backups / "xiangji-20190101T000000Z.dump"
    first.touch()
    assert run_copy(tmp_path).stdout == "0\n"
    (files / erased).unlink()
    for _ in range(2):
        assert run_copy(tmp_path).stdout == "0\n"
        assert (backups / "files" / erased).exists()
    # Every dump since was taken without it.
    first.rename(backups / f"xiangji-{datetime.now(UTC) + timedelta(seconds=1):%Y%m%dT%H%M%SZ}.dump")
    assert run_copy(tmp_path).stdout == "1\n"
    assert not (backups / "files" / erased).exists()
    assert (backups / "files" / kept).exists()
    assert (backups / MISSING_FILES).stat().st_mode & 0o077 == 0


def test_a_photo_that_is_back_stays_in_the_copy(tmp_path: Path) -> None:
    files, backups = tmp_path / "files", tmp_path / "backups"
    for folder in (files, backups / "files"):
        folder.mkdir(parents=True)
        for name in ("a.webp", "b.webp"):
            (folder / name).touch()
    (files / "a.webp").unlink()
    assert prune_files(files, backups, now=NOW) == 0
    assert list(json.loads((backups / MISSING_FILES).read_text())) == ["a.webp"]
    (files / "a.webp").touch()
    (backups / "xiangji-29990101T000000Z.dump").touch()
    assert prune_files(files, backups, now=NOW) == 0
    assert json.loads((backups / MISSING_FILES).read_text()) == {}
    assert (backups / "files/a.webp").exists()


def test_a_folder_without_files_deletes_nothing_from_its_copy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, copy = tmp_path / "files", tmp_path / "backups/files"
    copy.mkdir(parents=True)
    (copy / "a.webp").touch()
    (tmp_path / "backups/xiangji-29990101T000000Z.dump").touch()
    assert main(["prune", str(files), str(tmp_path / "backups")]) == 1
    assert "has no files and its copy has 1" in capsys.readouterr().err
    files.mkdir()
    assert main(["prune", str(files), str(tmp_path / "backups")]) == 1
    assert list(copy.iterdir()) == [copy / "a.webp"]


@pytest.mark.parametrize("arguments", [[], ["backup"], ["unknown", "x"], ["backup", "x", "y"]])
def test_wrong_arguments_print_the_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "backup  FOLDER" in capsys.readouterr().err


def test_a_backup_without_an_address_is_refused(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("MARKET_DATABASE_URL", raising=False)
    assert main(["backup", str(folder)]) == 1
    assert capsys.readouterr().err == "Set MARKET_DATABASE_URL to the address of the database owner.\n"
