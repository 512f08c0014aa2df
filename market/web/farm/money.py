"""A seller's money: amounts owed, and amounts in escrow."""

from datetime import datetime
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.aftersales.statement import Statement, get_statement
from market.http import HttpRequest
from market.identity.models import Actor
from market.kernel import Connection, Database, Fen, Query
from market.orders.escrow import compute_share
from market.orders.models import SuborderState
from market.producers.queries import list_own_producers
from market.web.pages import render_page
from market.web.ui.format import day_short

_MAX_ROWS = 50
_EARLIER = "更早的和退款"


class SuborderTitle(Struct, frozen=True):
    """The title of a suborder's first line."""

    suborder_id: UUID
    title: str


class ProducerMoney(Struct, frozen=True, kw_only=True):
    """One producer's money: owed, and in escrow."""

    name: str
    rows: list[tuple[str, int]]
    owed_fen: Fen
    waiting_rows: list[tuple[str, int]]
    waiting_fen: Fen


LIST_SUBORDER_TITLES = Query(
    SuborderTitle,
    """
    SELECT DISTINCT ON (suborder_id) suborder_id, title
      FROM order_lines
     WHERE suborder_id = ANY(:suborder_ids::uuid[])
     ORDER BY suborder_id, position
    """,
)


class Earning(Struct, frozen=True):
    """The producer's part of a suborder, and when its escrow was released."""

    at: datetime
    words: str
    fen: Fen


async def _list_earnings(conn: Connection, statement: Statement) -> list[Earning]:
    """Return the earnings from the suborders of a statement, latest release first."""
    titles = await _load_titles(conn, statement)
    earnings = [
        Earning(
            line.released_at,
            f"{titles.get(line.suborder_id, '')}，{line.code}",
            Fen(line.payable_fen + (line.freight_fen if line.state is SuborderState.RECEIVED else 0)),
        )
        for line in statement.lines
        if line.payable_fen is not None and line.released_at is not None
    ]
    return _latest_first(earnings)


def _latest_first(earnings: list[Earning]) -> list[Earning]:
    return sorted(earnings, key=lambda each: each.at, reverse=True)


async def _load_titles(conn: Connection, statement: Statement) -> dict[UUID, str]:
    ids = [line.suborder_id for line in statement.lines]
    return {row.suborder_id: row.title for row in await LIST_SUBORDER_TITLES.all(conn, suborder_ids=ids)}


async def _list_escrowed(conn: Connection, statement: Statement) -> list[tuple[str, int]]:
    """Return the expected earnings from suborders in escrow, latest order first."""
    titles = await _load_titles(conn, statement)
    escrowed = [line for line in statement.lines if line.state in {SuborderState.PAID, SuborderState.SHIPPED}]
    return [
        (
            f"{day_short(line.placed_at)}　{titles.get(line.suborder_id, '')}，{line.code}",
            compute_share(
                goods_left_fen=line.goods_left_fen, freight_fen=line.freight_fen, commission_bp=line.commission_bp
            ).due_fen,
        )
        for line in sorted(escrowed, key=lambda line: line.placed_at, reverse=True)
    ]


def _earning_rows(earnings: list[Earning]) -> list[tuple[str, int]]:
    return [(f"{day_short(each.at)}　{each.words}", each.fen) for each in earnings]


def _add_remainder(rows: list[tuple[str, int]], total: Fen, words: str) -> list[tuple[str, int]]:
    """Add a row for the difference between the rows and the total, if there is one."""
    rest = total - sum(fen for _, fen in rows)
    return [*rows, (words, rest)] if rest else rows


async def load_earnings(conn: Connection, actor: Actor) -> tuple[list[tuple[str, int]], Fen]:
    """Return the earnings of all producers that a person works for, latest first, and their total."""
    earnings: list[Earning] = []
    total = 0
    for producer_id in actor.producers:
        statement = await get_statement(conn, actor, producer_id, limit=_MAX_ROWS)
        earnings += await _list_earnings(conn, statement)
        total += statement.owed_fen
    return _add_remainder(_earning_rows(_latest_first(earnings)), Fen(total), _EARLIER), Fen(total)


@get("/farm/money", include_in_schema=False)
async def show_money(
    request: HttpRequest, db: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """Show the money of each producer that a person works for."""
    producers: list[ProducerMoney] = []
    async with db.connection() as conn:
        for producer in await list_own_producers(conn, actor):
            statement = await get_statement(conn, actor, producer.id, limit=_MAX_ROWS)
            earnings = _add_remainder(
                _earning_rows(await _list_earnings(conn, statement)), statement.owed_fen, _EARLIER
            )
            escrowed = _add_remainder(await _list_escrowed(conn, statement), statement.pending_fen, "更早的")
            producers.append(
                ProducerMoney(
                    name=producer.name,
                    rows=earnings,
                    owed_fen=statement.owed_fen,
                    waiting_rows=escrowed,
                    waiting_fen=statement.pending_fen,
                )
            )
    return render_page(request, "farm/money.html", {"producers": producers}, actor=actor)


ROUTES = [show_money]
