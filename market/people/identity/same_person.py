"""Whether two accounts belong to one person, for duties and decisions that need two people."""

from uuid import UUID

from market.kernel import Connection, Query

IS_SAME_PERSON = Query(bool, "SELECT coalesce(is_same_person(:account_id, :other_id), false)")


async def is_same_person(conn: Connection, *, account_id: UUID, other_id: UUID) -> bool:
    """Return whether two accounts belong to one person: by identity number if both have one, else by name.

    SQL calls the function `is_same_person` itself: the rule stands there once.
    """
    return await IS_SAME_PERSON.one(conn, account_id=account_id, other_id=other_id)
