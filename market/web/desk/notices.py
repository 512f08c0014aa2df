"""Public notice: what hangs at the village board, without names, numbers and identities."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency

from market.identity import Actor
from market.kernel import Database
from market.kernel.clock import Clock
from market.reports.desk.books import EnrolmentView, enrolments_of
from market.web.desk.office import enter, show, skip_of
from market.web.look.format import day_short

Asked = Request[Any, Any, Any]

_A_PAGE = 50


@get("/notices", include_in_schema=False)
async def notices(
    request: Asked, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show the enrolments under public notice today, or all of them."""
    office = await enter(request, db, actor, clock)
    everything = request.query_params.get("all") == "1"
    skip = skip_of(request)
    async with db.transaction(scope=office.county) as conn:
        rows, more = await enrolments_of(
            conn,
            office.county,
            office.places,
            day=office.today,
            on_notice=not everything,
            skip=skip,
            most=_A_PAGE,
        )
    flag = "1" if everything else ""
    context = {
        "rows": [_row(row) for row in rows],
        "everything": everything,
        "back": office.to("/desk/notices", all=flag, skip=max(skip - _A_PAGE, 0)) if skip else None,
        "more": office.to("/desk/notices", all=flag, skip=skip + _A_PAGE) if more else None,
    }
    return show(request, office, "notices.html", context)


def _row(row: EnrolmentView) -> list[str]:
    notice = "没有公示"
    if row.notice_from and row.notice_until:
        notice = f"{day_short(row.notice_from)} 起，满 {(row.notice_until - row.notice_from).days} 天"
    return [
        row.line,
        f"{row.household} 户",
        row.village or "—",
        row.programme,
        f"{row.applied_on}",
        notice,
        f"{row.decided_on}" if row.decided_on else "—",
        f"{row.entitled_from}" if row.entitled_from else "—",
        row.status,
    ]


ROUTES = [notices]
