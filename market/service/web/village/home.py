"""村里的事: what there is in a village, on one page; the village is one's own or chosen by name."""

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.catalogue.producers.queries import list_own_producers
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.division_codes import CODE_DIGITS, VILLAGE
from market.kernel.language import say
from market.kernel.rate_limits import RateClass
from market.people.identity.models import Actor
from market.places.divisions.queries import get_division_names, search_divisions
from market.places.divisions.village_periods import find_village_fault
from market.service.http import HttpRequest
from market.service.web.pages import render_page
from market.service.web.village.areas import VILLAGE_AREAS

MAX_MATCHES = 20


class VillageChoice(Struct, frozen=True):
    """A village that a page is about, or why the code in the address is none."""

    code: str
    name: str
    fault: str


async def choose_village(conn: Connection, request: HttpRequest, visitor: Actor | None, clock: Clock) -> VillageChoice:
    """Return the village in the address, else that of the visitor's first shop, else an empty one."""
    code = request.query_params.get("village", "")[:CODE_DIGITS]
    if not code and visitor is not None and visitor.producers:
        code = next((each.village_code for each in await list_own_producers(conn, visitor)), "")
    if not code:
        return VillageChoice("", "", "")
    fault = await find_village_fault(conn, code, day=clock.today())
    names = await get_division_names(conn, [code])
    return VillageChoice(code, names.get(code, ""), fault or "")


@get("/village", include_in_schema=False, rate=RateClass.SEARCH, english=True)
async def show_village(
    request: HttpRequest,
    *,
    visitor: NamedDependency[Actor | None],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show the areas of a village, or ask which village."""
    typed = request.query_params.get("q", "")[:40]
    async with db.connection() as conn:
        village = await choose_village(conn, request, visitor, clock)
        found = await search_divisions(conn, typed, within="13", limit=MAX_MATCHES) if typed else []
    context = {
        "village": village,
        "rows": [(each.link(village.code), say(each.name), [say(each.line)]) for each in VILLAGE_AREAS],
        "typed": typed,
        "matches": [
            (f"/village?village={each.code}", each.name, [say("，").join(each.path[2:])])
            for each in found
            if each.level == VILLAGE
        ],
        "errors": {"q": village.fault} if village.fault else {},
    }
    return render_page(request, "village/home.html", context, actor=visitor)


ROUTES = [show_village]
