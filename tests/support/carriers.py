"""Carriers in tests: the sandbox over real HTTP, on a clock that the test moves."""

from collections.abc import AsyncGenerator
from datetime import datetime, timedelta

import pytest

from market.sales.carriers.http_port import HttpCarriers
from market.sales.carriers.open_port import GuardedCarriers, NoCarriers
from market.service.demo.carrier.app import CarrierSandbox, create_app
from payments.sandbox.server import running_app
from tests.conftest import NOW

KEY_ID, SECRET = "carrier-key", "carrier secret of the tests"
NO_CARRIERS = GuardedCarriers(NoCarriers())
PUBLIC_URL = "http://shop.test"


class MovedClock:
    """A clock that stands still until the test moves it."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> datetime:
        return self.at

    def set(self, **after: float) -> datetime:
        """Set it to so long after the beginning."""
        self.at = NOW + timedelta(**after)
        return self.at


@pytest.fixture
def carrier_clock() -> MovedClock:
    """The clock of the tracking service."""
    return MovedClock()


@pytest.fixture
def carrier_sandbox(carrier_clock: MovedClock) -> CarrierSandbox:
    """What a tracking service knows."""
    return CarrierSandbox(carrier_clock.now, key_id=KEY_ID, secret=SECRET)


@pytest.fixture
async def carriers(carrier_sandbox: CarrierSandbox) -> AsyncGenerator[HttpCarriers]:
    """The port to that service, which runs."""
    async with (
        running_app(create_app(carrier_sandbox)) as url,
        HttpCarriers(url, key_id=KEY_ID, secret=SECRET, public_url=PUBLIC_URL) as port,
    ):
        yield port
