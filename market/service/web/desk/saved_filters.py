"""存下来的筛选 on the lists of the desk: an official's own, by name, for the list of findings and the reports."""

from collections.abc import Mapping
from typing import Any

from litestar import Response, post
from litestar.di import NamedDependency

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.people.identity.models import Actor, NotFound
from market.people.saved_filters.keep import MAX_NAME_LENGTH, list_saved_filters, remove_filter, save_filter
from market.reports.counted.reports import COUNTED_REPORTS
from market.reports.counted.view import NO_VILLAGE
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, open_desk
from market.service.web.desk.months.finding_filters import FindingFilter
from market.service.web.forms import parse_integer, read_form
from market.service.web.pages import redirect

FINDINGS = "findings"
_FINDING_FIELDS = ("state", "check", "owner", "township", "operator")
_REPORTS = "reports/"


def read_query(page: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return what is kept of a page's filters: no month, no household, no page of the list.

    Raises:
        NotFound: the page has no filters.
    """
    if page == FINDINGS:
        filters = FindingFilter.read(values, skip=0)
        return {name: value for name in _FINDING_FIELDS if (value := getattr(filters, name))}
    if page.removeprefix(_REPORTS) in COUNTED_REPORTS and page.startswith(_REPORTS):
        within = values.get("within", "")[:12]
        return {"within": within} if within.isdecimal() or within == NO_VILLAGE else {}
    raise NotFound


async def build_saved_context(
    conn: Connection, desk: DeskContext, page: str, values: Mapping[str, str]
) -> dict[str, Any]:
    """Return the filters that the official keeps for a page, and what the page filters now."""
    query = read_query(page, values)
    saved = await list_saved_filters(conn, desk.actor.account_id, desk.county, page)
    return {
        "saved": [
            (each.name, desk.to(f"/desk/{page}", **each.query), each.position, each.query == query) for each in saved
        ],
        "saved_page": page,
        "saved_query": list(query.items()),
        "saved_length": MAX_NAME_LENGTH,
    }


@post("/saved", include_in_schema=False)
async def submit_saved_filter(
    request: HttpRequest, *, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Keep the filter of a page under a name, or remove one by its position; back to the page.

    Raises:
        NotFound: the page has no filters.
        SavedFilterInvalid, TooManySavedFilters: see `save_filter`.
    """
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    page = form.get_text("page")
    query = read_query(page, {name: form.get_text(name) for name in (*_FINDING_FIELDS, "within")})
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        position = parse_integer(form.get_text("remove"))
        if position is not None:
            await remove_filter(conn, actor.account_id, position)
        else:
            await save_filter(
                conn, actor.account_id, desk.county, page, name=form.get_text("name"), query=query, now=desk.now
            )
    return redirect(desk.to(f"/desk/{page}", **query))


ROUTES = [submit_saved_filter]
