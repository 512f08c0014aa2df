"""公益 on the desk: the notices of the county, which another person than wrote them checks or ends."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.cases.answers.notice_models import (
    MAX_NOTICE_REASON,
    NoticeInvalid,
    NoticeNotOpen,
    NoticeOwnChecker,
    NoticeState,
    OwnNotice,
)
from market.cases.answers.notices import check_notice, end_county_notice, list_county_notices
from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.service.http import HttpRequest
from market.service.web.account.notices import describe_own_notice
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, open_desk, render_desk_page
from market.service.web.forms import parse_uuid, read_form
from market.service.web.pages import redirect

_DONE = {"live": "核好了，大家看得到", "refuse": "退回了", "end": "停了，大家看不到了"}


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext, *, notice: PageNotice | None = None, status: int = 200
) -> Response[bytes]:
    async with db.transaction() as conn:
        notices = await list_county_notices(conn, desk.actor, desk.county, day=desk.today)
    context = {
        "waiting": _list_rows([each for each in notices if each.state is NoticeState.DRAFT]),
        "live": _list_rows([each for each in notices if each.state is NoticeState.LIVE and each.last >= desk.today]),
        "most": MAX_NOTICE_REASON,
        "notice": notice,
    }
    return render_desk_page(request, desk, "charity.html", context, status=status)


def _list_rows(notices: Sequence[OwnNotice]) -> list[tuple[str, str, list[str]]]:
    return [(str(each.id), each.title, describe_own_notice(each)[:-1]) for each in notices]


@get("/charity", include_in_schema=False)
async def show_county_notices(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the notices that wait to be checked, and those that everybody reads."""
    desk = await open_desk(request, db, actor, clock)
    done = _DONE.get(request.query_params.get("done", ""))
    return await _page(request, db, desk, notice=PageNotice("ok", done) if done else None)


@post("/charity/{notice_id:str}", include_in_schema=False)
async def submit_notice_step(
    request: HttpRequest,
    *,
    notice_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Let everybody read a notice, refuse it, or end it: `act` is live, refuse or end.

    Raises:
        NotFound: the county has no such notice.
    """
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    found, act = parse_uuid(notice_id), form.get_text("act")
    if found is None or act not in _DONE:
        raise NotFound
    try:
        await _take_step(db, seal, desk, found, act=act, reason=form.get_text("reason"))
    except (NoticeInvalid, NoticeNotOpen, NoticeOwnChecker) as refusal:
        return await _page(request, db, desk, notice=build_refusal_notice(refusal), status=refusal.status)
    return redirect(desk.to("/desk/charity", done=act))


async def _take_step(db: Database, seal: Seal, desk: DeskContext, found: UUID, *, act: str, reason: str) -> None:
    async with db.transaction() as conn:
        if act == "end":
            await end_county_notice(conn, desk.actor, desk.county, found, now=desk.now)
        else:
            await check_notice(
                conn, seal, desk.actor, desk.county, found, live=act == "live", reason=reason, now=desk.now
            )


ROUTES = [show_county_notices, submit_notice_step]
