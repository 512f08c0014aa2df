"""The sheet for a village's board, to print: the only list of a notice with names."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Database
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.audit.record import record_export
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.desk.context import open_desk, render_desk_page
from market.service.web.ui.format import day_zh
from market.subsidies.intake.models import PUBLIC_KIND_NAMES, REASON_NAMES
from market.subsidies.intake.notice import get_village_notice, list_board_rows


@get("/boards/{village_code:str}", include_in_schema=False)
async def show_board_sheet(
    request: HttpRequest,
    *,
    village_code: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    seal: NamedDependency[Seal],
) -> Response[bytes]:
    """Show the sheet for a village's board, to print: the only list with names; the audit record keeps who took it."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        rows = await list_board_rows(conn, seal, village_code, desk.divisions, day=desk.today)
        place = await get_village_notice(conn, village_code, day=desk.today)
        await record_export(
            conn, actor=str(actor.account_id), name="board", county=desk.county, detail={"village": village_code},
            now=desk.now,
        )  # fmt: skip
    context = {
        "village": place.village,
        "rows": [
            (
                each.number, each.name, each.persons, PUBLIC_KIND_NAMES[each.kind], REASON_NAMES[each.reason],
                f"{day_zh(each.notice_from)}至{day_zh(each.last_day)}",
            )
            for each in rows
        ],
        "back": desk.to("/desk/leads"),
    }  # fmt: skip
    return render_desk_page(request, desk, "board.html", context)


ROUTES = [show_board_sheet]
