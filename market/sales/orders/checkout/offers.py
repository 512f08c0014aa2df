"""Load the current offers of goods and stays, for placing and for the cart, in one statement each."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from market.catalogue.listings.freight import FREIGHT_JSON
from market.catalogue.listings.goods_terms import GOODS_JSON
from market.catalogue.listings.tier_prices import TIERS_JSON
from market.kernel import Connection, Query
from market.places.organisations.public_buyers import list_buying_now
from market.sales.orders.checkout.pricing import GoodsOffer, StayOffer
from market.sales.orders.models import Nights

# The planner takes the array of a subquery for ten elements, so that the general plan is as good as one for a request.
# Those of a parameter it counts, finds a plan for three cheaper than the general one, and plans for each request again.
LIST_GOODS_OFFERS = Query(
    GoodsOffer,
    """
    SELECT v.id AS variant_id, l.id AS listing_id, l.number AS listing_number,
           l.kind AS listing_kind, title, v.label, v.unit, price_fen,
           l.kind = 'activity' AND position IS NOT DISTINCT FROM 1 AS child, gross_g, net_g, ceiling_bp, lot_id,
           lot_units_per_item, available_units, reserved_units, commission_bp,
           l.state = 'live' AND l.certified_until >= :day::date AND l.kind <> 'stay'
               AND position IS NOT NULL AS on_sale,
           position IS NULL AS replaced,
           producers.id AS producer_id, producers.name AS producer, producers.state = 'open' AS shop_open,
           closures.reason AS closed_for, upper(closed_during) AS reopens_on,
           CASE WHEN freight_templates.id IS NOT NULL THEN """
    + FREIGHT_JSON
    + """ END AS freight,
    """
    + GOODS_JSON
    + """ AS goods,
    """
    + TIERS_JSON
    + """ AS tiers, public_price_fen,
           CASE WHEN presales.send_until >= :day::date THEN to_jsonb(presales) - 'listing_id' END AS presale,
           get_county_setting(producers.county_code, 'pay_minutes', :day::date) AS pay_minutes,
           category_code, producers.county_code
      FROM variants v
      JOIN listings l ON l.id = listing_id
      JOIN producers ON producers.id = l.producer_id
      LEFT JOIN lots ON lots.id = lot_id
      LEFT JOIN presales ON presales.listing_id = l.id
      LEFT JOIN freight_templates ON freight_templates.producer_id = producers.id
      LEFT JOIN closures ON closures.producer_id = producers.id AND closed_during @> :day::date
     WHERE v.id = ANY((SELECT :variant_ids::uuid[])::uuid[])
    """,
)
LIST_STAY_OFFERS = Query(
    StayOffer,
    """
    SELECT request.n::integer AS n, listings.id AS listing_id, listings.number AS listing_number,
           variants.id AS variant_id, title, unit, commission_bp,
           listings.state = 'live' AND listings.certified_until >= :day::date AND listings.kind = 'stay' AS on_sale,
           producers.id AS producer_id, producers.name AS producer, producers.state = 'open' AS shop_open,
           closures.reason AS closed_for, upper(closed_during) AS reopens_on,
           priced.nights, priced.minimum, category_code, producers.county_code,
           get_county_setting(producers.county_code, 'pay_minutes', :day::date) AS pay_minutes,
           EXISTS (SELECT FROM holidays WHERE day_off AND day >= request.arrive AND day < request.leave) AS holiday,
           (SELECT count(*) FROM rooms
             WHERE rooms.listing_id = listings.id AND rooms.open
               AND NOT EXISTS (SELECT FROM taken_nights AS taken
                                WHERE room_id = rooms.id AND taken.nights && daterange(request.arrive, request.leave))
           ) AS free,
           get_cancel_tiers(listings.id, 'infinity') AS tiers,
           (SELECT to_jsonb(stay_deposits) - 'listing_id' FROM stay_deposits WHERE listing_id = listings.id) AS deposit
      FROM unnest(:listing_ids::uuid[], :arrives::date[], :leaves::date[])
           WITH ORDINALITY AS request (listing_id, arrive, leave, n)
      JOIN listings ON listings.id = request.listing_id
      JOIN producers ON producers.id = listings.producer_id
      LEFT JOIN closures ON closures.producer_id = producers.id AND closed_during @> :day::date
      JOIN variants ON variants.listing_id = listings.id AND variants.position = 0
     CROSS JOIN LATERAL (
           SELECT jsonb_agg(jsonb_build_array(night, price.price_fen) ORDER BY night) AS nights,
                  (jsonb_agg(jsonb_build_object('night', night, 'min_nights', min_nights, 'min_rule', min_rule,
                                                'holiday', holiday) ORDER BY min_nights DESC, night) -> 0)
                  || jsonb_build_object('fills_gap', CASE WHEN max(min_nights) > request.leave - request.arrive
                         THEN fills_gap(listings.id, request.arrive, request.leave, :day::date) ELSE false END)
                      AS minimum
             FROM list_night_prices(listings.id, request.arrive, request.leave) AS price
           ) AS priced
    """,
)


async def load_goods_offers(conn: Connection, variant_ids: Sequence[UUID], *, day: date) -> dict[UUID, GoodsOffer]:
    """Return the offers of variants on `day` by id; unknown variants are omitted."""
    rows = await LIST_GOODS_OFFERS.all(conn, variant_ids=list(variant_ids), day=day)
    return {row.variant_id: row for row in rows}


async def load_stay_offers(conn: Connection, nights: Sequence[Nights], *, day: date) -> dict[int, StayOffer]:
    """Return the offers of stays on `day` by position in `nights`, from 1; unknown stays are omitted."""
    if not nights:
        return {}
    rows = await LIST_STAY_OFFERS.all(
        conn,
        listing_ids=[each.listing_id for each in nights],
        arrives=[each.arrive_on for each in nights],
        leaves=[each.leave_on for each in nights],
        day=day,
    )
    return {row.n: row for row in rows}


async def load_public_buyers(
    conn: Connection, account_ids: Sequence[UUID], offers: Iterable[GoodsOffer], *, day: date
) -> set[UUID]:
    """Return which accounts buy for a public unit on `day`; no statement runs if no offer has a price for one."""
    if all(each.public_price_fen is None for each in offers):
        return set()
    return await list_buying_now(conn, account_ids, day=day)
