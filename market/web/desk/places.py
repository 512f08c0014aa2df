"""From county to line, opened in place: each sum is that of the rows beneath it."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from msgspec import Struct

from market.identity import Actor
from market.kernel import Connection, Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.reports.desk.line import ExplainedLine, explain_line
from market.reports.desk.months import SheetRow, month_states, sheet_of, total
from market.reports.desk.places import (
    NOWHERE,
    PlaceSums,
    heads_of,
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
    row_id,
    short_month,
    total_cells,
)
from market.web.desk.office import Office, enter, show
from market.web.look.format import yuan

Asked = Request[Any, Any, Any]

_TOWNSHIP = 9
_A_PAGE = 50
_SHORT = 6
_TAIL = 4
_COUNTY_ROW = "county"


class Opened(Struct, frozen=True):
    """What of the drill is open, by code; an outer place follows from an inner one."""

    month: str
    township: str = ""
    village: str = ""
    household: str = ""
    line: str = ""
    after: str = ""

    def href(self, office: Office, at: str, **opened: str) -> str:
        """Return the address of the drill with this opened, at the row of a code."""
        return f"{office.to('/desk/places', month=self.month, **opened)}#{row_id(at)}"


class _Drilled(Struct, frozen=True):
    """Where rows are gathered from: a month of a county, as far as one official sees it, with what is open in it."""

    conn: Connection
    office: Office
    cycle: Cycle
    opened: Opened
    seal: Seal


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
        opened = _asked(cycle, request)
        line = await explain_line(conn, seal, cycle, office.places, opened.line) if opened.line else None
        opened = await _placed(conn, cycle, opened, line)
        sums = total(await sheet_of(conn, cycle, office.places))
        rows = await _rows(_Drilled(conn, office, cycle, opened, seal), sums)
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
            "head": DRILL_HEAD,
            "money": DRILL_MONEY,
            "foot": None if opened.township else [_all_words(office), *total_cells(sums)],
            "line": line,
            "why": _why(line) if line else "",
            "facts": _facts(line) if line else [],
        },
    )


def _asked(cycle: Cycle, request: Asked) -> Opened:
    given = {name: request.query_params.get(name, "")[:40] for name in ("township", "village", "household", "line")}
    return Opened(cycle.name, **given, after=request.query_params.get("after", "")[:40])


async def _placed(conn: Connection, cycle: Cycle, opened: Opened, line: ExplainedLine | None) -> Opened:
    """Complete what is opened: a line alone opens its household, that its village, and that its township."""
    if line is not None:
        home = line.village_code
        return msgspec.structs.replace(
            opened,
            township=home[:_TOWNSHIP] if home else NOWHERE,
            village=home or "",
            household=(line.household or "") if home else NOWHERE,
        )
    village = opened.village
    if opened.household and opened.household != NOWHERE and not village:
        village = await home_of(conn, cycle, opened.household) or ""
    return msgspec.structs.replace(opened, village=village, township=opened.township or village[:_TOWNSHIP])


def _all_words(office: Office) -> str:
    return office.name if office.whole else "合计"


async def _rows(drilled: _Drilled, sums: SheetRow) -> list[Drill]:
    """Return the townships; once one is open, the way to what is open and that alone, with what lies in it."""
    office, opened = drilled.office, drilled.opened
    townships = await townships_of(drilled.conn, drilled.cycle, office.places)
    inside = next((each for each in townships if each.code == opened.township), None)
    if inside is None:
        return [_place(0, each, each.name, opened.href(office, each.code, township=each.code)) for each in townships]
    county = Drill(
        0, _all_words(office), opened.href(office, inside.code), total_cells(sums), open=True, id=row_id(_COUNTY_ROW)
    )
    shut = opened.href(office, inside.code)
    rows = [county, _place(1, inside, inside.name, shut, is_open=True)]
    if inside.code == NOWHERE:
        return rows + await _lines(drilled, NOWHERE, 2)
    return rows + await _villages(drilled)


async def _villages(drilled: _Drilled) -> list[Drill]:
    office, opened = drilled.office, drilled.opened
    villages = await villages_of(drilled.conn, drilled.cycle, office.places, opened.township)
    inside = next((each for each in villages if each.code == opened.village), None)
    if inside is None:
        return [
            _place(2, each, each.name, opened.href(office, each.code, township=opened.township, village=each.code))
            for each in villages
        ]
    shut = opened.href(office, inside.code, township=opened.township)
    return [_place(2, inside, inside.name, shut, is_open=True), *await _households(drilled)]


async def _households(drilled: _Drilled) -> list[Drill]:
    office, cycle, opened = drilled.office, drilled.cycle, drilled.opened
    found = await households_of(
        drilled.conn, cycle, office.places, opened.village, after=opened.after, only=opened.household, most=_A_PAGE
    )
    heads = await heads_of(drilled.conn, drilled.seal, cycle, [each.code for each in found.items])
    way = {"township": opened.township, "village": opened.village}
    rows: list[Drill] = []
    for each in found.items:
        name, persons = heads.get(each.code, ("", 0))
        is_open = each.code == opened.household
        href = opened.href(office, each.code, **way, household="" if is_open else each.code)
        rows.append(_place(3, each, household_words(each.code, name, persons), href, is_open=is_open))
        if is_open:
            rows += await _lines(drilled, each.code, 4)
    if found.next:
        rows[-1].more = office.to("/desk/places", month=opened.month, **way, after=found.next) + (
            f"#{row_id(opened.village)}"
        )
    return rows


async def _lines(drilled: _Drilled, household: str, level: int) -> list[Drill]:
    """Return the lines of a household; of those of no household, which may be many, the opened one or a page."""
    office, opened = drilled.office, drilled.opened
    nowhere = household == NOWHERE
    found = await lines_of(
        drilled.conn,
        drilled.cycle,
        office.places,
        household,
        after=opened.after if nowhere else "",
        only=opened.line if nowhere else "",
        most=_A_PAGE,
    )
    way = {"township": opened.township, "village": opened.village, "household": "" if nowhere else household}
    rows: list[Drill] = []
    for each in found.items:
        is_open = each.code == opened.line
        href = opened.href(office, each.code, **way, line="" if is_open else each.code)
        row = _place(level, each, each.name, href, is_open=is_open)
        row.explained = is_open
        rows.append(row)
    if found.next and nowhere:
        rows[-1].more = office.to("/desk/places", month=opened.month, township=NOWHERE, after=found.next) + (
            f"#{row_id(NOWHERE)}"
        )
    return rows


def _place(level: int, sums: PlaceSums, words: str, href: str, *, is_open: bool = False) -> Drill:
    return Drill(level, words, href, drill_cells(sums), open=is_open, id=row_id(sums.code))


def household_words(code: str, name: str, persons: int) -> str:
    """Name a household so that who knows it knows which: its head masked, the end of its code, how many live in it."""
    tail = code if len(code) <= _SHORT else f"尾号 {code[-_TAIL:]}"
    many = f"，{persons} 人" if persons else ""
    return f"{name or '户'} {tail}{many}"


def _why(line: ExplainedLine) -> str:
    """Say in one sentence what came of the claim, and why."""
    days = f"{line.payable_days}/{line.month_days} 天可享受"
    reasons = "、".join(line.reasons_zh)
    if line.claimed_fen is None:
        return f"{days}，运营商没有申请" + (f"：{reasons}" if reasons else "")
    if line.over_fen:
        return f"{days}，申请 {yuan(line.claimed_fen)}，核减 {yuan(line.over_fen)}：{reasons}"
    return f"{days}，申请 {yuan(line.claimed_fen)}，没有核减：{reasons}"


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
