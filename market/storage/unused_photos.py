"""Delete the photos that nothing shows: uploads that were never used, and pictures without a row."""

from datetime import datetime, timedelta

from market.kernel import Database, Query
from market.storage.files import FileStore

RETENTION = timedelta(days=2)
"""How long an upload may stay unused: a form may be finished the next day."""
_CHUNK = 500

DELETE_UNUSED_PHOTOS = Query(
    int,
    """
    WITH unused AS (
        SELECT f.id
          FROM photos f
         WHERE f.created_at < :before::timestamptz
           AND NOT EXISTS (SELECT FROM listings WHERE photo_id = f.id)
           AND NOT EXISTS (SELECT FROM listing_photos WHERE photo_id = f.id)
           AND NOT EXISTS (SELECT FROM certificates WHERE photo_id = f.id)
           AND NOT EXISTS (SELECT FROM claim_photos WHERE photo_id = f.id)
           AND NOT EXISTS (SELECT FROM review_photos WHERE photo_id = f.id)
           AND NOT EXISTS (SELECT FROM conversation_photos WHERE photo_id = f.id)
           AND NOT EXISTS (SELECT FROM questions WHERE photo_id = f.id)
           AND NOT EXISTS (SELECT FROM story_photos WHERE photo_id = f.id)
         ORDER BY f.id
         LIMIT :most
    ), deleted AS (
        DELETE FROM photos USING unused WHERE photos.id = unused.id RETURNING 1
    )
    SELECT count(*) FROM deleted
    """,
)
LIST_KNOWN_NAMES = Query(str, "SELECT DISTINCT name FROM photos WHERE name = ANY(:names::text[])")


async def delete_unused_photos(db: Database, files: FileStore, *, now: datetime) -> int:
    """Delete unused photos and their files in pieces, each committed; return the number of deleted files."""
    before = now - RETENTION
    deleted = _CHUNK
    while deleted == _CHUNK:
        async with db.transaction() as conn:
            deleted = await DELETE_UNUSED_PHOTOS.one(conn, before=before, most=_CHUNK)
    count = 0
    async for chunk in files.list_older_than(before, most=_CHUNK):
        names = {name: name.rpartition("/")[2].partition("-")[0].partition(".")[0] for name in chunk}
        async with db.connection() as conn:
            known = set(await LIST_KNOWN_NAMES.all(conn, names=sorted(set(names.values()))))
        orphans = [name for name, stem in names.items() if stem not in known]
        await files.delete(orphans)
        count += len(orphans)
    return count
