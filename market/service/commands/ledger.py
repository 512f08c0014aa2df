"""Read the ledger: the balances of its accounts, and the postings of an order."""

from collections.abc import Sequence

from msgspec import Struct, to_builtins

from market.kernel import Connection, Query
from market.kernel.clock import SHANGHAI
from market.people.identity.models import NotFound
from market.sales.orders.escrow import get_order_ref
from market.service.commands.runtime import open_runtime, print_result, run
from payments import list_balances, list_order_entries
from payments.ledger.journal import Leg
from payments.money import format_yuan

HAS_ORDER = Query(bool, "SELECT EXISTS (SELECT FROM orders WHERE number = :number)")


class Balance(Struct, frozen=True):
    """What an account holds: a negative sum came in from outside, a positive one is owed to somebody."""

    account: str
    fen: int


class Posting(Struct, frozen=True):
    """A posted transaction of an order; `at` is the time of business in Shanghai."""

    at: str
    kind: str
    key: str
    legs: list[Leg]


async def load_balances(conn: Connection, prefix: str = "") -> list[Balance]:
    """Return the balance of every account whose code starts with `prefix`, sorted by code."""
    found: list[Balance] = []
    page = await list_balances(conn, prefix=prefix)
    while page:
        found += [Balance(each.code, each.minor) for each in page]
        page = await list_balances(conn, prefix=prefix, after=page[-1])
    return found


async def load_postings(conn: Connection, number: int) -> list[Posting]:
    """Return the transactions of an order, oldest first; none before it is paid.

    Raises:
        NotFound: there is no order of that number.
    """
    if not await HAS_ORDER.one(conn, number=number):
        raise NotFound
    return [
        Posting(each.at.astimezone(SHANGHAI).isoformat(timespec="seconds"), each.kind, each.key, each.legs)
        for each in await list_order_entries(conn, order=get_order_ref(number))
    ]


def print_balances(prefix: str, *, as_json: bool) -> int:
    """Print the balances: a JSON list, or a table in yuan that ends with their sum."""

    async def work() -> None:
        async with (
            open_runtime() as ctx,
            ctx.db.connection() as conn,
            conn.transaction(isolation="repeatable_read", readonly=True),
        ):
            found = await load_balances(conn, prefix)
        if as_json:
            print_result(found, as_json=True)
            return
        rows = [(each.account, format_yuan(each.fen)) for each in found]
        _print_table([*rows, ("", format_yuan(sum(each.fen for each in found)))])

    return run(work, as_json=as_json)


def print_postings(number: int, *, as_json: bool) -> int:
    """Print the transactions of an order: a JSON list, or a table in yuan with a line for each leg."""

    async def work() -> None:
        async with open_runtime() as ctx, ctx.db.connection() as conn:
            found = await load_postings(conn, number)
        if as_json:
            print_result(to_builtins(found), as_json=True)
            return
        for each in found:
            print(f"{each.at}  {each.kind}  {each.key}")
            _print_table([(f"  {account}", format_yuan(fen)) for account, fen in each.legs])

    return run(work, as_json=as_json)


def _print_table(rows: Sequence[tuple[str, str]]) -> None:
    """Print two columns, the sums to the right."""
    widths = [max((len(row[column]) for row in rows), default=0) for column in (0, 1)]
    for name, amount in rows:
        print(f"{name:<{widths[0]}}  {amount:>{widths[1]}}")
