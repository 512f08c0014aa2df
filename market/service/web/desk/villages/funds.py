"""扶持 on the desk: the county's calls with what came of them, their applications, and the decision of each."""

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.desk.aftersales.decisions import DecidedCase, DecidedKind, Decision, make_decision_routes
from market.service.web.desk.context import open_desk, render_desk_page
from market.service.web.forms import parse_integer
from market.service.web.ui.format import day_zh, yuan
from market.service.web.village.funds import describe_application, describe_snapshot
from market.villages.funds.applications import decide_application, get_application, list_call_applications
from market.villages.funds.calls import list_counted_calls
from market.villages.funds.models import KIND_NAMES, MAX_FEN, MAX_TEXT_LENGTH, Application, FundInvalid

_GRANT, _REFUSE = "grant", "refuse"
_CHOICES = [(_GRANT, "批"), (_REFUSE, "不批")]


@get("/fund-calls", include_in_schema=False)
async def show_fund_calls(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the county's calls with how many applied and what was granted."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        calls = await list_counted_calls(conn, actor, desk.county)
    context = {
        "head": ["截止", "类别", "申请", "批了", "批的钱"],
        "calls": [
            (
                desk.to(f"/desk/fund-calls/{each.number}"), each.name,
                [
                    day_zh(each.last), KIND_NAMES[each.kind], str(each.applied), str(each.granted),
                    yuan(each.granted_fen),
                ],
            )
            for each in calls
        ],
    }  # fmt: skip
    return render_desk_page(request, desk, "fund_calls.html", context)


@get("/fund-calls/{number:str}", include_in_schema=False)
async def show_call_applications(
    request: HttpRequest,
    *,
    number: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """List the applications to a call, the earliest first.

    Raises:
        NotFound: the county has no such call.
    """
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        found = await list_call_applications(conn, seal, actor, desk.county, parse_integer(number) or 0, now=desk.now)
    context = {"applications": [(f"第 {each.number} 件", [*describe_application(each), each.text]) for each in found]}
    return render_desk_page(request, desk, "fund_call.html", context)


def _view(application: Application) -> DecidedCase:
    most = f"，一家最多 {yuan(application.amount_fen)} 元" if application.amount_fen is not None else ""
    return DecidedCase(
        name="扶持申请", number=application.number, title=application.call,
        about=f"{KIND_NAMES[application.kind]}{most}", due_at=application.due_at,
        facts=[*describe_application(application)[:1], application.text, *describe_snapshot(application.snapshot)],
        asks="", more={"choices": _CHOICES, "money": application.amount_fen is not None, "most": MAX_TEXT_LENGTH},
    )  # fmt: skip


async def _decide(asked: Decision[Application]) -> None:
    decision = asked.form.get_text("decision")
    if decision not in {_GRANT, _REFUSE}:
        raise FundInvalid(errors=(FieldFault("decision", "请选批不批"),))
    granted_fen = asked.form.read_optional_yuan("granted", fault="写成 20000 或 20000.00", maximum=MAX_FEN)
    if asked.form.faults:
        raise FundInvalid(errors=tuple(asked.form.faults))
    async with asked.db.transaction(scope=asked.found.county_code) as conn:
        await decide_application(
            conn, asked.seal, asked.actor, asked.case_id, granted=decision == _GRANT, granted_fen=granted_fen,
            text=asked.form.get_text("text"), now=asked.now,
        )  # fmt: skip


ROUTES = [
    show_fund_calls,
    show_call_applications,
    *make_decision_routes(
        DecidedKind(
            path="funds", template="fund.html", fields=("decision", "granted", "text"), read=get_application,
            view=_view, decide=_decide,
        )
    ),
]  # fmt: skip
