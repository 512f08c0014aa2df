"""A running sandbox behind the real `stripe` library, and a buyer, for tests that pay."""

from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import shopping

__all__ = ["gateway", "provider", "sandbox", "shopping"]
