"""From county to line, opened in place: each sum is that of the rows beneath it."""

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.identity import Actor
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.reports.desk.line import ExplainedLine, explain_line
from market.reports.desk.months import month_states, sheet_of, total
from market.reports.desk.places import (
    NOWHERE,
    PlaceSums,
    home_of,
    households_of,
    lines_of,
    townships_of,
    villages_of,
)
from market.subsidies.cycles import Cycle, find_cycle, read_month
from market.web.desk.drawn import (
    DRILL_HEAD,
    DRILL_MONEY,
    Drill,
    drill_cells,
    kind_of,
    month_words,
    operator_of,
    short_month,
    total_cells,
)
from market.web.desk.office import Office, enter, show

Asked = Request[Any, Any, Any]

_TOWNSHIP = 9
_A_PAGE = 50


class Opened(Struct, frozen=True):
    """What of the drill is open, by code; an outer place follows from an inner one."""

    month: str
    township: str = ""
    village: str = ""
    household: str = ""
    line: str = ""
    after: str = ""

    def href(self, office: Office, **opened: str) -> str:
        """Return the address of the drill with this opened, at its rows."""
        return f"{office.to('/desk/places', month=self.month, **opened)}#drill"


@get("/places", include_in_schema=False)
async def places(
    request: Asked,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show a month by place, with what the address opens."""
    office = await enter(request, db, actor, clock)
    async with db.transaction(scope=office.county) as conn:
        listed = [month for month in await month_states(conn, office.county) if month.calculated]
        if not listed:
            return show(request, office, "places.html", {"months": [], "opened": None})
        asked = request.query_params.get("month", "") or listed[0].name
        cycle = await find_cycle(conn, office.county, read_month(asked))
        opened = await _opened(conn, cycle, request)
        line = await explain_line(conn, seal, cycle, office.places, opened.line) if opened.line else None
        rows, more = await _rows(conn, office, cycle, opened, line)
        sums = total(await sheet_of(conn, cycle, office.places))
    return show(
        request,
        office,
        "places.html",
        {
            "months": [(each.name, month_words(each.name)) for each in listed],
            "opened": opened,
            "name": month_words(cycle.name),
            "short": short_month(cycle.name),
            "rows": rows,
            "more": more,
            "head": DRILL_HEAD,
            "money": DRILL_MONEY,
            "foot": [office.name if office.whole else "合计", *total_cells(sums)],
            "line": line,
            "facts": _facts(line) if line else [],
        },
    )


async def _opened(conn: Connection, cycle: Cycle, request: Asked) -> Opened:
    """Read what is opened; a household alone opens its village, and a village its township."""
    given = {name: request.query_params.get(name, "")[:40] for name in ("township", "village", "household", "line")}
    after = request.query_params.get("after", "")[:40]
    household, village, township = given["household"], given["village"], given["township"]
    if household and household != NOWHERE and not village:
        village = await home_of(conn, cycle, household) or ""
    if village and not township:
        township = village[:_TOWNSHIP]
    return Opened(cycle.name, township, village, household, given["line"], after)


async def _rows(
    conn: Connection, office: Office, cycle: Cycle, opened: Opened, line: ExplainedLine | None
) -> tuple[list[Drill], str | None]:
    rows: list[Drill] = []
    more: str | None = None
    for township in await townships_of(conn, cycle, office.places):
        is_open = township.code == opened.township
        href = opened.href(office, township="" if is_open else township.code)
        rows.append(Drill(0, township.name, href, drill_cells(township), is_open))
        if not is_open:
            continue
        if township.code == NOWHERE:
            below, after = await _lines(conn, office, cycle, opened, line=line, household=NOWHERE, level=1)
            rows += below
            if after:
                more = office.to("/desk/places", month=opened.month, township=NOWHERE, after=after)
            continue
        for village in await villages_of(conn, cycle, office.places, township.code):
            inside = village.code == opened.village
            href = opened.href(office, township=township.code, village="" if inside else village.code)
            rows.append(Drill(1, village.name, href, drill_cells(village), inside))
            if inside:
                below, more = await _households(conn, office, cycle, opened, line)
                rows += below
    return rows, more


async def _households(
    conn: Connection, office: Office, cycle: Cycle, opened: Opened, line: ExplainedLine | None
) -> tuple[list[Drill], str | None]:
    found = await households_of(conn, cycle, office.places, opened.village, after=opened.after)
    rows: list[Drill] = []
    for household in found.items:
        is_open = household.code == opened.household
        href = opened.href(
            office,
            township=opened.township,
            village=opened.village,
            household="" if is_open else household.code,
        )
        rows.append(Drill(2, f"{household.name} 户", href, drill_cells(household), is_open))
        if is_open:
            below, _ = await _lines(conn, office, cycle, opened, line=line, household=household.code, level=3)
            rows += below
    more = None
    if found.next:
        more = office.to(
            "/desk/places", month=opened.month, township=opened.township, village=opened.village, after=found.next
        )
    return rows, more


async def _lines(
    conn: Connection,
    office: Office,
    cycle: Cycle,
    opened: Opened,
    *,
    line: ExplainedLine | None,
    household: str,
    level: int,
) -> tuple[list[Drill], str | None]:
    # A household has a few lines; those of no household may be many and are continued.
    after = opened.after if household == NOWHERE else ""
    found = await lines_of(conn, cycle, office.places, household, after=after, most=_A_PAGE)
    return [_line(office, opened, each, line, level) for each in found.items], found.next


def _line(office: Office, opened: Opened, sums: PlaceSums, line: ExplainedLine | None, level: int) -> Drill:
    is_open = line is not None and line.line == sums.code
    href = opened.href(
        office,
        township=opened.township,
        village=opened.village,
        household=opened.household,
        line="" if is_open else sums.code,
    )
    return Drill(level, sums.name, href, drill_cells(sums), is_open, _why(line) if line and is_open else None)


def _why(line: ExplainedLine) -> str:
    """Say in one row why the figure is what it is, and what it rests on."""
    reasons = "、".join(line.reasons_zh) or "没有申请"
    return f"{line.payable_days}/{line.month_days} 天可享受：{reasons}。依据：{line.document_number}"


def _facts(line: ExplainedLine) -> list[tuple[str, str]]:
    """Return what a line is, names and numbers masked."""
    where = f"{line.village or '不在册'}　{line.household} 户" if line.household else "不在册"
    return [
        ("业务", f"{operator_of(line.operator)} {kind_of(line.kind)}，{line.number or '号码未知'}"),
        ("受益人", line.person or "—"),
        ("户", where),
        ("项目", f"{line.programme} {line.programme_name}，{line.document_number}"),
    ]


ROUTES = [places]
