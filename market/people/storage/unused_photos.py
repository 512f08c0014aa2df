"""Delete the photos that nothing shows: uploads that were never used, and pictures without a row."""

from datetime import datetime, timedelta
from uuid import UUID

from msgspec import Struct

from market.kernel import Database, Query
from market.people.storage.files import FileStore
from payments.retries import run_each

RETENTION = timedelta(days=2)
"""How long an upload may stay unused: a form may be finished the next day."""
_CHUNK = 500
_PIECE = 2_000


class _CheckedPiece(Struct, frozen=True):
    last_id: UUID | None


DELETE_UNUSED_PHOTOS = Query(
    _CheckedPiece,
    """
    WITH piece AS (
        SELECT id, created_at FROM photos WHERE id > :after::uuid ORDER BY id LIMIT :piece
    ), unused AS (
        SELECT f.id
          FROM piece f
         WHERE f.created_at < :before::timestamptz
           AND NOT EXISTS (SELECT FROM listings WHERE photo_id = f.id)
           AND NOT EXISTS (SELECT FROM listing_photos WHERE photo_id = f.id)
           AND NOT EXISTS (SELECT FROM certificates WHERE photo_id = f.id)
           AND NOT EXISTS (SELECT FROM claim_photos WHERE photo_id = f.id)
           AND NOT EXISTS (SELECT FROM review_photos WHERE photo_id = f.id)
           AND NOT EXISTS (SELECT FROM conversation_photos WHERE photo_id = f.id)
           AND NOT EXISTS (SELECT FROM questions WHERE photo_id = f.id)
           AND NOT EXISTS (SELECT FROM story_photos WHERE photo_id = f.id)
    ), deleted AS (
        DELETE FROM photos USING unused WHERE photos.id = unused.id
    )
    SELECT (SELECT id FROM piece ORDER BY id DESC LIMIT 1) AS last_id
    """,
)
# Who uploads the picture at this moment adds its row under the same lock, and stores its files afterwards.
LOCK_PICTURE = Query(None, "SELECT pg_advisory_xact_lock(7011, hashtext(:name::text))")
LIST_KNOWN_NAMES = Query(str, "SELECT DISTINCT name FROM photos WHERE name = ANY(:names::text[])")


async def delete_unused_photos(db: Database, files: FileStore, *, now: datetime) -> int:
    """Delete unused photos and their files; return the number of deleted files.

    Photos are looked at 2,000 at a time, and those that are unused deleted before the next ones are. A picture whose
    files cannot be deleted keeps no other; the first of the errors is raised in the end.
    """
    before = now - RETENTION
    after: UUID | None = UUID(int=0)
    while after is not None:
        async with db.connection() as conn:
            after = (await DELETE_UNUSED_PHOTOS.one(conn, after=after, piece=_PIECE, before=before)).last_id
    count, failures = 0, list[Exception]()

    async def delete(picture: tuple[str, list[str]]) -> None:
        nonlocal count
        name, paths = picture
        async with db.transaction() as conn:
            await LOCK_PICTURE.run(conn, name=name)
            if not await LIST_KNOWN_NAMES.all(conn, names=[name]):
                await files.delete(paths)
                count += len(paths)

    async def fail(_picture: tuple[str, list[str]], error: Exception) -> None:
        failures.append(error)

    async for chunk in files.list_older_than(before, most=_CHUNK):
        pictures: dict[str, list[str]] = {}
        for path in chunk:
            pictures.setdefault(path.rpartition("/")[2].partition("-")[0].partition(".")[0], []).append(path)
        async with db.connection() as conn:
            known = set(await LIST_KNOWN_NAMES.all(conn, names=sorted(pictures)))
        await run_each([each for each in pictures.items() if each[0] not in known], delete, fail)
    if failures:
        raise failures[0]
    return count
