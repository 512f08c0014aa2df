"""The ledger by month: partitions made ahead, months moved to the archive, and sums that stay what they were."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from payments import (
    Connection,
    Database,
    KeyAlreadyUsed,
    get_balance,
    list_balances,
    list_unresolved_balances,
    post,
    return_suspense,
    verify_ledger,
)
from payments.ledger.journal import list_legs
from payments.ledger.months import archive_months, get_archived_until, make_months
from payments.ledger.verification import add_checkpoints
from tests.payments.test_ledger import books
from tests.payments.test_verification import age, owners
from tests.support.postgres import wait_for_blocked

__all__ = ["books", "owners"]

LEGS = [("clearing:bank", -7), ("escrow:OLD", 7)]
BACK = [("escrow:OLD", -7), ("commission", 7)]
POST_EARLIER = """
    INSERT INTO payments.accounts (code, kind, currency, floor_minor, keep_balance)
    VALUES ('clearing:bank', 'clearing', 'CNY', NULL, false), ('escrow:OLD', 'escrow', 'CNY', 0, true);
    INSERT INTO payments.balances (account_id, amount_minor, floor_minor) VALUES (2, 7, 0);
    WITH fact AS (INSERT INTO payments.transactions (key, kind, order_ref, at)
                  VALUES ('old', 'paid', 'OLD', now()) RETURNING id)
    INSERT INTO payments.postings SELECT id, account::smallint, account, 7 * CASE account WHEN 1 THEN -1 ELSE 1 END
      FROM fact, generate_series(1, 2) AS account;
