"""抽查: deposit the hash of a secret before a month, draw lines of the settled month, record what was found; packs."""

import re
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.identity.access import is_auditor, require_county_role
from market.people.identity.models import Actor, NotFound, Role
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, open_desk, render_desk_page
from market.service.web.desk.papers.form_pages import download_file
from market.service.web.forms import read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import clock_zh
from market.subsidies.evidence.samples import (
    MAX_SAMPLE,
    CheckOutcome,
    SampleMonth,
    deposit_secret,
    draw_sample,
    has_auditor,
    list_sample,
    list_sample_months,
    record_check,
    require_sampler,
)
from market.subsidies.evidence.seal_pack import list_packed_months, load_pack
from market.subsidies.models import CYCLE_STATE_NAMES
from market.subsidies.month.cycles import read_month
from market.subsidies.month.steps import SETTLED_STATES
from market.subsidies.names import format_month_zh

OUTCOME_NAMES = {
    CheckOutcome.RIGHT: "相符",
    CheckOutcome.WRONG: "不符",
    CheckOutcome.NOT_FOUND: "没有找到",
}
_HASH = re.compile(r"[0-9a-f]{64}")
_DONE = {"deposited": "存好了，开账以后才用；密语您自己留好", "drawn": "抽好了", "checked": "记下了"}
_DEFAULT_COUNT = 20


async def open_audit_desk(request: HttpRequest, db: Database, actor: Actor, clock: Clock) -> DeskContext:
    """Return the desk of an auditor, or of an official who decides for the whole county.

    Raises:
        NotAllowed: the actor is neither.
    """
    desk = await open_desk(request, db, actor, clock)
    require_county_role(actor, {Role.AUDITOR, Role.COUNTY}, desk.county)
    return desk


def _describe(month: SampleMonth) -> str:
    """Return where a month stands."""
    if month.drawn_at is not None:
        return f"抽了 {month.lines} 条，查了 {month.checked} 条"
    if month.state is None:
        return "还没开账"
    return "可以抽了" if month.state in SETTLED_STATES else f"{CYCLE_STATE_NAMES[month.state]}，结算以后抽"


async def _list_page(
    request: HttpRequest, db: Database, desk: DeskContext,
    *, typed: dict[str, str] | None = None, errors: list[FieldFault] | None = None, notice: PageNotice | None = None,
    status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=desk.county) as conn:
        months = await list_sample_months(conn, desk.county)
        packed = await list_packed_months(conn, desk.county)
        audited = await has_auditor(conn, desk.county, now=desk.now)
    rows = [
        (
            desk.to(f"/desk/samples/{each.month:%Y-%m}"),
            format_month_zh(f"{each.month:%Y-%m}"),
            [_describe(each), f"{clock_zh(each.deposited_at)} 存，{each.deposited_by or '系统管理员'}"],
        )
        for each in months
    ]
    context = {
        "rows": rows,
        "packs": [(name := f"{each:%Y-%m}", format_month_zh(name)) for each in packed],
        "acts": is_auditor(desk.actor) or not audited,
        "audited": audited,
        "typed": typed or {},
        "errors": errors or [],
        "notice": notice,
    }
    return render_desk_page(request, desk, "samples.html", context, status=status)


