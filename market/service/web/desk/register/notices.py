"""The public notice of enrolments, without names, numbers or identities."""

from datetime import date

from litestar import Response, get
from litestar.di import NamedDependency

from market.kernel import Database
from market.kernel.clock import Clock
from market.people.identity.models import Actor
from market.reports.enrolments import EnrolmentView, list_enrolments
from market.service.http import HttpRequest
from market.service.web.desk.context import open_desk, read_offset, render_desk_page
from market.service.web.ui.format import day_zh

_PAGE_SIZE = 50
NOTICED = "公示中"
"""The status of an enrolment under public notice, as files write it."""


@get("/notices", include_in_schema=False)
async def show_notices(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the enrolments under public notice today, or all of them."""
    desk = await open_desk(request, db, actor, clock)
    everything = request.query_params.get("all") == "1"
    skip = read_offset(request)
    async with db.transaction(scope=desk.county) as conn:
        rows, more = await list_enrolments(
            conn,
            desk.county,
            desk.divisions,
            day=desk.today,
            on_notice=not everything,
            skip=skip,
            limit=_PAGE_SIZE,
        )
    flag = "1" if everything else ""
    context = {
        "rows": [_row(row, desk.today) for row in rows],
        "everything": everything,
        "back": desk.to("/desk/notices", all=flag, skip=max(skip - _PAGE_SIZE, 0)) if skip else None,
        "more": desk.to("/desk/notices", all=flag, skip=skip + _PAGE_SIZE) if more else None,
    }
    return render_desk_page(request, desk, "notices.html", context)


def _row(row: EnrolmentView, today: date) -> list[str]:
    notice = "没有公示"
    if row.notice_from and row.notice_until:
        notice = f"{day_zh(row.notice_from)} 起，满 {(row.notice_until - row.notice_from).days} 天"
    return [
        row.line,
        f"{row.household} 户",
        row.village or "—",
        row.programme,
        f"{row.applied_on}",
        notice,
        f"{row.decided_on}" if row.decided_on else "—",
        f"{row.entitled_from}" if row.entitled_from else "—",
        describe_enrolment_status(row, today),
    ]


def describe_enrolment_status(row: EnrolmentView, today: date) -> str:
    """Return the status as imported, or what is due once its public notice has ended."""
    ended = row.notice_until is not None and row.notice_until <= today
    return "公示已满，等审定" if row.status == NOTICED and ended else row.status


ROUTES = [show_notices]
