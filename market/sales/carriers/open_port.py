"""Open the carriers of the settings."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime

from market.kernel.settings import Settings
from market.sales.carriers.http_port import HttpCarriers
from market.sales.carriers.models import Carrier, CarrierPort, TrackingNotice, TrackingReport
from payments.breaker import CircuitBreaker
from payments.errors import InvalidSignature
from payments.port import Outcome, Unknown

MAX_CARRIER_CALLS = 8
"""Calls of one process to the carriers at a time."""


class GuardedCarriers(CircuitBreaker):
    """Carriers whose calls pass through a circuit breaker."""

    def __init__(self, port: CarrierPort) -> None:
        super().__init__(concurrency=MAX_CARRIER_CALLS)
        self._port = port

    @property
    def name(self) -> str:
        """The name of the port."""
        return self._port.name

    async def track(self, carrier: Carrier, tracking: str) -> Outcome[TrackingReport]:
        """Return what the carrier knows of a parcel."""
        return await self._pass_outcome(lambda: self._port.track(carrier, tracking))

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> TrackingNotice:
        """Verify a push."""
        return self._port.verify(headers, body, now)


class NoCarriers:
    """No tracking service is configured: nothing is known of any parcel."""

    @property
    def name(self) -> str:
        """The name of the port."""
        return "none"

    async def track(self, carrier: Carrier, tracking: str) -> Outcome[TrackingReport]:  # noqa: ARG002 - of the port
        """Answer nothing."""
        return Unknown("no tracking service is configured")

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> TrackingNotice:  # noqa: ARG002
        """Refuse every push.

        Raises:
            InvalidSignature: always.
        """
        raise InvalidSignature(why="no tracking service is configured")


@asynccontextmanager
async def open_carriers(settings: Settings) -> AsyncGenerator[GuardedCarriers]:
    """Yield the carriers behind the service of the settings, or none."""
    if not settings.carrier_url:
        yield GuardedCarriers(NoCarriers())
        return
    async with HttpCarriers(
        settings.carrier_url,
        key_id=settings.carrier_key_id,
        secret=settings.carrier_key_secret,
        public_url=settings.public_url,
    ) as port:
        yield GuardedCarriers(port)
