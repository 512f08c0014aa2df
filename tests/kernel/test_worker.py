"""The worker's minute and night: one piece that fails does not stop the others."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from market.identity import CodeLimits, request_code
from market.jobs.worker import Tools, keep_house, tidy
from market.kernel import Database
from market.kernel.clock import clock_at
from market.kernel.queue import wake
from market.kernel.seal import Seal
from market.notify import port_of
from market.settings import Settings
from payments.stripe import Stripe
from tests.conftest import NOW

LATER = NOW + timedelta(days=3)


@pytest.fixture
async def tools(database: Database, seal: Seal, folder: Path) -> AsyncGenerator[Tools]:
    """What the worker works with; nobody answers where the provider should be."""
    async with Stripe("sk_test_tests", "whsec_tests", base="http://127.0.0.1:9") as gateway:
        yield Tools(Settings(data=folder), database, clock_at(LATER), seal, gateway, port_of(str(folder / "sms.jsonl")))


async def ask_for_a_code(tools: Tools, seal: Seal) -> None:
    async with tools.db.transaction() as conn:
        limits = CodeLimits(a_phone=10, a_network=60, a_day=100)
        await request_code(conn, seal, limits, phone="17000009001", network="127.0.0.1", now=NOW)


async def test_a_queued_message_goes_out_though_the_provider_is_silent(tools: Tools, seal: Seal) -> None:
    await ask_for_a_code(tools, seal)
    async with tools.db.connection() as conn:
        await conn.execute(
            "INSERT INTO payments.inbox (provider, event_id, topic, object_ref, body)"
            " VALUES ('stripe', 'evt_1', 'payment_intent.succeeded', 'pi_nowhere', '{}')"
        )
    await tidy(msgspec.structs.replace(tools, clock=clock_at(NOW)))
    assert "17000009001" in (tools.settings.data / "sms.jsonl").read_text()


async def test_at_night_old_codes_are_forgotten(tools: Tools, seal: Seal) -> None:
    await ask_for_a_code(tools, seal)
    await keep_house(tools)
    async with tools.db.connection() as conn:
        assert await conn.fetchval("SELECT count(*) FROM sign_in_codes") == 0


async def test_who_asks_while_the_job_runs_is_not_forgotten(database: Database) -> None:
    async with database.connection() as conn:
        await wake(conn, "messages")
        await conn.execute("UPDATE jobs.pgqueuer SET status = 'picked'")
        await wake(conn, "messages")
        assert await conn.fetchval("SELECT count(*) FROM jobs.pgqueuer WHERE status = 'queued'") == 1
