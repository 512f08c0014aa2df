"""公益: the notices of a village's county that another person has checked; none of them collects money."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from market.cases.answers.notice_models import NOTICE_NAMES, PublicNotice
from market.cases.answers.notices import list_live_notices
from market.kernel import Database
from market.kernel.clock import Clock
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_zh
from market.service.web.village.home import choose_village


def describe_notice(notice: PublicNotice) -> list[str]:
    """Return who does what, where and when."""
    when = day_zh(notice.first) if notice.first == notice.last else f"{day_zh(notice.first)}到{day_zh(notice.last)}"
    return [
        f"{NOTICE_NAMES[notice.kind]}，{notice.organisation}",
        f"{when}，{notice.village}，{notice.place}",
        *([notice.note] if notice.note else []),
    ]


@get("/village/charity", include_in_schema=False)
async def show_charity(
    request: HttpRequest,
    *,
    visitor: NamedDependency[Actor | None],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Show the notices of a village's county, the own village first."""
    async with db.connection() as conn:
        village = await choose_village(conn, request, visitor, clock)
        if not village.code or village.fault:
            return redirect(f"/village?village={village.code}" if village.code else "/village")
        notices = await list_live_notices(conn, village.code, day=clock.today())
    context = {"village": village, "notices": [(each.title, describe_notice(each)) for each in notices]}
    return render_page(request, "village/charity.html", context, actor=visitor)


ROUTES = [show_charity]
