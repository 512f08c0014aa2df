"""Locks of producers, for which payouts and what enters, checks, replaces or ends payout accounts wait."""

from uuid import UUID

from msgspec import Struct

from market.kernel import Query


class PaidProducer(Struct, frozen=True, kw_only=True):
    """A producer that is paid."""

    id: UUID
    number: int
    county_code: str


# The payouts of a producer see each other's sums, and its account as it is.
LOCK_PAID_PRODUCER = Query(
    PaidProducer, "SELECT id, number, county_code FROM producers WHERE id = :producer_id FOR NO KEY UPDATE"
)
# All for which a person works or worked: what changes the person may change their accounts.
LOCK_OWN_PRODUCERS = Query(
    UUID,
    """
    SELECT id FROM producers
     WHERE id IN (SELECT producer_id FROM producer_members WHERE account_id = :account_id)
     ORDER BY id
       FOR NO KEY UPDATE
    """,
)
