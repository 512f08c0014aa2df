"""The county of the golden story for the tests of the commands."""

from tests.web.desk.conftest import county, people

__all__ = ["county", "people"]
