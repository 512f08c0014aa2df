"""The sample data, loaded once a data folder, with a progress bar."""

import asyncio
from pathlib import Path

import asyncpg
import msgspec
from msgspec import Struct
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from market.kernel.seal import seal_from_secret
from market.sample import load_sample
from market.settings import Settings
from market.startup import clock_of
from market.storage import open_files


class DemoAccount(Struct, frozen=True):
    """A sample person that one can sign in as."""

    role: str
    name: str
    phone: str
    county: str
    totp_secret: str | None = None


def load_once(dsn: str, settings: Settings, console: Console) -> list[DemoAccount]:
    """Load the sample data where it is not there whole yet; return the people that one can sign in as."""
    kept = settings.data / "sample.json"
    if kept.exists() and asyncio.run(_is_loaded(dsn)):
        return msgspec.json.decode(kept.read_bytes(), type=list[DemoAccount])
    with Progress(
        TextColumn("{task.description:>12}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console
    ) as bars:
        tasks: dict[str, int] = {}

        def progress(phase: str, done: int, total: int) -> None:
            if phase not in tasks:
                tasks[phase] = bars.add_task(phase, total=total)
            bars.update(bars.task_ids[tasks[phase]], completed=done, total=total)

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
    accounts = msgspec.convert(msgspec.to_builtins(summary.accounts), list[DemoAccount])
    _write(kept, accounts)
    return accounts


def _write(path: Path, accounts: list[DemoAccount]) -> None:
    staging = path.with_suffix(".new")
    staging.touch(mode=0o600)
    staging.write_bytes(msgspec.json.encode(accounts))
    staging.rename(path)


async def _is_loaded(dsn: str) -> bool:
    conn = await asyncpg.connect(dsn)
    try:
        return bool(await conn.fetchval("SELECT EXISTS (SELECT FROM listings WHERE sample)"))
    finally:
        await conn.close()
