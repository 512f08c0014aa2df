"""The payment provider, for the market day."""

from tests.support.payment import provider

__all__ = ["provider"]
