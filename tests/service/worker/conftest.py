"""The worker's dependencies, in the test's process."""

from collections.abc import AsyncGenerator
from datetime import timedelta
from pathlib import Path

import pytest

from market.kernel import Database
from market.kernel.clock import make_clock_at
from market.kernel.seal import Seal
from market.kernel.settings import Settings
from market.people.notify.ports import FilePort
from market.people.storage.files import open_file_store
from market.service.worker.context import WorkerContext
from payments import GuardedGateway
from payments.stripe import Stripe
from tests.conftest import NOW
from tests.support.carriers import NO_CARRIERS

LATER = NOW + timedelta(days=3)


@pytest.fixture
async def context(database: Database, seal: Seal, folder: Path) -> AsyncGenerator[WorkerContext]:
    """The worker's dependencies; the provider's address refuses connections."""
    async with Stripe("sk_test_tests", "whsec_tests", base="http://127.0.0.1:9") as gateway:
        yield WorkerContext(
            Settings(data=folder),
            database,
            make_clock_at(LATER),
            seal,
            GuardedGateway(gateway),
            FilePort(folder / "sms.jsonl"),
            open_file_store((folder / "files").as_uri()),
            NO_CARRIERS,
        )
