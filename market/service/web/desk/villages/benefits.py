"""受益 on the desk: what households of the villages gained, never of fewer than ten."""

from datetime import date

from litestar import Response, get
from litestar.di import NamedDependency

from market.kernel import Database
from market.kernel.clock import Clock
from market.people.identity.models import Actor
from market.reports.village_benefits import VillageBenefit, list_ended_quarters, list_village_benefits
from market.service.http import HttpRequest
from market.service.web.desk.context import open_desk, render_desk_page
from market.service.web.forms import parse_day
from market.service.web.ui.format import yuan
from market.villages.benefits.models import HOW_NAMES, BenefitHow

_WAYS: tuple[BenefitHow | None, ...] = (*BenefitHow, None)
_NOTHING, _HIDDEN = "", "不显示"


def _name_quarter(first: date) -> str:
    return f"{first.year}年第 {(first.month + 2) // 3} 季度"


def _write_cell(cell: VillageBenefit | None) -> str:
    if cell is None:
        return _NOTHING
    return _HIDDEN if cell.fen is None else f"{yuan(cell.fen)}（{cell.households} 户）"


@get("/benefits", include_in_schema=False)
async def show_village_benefits(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show villages by ways of an ended quarter, with what would tell of few households hidden."""
    desk = await open_desk(request, db, actor, clock)
    quarters = list_ended_quarters(clock.today())
    asked = parse_day(request.query_params.get("quarter", ""))
    quarter = asked if asked is not None and asked in quarters else quarters[0]
    async with db.transaction(scope=desk.county) as conn:
        found = await list_village_benefits(conn, actor, desk.county, quarter=quarter, today=clock.today())
    cells = {(each.village_code, each.how): each for each in found}
    villages = {each.village_code: each.village for each in found}
    context = {
        "quarter": _name_quarter(quarter),
        "quarters": [
            (desk.to("/desk/benefits", quarter=str(each)), _name_quarter(each)) for each in quarters if each != quarter
        ],
        "head": [*HOW_NAMES.values(), "一共"],
        "rows": [(name, [_write_cell(cells.get((code, way))) for way in _WAYS]) for code, name in villages.items()],
    }
    return render_desk_page(request, desk, "benefits.html", context)


ROUTES = [show_village_benefits]
