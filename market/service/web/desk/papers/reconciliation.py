"""The page of a settled month's return files: what each operator credited, and the differences with their answers."""

from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Database, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import get_roles
from market.people.identity.models import Actor, Role
from market.reports.reconciliation import DifferenceView, OperatorReturn, get_reconciliation
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, render_desk_page
from market.service.web.desk.papers.form_pages import open_county_desk
from market.service.web.desk.presenters import get_operator_name
from market.service.web.forms import parse_uuid, read_form
from market.service.web.pages import redirect
from market.service.web.ui.format import clock_zh, day_zh, yuan
from market.subsidies.models import CYCLE_STATE_NAMES
from market.subsidies.month.cycles import find_cycle, read_month
from market.subsidies.month.steps import RECONCILE
from market.subsidies.names import FUNDER_NAMES, format_month_zh
from market.subsidies.reconciliation.answer import accept_differences
from market.subsidies.reconciliation.models import DIFFERENCE_NAMES, STOPPING_KINDS, DifferenceNotFound

OPERATOR_HEAD = ["运营商", "结算", "入账", "差异", "没处理", "回单"]
MAX_DAYS = 30
"""A difference that is older than this is shown as late."""


class DifferenceRow(Struct, frozen=True):
    """A difference in the table: `accept` if it can be ticked, `late` if it is old."""

    id: str
    title: str
    place: str
    settled: str
    credited: str
    fen: int
    age: str
    act: str
    open: bool
    accept: bool
    late: bool


@get("/months/{month:str}/reconciliation", include_in_schema=False)
async def show_reconciliation(
    request: HttpRequest,
    *,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show what each operator credited of a settled month, and the differences, oldest first."""
    desk = await open_county_desk(request, db, actor, clock)
    done = request.query_params.get("done") == "1"
    return await _render(request, db, seal, desk, month, notice=PageNotice("ok", "已认下") if done else None)


@post("/months/{month:str}/reconciliation", include_in_schema=False)
async def submit_acceptance(
    request: HttpRequest,
    *,
    month: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Accept the ticked differences with a reason; a refusal is shown on the same page."""
    form = await read_form(request)
    desk = await open_county_desk(request, db, actor, clock)
    picked = [parse_uuid(text) for text in form.get_texts("pick")]
    try:
        if not picked:
            raise NothingPicked
        ids = [each for each in picked if each is not None]
        if len(ids) < len(picked):
            raise DifferenceNotFound
        async with db.transaction(scope=desk.county) as conn:
            first, why = read_month(month), form.get_text("why")
            await accept_differences(conn, actor, desk.county, first, ids=ids, why=why, now=desk.now)
    except Refusal as refusal:
        notice = build_refusal_notice(refusal, "没有认下")
        return await _render(request, db, seal, desk, month, notice=notice, status=refusal.status)
    return redirect(desk.to(f"/desk/months/{month}/reconciliation", done=1))


class NothingPicked(Refusal):
    """No difference is ticked."""

    code = "nothing_picked"
    status = 422
    zh = "先勾选要认下的差异。"
    en = "Tick the differences to accept."


async def _render(
    request: HttpRequest,
    db: Database,
    seal: Seal,
    desk: DeskContext,
    month: str,
    *,
    notice: PageNotice | None,
    status: int = 200,
) -> Response[bytes]:
    async with db.transaction(scope=desk.county) as conn:
        cycle = await find_cycle(conn, desk.county, read_month(month))
        view = await get_reconciliation(conn, seal, cycle, now=desk.now)
    due = cycle.state is RECONCILE.before
    may_accept = due and RECONCILE.role in get_roles(desk.actor)
    rows = [_present(each, may_accept=may_accept) for each in view.differences]
    context = {
        "notice": notice,
        "month": month,
        "name": format_month_zh(month),
        "state": CYCLE_STATE_NAMES[cycle.state],
        "head": OPERATOR_HEAD,
        "operators": [_build_cells(each) for each in view.operators],
        "rows": rows,
        "more": view.more,
        "year": view.budget.year,
        "budget": [
            [FUNDER_NAMES[each.funder], yuan(each.committed_fen), yuan(each.spent_fen), yuan(each.adjusted_fen)]
            for each in view.budget.lines
        ],
        "appropriated": yuan(view.budget.appropriated_fen) if view.budget.appropriated_fen else "",
        "left": yuan(view.budget.left_fen),
        "accept": any(row.accept for row in rows),
        "imports": due and Role.IMPORTER in get_roles(desk.actor),
        "returned": any(each.file for each in view.operators),
    }
    return render_desk_page(request, desk, "reconciliation.html", context, status=status)


def _build_cells(each: OperatorReturn) -> list[str | int]:
    """Return the cells of an operator; without a return file nothing is known of what it credited."""
    name = get_operator_name(each.operator)
    if each.credited_fen is None or each.taken_at is None:
        return [name, yuan(each.settled_fen), "不知道", "不知道", "", "还没有"]
    open_ = f"{each.open} 条，最早 {day_zh(each.open_since)}" if each.open_since else "没有"
    return [
        name,
        yuan(each.settled_fen),
        yuan(each.credited_fen),
        yuan(each.settled_fen - each.credited_fen),
        open_,
        f"第 {each.revision} 份，{clock_zh(each.taken_at)}，{each.by}",
    ]


def _present(each: DifferenceView, *, may_accept: bool) -> DifferenceRow:
    place = [get_operator_name(each.operator)]
    place += [each.line] if each.line else []
    place += [f"{each.month:%Y-%m}"] if each.month else []
    place += [f"号码 {each.number}"] if each.number else []
    place += [f"回单第 {each.row} 行"] if each.row else []
    age = "今天" if each.days == 0 else f"{each.days} 天"
    return DifferenceRow(
        str(each.id),
        DIFFERENCE_NAMES[each.kind],
        "，".join(place),
        "" if each.settled_fen is None else yuan(each.settled_fen),
        "" if each.credited_fen is None else yuan(each.credited_fen),
        each.fen,
        age,
        each.act if each.why is None else f"{each.by}认下：{each.why}",
        each.why is None,
        may_accept and each.why is None and each.kind not in STOPPING_KINDS,
        each.why is None and each.days > MAX_DAYS,
    )


ROUTES = [show_reconciliation, submit_acceptance]
