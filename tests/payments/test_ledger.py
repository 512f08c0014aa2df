"""The ledger's invariants, each with the trigger or constraint that enforces it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import asyncpg
import pytest

from payments import (
    Connection,
    Database,
    balances,
    get_balance,
    list_balances,
    list_order_entries,
    post,
    verify_ledger,
)
from payments.errors import InsufficientBalance, KeyAlreadyUsed, UnknownAccountKind
from payments.sql import prepare_connection

AT = datetime(2019, 9, 20, 1, 1, tzinfo=UTC)
PAID = (("clearing:alipay", -146_00), ("escrow:L-1", 90_00), ("escrow:L-2", 56_00))


async def pay_in(conn: Connection, key: str = "paid:L", legs: Sequence[tuple[str, int]] = PAID) -> int:
    return await post(conn, key=key, kind="paid", order="L", legs=legs, at=AT)


async def test_a_leg_adds_to_its_account(conn: Connection) -> None:
    await pay_in(conn)
    assert await balances(conn, order="L") == {"escrow:L-1": 90_00, "escrow:L-2": 56_00}
    assert await get_balance(conn, "clearing:alipay") == -146_00
    assert await get_balance(conn, "escrow:L-1") == 90_00
    assert await get_balance(conn, "escrow:never-used") == 0


async def test_an_entry_keeps_its_legs_in_order(conn: Connection) -> None:
    await pay_in(conn)
    (entry,) = await list_order_entries(conn, order="L")
    assert (entry.key, entry.kind, entry.order_ref, entry.at, entry.currency) == ("paid:L", "paid", "L", AT, "CNY")
    assert entry.legs == list(PAID)


async def test_posting_again_under_one_key_is_one_transaction(conn: Connection) -> None:
    first = await pay_in(conn)
    again = await pay_in(conn, legs=tuple(reversed(PAID)))
    assert again == first
    assert await get_balance(conn, "escrow:L-1") == 90_00


@pytest.mark.parametrize(
    ("kind", "order", "legs", "currency"),
    [
        ("paid", "L", (("clearing:alipay", -146_01), ("escrow:L-1", 90_01), ("escrow:L-2", 56_00)), "CNY"),
        ("paid", "L", (("clearing:wechat", -146_00), ("escrow:L-1", 90_00), ("escrow:L-2", 56_00)), "CNY"),
        ("paid", "L", (*PAID, ("commission", 1), ("escrow:L-1", -1)), "CNY"),
        ("paid", "M", PAID, "CNY"),
        ("deposit paid", "L", PAID, "CNY"),
        ("paid", "L", PAID, "JPY"),
    ],
)
async def test_a_key_of_another_transaction_is_refused(
    conn: Connection, kind: str, order: str, legs: Sequence[tuple[str, int]], currency: str
) -> None:
    await pay_in(conn)
    with pytest.raises(KeyAlreadyUsed) as refused:
        async with conn.transaction():
            await post(conn, key="paid:L", kind=kind, order=order, legs=legs, currency=currency, at=AT)
    assert refused.value.facts == {"key": "paid:L"}
    assert await balances(conn, order="L") == {"escrow:L-1": 90_00, "escrow:L-2": 56_00}


@pytest.mark.parametrize("account", ["escrow:L-1", "payable:P1", "freight:P2", "refund:L"])
async def test_accounts_of_others_money_never_fall_below_zero(conn: Connection, account: str) -> None:
    await post(conn, key="in", kind="in", legs=[("clearing:alipay", -10), (account, 10)])
    await post(conn, key="out", kind="out", legs=[(account, -10), ("clearing:alipay", 10)])
    with pytest.raises(InsufficientBalance) as refused:
        async with conn.transaction():
            await post(conn, key="over", kind="over", legs=[(account, -1), ("clearing:alipay", 1)])
    assert refused.value.facts == {"account": account}
    assert await get_balance(conn, account) == 0


async def test_a_floor_applies_to_the_sum_of_an_accounts_legs(conn: Connection) -> None:
    legs = [("escrow:L-1", -5), ("escrow:L-1", 6), ("clearing:alipay", -1)]
    await post(conn, key="both", kind="both", legs=legs)
    assert await get_balance(conn, "escrow:L-1") == 1


async def test_a_floor_applies_to_the_sum_of_the_legs_of_an_account_with_a_balance(conn: Connection) -> None:
    await post(conn, key="in", kind="in", legs=[("clearing:alipay", -3), ("escrow:L-1", 3)])
    legs = [("escrow:L-1", -5), ("escrow:L-1", 2), ("clearing:alipay", 3)]
    await post(conn, key="both", kind="both", legs=legs)
    assert await get_balance(conn, "escrow:L-1") == 0


async def test_a_new_account_and_one_with_a_balance_change_together(conn: Connection) -> None:
    await post(conn, key="in", kind="in", legs=[("clearing:alipay", -10), ("escrow:L-1", 10)])
    await post(conn, key="on", kind="on", legs=[("escrow:L-1", -4), ("payable:7", 3), ("commission", 1)])
    assert await get_balance(conn, "escrow:L-1") == 6
    assert await get_balance(conn, "payable:7") == 3
    kept = await conn.fetch(
        "SELECT code, amount_minor FROM payments.balances JOIN payments.accounts ON id = account_id"
    )
    assert {(row["code"], row["amount_minor"]) for row in kept} == {("escrow:L-1", 6), ("payable:7", 3)}


@pytest.mark.parametrize("old", ["payable:A", "payable:B", "payable:A payable:B"])
async def test_the_first_account_below_its_floor_is_named_of_new_and_old(conn: Connection, old: str) -> None:
    for account in old.split():
        await post(conn, key=account, kind="in", legs=[("clearing:alipay", -1), (account, 1)])
    with pytest.raises(InsufficientBalance) as refused:
        async with conn.transaction():
            await post(conn, key="x", kind="x", legs=[("payable:B", -2), ("payable:A", -2), ("clearing:bank", 4)])
    assert refused.value.facts == {"account": "payable:A"}
    assert [await get_balance(conn, account) for account in old.split()] == [1] * len(old.split())


async def test_the_first_account_below_its_floor_is_named(conn: Connection) -> None:
    with pytest.raises(InsufficientBalance) as refused:
        async with conn.transaction():
            await post(conn, key="x", kind="x", legs=[("payable:B", -1), ("payable:A", -1), ("clearing:bank", 2)])
    assert refused.value.facts == {"account": "payable:A"}


async def test_hot_accounts_have_no_balance_row_and_may_be_negative(conn: Connection) -> None:
    await post(conn, key="hot", kind="hot", legs=[("promotion", -9), ("commission", 4), ("clearing:bank", 5)])
    kept = await conn.fetch("SELECT 1 FROM payments.balances JOIN payments.accounts ON id = account_id")
    assert kept == []
    assert [(row.code, row.minor) for row in await list_balances(conn)] == [
        ("clearing:bank", 5),
        ("commission", 4),
        ("promotion", -9),
    ]
    assert [row.code for row in await list_balances(conn, prefix="c")] == ["clearing:bank", "commission"]
    first, *rest = await list_balances(conn)
    assert await list_balances(conn, after=first) == rest


async def test_an_account_of_an_unknown_kind_is_refused(conn: Connection) -> None:
    with pytest.raises(UnknownAccountKind) as refused:
        async with conn.transaction():
            await post(conn, key="x", kind="x", legs=[("pocket:me", 1), ("clearing:bank", -1)])
    assert refused.value.facts == {"account": "pocket:me"}


@pytest.mark.parametrize(
    "legs",
    [[], [("clearing:bank", 1)], [("clearing:bank", 0), ("commission", 0)], [("clearing:bank", -2), ("commission", 1)]],
)
async def test_legs_that_do_not_sum_to_zero_are_a_bug(conn: Connection, legs: list[tuple[str, int]]) -> None:
    with pytest.raises(ValueError, match="at least two legs that sum to zero"):
        await post(conn, key="x", kind="x", legs=legs)


async def test_a_datetime_without_a_time_zone_is_a_bug(conn: Connection) -> None:
    with pytest.raises(ValueError, match="time zone"):
        await post(conn, key="x", kind="x", legs=PAID, at=datetime(2019, 9, 20))


async def test_other_database_errors_are_not_translated(conn: Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as error:
        async with conn.transaction():
            await post(conn, key="", kind="x", legs=PAID)
    assert error.value.constraint_name == "transactions_key"


async def test_each_currency_has_its_own_accounts(conn: Connection) -> None:
    await pay_in(conn)
    await post(conn, key="yen", kind="paid", legs=[("clearing:alipay", -500), ("escrow:L-1", 500)], currency="JPY")
    assert await get_balance(conn, "escrow:L-1", "JPY") == 500
    assert await get_balance(conn, "escrow:L-1") == 90_00


# The triggers and constraints of the schema, for writers that bypass the function.

WRITE = """
    WITH fact AS (INSERT INTO payments.transactions (key, kind, at) VALUES ($1, 'direct', now()) RETURNING id)
    INSERT INTO payments.postings (transaction_id, seq, account_id, amount_minor)
    SELECT fact.id, place, accounts.id, minor
      FROM fact, unnest($2::text[], $3::bigint[]) WITH ORDINALITY AS legs (leg, minor, place)
      JOIN payments.accounts ON code = leg
