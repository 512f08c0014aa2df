"""Findings as a table with details in place, and the township's decisions with their reasons, one by one or in bulk."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct, structs

from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.access import get_roles
from market.people.identity.models import Actor, NotFound, Role
from market.reports.drilldown import list_household_heads
from market.reports.findings import (
    MAX_LINES_SHOWN,
    FindingLine,
    FindingView,
    list_finding_decisions,
    list_finding_households,
    list_finding_lines,
    list_findings,
)
from market.reports.month import list_month_statuses
from market.service.http import HttpRequest
from market.service.web.desk.context import (
    DeskContext,
    PageNotice,
    build_refusal_notice,
    open_desk,
    read_offset,
    render_desk_page,
)
from market.service.web.desk.months.drilldown import describe_household
from market.service.web.desk.months.finding_filters import LIST_TOWNSHIPS, OPERATORS, OWNERS, FindingFilter, list_states
from market.service.web.desk.presenters import FindingCard, build_row_id, format_short_month, present_finding
from market.service.web.desk.saved_filters import FINDINGS, build_saved_context
from market.service.web.forms import InvalidForm, PostedForm, parse_integer, parse_time, parse_uuid, read_form
from market.service.web.pages import redirect
from market.subsidies.findings.decide import decide_finding
from market.subsidies.models import FindingId, SecondDuty
from market.subsidies.month.cycles import find_cycle, read_month
from market.subsidies.month.steps import REVIEWABLE_STATES
from market.subsidies.names import CHECK_NAMES, format_month_zh

_PAGE_SIZE = 25
_MAX_LINES = 200
_MAX_OFFSET = 100_000
_MAX_HOUSEHOLDS_SHOWN = 3
_ONE_BY_ONE = frozenset({"two_operators_one_household", "one_identity_two_enrolments"})
"""Checks in which some lines of a household are right, so that one verdict for all of them is wrong."""
REASONS = (
    "入户核对，情况属实",
    "入户核对，情况不符",
    "名册已经更正",
    "运营商已经更正账单",
    "已补公示，没有异议",
    "本人已签字确认",
)
"""Reasons to pick; an official may add to them, or write another one."""


class FindingTableRow(Struct, frozen=True):
    """A row of the table; `cycle` is the month in which the finding can be decided, or empty."""

    id: str
    card: FindingCard
    month: str
    people: list[tuple[str, str]]
    href: str
    cycle: str
    opened: bool
    bulk: bool
    lines: list[FindingLine]
    evidence: str


@get("/findings", include_in_schema=False)
async def show_findings(
    request: HttpRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show findings, open ones that stop a line first, then by the sum at risk."""
    desk = await open_desk(request, db, actor, clock)
    done = parse_integer(request.query_params.get("done", ""), maximum=_MAX_OFFSET)
    query = request.query_params
    filters = FindingFilter.read(query, skip=read_offset(request))
    notice = None
    if done:
        title = "已记下处理结果和理由" if done == 1 else f"已记下 {done} 件的处理结果和理由"
        notice = PageNotice("ok", title, _tell_reviews(query.get("again", "")))
    return await _page(request, db, seal, desk, filters, notice=notice)


