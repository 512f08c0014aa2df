"""The county of the golden story for the tests of the desk."""

import pytest

from market.kernel import Database
from market.kernel.seal import Seal
from tests.service.web.desk.county import Officials, create_officials, import_story_files


@pytest.fixture
async def people(database: Database) -> Officials:
    """The story's officials, signed in; nothing is imported."""
    return await create_officials(database)


@pytest.fixture
async def county(database: Database, seal: Seal, people: Officials) -> Officials:
    """The story's officials, with every file of January imported."""
    await import_story_files(database, seal, people)
    return people
