"""The double-entry ledger: a leg adds to its account, the legs of a transaction sum to zero.

Money in is `clearing:<rail>` − and `escrow:<part>` +, so escrow, payable, freight and refund accounts never go below
zero. Nothing that was posted changes; a mistake is corrected by a further transaction.
"""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from msgspec import Struct

from payments.errors import Refusal
from payments.models import BelowFloor, FactDiffers, UnknownAccount, instant
from payments.sql import Connection, Query

type Leg = tuple[str, int]
"""An account's code and what is added to it, in minor units."""

MOST = 10_000
"""The longest list that is read at once."""


class Entry(Struct, frozen=True):
    """A posted transaction with its legs in the order in which they were given."""

    key: str
    kind: str
    order_ref: str | None
    at: datetime
    currency: str
    legs: list[Leg]


class Balance(Struct, frozen=True):
    """What an account holds."""

    code: str
    currency: str
    minor: int


class _Turnover(Struct, frozen=True):
    code: str
    minor: int


POST = Query(int, "SELECT payments.post(:key, :kind, :order, :at, :currency, :codes, :amounts)")

ORDER_BALANCES = Query(
    _Turnover,
    """
    SELECT code, sum(amount_minor)::bigint AS minor
      FROM payments.transactions
      JOIN payments.postings ON transaction_id = transactions.id
      JOIN payments.accounts ON accounts.id = account_id
     WHERE order_ref = :order AND keep_balance
     GROUP BY code
     ORDER BY code
    """,
)
# A hot account keeps no row: its balance is the sum of its postings.
BALANCES = Query(
    Balance,
    """
    SELECT code, currency, coalesce(balances.amount_minor, total, 0)::bigint AS minor
      FROM payments.accounts
      LEFT JOIN payments.balances ON balances.account_id = accounts.id
      LEFT JOIN LATERAL (SELECT sum(amount_minor) AS total FROM payments.postings WHERE account_id = accounts.id) AS hot
        ON NOT keep_balance
     WHERE starts_with(code, :prefix) AND (code, currency) > (:after_code, :after_currency)
     ORDER BY code, currency
     LIMIT :most
    """,
)
BALANCE = Query(
    int,
    """
    SELECT coalesce((SELECT balances.amount_minor FROM payments.balances WHERE account_id = accounts.id),
                    (SELECT sum(amount_minor) FROM payments.postings WHERE account_id = accounts.id), 0)::bigint
      FROM payments.accounts
     WHERE code = :code AND currency = :currency
    """,
)
ORDER_ENTRIES = Query(
    Entry,
    """
    SELECT key, transactions.kind, order_ref, at, min(accounts.currency) AS currency,
           jsonb_agg(jsonb_build_array(code, amount_minor) ORDER BY seq) AS legs
      FROM payments.transactions
      JOIN payments.postings ON transaction_id = transactions.id
      JOIN payments.accounts ON accounts.id = account_id
     WHERE order_ref = :order
     GROUP BY transactions.id
     ORDER BY at, transactions.id
     LIMIT :most
    """,
)
ENTRIES = Query(
    Entry,
    """
    SELECT key, transactions.kind, order_ref, at, min(accounts.currency) AS currency,
           jsonb_agg(jsonb_build_array(code, amount_minor) ORDER BY seq) AS legs
      FROM payments.transactions
      JOIN payments.postings ON transaction_id = transactions.id
      JOIN payments.accounts ON accounts.id = account_id
     WHERE at >= :since AND at < :until
     GROUP BY transactions.id
     ORDER BY at, transactions.id
     LIMIT :most
    """,
)
ACCOUNT_ENTRIES = Query(
    Entry,
    """
    SELECT key, transactions.kind, order_ref, at, min(accounts.currency) AS currency,
           jsonb_agg(jsonb_build_array(code, amount_minor) ORDER BY seq) AS legs
      FROM payments.transactions
      JOIN payments.postings ON transaction_id = transactions.id
      JOIN payments.accounts ON accounts.id = account_id
     WHERE transactions.id IN (SELECT transaction_id
                                 FROM payments.postings JOIN payments.accounts ON accounts.id = account_id
                                WHERE code = :account AND currency = :currency
                                ORDER BY transaction_id DESC
                                LIMIT :most)
     GROUP BY transactions.id
     ORDER BY at DESC, transactions.id DESC
    """,
)


async def post(
    conn: Connection,
    *,
    key: str,
    kind: str,
    legs: Sequence[Leg],
    order: str | None = None,
    currency: str = "CNY",
    at: datetime | None = None,
) -> int:
    """Book one fact, in the caller's transaction, and return the transaction's number.

    Idempotent by `key`: the same fact again changes nothing. Accounts are made on first use; their kind is the code's
    prefix. A leg adds to its account, in minor units; zero legs are left out. `at` is when it happened (default: now).
    A refusal breaks the caller's database transaction off.

    Raises:
        FactDiffers: the key stands for other legs, another kind or another order.
        BelowFloor: an account would go under its floor.
        UnknownAccount: a code's prefix is no known kind.
        ValueError: the legs do not sum to zero, or there are fewer than two.
    """
    given = [(code, minor) for code, minor in legs if minor]
    if len(given) < 2 or sum(minor for _, minor in given):  # noqa: PLR2004 - double entry
        raise ValueError(f"legs need two sides that sum to zero: {legs}")
    try:
        return await POST.one(
            conn,
            key=key,
            kind=kind,
            order=order,
            at=instant(at),
            currency=currency,
            codes=[code for code, _ in given],
            amounts=[minor for _, minor in given],
        )
    except asyncpg.PostgresError as error:
        refusal = _refusal(error)
        if refusal is None:
            raise
        raise refusal from error


def _refusal(error: asyncpg.PostgresError) -> Refusal | None:
    """Return the answer that a violated rule of the ledger stands for, or None for anything else."""
    match error.sqlstate:
        case "PL001":
            return FactDiffers(key=error.detail)
        case "PL002":
            return UnknownAccount(account=error.detail)
        case "PL003":
            return BelowFloor(account=error.detail)
        case _:
            return None


async def balances(conn: Connection, *, order: str) -> dict[str, int]:
    """Return what the transactions of one order left in each account that keeps a balance, in minor units."""
    return {row.code: row.minor for row in await ORDER_BALANCES.all(conn, order=order)}


async def balance(conn: Connection, account: str, currency: str = "CNY") -> int:
    """Return what one account holds, in minor units; 0 for one that was never used."""
    found = await BALANCE.maybe(conn, code=account, currency=currency)
    return found or 0


async def all_balances(conn: Connection, *, prefix: str = "", after: Balance | None = None) -> list[Balance]:
    """Return at most 10,000 accounts by code and currency, from after one of them on; hot accounts are summed up."""
    code, currency = ("", "") if after is None else (after.code, after.currency)
    return await BALANCES.all(conn, prefix=prefix, after_code=code, after_currency=currency, most=MOST)


async def entries(conn: Connection, *, order: str) -> list[Entry]:
    """Return the transactions of one order, oldest first."""
    return await ORDER_ENTRIES.all(conn, order=order, most=MOST)


async def entries_between(conn: Connection, since: datetime, until: datetime) -> list[Entry]:
    """Return the transactions of a half-open interval, oldest first, at most 10,000."""
    return await ENTRIES.all(conn, since=since, until=until, most=MOST)


async def account_entries(conn: Connection, account: str, *, currency: str = "CNY", most: int = 100) -> list[Entry]:
    """Return the last transactions that touched an account, newest first."""
    return await ACCOUNT_ENTRIES.all(conn, account=account, currency=currency, most=min(most, MOST))
