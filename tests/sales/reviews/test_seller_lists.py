"""A page of what a shop got is read by the shop's index, however long ago its last was and however many others have."""

from typing import Any
from uuid import UUID

import pytest

from market.kernel import Connection, Query
from market.sales.complaints.views import LIST_PRODUCER_COMPLAINTS
from market.sales.conversations.views import LIST_SELLER_CONVERSATIONS
from market.sales.invoices.views import LIST_RECORDED
from market.sales.reviews.views import LIST_SELLER_REVIEWS
from tests.conftest import NOW
from tests.support.postgres import as_owner

SHOP = UUID(int=1)
OWNER = "CASE WHEN n <= 5000 THEN $1::uuid ELSE uuidv7() END"
SOLD = """
    WITH o AS (
        INSERT INTO orders (id, buyer_id, key, fingerprint, region_code, goods_fen, freight_fen, total_fen,
                            placed_at, pay_until, address_sealed)
        SELECT md5(n::text)::uuid, uuidv7(), n::text, '', '130624', 100, 0, 100, $1, $1, ''
          FROM generate_series(1, 30000) n)
    INSERT INTO suborders (id, order_id, position, producer_id, kind, goods_fen, freight_fen, commission_bp)
    SELECT md5(n::text)::uuid, md5(n::text)::uuid, 1, uuidv7(), 'goods', 100, 0, 0 FROM generate_series(1, 30000) n
"""
COMPLAINTS = """
    INSERT INTO complaints (case_id, category, suborder_id)
    SELECT md5(n::text)::uuid, 'complaint_goods', md5(n::text)::uuid FROM generate_series(1, 30000) n
"""
LISTS: dict[str, tuple[Query[Any], str, str]] = {
    "reviews": (
        LIST_SELLER_REVIEWS,
        "reviews",
        f"""
        (suborder_id, listing_id, account_id, rating, text, at, producer_id)
        SELECT uuidv7(), uuidv7(), uuidv7(), 5, '', $2, {OWNER} FROM generate_series(1, 30000) n
        """,
    ),
    "conversations": (
        LIST_SELLER_CONVERSATIONS,
        "conversations",
        f"""
        (suborder_id, producer_id, buyer_id, last_at)
        SELECT uuidv7(), {OWNER}, uuidv7(), $2::timestamptz + n * interval '1 s' FROM generate_series(1, 30000) n
        """,
    ),
    "invoices": (
        LIST_RECORDED,
        "invoices",
        f"""
        (suborder_id, number, self_grown, issued_on, amount_fen, recorded_by, recorded_at, producer_id)
        SELECT md5(n::text)::uuid, '19' || lpad(n::text, 18, '0'), false, '2019-09-01', 100, uuidv7(), $2, {OWNER}
          FROM generate_series(1, 30000) n
        """,
    ),
    "complaints": (
        LIST_PRODUCER_COMPLAINTS,
        "cases",
        f"""
        (id, category, division_code, asker_id, against_producer_id, text_sealed, path, received_at, due_at, state,
         outcome, closed_at)
        SELECT md5(n::text)::uuid, 'complaint_goods', '130624001001', uuidv7(), {OWNER}, '', '{{seller}}', $2, $2,
               'closed', 'solved', $2 FROM generate_series(1, 30000) n
        """,
    ),
}


@pytest.mark.parametrize("name", LISTS)
async def test_a_page_of_a_shop_reads_no_row_of_another(new_conn: Connection, name: str) -> None:
    query, table, rows = LISTS[name]
    async with as_owner(new_conn):
        await new_conn.execute("SET LOCAL session_replication_role = replica")
        await new_conn.execute(f"INSERT INTO {table} {rows}", SHOP, NOW)
        await new_conn.execute(SOLD, NOW)
        await new_conn.execute(COMPLAINTS)
        await new_conn.execute(f"ANALYZE {table}, orders, suborders, complaints")
        count = (
            f"SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = '{table}'"
        )
        before = await new_conn.fetchval(count)
        values = {
            "producer_ids": [SHOP], "before": None, "before_at": None, "before_id": None, "as_buyer": False,
            "limit": 21, "categories": ["complaint_goods", "complaint_service"],
        }  # fmt: skip
        await query.all(new_conn, **{name: values[name] for name in query.names})
        assert await new_conn.fetchval(count) - before < 200
