"""The public notice of a village: counts and reasons for everybody, no names."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.counties.contacts import find_contact
from market.http import HttpRequest
from market.kernel import Database
from market.kernel.clock import Clock
from market.subsidies.intake.models import PUBLIC_KIND_NAMES, REASON_NAMES, SOURCE_NAMES
from market.subsidies.intake.notice import get_village_notice
from market.web.pages import render_page
from market.web.ui.format import day_zh


@get("/villages/{village_code:str}/notice", include_in_schema=False)
async def show_village_notice(
    request: HttpRequest, village_code: FromPath[str], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show what is under notice in a village today, and how to object."""
    async with db.connection() as conn:
        notice = await get_village_notice(conn, village_code, day=clock.today())
        contact = await find_contact(conn, village_code, day=clock.today())
    context = {
        "village": notice.village,
        "place": f"{notice.county} {notice.village}",
        "matters": sum(each.matters for each in notice.sums),
        "rows": [
            (
                PUBLIC_KIND_NAMES[each.kind],
                f"{each.matters} 户，{REASON_NAMES[each.reason]}，{SOURCE_NAMES[each.source]}",
                f"{day_zh(each.notice_from)}到{day_zh(each.last_day)}",
            )
            for each in notice.sums
        ],
        "contact": contact,
    }
    return render_page(request, "shop/village_notice.html", context)


ROUTES = [show_village_notice]
