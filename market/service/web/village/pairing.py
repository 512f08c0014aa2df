"""结对: the organisations paired with a village, what they pledged and what they did, as anybody reads it."""

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.disclosure import MIN_SHOWN
from market.kernel.language import say
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.pages import redirect, render_page
from market.service.web.pairing_words import HOW_COUNTED, describe_pairing, format_amount
from market.service.web.ui.format import day_zh
from market.service.web.village.home import choose_village
from market.villages.pairing.models import PLEDGE_NAMES, PublicPledge
from market.villages.pairing.views import list_public_pairings


def describe_pledge(pledge: PublicPledge) -> str:
    """Return what was pledged and what was done, or why the latter is not said yet."""
    target = say("说好 {0}，到{1}", format_amount(pledge.kind, pledge.target), day_zh(pledge.last))
    if pledge.done is None:
        return say("{0}；做了的不到 {1} 户、人，先不写", target, MIN_SHOWN)
    until = say("（算到{0}）", day_zh(pledge.until)) if pledge.until else say("（季度末开始算）")
    return say("{0}；做了 {1}{2}", target, format_amount(pledge.kind, pledge.done), until)


@get("/village/pairings", include_in_schema=False, english=True)
async def show_pairings(
    request: HttpRequest,
    *,
    visitor: NamedDependency[Actor | None],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Show the organisations paired with a village."""
    async with db.connection() as conn:
        village = await choose_village(conn, request, visitor, clock)
        if not village.code or village.fault:
            return redirect(f"/village?village={village.code}" if village.code else "/village")
        pairings = await list_public_pairings(conn, village.code, day=clock.today())
    context = {
        "village": village,
        "pairings": [
            (
                each.organisation,
                describe_pairing(each),
                [(say(PLEDGE_NAMES[pledge.kind]), describe_pledge(pledge)) for pledge in each.pledges],
            )
            for each in pairings
        ],
        "how": [say(each) for each in HOW_COUNTED],
    }
    return render_page(request, "village/pairings.html", context, actor=visitor)


ROUTES = [show_pairings]
