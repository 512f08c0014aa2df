"""What a list of cases reads does not grow with the cases of other counties, or with those that a shop had once."""

import re
from uuid import UUID

from market.cases.casework.worklist import list_assigned_cases
from market.kernel import Connection
from market.kernel.seal import Seal
from market.people.identity.models import Role
from market.sales.aftersales.bad_fruit_views import SUM_UP_UNANSWERED_CLAIMS
from market.sales.invoices.views import SUM_UP_OPEN_INVOICES, list_open_invoices
from tests.catalogue.producers.applicants import make_official_actor
from tests.conftest import NOW
from tests.support.make import load_owner, make_producer
from tests.support.postgres import as_owner

OTHERS = """
    INSERT INTO cases (category, division_code, asker_id, text_sealed, path, received_at, due_at, state)
    SELECT 'bad_fruit', (110000 + n % 900)::text || '001001', uuidv7(), '', '{finance,platform}', $1, $1, 'assigned'
      FROM generate_series(1, 20000) n
"""
OF_THE_PROVINCE = """
    INSERT INTO cases (category, division_code, asker_id, text_sealed, path, level, received_at, due_at, state)
    SELECT 'bad_fruit', (130000 + n % 900)::text || '001001', uuidv7(), '', '{finance,platform}',
           CASE WHEN n % 500 = 0 THEN 2 ELSE 1 END, $1, $1, 'assigned'
      FROM generate_series(1, 20000) n
"""
CLOSED = """
    INSERT INTO cases (category, division_code, asker_id, against_producer_id, text_sealed, path, received_at, due_at,
                       state, outcome, closed_at)
    SELECT (ARRAY['bad_fruit', 'invoice'])[1 + n % 2], '130624001001', uuidv7(), $2, '', '{seller}', $1, $1, 'closed',
           'solved', $1
      FROM generate_series(1, 20000) n
"""


async def fill(conn: Connection, statement: str, *values: object) -> None:
    async with as_owner(conn):
        await conn.execute("SET LOCAL session_replication_role = replica")
        await conn.execute(statement, NOW, *values)
        await conn.execute("SET LOCAL session_replication_role = origin")
        await conn.execute("ANALYZE cases")


async def count_read(conn: Connection) -> int:
    return await conn.fetchval(
        "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = 'cases'"
    )


async def test_an_official_reads_the_open_cases_of_the_county(new_conn: Connection) -> None:
    official = await make_official_actor(new_conn, Role.FINANCE, "130624")
    await fill(new_conn, OTHERS)
    await new_conn.execute("SELECT set_config('market.scope', $1, true)", f"person:{official.account_id}")
    before = await count_read(new_conn)
    assert await list_assigned_cases(new_conn, official) == []
    assert await count_read(new_conn) - before < 100


async def test_an_official_of_a_province_reads_what_waits_for_the_role(new_conn: Connection) -> None:
    official = await make_official_actor(new_conn, Role.PLATFORM, "13")
    await fill(new_conn, OTHERS)
    await fill(new_conn, OF_THE_PROVINCE)
    await new_conn.execute("SELECT set_config('market.scope', $1, true)", f"person:{official.account_id}")
    before = await count_read(new_conn)
    assigned = await list_assigned_cases(new_conn, official)
    assert [each.category for each in assigned] == ["bad_fruit"] * 40
    assert await count_read(new_conn) - before < 200


async def test_a_seller_reads_what_waits_and_not_what_is_closed(new_conn: Connection, seal: Seal) -> None:
    producer_id: UUID = await make_producer(new_conn)
    owner = await load_owner(new_conn, producer_id)
    await fill(new_conn, OTHERS)
    await fill(new_conn, CLOSED, producer_id)
    await new_conn.execute("SELECT set_config('market.scope', $1, true)", f"person:{owner.account_id}")
    before = await count_read(new_conn)
    assert await list_open_invoices(new_conn, seal, [producer_id]) == []
    assert await count_read(new_conn) - before < 100
    for query in (SUM_UP_UNANSWERED_CLAIMS, SUM_UP_OPEN_INVOICES):
        plan = "\n".join(row[0] for row in await new_conn.fetch(f"EXPLAIN {query.sql}", [producer_id]))
        assert set(re.findall(r" on (cases_\w+)|using (cases_\w+)", plan)) == {("cases_open_by_producer", "")}, plan
