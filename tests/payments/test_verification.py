"""Verification detects what a disabled or replaced guard did not refuse, and what waits for a person."""

from collections.abc import AsyncGenerator
from datetime import UTC, datetime, timedelta

import pytest

from payments import Connection, Database, RefundState, open_database, post, send_refund, verify_ledger
from payments.ledger.verification import FIND_WRONG_TRANSITS, Checkpoint, add_checkpoints, find_checkpoint
from payments.sandbox import Sandbox
from payments.stripe import Stripe
from tests.payments.refunding import paid, wanted
from tests.payments.test_ledger import AT, PAID, books, pay_in

__all__ = ["books"]


@pytest.fixture
async def owners(dsn: str) -> AsyncGenerator[Database]:
    """The database, as its owner."""
    db = await open_database(dsn, max_size=2)
    yield db
    await db.close()


async def find_codes(conn: Connection) -> list[tuple[str, str]]:
    return [(each.code, each.subject) for each in await verify_ledger(conn)]


async def age(owner: Connection) -> None:
    """Let everything that was posted be two hours old."""
    await owner.execute("SET session_replication_role = replica")
    await owner.execute("UPDATE payments.transactions SET posted_at = now() - interval '2 hours'")
    await owner.execute("RESET session_replication_role")


async def test_verification_detects_what_the_triggers_would_have_refused(books: Connection) -> None:
    assert await verify_ledger(books) == []
    await books.execute("ALTER TABLE payments.postings DISABLE TRIGGER postings_append_only")
    await books.execute("UPDATE payments.postings SET amount_minor = -1 WHERE amount_minor = 9000")
    found = {(each.code, each.subject, each.detail) for each in await verify_ledger(books)}
    assert found == {
        ("uneven_transaction", "paid:L", "CNY -9001"),
        ("uneven_ledger", "CNY", "-9001"),
        ("wrong_balance", "escrow:L-1", "9000 kept, -1 posted"),
        ("below_floor", "escrow:L-1", "-1 under 0"),
        ("guard_off", "postings_append_only", "missing or disabled"),
    }


async def test_verification_finds_a_transaction_without_two_legs(books: Connection) -> None:
    await books.execute("ALTER TABLE payments.transactions DISABLE TRIGGER transactions_balanced")
    await books.execute("INSERT INTO payments.transactions (key, kind, at) VALUES ('bare', 'x', now())")
    await books.execute("ALTER TABLE payments.transactions ENABLE TRIGGER transactions_balanced")
    assert [(each.code, each.subject, each.detail) for each in await verify_ledger(books)] == [
        ("few_legs", "bare", "0 legs")
    ]


@pytest.mark.parametrize(
    "body",
    ["BEGIN RETURN NULL; END", "BEGIN RETURN NEW; END"],
)
async def test_a_replaced_function_of_a_guard_is_found(books: Connection, body: str) -> None:
    await books.execute(
        f"CREATE OR REPLACE FUNCTION payments.check_balanced() RETURNS trigger LANGUAGE plpgsql AS $${body}$$"
    )
    assert await find_codes(books) == [("guard_changed", "check_balanced")]


async def test_a_replaced_post_is_found(books: Connection) -> None:
    body = await books.fetchval("SELECT pg_get_functiondef('payments.post'::regproc)")
    await books.execute(body.replace("< balances.floor_minor;", "< balances.floor_minor - 1;"))
    assert await find_codes(books) == [("guard_changed", "post")]


async def test_a_trigger_that_never_fires_is_found(books: Connection) -> None:
    await books.execute("DROP TRIGGER postings_append_only ON payments.postings")
    assert await find_codes(books) == [("guard_off", "postings_append_only")]
    await books.execute(
        "CREATE TRIGGER postings_append_only BEFORE UPDATE OR DELETE ON payments.postings"
        " FOR EACH ROW WHEN (false) EXECUTE FUNCTION payments.refuse_change()"
    )
    assert await find_codes(books) == [("guard_changed", "postings_append_only")]


async def test_a_refund_that_nothing_sends_again_and_an_untaken_event_are_found(books: Connection) -> None:
    payment = await books.fetchval(
        "INSERT INTO payments.payments (order_ref, purpose, method, currency, amount_minor, opened_at, expires_at)"
        " VALUES ('Z', 'full', 'alipay', 'CNY', 5, now(), now()) RETURNING id"
    )
    refund = await books.fetchval(
        "INSERT INTO payments.refunds (payment_id, key, kind, amount_minor, state, requested_at)"
        f" VALUES ('{payment}', 'k', 'refunded', 5, 'failed', now()) RETURNING id"
    )
    events = await books.fetch(
        "INSERT INTO payments.events (topic, order_ref, facts, at, written_at, dead_at) VALUES"
        " ('t', 'Z', '{}', now(), now(), NULL), ('t', 'Z', '{}', now(), now() - interval '25 hours', NULL),"
        " ('t', 'Z', '{}', now(), now(), now()) RETURNING id"
    )
    found = [each for each in await find_codes(books) if each[0] != "wrong_refunds"]
    assert found == [
        ("failed_refund", str(refund)), ("untaken_event", str(events[1][0])), ("untaken_event", str(events[2][0])),
    ]  # fmt: skip