@get("/samples", include_in_schema=False)
async def show_samples(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the months with a deposit, with the form to deposit for another one."""
    desk = await open_audit_desk(request, db, actor, clock)
    return await _list_page(request, db, desk, notice=_read_done(request))


def _read_done(request: HttpRequest) -> PageNotice | None:
    done = _DONE.get(request.query_params.get("done", ""))
    return PageNotice("ok", done) if done else None


@post("/samples", include_in_schema=False, auditor="acts")
async def submit_deposit(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Deposit the hash of a secret for a month that is not opened."""
    form = await read_form(request)
    desk = await open_audit_desk(request, db, actor, clock)
    typed = {name: form.get_text(name).strip() for name in ("month", "sha256")}
    if not _HASH.fullmatch(typed["sha256"].lower()):
        fault = FieldFault("sha256", "校验和是 64 位，只有 0 到 9、a 到 f；不要写密语本身")
        return await _list_page(request, db, desk, typed=typed, errors=[fault], status=422)
    try:
        month = read_month(typed["month"])
        async with db.transaction(scope=desk.county) as conn:
            await require_sampler(conn, actor, desk.county, now=desk.now)
            await deposit_secret(
                conn, desk.county, month, secret_sha256=typed["sha256"].lower(), account_id=actor.account_id,
                by=str(actor.account_id), now=desk.now,
            )  # fmt: skip
    except Refusal as refusal:
        notice = build_refusal_notice(refusal, "没有存")
        return await _list_page(request, db, desk, typed=typed, notice=notice, status=refusal.status)
    return redirect(desk.to("/desk/samples", done="deposited"))


async def _month_page(
    request: HttpRequest, db: Database, desk: DeskContext, seal: Seal, name: str,
    *, notice: PageNotice | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    first = read_month(name)
    async with db.transaction(scope=desk.county) as conn:
        months = await list_sample_months(conn, desk.county)
        month = next((each for each in months if each.month == first), None)
        if month is None:
            raise NotFound
        drawn = await list_sample(conn, seal, desk.county, first) if month.drawn_at else []
        audited = await has_auditor(conn, desk.county, now=desk.now)
    rows = [
        (
            each.position,
            each.line,
            f"{desk.to('/desk/places', month=name, line=each.line)}#r-{each.line}",
            "" if each.outcome is None else OUTCOME_NAMES[each.outcome],
            "" if each.checked_at is None else f"{clock_zh(each.checked_at)}，{each.checked_by or '系统管理员'}",
        )
        for each in drawn
    ]
    context = {
        "month": name,
        "name": format_month_zh(name),
        "sample": month,
        "state": _describe(month),
        "ready": month.state in SETTLED_STATES and month.drawn_at is None,
        "deposited": f"{clock_zh(month.deposited_at)}，{month.deposited_by or '系统管理员'}",
        "rows": rows,
        "left": [(each.line, each.line) for each in drawn if each.outcome is None],
        "outcomes": [(str(outcome), words) for outcome, words in OUTCOME_NAMES.items()],
        "acts": is_auditor(desk.actor) or not audited,
        "count": _DEFAULT_COUNT,
        "most": MAX_SAMPLE,
        "notice": notice,
    }
    return render_desk_page(request, desk, "sample.html", context, status=status)


@get("/samples/{month:str}", include_in_schema=False)
async def show_sample(
    request: HttpRequest,
    *,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show a month's draw: how to repeat it, the lines with what was found, and the forms to draw and to record.

    Raises:
        NotFound: the month has no deposit.
    """
    desk = await open_audit_desk(request, db, actor, clock)
    return await _month_page(request, db, desk, seal, month, notice=_read_done(request))


@post("/samples/{month:str}/draw", include_in_schema=False, auditor="acts")
async def submit_draw(
    request: HttpRequest,
    *,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Draw lines of a settled month by its result and the secret, once."""
    form = await read_form(request)
    desk = await open_audit_desk(request, db, actor, clock)
    count = form.get_text("count")
    try:
        async with db.transaction(scope=desk.county) as conn:
            await require_sampler(conn, actor, desk.county, now=desk.now)
            await draw_sample(
                conn, seal, desk.county, read_month(month), secret=form.get_text("secret"),
                count=int(count) if count.isdecimal() and 0 < len(count) <= 4 else _DEFAULT_COUNT,
                by=str(actor.account_id), now=desk.now,
            )  # fmt: skip
    except Refusal as refusal:
        notice = build_refusal_notice(refusal, "没有抽")
        return await _month_page(request, db, desk, seal, month, notice=notice, status=refusal.status)
    return redirect(desk.to(f"/desk/samples/{month}", done="drawn"))


@post("/samples/{month:str}/check", include_in_schema=False, auditor="acts")
async def submit_check(
    request: HttpRequest,
    *,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Record what the check of a drawn line found, once.

    Raises:
        NotFound: there is no such outcome.
    """
    form = await read_form(request)
    desk = await open_audit_desk(request, db, actor, clock)
    try:
        outcome = CheckOutcome(form.get_text("outcome"))
    except ValueError:
        raise NotFound from None
    try:
        async with db.transaction(scope=desk.county) as conn:
            await require_sampler(conn, actor, desk.county, now=desk.now)
            await record_check(
                conn, seal, desk.county, read_month(month), line=form.get_text("line"), outcome=outcome,
                account_id=actor.account_id, by=str(actor.account_id), now=desk.now,
            )  # fmt: skip
    except Refusal as refusal:
        notice = build_refusal_notice(refusal, "没有记")
        return await _month_page(request, db, desk, seal, month, notice=notice, status=refusal.status)
    return redirect(desk.to(f"/desk/samples/{month}", done="checked"))


@get("/packs/{month:str}", include_in_schema=False, rate=RateClass.SEARCH)
async def download_pack(
    request: HttpRequest,
    *,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Download the evidence pack of a month, once the worker has sealed it; its key is not on the desk.

    Raises:
        NotFound: the month has no sealed pack.
    """
    desk = await open_audit_desk(request, db, actor, clock)
    first = read_month(month)
    async with db.transaction(scope=desk.county) as conn:
        if first not in await list_packed_months(conn, desk.county):
            raise NotFound
        _, content = await load_pack(conn, seal, desk.county, first, by=str(actor.account_id), now=desk.now)
    return download_file(content, f"{desk.name}-{month}-证据包.zip", "application/zip")


ROUTES = [show_samples, submit_deposit, show_sample, submit_draw, submit_check, download_pack]
