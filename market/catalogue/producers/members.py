"""End the memberships of a person who leaves."""

from datetime import datetime

from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.people.identity.models import AccountId

# A membership that began today ends tomorrow: an empty range would not be valid.
END_MEMBERSHIPS = Query(
    None,
    """
    UPDATE producer_members
       SET valid_during = daterange(lower(valid_during), greatest(:day::date, lower(valid_during) + 1))
     WHERE account_id = :account_id AND valid_during @> :day::date
    """,
)


async def end_memberships(conn: Connection, account_id: AccountId, *, now: datetime) -> None:
    """End every membership of an account from today on."""
    await END_MEMBERSHIPS.run(conn, account_id=account_id, day=get_business_day(now))
