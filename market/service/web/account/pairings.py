"""我的结对: an organisation proposes to a village, sees what was done, says which account buys, states a year."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.division_codes import VILLAGE
from market.people.identity.models import Actor, NotFound
from market.places.divisions.queries import list_divisions_named
from market.places.organisations.register import list_own_organisations
from market.service.http import HttpRequest
from market.service.web.forms import (
    PostedForm,
    make_form_key,
    parse_id,
    parse_integer,
    parse_typed_yuan,
    read_form,
)
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.pairing_words import build_figures, describe_pairing
from market.service.web.ui.format import day_zh
from market.villages.pairing.buying_accounts import find_buying_since, set_buying_account
from market.villages.pairing.models import (
    PLEDGE_NAMES,
    PLEDGE_UNITS,
    NewPairing,
    NewPledge,
    Pairing,
    PairingInvalid,
    PairingOverlap,
    PairingState,
    PledgeKind,
    TooManyProposals,
)
from market.villages.pairing.progress import list_due_years
from market.villages.pairing.propose import decide_own_pairing, propose_pairing
from market.villages.pairing.statements import get_own_statement, state_year
from market.villages.pairing.views import get_own_pairing, list_organisation_pairings

_DONE = {
    "sent": "提出去了，村里或者县里同意了才算",
    "agreed": "同意了，到日子就开始",
    "dropped": "收回了",
    "buys": "记下了：从今天起，这个账号下的单算单位买的",
    "stopped": "停了：以后下的单不算单位买的",
    "stated": "年报交了，不能再改",
}


class PairingForm(Struct, frozen=True):
    """A proposal as typed: of each kind how much, and until when."""

    organisation: str = ""
    village: str = ""
    first: str = ""
    last: str = ""
    buy: str = ""
    buy_last: str = ""
    teach: str = ""
    teach_last: str = ""
    invest: str = ""
    invest_last: str = ""
    hire: str = ""
    hire_last: str = ""


async def _page(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock, *, form: PairingForm | None = None,
    errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    today = clock.today()
    typed = form or PairingForm(first=today.isoformat())
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        own = await list_own_organisations(conn, actor.account_id, day=today)
        pairings = [
            pairing for each in own for pairing in await list_organisation_pairings(conn, actor, each.id, day=today)
        ]
        buying = [
            (str(each.id), each.name, await find_buying_since(conn, actor, each.id, day=today))
            for each in own
            if each.verified_at
        ]
    context = {
        "rows": [
            (f"/me/pairings/{each.id}", f"{each.organisation}，{each.village}", describe_pairing(each))
            for each in pairings
        ],
        "organisations": [(str(each.id), each.name + ("" if each.verified_at else "（等核）")) for each in own],
        "buying": [(id_, name, f"{day_zh(since)}起" if since else "") for id_, name, since in buying],
        "kinds": [
            (
                each.value, f"{name}，一共多少", getattr(typed, each), PLEDGE_UNITS[each], f"{each}_last",
                f"{name}到哪天为止", getattr(typed, f"{each}_last"), "decimal" if each.is_money else "numeric",
            )
            for each, name in PLEDGE_NAMES.items()
        ],
        "form": typed,
        "errors": errors if own else errors and [FieldFault("organisation", "先登记单位")],
        "key": make_form_key(),
        "done": _DONE.get(request.query_params.get("done", "")),
    }  # fmt: skip
    return render_page(request, "account/pairings.html", context, actor=actor, status=status)


@get("/me/pairings", include_in_schema=False)
async def show_own_pairings(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the pairings of the person's organisations, with the form for another one."""
    return await _page(request, db, actor, clock)


def _read_pledges(form: PostedForm) -> tuple[list[NewPledge], list[PledgeKind]]:
    """Return the pledges that were typed, and their kinds at the same positions."""
    pledges: list[NewPledge] = []
    for kind in PledgeKind:
        typed = form.get_text(kind)
        if not typed and not form.get_text(f"{kind}_last"):
            continue
        target = parse_typed_yuan(typed) if kind.is_money else parse_integer(typed)
        pledges.append(
            NewPledge(
                kind=kind, target=target or 0,
                last=form.read_optional_day(f"{kind}_last", fault="写成 2030-12-31 这样"),
            )
        )  # fmt: skip
    return pledges, [each.kind for each in pledges]


def _name_field(field: str, kinds: Sequence[PledgeKind]) -> str:
    """Return the field of the form for one of a refusal: `pledges.0.last` is `buy_last`."""
    if field.startswith("pledges."):
        _, position, part = field.split(".")
        return f"{kinds[int(position)]}_last" if part == "last" else str(kinds[int(position)])
    return {"pledges": PledgeKind.BUY.value}.get(field, field)


