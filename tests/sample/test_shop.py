"""The shop of the samples: whole, consistent, and fit to be read by anyone."""

import csv
import re
from pathlib import Path

from market.kernel import Connection
from market.producers.moderation import forbidden_in
from market.sample.sources import DATA, products, title_of, tourism
from market.storage import Files
from payments import verify

FORBIDDEN = re.compile("贫困户|脱贫户|监测户|扶贫|献爱心|爱心价|滞销|卖惨")


async def test_every_product_and_every_offer_of_the_data_is_live(sample: Connection) -> None:
    live = {
        (row["title"], row["county_code"], row["price_fen"])
        for row in await sample.fetch(
            "SELECT title, county_code, price_fen FROM listings JOIN variants ON listing_id = listings.id"
            " WHERE state = 'live' AND position = 0 AND listings.sample"
        )
    }
    wanted = {(offer.title, offer.county_code, offer.price_fen) for offer in (*products(), *tourism())}
    assert len(wanted) == 168
    assert wanted - live == set()


async def test_the_copied_data_has_132_products_and_36_offers_by_their_names() -> None:
    for name, count in (("products.csv", 132), ("tourism.csv", 36)):
        with (DATA / name).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == count
    assert title_of('小河峪村"峪·见"民宿') == "小河峪村“峪·见”民宿"


async def test_orders_suborders_and_lines_sum_up(sample: Connection) -> None:
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


async def test_the_ledger_of_the_samples_verifies(sample: Connection) -> None:
    assert await verify(sample) == []
    assert await sample.fetchval("SELECT sum(amount_minor) FROM payments.postings") == 0
    assert await sample.fetchval("SELECT count(*) FROM payments.postings") > 0


async def test_escrow_holds_what_is_paid_and_neither_released_nor_given_back(sample: Connection) -> None:
    held = await sample.fetchval(
        "SELECT sum(b.amount_minor)::bigint FROM payments.balances b JOIN payments.accounts a ON a.id = account_id"
        " WHERE a.kind = 'escrow'"
    )
    waiting = await sample.fetchval(
        "SELECT sum(goods_fen + freight_fen)::bigint FROM suborders WHERE state IN ('paid', 'shipped')"
    )
    assert held == waiting > 0


async def test_producers_are_owed_what_was_received_less_the_commission(sample: Connection) -> None:
    owed = await sample.fetchval(
        "SELECT sum(b.amount_minor)::bigint FROM payments.balances b JOIN payments.accounts a ON a.id = account_id"
        " WHERE a.kind IN ('payable', 'freight')"
    )
    received = await sample.fetchval(
        "SELECT sum(goods_fen - goods_fen * commission_bp / 10000 + freight_fen)::bigint FROM suborders"
        " WHERE state = 'received'"
    )
    assert owed == received > 0


async def test_lots_are_their_counts_less_what_orders_took(sample: Connection) -> None:
    assert (
        await sample.fetchval(
            """
            SELECT count(*) FROM lots
             WHERE left_units <> (SELECT sum(units) FROM stock_moves WHERE lot_id = lots.id)
                                 - coalesce((SELECT sum(units) FROM order_lines WHERE lot_id = lots.id), 0)
                OR waiting_units <> coalesce((
                       SELECT sum(units) FROM order_lines l JOIN suborders s ON s.id = suborder_id
                        WHERE l.lot_id = lots.id AND s.state = 'placed'), 0)
                OR sold_units <> coalesce((
                       SELECT sum(units) FROM order_lines l JOIN suborders s ON s.id = suborder_id
                        WHERE l.lot_id = lots.id AND s.state IN ('paid', 'shipped', 'received')), 0)
            """
        )
        == 0
    )


async def test_a_booking_keeps_its_nights_while_it_stands_and_its_price_is_that_of_its_nights(
    sample: Connection,
) -> None:
    assert (
        await sample.fetchval(
            """
            SELECT count(*) FROM bookings b
             WHERE (state IN ('held', 'booked', 'arrived'))
                   <> EXISTS (SELECT FROM taken_nights t WHERE t.booking_id = b.id AND t.nights = b.nights
                                                           AND t.room_id = b.room_id)
                OR amount_fen <> (SELECT sum(price_fen) FROM booked_nights WHERE booking_id = b.id)
                OR upper(nights) - lower(nights) <> (SELECT count(*) FROM booked_nights WHERE booking_id = b.id)
            """
        )
        == 0
    )


