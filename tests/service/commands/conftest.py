"""The county of the golden story, and a buyer with a payment provider, for the tests of the commands."""

from tests.service.web.desk.conftest import county, people
from tests.support.payment import gateway, provider, sandbox
from tests.support.shop import shopping

__all__ = ["county", "gateway", "people", "provider", "sandbox", "shopping"]
