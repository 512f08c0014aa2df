"""The stored score by which lists are ordered for everyone alike."""

from datetime import datetime

from market.kernel import Connection, Query

# 2 a sale, at most 500 sales; 100 for each star above three, in the share of reviews of (reviews + 5), so that one
# review decides nothing; 50 in the first 30 days. The rating's fraction is cut off.
REFRESH = Query(
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
    """Compute every live listing's score anew from sales, ratings and age; return how many changed.

    `new_since` is the moment after which a listing counts as new: 30 days ago.
    """
    return await REFRESH.run(conn, new_since=new_since)
