"""Load the sample data once per data folder, with a progress bar."""

from multiprocessing import get_context
from pathlib import Path

import asyncpg
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from market.kernel.event_loop import run_to_end
from market.kernel.seal import derive_seal
from market.kernel.settings import Settings
from market.people.storage.files import open_file_store
from market.service.demo.carrier.app import write_parcels
from market.service.demo.sample.accounts import SampleLogin
from market.service.demo.sample.load import load_sample
from market.service.demo.sample.shop.tracked_parcels import LIST_TRAVELLING
from market.service.startup import make_clock
from payments import Query
from payments.sandbox import SeededPayment, SeededPayout, seed_payments, seed_payouts
from payments.sql import prepare_connection

LIST_CAPTURED_PAYMENTS = Query(
    SeededPayment,
    """
    SELECT provider_ref AS ref, id AS payment_id, order_ref AS order, method, amount_minor AS minor, captured_at AS at,
           coalesce((SELECT jsonb_agg(jsonb_build_object('ref', provider_ref, 'refund_id', id, 'attempt', attempt,
                                                         'minor', amount_minor, 'at', succeeded_at) ORDER BY id)
                       FROM payments.refunds WHERE payment_id = payments.id), '[]') AS refunds
      FROM payments.payments
     WHERE state = 'captured' AND method <> 'bank'
     ORDER BY id
    """,
)


LIST_SEEDED_PAYOUTS = Query(
    SeededPayout,
    """
    SELECT payouts.provider_ref AS ref, payouts.id AS payout_id, payouts.destination, payee, number_tail,
           amount_minor AS minor, payouts.state, created_at AS at
      FROM payments.payouts JOIN payout_accounts ON payout_accounts.destination = payouts.destination
     ORDER BY payouts.id
    """,
)


PARCELS_FILE = "sandbox/parcels.json"
"""The parcels of the carriers' sandbox, in the data folder."""


class SampleLoadError(Exception):
    """The sample data could not be loaded; the output above gives the reason."""


def ensure_sample(dsn: str, settings: Settings) -> list[SampleLogin]:
    """Load the sample data unless it is complete, and return the sample logins.

    The load runs in its own process: the file store starts threads, which do not survive the fork of the demo's other
    processes.

    Raises:
        SampleLoadError: the loading process failed.
    """
    logins_path = settings.data / "sample.json"
    if not (logins_path.exists() and run_to_end(_is_loaded(dsn))):
        loading = get_context("fork").Process(target=_load_in_process, args=(dsn, settings, logins_path), name="sample")
        loading.start()
        loading.join()
        if loading.exitcode:
            raise SampleLoadError(
                f"样例数据没有装好。The sample data could not be loaded (exit code {loading.exitcode})."
            )
    return msgspec.json.decode(logins_path.read_bytes(), type=list[SampleLogin])


def _load_in_process(dsn: str, settings: Settings, logins_path: Path) -> None:
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

        summary = run_to_end(
            load_sample(
                dsn,
                settings,
                derive_seal(settings.get_or_create_secret(), settings.secret_old),
                open_file_store(settings.storage_url or (settings.data / "files").absolute().as_uri()),
                now=make_clock(settings).now(),
                progress=progress,
            )
        )
    seed_payments(settings.data / "sandbox", run_to_end(_list_seeded(dsn, LIST_CAPTURED_PAYMENTS)))
    seed_payouts(settings.data / "sandbox", run_to_end(_list_seeded(dsn, LIST_SEEDED_PAYOUTS)))
    write_parcels(settings.data / PARCELS_FILE, run_to_end(_list_seeded(dsn, LIST_TRAVELLING)))
    _write_logins(logins_path, summary.accounts)


def _write_logins(path: Path, accounts: list[SampleLogin]) -> None:
    staging = path.with_suffix(".new")
    staging.touch(mode=0o600)
    staging.write_bytes(msgspec.json.encode(accounts))
    staging.rename(path)


async def _list_seeded[T](dsn: str, query: Query[T]) -> list[T]:
    """Return the sample's payments, payouts or parcels for the sandboxes, which continue them."""
    conn = await asyncpg.connect(dsn)
    try:
        await prepare_connection(conn)
        return await query.all(conn)
    finally:
        await conn.close()


async def _is_loaded(dsn: str) -> bool:
    conn = await asyncpg.connect(dsn)
    try:
        return bool(await conn.fetchval("SELECT EXISTS (SELECT FROM listings WHERE sample)"))
    finally:
        await conn.close()
