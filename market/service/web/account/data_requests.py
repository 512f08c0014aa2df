"""更正、删除、说明、投诉: a person asks about the own data, and reads the answer."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from msgspec import Struct

from market.cases.casework.models import CaseOutcome, CaseState
from market.cases.casework.moves import get_person_scope
from market.catalogue.producers.queries import list_own_producers
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.division_codes import VILLAGE
from market.kernel.language import get_language, say
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.places.divisions.queries import get_division_names, search_divisions
from market.privacy.request_models import (
    FIELD_NAMES,
    MAX_DETAIL_LENGTH,
    REQUEST_NAMES,
    DataField,
    DataRequest,
    DataRequestInvalid,
    DataRequestKind,
    NewDataRequest,
    TooManyDataRequests,
)
from market.privacy.requests import COUNTY_REQUEST, ask_about_data, list_data_requests
from market.service.http import HttpRequest
from market.service.web.case_words import ACTOR_NAMES, load_due_words
from market.service.web.forms import make_form_key, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import render_page
from market.service.web.ui.format import deadline

_OUTCOMES = {
    CaseOutcome.SOLVED: "办了",
    CaseOutcome.UNSOLVED: "没有办",
    CaseOutcome.NOT_OURS: "不归这里管",
    CaseOutcome.WITHDRAWN: "撤回了",
}
_COUNTY, _PLATFORM = "county", "platform"


class DataRequestForm(Struct, frozen=True):
    """The form as typed: `to` is who answers, the county of `village` or the platform."""

    kind: str = ""
    field: str = ""
    to: str = ""
    village: str = ""
    text: str = ""


def describe_data_request(found: DataRequest) -> list[str]:
    """Return what was asked, of whom, and the answer or until when it comes."""
    asked = say(REQUEST_NAMES[found.kind]) + (
        say("，{0}", say(FIELD_NAMES[DataField(found.field)])) if found.field else ""
    )
    lines = [asked, found.text if found.text is not None else say("（账号注销了，内容打不开了）")]
    if found.state is CaseState.CLOSED and found.outcome is not None:
        words = say(_OUTCOMES.get(found.outcome, "办完了"))
        return [*lines, say("{0}：{1}", words, found.answer) if found.answer else words]
    who = say(ACTOR_NAMES[found.assignee] if found.assignee else "县里")
    return [*lines, say("等{0}答复，{1}前", who, deadline(found.due_at))]


async def _page(
    request: HttpRequest, db: Database, seal: Seal, actor: Actor,
    *, form: DataRequestForm | None = None, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        own = await list_data_requests(conn, seal, actor.account_id)
        shops = await list_own_producers(conn, actor) if actor.producers else []
        names = await get_division_names(conn, [shops[0].village_code]) if shops else {}
    kind = request.query_params.get("kind", "")
    village = next(iter(names.values()), "")
    empty = DataRequestForm(
        kind=kind if kind in set(DataRequestKind) else "", to=_COUNTY if village else "", village=village
    )
    context = {
        "form": empty if form is None else form,
        "kinds": [(each.value, say(words)) for each, words in REQUEST_NAMES.items()],
        "fields": [("", say("不是更正，不用选")), *((each.value, say(words)) for each, words in FIELD_NAMES.items())],
        "offices": [
            (_COUNTY, say("我们县里：话费减免、名册、店的审核")),
            (_PLATFORM, say("乡集平台：账号、订单、短信")),
        ],
        "own": [(say("第 {0} 件", each.number), describe_data_request(each)) for each in own],
        "errors": errors,
        "key": make_form_key(),
        "most": MAX_DETAIL_LENGTH,
        "due": await load_due_words(request, COUNTY_REQUEST),
    }
    return render_page(request, "account/data_requests.html", context, actor=actor, status=status)


@get("/me/info/requests", include_in_schema=False, english=True)
async def show_data_requests(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], seal: NamedDependency[Seal]
) -> Response[bytes]:
    """Show the form, and what the person asked before with the answers."""
    return await _page(request, db, seal, actor)


async def _find_village(conn: Connection, text: str) -> str:
    found = [each for each in await search_divisions(conn, text, within="13") if each.level == VILLAGE]
    exact = [each for each in found if each.name == text.strip()] or found
    if len(exact) != 1:
        several = say("；").join(
            say("{0}{1}，写 {2}", "".join(each.path[-2:]), each.name, each.code) for each in exact[:10]
        )
        message = say("叫这个名字的有几个：{0}", several) if exact else say("没有找到这个村，写村名")
        raise DataRequestInvalid(errors=(FieldFault("village", message),))
    return exact[0].code


@post("/me/info/requests", include_in_schema=False, english=True)
async def submit_data_request(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Ask about the own data, once however often the form is sent."""
    form = await read_form(request)
    typed = form.fill(DataRequestForm)
    kind = next((each for each in DataRequestKind if each == typed.kind), None)
    field = next((each for each in DataField if each == typed.field), None)
    if kind is None:
        form.add_fault("kind", say("请选一条"))
    if typed.to not in {_COUNTY, _PLATFORM} and kind is not DataRequestKind.COMPLAIN:
        form.add_fault("to", say("请选归谁管"))
    if form.faults or kind is None:
        errors, status = form.faults, DataRequestInvalid.status
        return await _page(request, db, seal, actor, form=typed, errors=errors, status=status)

    async def ask(conn: Connection) -> str:
        village = await _find_village(conn, typed.village[:40]) if typed.to == _COUNTY else ""
        new = NewDataRequest(kind=kind, text=typed.text[:2000], field=field, village_code=village)
        await ask_about_data(conn, seal, actor, new, now=clock.now())
        return "/me/info?done=asked"

    try:
        return await submit_once(request, actor, form, ask, scope=get_person_scope(actor))
    except (DataRequestInvalid, TooManyDataRequests) as refusal:
        errors = list(refusal.errors) or [FieldFault("text", refusal.text(get_language()))]
        return await _page(request, db, seal, actor, form=typed, errors=errors, status=refusal.status)


ROUTES = [show_data_requests, submit_data_request]
