"""Find a household by a person's identity number or name, by a phone or account, or by its code; the audit keeps it."""

from litestar import Response, post
from litestar.di import NamedDependency

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.reports.find_household import MAX_FOUND, SearchKind, find_households
from market.service.http import HttpRequest
from market.service.web.desk.context import open_desk, render_desk_page
from market.service.web.forms import read_form

_KINDS = {
    SearchKind.IDENTITY: "按身份证号找",
    SearchKind.NUMBER: "按号码找",
    SearchKind.CODE: "按编号找",
    SearchKind.NAME: "按姓名找",
    SearchKind.NOTHING: "没有看懂",
}


# What is searched for is posted: an identity number belongs into no URL.
@post("/find", include_in_schema=False, status_code=200, auditor="reads")
async def submit_search(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show the households that a search finds in the official's divisions."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        kind, found = await find_households(
            conn, actor, desk.county, desk.divisions, form.get_text("text"), seal=seal, day=desk.today, now=desk.now
        )
    rows = [
        (
            each,
            desk.to("/desk/findings", household=each.household),
            [(line, desk.to("/desk/lines", line=line)) for line in each.lines],
        )
        for each in found
    ]
    context = {"rows": rows, "how": _KINDS[kind], "full": len(found) == MAX_FOUND}
    return render_desk_page(request, desk, "found.html", context)


ROUTES = [submit_search]
