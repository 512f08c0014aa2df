"""The sample data, loaded once a data folder, with a progress bar."""

import asyncio
from multiprocessing import get_context
from pathlib import Path

import asyncpg
import msgspec
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from market.kernel.seal import seal_from_secret
from market.sample import load_sample
from market.settings import Settings
from market.startup import clock_of
from market.storage import open_files
from payments import Query
from payments.sandbox import Paid, remember
from payments.sql import prepare_connection

PAID = Query(
    Paid,
    """
    SELECT provider_ref AS ref, id AS payment_id, order_ref AS order, method, amount_minor AS minor, refunded_minor,
           captured_at AS at
      FROM payments.payments
     WHERE state = 'captured'
     ORDER BY id
    """,
)


class DemoAccount(Struct, frozen=True):
    """A sample person that one can sign in as."""

    role: str
    name: str
    phone: str
    county: str
    totp_secret: str | None = None


class LoadFailed(Exception):  # noqa: N818 - told to people as it is
    """The sample data could not be loaded; the lines above say why."""


def load_once(dsn: str, settings: Settings) -> list[DemoAccount]:
    """Load the sample data where it is not there whole yet; return the people that one can sign in as.

    A process of its own loads: the store of files has threads once it was used, and those do not survive the fork of
    the demo's other parts.

    Raises:
        LoadFailed: it could not be loaded.
    """
    kept = settings.data / "sample.json"
    if not (kept.exists() and asyncio.run(_is_loaded(dsn))):
        loading = get_context("fork").Process(target=_load, args=(dsn, settings, kept), name="sample")
        loading.start()
        loading.join()
        if loading.exitcode:
            raise LoadFailed(f"样例数据没有装好。The sample data could not be loaded (exit code {loading.exitcode}).")
    return msgspec.json.decode(kept.read_bytes(), type=list[DemoAccount])


def _load(dsn: str, settings: Settings, kept: Path) -> None:
    with Progress(
        TextColumn("{task.description:>12}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    ) as bars:
        tasks: dict[str, TaskID] = {}

        def progress(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=total)
            bars.update(tasks[phase], completed=done, total=total)

        summary = asyncio.run(
            load_sample(
                dsn,
                settings,
                seal_from_secret(settings.secret_or_made()),
                open_files(settings.storage_url or (settings.data / "files").absolute().as_uri()),
                clock_of(settings).now(),
                progress,
            )
        )
    remember(settings.data / "sandbox", asyncio.run(_paid(dsn)))
    _write(kept, msgspec.convert(msgspec.to_builtins(summary.accounts), list[DemoAccount]))


def _write(path: Path, accounts: list[DemoAccount]) -> None:
    staging = path.with_suffix(".new")
    staging.touch(mode=0o600)
    staging.write_bytes(msgspec.json.encode(accounts))
    staging.rename(path)


async def _paid(dsn: str) -> list[Paid]:
    """Return the sample's payments as their provider has to know them, so that they can be refunded."""
    conn = await asyncpg.connect(dsn)
    try:
        await prepare_connection(conn)
        return await PAID.all(conn)
    finally:
        await conn.close()


async def _is_loaded(dsn: str) -> bool:
    conn = await asyncpg.connect(dsn)
    try:
        return bool(await conn.fetchval("SELECT EXISTS (SELECT FROM listings WHERE sample)"))
    finally:
        await conn.close()