async def test_after_a_checkpoint_the_new_postings_are_verified_with_its_sums(
    books: Connection, owners: Database
) -> None:
    assert await add_checkpoints(owners) == 0
    await age(books)
    assert await add_checkpoints(owners) == 1
    await post(books, key="M", kind="paid", order="M", legs=PAID, at=AT + timedelta(hours=1))
    since = await find_checkpoint(books)
    assert since is not None
    assert await verify_ledger(books, since=since) == []
    await books.execute("UPDATE payments.balances SET amount_minor = amount_minor + 1")
    assert [each.code for each in await verify_ledger(books, since=since)] == ["wrong_balance", "wrong_balance"]
    assert [each.code for each in await verify_ledger(books)] == ["wrong_balance", "wrong_balance"]


async def test_a_change_of_what_is_closed_is_found_by_its_hash(books: Connection, owners: Database) -> None:
    await age(books)
    assert await add_checkpoints(owners) == 1
    assert await verify_ledger(books) == []
    await books.execute("SET session_replication_role = replica")
    await books.execute("UPDATE payments.postings SET amount_minor = amount_minor + sign(amount_minor)")
    await books.execute("RESET session_replication_role")
    found = await find_codes(books)
    last = await books.fetchval("SELECT max(id) FROM payments.transactions")
    assert ("changed_history", f"transaction 0 to {last}") in found
    assert ("changed_history", "escrow:L-1") in found
    assert [each.code for each in await verify_ledger(books, since=await find_checkpoint(books))] == []


@pytest.mark.parametrize(
    ("key", "taken", "given"),
    [
        ("paid:{payment}:2", "clearing:bank", "payable:9"),
        ("late:{payment}:2", "clearing:bank", "refund:{order}"),
        ("refund:{refund}:2", "payable:8", "refund:{order}"),
        ("refunded:{refund}:2", "refund:{order}", "payable:9"),
        ("refunded:{refund}:1:2", "refund:{order}", "payable:9"),
        ("refund-returned:{refund}:1", "payable:8", "refund:{order}"),
        ("refund-returned:{refund}:1", "clearing:bank", "refund:{order}"),
        ("refund-returned:{refund}:2", "clearing:bank", "refund:{order}"),
    ],
)
async def test_a_transaction_under_a_key_that_only_begins_like_a_fact_is_found(
    database: Database, gateway: Stripe, sandbox: Sandbox, key: str, taken: str, given: str
) -> None:
    payment = await paid(database, gateway, sandbox)
    refund = await wanted(database, payment, 46_00)
    assert (await send_refund(database, gateway, refund.id)).state is RefundState.SUCCEEDED
    await wanted(database, payment, 46_00, key="open")
    async with database.transaction() as conn:
        await post(conn, key="of the caller", kind="x", legs=[("clearing:bank", -46_00), ("payable:8", 46_00)])
        assert await verify_ledger(conn, prefixes=["of the caller"]) == []
        names = {"payment": payment.id, "refund": refund.id, "order": payment.order_ref}
        minor = payment.amount_minor if key.startswith("late") else 46_00
        legs = [(taken.format_map(names), -minor), (given.format_map(names), minor)]
        await post(conn, key=key.format_map(names), kind="gift", legs=legs)
        found = await verify_ledger(conn, prefixes=["of the caller"])
    assert [(each.code, each.subject) for each in found] == [("unknown_fact", key.format_map(names))]


async def test_with_a_checkpoint_what_is_closed_is_not_read(new_dsn: str) -> None:
    """In a new database: the planner compares the sizes of tables, to which belongs what other tests deleted."""
    db = await open_database(new_dsn, max_size=1)
    async with db.transaction() as conn:
        await pay_in(conn)
    async with db.connection() as books:
        await _require_little_read(books)
    await db.close()


async def _require_little_read(books: Connection) -> None:
    await books.execute(
        """
        SET session_replication_role = replica;
        INSERT INTO payments.accounts (code, kind, currency, keep_balance)
        SELECT 'escrow:old-' || n, 'escrow', 'CNY', true FROM generate_series(1, 20000) n;
        INSERT INTO payments.balances (account_id, amount_minor)
        SELECT id, 0 FROM payments.accounts WHERE code LIKE 'escrow:old-%';
        INSERT INTO payments.checkpoint_sums (account_id, amount_minor)
        SELECT id, 0 FROM payments.accounts WHERE code LIKE 'escrow:old-%';
        INSERT INTO payments.payments (id, order_ref, purpose, method, currency, amount_minor, captured_minor, state,
                                       opened_at, expires_at, captured_at)
        SELECT overlay(uuidv7()::text PLACING '01000000' FROM 1)::uuid, 'old' || n, 'full', 'wechat', 'CNY', 1, 1,
               'captured', now(), now(), now() FROM generate_series(1, 20000) n;
        RESET session_replication_role;
        """
    )
    await books.execute("ANALYZE")
    checkpoint = Checkpoint(through_id=1, hash=b"", closed_at=datetime.now(UTC))
    # What earlier statements of a session read counts as read by the next one until it was reported.
    await books.execute("SELECT pg_stat_force_next_flush()")
    async with books.transaction():
        assert await verify_ledger(books, since=checkpoint) == []
        read = await books.fetch(
            "SELECT relname, seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables"
            " WHERE schemaname = 'payments' AND relname IN ('accounts', 'balances', 'checkpoint_sums', 'payments')"
        )
    assert {row[0]: row[1] for row in read if row[1] >= 100} == {}
    plan = await books.fetch(f"EXPLAIN {FIND_WRONG_TRANSITS.resolve(books)}", 1_000)
    assert "Index Scan using accounts_in_transit on accounts" in "\n".join(row[0] for row in plan)
