"""Whatever is replaced, added or taken away in the schema of a running service is found, and named."""

from market.kernel import Connection, Database
from market.kernel.postgres.schema_guards import list_schema_changes

DATABASE = "the_database"
NO_OP = "RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$"


async def test_the_schema_is_the_one_that_is_shipped(database: Database) -> None:
    """After a new revision: `make schema`."""
    async with database.connection() as conn:
        assert await list_schema_changes(conn) == []


CHANGES = [
    (f"CREATE OR REPLACE FUNCTION check_order_sums() {NO_OP}", "function public.check_order_sums()", "changed"),
    (f"CREATE OR REPLACE FUNCTION check_deposit() {NO_OP}", "function public.check_deposit()", "changed"),
    ("ALTER FUNCTION payments.post SECURITY INVOKER", "function payments.post(", "changed"),
    ("DROP FUNCTION record_refund CASCADE", "function public.record_refund(", "missing"),
    ("ALTER TABLE orders DISABLE TRIGGER USER", "trigger public.orders ", "changed"),
    ("SET session_replication_role = replica; ALTER TABLE order_lines DISABLE TRIGGER ALL",
     "triggers of keys of public.order_lines", "changed"),
    ("ALTER TABLE suborders DROP CONSTRAINT suborders_state", "constraint public.suborders ", "missing"),
    ("ALTER TABLE photos ALTER COLUMN owner_id DROP NOT NULL", "columns of public.photos", "changed"),
    ("ALTER TABLE persons DISABLE ROW LEVEL SECURITY", "row security of public.persons", "changed"),
    ("CREATE POLICY everybody ON persons USING (true)", "policy public.persons everybody", "not shipped"),
    ("GRANT UPDATE ON payments.postings TO market_app", "grants on payments.postings", "changed"),
    ("GRANT SELECT ON payments.postings_late TO market_app", "grants on partitions of payments.postings",
     "not shipped"),
    ("ALTER TABLE payments.postings_late DISABLE TRIGGER postings_balanced", "partitions of payments.postings",
     "changed"),
    ("GRANT UPDATE (commission_fen) ON suborders TO PUBLIC", "grants on public.suborders", "changed"),
    ("DROP INDEX booking_changes_one_open", "unique index booking_changes_one_open", "missing"),
    ("CREATE RULE silent AS ON INSERT TO audit_entries DO INSTEAD NOTHING", "rule public.audit_entries silent",
     "not shipped"),
    # What switches every guard off, or lets the service do it.
    (f"ALTER DATABASE {DATABASE} SET session_replication_role = 'replica'",
     "setting session_replication_role for every role", "not shipped"),
    ("ALTER ROLE market_app SET row_security = 'off'", "setting row_security for market_app", "not shipped"),
    ("SET session_replication_role = replica", "setting session_replication_role", "changed"),
    ("ALTER ROLE market_app BYPASSRLS", "role market_app", "changed"),
    ("GRANT pg_write_all_data TO market_app", "role market_app", "changed"),
    ("GRANT CREATE ON SCHEMA public TO market_app", "grants on schema public", "changed"),
    ("GRANT CREATE ON SCHEMA payments TO PUBLIC", "grants on schema payments", "changed"),
    ("ALTER SCHEMA payments OWNER TO market_app", "owner of schema payments", "not shipped"),
    ("ALTER FUNCTION payments.post OWNER TO market_app", "owner of payments.post(", "not shipped"),
]  # fmt: skip


async def test_a_change_of_a_guard_is_found(owner: Connection) -> None:
    name = await owner.fetchval("SELECT quote_ident(current_database())")
    for change, subject, detail in CHANGES:
        attempt = owner.transaction()
        await attempt.start()
        await owner.execute(change.replace(DATABASE, name))
        found = await list_schema_changes(owner)
        await attempt.rollback()
        assert any(each.subject.startswith(subject) and each.detail == detail for each in found), (change, found)
        assert {each.code for each in found} == {"schema_changed"}
