"""招工 on the desk: the postings that wait to be checked by another person than wrote them."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import has_role_for, require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor, NotFound
from market.service.http import HttpRequest
from market.service.web.account.postings import describe_posting
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, open_desk, render_desk_page
from market.service.web.forms import parse_uuid, read_form
from market.service.web.pages import redirect
from market.villages.services.posting_models import PostingInvalid, PostingNotOpen, PostingOwnChecker
from market.villages.services.postings import check_posting, list_postings_to_check

_DONE = {"live": "核好了，村里人看得到", "refused": "退回了，写的人会收到短信"}


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext, *, notice: PageNotice | None = None, status: int = 200
) -> Response[bytes]:
    keeps = has_role_for(desk.actor, COUNTY_KEEPERS, desk.county)
    async with db.connection() as conn:
        postings = await list_postings_to_check(conn, desk.actor, desk.county) if keeps else []
    context = {
        "postings": [
            (
                str(each.id), each.title,
                [*describe_posting(each, expired=each.last < desk.today)[:2], *([each.note] if each.note else [])],
            )
            for each in postings
        ],
        "keeps": keeps,
        "notice": notice,
    }  # fmt: skip
    return render_desk_page(request, desk, "jobs.html", context, status=status)


@get("/jobs", include_in_schema=False)
async def show_postings(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the county's postings that wait to be checked."""
    desk = await open_desk(request, db, actor, clock)
    done = _DONE.get(request.query_params.get("done", ""))
    return await _page(request, db, desk, notice=PageNotice("ok", done) if done else None)


@post("/jobs/{posting_id:str}", include_in_schema=False)
async def submit_posting_check(
    request: HttpRequest,
    *,
    posting_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Let everybody see a posting, or refuse it: `act` is live or refuse."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    require_county_role(actor, COUNTY_KEEPERS, desk.county)
    found, live = parse_uuid(posting_id), form.get_text("act") == "live"
    if found is None:
        raise NotFound
    try:
        async with db.transaction() as conn:
            await check_posting(
                conn, seal, actor, desk.county, found, live=live, reason=form.get_text("reason"), now=desk.now
            )
    except (PostingInvalid, PostingNotOpen, PostingOwnChecker) as refusal:
        return await _page(request, db, desk, notice=build_refusal_notice(refusal), status=refusal.status)
    return redirect(desk.to("/desk/jobs", done="live" if live else "refused"))


ROUTES = [show_postings, submit_posting_check]
