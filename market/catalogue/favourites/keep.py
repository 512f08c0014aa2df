"""Add and remove favourites; erase them with their account."""

from datetime import datetime
from uuid import UUID

from market.catalogue.favourites.models import MAX_FAVOURITES, FavouriteKind, TooManyFavourites
from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.people.identity.models import AccountId, NotFound

# What is off the shelf cannot be added any more, but stays where it was added before.
FIND_LISTING = Query(
    UUID,
    "SELECT id FROM listings WHERE number = :number AND state = 'live' AND certified_until >= :day::date",
)
FIND_PRODUCER = Query(UUID, "SELECT id FROM producers WHERE number = :number AND state IN ('open', 'suspended')")
# The lock of the buyer: two devices of one person find different positions, and an account is closed before or after.
LOCK_KEEPER = Query(None, "SELECT pg_advisory_xact_lock(7004, hashtext(:account_id::uuid::text))")
ADD_FAVOURITE = Query(
    UUID,
    """
    INSERT INTO favourites (account_id, position, listing_id, producer_id, added_at)
    SELECT accounts.id, free, :listing_id, :producer_id, :now
      FROM accounts, (SELECT min(place) AS free FROM generate_series(1, :most::integer) AS place
                       WHERE NOT EXISTS (SELECT FROM favourites
                                          WHERE account_id = :account_id AND position = place)) AS places
     WHERE accounts.id = :account_id AND closed_at IS NULL AND free IS NOT NULL
    ON CONFLICT DO NOTHING
    RETURNING id
    """,
)
IS_KEPT = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM favourites
                    WHERE account_id = :account_id
                      AND (listing_id = :listing_id::uuid OR producer_id = :producer_id::uuid))
    """,
)
REMOVE_FAVOURITE = Query(
    None,
    """
    DELETE FROM favourites
     WHERE account_id = :account_id
       AND (listing_id = (SELECT id FROM listings WHERE number = :listing_number::bigint)
            OR producer_id = (SELECT id FROM producers WHERE number = :producer_number::bigint))
    """,
)
ERASE_FAVOURITES = Query(None, "DELETE FROM favourites WHERE account_id = :account_id")


async def add_favourite(
    conn: Connection, account_id: AccountId, kind: FavouriteKind, number: int, *, now: datetime
) -> None:
    """Keep a listing or a producer by its public number, in the caller's transaction; repeating changes nothing.

    Raises:
        NotFound: no live listing or admitted producer has that number.
        TooManyFavourites: the account keeps `MAX_FAVOURITES` already, or was closed meanwhile.
    """
    listing = kind is FavouriteKind.LISTING
    found = (
        await FIND_LISTING.maybe(conn, number=number, day=get_business_day(now))
        if listing
        else await FIND_PRODUCER.maybe(conn, number=number)
    )
    if found is None:
        raise NotFound
    kept = {"listing_id": found if listing else None, "producer_id": None if listing else found}
    await LOCK_KEEPER.run(conn, account_id=account_id)
    added = await ADD_FAVOURITE.maybe(conn, account_id=account_id, most=MAX_FAVOURITES, now=now, **kept)
    if added is None and not await IS_KEPT.one(conn, account_id=account_id, **kept):
        raise TooManyFavourites(limit=MAX_FAVOURITES)


async def remove_favourite(conn: Connection, account_id: AccountId, kind: FavouriteKind, number: int) -> None:
    """Keep a listing or a producer no more, whether or not it was kept, in the caller's transaction."""
    listing = kind is FavouriteKind.LISTING
    await REMOVE_FAVOURITE.run(
        conn,
        account_id=account_id,
        listing_number=number if listing else None,
        producer_number=None if listing else number,
    )


async def is_favourite(conn: Connection, account_id: AccountId, kind: FavouriteKind, kept_id: UUID) -> bool:
    """Return whether an account keeps the listing or producer with that id."""
    listing = kind is FavouriteKind.LISTING
    return await IS_KEPT.one(
        conn,
        account_id=account_id,
        listing_id=kept_id if listing else None,
        producer_id=None if listing else kept_id,
    )


async def erase_favourites(conn: Connection, account_id: AccountId) -> None:
    """Erase what an account keeps."""
    await ERASE_FAVOURITES.run(conn, account_id=account_id)