"""
"""As a release before this one posted it."""
LIST_MONTHS = "SELECT suffix FROM payments.list_months()"


async def post_in(owner: Connection, month: str, **values: object) -> None:
    """Post a transaction with a number of a month, as if it had been posted then."""
    number = "SELECT {} + nextval('payments.transaction_numbers')"
    old = await owner.fetchval("SELECT pg_get_functiondef('payments.make_number'::regproc)")
    async with owner.transaction():
        await owner.execute(
            "CREATE OR REPLACE FUNCTION payments.make_number() RETURNS bigint LANGUAGE sql AS"
            f" $$ {number.format(int(month) * 10**12)} $$"
        )
        await post(owner, kind="paid", **values)  # pyright: ignore[reportArgumentType]
        await owner.execute(old)


async def test_months_are_made_ahead_once_by_workers_at_once(books: Connection, database: Database) -> None:
    assert sorted(await asyncio.gather(*(make_months(database) for _ in range(4)))) == [0, 0, 0, 3]
    now = datetime.now(UTC)
    months = [now.year * 12 + now.month - 1 + n for n in range(4)]
    assert [row[0] for row in await books.fetch(LIST_MONTHS)] == [
        f"{each // 12 % 100:02}{each % 12 + 1:02}" for each in months
    ]
    # What was posted before there was a partition is in that of its month now; no row was moved.
    assert await books.fetchval("SELECT count(*) FROM payments.transactions_late") == 0
    assert await books.fetchval("SELECT count(*) FROM payments.transactions") == 1
    await post(books, key="n", kind="paid", legs=LEGS)
    part = await books.fetchval("SELECT tableoid::regclass::text FROM payments.transactions WHERE key = 'n'")
    assert part == f"payments.transactions_{now:%y%m}"
    assert await verify_ledger(books) == []


async def test_a_key_is_unique_across_months_and_its_edges(books: Connection) -> None:
    await make_months_of_all(books)
    for month in ("2601", "2602"):
        await post_in(books, month, key=f"of {month}", legs=LEGS, order="A")
    await make_months_of_all(books)
    await post(books, key="of 2601", kind="paid", legs=LEGS, order="A")
    assert await books.fetchval("SELECT count(*) FROM payments.transactions WHERE order_ref = 'A'") == 2
    with pytest.raises(KeyAlreadyUsed):
        await post(books, key="of 2601", kind="paid", legs=BACK, order="A")
    with pytest.raises(asyncpg.UniqueViolationError):
        await books.execute("INSERT INTO payments.transactions (key, kind, at) VALUES ('of 2602', 'x', now())")


async def test_a_month_that_is_made_while_others_post_refuses_none(books: Connection, database: Database) -> None:
    async with database.connection() as first, database.connection() as second:
        # Somebody reads postings and then posts: making months gives way, before a deadlock is looked for.
        open_one = first.transaction()
        await open_one.start()
        await get_balance(first, "commission")
        giving_way = asyncio.create_task(make_months(database))
        await wait_for_blocked(books, first.get_server_pid())
        number = await post(first, key="open", kind="paid", legs=LEGS)
        with pytest.raises(asyncpg.LockNotAvailableError):
            await giving_way
        # Of two that make months one waits before it reads anything that the other moves.
        makers = [asyncio.create_task(make_months(database)) for _ in range(2)]
        await wait_for_two_blocked(books)
        # The same key waits for that transaction and is posted once.
        again = asyncio.create_task(post(second, key="open", kind="paid", legs=LEGS))
        await asyncio.sleep(0.05)
        await open_one.commit()
        assert await again == number
        assert sorted(await asyncio.gather(*makers)) == [0, 3]
        # While months are made, what is posted waits; it finds its month.
        making = books.transaction()
        await making.start()
        assert await books.fetchval("SELECT payments.make_months(4)") == 1
        waiting = asyncio.create_task(post(first, key="after", kind="paid", legs=LEGS))
        await wait_for_blocked(books, books.get_server_pid())
        await making.commit()
        await waiting
    parts = await books.fetch("SELECT DISTINCT tableoid::regclass::text FROM payments.transactions")
    assert [row[0] for row in parts] == [f"payments.transactions_{datetime.now(UTC):%y%m}"]
    assert await verify_ledger(books) == []


@pytest.mark.parametrize("part", ["2601", "late", f"{datetime.now(UTC):%y%m}"])
async def test_each_month_refuses_what_the_ledger_refuses(books: Connection, part: str) -> None:
    await make_months_of_all(books)
    await post_in(books, "2601", key="january", legs=LEGS)
    await make_months_of_all(books)
    await post(books, key="now", kind="paid", legs=LEGS)
    await post_in(books, "0601", key="late", legs=LEGS)
    number = await books.fetchval(f"SELECT max(id) FROM payments.transactions_{part}")
    for statement, state in (
        (f"UPDATE payments.postings_{part} SET amount_minor = 1", "PL004"),
        (f"DELETE FROM payments.transactions_{part}", "PL004"),
        (f"TRUNCATE payments.postings_{part}", "PL004"),
        (f"TRUNCATE payments.transactions_{part}", "PL004"),
        (f"INSERT INTO payments.postings_{part} VALUES ({number}, 9, 1, 5)", "PL005"),
        (
            f"INSERT INTO payments.transactions_{part} (id, key, kind, at) VALUES ({number} + 1, 'x', 'x', now())",
            "PL006",
        ),
        (
            f"INSERT INTO payments.transactions_{part} (id, key, kind, at) VALUES ({number} + 1, 'now', 'x', now())",
            "23505",
        ),
        (f"DELETE FROM payments.transaction_keys WHERE transaction_id = {number}", "PL004"),
        ("UPDATE payments.transaction_keys SET transaction_id = 1", "PL004"),
        ("TRUNCATE payments.transaction_keys CASCADE", "PL004"),
    ):
        with pytest.raises(asyncpg.PostgresError) as refused:
            await books.execute(statement)
        assert refused.value.sqlstate == state, statement


async def wait_for_two_blocked(owner: Connection) -> None:
    async with asyncio.timeout(10):
        while await owner.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted") < 2:
            await asyncio.sleep(0.005)


async def make_months_of_all(owner: Connection) -> None:
    await owner.execute("SELECT payments.make_months(3)")


async def test_an_archived_month_loses_nothing_and_the_ledger_adds_up(books: Connection, owners: Database) -> None:
    await make_months_of_all(books)
    await post_in(books, "1901", key="old", legs=LEGS, order="OLD")
    await post_in(books, "1901", key="old back", legs=BACK, order="OLD")
    await make_months_of_all(books)
    before = {(each.code, each.minor) for each in await list_balances(books)}
    # Without checkpoints nothing is moved.
    assert await archive_months(owners) == []
    await age(books)
    assert await add_checkpoints(owners) == 2
    assert await archive_months(owners) == ["1901"]
    assert await archive_months(owners) == []
    now = datetime.now(UTC)
    assert await get_archived_until(books) == datetime(now.year - 5, now.month, 1, tzinfo=UTC)
    assert await verify_ledger(books) == []
    # The account of the old order is gone from the ledger and kept in the archive; all other balances are the same.
    assert {(each.code, each.minor) for each in await list_balances(books)} == before - {("escrow:OLD", 0)}
    assert await books.fetchval("SELECT array_agg(code) FROM payments_archive.accounts") == ["escrow:OLD"]
    assert await books.fetchval("SELECT sum(amount_minor * seq) FROM payments_archive.postings_1901") == 14
    assert await list_legs(books, "old") == []
    await post(books, key="old", kind="paid", legs=LEGS, order="OLD")
    assert await get_balance(books, "escrow:OLD") == 7
    assert await verify_ledger(books) == []
    with pytest.raises(asyncpg.PostgresError, match="append-only"):
        await books.execute("UPDATE payments_archive.postings_1901 SET amount_minor = 1")
    await books.execute("ALTER TABLE payments_archive.postings_1901 DISABLE TRIGGER ALL")
    await books.execute("UPDATE payments_archive.postings_1901 SET amount_minor = 2 * amount_minor")
    assert [each.code for each in await verify_ledger(books)] == ["changed_history"]


async def test_a_month_waits_in_the_ledger_until_its_money_left_suspense(books: Connection, owners: Database) -> None:
    """What was advanced in a dispute may stay so; that is still listed when its month is in the archive."""
    before = await get_balance(books, "clearing:alipay")
    await make_months_of_all(books)
    await post_in(books, "1901", key="suspense:pi_1", legs=[("clearing:alipay", -7), ("suspense:pi_1", 7)])
    await post_in(books, "1901", key="disputed", legs=[("advance:OLD", -5), ("clearing:alipay", 5)], order="OLD")
    await make_months_of_all(books)
    await age(books)
    assert await add_checkpoints(owners) == 2
    assert await archive_months(owners) == []
    unresolved = await list_unresolved_balances(books)
    assert [(each.code, each.order_ref) for each in unresolved] == [("suspense:pi_1", None), ("advance:OLD", "OLD")]
    assert await return_suspense(books, "pi_1")
    assert await get_balance(books, "clearing:alipay") == before + 5
    assert await archive_months(owners) == ["1901"]
    [left] = await list_unresolved_balances(books)
    assert (left.code, left.amount_minor, left.order_ref) == ("advance:OLD", -5, "OLD")
    assert left.since < datetime.now(UTC) - timedelta(days=5 * 365)
    assert await verify_ledger(books) == []


async def test_nothing_younger_than_sixty_months_is_archived(books: Connection, owners: Database) -> None:
    with pytest.raises(asyncpg.PostgresError, match="at least 60 months"):
        await archive_months(owners, kept=59)
    assert await books.fetchval("SELECT count(*) FROM payments.transactions") == 1


async def test_the_service_archives_nothing_and_sees_no_archive(database: Database) -> None:
    async with database.connection() as conn:
        for statement in ("SELECT payments.archive_month(60)", "SELECT payments.free_archived(1)"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await conn.execute(statement)
