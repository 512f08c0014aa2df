"""What jobs look for is found by an index: none reads a table that keeps growing from its beginning."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from msgspec import Struct

from market.cases.casework.erase import ERASE_CASE_TEXTS
from market.catalogue.bookings.host_nights import DELETE_PAST_NIGHTS
from market.catalogue.slots.cancel_slot import LIST_SMALL_SLOTS
from market.catalogue.slots.seats import FORGET_SEATS, LIST_STRANDED
from market.kernel import Connection, Query
from market.people.storage.unused_photos import DELETE_UNUSED_PHOTOS
from market.sales.carriers.track import GIVE_UP_PARCELS
from market.sales.invoices.erase import ERASE_DETAILS
from market.sales.payouts.pay_out import SUM_KEPT_BACK
from market.subsidies.clawbacks.decide import LIST_DUE_CLAWBACKS
from market.subsidies.evidence.erase_persons import LIST_DUE_ERASURES
from market.villages.services.applications import DELETE_OLD
from tests.conftest import NOW
from tests.support.postgres import as_owner

DAY = timedelta(days=1)


class Work(Struct, frozen=True):
    """A query of a job, its values, and a table with many rows of which it wants none."""

    query: Query[Any]
    values: dict[str, object]
    table: str
    rows: str


WORK = {
    "erase_case_texts": Work(
        ERASE_CASE_TEXTS,
        {
            "categories": ["grievance"],
            "before": NOW - 9 * DAY,
            "text": b"",
            "reason": b"",
            "now": NOW,
            "most": 500,
        },
        "cases",
        "INSERT INTO cases (category, division_code, asker_id, text_sealed, path, received_at, due_at, state, outcome,"
        " closed_at)"
        " SELECT CASE WHEN n % 2 = 0 THEN 'bad_fruit' ELSE 'grievance' END, '130624001001', uuidv7(), '', '{seller}',"
        " $1, $1, 'closed', 'solved', $1 FROM generate_series(1, 20000) n",
    ),
    "erase_persons": Work(
        LIST_DUE_ERASURES,
        {"day": NOW.date(), "years": 5, "most": 500},
        "memberships",
        "WITH p AS (INSERT INTO persons (county_code, identity_index, identity_sealed, name_sealed, born_on, sex)"
        " SELECT '130624', decode(md5(n::text), 'hex'), '', '', '1950-01-01', '女' FROM generate_series(1, 20000) n"
        " RETURNING id)"
        "INSERT INTO memberships (county_code, person_id, household_code, member_number, relation, valid_during)"
        " SELECT '130624', id, id::text, 1, '户主', daterange($1::timestamptz::date, NULL) FROM p",
    ),
    "delete_host_nights": Work(
        DELETE_PAST_NIGHTS,
        {"before": NOW.date(), "piece": 5_000},
        "taken_nights",
        "INSERT INTO taken_nights (room_id, nights, booking_id)"
        " SELECT uuidv7(), daterange($1::timestamptz::date + n % 2, $1::timestamptz::date + 2),"
        " CASE WHEN n % 2 = 0 THEN uuidv7() END FROM generate_series(1, 20000) n",
    ),
    "forget_old_seats": Work(
        FORGET_SEATS,
        {"kind": "clinic", "before": NOW, "after_at": NOW - 9999 * DAY, "after_id": UUID(int=0), "piece": 20},
        "slots",
        "INSERT INTO slots (kind, village_code, room, during, capacity, free, forgotten)"
        " SELECT 'clinic', '130624001001', 'r' || n,"
        " tstzrange($1::timestamptz - interval '9 d', $1::timestamptz - interval '8.9 d'), 9, 9, true"
        " FROM generate_series(1, 20000) n",
    ),
    "cancel_small_slots": Work(
        LIST_SMALL_SLOTS,
        {"now": NOW, "until": NOW + DAY, "limit": 500},
        "slots",
        "INSERT INTO slots (listing_id, during, capacity, minimum, free)"
        " SELECT uuidv7(), tstzrange($1::timestamptz - interval '9 d',"
        " $1::timestamptz - interval '8.9 d'), 9, 2, 9 FROM generate_series(1, 20000) n",
    ),
    "end_seats": Work(
        LIST_STRANDED,
        {"limit": 500},
        "slot_reservations",
        "WITH s AS (INSERT INTO slots"
        " (kind, village_code, room, during, capacity, free, state, cancelled_at, cancel_reason)"
        " SELECT 'course', '130624001001', 'r', tstzrange($1::timestamptz, $1::timestamptz + interval '1 h'), 9, 9,"
        " 'cancelled', $1, 'village' FROM generate_series(1, 20000) RETURNING id)"
        "INSERT INTO slot_reservations (slot_id, party, state, signed_up_by, account_id, joined_at)"
        " SELECT id, 1, 'missed', uuidv7(), uuidv7(), $1 FROM s",
    ),
    "delete_old_applications": Work(
        DELETE_OLD,
        {"before": NOW.date(), "piece": 5_000},
        "job_applications",
        "INSERT INTO job_applications (posting_id, account_id, consented_at, state, hired_on, hired_by, answered_at)"
        " SELECT uuidv7(), uuidv7(), $1, 'denied', '2018-01-01', uuidv7(), $1 FROM generate_series(1, 20000) n",
    ),
    "post_clawbacks": Work(
        LIST_DUE_CLAWBACKS,
        {"day": NOW.date(), "most": 1_000},
        "clawbacks",
        "INSERT INTO clawbacks (county_code, debtor, household_code, village_code, person_id,"
        " finding_id, amount_fen, reason_sealed, ground,"
        " statement_sealed, proposed_by, proposed_person, proposed_at, state, decided_by, decided_person, decided_at,"
        " opinion_sealed, served_on, service, served_by, appeal_until)"
        " SELECT '130624', 'household', n::text, '130624001001', uuidv7(), uuidv7(), 1, '', 'forged_papers', '',"
        " uuidv7(), '', $1, 'served', uuidv7(), 'x', $1, '', $1::timestamptz::date, 'post', uuidv7(),"
        " $1::timestamptz::date + 9 FROM generate_series(1, 20000) n",
    ),
    "erase_invoice_details": Work(
        ERASE_DETAILS,
        {"account_id": None, "before": NOW - 9 * DAY, "unpaid_before": NOW + DAY, "most": 500},
        "invoice_requests",
        "INSERT INTO invoice_requests (suborder_id, producer_id, buyer_id, county_code, kind, title_sealed, touched_at,"
        " paid) SELECT uuidv7(), uuidv7(), uuidv7(), '130624', 'person', 'x', $1, true FROM generate_series(1, 20000)",
    ),
    "end_tracking": Work(
        GIVE_UP_PARCELS,
        {"before": NOW},
        "tracked_parcels",
        "INSERT INTO tracked_parcels (suborder_id, carrier, tracking, state, registered_at, moved_at, next_at)"
        " SELECT uuidv7(), 'sf', 'SF' || 1000000 + n, 'moving', $1::timestamptz - interval '9 d', $1, 'infinity'"
        " FROM generate_series(1, 20000) n",
    ),
}

KEPT_BACK: dict[str, object] = {
    "producer_id": UUID(int=1),
    "claims_since": NOW - 2 * DAY,
    "returns_since": NOW - 8 * DAY,
    "moment": NOW,
    "mediation_days": 15,
}
WORK["kept_back_of_deliveries"] = Work(
    SUM_KEPT_BACK,
    KEPT_BACK,
    "suborders",
    "INSERT INTO suborders (id, order_id, position, producer_id, kind, state, goods_fen, freight_fen, commission_bp,"
    " received_at, closed_at, released_at, payable_fen, commission_fen)"
    " SELECT uuidv7(), uuidv7(), 1, '00000000-0000-0000-0000-000000000001', 'goods', 'received', 100, 0, 0, at, at, at,"
    " 100, 0 FROM generate_series(1, 20000) n, LATERAL (SELECT $1::timestamptz - interval '40 d' AS at)",
)
WORK["kept_back_of_returns"] = Work(
    SUM_KEPT_BACK,
    KEPT_BACK,
    "goods_return_lines",
    "WITH s AS (INSERT INTO suborders (id, order_id, position, producer_id, kind, state, goods_fen, freight_fen,"
    " commission_bp, shipped_at)"
    " SELECT uuidv7(), uuidv7(), 1, '00000000-0000-0000-0000-000000000001', 'goods', 'shipped', 100, 0, 0, $1"
    " FROM generate_series(1, 5000) RETURNING id),"
    " l AS (INSERT INTO order_lines"
    " (suborder_id, position, listing_id, variant_id, title, unit, quantity, price_fen, amount_fen)"
    " SELECT id, 1, uuidv7(), uuidv7(), '枣', '箱', 1, 100, 100 FROM s)"
    "INSERT INTO goods_return_lines (case_id, line_id, quantity, amount_fen, state)"
    " SELECT uuidv7(), uuidv7(), 1, 100, 'refunded' FROM generate_series(1, 20000) n WHERE $1 < now()",
)


async def read_counts(conn: Connection, table: str) -> tuple[int, int]:
    row = await conn.fetchrow(
        "SELECT seq_tup_read, coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relid = $1::regclass",
        table,
    )
    return (0, 0) if row is None else (row[0], row[1])


@pytest.mark.parametrize("name", WORK)
async def test_a_job_reads_no_rows_that_are_not_due(new_conn: Connection, name: str) -> None:
    work = WORK[name]
    async with as_owner(new_conn):
        await new_conn.execute("SET LOCAL session_replication_role = replica")
        await new_conn.execute(work.rows, NOW)
        await new_conn.execute("SET LOCAL session_replication_role = origin")
        await new_conn.execute("ANALYZE")
    before = await read_counts(new_conn, work.table)
    await (work.query.run if work.query.row is None else work.query.all)(new_conn, **work.values)
    after = await read_counts(new_conn, work.table)
    # The planner looks at the ends of an index.
    assert after[0] - before[0] == 0
    assert after[1] - before[1] < 10


async def test_a_piece_of_photos_is_as_large_as_its_statement_says(new_conn: Connection) -> None:
    async with as_owner(new_conn):
        await new_conn.execute("SET LOCAL session_replication_role = replica")
        await new_conn.execute(
            "INSERT INTO photos (owner_id, purpose, sha256, width, height, kind, created_at)"
            " SELECT uuidv7(), 'listing', sha256(n::text::bytea), 9, 9, 'webp', $1 FROM generate_series(1, 5000) n",
            NOW,
        )
        await new_conn.execute("ANALYZE photos")
        plan = [
            row[0]
            for row in await new_conn.fetch(
                f"EXPLAIN (ANALYZE, BUFFERS OFF) {DELETE_UNUSED_PHOTOS.sql}",
                *[{"after": UUID(int=0), "piece": 10, "before": NOW}[name] for name in DELETE_UNUSED_PHOTOS.names],
            )
        ]
    read = [int(found) for line in plan for found in re.findall(r"on photos.* rows=(\d+)\.", line)]
    assert read, plan
    assert max(read) <= 10, plan