@post("/findings", include_in_schema=False)
async def submit_decision(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Decide a finding: each of its lines is paid or stays stopped."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    filters = FindingFilter.read_form(form)
    verdicts = [(name[2:], form.get_text(name)) for name in form.fields if name.startswith("v-")][:_MAX_LINES]
    try:
        async with db.transaction(scope=desk.county) as conn:
            result = await decide_finding(
                conn,
                actor,
                desk.county,
                read_month(form.get_text("cycle")),
                check=form.get_text("check"),
                subject=form.get_text("subject"),
                pays=[line for line, verdict in verdicts if verdict == "pay"],
                stops=[line for line, verdict in verdicts if verdict == "stop"],
                why=_read_reason(form),
                finding_id=_read_finding(form),
                seen=parse_time(form.get_text("seen")),
                seal=seal,
                now=desk.now,
            )
    except Refusal as refusal:
        return await _refuse(request, db, seal, desk, filters, refusal=refusal)
    return redirect(filters.to(desk, done=1, again=" ".join(result.review_again)))


@post("/findings/bulk", include_in_schema=False)
async def submit_bulk_decision(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[Any]:
    """Decide several findings of one check with one verdict and one reason: all of them or, on a refusal, none."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    filters = FindingFilter.read_form(form)
    at: FindingView | None = None
    try:
        async with db.transaction(scope=desk.county) as conn:
            again: set[str] = set()
            chosen = await _list_chosen(conn, seal, desk, form)
            open_now = await _list_reviewable_months(conn, desk)
            for at in chosen:
                finding = at
                pay = form.get_text("verdict") == "pay"
                result = await decide_finding(
                    conn,
                    actor,
                    desk.county,
                    read_month(_find_deciding_month(f"{finding.month:%Y-%m}", open_now)),
                    check=finding.check,
                    subject=finding.subject,
                    pays=finding.lines if pay else [],
                    stops=[] if pay else finding.lines,
                    why=_read_reason(form),
                    finding_id=FindingId(finding.id),
                    seen=parse_time(form.get_text("seen")),
                    seal=seal,
                    now=desk.now,
                )
                again.update(result.review_again)
    except Refusal as refusal:
        row = f"卡在 {CHECK_NAMES[at.check]} {at.subject}，勾选的都没有记下" if at is not None else ""
        return await _refuse(request, db, seal, desk, filters, refusal=refusal, row=row)
    return redirect(filters.to(desk, done=len(chosen), again=" ".join(sorted(again))))


def _read_finding(form: PostedForm) -> FindingId | None:
    found = parse_uuid(form.get_text("finding"))
    return None if found is None else FindingId(found)


def _tell_reviews(months: str) -> tuple[str, ...]:
    """Return what to say of the months that are reviewed again, as the URL names them."""
    names = "、".join(format_month_zh(month) for month in months[:80].split())
    return (f"{names}的结果改了，乡镇要再审核一遍。",) if names else ()


async def _list_chosen(conn: Connection, seal: Seal, desk: DeskContext, form: PostedForm) -> list[FindingView]:
    """Return the chosen findings.

    Raises:
        InvalidForm: none is chosen, they are of different checks, their lines need a decision each, or no verdict.
        NotFound: the chosen ones are outside the official's divisions.
    """
    picked = form.get_texts("shown" if form.get_text("all") == "1" else "pick")
    ids = [each for text in picked[:_PAGE_SIZE] if (each := parse_uuid(text)) is not None]
    chosen = (await list_findings(conn, desk.county, desk.divisions, seal=seal, ids=ids))[0] if ids else []
    if ids and not chosen:
        raise NotFound
    faults: list[FieldFault] = []
    if not ids:
        faults.append(FieldFault("疑点", "先在表里勾选要办的"))
    if len({each.check for each in chosen}) > 1:
        faults.append(FieldFault("疑点", "一次只能办同一种；先用上面的“疑点”筛一种"))
    if any(each.check in _ONE_BY_ONE for each in chosen):
        faults.append(FieldFault("疑点", "这一种要一件一件看：同一户里有该付的，也有不该付的"))
    if form.get_text("verdict") not in {"pay", "stop"}:
        faults.append(FieldFault("怎么办", "选“都照付”或“都停付”"))
    if faults:
        raise InvalidForm(errors=tuple(faults))
    return chosen


def _read_reason(form: PostedForm) -> str:
    """Return the picked reason and what was added to it."""
    picked = form.get_text("reason")
    return "；".join(part for part in (picked if picked in REASONS else "", form.get_text("why").strip()) if part)


async def _refuse(
    request: HttpRequest,
    db: Database,
    seal: Seal,
    desk: DeskContext,
    filters: FindingFilter,
    *,
    refusal: Refusal,
    row: str = "",
) -> Response[bytes]:
    reason = "一个人不能办两个环节" if isinstance(refusal, SecondDuty) else row
    title = f"没有处理：{reason}" if reason else "没有处理"
    notice = build_refusal_notice(refusal, title)
    return await _page(request, db, seal, desk, filters, notice=notice, status=refusal.status)


async def _page(
    request: HttpRequest,
    db: Database,
    seal: Seal,
    desk: DeskContext,
    filters: FindingFilter,
    *,
    notice: PageNotice | None,
    status: int = 200,
) -> Response[bytes]:
    async with db.transaction(scope=desk.county) as conn:
        context = await _table_context(conn, seal, desk, filters)
    return render_desk_page(request, desk, "findings.html", {"notice": notice, **context}, status=status)


async def _table_context(conn: Connection, seal: Seal, desk: DeskContext, filters: FindingFilter) -> dict[str, Any]:
    months = await list_month_statuses(conn, desk.county)
    items, more = await list_findings(
        conn,
        desk.county,
        desk.divisions,
        seal=seal,
        month=_read_month(filters.month),
        state=filters.state,
        checks=filters.list_checks(),
        township=filters.township,
        operator=filters.operator,
        household=filters.household,
        skip=filters.skip,
        limit=_PAGE_SIZE,
    )
    rows = await _list_rows(conn, seal, desk, filters, items)
    saved = await build_saved_context(conn, desk, FINDINGS, structs.asdict(filters))
    townships = await LIST_TOWNSHIPS.all(conn, county=desk.county, divisions=list(desk.divisions))
    skip = filters.skip
    return {
        **saved,
        "rows": rows,
        "bulk": any(row.bulk for row in rows),
        "months": [("", "全部账期"), *((each.name, format_month_zh(each.name)) for each in months)],
        "checks": [("", "全部"), *CHECK_NAMES.items()],
        "states": list_states(),
        "owners": [("", "全部"), *OWNERS.items()],
        "operators": [("", "全部"), *OPERATORS.items()],
        "townships": [("", "全部"), *((each.code, each.name) for each in townships)],
        "most_lines": MAX_LINES_SHOWN,
        "names": OPERATORS,
        "reasons": [("", "选一个理由"), *((each, each) for each in REASONS)],
        "filters": filters,
        "seen": max((each.facts_at for each in items), default=None),
        "back": filters.to(desk, skip=max(skip - _PAGE_SIZE, 0)) if skip else None,
        "more": filters.to(desk, skip=skip + _PAGE_SIZE) if more else None,
    }


def _read_month(text: str) -> date | None:
    return read_month(text) if text else None


async def _list_rows(
    conn: Connection, seal: Seal, desk: DeskContext, filters: FindingFilter, items: Sequence[FindingView]
) -> list[FindingTableRow]:
    ids = [each.id for each in items]
    decisions = await list_finding_decisions(conn, seal, desk.county, ids)
    households = await list_finding_households(conn, desk.county, ids)
    lines = await list_finding_lines(conn, seal, desk.county, ids)
    names = await _name_households(conn, seal, desk, items, households)
    # A finding of an earlier month is decided in the month that is open now.
    open_now = await _list_reviewable_months(conn, desk)
    township = Role.TOWNSHIP in get_roles(desk.actor)
    rows: list[FindingTableRow] = []
    for finding in items:
        month, key = f"{finding.month:%Y-%m}", str(finding.id)
        card = present_finding(finding, decisions.get(finding.id, []))
        opened = filters.opened == key
        cycle = _find_deciding_month(month, open_now) if township else ""
        rows.append(
            FindingTableRow(
                id=key,
                card=card,
                month=format_short_month(month),
                people=_link_people(desk, finding, month, households.get(finding.id, []), names),
                href=f"{filters.to(desk, open='' if opened else key)}#{card.id}",
                cycle=cycle,
                opened=opened,
                bulk=bool(cycle) and card.open and finding.check not in _ONE_BY_ONE,
                lines=lines.get(finding.id, []),
                evidence=finding.evidence,
            )
        )
    return rows


async def _name_households(
    conn: Connection,
    seal: Seal,
    desk: DeskContext,
    items: Sequence[FindingView],
    households: dict[UUID, list[str]],
) -> dict[tuple[date, str], str]:
    """Return the masked name of the head of each household, by month and household."""
    by_month: dict[date, set[str]] = {}
    for finding in items:
        by_month.setdefault(finding.month, set()).update(households.get(finding.id, [])[:_MAX_HOUSEHOLDS_SHOWN])
    names: dict[tuple[date, str], str] = {}
    for month, codes in by_month.items():
        cycle = await find_cycle(conn, desk.county, month)
        heads = await list_household_heads(conn, seal, cycle, sorted(codes))
        names |= {(month, code): name for code, (name, _) in heads.items()}
    return names


def _link_people(
    desk: DeskContext,
    finding: FindingView,
    month: str,
    households: Sequence[str],
    names: dict[tuple[date, str], str],
) -> list[tuple[str, str]]:
    """Return the households of a finding, each with the link to its lines; without a household, its lines."""
    people = [
        (
            describe_household(code, names.get((finding.month, code), ""), 0),
            f"{desk.to('/desk/places', month=month, household=code)}#{build_row_id(code)}",
        )
        for code in households[:_MAX_HOUSEHOLDS_SHOWN]
    ]
    if people:
        return people
    return [
        (line, f"{desk.to('/desk/places', month=month, line=line)}#{build_row_id(line)}")
        for line in finding.lines[:_MAX_HOUSEHOLDS_SHOWN]
    ]


async def _list_reviewable_months(conn: Connection, desk: DeskContext) -> list[str]:
    return [each.name for each in await list_month_statuses(conn, desk.county) if each.state in REVIEWABLE_STATES]


def _find_deciding_month(month: str, open_now: list[str]) -> str:
    """Return the month in which a finding can be decided, or an empty text."""
    if month in open_now:
        return month
    later = [each for each in open_now if each > month]
    return min(later or open_now, default="")


ROUTES = [show_findings, submit_decision, submit_bulk_decision]
