"""The sample shop: complete, consistent, and without forbidden words."""

import csv
import re
from pathlib import Path

from market.kernel import Connection
from market.people.moderation.forbidden_words import find_forbidden_word
from market.people.storage.files import FileStore
from market.sales.orders.money.verification import ORDER_PREFIXES, verify_orders
from market.service.demo.sample.public_data import DATA, format_title, read_products, read_tourism
from market.subsidies.clawbacks.ledger import CLAWBACK_PREFIX, verify_receivables
from market.subsidies.month.budget_lines import BUDGET_PREFIX, verify_budget_lines
from payments import verify_ledger

FORBIDDEN = re.compile("贫困户|脱贫户|监测户|扶贫|献爱心|爱心价|滞销|卖惨")


async def test_every_product_and_offer_of_the_public_data_is_live(sample: Connection) -> None:
    live = {
        (row["title"], row["county_code"], row["price_fen"])
        for row in await sample.fetch(
            "SELECT title, county_code, price_fen FROM listings JOIN variants ON listing_id = listings.id"
            " WHERE state = 'live' AND position = 0 AND listings.sample"
        )
    }
    wanted = {(offer.title, offer.county_code, offer.price_fen) for offer in (*read_products(), *read_tourism())}
    assert len(wanted) == 168
    assert wanted - live == set()


