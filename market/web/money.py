"""What came in to a seller, and what still waits: rows, a double line, the sum."""

from datetime import datetime
from typing import Any
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.aftersales import Statement, due_of, get_statement
from market.identity import Actor
from market.kernel import Connection, Database, Fen, Query
from market.orders import SuborderState
from market.producers import list_own
from market.web.look.format import day_short
from market.web.plumbing import page

_ROWS = 50
_EARLIER = "更早的和退款"


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


class CameIn(Struct, frozen=True):
    """What a suborder brought, and when it was released."""

    at: datetime
    words: str
    fen: Fen


async def _came(conn: Connection, statement: Statement) -> list[CameIn]:
    """Return what the suborders of a statement brought, the latest release first."""
    titles = await _titles(conn, statement)
    came = [
        CameIn(
            line.released_at,
            f"{titles.get(line.suborder_id, '')}，{line.code}",
            Fen(line.payable_fen + (line.freight_fen if line.state is SuborderState.RECEIVED else 0)),
        )
        for line in statement.lines
        if line.payable_fen is not None and line.released_at is not None
    ]
    return _latest_first(came)


def _latest_first(came: list[CameIn]) -> list[CameIn]:
    return sorted(came, key=lambda each: each.at, reverse=True)


async def _titles(conn: Connection, statement: Statement) -> dict[UUID, str]:
    ids = [line.suborder_id for line in statement.lines]
    return {row.suborder_id: row.title for row in await FIRST_TITLES.all(conn, suborder_ids=ids)}


async def _waits(conn: Connection, statement: Statement) -> list[tuple[str, int]]:
    """Return what the suborders that wait for their receipt will bring, the latest order first."""
    titles = await _titles(conn, statement)
    waiting = [line for line in statement.lines if line.state in {SuborderState.PAID, SuborderState.SHIPPED}]
    return [
        (
            f"{day_short(line.placed_at)}　{titles.get(line.suborder_id, '')}，{line.code}",
            due_of(line.goods_left_fen, line.freight_fen, line.commission_bp),
        )
        for line in sorted(waiting, key=lambda line: line.placed_at, reverse=True)
    ]


def _as_rows(came: list[CameIn]) -> list[tuple[str, int]]:
    return [(f"{day_short(each.at)}　{each.words}", each.fen) for each in came]


def _closed(rows: list[tuple[str, int]], total: Fen, words: str) -> list[tuple[str, int]]:
    """Add what the shown rows lack to their sum."""
    rest = total - sum(fen for _, fen in rows)
    return [*rows, (words, rest)] if rest else rows


async def came_in(conn: Connection, actor: Actor) -> tuple[list[tuple[str, int]], Fen]:
    """Return what came in to all producers that a person works for, the latest first, and its sum."""
    came: list[CameIn] = []
    total = 0
    for producer_id in actor.producers:
        statement = await get_statement(conn, actor, producer_id, limit=_ROWS)
        came += await _came(conn, statement)
        total += statement.owed_fen
    return _closed(_as_rows(_latest_first(came)), Fen(total), _EARLIER), Fen(total)


@get("/farm/money", include_in_schema=False)
async def money(
    request: Request[Any, Any, Any], db: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Show the account of each producer that a person works for."""
    books: list[Book] = []
    async with db.connection() as conn:
        for producer in await list_own(conn, actor):
            statement = await get_statement(conn, actor, producer.id, limit=_ROWS)
            came = _closed(_as_rows(await _came(conn, statement)), statement.owed_fen, _EARLIER)
            waits = _closed(await _waits(conn, statement), statement.waiting_fen, "更早的")
            books.append(Book(producer.name, came, statement.owed_fen, waits, statement.waiting_fen))
    return page(request, "farm/money.html", {"books": books}, actor=actor)


ROUTES = [money]
