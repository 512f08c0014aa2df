"""What a search does first: set the planner, and look up words with filters where few listings match."""

from uuid import UUID

from msgspec import Struct

from market.kernel import Query

MAX_KNOWN_MATCHES = 1000
"""More matches are found on the way: for a page of 25 every fortieth of 100,000 listings is one."""


class SearchPlan(Struct, frozen=True):
    """The settings of the planner, and the ids of the listings that match words and filters; None if they are many."""

    settings: str
    matches: list[UUID] | None


# Custom plans, as a generic one reads all rows of a common word (300 ms instead of 1 ms). Joins in the written order,
# as planning other orders takes longer than the search. Similarity 0.5, as the default 0.6 tolerates no missing letter
# in a pinyin of nine.
PLAN_SEARCH = Query(
    SearchPlan,
    """
    SELECT set_config('plan_cache_mode', 'force_custom_plan', true)
        || set_config('join_collapse_limit', '1', true)
        || set_config('pg_trgm.word_similarity_threshold', '0.5', true) AS settings,
           CASE WHEN :words::text <> '' THEN
               list_matches(:words::text::tsquery, :most, :today::date, :kind::text, :category::text, :county::text,
                            :division::text, :producer_id::uuid, :month::smallint, :price_from::bigint,
                            :price_to::bigint)
           END AS matches
    """,
)
