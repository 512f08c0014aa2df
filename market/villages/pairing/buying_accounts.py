"""The accounts that buy for an organisation: a member says so of the own account, and orders count from that day on."""

from datetime import date, datetime
from uuid import UUID

import asyncpg

from market.kernel import Connection, Query, Refusal
from market.kernel.clock import get_business_day
from market.people.audit.record import add_audit_entry
from market.people.identity.models import AccountId, Actor
from market.places.organisations.register import require_own_organisation


class BuyingElsewhere(Refusal):
    """An account buys for one organisation at a time."""

    code = "buying_account_elsewhere"
    zh = "这个账号正替别的单位买货，先在那边停了。"
    en = "The account buys for another organisation; end that first."


FIND_BUYING_SINCE = Query(
    date,
    """
    SELECT lower(valid_during) FROM company_accounts
     WHERE account_id = :account_id AND organisation_id = :organisation_id AND valid_during @> :day::date
    """,
)
BEGIN = Query(
    None,
    """
    INSERT INTO company_accounts (organisation_id, account_id, valid_during)
    VALUES (:organisation_id, :account_id, daterange(:day::date, NULL))
    """,
)
# What began today never counted for a whole day and goes.
DELETE_NEW = Query(
    None, "DELETE FROM company_accounts WHERE account_id = :account_id AND lower(valid_during) = :day::date"
)
END = Query(
    None,
    """
    UPDATE company_accounts SET valid_during = daterange(lower(valid_during), :day::date)
     WHERE account_id = :account_id AND valid_during @> :day::date AND lower(valid_during) < :day::date
    """,
)


async def find_buying_since(conn: Connection, actor: Actor, organisation_id: UUID, *, day: date) -> date | None:
    """Return since when the actor's account buys for an organisation, or None."""
    return await FIND_BUYING_SINCE.maybe(conn, account_id=actor.account_id, organisation_id=organisation_id, day=day)


async def set_buying_account(
    conn: Connection, actor: Actor, organisation_id: UUID, *, buys: bool, now: datetime
) -> None:
    """Say that the actor's account buys for an organisation of the actor's, from today on, or that it does not.

    Raises:
        NotFound: the actor is no member of it.
        BuyingElsewhere: the account buys for another one; the caller's transaction must not commit.
    """
    day = get_business_day(now)
    await require_own_organisation(conn, actor, organisation_id, day=day)
    since = await find_buying_since(conn, actor, organisation_id, day=day)
    if buys is (since is not None):
        return
    if buys:
        try:
            await BEGIN.run(conn, organisation_id=organisation_id, account_id=actor.account_id, day=day)
        except asyncpg.ExclusionViolationError as error:
            raise BuyingElsewhere from error
    else:
        await end_buying(conn, actor.account_id, day=day)
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="organisation.buying_account",
        object=f"organisation:{organisation_id}",
        detail={"buys": buys},
        now=now,
    )


async def end_buying(conn: Connection, account_id: AccountId, *, day: date) -> None:
    """End that an account buys for an organisation, such as of a person who closes it."""
    await DELETE_NEW.run(conn, account_id=account_id, day=day)
    await END.run(conn, account_id=account_id, day=day)
