"""Fixtures of the tests of carriers."""

from tests.sales.carriers.travel import travel
from tests.support.carriers import carrier_clock, carrier_sandbox, carriers
from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import shopping

__all__ = ["carrier_clock", "carrier_sandbox", "carriers", "gateway", "provider", "sandbox", "shopping", "travel"]
