"""What the service's database role may do: every table and column against a list, and statements that are refused."""

import asyncpg
import pytest

from market.kernel import Connection
from market.people.identity.models import Role
from payments.sql import QUERIES
from tests.access.database_grants import BENEFIT_GRANTS, FUNCTIONS_OF_THE_OWNER, GRANTS, OWNERS_STATEMENTS
from tests.kernel.test_queries import import_every_module
from tests.support.make import make_official

LIST_TABLE_GRANTS = """
    SELECT CASE nspname WHEN 'public' THEN '' ELSE nspname || '.' END || relname AS name,
           ARRAY(SELECT privilege_type FROM aclexplode(relacl) WHERE grantee = 'market_app'::regrole) AS whole,
           ARRAY(SELECT privilege_type || ' ' || attname
                   FROM pg_attribute, aclexplode(attacl)
                  WHERE attrelid = c.oid AND grantee = 'market_app'::regrole
                  ORDER BY attnum) AS columns
      FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind IN ('r', 'v', 'm', 'p') AND NOT relispartition AND nspname IN ('public', 'payments', 'jobs')
"""
LIST_BENEFIT_GRANTS = """
    SELECT CASE nspname WHEN 'public' THEN '' ELSE nspname || '.' END || relname AS name,
           ARRAY(SELECT privilege_type FROM aclexplode(relacl) WHERE grantee = 'market_benefits'::regrole) AS whole,
           ARRAY(SELECT privilege_type || ' ' || attname
                   FROM pg_attribute, aclexplode(attacl)
                  WHERE attrelid = c.oid AND grantee = 'market_benefits'::regrole
                  ORDER BY attnum) AS columns
      FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind IN ('r', 'v', 'm', 'p')
       AND (nspname = 'benefits'
            OR EXISTS (SELECT FROM aclexplode(relacl) WHERE grantee = 'market_benefits'::regrole))
"""
LIST_FUNCTIONS_OF_THE_OWNER = """
    SELECT oid::regproc::text AS name, has_function_privilege('market_app', oid, 'EXECUTE') AS granted,
           coalesce(proconfig::text, '') AS settings, proacl
      FROM pg_proc WHERE prosecdef AND pronamespace::regnamespace::text IN ('public', 'payments', 'jobs')
"""


