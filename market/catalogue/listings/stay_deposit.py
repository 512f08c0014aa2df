"""The deposit of a stay: the share that is paid when it is booked, and until when the rest is due."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.models import LISTING_STATE_NAMES, BadListing, ListingState, WrongListingState
from market.kernel import Connection, FieldFault, Query
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound

MIN_SHARE_BP = 500
MAX_SHARE_BP = 9_000
MAX_DAYS_BEFORE = 90


class StayDeposit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The share of a stay that is paid at once, and how many days before arrival the rest is due at the latest."""

    share_bp: int
    days_before: int


LOCK_OWN_STAY = Query(
    ListingState,
    """
    SELECT state FROM listings
     WHERE id = :listing_id AND producer_id = ANY(:producer_ids::uuid[]) AND kind = 'stay'
       FOR NO KEY UPDATE
    """,
)
FIND_STAY_DEPOSIT = Query(StayDeposit, "SELECT share_bp, days_before FROM stay_deposits WHERE listing_id = :listing_id")
SET_STAY_DEPOSIT = Query(
    None,
    """
    INSERT INTO stay_deposits (listing_id, share_bp, days_before) VALUES (:listing_id, :share_bp, :days_before)
    ON CONFLICT (listing_id) DO UPDATE SET share_bp = excluded.share_bp, days_before = excluded.days_before
    """,
)
DELETE_STAY_DEPOSIT = Query(None, "DELETE FROM stay_deposits WHERE listing_id = :listing_id")


async def find_stay_deposit(conn: Connection, listing_id: UUID) -> StayDeposit | None:
    """Return the deposit of a stay, or None if all is paid when it is booked."""
    return await FIND_STAY_DEPOSIT.maybe(conn, listing_id=listing_id)


async def set_stay_deposit(
    conn: Connection, actor: Actor, listing_id: UUID, deposit: StayDeposit | None, *, now: datetime
) -> None:
    """Set the deposit of the actor's stay, or with None let all be paid at once; booked stays keep theirs.

    Raises:
        NotFound: there is no such stay, or it belongs to someone else.
        WrongListingState: the listing is suspended.
        BadListing: the share or the days are out of range; `errors` lists them.
    """
    state = await LOCK_OWN_STAY.maybe(conn, listing_id=listing_id, producer_ids=list(actor.producers))
    if state is None:
        raise NotFound
    if state is ListingState.SUSPENDED:
        raise WrongListingState(state=LISTING_STATE_NAMES[state])
    if deposit is None:
        await DELETE_STAY_DEPOSIT.run(conn, listing_id=listing_id)
    else:
        if faults := _list_faults(deposit):
            raise BadListing(errors=tuple(faults))
        await SET_STAY_DEPOSIT.run(
            conn, listing_id=listing_id, share_bp=deposit.share_bp, days_before=deposit.days_before
        )
    await add_audit_entry(
        conn,
        actor=str(actor.account_id),
        action="listing.deposit",
        object=f"listing:{listing_id}",
        detail={"share_bp": deposit.share_bp, "days_before": deposit.days_before} if deposit else {"ended": True},
        now=now,
    )


def _list_faults(deposit: StayDeposit) -> list[FieldFault]:
    faults: list[FieldFault] = []
    if not MIN_SHARE_BP <= deposit.share_bp <= MAX_SHARE_BP:
        faults.append(FieldFault("share_bp", "订金从 5% 到 90%"))
    if not 1 <= deposit.days_before <= MAX_DAYS_BEFORE:
        faults.append(FieldFault("days_before", f"到店前几天，从 1 到 {MAX_DAYS_BEFORE}"))
    return faults