async def test_the_public_data_has_132_products_and_36_offers() -> None:
    for name, count in (("products.csv", 132), ("tourism.csv", 36)):
        with (DATA / name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == count
    assert format_title('小河峪村"峪·见"民宿') == "小河峪村“峪·见”民宿"


async def test_orders_suborders_and_lines_have_equal_totals(sample: Connection) -> None:
    assert await sample.fetchval("SELECT count(*) FROM orders") > 0
    assert (
        await sample.fetchval(
            "SELECT count(*) FROM orders o WHERE total_fen <> goods_fen + freight_fen - discount_fen"
            " OR goods_fen <> (SELECT sum(goods_fen) FROM suborders WHERE order_id = o.id)"
            " OR freight_fen <> (SELECT sum(freight_fen) FROM suborders WHERE order_id = o.id)"
        )
        == 0
    )
    assert (
        await sample.fetchval(
            "SELECT count(*) FROM suborders s"
            " WHERE goods_fen <> (SELECT sum(amount_fen) FROM order_lines WHERE suborder_id = s.id)"
        )
        == 0
    )


async def test_every_state_of_orders_and_suborders_occurs(sample: Connection) -> None:
    orders = {row[0] for row in await sample.fetch("SELECT DISTINCT state FROM orders")}
    suborders = {row[0] for row in await sample.fetch("SELECT DISTINCT state FROM suborders")}
    assert orders >= {"paid", "finished", "cancelled", "expired"}
    assert suborders >= {"paid", "shipped", "received", "cancelled", "expired"}


async def test_the_sample_ledger_verifies(sample: Connection) -> None:
    assert await verify_ledger(sample, prefixes=(*ORDER_PREFIXES, BUDGET_PREFIX, CLAWBACK_PREFIX)) == []
    assert await verify_receivables(sample) == []
    assert await verify_budget_lines(sample) == []
    assert await verify_orders(sample) == []
    assert await sample.fetchval("SELECT sum(amount_minor) FROM payments.postings") == 0
    assert await sample.fetchval("SELECT count(*) FROM payments.postings") > 0


async def test_escrow_is_the_paid_sum_less_releases_and_refunds(sample: Connection) -> None:
    held = await sample.fetchval(
        "SELECT sum(b.amount_minor)::bigint FROM payments.balances b JOIN payments.accounts a ON a.id = account_id"
        " WHERE a.kind = 'escrow'"
    )
    waiting = await sample.fetchval(
        "SELECT sum(goods_fen + freight_fen)::bigint FROM suborders WHERE state IN ('paid', 'shipped')"
    )
    weighed_less = await sample.fetchval(
        "SELECT sum(l.refunded_fen)::bigint FROM order_lines l JOIN suborders s ON s.id = suborder_id"
        " WHERE s.state IN ('paid', 'shipped')"
    )
    deposits = await sample.fetchval(
        "SELECT sum(deposit_fen)::bigint FROM deposits JOIN orders ON orders.id = order_id WHERE state = 'deposited'"
    )
    assert held == waiting - weighed_less + deposits
    assert min(waiting, weighed_less, deposits) > 0


async def test_producers_are_owed_or_were_paid_what_was_received_less_the_commission(sample: Connection) -> None:
    owed = await sample.fetchval(
        "SELECT sum(b.amount_minor)::bigint FROM payments.balances b JOIN payments.accounts a ON a.id = account_id"
        " WHERE a.kind IN ('payable', 'freight', 'transit')"
    )
    arrived = await sample.fetchval("SELECT sum(amount_minor)::bigint FROM payments.payouts WHERE state = 'paid'")
    received = await sample.fetchval(
        "SELECT sum(goods_fen - goods_fen * commission_bp / 10000 + freight_fen)::bigint FROM suborders"
        " WHERE state = 'received'"
    )
    refunded = await sample.fetchval(
        "SELECT sum(l.refunded_fen - l.refunded_fen * commission_bp / 10000)::bigint"
        "  FROM order_lines l JOIN suborders s ON s.id = suborder_id WHERE s.state = 'received'"
    )
    assert owed + arrived == received - refunded > arrived > 0
    assert refunded > 0


async def test_lots_are_their_counts_less_the_ordered_units(sample: Connection) -> None:
    assert (
        await sample.fetchval(
            """
            -- What a public unit accepted is sold before it is paid; what it refused is back in stock.
            WITH sales AS (
                SELECT l.lot_id, coalesce(a.accepted, l.units) AS units,
                       s.state = 'placed' AND p.accepted_at IS NULL AS reserved,
                       s.state IN ('deposited', 'paid', 'shipped', 'received')
                           OR (s.state = 'placed' AND p.accepted_at IS NOT NULL) AS sold
                  FROM order_lines l
                  JOIN suborders s ON s.id = suborder_id
                  LEFT JOIN procurements p ON p.order_id = s.order_id
                  LEFT JOIN procurement_lines a ON a.line_id = l.id)
            SELECT count(*) FROM lots
             WHERE available_units <> (SELECT sum(units) FROM stock_moves WHERE lot_id = lots.id)
                                 - coalesce((SELECT sum(units) FROM order_lines WHERE lot_id = lots.id), 0)
                OR reserved_units <> coalesce((SELECT sum(units) FROM sales WHERE lot_id = lots.id AND reserved), 0)
                OR sold_units <> coalesce((SELECT sum(units) FROM sales WHERE lot_id = lots.id AND sold), 0)
            """
        )
        == 0
    )


async def test_an_active_booking_keeps_its_nights_and_costs_their_sum(
    sample: Connection,
) -> None:
    assert (
        await sample.fetchval(
            """
            SELECT count(*) FROM bookings b
             WHERE (state IN ('reserved', 'booked', 'arrived'))
                   <> EXISTS (SELECT FROM taken_nights t WHERE t.booking_id = b.id AND t.nights = b.nights
                                                           AND t.room_id = b.room_id)
                OR amount_fen <> (SELECT sum(price_fen) FROM booked_nights WHERE booking_id = b.id)
                OR upper(nights) - lower(nights) <> (SELECT count(*) FROM booked_nights WHERE booking_id = b.id)
            """
        )
        == 0
    )


async def test_the_rating_of_a_listing_is_that_of_its_reviews(sample: Connection) -> None:
    assert await sample.fetchval("SELECT count(*) FROM reviews") > 0
    assert (
        await sample.fetchval(
            "SELECT count(*) FROM listings l"
            " WHERE rating_sum <> coalesce((SELECT sum(rating) FROM reviews WHERE listing_id = l.id), 0)"
            " OR rating_count <> (SELECT count(*) FROM reviews WHERE listing_id = l.id)"
        )
        == 0
    )


async def test_reviews_are_by_buyers_who_received_the_listing(sample: Connection) -> None:
    assert (
        await sample.fetchval(
            "SELECT count(*) FROM reviews r JOIN suborders s ON s.id = suborder_id JOIN orders o ON o.id = order_id"
            " WHERE s.state <> 'received' OR o.buyer_id <> r.account_id OR r.at <= s.received_at"
            " OR NOT EXISTS (SELECT FROM order_lines WHERE suborder_id = s.id AND listing_id = r.listing_id)"
        )
        == 0
    )


async def test_the_demo_farmer_has_three_parcels_to_ship_and_one_to_weigh(sample: Connection) -> None:
    farm = await sample.fetchrow(
        "SELECT p.id, p.number FROM producers p JOIN accounts a ON a.id = applied_by"
        " WHERE a.name = '样例唐甲子' AND p.state = 'open'"
    )
    assert farm is not None
    waiting = await sample.fetch(
        "SELECT count(*) AS parcels, weighed_by_kilo FROM (SELECT EXISTS (SELECT FROM catch_weights w"
        " JOIN order_lines l ON l.id = w.line_id WHERE l.suborder_id = s.id) AS weighed_by_kilo FROM suborders s"
        "  WHERE producer_id = $1 AND state = 'paid' AND kind = 'goods') AS parcels"
        " GROUP BY weighed_by_kilo ORDER BY weighed_by_kilo",
        farm["id"],
    )
    assert [tuple(row) for row in waiting] == [(3, False), (1, True)]


async def test_every_listing_has_a_picture_in_the_store(sample: Connection, store: tuple[FileStore, Path]) -> None:
    files, _ = store
    names = await sample.fetch("SELECT p.name FROM listings l LEFT JOIN photos p ON p.id = l.photo_id")
    for row in names:
        drawn = await files.get(f"listing/{row['name']}.svg")
        assert drawn.startswith(b"<svg ")
    assert len({row["name"] for row in names}) == len(names)


async def test_no_text_contains_a_forbidden_word(sample: Connection) -> None:
    texts = [
        row[0]
        for row in await sample.fetch(
            "SELECT title || ' ' || story || ' ' || gi FROM listings"
            " UNION ALL SELECT name || ' ' || produce || ' ' || story FROM producers"
            " UNION ALL SELECT text || ' ' || coalesce(answer, '') FROM reviews"
            " UNION ALL SELECT name FROM accounts UNION ALL SELECT title FROM order_lines"
        )
    ]
    assert len(texts) > 500
    assert [text for text in texts if FORBIDDEN.search(text) or find_forbidden_word(text)] == []


async def test_every_buyer_and_seller_is_marked_as_a_sample(sample: Connection) -> None:
    for table in ("accounts", "producers", "listings"):
        assert await sample.fetchval(f"SELECT count(*) FROM {table} WHERE NOT sample") == 0
    assert await sample.fetchval("SELECT count(*) FROM accounts WHERE name !~ '^样例|^乡集用户$'") == 0
    assert await sample.fetchval("SELECT count(*) FROM producers WHERE name NOT LIKE '样例%'") == 0


async def test_every_required_certificate_is_verified(sample: Connection) -> None:
    assert (
        await sample.fetchval(
            "SELECT count(*) FROM listings l JOIN categories c ON c.code = category_code"
            " WHERE c.required_certificates <> '{}' AND NOT EXISTS (SELECT FROM certificates"
            " WHERE producer_id = l.producer_id AND kind = ANY(c.required_certificates) AND verified_at IS NOT NULL)"
        )
        == 0
    )


async def test_only_registered_geographical_indications_are_shown(
    sample: Connection,
) -> None:
    shown = {row["title"] for row in await sample.fetch("SELECT title FROM listings WHERE gi <> ''")}
    named = {
        offer.title
        for offer in read_products()
        if any(
            part.startswith(("AGI", "GI")) and "拟" not in part and "受理" not in part for part in offer.zone.split("/")
        )
    }
    assert shown == named
    assert "阜平大枣" not in shown


async def test_the_sample_has_a_coupon_of_the_platform_and_one_of_the_farmer(sample: Connection) -> None:
    rows = await sample.fetch("SELECT bearer, producer_id IS NOT NULL AS of_one FROM coupons ORDER BY bearer")
    assert [tuple(row) for row in rows] == [("platform", False), ("producer", True)]


async def test_lines_are_perishable_as_their_listings_are(sample: Connection) -> None:
    rows = await sample.fetch(
        "SELECT l.perishable AS bought, listings.perishable, count(*)"
        " FROM order_lines l JOIN listings ON listings.id = listing_id GROUP BY 1, 2"
    )
    assert {(row["bought"], row["perishable"]) for row in rows} == {(True, True), (False, False)}
