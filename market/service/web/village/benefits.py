"""我的受益: what a household gained from what was sold, for nobody but itself."""

from itertools import groupby

from litestar import Response, get
from litestar.di import NamedDependency

from market.kernel import Database
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.pages import render_page
from market.service.web.ui.format import month_zh
from market.villages.benefits.models import HOW_NAMES
from market.villages.benefits.views import list_own_benefits


@get("/village/benefits", include_in_schema=False)
async def show_own_benefits(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database]
) -> Response[bytes]:
    """Show what the person's household gained, by month."""
    async with db.transaction() as conn:
        gained = await list_own_benefits(conn, actor.account_id)
    months = [
        (
            month_zh(month),
            [(f"{each.producer}，{HOW_NAMES[each.how]}", each.fen) for each in rows],
            sum(each.fen for each in rows),
        )
        for month, found in groupby(gained, key=lambda each: each.month)
        for rows in [list(found)]
    ]
    context = {"months": months, "total_fen": sum(each.fen for each in gained)}
    return render_page(request, "village/benefits.html", context, actor=actor)


ROUTES = [show_own_benefits]
