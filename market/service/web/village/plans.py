"""能办的套餐: the operators' plans of a village's county, side by side; the same for everybody."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.division_codes import get_county_code
from market.people.identity.models import Actor
from market.reports.public_plans import PublicPlan, list_agreements_in_force, list_public_plans
from market.service.http import HttpRequest
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_zh, yuan
from market.service.web.village.home import choose_village
from market.subsidies.names import ServiceKind

_MB_PER_GB = 1024
_SECTIONS: tuple[tuple[str, Callable[[PublicPlan], bool]], ...] = (
    ("手机", lambda plan: plan.kinds == [ServiceKind.MOBILE]),
    ("宽带", lambda plan: plan.kinds == [ServiceKind.BROADBAND]),
    ("电视", lambda plan: plan.kinds == [ServiceKind.TELEVISION]),
    ("合在一起", lambda plan: len(plan.kinds) > 1),
)


def format_data(data_mb: int) -> str:
    """Return the data of a month in words: 100 → `一个月流量 100 MB`, 5120 → `一个月流量 5 GB`, 0 → `不带流量`."""
    if data_mb == 0:
        return "不带流量"
    whole = f"{data_mb // _MB_PER_GB} GB" if data_mb % _MB_PER_GB == 0 else f"{data_mb} MB"
    return f"一个月流量 {whole}"


def _format_until(until: date | None) -> str:
    return "长期" if until is None else f"到{day_zh(until - timedelta(days=1))}"


def _compare(plans: list[PublicPlan], agreements: dict[str, date | None]) -> tuple[list[str], list[list[str]]]:
    """Return the operators one below the other: the lowest charge of each kind of plan, and the county's agreement."""
    sections = [(name, belongs) for name, belongs in _SECTIONS if any(map(belongs, plans))]
    rows: list[list[str]] = []
    for code, name in sorted({plan.operator: plan.operator_name for plan in plans}.items()):
        lowest = [
            min((plan.monthly_fen for plan in plans if belongs(plan) and plan.operator == code), default=None)
            for _, belongs in sections
        ]
        agreed = _format_until(agreements[code]) if code in agreements else "没有"
        rows.append([name, *("—" if fen is None else yuan(fen) for fen in lowest), agreed])
    return ["元一个月", *(name for name, _ in sections), "协议"], rows


def _describe(plan: PublicPlan) -> tuple[str, list[str]]:
    """Return a plan as a row: its name with the charge, and its data, where to apply, and how long."""
    data = "" if plan.data_mb is None else f"，{format_data(plan.data_mb)}"
    place = f"到{plan.apply_at}办，" if plan.apply_at else ""
    return f"{plan.name}，{yuan(plan.monthly_fen)} 元", [
        f"{plan.operator_name}{data}", f"{place}{_format_until(plan.until)}",
    ]  # fmt: skip


@get("/village/plans", include_in_schema=False)
async def show_plans(
    request: HttpRequest,
    *,
    visitor: NamedDependency[Actor | None],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Show the plans that anybody in a village may have, by operator and by kind."""
    async with db.connection() as conn:
        village = await choose_village(conn, request, visitor, clock)
    if not village.code or village.fault:
        return redirect(f"/village?village={village.code}" if village.code else "/village")
    county = get_county_code(village.code)
    async with db.transaction(scope=county) as conn:
        plans = await list_public_plans(conn, county, day=clock.today())
        agreements = await list_agreements_in_force(conn, county, day=clock.today())
    head, rows = _compare(plans, agreements)
    context = {
        "village": village,
        "compared": rows,
        "compared_head": head,
        "sections": [
            (name, [_describe(plan) for plan in plans if belongs(plan)])
            for name, belongs in _SECTIONS
            if any(map(belongs, plans))
        ],
        "data": f"/api/v1/counties/{county}/plans",
    }
    return render_page(request, "village/plans.html", context, actor=visitor)


ROUTES = [show_plans]
