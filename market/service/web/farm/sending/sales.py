"""查卖过的: a seller's sales by state, day, product, number of the order, and name of the recipient."""

from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct
from msgspec.structs import asdict

from market.catalogue.listings.browse import list_producer_listings
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.sales.orders.list_sales import SaleBrief, SaleFilters, SaleState, list_sales
from market.sales.orders.models import SuborderKind
from market.service.http import HttpRequest
from market.service.web.farm.sellers import FarmRow, is_seller, list_producer_options
from market.service.web.forms import parse_day, parse_integer, parse_uuid
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import clock_zh, yuan

_PAGE_SIZE = 20
_MAX_LISTINGS = 100
_MAX_TEXT_LENGTH = 40
_GOODS_STATES: dict[SaleState, str] = {
    SaleState.DEPOSITED: "付了订金，等尾款",
    SaleState.PAID: "付好了，等发",
    SaleState.SHIPPED: "在路上",
    SaleState.RECEIVED: "收到了",
    SaleState.CANCELLED: "取消了",
}
_VISIT_STATES = _GOODS_STATES | {SaleState.PAID: "付好了，等来", SaleState.RECEIVED: "来过了"}
_STATE_OPTIONS = [
    ("", "全部"),
    (SaleState.DEPOSITED.value, "付了订金的"),
    (SaleState.PAID.value, "等发货、等客人的"),
    (SaleState.SHIPPED.value, "在路上的"),
    (SaleState.RECEIVED.value, "办完了的"),
    (SaleState.CANCELLED.value, "取消的"),
]


class SalesForm(Struct, frozen=True):
    """The form as it was typed."""

    q: str = ""
    state: str = ""
    listing: str = ""
    first: str = ""
    last: str = ""
    producer: str = ""


def _read_form(request: HttpRequest) -> SalesForm:
    return SalesForm(
        **{name: request.query_params.get(name, "")[:_MAX_TEXT_LENGTH] for name in SalesForm.__struct_fields__}
    )


def _read_filters(values: SalesForm) -> tuple[SaleFilters, list[tuple[str, str]]]:
    """Return what is looked for, and the faults of the days."""
    first, last = parse_day(values.first), parse_day(values.last)
    faults = [
        (name, "日子写成 2027-05-01 这样")
        for name, typed, day in (("first", values.first, first), ("last", values.last, last))
        if typed and day is None
    ]
    if first is not None and last is not None and last < first:
        faults.append(("last", "后一天不能早于头一天"))
    filters = SaleFilters(
        state=SaleState(values.state) if values.state in set(SaleState) else None,
        paid_from=first,
        paid_until=last,
        listing_number=parse_integer(values.listing),
        text=values.q,
    )
    return filters, faults


def _sale_row(sale: SaleBrief) -> FarmRow:
    goods = sale.kind is SuborderKind.GOODS
    state = SaleState(sale.state)
    open_parcel = goods and state in {SaleState.DEPOSITED, SaleState.PAID, SaleState.SHIPPED}
    more = f"等 {len(sale.titles)} 样" if len(sale.titles) > 1 else ""
    money = f"{yuan(sale.total_fen)} 元" + (f"，退款 {yuan(sale.refunded_fen)} 元" if sale.refunded_fen else "")
    return FarmRow(
        f"/farm/parcels/{sale.id}" if open_parcel else f"/farm/messages/{sale.id}",
        f"{sale.titles[0] if sale.titles else ''}{more}",
        [
            f"订单 {sale.code}，{money}",
            "，".join(
                each for each in (f"{clock_zh(sale.paid_at)} 付的" if sale.paid_at else "", sale.recipient) if each
            ),
        ],
        "",
        (_GOODS_STATES if goods else _VISIT_STATES)[state],
    )


def _choose_producer(actor: Actor, typed: str) -> UUID:
    """Return the chosen producer of the person, else their first."""
    chosen = parse_uuid(typed)
    return chosen if chosen is not None and chosen in actor.producers else actor.producers[0]


async def _list_products(conn: Connection, producer_id: UUID, today: date) -> list[tuple[str, str]]:
    cards = await list_producer_listings(conn, producer_id, today=today, limit=_MAX_LISTINGS)
    return [("", "全部"), *((str(each.number), each.title) for each in cards)]


@get("/farm/sales", include_in_schema=False, rate=RateClass.SEARCH)
async def show_sales(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
) -> Response[Any]:
    """Look for sales; a day that is none is said at its field, and nothing is looked for."""
    if not is_seller(actor):
        return redirect("/farm/apply")
    values = _read_form(request)
    filters, faults = _read_filters(values)
    producer_id = _choose_producer(actor, values.producer)
    before = parse_uuid(request.query_params.get("before", ""))
    async with db.connection() as conn:
        producers = await list_producer_options(conn, actor)
        products = await _list_products(conn, producer_id, clock.today())
        page = None
        if not faults:
            page = await list_sales(conn, seal, actor, producer_id, filters, before=before, limit=_PAGE_SIZE)
    kept = {name: value for name, value in asdict(values).items() if value}
    more = f"/farm/sales?{urlencode(kept | {'before': page.next})}" if page and page.next else None
    context = {
        "values": values,
        "errors": dict(faults),
        "states": _STATE_OPTIONS,
        "products": products,
        "producers": producers,
        "producer": str(producer_id),
        "rows": [_sale_row(each) for each in page.items] if page else [],
        "more": more,
    }
    return render_page(request, "farm/sales.html", context, actor=actor, status=422 if faults else 200)


ROUTES = [show_sales]
