"""市级、省级: which counties are late, and a quarter's sums by county and operator, down to each county's desk."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import groupby

from litestar import Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.cases.casework.worklist import list_assigned_cases
from market.kernel import Database
from market.kernel.clock import Clock, get_next_quarter
from market.kernel.division_codes import get_scope, pad_code
from market.kernel.rate_limits import RateClass
from market.people.identity.access import require_scopes
from market.people.identity.models import Actor, NotFound, Role
from market.places.divisions.queries import get_division_names
from market.reports.quarter import DUE_DAY, QuarterRow
from market.reports.region import (
    CountyProgress,
    RegionSums,
    list_counties,
    list_operator_sums,
    list_recent_quarters,
    sum_counties,
)
from market.reports.worklist import format_quarter
from market.service.http import HttpRequest
from market.service.web.desk.papers.form_pages import download_file
from market.service.web.desk.papers.forms import FormTable, Value
from market.service.web.desk.papers.workbook import write_csv
from market.service.web.desk.presenters import format_quarter_zh, format_short_month
from market.service.web.pages import render_page
from market.service.web.ui.format import count, day_zh, wan
from market.subsidies.models import CYCLE_STATE_NAMES
from market.subsidies.month.cycles import read_quarter
from market.subsidies.names import KIND_NAMES, OPERATOR_NAMES, Operator, ServiceKind
from market.villages.supervision.models import SupervisionCounts
from market.villages.supervision.rules import choose_scope
from market.villages.supervision.views import count_supervision

_COUNTY_HEAD = ["县", "账期", "惠及用户", "户", "人口", "让利", "财政补贴", "报送"]
_OPERATOR_HEAD = ["运营商和业务", "惠及用户", "其中新增", "户", "人口", "让利", "财政补贴"]


class Tile(Struct, frozen=True):
    """A county on the map: where it stands in words, and its desk if it has begun."""

    name: str
    words: str
    kind: str
    href: str | None


class TileGroup(Struct, frozen=True):
    """The counties of a prefecture."""

    name: str
    tiles: list[Tile]

    @property
    def began(self) -> bool:
        """Whether a county of the prefecture has begun; the others are folded away."""
        return any(each.href for each in self.tiles)


class RegionView(Struct, frozen=True):
    """A region as its page and its file show it."""

    scope: str
    name: str
    quarter: date
    counties: list[CountyProgress]
    operators: list[QuarterRow]
    total: RegionSums


def _read_scope(actor: Actor, wanted: str) -> str:
    """Return the region to show: the wanted one, if the supervisor sees it, or the supervisor's own.

    Raises:
        NotAllowed, SecondFactorRequired: the actor supervises nothing.
        NotFound: the wanted region is not one that the actor supervises.
    """
    scopes = require_scopes(actor, {Role.SUPERVISOR})
    if not wanted:
        return min(scopes, key=lambda scope: (len(scope), scope))
    scope = get_scope(wanted)
    if len(scope) not in {2, 4} or not any(scope.startswith(each) for each in scopes):
        raise NotFound
    return scope


async def _load(request: HttpRequest, db: Database, actor: Actor, today: date) -> RegionView:
    scope = _read_scope(actor, request.query_params.get("region", ""))
    text = request.query_params.get("quarter", "")
    quarter = read_quarter(text)[0] if text else list_recent_quarters(today)[0]
    async with db.transaction(scope=scope) as conn:
        names = await get_division_names(conn, {scope})
        counties = await list_counties(conn, scope, quarter=quarter, today=today)
        operators = await list_operator_sums(conn, scope, quarter=quarter)
    name = names.get(scope, scope)
    return RegionView(scope, name, quarter, counties, operators, sum_counties(name, counties, today=today))


def _describe(county: CountyProgress, today: date) -> tuple[str, str]:
    """Return where a county stands, in words and as the kind of its tile."""
    if county.began is None:
        return "没有开账", "none"
    if county.month is None or county.state is None:
        return "都关账了", "done"
    where = f"{format_short_month(f'{county.month:%Y-%m}')}{CYCLE_STATE_NAMES[county.state]}"
    late = county.days_late(today)
    return (f"{where}，迟 {late} 天", "late") if late else (where, "open")


def _make_tile(county: CountyProgress, today: date) -> Tile:
    words, kind = _describe(county, today)
    return Tile(county.name, words, kind, f"/desk?county={county.county}" if county.began else None)


def _draw_tiles(counties: Sequence[CountyProgress], today: date) -> list[TileGroup]:
    groups: list[TileGroup] = []
    for prefecture, members in groupby(counties, key=lambda each: each.prefecture):
        tiles = [_make_tile(each, today) for each in members]
        groups.append(TileGroup(prefecture, tiles))
    return groups


def _name_operator_row(row: QuarterRow) -> str:
    operator = "合计" if row.operator == "total" else OPERATOR_NAMES[Operator(row.operator)]
    return operator + ("" if row.kind == "all" else f" {KIND_NAMES[ServiceKind(row.kind)]}")


def _list_county_cells(view: RegionView, today: date) -> list[list[Value]]:
    """Return the rows of the counties that have begun, late ones first."""
    began = [each for each in view.counties if each.began is not None]
    began.sort(key=lambda each: (-each.days_late(today), each.county))
    return [
        [
            each.name, _describe(each, today)[0], each.users, each.households, each.persons, each.conceded_fen,
            each.public_fen, _describe_submission(each, view.quarter, today),
        ]
        for each in began
    ]  # fmt: skip


def _describe_submission(county: CountyProgress, quarter: date, today: date) -> str:
    """Return when the report of the quarter was sent in and who says so, or how late it is.

    Nothing is due of a quarter that has not ended, or before the county's first month.
    """
    ended = get_next_quarter(quarter)
    if county.sent_on is not None:
        changed = "；数字后来有变" if county.changed_since else ""
        return f"{day_zh(county.sent_on)}，{county.sent_by}{changed}"
    if today < ended or county.began is None or county.began >= ended:
        return ""
    due = ended.replace(day=DUE_DAY)
    return f"没有报，迟 {(today - due).days} 天" if today > due else "没有报"


def _list_foot(total: RegionSums) -> list[Value]:
    return ["合计", "", total.users, total.households, total.persons, total.conceded_fen, total.public_fen, ""]


def _describe_tasks(tasks: SupervisionCounts) -> list[str]:
    late = f"，过期 {tasks.late} 件" if tasks.late else ""
    to_do = [f"{tasks.to_do} 件要报结果{late}"] if tasks.to_do else []
    return to_do + ([f"{tasks.to_check} 件等核"] if tasks.to_check else [])


@get("/region", include_in_schema=False)
async def show_region(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show a prefecture or a province: the map of its counties, who is late, and the sums of a quarter.

    Raises:
        NotAllowed, SecondFactorRequired: the actor supervises nothing.
        NotFound: `region` is not one that the actor supervises.
        BadQuarter: `quarter` has another form than 2019Q1.
    """
    today = clock.today()
    view = await _load(request, db, actor, today)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        cases = await list_assigned_cases(conn, actor)
    async with db.transaction(scope=choose_scope(actor)) as conn:
        tasks = await count_supervision(conn, actor, today=today)
    total = view.total
    context = {
        "cases": [f"{name} {n} 件，等您定" for name, n in Counter(each.name for each in cases).items()],
        "cases_at": f"/desk/cases?county={view.counties[0].county}" if view.counties else "",
        "view": view,
        "today": today,
        "short": format_quarter_zh(format_quarter(view.quarter)),
        "figures": [
            ("开了账的县", count(total.counties)),
            ("迟的县", count(total.late)),
            ("惠及用户", count(total.users)),
            ("让利", wan(total.conceded_fen)),
            ("财政补贴", wan(total.public_fen)),
        ],
        "late": [
            _make_tile(each, today)
            for each in sorted(view.counties, key=lambda county: -county.days_late(today))
            if each.days_late(today)
        ],
        "groups": _draw_tiles(view.counties, today),
        "county_head": _COUNTY_HEAD,
        "county_rows": _list_county_cells(view, today),
        "county_foot": _list_foot(total),
        "operator_head": _OPERATOR_HEAD,
        "operator_rows": [
            [
                _name_operator_row(each), each.users, each.new_users, each.households, each.persons,
                each.conceded_fen, each.public_fen,
            ]
            for each in view.operators
        ],
        "tasks": _describe_tasks(tasks),
        "quarters": [
            (name := format_quarter(each), format_quarter_zh(name), each == view.quarter)
            for each in list_recent_quarters(today)
        ],
        "file": f"/desk/region/counties.csv?region={pad_code(view.scope)}&quarter={format_quarter(view.quarter)}",
    }  # fmt: skip
    return render_page(request, "desk/region.html", context, actor=actor)


@get("/region/counties.csv", include_in_schema=False, rate=RateClass.SEARCH)
async def download_counties(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Download the counties of a region with their sums of a quarter.

    Raises:
        NotAllowed, SecondFactorRequired, NotFound, BadQuarter: see `show_region`.
    """
    today = clock.today()
    view = await _load(request, db, actor, today)
    title = f"{view.name}-{format_quarter(view.quarter)}-各县"
    shapes = ("text", "text", "count", "count", "count", "fen", "fen", "text")
    rows = [*_list_county_cells(view, today), _list_foot(view.total)]
    content = write_csv(FormTable(title, _COUNTY_HEAD, list(shapes), rows))
    return download_file(content, f"{title}.csv", "text/csv")


ROUTES = [show_region, download_counties]
