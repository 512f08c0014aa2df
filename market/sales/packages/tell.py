"""Tell who composed packages that a household no longer sells what it agreed to supply."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.listings.models import ListingMove
from market.kernel import Connection, Query
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.people.notify.notifications import notify_producer


class _Lacking(Struct, frozen=True):
    household: str
    title: str
    organiser_id: UUID


# A variant or a listing: an id is that of one of them.
LIST_LACKING = Query(
    _Lacking,
    """
    SELECT DISTINCT household.name AS household, p.title, p.producer_id AS organiser_id
      FROM package_suppliers s
      JOIN packages p ON p.id = s.package_id AND p.producer_id <> s.producer_id
                     AND p.state <> 'withdrawn' AND upper(p.valid_during) > :day::date
      JOIN producers household ON household.id = s.producer_id
     WHERE :unsold_id::uuid IN (s.variant_id, s.listing_id) AND s.state = 'agreed'
     ORDER BY p.title
     LIMIT 100
    """,
)


async def tell_of_retired_pack(conn: Connection, seal: Seal, variant_id: UUID, *, now: datetime) -> None:
    """Tell them of a pack that was replaced or ended, in the transaction that did it.

    What a household agreed to is that pack and its share, so that another pack does not take its place.
    """
    await _tell(conn, seal, variant_id, now=now)


async def tell_of_moved_listing(
    conn: Connection, seal: Seal, listing_id: UUID, move: ListingMove, *, now: datetime
) -> None:
    """Tell them of a listing that was withdrawn or suspended, in the transaction that did it."""
    if move in {ListingMove.WITHDRAW, ListingMove.SUSPEND}:
        await _tell(conn, seal, listing_id, now=now)


async def _tell(conn: Connection, seal: Seal, unsold_id: UUID, *, now: datetime) -> None:
    for each in await LIST_LACKING.all(conn, unsold_id=unsold_id, day=get_business_day(now)):
        facts = {"household": each.household, "title": each.title}
        await notify_producer(conn, seal, each.organiser_id, "package_lacking", facts, now=now)
