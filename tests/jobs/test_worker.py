"""The schedules of the worker: a step that fails does not block the others."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from market.identity.codes import CodeLimits, request_code
from market.jobs.context import WorkerContext
from market.jobs.minutely import run_every_minute
from market.jobs.nightly import run_nightly
from market.kernel import Database
from market.kernel.clock import make_clock_at
from market.kernel.queue import enqueue_job
from market.kernel.seal import Seal
from market.notify.ports import make_port
from market.settings import Settings
from payments.stripe import Stripe
from tests.conftest import NOW

LATER = NOW + timedelta(days=3)


@pytest.fixture
async def context(database: Database, seal: Seal, folder: Path) -> AsyncGenerator[WorkerContext]:
    """The worker's dependencies; the provider's address refuses connections."""
    async with Stripe("sk_test_tests", "whsec_tests", base="http://127.0.0.1:9") as gateway:
        yield WorkerContext(
            Settings(data=folder), database, make_clock_at(LATER), seal, gateway, make_port(str(folder / "sms.jsonl"))
        )


async def request_a_code(context: WorkerContext, seal: Seal) -> None:
    async with context.db.transaction() as conn:
        limits = CodeLimits(per_phone=10, per_network=60, per_day=100)
        await request_code(conn, seal, limits, phone="17000009001", network="127.0.0.1", now=NOW)


async def test_a_queued_message_is_sent_while_the_provider_is_unreachable(context: WorkerContext, seal: Seal) -> None:
    await request_a_code(context, seal)
    async with context.db.connection() as conn:
        await conn.execute(
            "INSERT INTO payments.inbox (provider, event_id, topic, object_ref, body)"
            " VALUES ('stripe', 'evt_1', 'payment_intent.succeeded', 'pi_nowhere', '{}')"
        )
    await run_every_minute(msgspec.structs.replace(context, clock=make_clock_at(NOW)))
    assert "17000009001" in (context.settings.data / "sms.jsonl").read_text()


async def test_old_codes_are_deleted_at_night(context: WorkerContext, seal: Seal) -> None:
    await request_a_code(context, seal)
    await run_nightly(context)
    async with context.db.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM sign_in_codes") == 0


async def test_a_job_enqueued_while_one_runs_is_kept(database: Database) -> None:
    async with database.connection() as conn:
        await enqueue_job(conn, "messages")
        await conn.execute("UPDATE jobs.pgqueuer SET status = 'picked'")
        await enqueue_job(conn, "messages")
        assert await conn.fetchval("SELECT count(*) FROM jobs.pgqueuer WHERE status = 'queued'") == 1
