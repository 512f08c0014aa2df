"""Findings with their evidence, and the township's decision with its reason."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.http import HttpRequest
from market.identity.access import get_roles
from market.identity.models import Actor, Role
from market.kernel import Connection, Database, Refusal
from market.kernel.clock import Clock
from market.reports.findings import list_finding_decisions, list_findings
from market.reports.month import list_month_statuses
from market.subsidies.findings.decide import decide_finding
from market.subsidies.models import SecondDuty
from market.subsidies.month.cycles import read_month
from market.subsidies.month.steps import REVIEWABLE_STATES
from market.subsidies.names import format_month_zh
from market.web.desk.context import (
    DeskContext,
    PageNotice,
    build_refusal_notice,
    open_desk,
    read_offset,
    render_desk_page,
)
from market.web.desk.presenters import present_finding
from market.web.forms import parse_integer, read_form
from market.web.pages import redirect

_PAGE_SIZE = 10
_MAX_LINES = 200
_MAX_OFFSET = 100_000


class _FindingFilter(Struct, frozen=True):
    """The filters of the list of findings; an empty month or state means all."""

    month: str
    state: str
    skip: int


@get("/findings", include_in_schema=False)
async def show_findings(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show findings, open ones that stop a line first."""
    desk = await open_desk(request, db, actor, clock)
    done = request.query_params.get("done") == "1"
    filters = _FindingFilter(
        request.query_params.get("month", ""), _state(request.query_params.get("state", "")), read_offset(request)
    )
    return await _page(request, db, desk, filters, notice=PageNotice("ok", "已记下处理结果和理由") if done else None)


@post("/findings", include_in_schema=False)
async def submit_decision(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Decide a finding: each of its lines is paid or stays stopped."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    # Keep the filters of the list; a decided finding may leave it, which shifts the others by one.
    filters = _FindingFilter(
        form.get_text("listed"),
        _state(form.get_text("state")),
        parse_integer(form.get_text("skip"), maximum=_MAX_OFFSET) or 0,
    )
    verdicts = [(name[2:], form.get_text(name)) for name in form.fields if name.startswith("v-")][:_MAX_LINES]
    try:
        async with db.transaction(scope=desk.county) as conn:
            await decide_finding(
                conn,
                actor,
                desk.county,
                read_month(form.get_text("cycle")),
                check=form.get_text("check"),
                subject=form.get_text("subject"),
                pays=[line for line, verdict in verdicts if verdict == "pay"],
                stops=[line for line, verdict in verdicts if verdict == "stop"],
                why=form.get_text("why"),
                now=desk.now,
            )
    except Refusal as refusal:
        title = "没有处理：一个人不能办两个环节" if isinstance(refusal, SecondDuty) else "没有处理"
        return await _page(
            request, db, desk, filters, notice=build_refusal_notice(refusal, title), status=refusal.status
        )
    return redirect(desk.to("/desk/findings", month=filters.month, state=filters.state, skip=filters.skip, done=1))


def _state(text: str) -> str:
    return text if text in {"open", "decided"} else ""


async def _page(
    request: HttpRequest,
    db: Database,
    desk: DeskContext,
    filters: _FindingFilter,
    *,
    notice: PageNotice | None,
    status: int = 200,
) -> Response[bytes]:
    async with db.transaction(scope=desk.county) as conn:
        context = await _cards_context(conn, desk, filters)
    return render_desk_page(request, desk, "findings.html", {"notice": notice, **context}, status=status)


async def _cards_context(conn: Connection, desk: DeskContext, filters: _FindingFilter) -> dict[str, Any]:
    month, state, skip = filters.month, filters.state, filters.skip
    months = await list_month_statuses(conn, desk.county)
    items, more = await list_findings(
        conn,
        desk.county,
        desk.divisions,
        month=read_month(month) if month else None,
        state=state,
        skip=skip,
        limit=_PAGE_SIZE,
    )
    decisions = await list_finding_decisions(conn, desk.county, [each.id for each in items])
    # A finding of an earlier month is decided in the month that is open now.
    open_now = [each.name for each in months if each.state in REVIEWABLE_STATES]
    township = Role.TOWNSHIP in get_roles(desk.actor)
    cards = [
        (
            present_finding(each, decisions.get(each.id, [])),
            _find_deciding_month(f"{each.month:%Y-%m}", open_now) if township else "",
        )
        for each in items
    ]
    return {
        "cards": cards,
        "months": [("", "全部账期"), *((each.name, format_month_zh(each.name)) for each in months)],
        "month": month,
        "state": state,
        "skip": skip,
        "back": desk.to("/desk/findings", month=month, state=state, skip=max(skip - _PAGE_SIZE, 0)) if skip else None,
        "more": desk.to("/desk/findings", month=month, state=state, skip=skip + _PAGE_SIZE) if more else None,
    }


def _find_deciding_month(month: str, open_now: list[str]) -> str:
    """Return the month in which a finding can be decided, or an empty text."""
    if month in open_now:
        return month
    later = [each for each in open_now if each > month]
    return min(later or open_now, default="")


ROUTES = [show_findings, submit_decision]
