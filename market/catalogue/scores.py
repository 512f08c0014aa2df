"""The stored score that orders lists, the same for every visitor."""

from datetime import datetime

from market.kernel import Connection, Query

# 2 points per sale, up to 500 sales; 100 per star above three, weighted by reviews / (reviews + 5) so that a single
# review has little effect; 50 in the first 30 days. The rating part is rounded toward zero.
REFRESH_SCORES = Query(
    None,
    """
    UPDATE listings SET score = fresh.score
      FROM (SELECT id,
                   2 * least(sold_count, 500)
                   + 100 * (rating_sum - 3 * rating_count) / (rating_count + 5)
                   + CASE WHEN published_at > :new_since THEN 50 ELSE 0 END AS score
              FROM listings
             WHERE state = 'live') AS fresh
     WHERE listings.id = fresh.id AND listings.score <> fresh.score
    """,
)


async def refresh_scores(conn: Connection, *, new_since: datetime) -> int:
    """Recompute the score of every live listing from sales, ratings and age; return how many changed.

    A listing published after `new_since` (30 days ago) counts as new.
    """
    return await REFRESH_SCORES.run(conn, new_since=new_since)
