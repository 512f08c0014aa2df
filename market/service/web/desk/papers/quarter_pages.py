"""A quarter's report to print, with 报送: when it was sent in, by whom, and the form that records it."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import has_role_for
from market.people.identity.models import Actor
from market.places.counties.quarter_submissions import (
    SUBMITTERS,
    QuarterSubmission,
    SentFigures,
    SubmissionInvalid,
    SubmittedAlready,
    list_submissions,
    record_submission,
)
from market.reports.quarter import compute_sent_figures
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, render_desk_page
from market.service.web.desk.papers.form_pages import (
    download_file,
    load_quarter_form,
    open_county_desk,
    write_form_workbook,
)
from market.service.web.desk.papers.workbook import XLSX
from market.service.web.forms import parse_day, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import count, day_zh, yuan
from market.subsidies.month.cycles import read_quarter


async def _load_submissions(conn: Connection, desk: DeskContext, quarter: str) -> dict[str, Any]:
    """Return the section of a quarter's report on its submissions; the form only once the quarter has ended."""
    first, until = read_quarter(quarter)
    figures = await compute_sent_figures(conn, desk.county, first)
    records = has_role_for(desk.actor, SUBMITTERS, desk.county) and desk.today >= until
    return {
        "rows": [_describe(each, figures) for each in await list_submissions(conn, desk.county, first)],
        "address": desk.to(f"/desk/quarters/{quarter}/sent") if records else None,
    }


def _describe(sent: QuarterSubmission, now: SentFigures) -> tuple[str, str]:
    words = [
        f"惠及用户 {count(sent.users)}",
        f"让利 {yuan(sent.conceded_fen)} 元",
        f"财政补贴 {yuan(sent.public_fen)} 元",
    ]
    if sent.provisional:
        words.append("有的月份还没关账，是暂定数")
    if not sent.equals(now):
        words.append("和现在的数不一样，要更正再报")
    return f"{day_zh(sent.sent_on)}，{sent.by}", "，".join(words)


@get("/quarters/{quarter:str}", include_in_schema=False)
async def show_quarter(
    request: HttpRequest,
    *,
    quarter: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show the quarter's report to print; with the suffix `.xlsx` download it as a workbook."""
    desk = await open_county_desk(request, db, actor, clock)
    name = quarter.removesuffix(".xlsx")
    if quarter != name:
        async with db.transaction(scope=desk.county) as conn:
            form = await load_quarter_form(conn, seal, desk.county, desk.name, name)
        return download_file(write_form_workbook(form, desk.now), f"{desk.name}-{name}-季度报表.xlsx", XLSX)
    notice = PageNotice("ok", "记下了") if request.query_params.get("done") == "1" else None
    return await _render_quarter(request, db, seal, desk, name, notice=notice)


async def _render_quarter(
    request: HttpRequest,
    db: Database,
    seal: Seal,
    desk: DeskContext,
    quarter: str,
    *,
    notice: PageNotice | None = None,
    typed: str | None = None,
    errors: Sequence[FieldFault] = (),
    status: int = 200,
) -> Response[bytes]:
    async with db.transaction(scope=desk.county) as conn:
        form = await load_quarter_form(conn, seal, desk.county, desk.name, quarter)
        sent = await _load_submissions(conn, desk, quarter)
    context = {
        "form": form,
        "back": desk.to("/desk"),
        "pair": False,
        "download": desk.to(f"/desk/quarters/{quarter}.xlsx"),
        "sent": {**sent, "notice": notice, "errors": errors, "day": f"{desk.today}" if typed is None else typed},
    }
    return render_desk_page(request, desk, "form.html", context, status=status)


@post("/quarters/{quarter:str}/sent", include_in_schema=False)
async def submit_quarter_sent(
    request: HttpRequest,
    *,
    quarter: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Record that the report of a quarter was sent in; a refusal is shown on the page of the report.

    Raises:
        NotAllowed: the official neither decides nor keeps the terms for the whole county.
        BadQuarter: the quarter is not written `2019Q1`.
    """
    form = await read_form(request)
    desk = await open_county_desk(request, db, actor, clock)
    first, _ = read_quarter(quarter)
    try:
        async with db.transaction(scope=desk.county) as conn:
            await record_submission(
                conn, actor, desk.county, first, sent_on=parse_day(form.get_text("sent_on")),
                figures=await compute_sent_figures(conn, desk.county, first), now=desk.now,
            )  # fmt: skip
    except (SubmissionInvalid, SubmittedAlready) as refusal:
        return await _render_quarter(
            request, db, seal, desk, quarter, notice=PageNotice("no", "没有记下", (refusal.text("zh"),)),
            typed=form.get_text("sent_on"), errors=refusal.errors,
            status=refusal.status,
        )  # fmt: skip
    return redirect(desk.to(f"/desk/quarters/{quarter}", done=1))


ROUTES = [show_quarter, submit_quarter_sent]
