"""A running sandbox, for the market day."""

from tests.support.payment import gateway, provider, sandbox

__all__ = ["gateway", "provider", "sandbox"]
