"""Databases on the embedded PostgreSQL server, for the tests of every package."""

from market.kernel.embedded import EmbeddedServer
from market.kernel.migrate import create_database
from tests.conftest import clone_database, drop_database

__all__ = ["EmbeddedServer", "clone_database", "create_database", "drop_database"]
