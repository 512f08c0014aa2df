"""Delete the photos of claims that ended long ago."""

from datetime import datetime, timedelta

from market.kernel import Database, Query

CLAIM_PHOTO_LIFETIME = timedelta(days=3 * 366)
"""How long the photos of a claim are kept after its end. Source: 电子商务法 31, three years for a sale."""
_CHUNK = 500

DELETE_CLAIM_PHOTOS = Query(int, "SELECT delete_claim_photos(:before::timestamptz, :most::integer)")


async def delete_old_claim_photos(db: Database, before: datetime) -> int:
    """Take the photos from claims that were closed before a moment, in pieces; return how many."""
    total, deleted = 0, _CHUNK
    while deleted == _CHUNK:
        async with db.transaction() as conn:
            deleted = await DELETE_CLAIM_PHOTOS.one(conn, before=before, most=_CHUNK)
        total += deleted
    return total