"""


@pytest.fixture
async def books(database: Database, owner: Connection) -> Connection:
    """The owner's connection on a database that holds one transaction."""
    await prepare_connection(owner)
    async with database.transaction() as conn:
        await pay_in(conn)
    return owner


@pytest.mark.parametrize(
    ("codes", "amounts"),
    [
        (["clearing:alipay", "escrow:L-1"], [-5, 4]),
        (["clearing:alipay"], [-5]),
        ([], []),
    ],
)
async def test_an_unbalanced_transaction_does_not_commit(
    books: Connection, codes: list[str], amounts: list[int]
) -> None:
    with pytest.raises(asyncpg.PostgresError) as error:
        await books.execute(WRITE, "direct", codes, amounts)
    assert error.value.sqlstate == "PL006"
    assert await books.fetchval("SELECT count(*) FROM payments.transactions") == 1


async def test_legs_after_an_early_check_are_checked_again(books: Connection) -> None:
    transaction = books.transaction()
    await transaction.start()
    await books.execute(WRITE, "direct", ["clearing:alipay", "escrow:L-1"], [-5, 5])
    await books.execute("SET CONSTRAINTS ALL IMMEDIATE")
    await books.execute("SET CONSTRAINTS ALL DEFERRED")
    await books.execute(
        "INSERT INTO payments.postings (transaction_id, seq, account_id, amount_minor)"
        " SELECT max(id), 9, (SELECT min(id) FROM payments.accounts), 7 FROM payments.transactions"
    )
    with pytest.raises(asyncpg.PostgresError) as error:
        await transaction.commit()
    assert error.value.sqlstate == "PL006"
    assert await books.fetchval("SELECT count(*) FROM payments.postings") == 3


