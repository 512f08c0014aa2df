"""能办的套餐: the operators' plans of a village's county, side by side; the same for everybody."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency

from market.divisions.codes import get_county_code
from market.http import HttpRequest
from market.identity.models import Actor
from market.kernel import Database
from market.kernel.clock import Clock
from market.reports.public_plans import PublicPlan, list_agreements_in_force, list_public_plans
from market.subsidies.names import ServiceKind
from market.web.pages import redirect, render_page
from market.web.ui.format import day_zh, yuan
from market.web.village.home import choose_village

_MB_PER_GB = 1024
_SECTIONS: tuple[tuple[str, Callable[[PublicPlan], bool]], ...] = (
    ("手机", lambda plan: plan.kinds == [ServiceKind.MOBILE]),
    ("宽带", lambda plan: plan.kinds == [ServiceKind.BROADBAND]),
    ("电视", lambda plan: plan.kinds == [ServiceKind.TELEVISION]),
    ("手机和宽带一起", lambda plan: len(plan.kinds) > 1),
)


def format_data(data_mb: int | None) -> str:
    """Return the data of a month in words: 100 → `100 MB`, 5120 → `5 GB`, 0 → `没有`, None → `—`."""
    if data_mb is None:
        return "—"
    if data_mb == 0:
        return "没有"
    return f"{data_mb // _MB_PER_GB} GB" if data_mb % _MB_PER_GB == 0 else f"{data_mb} MB"


def _format_until(until: date | None) -> str:
    return "长期" if until is None else f"到{day_zh(until - timedelta(days=1))}"


def _compare(plans: list[PublicPlan], agreements: dict[str, date | None]) -> tuple[list[str], list[list[str]]]:
    """Return the operators beside each other: the lowest charge of each kind of plan, and the county's agreement."""
    operators = dict(sorted({plan.operator: plan.operator_name for plan in plans}.items()))
    rows: list[list[str]] = []
    for name, belongs in _SECTIONS:
        lowest = [
            min((plan.monthly_fen for plan in plans if belongs(plan) and plan.operator == code), default=None)
            for code in operators
        ]
        if any(fen is not None for fen in lowest):
            rows.append([f"{name}，最低月费", *("—" if fen is None else f"{yuan(fen)} 元" for fen in lowest)])
    if rows:
        agreed = [_format_until(agreements[code]) if code in agreements else "没有" for code in operators]
        rows.append(["和县里的优惠协议", *agreed])
    return ["", *operators.values()], rows


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
        "head": ["套餐", "月费", "流量", "哪家", "到哪儿办", "到哪天"],
        "sections": [
            (
                name,
                [
                    [
                        plan.name, f"{yuan(plan.monthly_fen)} 元", format_data(plan.data_mb), plan.operator_name,
                        plan.apply_at or "—", _format_until(plan.until),
                    ]
                    for plan in plans if belongs(plan)
                ],
            )
            for name, belongs in _SECTIONS
            if any(belongs(plan) for plan in plans)
        ],
        "data": f"/api/v1/counties/{county}/plans",
    }  # fmt: skip
    return render_page(request, "village/plans.html", context, actor=visitor)


ROUTES = [show_plans]
