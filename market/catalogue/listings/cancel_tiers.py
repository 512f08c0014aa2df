"""What is refunded to a guest who cancels: tiers by the days of notice, changed after publishing too."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from market.catalogue.listings.models import (
    LISTING_STATE_NAMES,
    BadListing,
    CancelTier,
    ListingState,
    WrongListingState,
)
from market.kernel import Connection, FieldFault, Query
from market.people.audit.record import add_audit_entry
from market.people.identity.models import Actor, NotFound

MAX_TIERS = 10


class CancelTerms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tiers of ordinary days and of holidays; without any, all is refunded until the day before.

    Without tiers for holidays, those of ordinary days hold.
    """

    tiers: Annotated[tuple[CancelTier, ...], Meta(max_length=MAX_TIERS)] = ()
    holiday_tiers: Annotated[tuple[CancelTier, ...], Meta(max_length=MAX_TIERS)] = ()


class _TierRow(Struct, frozen=True):
    holiday: bool
    days_before: int
    refund_bp: int


LOCK_OWN_VISIT = Query(
    ListingState,
    """
    SELECT state FROM listings
     WHERE id = :listing_id AND producer_id = ANY(:producer_ids::uuid[]) AND kind IN ('stay', 'activity')
       FOR NO KEY UPDATE
    """,
)
ADD_TIER = Query(
    None,
    """
    INSERT INTO cancel_tiers (listing_id, holiday, days_before, refund_bp)
    VALUES (:listing_id, :holiday, :days_before, :refund_bp)
    """,
)
LIST_CURRENT_TIERS = Query(
    _TierRow,
    """
    SELECT holiday, days_before, refund_bp FROM cancel_tiers
     WHERE listing_id = :listing_id AND upper_inf(valid_during)
     ORDER BY holiday, days_before DESC
     LIMIT 40
    """,
)
# Versions follow each other, even if the clock of this process is behind that of an earlier change.
GET_START = Query(
    datetime,
    """
    SELECT greatest(:now::timestamptz, max(lower(valid_during)), max(upper(valid_during)))
      FROM cancel_tiers WHERE listing_id = :listing_id
    """,
)
# A version that began at the same moment was never anybody's.
END_TIERS = Query(
    None,
    """
    WITH replaced AS (
        DELETE FROM cancel_tiers
         WHERE listing_id = :listing_id AND upper_inf(valid_during) AND lower(valid_during) >= :start
    )
    UPDATE cancel_tiers SET valid_during = tstzrange(lower(valid_during), :start)
     WHERE listing_id = :listing_id AND upper_inf(valid_during)
       AND (lower_inf(valid_during) OR lower(valid_during) < :start)
    """,
)
ADD_TIERS_FROM = Query(
    None,
    """
    INSERT INTO cancel_tiers (listing_id, holiday, days_before, refund_bp, valid_during)
    VALUES (:listing_id, :holiday, :days_before, :refund_bp, tstzrange(:start, NULL))
    """,
)


def list_tier_faults(terms: CancelTerms) -> list[FieldFault]:
    """Return what is wrong with the tiers, by field."""
    return [
        FieldFault(name, "退订越早退得越多，天数不能重复")
        for name, each in (("tiers", terms.tiers), ("holiday_tiers", terms.holiday_tiers))
        if not are_valid_tiers(each)
    ]


def are_valid_tiers(tiers: Sequence[CancelTier]) -> bool:
    """Return whether no day repeats and cancelling earlier never refunds less."""
    ordered = sorted(tiers)
    days = [tier.days_before for tier in ordered]
    refunds = [tier.refund_bp for tier in ordered]
    return len(set(days)) == len(days) and refunds == sorted(refunds)


def _list_rows(listing_id: UUID, terms: CancelTerms) -> list[dict[str, object]]:
    return [
        {"listing_id": listing_id, "holiday": holiday, "days_before": tier.days_before, "refund_bp": tier.refund_bp}
        for holiday, each in ((False, terms.tiers), (True, terms.holiday_tiers))
        for tier in each
    ]


async def add_tiers(conn: Connection, listing_id: UUID, terms: CancelTerms) -> None:
    """Add the tiers of a new listing."""
    await ADD_TIER.run_many(conn, _list_rows(listing_id, terms))


async def load_cancel_terms(conn: Connection, listing_id: UUID) -> CancelTerms:
    """Return the tiers that hold for orders placed now, longest notice first."""
    rows = await LIST_CURRENT_TIERS.all(conn, listing_id=listing_id)
    ordinary, holiday = (
        tuple(CancelTier(each.days_before, each.refund_bp) for each in rows if each.holiday is wanted)
        for wanted in (False, True)
    )
    return CancelTerms(tiers=ordinary, holiday_tiers=holiday)


async def set_cancel_terms(
    conn: Connection, actor: Actor, listing_id: UUID, terms: CancelTerms, *, now: datetime
) -> CancelTerms:
    """Set the tiers of the actor's stay or activity for orders placed from now on; placed ones keep theirs.

    Repeating changes nothing.

    Raises:
        NotFound: there is no such stay or activity, or it belongs to someone else.
        WrongListingState: the listing is suspended.
        BadListing: a day repeats, or cancelling earlier would refund less; `errors` names the list.
    """
    state = await LOCK_OWN_VISIT.maybe(conn, listing_id=listing_id, producer_ids=list(actor.producers))
    if state is None:
        raise NotFound
    if state is ListingState.SUSPENDED:
        raise WrongListingState(state=LISTING_STATE_NAMES[state])
    if faults := list_tier_faults(terms):
        raise BadListing(errors=tuple(faults))
    current = await load_cancel_terms(conn, listing_id)
    if (set(current.tiers), set(current.holiday_tiers)) == (set(terms.tiers), set(terms.holiday_tiers)):
        return current
    start = await GET_START.one(conn, listing_id=listing_id, now=now)
    await END_TIERS.run(conn, listing_id=listing_id, start=start)
    await ADD_TIERS_FROM.run_many(conn, [row | {"start": start} for row in _list_rows(listing_id, terms)])
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="listing.cancel_terms", object=f"listing:{listing_id}",
        detail={"tiers": len(terms.tiers), "holiday_tiers": len(terms.holiday_tiers)}, now=now,
    )  # fmt: skip
    return await load_cancel_terms(conn, listing_id)
