"""Row-level security: an official of one county sees and writes no row of another."""

import asyncpg
import pytest

from market.kernel import Connection
from tests.story.play import Player

GUARDED = """
    SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid
     WHERE p.polname = c.relname || '_visible_county' ORDER BY 1
"""


async def seen(conn: Connection, scope: str) -> dict[str, int]:
    await conn.execute("SELECT set_config('market.scope', $1, true)", scope)
    tables = [row[0] for row in await conn.fetch(GUARDED)]
    return {table: await conn.fetchval(f"SELECT count(*) FROM {table}") for table in tables}


ADD_TASK = """
    INSERT INTO tasks (county_code, account_id, second_factor, request_key, input)
    SELECT '130624', id, true, 'k', '{"kind": "run"}' FROM accounts LIMIT 1
"""
ADD_HOLD = """
    INSERT INTO line_holds (county_code, cycle_id, line_code, account_id, why, held_at)
    SELECT '130624', (SELECT id FROM cycles LIMIT 1), 'YD-02', id, '样例', now() FROM accounts LIMIT 1
"""


ADD_ENTRY = """
    INSERT INTO listed_facts (county_code, list, household_code, value_index, value_sealed, valid_during, file_id)
    SELECT '130624', 'address', 'H01', 'x', 'x', '[2019-01-01,)', id FROM import_files LIMIT 1
"""
ADD_CHECK = """
    INSERT INTO programme_checks (county_code, programme_code, check_code, valid_during, enabled, thresholds, basis,
                                  file_id)
    SELECT '130624', 'P1', 'owns_flat', '[2019-01-01,)', false, '{}', '样例', id FROM import_files LIMIT 1
"""


WITHOUT_ROWS = {
    "agreement_rates", "agreements", "county_files", "enrolment_pauses", "erased_members", "evidence_packs",
    "clawback_entries", "clawback_items", "operator_bank_accounts",
    "file_notes", "file_reminders", "idle_calls", "idle_notices", "line_changes", "register_erasures", "rejected_rows",
    "return_differences", "return_files", "return_rows", "sample_deposits", "sample_draws", "sample_lines",
    "terms_approvals",
}  # fmt: skip
"""Tables of which the story has no row: their policies are compared with those of the others."""


async def test_the_policies_of_the_county_are_the_same_word_for_word(conn: Connection) -> None:
    rows = await conn.fetch(
        "SELECT DISTINCT qual, with_check, cmd, roles::text FROM pg_policies"
        " WHERE policyname = tablename || '_visible_county'"
    )
    assert [(row["cmd"], row["roles"], row["with_check"]) for row in rows] == [("ALL", "{market_app}", None)]


async def test_another_county_sees_no_row_of_any_table(quarter: Player) -> None:
    async with quarter.database.transaction(scope="130624") as conn:
        await conn.execute(ADD_TASK)
        await conn.execute(ADD_HOLD)
        await conn.execute(ADD_ENTRY)
        await conn.execute(ADD_CHECK)
        own = await seen(conn, "130624")
        assert {table for table, rows in own.items() if not rows} == WITHOUT_ROWS
        assert set((await seen(conn, "130623")).values()) == {0}
        assert set((await seen(conn, "1307")).values()) == {0}
        assert set((await seen(conn, "")).values()) == {0}


async def test_a_township_and_a_village_see_their_county(quarter: Player) -> None:
    async with quarter.database.transaction() as conn:
        own = await seen(conn, "130624")
        for scope in ("130624101", "130624101209"):
            assert await seen(conn, scope) == own


@pytest.mark.parametrize("scope", ["all", "", "1", "13", "1306", "13062", "%", "______", "1306.*"])
async def test_no_scope_shows_several_counties(quarter: Player, scope: str) -> None:
    async with quarter.database.transaction() as conn:
        assert set((await seen(conn, scope)).values()) == {0}


async def test_a_row_of_another_county_cannot_be_written(quarter: Player) -> None:
    async with quarter.database.transaction(scope="130623") as conn:
        for statement in (
            "INSERT INTO budgets VALUES ('130624', '2020-01-01', 1)",
            "INSERT INTO households VALUES ('130624', 'H99')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                async with conn.transaction():
                    await conn.execute(statement)
        assert await conn.execute("UPDATE budgets SET public_fen = 0") == "UPDATE 0"
    async with quarter.database.transaction(scope="130624") as conn:
        assert await conn.fetchval("SELECT sum(public_fen)::bigint FROM budgets") == 38_000


async def test_no_query_of_subsidies_or_reports_reads_a_table_of_the_shop() -> None:
    from payments.sql import QUERIES
    from tests.kernel.test_queries import import_every_module

    import_every_module()
    shop = ("orders", "order_lines", "suborders", "listings", "producers", "producer_members", "bookings", "reviews")
    guilty = [
        (query.module, table)
        for query in QUERIES
        if query.module.startswith(("market.subsidies", "market.reports"))
        for table in shop
        if f" {table} " in query.text.replace("\n", " ")
    ]
    assert guilty == []
