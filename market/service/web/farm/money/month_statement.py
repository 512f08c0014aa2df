"""A seller's statement of a month, to print."""

from contextlib import suppress
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.producers.queries import list_own_producers
from market.kernel import Database
from market.kernel.clock import Clock, parse_month
from market.people.identity.models import Actor
from market.sales.payouts.month_statement import (
    PAYOUT_KINDS,
    RELEASED,
    MonthStatement,
    StatementEntry,
    get_month_statement,
)
from market.service.http import HttpRequest
from market.service.web.pages import render_page
from market.service.web.ui.format import day_short

_KINDS = {
    RELEASED: "卖货",
    "payout sent": "打给您",
    "payout failed": "没有打到，退回",
    "payout returned": "没有打到，退回",
    "dispute opened": "有异议，先扣下",
    "dispute changed": "异议的金额变了",
    "dispute won": "异议有结果，还回",
}
_OTHERWISE = "退款"


class StatementRow(Struct, frozen=True, kw_only=True):
    """A change for display; the goods are before the commission, which is negative, as a payout is."""

    day: str
    words: str
    goods_fen: int = 0
    commission_fen: int = 0
    freight_fen: int = 0
    paid_fen: int = 0


class StatementTable(Struct, frozen=True, kw_only=True):
    """A producer's month for display, with the sums of its columns; `shown` is the number of rows if there are more."""

    name: str
    opening_fen: int
    rows: list[StatementRow]
    shown: int | None
    sums: list[int]
    closing_fen: int


def _present_entry(entry: StatementEntry) -> StatementRow:
    day = day_short(entry.at)
    order = f"，订单 {entry.order_ref}" if entry.order_ref else ""
    words = _KINDS.get(entry.kind, _OTHERWISE) + order
    if entry.kind in PAYOUT_KINDS:
        return StatementRow(day=day, words=words, paid_fen=entry.payable_fen + entry.freight_fen)
    return StatementRow(
        day=day,
        words=words,
        goods_fen=entry.payable_fen + entry.commission_fen,
        commission_fen=-entry.commission_fen,
        freight_fen=entry.freight_fen,
    )


def _present_month(name: str, statement: MonthStatement) -> StatementTable:
    rows = [_present_entry(each) for each in statement.entries]
    return StatementTable(
        name=name,
        opening_fen=statement.opening_fen,
        rows=rows,
        shown=len(rows) if statement.more else None,
        sums=[
            sum(row.goods_fen for row in rows),
            sum(row.commission_fen for row in rows),
            sum(row.freight_fen for row in rows),
            sum(row.paid_fen for row in rows),
        ],
        closing_fen=statement.closing_fen,
    )


@get("/farm/money/month", include_in_schema=False)
async def show_month(
    request: HttpRequest,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Show each producer's statement of the month `?of=2026-11`; this month without it, or if it is none."""
    month = clock.today().replace(day=1)
    with suppress(ValueError):
        month = parse_month(request.query_params.get("of", ""))
    async with db.connection() as conn:
        tables = [
            _present_month(producer.name, await get_month_statement(conn, actor, producer.id, month))
            for producer in await list_own_producers(conn, actor)
        ]
    context = {"tables": tables, "title": f"{month.year} 年 {month.month} 月对账单"}
    return render_page(request, "farm/month.html", context, actor=actor)


ROUTES = [show_month]
