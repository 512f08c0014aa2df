"""A running sandbox, for the market day."""

from tests.rails import gateway, provider, sandbox

__all__ = ["gateway", "provider", "sandbox"]
