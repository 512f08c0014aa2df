"""What came in to a seller, and what still waits: rows, a double line, the sum."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.aftersales import Statement, get_statement
from market.identity import Actor
from market.kernel import Connection, Database, Fen, Query
from market.orders import SuborderState
from market.producers import list_own
from market.web.look.format import day_short
from market.web.plumbing import page

_ROWS = 50


class FirstTitle(Struct, frozen=True):
    """What a suborder was mainly for."""

    suborder_id: UUID
    title: str


class Book(Struct, frozen=True):
    """One producer's account."""

    name: str
    rows: list[tuple[str, int]]
    owed_fen: Fen
    waiting_rows: list[tuple[str, int]]
    waiting_fen: Fen


FIRST_TITLES = Query(
    FirstTitle,
    """
    SELECT DISTINCT ON (suborder_id) suborder_id, title
      FROM order_lines
     WHERE suborder_id = ANY(:suborder_ids::uuid[])
     ORDER BY suborder_id, position
    """,
)


async def _rows(conn: Connection, statement: Statement) -> tuple[list[tuple[str, int]], list[tuple[str, int]]]:
    """Return the rows of what came in and of what waits; each list comes to its own sum."""
    ids = [line.suborder_id for line in statement.lines]
    titles = {row.suborder_id: row.title for row in await FIRST_TITLES.all(conn, suborder_ids=ids)}
    came: list[tuple[str, int]] = []
    waits: list[tuple[str, int]] = []
    for line in statement.lines:
        words = f"{titles.get(line.suborder_id, '')}，{line.code}"
        if line.payable_fen is not None and line.released_at is not None:
            freight = line.freight_fen if line.state is SuborderState.RECEIVED else 0
            came.append((f"{day_short(line.released_at)}　{words}", line.payable_fen + freight))
        elif line.state in {SuborderState.PAID, SuborderState.SHIPPED}:
            waits.append(
                (f"{day_short(line.placed_at)}　{words}", line.goods_fen + line.freight_fen - line.refunded_fen)
            )
    return (
        _closed(came, statement.owed_fen, "更早的和退款"),
        _closed(waits, statement.waiting_fen, "更早的"),
    )


def _closed(rows: list[tuple[str, int]], total: Fen, words: str) -> list[tuple[str, int]]:
    """Add what the shown rows lack to their sum."""
    rest = total - sum(fen for _, fen in rows)
    return [*rows, (words, rest)] if rest else rows


async def came_in(conn: Connection, actor: Actor) -> tuple[list[tuple[str, int]], Fen]:
    """Return what came in to all producers that a person works for, the latest first, and its sum."""
    rows: list[tuple[str, int]] = []
    total = 0
    for producer_id in actor.producers:
        statement = await get_statement(conn, actor, producer_id, limit=_ROWS)
        rows += (await _rows(conn, statement))[0]
        total += statement.owed_fen
    return rows, Fen(total)


@get("/farm/money", include_in_schema=False)
async def money(
    request: Request[Any, Any, Any], db: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Show the account of each producer that a person works for."""
    books: list[Book] = []
    async with db.connection() as conn:
        for producer in await list_own(conn, actor):
            statement = await get_statement(conn, actor, producer.id, limit=_ROWS)
            came, waits = await _rows(conn, statement)
            books.append(Book(producer.name, came, statement.owed_fen, waits, statement.waiting_fen))
    return page(request, "farm/money.html", {"books": books}, actor=actor)


ROUTES = [money]