async def test_sums_are_zero_in_each_currency_and_not_across(books: Connection) -> None:
    async with books.transaction():
        await books.execute("SELECT payments.post('yen', 'x', NULL, now(), 'JPY', '{promotion,commission}', '{-1,1}')")
    with pytest.raises(asyncpg.PostgresError) as error:
        await books.execute(WRITE, "mixed", ["clearing:alipay", "promotion"], [-5, 5])
    assert error.value.sqlstate == "PL006"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments.transactions SET kind = 'other'",
        "DELETE FROM payments.transactions",
        "UPDATE payments.postings SET amount_minor = amount_minor + 1",
        "DELETE FROM payments.postings",
        "TRUNCATE payments.postings",
        "TRUNCATE payments.transactions CASCADE",
    ],
)
async def test_postings_never_change_even_by_their_owner(books: Connection, statement: str) -> None:
    with pytest.raises(asyncpg.PostgresError) as error:
        await books.execute(statement)
    assert error.value.sqlstate == "PL004"
    assert await verify_ledger(books) == []


@pytest.mark.parametrize("savepoint", [False, True])
async def test_a_closed_transaction_accepts_no_further_leg(books: Connection, *, savepoint: bool) -> None:
    statement = (
        "INSERT INTO payments.postings (transaction_id, seq, account_id, amount_minor)"
        " SELECT transactions.id, 8, accounts.id, 1 FROM payments.transactions, payments.accounts LIMIT 1"
    )
    async with books.transaction():
        inner = books.transaction()
        if savepoint:
            await inner.start()
        with pytest.raises(asyncpg.PostgresError) as error:
            await books.execute(statement)
        assert error.value.sqlstate == "PL005"
        if savepoint:
            await inner.rollback()


async def test_a_leg_after_a_savepoint_belongs_to_its_open_transaction(books: Connection) -> None:
    async with books.transaction():
        async with books.transaction():
            await books.execute(WRITE, "direct", ["clearing:alipay", "escrow:L-1"], [-5, 4])
        await books.execute(
            "INSERT INTO payments.postings (transaction_id, seq, account_id, amount_minor)"
            " SELECT max(id), 3, (SELECT min(id) FROM payments.accounts), 1 FROM payments.transactions"
        )
    assert await books.fetchval("SELECT count(*) FROM payments.postings") == 6


