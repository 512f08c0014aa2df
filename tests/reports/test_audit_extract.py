"""A page of a county's audit record reads the months that it shows, and pages follow one another without a gap."""

from datetime import UTC, datetime, timedelta

import pytest

from market.kernel import Connection
from market.kernel.clock import get_business_day
from market.kernel.page import BadCursor
from market.reports.files.audit_extract import AuditPosition, AuditRow, list_entries, parse_position
from tests.support.postgres import as_owner

COUNTY = "130624"
NOW = datetime.now(UTC)
"""Now, because the partitions are made for the months of the server's clock."""
FILL = """
    INSERT INTO audit_entries
    SELECT (hashtextextended(object, 0) & 15)::smallint,
           to_char($1::timestamptz AT TIME ZONE 'UTC', 'YYMM')::bigint * 10000000000 + n, $1::timestamptz - n * $2::interval,
           'job', 'run month', object, '{}', '', ''
      FROM (SELECT n, (ARRAY['county:130624', 'cycle:130624:2026-10', 'county:130725'])[1 + n % 3] AS object
              FROM generate_series(1, $3::integer) n) AS entries
"""  # noqa: E501 - SQL
MONTHS = "INSERT INTO cycles (county_code, month, opened_at) VALUES ('130624', '2026-10-01', now())"


async def fill(conn: Connection, at: datetime, step: timedelta, count: int) -> None:
    async with as_owner(conn):
        await conn.execute("SET LOCAL session_replication_role = replica")
        await conn.execute(FILL, at, step, count)
        await conn.execute("ANALYZE audit_entries")


async def count_read(conn: Connection) -> int:
    return await conn.fetchval(
        "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::integer FROM pg_stat_xact_user_tables"
        " WHERE relname LIKE 'audit_entries%'"
    )


async def test_a_page_reads_the_months_that_it_shows(new_conn: Connection) -> None:
    await fill(new_conn, NOW - timedelta(days=60), timedelta(seconds=1), 30_000)
    await fill(new_conn, NOW, timedelta(seconds=1), 900)
    before = await count_read(new_conn)
    page = await list_entries(new_conn, COUNTY, kind="county", day=None, most=100, now=NOW)
    assert len(page.items) == 100
    assert page.next is not None
    await list_entries(new_conn, COUNTY, kind="county", day=None, most=100, before=parse_position(page.next), now=NOW)
    assert await count_read(new_conn) - before < 2_000


@pytest.mark.parametrize("kind", ["", "county", "cycle"])
async def test_pages_follow_one_another_through_all_months(new_conn: Connection, kind: str) -> None:
    async with as_owner(new_conn):
        await new_conn.execute(MONTHS)
    for months, at in enumerate((NOW, NOW - timedelta(days=40), NOW - timedelta(days=700))):
        # Of the same moment, and of moments that follow one another.
        await fill(new_conn, at, timedelta(0) if months == 1 else timedelta(seconds=1), 31 + months)
    every = (await list_entries(new_conn, COUNTY, kind=kind, day=None, most=1000, now=NOW)).items
    found: list[AuditRow] = []
    position: AuditPosition | None = None
    while True:
        page = await list_entries(new_conn, COUNTY, kind=kind, day=None, most=7, before=position, now=NOW)
        found += page.items
        if page.next is None:
            break
        position = parse_position(page.next)
    assert found == every
    assert (
        len({(each.chain, each.sequence) for each in every}) == len(every) == {"": 64, "county": 31, "cycle": 33}[kind]
    )
    assert {each.object for each in every} <= {"county:130624", "cycle:130624:2026-10"}
    days = await list_entries(new_conn, COUNTY, kind=kind, day=get_business_day(NOW), most=1000, now=NOW)
    assert days.items == [each for each in every if get_business_day(each.at) == get_business_day(NOW)]


@pytest.mark.parametrize("text", ["x", "1.2", "-1.2.3", "1.16.3", "1.2.3.4", "9" * 30 + ".1.1", "١.2.3", "1.2.3 "])
def test_a_position_that_no_page_named_is_refused(text: str) -> None:
    with pytest.raises(BadCursor):
        parse_position(text)


@pytest.mark.parametrize("text", ["0.0.0", "9999999999999999.15.99999999999999999", "1.2.30000000000"])
async def test_a_position_that_was_made_up_reads_what_is_behind_it(new_conn: Connection, text: str) -> None:
    page = await list_entries(new_conn, COUNTY, kind="", day=None, most=7, before=parse_position(text), now=NOW)
    assert page.items == []
