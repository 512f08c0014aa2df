"""公家单位采购: the year's quotas of a county's units, and what they have not accepted or paid yet."""

from datetime import date

from litestar import Response, get
from litestar.di import NamedDependency

from market.kernel import Database
from market.kernel.clock import Clock
from market.people.identity.access import has_role_for
from market.people.identity.models import COUNTY_KEEPERS, Actor
from market.sales.procurement.models import CountedEntry, Purchase, PurchaseState, YearBook
from market.sales.procurement.quotas import list_counted, list_county_books
from market.sales.procurement.views import list_county_purchases
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, open_desk, render_desk_page
from market.service.web.desk.villages.area_items import PROCUREMENT_READERS
from market.service.web.ui.format import yuan
from market.service.web.units.book import read_year
from market.service.web.units.words import describe_counted, describe_due, describe_left, describe_state

_OPEN = {PurchaseState.DELIVERED, PurchaseState.ACCEPTED, PurchaseState.INVOICED}


def _describe_book(desk: DeskContext, book: YearBook) -> tuple[str, str, list[str]]:
    quota = "" if book.quota_fen is None else f"份额 {yuan(book.quota_fen)} 元，"
    platform = f"，其中 832 平台 {yuan(book.platform_fen)} 元" if book.platform_fen else ""
    href = desk.to("/desk/procurement", year=book.year, unit=str(book.organisation_id))
    return href, book.unit, [f"{quota}计入 {yuan(book.spent_fen)} 元{platform}", describe_left(book)]


def _describe(purchase: Purchase, today: date) -> tuple[str, str]:
    return describe_state(purchase), describe_due(purchase, today)


@get("/procurement", include_in_schema=False)
async def show_procurement(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the books of a year of the county's units, what is due, and what the figure of a unit is the sum of."""
    desk = await open_desk(request, db, actor, clock)
    year = read_year(request, desk.today.year)
    books: list[YearBook] = []
    purchases: list[Purchase] = []
    chosen: YearBook | None = None
    counted: list[CountedEntry] = []
    if has_role_for(actor, PROCUREMENT_READERS, desk.county):
        async with db.transaction(scope=desk.county) as conn:
            books = await list_county_books(conn, desk.county, year)
            purchases = await list_county_purchases(conn, desk.county)
            asked = request.query_params.get("unit", "")
            chosen = next((each for each in books if str(each.organisation_id) == asked), None)
            counted = await list_counted(conn, chosen.organisation_id, year) if chosen else []
    context = {
        "year": year,
        "books": [_describe_book(desk, each) for each in books],
        "chosen": chosen,
        "counted": [describe_counted(each) for each in counted],
        "due": [
            (
                f"{each.unit}，{yuan(each.ordered_fen if each.accepted_fen is None else each.accepted_fen)} 元",
                [f"采购单 {each.number}，{each.seller}", "，".join(filter(None, _describe(each, desk.today)))],
            )
            for each in purchases
            if each.state in _OPEN or each.reducible_fen
        ],
        "imports": has_role_for(actor, COUNTY_KEEPERS, desk.county),
    }
    return render_desk_page(request, desk, "procurement.html", context)


ROUTES = [show_procurement]
