"""Reading the ledger: the selection, the order and the limits of each list."""

from datetime import timedelta

import asyncpg
import pytest

from payments import (
    AccountBalance,
    Connection,
    balances,
    get_balance,
    list_balances,
    list_order_entries,
    post,
)
from payments.sql import prepare_connection
from tests.payments.test_ledger import AT, PAID

HOUR = timedelta(hours=1)
ACCOUNT = "accounts (code, kind, currency, keep_balance)"
TRANSACTION = "transactions (key, kind, at)"


async def move(conn: Connection, key: str, *accounts: str, order: str = "L", hours: int = 0) -> None:
    """Post 7 from the first account to the second."""
    taken, given = accounts or ("clearing:bank", "payable:P1")
    await post(conn, key=key, kind="move", order=order, legs=[(taken, -7), (given, 7)], at=AT + hours * HOUR)


async def test_an_order_is_read_separately_from_the_next(conn: Connection) -> None:
    await post(conn, key="L", kind="paid", order="L", legs=tuple(reversed(PAID)), at=AT)
    await post(conn, key="M", kind="paid", order="M", legs=PAID, at=AT)
    assert list((await balances(conn, order="L")).items()) == [("escrow:L-1", 90_00), ("escrow:L-2", 56_00)]
    assert [entry.key for entry in await list_order_entries(conn, order="L")] == ["L"]
    assert await balances(conn, order="K") == {}


async def test_entries_are_sorted_by_business_time(conn: Connection) -> None:
    await move(conn, "late", hours=1)
    await move(conn, "early")
    await move(conn, "as early")
    assert [entry.key for entry in await list_order_entries(conn, order="L")] == ["early", "as early", "late"]


async def test_lists_are_limited(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("payments.ledger.journal.MAX_ROWS", 2)
    for key in ("first", "second", "third"):
        await move(conn, key, "clearing:bank", f"payable:{key}")
    assert [row.code for row in await list_balances(conn)] == ["clearing:bank", "payable:first"]
    assert [entry.key for entry in await list_order_entries(conn, order="L")] == ["first", "second"]


async def test_a_page_of_balances_continues_within_a_code(conn: Connection) -> None:
    for currency, minor in (("JPY", 500), ("CNY", 5_00)):
        legs = [("clearing:bank", -minor), ("payable:P1", minor)]
        await post(conn, key=currency, kind="paid", legs=legs, currency=currency)
    every = [
        AccountBalance("clearing:bank", "CNY", -5_00),
        AccountBalance("clearing:bank", "JPY", -500),
        AccountBalance("payable:P1", "CNY", 5_00),
        AccountBalance("payable:P1", "JPY", 500),
    ]
    assert await list_balances(conn) == every
    assert await list_balances(conn, after=every[0]) == every[1:]
    assert await list_balances(conn, after=every[1]) == every[2:]


async def test_an_account_without_a_leg_has_a_zero_balance(owner: Connection) -> None:
    await prepare_connection(owner)
    await owner.execute(
        "INSERT INTO payments.accounts (code, kind, currency, keep_balance)"
        " VALUES ('commission', 'commission', 'CNY', false)"
    )
    assert await list_balances(owner) == [AccountBalance("commission", "CNY", 0)]
    assert await get_balance(owner, "commission") == 0


# Rows that the tables refuse, and more about the posting function.


@pytest.mark.parametrize(
    ("constraint", "table", "values"),
    [
        ("account_kinds_floor_needs_balance", "account_kinds (kind, floor_minor, keep_balance)", "'x', 0, false"),
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
async def test_the_tables_of_the_ledger_refuse_invalid_rows(
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


async def test_posting_again_without_an_order_is_one_transaction(conn: Connection) -> None:
    legs = [("clearing:bank", -1), ("payable:P1", 1)]
    first = await post(conn, key="first", kind="paid", legs=legs)
    assert await post(conn, key="second", kind="paid", legs=legs) != first
    assert await post(conn, key="first", kind="paid", legs=legs) == first
    assert await get_balance(conn, "payable:P1") == 2


async def test_only_the_service_may_call_the_posting_function(owner: Connection) -> None:
    allowed = (
        "SELECT has_function_privilege($1, 'payments.post(text,text,text,timestamptz,text,text[],bigint[])', 'EXECUTE')"
    )
    assert await owner.fetchval(allowed, "pg_monitor") is False


async def test_the_posting_function_ignores_the_callers_search_path(owner: Connection) -> None:
    await owner.execute("CREATE SCHEMA aside")
    await owner.execute(
        "CREATE FUNCTION aside.split_part(text, text, integer) RETURNS text LANGUAGE sql RETURN 'promotion'"
    )
    await owner.execute("SET search_path = aside, pg_catalog")
    await post(owner, key="paid:L", kind="paid", legs=[("clearing:bank", -1), ("refund:L", 1)], at=AT)
    assert await owner.fetchval("SELECT kind FROM payments.accounts WHERE code = 'refund:L'") == "refund"