async def test_the_writer_cannot_choose_when_a_transaction_closes(books: Connection) -> None:
    await books.execute(
        "WITH fact AS (INSERT INTO payments.transactions (key, kind, at, posted_in)"
        " VALUES ('early', 'x', now(), '1') RETURNING id)"
        " INSERT INTO payments.postings (transaction_id, seq, account_id, amount_minor)"
        " SELECT fact.id, place, (SELECT min(id) FROM payments.accounts), minor"
        " FROM fact, (VALUES (1, -1), (2, 1)) AS legs (place, minor)"
    )
    assert await books.fetchval("SELECT posted_in::text FROM payments.transactions WHERE key = 'early'") != "1"


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO payments.transactions (key, kind, at) VALUES ('x', 'x', now())",
        "INSERT INTO payments.postings VALUES (1, 9, 1, 1)",
        "UPDATE payments.transactions SET kind = 'x'",
        "DELETE FROM payments.postings",
        "UPDATE payments.balances SET amount_minor = 0",
        "INSERT INTO payments.accounts (code, kind, currency, keep_balance) VALUES ('escrow', 'escrow', 'CNY', false)",
        "UPDATE payments.account_kinds SET floor_minor = NULL",
        "DELETE FROM payments.payments",
        "UPDATE payments.payments SET amount_minor = 1",
        "UPDATE payments.parts SET minor = 1",
        "UPDATE payments.refunds SET amount_minor = 1",
        "ALTER TABLE payments.postings DISABLE TRIGGER ALL",
    ],
)
async def test_the_service_may_not_bypass_the_ledgers_function(conn: Connection, statement: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with conn.transaction():
            await conn.execute(statement)


async def test_the_balance_row_refuses_to_fall_below_its_floor(books: Connection) -> None:
    with pytest.raises(asyncpg.CheckViolationError) as error:
        await books.execute("UPDATE payments.balances SET amount_minor = -1")
    assert error.value.constraint_name == "balances_floor"


# Races, each on its own connections.


async def test_fifty_concurrent_posts_of_one_key_are_one_transaction(database: Database) -> None:
    async def once() -> int:
        async with database.transaction() as conn:
            return await pay_in(conn)

    numbers = await asyncio.gather(*(once() for _ in range(50)))
    assert len(set(numbers)) == 1
    async with database.connection() as conn:
        assert await get_balance(conn, "escrow:L-1") == 90_00
        assert await verify_ledger(conn) == []


async def test_concurrent_first_uses_create_an_account_once(database: Database) -> None:
    legs = [("clearing:bank", -1), ("payable:P1", 1)]
    async with database.connection() as one, database.connection() as other:

        async def second() -> None:
            async with other.transaction():
                await post(other, key="second", kind="paid", legs=legs)

        first = one.transaction()
        await first.start()
        await post(one, key="first", kind="paid", legs=legs)
        waiting = asyncio.create_task(second())
        while not await one.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"):
            await asyncio.sleep(0.01)
        await first.commit()
        await waiting
        assert await get_balance(one, "payable:P1") == 2
        assert await verify_ledger(one) == []


async def test_twenty_concurrent_posts_spend_a_balance_once(database: Database) -> None:
    async with database.transaction() as conn:
        await post(conn, key="in", kind="in", legs=[("clearing:bank", -100), ("payable:P1", 100)])

    async def take(n: int) -> bool:
        try:
            async with database.transaction() as conn:
                await post(conn, key=f"out:{n}", kind="out", legs=[("payable:P1", -40), ("clearing:bank", 40)])
        except InsufficientBalance:
            return False
        return True

    taken = await asyncio.gather(*(take(n) for n in range(20)))
    assert sum(taken) == 2
    async with database.connection() as conn:
        assert await get_balance(conn, "payable:P1") == 20
        assert await verify_ledger(conn) == []


async def test_legs_in_any_order_do_not_deadlock(database: Database) -> None:
    accounts = ["payable:A", "payable:B", "payable:C"]

    async def move(n: int) -> None:
        turned = accounts[n % 3 :] + accounts[: n % 3]
        legs = [("clearing:bank", -30), *((account, 10) for account in turned)]
        async with database.transaction() as conn:
            await post(conn, key=f"move:{n}", kind="move", legs=legs)

    await asyncio.gather(*(move(n) for n in range(60)))
    async with database.connection() as conn:
        assert [await get_balance(conn, account) for account in accounts] == [600, 600, 600]
        assert await verify_ledger(conn) == []
