"""What cancelling a package refunds at least, whichever households supply it."""

from uuid import UUID

from msgspec import Struct

from market.bookings.models import CancellationTier
from market.kernel import Connection, FieldFault, Query
from market.orders.checkout.seen_terms import CancelTermsChanged, describe_tiers, hash_tiers
from market.packages.rules import find_strictest_tiers


class _PartTiers(Struct, frozen=True):
    tiers: list[CancellationTier]


LIST_PART_TIERS = Query(
    _PartTiers,
    """
    SELECT get_cancel_tiers(s.listing_id, 'infinity') AS tiers
      FROM package_suppliers s JOIN package_parts USING (package_id, position)
     WHERE package_id = :package_id AND kind <> 'product' AND state = 'agreed'
     ORDER BY position, ordinal
    """,
)


async def load_strictest_tiers(conn: Connection, package_id: UUID, *, holiday: bool) -> list[CancellationTier]:
    """Return the least that cancelling the visits of a package refunds, whichever households supply it."""
    rows = await LIST_PART_TIERS.all(conn, package_id=package_id)
    return find_strictest_tiers([row.tiers for row in rows], holiday=holiday)


async def require_seen_tiers(conn: Connection, package_id: UUID, *, holiday: bool, cancel_terms: str | None) -> None:
    """Require that the least that cancelling refunds is what the buyer saw, if it is known what that was.

    Raises:
        CancelTermsChanged: it is not.
    """
    if cancel_terms is None:
        return
    tiers = await load_strictest_tiers(conn, package_id, holiday=holiday)
    if cancel_terms != hash_tiers(tiers):
        raise CancelTermsChanged(errors=(FieldFault("cancel_terms", describe_tiers(tiers)),))