def format_grants(whole: list[str], columns: list[str]) -> str:
    """Return grants in the form of the list: whole tables first, then columns in their order."""
    words = [each.lower() for each in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE") if each in whole]
    for kind in ("INSERT", "UPDATE"):
        names = [name for privilege, _, name in (each.partition(" ") for each in columns) if privilege == kind]
        words += [f"{kind.lower()}({' '.join(names)})"] if names else []
    return " ".join(words)


async def test_the_service_may_do_to_each_table_and_column_what_the_list_says(conn: Connection) -> None:
    rows = await conn.fetch(LIST_TABLE_GRANTS)
    found = {row["name"]: format_grants(row["whole"], row["columns"]) for row in rows}
    assert found == GRANTS


async def test_the_role_of_benefits_may_do_what_is_listed_and_nothing_elsewhere(conn: Connection) -> None:
    rows = await conn.fetch(LIST_BENEFIT_GRANTS)
    assert {row["name"]: format_grants(row["whole"], row["columns"]) for row in rows} == BENEFIT_GRANTS


async def test_nobody_else_may_do_anything(conn: Connection) -> None:
    grantees = await conn.fetch(
        "SELECT DISTINCT grantee FROM information_schema.role_table_grants"
        " WHERE table_schema IN ('public', 'payments', 'jobs') AND privilege_type <> 'SELECT'"
    )
    assert {row[0] for row in grantees} <= {"market_app"}


async def test_the_functions_that_run_as_the_owner_are_listed_and_name_their_schema(conn: Connection) -> None:
    rows = await conn.fetch(LIST_FUNCTIONS_OF_THE_OWNER)
    assert {row["name"]: row["granted"] for row in rows} == FUNCTIONS_OF_THE_OWNER
    assert [row["name"] for row in rows if "search_path=" not in row["settings"]] == []
    assert [row["name"] for row in rows if row["proacl"] is None and row["granted"]] == []


async def test_the_service_has_the_rights_that_its_statements_need(conn: Connection) -> None:
    import_every_module()
    refused: list[str] = []
    for query in QUERIES:
        if query.module.startswith("tests") or query.module in OWNERS_STATEMENTS:
            continue
        try:
            async with conn.transaction():
                if query.module.startswith("market.villages.benefits.") and "benefits." in query.text:
                    await conn.execute("SET LOCAL ROLE market_benefits")
                await conn.execute(f"EXPLAIN (GENERIC_PLAN) {query.sql}")
                await conn.execute("SET LOCAL ROLE market_app")
        except asyncpg.InsufficientPrivilegeError as error:
            refused.append(f"{query.module}: {error}\n{query.text}")
    assert refused == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE orders SET total_fen = 1, goods_fen = 1",
        "UPDATE orders SET freight_fen = 0",
        "UPDATE suborders SET goods_fen = 1",
        "UPDATE suborders SET freight_fen = 1",
        "UPDATE suborders SET discount_fen = 1",
        "UPDATE suborders SET commission_bp = 0",
        "UPDATE suborders SET commission_fen = 0",
        "UPDATE suborders SET payable_fen = payable_fen + 1",
        "UPDATE suborders SET refunded_fen = 0",
        "UPDATE suborders SET released_at = now()",
        "UPDATE order_lines SET price_fen = 1",
        "UPDATE order_lines SET amount_fen = 1",
        "UPDATE order_lines SET refunded_fen = 0",
        "INSERT INTO line_refunds (line_id) VALUES (NULL)",
        "UPDATE line_refunds SET amount_fen = 1",
        "UPDATE bookings SET amount_fen = 1",
        "UPDATE booked_nights SET price_fen = 1",
        "UPDATE listings SET commission_bp = 0",
        "UPDATE payments.payments SET amount_minor = 1",
        "UPDATE payments.refunds SET amount_minor = 1",
        "INSERT INTO payments.payments (order_ref, captured_minor) VALUES ('1', 1)",
        "INSERT INTO payments.payments (order_ref, state) VALUES ('1', 'captured')",
        "INSERT INTO payments.refunds (key, state) VALUES ('x', 'succeeded')",
        "INSERT INTO payments.operations (key, error) VALUES ('x', 'e')",
        "UPDATE payments.balances SET amount_minor = 1",
        "INSERT INTO payments.postings DEFAULT VALUES",
        "UPDATE run_lines SET public_fen = 1",
        "UPDATE subsidy_postings SET public_fen = 1",
        "UPDATE persons SET identity_index = 'x'",
        "DELETE FROM audit_entries",
        "TRUNCATE orders CASCADE",
        "ALTER TABLE orders DISABLE TRIGGER ALL",
    ],
)
async def test_the_service_cannot_change_what_was_agreed_or_booked(conn: Connection, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await conn.execute(statement)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO grants SELECT id, 'county', '130624', '[2019-01-01,)' FROM accounts",
        "UPDATE grants SET scope = '13'",
        "UPDATE grants SET valid_during = '[2019-01-01,)'",
        "DELETE FROM grants",
        "INSERT INTO accounts (handle, name, totp_sealed, created_at) VALUES ('x', 'x', 'x', now())",
        "UPDATE accounts SET totp_sealed = 'x'",
        "UPDATE accounts SET handle = 'x'",
        "UPDATE accounts SET phone_index = 'x', phone_sealed = 'x'",
        "UPDATE accounts SET identity_index = 'x', identity_sealed = 'x'",
        "UPDATE accounts SET closed_at = NULL",
        "INSERT INTO sessions (token_hash) VALUES ('x')",
        "UPDATE sessions SET second_factor = true",
        "UPDATE sessions SET expires_at = now()",
        "UPDATE sessions SET account_id = NULL",
        "UPDATE sessions SET token_hash = 'x'",
    ],
)
async def test_the_service_cannot_give_itself_an_office(conn: Connection, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await conn.execute(statement)


@pytest.mark.parametrize(
    ("call", "action"),
    [
        ("make_official($1, '{county}', '130624', NULL, NULL, 'x', now())", "official.make"),
        ("make_official($1, '{}', '130624', 'x', 'x', 'x', now())", "official.make"),
        ("replace_roles($1, '{county}', '130624', 'x', now())", "official.move"),
        ("replace_roles($1, '{}', NULL, 'x', now())", "official.end"),
        ("set_second_factor((SELECT handle FROM accounts WHERE id = $1), 'x', 'x', now())", "official.second_factor"),
        (
            "save_official('zhang', '张', (SELECT phone_index FROM accounts WHERE id = $1), '', 'x', true, 'x', now())",
            "official.second_factor",
        ),
        ("start_session('x', $1, now(), true, 'x', NULL, now())", "account.sign_in"),
        ("erase_account($1, 'x', 'x', now())", "account.close"),
    ],
)
async def test_an_office_or_a_session_is_given_and_taken_only_with_an_entry_in_the_audit_record(
    conn: Connection, call: str, action: str
) -> None:
    account_id = await make_official(conn, Role.VILLAGE, "130624107221", handle="zhang")
    await conn.execute(f"SELECT {call}", account_id)
    recorded = await conn.fetch("SELECT action FROM audit_entries WHERE object = $1", f"account:{account_id}")
    assert [row["action"] for row in recorded] == [action]
