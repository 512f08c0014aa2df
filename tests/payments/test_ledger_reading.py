"""What is read of the ledger: whose it is, in which order, and how much of it at once."""

from datetime import timedelta

import asyncpg
import pytest

from payments import Balance, Connection, all_balances, balance, balances, entries, entries_between, post
from payments.ledger import account_entries
from payments.sql import prepare_connection
from tests.payments.test_ledger import AT, PAID

HOUR = timedelta(hours=1)
ACCOUNT = "accounts (code, kind, currency, keep_balance)"
TRANSACTION = "transactions (key, kind, at)"


async def move(conn: Connection, key: str, *accounts: str, order: str = "L", hours: int = 0) -> None:
    """Post 7 from the first account to the second."""
    taken, given = accounts or ("clearing:bank", "payable:P1")
    await post(conn, key=key, kind="move", order=order, legs=[(taken, -7), (given, 7)], at=AT + hours * HOUR)


async def test_an_order_is_told_apart_from_the_next(conn: Connection) -> None:
    await post(conn, key="L", kind="paid", order="L", legs=tuple(reversed(PAID)), at=AT)
    await post(conn, key="M", kind="paid", order="M", legs=PAID, at=AT)
    assert list((await balances(conn, order="L")).items()) == [("escrow:L-1", 90_00), ("escrow:L-2", 56_00)]
    assert [entry.key for entry in await entries(conn, order="L")] == ["L"]
    assert await balances(conn, order="K") == {}


async def test_entries_are_told_by_the_time_of_the_fact(conn: Connection) -> None:
    await move(conn, "late", hours=1)
    await move(conn, "early")
    await move(conn, "as early")
    assert [entry.key for entry in await entries(conn, order="L")] == ["early", "as early", "late"]
    assert [entry.key for entry in await entries_between(conn, AT, AT + 2 * HOUR)] == ["early", "as early", "late"]
    assert [entry.key for entry in await account_entries(conn, "payable:P1")] == ["late", "as early", "early"]


async def test_an_accounts_entries_are_the_last_and_its_own(conn: Connection) -> None:
    for key in ("first", "second", "third"):
        await move(conn, key)
    await move(conn, "another's", "clearing:other", "payable:P2")
    assert [entry.key for entry in await account_entries(conn, "payable:P1", most=2)] == ["third", "second"]
    assert [entry.key for entry in await account_entries(conn, "payable:P1")] == ["third", "second", "first"]


async def test_an_accounts_entries_are_a_hundred_unless_more_are_asked_for(conn: Connection) -> None:
    for number in range(102):
        await move(conn, str(number))
    assert len(await account_entries(conn, "payable:P1")) == 100
    assert len(await account_entries(conn, "payable:P1", most=101)) == 101


async def test_lists_end_at_the_longest_that_is_read_at_once(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.ledger.MOST", 2)
    for key in ("first", "second", "third"):
        await move(conn, key, "clearing:bank", f"payable:{key}")
    assert [row.code for row in await all_balances(conn)] == ["clearing:bank", "payable:first"]
    assert [entry.key for entry in await entries(conn, order="L")] == ["first", "second"]
    assert [entry.key for entry in await entries_between(conn, AT, AT + HOUR)] == ["first", "second"]
    assert [entry.key for entry in await account_entries(conn, "clearing:bank", most=3)] == ["third", "second"]


async def test_a_page_of_balances_goes_on_within_a_code(conn: Connection) -> None:
    for currency, minor in (("JPY", 500), ("CNY", 5_00)):
        legs = [("clearing:bank", -minor), ("payable:P1", minor)]
        await post(conn, key=currency, kind="paid", legs=legs, currency=currency)
    every = [
        Balance("clearing:bank", "CNY", -5_00),
        Balance("clearing:bank", "JPY", -500),
        Balance("payable:P1", "CNY", 5_00),
        Balance("payable:P1", "JPY", 500),
    ]
    assert await all_balances(conn) == every
    assert await all_balances(conn, after=every[0]) == every[1:]
    assert await all_balances(conn, after=every[1]) == every[2:]


async def test_an_account_without_a_leg_holds_nothing(owner: Connection) -> None:
    await prepare_connection(owner)
    await owner.execute(
        "INSERT INTO payments.accounts (code, kind, currency, keep_balance)"
        " VALUES ('commission', 'commission', 'CNY', false)"
    )
    assert await all_balances(owner) == [Balance("commission", "CNY", 0)]
    assert await balance(owner, "commission") == 0


# What the tables refuse and the one way to write does, besides what its own tests tell.


@pytest.mark.parametrize(
    ("constraint", "table", "values"),
    [
        ("account_kinds_floor_is_kept", "account_kinds (kind, floor_minor, keep_balance)", "'x', 0, false"),
        (
            "accounts_code_currency",
            ACCOUNT,
            "'refund:L', 'refund', 'CNY', true",
        ),
        ("accounts_code", ACCOUNT, "'refund:A B', 'refund', 'CNY', true"),
        ("accounts_code", ACCOUNT, "'escrow:L', 'refund', 'CNY', true"),
        ("accounts_currency", ACCOUNT, "'refund:M', 'refund', 'CN', true"),
        ("transactions_key", TRANSACTION, "repeat('k', 201), 'x', now()"),
        ("transactions_kind", TRANSACTION, "'k', '', now()"),
        ("transactions_kind", TRANSACTION, "'k', repeat('x', 61), now()"),
        ("postings_amount", "postings (transaction_id, seq, account_id, amount_minor)", "max_id(), 9, 1, 0"),
    ],
)
async def test_the_tables_of_the_ledger_refuse_what_means_nothing(
    owner: Connection, constraint: str, table: str, values: str
) -> None:
    transaction = owner.transaction()
    await transaction.start()
    await post(owner, key="paid:L", kind="paid", legs=[("clearing:bank", -1), ("refund:L", 1)], at=AT)
    given = values.replace("max_id()", "(SELECT max(id) FROM payments.transactions)")
    with pytest.raises(asyncpg.IntegrityConstraintViolationError) as error:
        await owner.execute(f"INSERT INTO payments.{table} VALUES ({given})")
    assert error.value.constraint_name == constraint
    await transaction.rollback()


async def test_a_fact_of_no_order_is_one_transaction_too(conn: Connection) -> None:
    legs = [("clearing:bank", -1), ("payable:P1", 1)]
    first = await post(conn, key="first", kind="paid", legs=legs)
    assert await post(conn, key="second", kind="paid", legs=legs) != first
    assert await post(conn, key="first", kind="paid", legs=legs) == first
    assert await balance(conn, "payable:P1") == 2


async def test_the_way_to_write_is_open_to_the_service_alone(owner: Connection) -> None:
    allowed = (
        "SELECT has_function_privilege($1, 'payments.post(text,text,text,timestamptz,text,text[],bigint[])', 'EXECUTE')"
    )
    assert await owner.fetchval(allowed, "pg_monitor") is False


async def test_the_way_to_write_is_not_led_astray_by_a_search_path(owner: Connection) -> None:
    await owner.execute("CREATE SCHEMA aside")
    await owner.execute(
        "CREATE FUNCTION aside.split_part(text, text, integer) RETURNS text LANGUAGE sql RETURN 'promotion'"
    )
    await owner.execute("SET search_path = aside, pg_catalog")
    await post(owner, key="paid:L", kind="paid", legs=[("clearing:bank", -1), ("refund:L", 1)], at=AT)
    assert await owner.fetchval("SELECT kind FROM payments.accounts WHERE code = 'refund:L'") == "refund"
