"""The limit up to which one member of a seller refunds alone."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.catalogue.producers.queries import GET_PRODUCER_COUNTY
from market.kernel import Connection, Fen, Query
from market.kernel.clock import get_business_day, get_day_start
from market.places.counties.load import load_county_settings
from market.sales.orders.transitions import LockedSuborder


class SoloRefunds(Struct, frozen=True, kw_only=True):
    """What was refunded alone: of a suborder by anybody, and in a day by one person for a producer.

    `bought`: the person is the buyer of the suborder, by this or another account.
    """

    order_fen: Fen
    day_fen: Fen
    bought: bool


# The lock of the producer makes its refunds wait for each other: the sums of the next one contain this one.
LOCK_SELLER = Query(UUID, "SELECT id FROM producers WHERE id = :producer_id FOR NO KEY UPDATE")
# Former members count too: their rows remain. A refund that somebody else consented to has a request of the same key.
SUM_SOLO_REFUNDS = Query(
    SoloRefunds,
    """
    SELECT (SELECT coalesce(sum(r.amount_fen), 0)
              FROM order_lines l JOIN line_refunds r ON r.line_id = l.id
             WHERE l.suborder_id = :suborder_id AND r.reason IN ('bad_fruit', 'agreed', 'goods_return')
               AND NOT EXISTS (SELECT FROM refund_requests q WHERE q.line_id = r.line_id AND q.key = r.key)
           )::bigint AS order_fen,
           (SELECT coalesce(sum(r.amount_fen), 0)
              FROM line_refunds r
              JOIN order_lines l ON l.id = r.line_id
              JOIN suborders s ON s.id = l.suborder_id AND s.producer_id = :producer_id
             WHERE r.requested_by IN (SELECT account_id FROM producer_members
                                       WHERE producer_id = :producer_id AND is_same_person(account_id, :account_id))
               AND r.at >= :since AND r.reason IN ('bad_fruit', 'agreed', 'goods_return')
               AND NOT EXISTS (SELECT FROM refund_requests q WHERE q.line_id = r.line_id AND q.key = r.key)
           )::bigint AS day_fen,
           (SELECT is_same_person(buyer_id, :account_id) FROM suborders JOIN orders ON orders.id = order_id
             WHERE suborders.id = :suborder_id) AS bought
    """,
)


async def get_refund_limit(conn: Connection, producer_id: UUID, *, day: date) -> Fen:
    """Return the limit of a producer's county on a day, in fen."""
    county = await GET_PRODUCER_COUNTY.one(conn, producer_id=producer_id)
    return Fen((await load_county_settings(conn, county, day=day)).refund_limit_fen)


async def needs_second_person(
    conn: Connection, account_id: UUID, suborder: LockedSuborder, amount_fen: Fen, *, now: datetime
) -> bool:
    """Return whether a refund of a suborder of a locked order needs a second person's consent.

    It does above the county's `refund_limit_fen`: by itself, together with what was refunded of the suborder without
    consent, or with what the person refunded without consent for this producer on the business day. A refund to the
    person's own purchase always does.
    """
    await LOCK_SELLER.one(conn, producer_id=suborder.producer_id)
    day = get_business_day(now)
    limit = await get_refund_limit(conn, suborder.producer_id, day=day)
    solo = await SUM_SOLO_REFUNDS.one(
        conn,
        suborder_id=suborder.id,
        producer_id=suborder.producer_id,
        account_id=account_id,
        since=get_day_start(day),
    )
    return solo.bought or amount_fen + max(solo.order_fen, solo.day_fen) > limit