async def test_the_stars_of_a_listing_are_those_of_its_reviews(sample: Connection) -> None:
    assert await sample.fetchval("SELECT count(*) FROM reviews") > 0
    assert (
        await sample.fetchval(
            "SELECT count(*) FROM listings l"
            " WHERE rating_sum <> coalesce((SELECT sum(rating) FROM reviews WHERE listing_id = l.id), 0)"
            " OR rating_count <> (SELECT count(*) FROM reviews WHERE listing_id = l.id)"
        )
        == 0
    )


async def test_reviews_are_by_buyers_of_what_they_received(sample: Connection) -> None:
    assert (
        await sample.fetchval(
            "SELECT count(*) FROM reviews r JOIN suborders s ON s.id = suborder_id JOIN orders o ON o.id = order_id"
            " WHERE s.state <> 'received' OR o.buyer_id <> r.account_id OR r.at <= s.received_at"
            " OR NOT EXISTS (SELECT FROM order_lines WHERE suborder_id = s.id AND listing_id = r.listing_id)"
        )
        == 0
    )


async def test_the_demo_farmer_has_two_parcels_to_send_and_money_that_came(sample: Connection) -> None:
    farm = await sample.fetchrow(
        "SELECT p.id, p.number FROM producers p JOIN accounts a ON a.id = applied_by"
        " WHERE a.name = '样例唐甲子' AND p.state = 'open'"
    )
    assert farm is not None
    waiting = await sample.fetchval(
        "SELECT count(*) FROM suborders WHERE producer_id = $1 AND state = 'paid' AND kind = 'goods'", farm["id"]
    )
    assert waiting == 2


async def test_every_listing_has_a_picture_in_the_store(sample: Connection, store: tuple[Files, Path]) -> None:
    files, _ = store
    names = await sample.fetch("SELECT p.name FROM listings l LEFT JOIN photos p ON p.id = l.photo_id")
    for row in names:
        drawn = await files.get(f"listing/{row['name']}.svg")
        assert drawn.startswith(b"<svg ")
    assert len({row["name"] for row in names}) == len(names)


async def test_no_text_for_farmers_and_buyers_holds_a_forbidden_word(sample: Connection) -> None:
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
    assert [text for text in texts if FORBIDDEN.search(text) or forbidden_in(text)] == []


async def test_whoever_sells_or_buys_is_marked_as_a_sample(sample: Connection) -> None:
    for table in ("accounts", "producers", "listings"):
        assert await sample.fetchval(f"SELECT count(*) FROM {table} WHERE NOT sample") == 0
    assert await sample.fetchval("SELECT count(*) FROM accounts WHERE name NOT LIKE '样例%'") == 0
    assert await sample.fetchval("SELECT count(*) FROM producers WHERE name NOT LIKE '样例%'") == 0


async def test_every_category_that_needs_a_paper_has_it_verified(sample: Connection) -> None:
    assert (
        await sample.fetchval(
            "SELECT count(*) FROM listings l JOIN categories c ON c.code = category_code"
            " WHERE c.needs <> '{}' AND NOT EXISTS (SELECT FROM certificates"
            " WHERE producer_id = l.producer_id AND kind = ANY(c.needs) AND verified_at IS NOT NULL)"
        )
        == 0
    )


async def test_a_geographical_indication_is_shown_only_where_the_data_names_a_registered_one(
    sample: Connection,
) -> None:
    shown = {row["title"] for row in await sample.fetch("SELECT title FROM listings WHERE gi <> ''")}
    named = {
        offer.title
        for offer in products()
        if any(
            part.startswith(("AGI", "GI")) and "拟" not in part and "受理" not in part for part in offer.zone.split("/")
        )
    }
    assert shown == named
    assert "阜平大枣" not in shown
