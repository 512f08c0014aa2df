"""结对 on the desk: the pairings of the official's villages, what was done, and the village's agreement."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Database
from market.kernel.clock import Clock
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.desk.context import DeskContext, PageNotice, build_refusal_notice, open_desk, render_desk_page
from market.service.web.forms import parse_id, parse_integer, read_form
from market.service.web.pages import redirect
from market.service.web.pairing_words import build_figures, describe_pairing
from market.service.web.ui.format import day_zh
from market.villages.pairing.models import Pairing, PairingDecided, PairingInvalid, PairingOwnSide, PairingState
from market.villages.pairing.propose import decide_county_pairing
from market.villages.pairing.statements import get_county_statement
from market.villages.pairing.views import get_county_pairing, list_county_pairings

_DONE = {"agreed": "同意了，到日子就开始", "refused": "退回了"}


def _get_notice(request: HttpRequest) -> PageNotice | None:
    done = _DONE.get(request.query_params.get("done", ""))
    return PageNotice("ok", done) if done else None


def _list_rows(desk: DeskContext, pairings: Sequence[Pairing]) -> list[tuple[str, str, list[str]]]:
    return [
        (desk.to(f"/desk/pairings/{each.id}"), f"{each.organisation}，{each.village}", describe_pairing(each))
        for each in pairings
    ]


@get("/pairings", include_in_schema=False)
async def show_county_pairings(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the pairings of the official's villages, those to agree to first."""
    desk = await open_desk(request, db, actor, clock)
    async with db.transaction(scope=desk.county) as conn:
        pairings = await list_county_pairings(conn, actor, desk.county, desk.divisions, day=desk.today)
    context = {
        "waiting": _list_rows(desk, [each for each in pairings if each.state is PairingState.PROPOSED]),
        "others": _list_rows(desk, [each for each in pairings if each.state is not PairingState.PROPOSED]),
        "notice": _get_notice(request),
    }
    return render_desk_page(request, desk, "pairings.html", context)


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext, pairing_id: UUID, *, notice: PageNotice | None = None,
    status: int = 200,
) -> Response[bytes]:  # fmt: skip
    year = parse_integer(request.query_params.get("year", ""), maximum=9999)
    async with db.transaction(scope=desk.county) as conn:
        pairing = await get_county_pairing(conn, desk.actor, desk.county, pairing_id, day=desk.today)
        statement = await get_county_statement(conn, desk.actor, desk.county, pairing_id, year) if year else None
    context = {
        "pairing": pairing,
        "lines": describe_pairing(pairing),
        "figures": build_figures(statement or pairing),
        "open": pairing.state is PairingState.PROPOSED,
        "statement": statement,
        "stated": day_zh(statement.stated_at) if statement else "",
        "years": [
            (desk.to(f"/desk/pairings/{pairing.id}", year=each), each) for each in pairing.stated if each != year
        ],
        "notice": notice,
    }
    return render_desk_page(request, desk, "pairing.html", context, status=status)


@get("/pairings/{pairing_id:str}", include_in_schema=False)
async def show_county_pairing(
    request: HttpRequest,
    *,
    pairing_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show a pairing with what was done, or the statement of the year in the URL.

    Raises:
        NotFound: the county has none of this id, or the year was not stated.
    """
    desk = await open_desk(request, db, actor, clock)
    return await _page(request, db, desk, parse_id(pairing_id), notice=_get_notice(request))


@post("/pairings/{pairing_id:str}", include_in_schema=False)
async def submit_county_pairing(
    request: HttpRequest,
    *,
    pairing_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Agree to a pairing, or refuse it: `act` is agree or refuse.

    Raises:
        NotFound: the county has none of this id.
    """
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    found, agreed = parse_id(pairing_id), form.get_text("act") == "agree"
    try:
        async with db.transaction(scope=desk.county) as conn:
            await decide_county_pairing(conn, actor, desk.county, found, agreed=agreed, now=desk.now)
    except (PairingOwnSide, PairingDecided, PairingInvalid) as refusal:
        return await _page(request, db, desk, found, notice=build_refusal_notice(refusal), status=refusal.status)
    return redirect(desk.to("/desk/pairings", done="agreed" if agreed else "refused"))


ROUTES = [show_county_pairings, show_county_pairing, submit_county_pairing]
