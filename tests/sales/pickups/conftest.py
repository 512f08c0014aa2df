"""Fixtures of the tests of pickups."""

from tests.sales.pickups.point import point
from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import shopping

__all__ = ["gateway", "point", "provider", "sandbox", "shopping"]
