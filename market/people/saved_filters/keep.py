"""Save, list and remove the filters of an account; erase them with it, or when they are old."""

from datetime import datetime, timedelta

from msgspec import Struct

from market.kernel import Connection, Database, FieldFault, Query, Refusal
from market.kernel.quotas import lock_quota
from market.kernel.text import clean_name
from market.people.identity.models import AccountId

MAX_SAVED_FILTERS = 20
"""How many an account keeps; the schema has as many places."""
MAX_NAME_LENGTH = 20
FILTER_LIFETIME = timedelta(days=730)
"""How long after it was saved a filter is kept."""
_CHUNK = 500


class SavedFilter(Struct, frozen=True, kw_only=True):
    """A filter: `page` is what follows `/desk/`, `query` the values that it is for."""

    position: int
    name: str
    query: dict[str, str]


class SavedFilterInvalid(Refusal):
    """The name is missing or too long, or nothing is filtered; `errors` lists each."""

    code = "saved_filter_invalid"
    status = 422
    zh = "没有存下来：{reason}。"
    en = "The filter was not saved: its name is missing or too long, or nothing is filtered."


class TooManySavedFilters(Refusal):
    """The account keeps as many as it may."""

    code = "too_many_saved_filters"
    status = 409
    zh = "最多存 {limit} 个，先删掉一个。"
    en = "At most {limit} filters are kept; remove one first."


LIST_SAVED_FILTERS = Query(
    SavedFilter,
    """
    SELECT position, name, query FROM saved_filters
     WHERE account_id = :account_id AND county_code = :county AND page = :page
     ORDER BY name
     LIMIT 20
    """,
)
REPLACE_FILTER = Query(
    int,
    """
    UPDATE saved_filters SET query = :query::jsonb, saved_at = :now
     WHERE account_id = :account_id AND county_code = :county AND page = :page AND name = :name
    RETURNING position
    """,
)
ADD_FILTER = Query(
    int,
    """
    INSERT INTO saved_filters (account_id, position, county_code, page, name, query, saved_at)
    SELECT :account_id, min(place), :county, :page, :name, :query::jsonb, :now
      FROM generate_series(1, :most::integer) AS place
     WHERE NOT EXISTS (SELECT FROM saved_filters WHERE account_id = :account_id AND position = place)
    HAVING min(place) IS NOT NULL
    RETURNING position
    """,
)
REMOVE_FILTER = Query(None, "DELETE FROM saved_filters WHERE account_id = :account_id AND position = :position")
ERASE_FILTERS = Query(None, "DELETE FROM saved_filters WHERE account_id = :account_id")
DELETE_OLD_FILTERS = Query(int, "SELECT delete_saved_filters(:before::timestamptz, :most::integer)")


async def list_saved_filters(conn: Connection, account_id: AccountId, county: str, page: str) -> list[SavedFilter]:
    """Return the filters that an account keeps for a page of a county, by name."""
    return await LIST_SAVED_FILTERS.all(conn, account_id=account_id, county=county, page=page)


async def save_filter(
    conn: Connection,
    account_id: AccountId,
    county: str,
    page: str,
    *,
    name: str,
    query: dict[str, str],
    now: datetime,
) -> None:
    """Keep a filter under a name; one of the same page and name is replaced.

    The caller's transaction has the official's scope (`get_person_scope`): a county's does not show the places that
    filters of another county have taken.

    Raises:
        SavedFilterInvalid: the name is missing or too long, or `query` is empty.
        TooManySavedFilters: the account keeps 20.
    """
    cleaned = clean_name(name)
    reason = ""
    if not 1 <= len(cleaned) <= MAX_NAME_LENGTH:
        reason = f"写个名字，最多 {MAX_NAME_LENGTH} 个字"
    elif not query:
        reason = "还没有筛选"
    if reason:
        raise SavedFilterInvalid(reason=reason, errors=(FieldFault("name", reason),))
    key = {"account_id": account_id, "county": county, "page": page, "name": cleaned}
    await lock_quota(conn, "saved filters", account_id)  # two devices of one person find different places
    if await REPLACE_FILTER.maybe(conn, **key, query=query, now=now) is not None:
        return
    if await ADD_FILTER.maybe(conn, **key, query=query, now=now, most=MAX_SAVED_FILTERS) is None:
        raise TooManySavedFilters(limit=MAX_SAVED_FILTERS)


async def remove_filter(conn: Connection, account_id: AccountId, position: int) -> None:
    """Keep a filter no more, whether or not it was kept, in a transaction with the official's scope."""
    await REMOVE_FILTER.run(conn, account_id=account_id, position=position)


async def erase_filters(conn: Connection, account_id: AccountId) -> None:
    """Remove every filter of an account that is closed, in a transaction with its owner's scope."""
    await ERASE_FILTERS.run(conn, account_id=account_id)


async def delete_old_filters(db: Database, before: datetime) -> int:
    """Delete the filters that were saved before a moment, in pieces; return how many."""
    total, deleted = 0, _CHUNK
    while deleted == _CHUNK:
        async with db.transaction() as conn:
            deleted = await DELETE_OLD_FILTERS.one(conn, before=before, most=_CHUNK)
        total += deleted
    return total
