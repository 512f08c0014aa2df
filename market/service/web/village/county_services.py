"""办成了多少: what courses, visits and jobs of a county came to, by township and quarter, without small numbers."""

from datetime import date

from litestar import Response, get
from litestar.di import NamedDependency

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.division_codes import COUNTY, truncate_code
from market.people.identity.models import NotFound
from market.places.divisions.queries import get_division_names
from market.reports.service_figures import TownshipServices, list_quarters, publish_services
from market.reports.worklist import format_quarter
from market.service.http import HttpRequest
from market.service.web.desk.presenters import format_quarter_zh
from market.service.web.pages import render_page
from market.service.web.village.coverage import HIDDEN
from market.subsidies.month.cycles import read_county, read_quarter

HEAD = ["乡镇", "办课，场", "来上课，人次", "培训证明，张", "看病，人次", "找到活，人"]


def choose_quarter(text: str, today: date) -> date:
    """Return the quarter that an address names, by default the last one that is over.

    Raises:
        BadQuarter: `text` has another form than 2019Q1.
        NotFound: it is not over, or too long ago.
    """
    quarters = list_quarters(today)
    chosen = read_quarter(text)[0] if text else quarters[0]
    if chosen not in quarters:
        raise NotFound
    return chosen


def build_row(each: TownshipServices) -> list[str]:
    """Return the row of a township, with words for what is hidden."""
    people = (each.attended, each.certificates, each.visits, each.found_work)
    return [each.name, str(each.courses), *(HIDDEN if n is None else str(n) for n in people)]


@get("/services", include_in_schema=False)
async def show_county_figures(
    request: HttpRequest, db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show a county's figures of a quarter.

    Raises:
        BadCounty, BadQuarter, NotFound: the address names no county, or no quarter that is over.
    """
    county = read_county(request.query_params.get("county", ""))
    quarter = choose_quarter(request.query_params.get("quarter", ""), clock.today())
    async with db.connection() as conn:
        names = await get_division_names(conn, [truncate_code(county, COUNTY)])
        townships = await publish_services(conn, county, quarter)
    if county not in names:
        raise NotFound
    context = {
        "name": names[county],
        "short": format_quarter_zh(format_quarter(quarter)),
        "choices": [
            (f"/services?county={county}&quarter={format_quarter(each)}", format_quarter_zh(format_quarter(each)))
            for each in list_quarters(clock.today())
            if each != quarter
        ],
        "head": HEAD,
        "rows": [build_row(each) for each in townships],
    }
    return render_page(request, "village/county_services.html", context)


ROUTES = [show_county_figures]
