"""公开数据: the published figures of the reductions, as a page and as CSV, for everybody."""

from datetime import date

from litestar import Response, get
from litestar.di import NamedDependency

from market.kernel import Database
from market.kernel.rate_limits import RateClass
from market.reports.open_data import ALL, NO_VILLAGE, OpenFigure, list_open_figures, list_open_quarters
from market.reports.worklist import format_quarter
from market.service.http import HttpRequest
from market.service.web.desk.papers.forms import FormTable, Value
from market.service.web.desk.papers.workbook import write_csv
from market.service.web.desk.presenters import format_quarter_zh
from market.service.web.pages import render_page
from market.service.web.shop.browse import SHORT_PUBLIC_CACHE
from market.subsidies.month.cycles import read_quarter
from market.subsidies.names import OPERATOR_NAMES

HIDDEN_WORDS = "少，不列"
_OPERATORS = {str(each): name for each, name in OPERATOR_NAMES.items()}


def name_part(figure: OpenFigure) -> str:
    """Return what a part of a county is called."""
    if figure.part == ALL:
        return "全县"
    return _OPERATORS.get(figure.part) or figure.name or ("没有村的" if figure.part == NO_VILLAGE else figure.part)


def _list_cells(figure: OpenFigure) -> list[Value]:
    """Return the four figures of a part; words where they are hidden."""
    if figure.users is None:
        return [HIDDEN_WORDS] * 4
    return [figure.users, figure.households, figure.conceded_fen, figure.public_fen]


def _read_quarter(text: str) -> date | None:
    return read_quarter(text)[0] if text else None


@get("/open-data", include_in_schema=False)
async def show_open_data(request: HttpRequest, db: NamedDependency[Database]) -> Response[bytes]:
    """Show what is published of a quarter, the latest one by default.

    Raises:
        BadQuarter: `quarter` has another form than 2019Q1.
    """
    wanted = _read_quarter(request.query_params.get("quarter", ""))
    async with db.connection() as conn:
        quarters = await list_open_quarters(conn)
        chosen = wanted or (quarters[0] if quarters else None)
        figures = [] if chosen is None else await list_open_figures(conn, quarter=chosen)
    counties: dict[str, list[list[Value]]] = {}
    for figure in figures:
        counties.setdefault(figure.county_name, []).append([name_part(figure), *_list_cells(figure)])
    name = format_quarter(chosen) if chosen else ""
    context = {
        "quarters": [
            (format_quarter(each), format_quarter_zh(format_quarter(each)), each == chosen) for each in quarters
        ],
        "short": format_quarter_zh(name) if name else "",
        "head": ["地方和运营商", "减免的号码", "户", "运营商让利", "财政补贴"],
        "counties": list(counties.items()),
        "csv": f"/open-data/subsidies.csv?quarter={name}",
        "json": f"/api/v1/open-data/subsidies?quarter={name}",
    }
    return render_page(request, "shop/open_data.html", context, cache=SHORT_PUBLIC_CACHE)


@get("/open-data/subsidies.csv", include_in_schema=False, rate=RateClass.SEARCH)
async def download_open_data(request: HttpRequest, db: NamedDependency[Database]) -> Response[bytes]:
    """Download what is published, of one quarter or of all, as CSV; cells are empty where they are hidden.

    Raises:
        BadQuarter: `quarter` has another form than 2019Q1.
    """
    quarter = _read_quarter(request.query_params.get("quarter", ""))
    async with db.connection() as conn:
        figures = await list_open_figures(conn, quarter=quarter)
    rows: list[list[Value]] = [
        [
            format_quarter(each.quarter), each.county, each.county_name, each.part, name_part(each), each.users,
            each.households, each.conceded_fen, each.public_fen, "" if each.users is not None else HIDDEN_WORDS,
        ]
        for each in figures
    ]  # fmt: skip
    head = ["季度", "县代码", "县", "部分", "名称", "减免的号码", "户", "运营商让利", "财政补贴", "说明"]
    table = FormTable(
        "公开数据", head,
        ["text", "text", "text", "text", "text", "count", "count", "fen", "fen", "text"], rows,
    )  # fmt: skip
    return Response(
        write_csv(table),
        media_type="text/csv",
        headers={
            "Content-Disposition": 'attachment; filename="subsidies.csv"',
            "Cache-Control": "public, max-age=3600",
        },
    )


ROUTES = [show_open_data, download_open_data]
