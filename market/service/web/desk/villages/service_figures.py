"""办成了多少 on the desk: the figures as they are, and beneath each the courses, visits and employers it counts."""

from litestar import Response, get
from litestar.di import NamedDependency

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.division_codes import TOWNSHIP, truncate_code
from market.people.identity.access import require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor, NotFound
from market.reports.service_figures import FIGURES, list_quarters, list_service_items, sum_up_services
from market.reports.worklist import format_quarter
from market.service.http import HttpRequest
from market.service.web.desk.context import open_desk, render_desk_page
from market.service.web.desk.presenters import format_quarter_zh
from market.service.web.ui.format import day_zh
from market.service.web.village.county_services import HEAD, choose_quarter

_TITLES = dict(zip(FIGURES, HEAD[1:], strict=True))


@get("/service-figures", include_in_schema=False)
async def show_figures(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the figures of a quarter, and the list beneath the one that the address names.

    Raises:
        NotAllowed, SecondFactorRequired: the official does not keep the services of the whole county.
        BadQuarter, NotFound: the address names no quarter that is over, no figure, or a township elsewhere.
    """
    desk = await open_desk(request, db, actor, clock)
    require_county_role(actor, COUNTY_KEEPERS, desk.county)
    quarter = choose_quarter(request.query_params.get("quarter", ""), desk.today)
    key, within = request.query_params.get("key", ""), request.query_params.get("within", desk.county)
    if (key and key not in FIGURES) or not within.startswith(desk.county):
        raise NotFound
    within = truncate_code(within, TOWNSHIP)
    async with db.connection() as conn:
        townships = await sum_up_services(conn, desk.county, quarter)
        items = await list_service_items(conn, desk.county, quarter, key=key, within=within) if key else []
    name = format_quarter(quarter)
    shown = next((each.name for each in townships if each.code.startswith(within)), desk.name)

    def link(figure: str, township: str = "") -> str:
        return desk.to("/desk/service-figures", quarter=name, key=figure, within=township)

    context = {
        "short": format_quarter_zh(name),
        "figures": [
            (link(key), title, sum(getattr(each, key) or 0 for each in townships)) for key, title in _TITLES.items()
        ],
        "townships": [
            (
                each.name,
                [
                    (link(key, truncate_code(each.code, TOWNSHIP)), title, getattr(each, key))
                    for key, title in _TITLES.items()
                    if getattr(each, key)
                ],
            )
            for each in townships
        ],
        "list_title": f"{shown if within != desk.county else desk.name}，{_TITLES[key]}" if key else "",
        "items": [
            [each.title, each.host, each.village, day_zh(each.day) if each.day else "—", str(each.n)] for each in items
        ],
        "total": sum(each.n for each in items),
        "choices": [
            (desk.to("/desk/service-figures", quarter=format_quarter(each)), format_quarter_zh(format_quarter(each)))
            for each in list_quarters(desk.today)
            if each != quarter
        ],
    }  # fmt: skip
    return render_desk_page(request, desk, "service_figures.html", context)


ROUTES = [show_figures]
