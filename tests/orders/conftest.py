"""A running sandbox behind the real `stripe` library, and a buyer, for tests that pay."""

from tests.rails import gateway, provider, sandbox
from tests.shopping import shopping

__all__ = ["gateway", "provider", "sandbox", "shopping"]
