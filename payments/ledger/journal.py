"""The double-entry ledger: each leg adds to one account, and the legs of a transaction sum to zero.

Money received is `clearing:<method>` − and `escrow:<part>` +; escrow, payable, freight and refund accounts never fall
below zero. Posted transactions never change; a mistake is corrected by another transaction.
"""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
from msgspec import Struct

from payments.errors import InsufficientBalance, KeyAlreadyUsed, Refusal, UnknownAccountKind
from payments.models import resolve_time
from payments.sql import Connection, Query

type Leg = tuple[str, int]
"""An account's code and the amount added to it, in minor units."""

MAX_ROWS = 10_000
"""The maximum length of a list."""


class JournalEntry(Struct, frozen=True):
    """A posted transaction with its legs in the given order."""

    key: str
    kind: str
    order_ref: str | None
    at: datetime
    currency: str
    legs: list[Leg]


class AccountBalance(Struct, frozen=True):
    """The balance of an account."""

    code: str
    currency: str
    minor: int


class _LedgerLeg(Struct, frozen=True):
    code: str
    minor: int


class _OrderBalance(Struct, frozen=True):
    code: str
    minor: int


POST = Query(int, "SELECT {schema}.post(:key, :kind, :order, :at, :currency, :codes, :amounts)")

LIST_LEGS = Query(
    _LedgerLeg,
    """
    SELECT code, amount_minor AS minor
      FROM {schema}.transaction_keys
      JOIN {schema}.postings USING (transaction_id)
      JOIN {schema}.accounts ON accounts.id = account_id
     WHERE key = :key
     ORDER BY seq
    """,
)
LIST_ORDER_BALANCES = Query(
    _OrderBalance,
    """
    SELECT code, sum(amount_minor)::bigint AS minor
      FROM {schema}.transaction_keys
      JOIN {schema}.postings USING (transaction_id)
      JOIN {schema}.accounts ON accounts.id = account_id
     WHERE order_ref = :order AND keep_balance
     GROUP BY code
     ORDER BY code
    """,
)
# The balance of an account without a balance row is its sum up to the last checkpoint and the postings after it. Both
# are read in one statement, so that a checkpoint added meanwhile counts nothing twice.
LIST_BALANCES = Query(
    AccountBalance,
    """
    SELECT code, currency, coalesce(balances.amount_minor, total, 0)::bigint AS minor
      FROM {schema}.accounts
      LEFT JOIN {schema}.balances ON balances.account_id = accounts.id
      LEFT JOIN {schema}.checkpoint_sums AS closed ON closed.account_id = accounts.id
      LEFT JOIN LATERAL (
          SELECT coalesce(closed.amount_minor, 0) + coalesce(sum(amount_minor), 0) AS total
            FROM {schema}.postings
           WHERE account_id = accounts.id
             AND transaction_id > coalesce((SELECT max(through_id) FROM {schema}.checkpoints), 0)) AS hot
        ON NOT keep_balance
     WHERE starts_with(code, :prefix) AND (code, currency) > (:after_code, :after_currency)
     ORDER BY code, currency
     LIMIT :limit
    """,
)
GET_BALANCE = Query(
    int,
    """
    SELECT coalesce((SELECT balances.amount_minor FROM {schema}.balances WHERE account_id = accounts.id),
                    coalesce((SELECT amount_minor FROM {schema}.checkpoint_sums WHERE account_id = accounts.id), 0) + (
                        SELECT coalesce(sum(amount_minor), 0)
                          FROM {schema}.postings
                         WHERE account_id = accounts.id
                           AND transaction_id > coalesce((SELECT max(through_id) FROM {schema}.checkpoints), 0)
                    ))::bigint
      FROM {schema}.accounts
     WHERE code = :code AND currency = :currency
    """,
)
LIST_ORDER_ENTRIES = Query(
    JournalEntry,
    """
    SELECT transactions.key, transactions.kind, transactions.order_ref, at, min(accounts.currency) AS currency,
           jsonb_agg(jsonb_build_array(code, amount_minor) ORDER BY seq) AS legs
      FROM {schema}.transaction_keys AS posted
      JOIN {schema}.transactions ON transactions.id = posted.transaction_id
      JOIN {schema}.postings ON postings.transaction_id = transactions.id
      JOIN {schema}.accounts ON accounts.id = account_id
     WHERE posted.order_ref = :order
     GROUP BY transactions.id
     ORDER BY at, transactions.id
     LIMIT :limit
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
    """Post one ledger transaction in the caller's database transaction and return its number.

    Idempotent by `key`: posting the same transaction again changes nothing. Accounts are created on first use; their
    kind is the code's prefix. Legs are in minor units; zero legs are dropped. `at` is the business time (default: now).
    A refusal aborts the caller's database transaction.

    Raises:
        KeyAlreadyUsed: the key belongs to a transaction with other legs, another kind or another order.
        InsufficientBalance: an account would fall below its floor.
        UnknownAccountKind: a code's prefix is not a known kind.
        ValueError: there are fewer than two legs, or they do not sum to zero.
    """
    nonzero = [(code, minor) for code, minor in legs if minor]
    if len(nonzero) < 2 or sum(minor for _, minor in nonzero):
        raise ValueError(f"at least two legs that sum to zero are required: {legs}")
    try:
        return await POST.one(
            conn,
            key=key,
            kind=kind,
            order=order,
            at=resolve_time(at),
            currency=currency,
            codes=[code for code, _ in nonzero],
            amounts=[minor for _, minor in nonzero],
        )
    except asyncpg.PostgresError as error:
        refusal = _translate_error(error)
        if refusal is None:
            raise
        raise refusal from error


def _translate_error(error: asyncpg.PostgresError) -> Refusal | None:
    """Return the refusal for an error that `post` raises, or None for any other error."""
    match error.sqlstate:
        case "PL001":
            return KeyAlreadyUsed(key=error.detail)
        case "PL002":
            return UnknownAccountKind(account=error.detail)
        case "PL003":
            return InsufficientBalance(account=error.detail)
        case _:
            return None


async def list_legs(conn: Connection, key: str) -> list[Leg]:
    """Return the legs of the transaction with a key in the given order; none if it was not posted."""
    return [(leg.code, leg.minor) for leg in await LIST_LEGS.all(conn, key=key)]


async def balances(conn: Connection, *, order: str) -> dict[str, int]:
    """Return the sum of one order's transactions in each account that keeps a balance, in minor units."""
    return {row.code: row.minor for row in await LIST_ORDER_BALANCES.all(conn, order=order)}


async def get_balance(conn: Connection, account: str, currency: str = "CNY") -> int:
    """Return the balance of an account in minor units; 0 if it was never used."""
    return await GET_BALANCE.maybe(conn, code=account, currency=currency) or 0


async def list_balances(
    conn: Connection, *, prefix: str = "", after: AccountBalance | None = None
) -> list[AccountBalance]:
    """Return at most 10,000 balances, sorted by code and currency, starting after `after`."""
    code, currency = ("", "") if after is None else (after.code, after.currency)
    return await LIST_BALANCES.all(conn, prefix=prefix, after_code=code, after_currency=currency, limit=MAX_ROWS)


async def list_order_entries(conn: Connection, *, order: str) -> list[JournalEntry]:
    """Return the transactions of one order, oldest first."""
    return await LIST_ORDER_ENTRIES.all(conn, order=order, limit=MAX_ROWS)