@post("/me/pairings", include_in_schema=False)
async def submit_pairing(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Propose a pairing, once however often the form is sent; or with `act` let the account buy for one, or stop."""
    form = await read_form(request)
    if form.get_text("act"):
        return await _set_buying(request, form, db, actor, clock)
    typed = form.fill(PairingForm)
    organisation = form.read_uuid("organisation", fault="请选哪个单位")
    first = form.read_optional_day("first", fault="写成 2030-01-01 这样")
    last = form.read_optional_day("last", fault="写成 2030-12-31 这样")
    pledges, kinds = _read_pledges(form)
    if form.faults or organisation is None:
        return await _page(request, db, actor, clock, form=typed, errors=form.faults, status=422)

    async def propose(conn: Connection) -> str:
        found = [each for each in await list_divisions_named(conn, typed.village, within="") if each.level == VILLAGE]
        new = NewPairing(village_code=found[0].code if len(found) == 1 else "", first=first, last=last, pledges=pledges)
        await propose_pairing(conn, actor, organisation, new, now=clock.now())
        return "/me/pairings?done=sent"

    try:
        return await submit_once(request, actor, form, propose, scope=get_person_scope(actor))
    except PairingInvalid as refusal:
        errors = [FieldFault(_name_field(each.field, kinds), each.message) for each in refusal.errors]
        return await _page(request, db, actor, clock, form=typed, errors=errors, status=refusal.status)
    except (PairingOverlap, TooManyProposals) as refusal:
        errors = [FieldFault("village", refusal.text("zh"))]
        return await _page(request, db, actor, clock, form=typed, errors=errors, status=refusal.status)


async def _set_buying(
    request: HttpRequest, form: PostedForm, db: Database, actor: Actor, clock: Clock
) -> Response[Any]:
    buys = form.get_text("act") == "buy"
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await set_buying_account(conn, actor, parse_id(form.get_text("organisation")), buys=buys, now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        errors = [FieldFault("organisation", refusal.text("zh"))]
        return await _page(request, db, actor, clock, errors=errors, status=refusal.status)
    return redirect(f"/me/pairings?done={'buys' if buys else 'stopped'}")


def _render(
    request: HttpRequest, actor: Actor, clock: Clock, pairing: Pairing, *, errors: Sequence[FieldFault] = (),
    status: int = 200,
) -> Response[bytes]:  # fmt: skip
    context = {
        "pairing": pairing,
        "lines": describe_pairing(pairing),
        "figures": build_figures(pairing),
        "open": pairing.state is PairingState.PROPOSED,
        "due": list_due_years(pairing, clock.today()),
        "errors": errors,
        "done": _DONE.get(request.query_params.get("done", "")),
    }
    return render_page(request, "account/pairing.html", context, actor=actor, status=status)


@get("/me/pairings/{pairing_id:str}", include_in_schema=False)
async def show_own_pairing(
    request: HttpRequest,
    *,
    pairing_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show what was done for a pairing, and what that counts.

    Raises:
        NotFound: it is of no organisation of the actor's.
    """
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        pairing = await get_own_pairing(conn, actor, parse_id(pairing_id), day=clock.today())
    return _render(request, actor, clock, pairing)


@post("/me/pairings/{pairing_id:str}", include_in_schema=False)
async def submit_own_pairing(
    request: HttpRequest,
    *,
    pairing_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Agree to a pairing, take a proposal back, or state a year: `act` is agree, drop or state.

    Raises:
        NotFound: it is of no organisation of the actor's.
    """
    form, found = await read_form(request), parse_id(pairing_id)
    act = form.get_text("act")
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        pairing = await get_own_pairing(conn, actor, found, day=clock.today())
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            if act == "state":
                year = parse_integer(form.get_text("year"), maximum=9999) or 0
                await state_year(conn, actor, found, year, now=clock.now())
                return redirect(f"/me/pairings/{found}/{year}?done=stated")
            await decide_own_pairing(conn, actor, found, agreed=act == "agree", now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        errors = [FieldFault("act", refusal.text("zh"))]
        return _render(request, actor, clock, pairing, errors=errors, status=refusal.status)
    return redirect(f"/me/pairings/{found}?done=agreed" if act == "agree" else "/me/pairings?done=dropped")


@get("/me/pairings/{pairing_id:str}/{year:str}", include_in_schema=False)
async def show_own_statement(
    request: HttpRequest,
    *,
    pairing_id: FromPath[str],
    year: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show the statement of a year, as it was counted then; it prints.

    Raises:
        NotFound: there is none of an organisation of the actor's.
    """
    found = parse_id(pairing_id)
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        pairing = await get_own_pairing(conn, actor, found, day=clock.today())
        statement = await get_own_statement(conn, actor, found, parse_integer(year, maximum=9999) or 0, now=clock.now())
    context = {
        "pairing": pairing,
        "statement": statement,
        "stated": day_zh(statement.stated_at),
        "figures": build_figures(statement),
        "done": _DONE.get(request.query_params.get("done", "")),
    }
    return render_page(request, "account/pairing_statement.html", context, actor=actor)


ROUTES = [show_own_pairings, submit_pairing, show_own_pairing, submit_own_pairing, show_own_statement]
