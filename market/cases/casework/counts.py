"""Numbers of cases of a county, a prefecture or a province."""

from collections.abc import Sequence
from datetime import datetime

from market.kernel import Connection, Query

# It runs as the owner: cases are visible in the scope of a county, numbers of them in that of a region too.
COUNT_OPEN_CASES = Query(int, "SELECT count_open_cases(:scope, :categories::text[], :late_at::timestamptz)")


async def count_open_cases(
    conn: Connection, scope: str, categories: Sequence[str], *, late_at: datetime | None = None
) -> int:
    """Return how many cases of some categories are not closed in a division, a code truncated to its level.

    With `late_at` only those whose deadline passed by then, or that went up a level because it did.
    """
    return await COUNT_OPEN_CASES.one(conn, scope=scope, categories=list(categories), late_at=late_at)
