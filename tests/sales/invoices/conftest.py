"""A paid parcel whose invoice is asked for, and the fixtures of tests that pay."""

from tests.sales.invoices.invoiced import invoiced
from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import shopping

__all__ = ["gateway", "invoiced", "provider", "sandbox", "shopping"]
