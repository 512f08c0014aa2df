"""The stored score and number of sales that order lists, the same for every visitor."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Database, Query
from payments.sql import PIECE_ROWS

# 2 points per sale, up to 500 sales; 100 per star above three, weighted by reviews / (reviews + 5) so that a single
# review has little effect; 50 in the first 30 days. The rating part is rounded toward zero.
_SCORE = """(2 * least(sold_count, 500)
             + 100 * (rating_sum - 3 * rating_count) / (rating_count + 5)
             + CASE WHEN published_at > :new_since THEN 50 ELSE 0 END)"""


class _RefreshedPiece(Struct, frozen=True):
    last_id: UUID | None
    changed: int


MOVE_SEARCH_BANDS = Query(None, "SELECT move_search_bands()")
# Paid orders lock listings in the order of their ids too.
REFRESH_SCORES = Query(
    _RefreshedPiece,
    "WITH piece AS (SELECT id, state = 'live' AND (ranked_sold_count <> sold_count OR score <> "
    + _SCORE
    + "\n OR search_band <> get_search_band("
    + _SCORE
    + """, id)) AS outdated
          FROM listings
         WHERE id > :after
         ORDER BY id
         LIMIT :piece
    ), locked AS (
        SELECT id FROM listings WHERE id IN (SELECT id FROM piece WHERE outdated) ORDER BY id FOR NO KEY UPDATE
    ), changed AS (
        UPDATE listings SET ranked_sold_count = sold_count, score = """
    + _SCORE
    + """
          FROM locked
         WHERE listings.id = locked.id
        RETURNING listings.id
    )
    SELECT (SELECT id FROM piece ORDER BY id DESC LIMIT 1) AS last_id, (SELECT count(*) FROM changed) AS changed
    """,
)


async def refresh_scores(db: Database, *, new_since: datetime) -> int:
    """Recompute the score of every live listing from sales, ratings and age; return how many changed.

    The number of sales that lists are ordered by is copied in the same update, as a sale itself writes no index, and so
    is the band of the score (migrations/functions/find_matches.sql). Until the end, a search may miss a listing whose
    band is about to change.

    A listing published after `new_since` (30 days ago) counts as new. Listings are read 5,000 at a time, and those
    whose score changes are locked until that piece is committed.
    """
    after: UUID | None = UUID(int=0)
    changed = 0
    async with db.connection() as conn:
        await MOVE_SEARCH_BANDS.run(conn)
    while after is not None:
        async with db.connection() as conn:
            piece = await REFRESH_SCORES.one(conn, after=after, piece=PIECE_ROWS, new_since=new_since)
        after, changed = piece.last_id, changed + piece.changed
    return changed
