"""The county of the golden story for the tests of the desk."""

import pytest

from market.kernel import Database
from market.kernel.seal import Seal
from tests.web.desk.county import People, make_people, take_files


@pytest.fixture
async def people(database: Database) -> People:
    """The story's officials, signed in; nothing was imported."""
    return await make_people(database)


@pytest.fixture
async def county(database: Database, seal: Seal, people: People) -> People:
    """The story's officials, and every file of January taken."""
    await take_files(database, seal, people)
    return people
