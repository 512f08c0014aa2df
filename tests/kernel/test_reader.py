"""A second connection reads what a transaction finds, and nothing that is written afterwards."""

import asyncpg
import pytest

from market.kernel import Connection, Database
from market.kernel.database import SCOPE_SETTING, open_database, open_reader

COUNTY = "130624"


@pytest.fixture
async def words(owner: Connection) -> Connection:
    """The owner of a table of words, which everybody may read and write."""
    await owner.execute("CREATE TABLE words (word text); GRANT ALL ON words TO PUBLIC; INSERT INTO words VALUES ('a')")
    return owner


async def read_words(conn: Connection) -> list[str]:
    return [row[0] for row in await conn.fetch("SELECT word FROM words ORDER BY word")]


async def test_it_sees_what_is_committed_and_nothing_later(database: Database, words: Connection) -> None:
    async with database.transaction(scope=COUNTY) as conn, open_reader(database, conn, scope=COUNTY) as reader:
        assert reader is not None
        await words.execute("INSERT INTO words VALUES ('b')")
        await conn.execute("INSERT INTO words VALUES ('c')")
        assert await read_words(conn) == ["a", "b", "c"]
        assert await read_words(reader) == ["a"]
        assert await reader.fetchval("SELECT current_setting($1)", SCOPE_SETTING) == COUNTY
        with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
            await reader.execute("INSERT INTO words VALUES ('d')")


@pytest.mark.usefixtures("words")
async def test_there_is_none_after_the_transaction_has_written(database: Database) -> None:
    async with database.transaction(scope=COUNTY) as conn:
        await conn.execute("INSERT INTO words VALUES ('b')")
        async with open_reader(database, conn, scope=COUNTY) as reader:
            assert reader is None
        async with open_reader(None, conn, scope=COUNTY) as reader:
            assert reader is None


async def test_there_is_none_if_no_connection_is_free(dsn: str) -> None:
    db = await open_database(dsn, max_size=1, acquire_timeout=0.05)
    async with db.transaction(scope=COUNTY) as conn, open_reader(db, conn, scope=COUNTY) as reader:
        assert reader is None
    await db.close()
