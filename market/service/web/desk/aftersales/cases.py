"""要我定的事: the cases that an official's roles answer now, by deadline, and the decision of each."""

from datetime import datetime

from litestar import Response, get
from litestar.di import NamedDependency

from market.cases.casework.models import CaseState
from market.cases.casework.moves import get_person_scope
from market.cases.casework.worklist import AssignedCase, list_assigned_cases
from market.kernel import Database
from market.kernel.clock import Clock
from market.people.identity.models import Actor
from market.people.notify.notifications import format_due
from market.sales.aftersales.bad_fruit_views import BadFruitClaim, get_claim
from market.sales.aftersales.decide_bad_fruit import decide_claim
from market.sales.aftersales.models import MAX_CLAIM_TOTAL
from market.service.http import HttpRequest
from market.service.web.case_words import get_desk_path
from market.service.web.desk.aftersales.decisions import DecidedCase, DecidedKind, Decision, make_decision_routes
from market.service.web.desk.context import PageNotice, open_desk, render_desk_page
from market.service.web.farm.aftersales.claims import list_claim_facts, list_photo_links
from market.service.web.forms import parse_integer


def _describe_deadline(case: AssignedCase, now: datetime) -> str:
    waits = "，在等补充情况" if case.stopped else "，等买家和卖家答复" if case.proposed else ""
    return f"{'过期了，' if case.due_at <= now else ''}{format_due(case.due_at)}前{waits}"


@get("/cases", include_in_schema=False)
async def show_cases(
    request: HttpRequest,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """List the cases that the official decides, the first deadline first."""
    desk = await open_desk(request, db, actor, clock, register=False)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        cases = await list_assigned_cases(conn, actor)
    context = {
        "cases": [
            (
                desk.to(get_desk_path(each.category, each.id)),
                f"{each.name} {each.number}",
                each.producer or "",
                _describe_deadline(each, desk.now),
            )
            for each in cases
        ],
        "notice": PageNotice("ok", "定好了，已告诉有关的人") if request.query_params.get("done") == "1" else None,
    }
    return render_desk_page(request, desk, "cases.html", context)


def _view(claim: BadFruitClaim) -> DecidedCase:
    return DecidedCase(
        name="坏果包赔", number=claim.number, title=claim.title, about=claim.producer, due_at=claim.due_at,
        facts=list_claim_facts(claim), open=claim.state is CaseState.ASSIGNED,
        more={"photos": list_photo_links(claim), "bad": claim.bad, "total": claim.total},
    )  # fmt: skip


async def _decide(asked: Decision[BadFruitClaim]) -> None:
    bad = parse_integer(asked.form.get_text("bad"), maximum=MAX_CLAIM_TOTAL)
    await decide_claim(
        asked.db, asked.gateway, asked.seal, asked.actor, asked.case_id, bad=-1 if bad is None else bad,
        reason=asked.form.get_text("reason"), now=asked.now,
    )  # fmt: skip


ROUTES = [
    show_cases,
    *make_decision_routes(
        DecidedKind(
            path="cases", template="case.html", fields=("bad", "reason"), read=get_claim, view=_view, decide=_decide
        )
    ),
]
