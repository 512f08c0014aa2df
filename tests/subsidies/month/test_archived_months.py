"""What a month's subsidy rests on goes to the archive complete, and is not calculated again without it."""

import asyncpg
import pytest

from market.kernel.postgres.months import archive_partitions
from payments import Database
from tests.story.play import Player
from tests.subsidies.month.test_order_of_months import change

TABLES = ("usage_days", "claims", "run_lines", "run_explanations")
KEEP_NOTHING = """
    CREATE OR REPLACE FUNCTION list_month_tables() RETURNS TABLE (name text, key text, kind text, kept integer)
    LANGUAGE sql IMMUTABLE AS $$
        VALUES ('usage_days', 'used_on', 'day', -1), ('claims', 'month', 'day', -1), ('run_lines', 'run_id', 'id', -1),
               ('run_explanations', 'run_id', 'id', -1)
    $$;
    ALTER FUNCTION archive_month_partition SECURITY DEFINER;
    GRANT EXECUTE ON FUNCTION archive_month_partition TO market_app;
"""
"""As if today were the day on which the months up to this one go to the archive, and the service could do it."""
LIST_ROWS = "SELECT row_to_json(t)::text FROM ({}) AS t ORDER BY 1"


async def list_rows(db: Database, tables: list[str]) -> list[str]:
    async with db.transaction() as conn:
        await conn.execute("SET LOCAL ROLE postgres")
        union = " UNION ALL ".join(f"SELECT * FROM {table}" for table in tables)
        return [row[0] for row in await conn.fetch(LIST_ROWS.format(union))]


async def test_archived_months_lose_nothing_and_are_not_calculated_again(january: Player) -> None:
    before = {table: await list_rows(january.database, [table]) for table in TABLES}
    assert all(before.values())
    await change(january, KEEP_NOTHING)
    archived = await archive_partitions(january.database, tables=TABLES)
    assert len(archived) == 2 * len(TABLES)
    for table in TABLES:
        places = [f"market_archive.{name}" for name in archived if name.startswith(f"{table}_")]
        assert await list_rows(january.database, places) == before[table]
        assert await list_rows(january.database, [table]) == []
        for place in places:
            if await list_rows(january.database, [place]):
                with pytest.raises(asyncpg.PostgresError, match="append-only"):
                    await change(january, f"DELETE FROM {place}")
    again = (
        "INSERT INTO runs (county_code, cycle_id, n, manifest_sha256, result_sha256, account_id, ran_at)"
        " SELECT county_code, cycle_id, n + 1, manifest_sha256, result_sha256, account_id, ran_at FROM runs"
    )
    with pytest.raises(asyncpg.PostgresError, match="bills of this month are in the archive"):
        await change(january, again)
    await change(january, "ALTER TABLE runs DISABLE TRIGGER runs_not_archived")
    await change(january, again)


async def test_the_rows_of_a_bill_have_the_month_of_its_file(january: Player) -> None:
    moved = (
        "INSERT INTO claims (file_id, row_number, county_code, month, operator, number_id, kind, programme_code,"
        " charge_fen, reduction_fen, billed_fen) SELECT file_id, row_number, county_code, '2019-02-01', operator,"
        " number_id, kind, programme_code, charge_fen, reduction_fen, billed_fen FROM claims"
        " WHERE corrects_month IS NULL LIMIT 1"
    )
    with pytest.raises(asyncpg.ForeignKeyViolationError) as refused:
        await change(january, moved)
    assert refused.value.constraint_name == "claims_file"
