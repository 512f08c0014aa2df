"""What placing and the cart read: goods, stays and buyers as they stand, each for many wishes in one statement."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.orders.models import Nights, OrderId, OrderState, Placed
from market.orders.rules import Goods, Stay

GOODS = Query(
    Goods,
    """
    SELECT variants.id AS variant_id, listings.id AS listing_id, listings.number AS listing_number,
           listings.kind AS listing_kind, title, label, unit, price_fen, gross_g, lot_id, takes, commission_bp,
           listings.state = 'live' AND listings.kind <> 'stay' AS on_sale,
           producers.id AS producer_id, producers.name AS producer, producers.state = 'open' AS shop_open,
           CASE WHEN freight_templates.id IS NOT NULL THEN jsonb_build_object(
               'first_g', first_g, 'first_fen', first_fen, 'next_g', next_g, 'next_fen', next_fen,
               'free_above_fen', free_above_fen, 'no_ship', no_ship) END AS freight
      FROM variants
      JOIN listings ON listings.id = listing_id
      JOIN producers ON producers.id = listings.producer_id
      LEFT JOIN freight_templates ON freight_templates.producer_id = producers.id
     WHERE variants.id = ANY(:variant_ids::uuid[])
    """,
)
STAYS = Query(
    Stay,
    """
    SELECT ask.n::integer AS n, listings.id AS listing_id, listings.number AS listing_number,
           variants.id AS variant_id, title, unit, commission_bp,
           listings.state = 'live' AND listings.kind = 'stay' AS on_sale,
           producers.id AS producer_id, producers.name AS producer, producers.state = 'open' AS shop_open,
           priced.nights,
           EXISTS (SELECT FROM holidays WHERE rest AND day >= ask.arrive AND day < ask.leave) AS holiday,
           coalesce((SELECT jsonb_agg(jsonb_build_object('holiday', holiday, 'days_before', days_before,
                                                         'refund_bp', refund_bp))
                       FROM cancel_tiers WHERE cancel_tiers.listing_id = listings.id), '[]') AS tiers
      FROM unnest(:listing_ids::uuid[], :arrives::date[], :leaves::date[])
           WITH ORDINALITY AS ask (listing_id, arrive, leave, n)
      JOIN listings ON listings.id = ask.listing_id
      JOIN producers ON producers.id = listings.producer_id
      JOIN variants ON variants.listing_id = listings.id AND variants.position = 0
     CROSS JOIN LATERAL (
           SELECT jsonb_agg(jsonb_build_array(day::date, coalesce(season.price_fen, variants.price_fen)) ORDER BY day)
                  AS nights
             FROM generate_series(ask.arrive, ask.leave - 1, interval '1 day') AS day
             LEFT JOIN night_prices AS season ON season.listing_id = listings.id AND season.valid_during @> day::date
           ) AS priced
    """,
)
IDS = Query(UUID, "SELECT uuidv7() FROM generate_series(1, :count::integer)")


class Standing(Struct, frozen=True):
    """What is known of a wish before it is looked at: how many unpaid orders its buyer holds, and its own order.

    Everything from `id` on is of the order that was placed under the wish's key before; None where there is none.
    """

    n: int
    waiting: int
    fingerprint: bytes | None
    id: OrderId | None
    number: int | None
    state: OrderState | None
    goods_fen: Fen | None
    freight_fen: Fen | None
    discount_fen: Fen | None
    total_fen: Fen | None
    placed_at: datetime | None
    pay_until: datetime | None

    @property
    def placed(self) -> Placed | None:
        """The order that is known already."""
        if (
            self.id is None
            or self.number is None
            or self.state is None
            or self.goods_fen is None
            or self.freight_fen is None
            or self.discount_fen is None
            or self.total_fen is None
            or self.placed_at is None
            or self.pay_until is None
        ):
            return None
        return Placed(
            self.id,
            self.number,
            self.state,
            self.goods_fen,
            self.freight_fen,
            self.discount_fen,
            self.total_fen,
            self.placed_at,
            self.pay_until,
        )


STANDING = Query(
    Standing,
    """
    SELECT ask.n::integer AS n,
           (SELECT count(*) FROM orders AS held
             WHERE held.buyer_id = ask.buyer_id AND held.state = 'placed')::integer AS waiting,
           fingerprint, id, number, state, goods_fen, freight_fen, discount_fen, total_fen, placed_at, pay_until
      FROM unnest(:buyers::uuid[], :keys::text[]) WITH ORDINALITY AS ask (buyer_id, key, n)
      LEFT JOIN orders ON orders.buyer_id = ask.buyer_id AND orders.key = ask.key
    """,
)


async def goods_of(conn: Connection, variant_ids: Sequence[UUID]) -> dict[UUID, Goods]:
    """Return the variants as they are sold now, by id; unknown ones are missing."""
    return {row.variant_id: row for row in await GOODS.all(conn, variant_ids=list(variant_ids))}


async def stays_of(conn: Connection, nights: Sequence[Nights]) -> dict[int, Stay]:
    """Return the stays as they are sold now, by the place of the wish, from 1; unknown ones are missing."""
    if not nights:
        return {}
    rows = await STAYS.all(
        conn,
        listing_ids=[each.listing_id for each in nights],
        arrives=[each.arrive_on for each in nights],
        leaves=[each.leave_on for each in nights],
    )
    return {row.n: row for row in rows}
