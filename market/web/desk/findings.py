"""Findings with their evidence, and the decision that the township writes with its reason."""

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.identity import Actor, Role
from market.kernel import Connection, Database, Refusal
from market.kernel.clock import Clock
from market.reports.desk.findings import decisions_of, list_findings
from market.reports.desk.months import month_states
from market.subsidies.cycles import read_month
from market.subsidies.decide_finding import decide_finding
from market.subsidies.models import SecondDuty, State
from market.web.desk.drawn import case_of, month_words
from market.web.desk.office import Office, Said, enter, said_of, show, skip_of
from market.web.plumbing import fields, see_other

Asked = Request[Any, Any, Any]

_A_PAGE = 10
_OPEN_STATES = (State.CALCULATED, State.CONFIRMED, State.REVIEWED)
_MOST_LINES = 200
_MOST_SKIPPED = 100_000


class _Listed(Struct, frozen=True):
    """Which findings are listed: of a month or of all, open or decided or all, after how many."""

    month: str
    state: str
    skip: int


@get("/findings", include_in_schema=False)
async def findings(
    request: Asked, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """Show findings, open ones that stop a line first."""
    office = await enter(request, db, actor, clock)
    done = request.query_params.get("done") == "1"
    listed = _Listed(
        request.query_params.get("month", ""), _state(request.query_params.get("state", "")), skip_of(request)
    )
    return await _page(request, db, office, listed, said=Said("ok", "已记下处理结果和理由") if done else None)


@post("/findings", include_in_schema=False)
async def decide(
    request: Asked, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[Any]:
    """Decide a finding: each of its lines is paid or stays stopped."""
    found = await fields(request)
    office = await enter(request, db, actor, clock)
    month = str(found.get("cycle", ""))
    skip = str(found.get("skip", ""))
    # The list stays as it was chosen; a finding that leaves it moves the others up by one.
    listed = _Listed(
        str(found.get("listed", "")), _state(str(found.get("state", ""))), int(skip) if skip.isdecimal() else 0
    )
    verdicts = [(name[2:], str(value)) for name, value in found.items() if name.startswith("v-")][:_MOST_LINES]
    try:
        async with db.transaction(scope=office.county) as conn:
            await decide_finding(
                conn,
                actor,
                office.county,
                read_month(month),
                check=str(found.get("check", "")),
                subject=str(found.get("subject", "")),
                pays=[line for line, verdict in verdicts if verdict == "pay"],
                stops=[line for line, verdict in verdicts if verdict == "stop"],
                why=str(found.get("why", "")),
                now=office.now,
            )
    except Refusal as refusal:
        title = "没有处理：一个人不能办两个环节" if isinstance(refusal, SecondDuty) else "没有处理"
        return await _page(request, db, office, listed, said=said_of(refusal, title), status=refusal.status)
    return see_other(
        office.to(
            "/desk/findings", month=listed.month, state=listed.state, skip=min(listed.skip, _MOST_SKIPPED), done=1
        )
    )


def _state(text: str) -> str:
    return text if text in {"open", "decided"} else ""


async def _page(
    request: Asked, db: Database, office: Office, listed: _Listed, *, said: Said | None, status: int = 200
) -> Response[bytes]:
    async with db.transaction(scope=office.county) as conn:
        context = await _cases(conn, office, listed)
    return show(request, office, "findings.html", {"said": said, **context}, status=status)


async def _cases(conn: Connection, office: Office, listed: _Listed) -> dict[str, Any]:
    asked, state, skip = listed.month, listed.state, listed.skip
    months = await month_states(conn, office.county)
    items, more = await list_findings(
        conn,
        office.county,
        office.places,
        month=read_month(asked) if asked else None,
        state=state,
        skip=skip,
        most=_A_PAGE,
    )
    decisions = await decisions_of(conn, office.county, [each.id for each in items])
    # A finding of an earlier month is decided in the month that is open now.
    open_now = [each.name for each in months if each.state in _OPEN_STATES]
    township = any(grant.role is Role.TOWNSHIP for grant in office.actor.grants)
    cases = [
        (case_of(each, decisions.get(each.id, [])), _decided_in(f"{each.month:%Y-%m}", open_now) if township else "")
        for each in items
    ]
    return {
        "cases": cases,
        "months": [("", "全部账期"), *((each.name, month_words(each.name)) for each in months)],
        "asked": asked,
        "state": state,
        "skip": skip,
        "back": office.to("/desk/findings", month=asked, state=state, skip=max(skip - _A_PAGE, 0)) if skip else None,
        "more": office.to("/desk/findings", month=asked, state=state, skip=skip + _A_PAGE) if more else None,
    }


def _decided_in(month: str, open_now: list[str]) -> str:
    """Return the month in which a finding can be decided, empty where none is open."""
    if month in open_now:
        return month
    later = [each for each in open_now if each > month]
    return min(later) if later else ""


ROUTES = [findings, decide]
