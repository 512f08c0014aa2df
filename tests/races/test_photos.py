"""A picture is uploaded again in the moment in which its files are deleted."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from market.kernel import Connection, Database
from market.people.storage.files import open_file_store
from market.people.storage.photos import PhotoPurpose, add_photo, prepare_photo
from market.people.storage.unused_photos import delete_unused_photos
from tests.conftest import NOW
from tests.people.storage.test_photos import a_jpeg
from tests.support.make import make_account
from tests.support.postgres import wait_for_blocked


async def test_the_files_of_a_picture_that_is_uploaded_again_at_that_moment_stay(
    database: Database, owner: Connection, tmp_path: Path
) -> None:
    files, tonight = open_file_store(tmp_path.as_uri()), datetime.now(UTC)
    photo = await prepare_photo(files, a_jpeg(100, 100), PhotoPurpose.REVIEW)
    old = (tonight - timedelta(days=3)).timestamp()
    for path in tmp_path.rglob("*.webp"):
        os.utime(path, (old, old))
    async with database.transaction() as conn:
        await add_photo(conn, await make_account(conn), photo, now=NOW)
        deleting = asyncio.create_task(delete_unused_photos(database, files, now=tonight))
        await wait_for_blocked(owner, await conn.fetchval("SELECT pg_backend_pid()"))
    assert await deleting == 0
    assert len(list(tmp_path.rglob("*.webp"))) == 3
