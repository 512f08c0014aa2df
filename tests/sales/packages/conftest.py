"""A running sandbox behind the real `stripe` library, a buyer, and a village with a package."""

from tests.sales.packages.village import village
from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import shopping

__all__ = ["gateway", "provider", "sandbox", "shopping", "village"]
