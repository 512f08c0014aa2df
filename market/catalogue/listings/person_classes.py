"""The price of an activity for a child: a variant of its own, beside that for an adult."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.models import (
    LISTING_STATE_NAMES,
    BadListing,
    ListingState,
    WrongListingState,
    list_price_faults,
)
from market.kernel import Connection, Fen, FieldFault, Query
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound

ACTIVITY_UNIT = "人"
"""An activity is priced by person."""
CHILD = "儿童"
"""The label of the variant of a child."""


class _LockedActivity(Struct, frozen=True, kw_only=True):
    state: ListingState
    price_fen: Fen
    child_price_fen: Fen | None


LOCK_OWN_ACTIVITY = Query(
    _LockedActivity,
    """
    SELECT listings.state, adult.price_fen,
           (SELECT price_fen FROM variants c WHERE c.listing_id = listings.id AND position = 1) AS child_price_fen
      FROM listings JOIN variants adult ON adult.listing_id = listings.id AND adult.position = 0
     WHERE listings.id = :listing_id AND kind = 'activity' AND producer_id = ANY(:producer_ids::uuid[])
       FOR NO KEY UPDATE OF listings, adult
    """,
)
ADD_CHILD_PRICE = Query(
    None,
    """
    INSERT INTO variants (listing_id, position, label, unit, price_fen, gross_g)
    VALUES (:listing_id, 1, :label, :unit, :price_fen, 0)
    """,
)
SET_CHILD_PRICE = Query(
    None, "UPDATE variants SET price_fen = :price_fen WHERE listing_id = :listing_id AND position = 1"
)
# As a pack that was replaced: who has it in the cart chooses again.
END_CHILD_PRICE = Query(None, "UPDATE variants SET position = NULL WHERE listing_id = :listing_id AND position = 1")
IS_CHILD_DEARER = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM listings
                     JOIN variants adult ON adult.listing_id = listings.id AND adult.position = 0
                     JOIN variants child ON child.listing_id = listings.id AND child.position = 1
                    WHERE listings.id = :listing_id AND kind = 'activity' AND child.price_fen > adult.price_fen)
    """,
)


def list_child_price_faults(*, price_fen: int | None, adult_fen: int) -> list[FieldFault]:
    """Return what is wrong with the price of a child; an activity need not have one."""
    if price_fen is None:
        return []
    faults = [FieldFault("child_price_fen", each.message) for each in list_price_faults(price_fen)]
    if price_fen > adult_fen:
        faults.append(FieldFault("child_price_fen", "儿童的价钱不比大人的高"))
    return faults


async def add_child_price(conn: Connection, listing_id: UUID, price_fen: int | None, *, unit: str) -> None:
    """Add the price of a child to an activity without one, if it is to have one."""
    if price_fen is not None:
        await ADD_CHILD_PRICE.run(conn, listing_id=listing_id, label=CHILD, unit=unit, price_fen=price_fen)


async def require_child_price(conn: Connection, listing_id: UUID) -> None:
    """Require after a change of prices that a child pays at most what an adult pays.

    Raises:
        BadListing: it would pay more.
    """
    if await IS_CHILD_DEARER.one(conn, listing_id=listing_id):
        raise BadListing(errors=(FieldFault("price_fen", "儿童的价钱不比大人的高"),))


async def set_child_price(
    conn: Connection, actor: Actor, listing_id: UUID, price_fen: Fen | None, *, now: datetime
) -> Fen | None:
    """Set what a child pays in the actor's activity, or with None that it pays as an adult; placed orders keep theirs.

    Repeating changes nothing.

    Raises:
        NotFound: there is no such activity, or it belongs to someone else.
        WrongListingState: the listing is suspended.
        BadListing: the price is not between 0.01 and what an adult pays.
    """
    locked = await LOCK_OWN_ACTIVITY.maybe(conn, listing_id=listing_id, producer_ids=list(actor.producers))
    if locked is None:
        raise NotFound
    if locked.state is ListingState.SUSPENDED:
        raise WrongListingState(state=LISTING_STATE_NAMES[locked.state])
    if faults := list_child_price_faults(price_fen=price_fen, adult_fen=locked.price_fen):
        raise BadListing(errors=tuple(faults))
    if price_fen == locked.child_price_fen:
        return price_fen
    if price_fen is None:
        await END_CHILD_PRICE.run(conn, listing_id=listing_id)
    elif locked.child_price_fen is None:
        await add_child_price(conn, listing_id, price_fen, unit=ACTIVITY_UNIT)
    else:
        await SET_CHILD_PRICE.run(conn, listing_id=listing_id, price_fen=price_fen)
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="listing.child_price", object=f"listing:{listing_id}",
        detail={"price_fen": price_fen}, now=now,
    )  # fmt: skip
    return price_fen
