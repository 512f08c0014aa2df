"""A running sandbox behind the real `stripe` library, a buyer for tests that pay, and two servers."""

from tests.races.two_servers import servers
from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import shopping

__all__ = ["gateway", "provider", "sandbox", "servers", "shopping"]
