"""发公益信息: an organisation writes a notice without money, which another person of the county checks."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.cases.answers.notice_models import (
    MAX_NOTICE_NOTE,
    NOTICE_NAMES,
    NOTICE_STATES,
    NewNotice,
    NoticeInvalid,
    NoticeKind,
    NoticeNotOpen,
    NoticeState,
    OwnNotice,
)
from market.cases.answers.notices import add_notice, end_notice, list_organisation_notices
from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.division_codes import VILLAGE
from market.people.identity.models import Actor
from market.places.divisions.queries import list_divisions_named
from market.places.organisations.register import list_own_organisations
from market.service.http import HttpRequest
from market.service.web.forms import make_form_key, parse_id, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.village.charity import describe_notice

_DONE = {"sent": "送去核了，县里核过大家才看得到", "ended": "停了，大家看不到了"}


class NoticeForm(Struct, frozen=True):
    """A notice as typed."""

    organisation: str = ""
    kind: str = ""
    title: str = ""
    village: str = ""
    place: str = ""
    first: str = ""
    last: str = ""
    note: str = ""


def describe_own_notice(notice: OwnNotice) -> list[str]:
    """Return a notice with where it is, and why it was refused."""
    why = f"：{notice.reason}" if notice.reason else ""
    return [*describe_notice(notice), f"{NOTICE_STATES[notice.state]}{why}"]


async def _page(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock, *, form: NoticeForm | None = None,
    errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    today = clock.today()
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        own = await list_own_organisations(conn, actor.account_id, day=today)
        notices = [
            notice for each in own for notice in await list_organisation_notices(conn, actor, each.id, day=today)
        ]
    context = {
        "notices": [
            (
                str(each.id), each.title, describe_own_notice(each),
                each.state in {NoticeState.DRAFT, NoticeState.LIVE} and each.last >= today,
            )
            for each in notices
        ],
        "organisations": [(str(each.id), each.name + ("" if each.verified_at else "（等核）")) for each in own],
        "kinds": [(each.value, words) for each, words in NOTICE_NAMES.items()],
        "most": MAX_NOTICE_NOTE,
        "form": form or NoticeForm(first=today.isoformat(), last=today.isoformat()),
        "errors": errors if own else errors and [FieldFault("organisation", "先登记单位")],
        "key": make_form_key(),
        "done": _DONE.get(request.query_params.get("done", "")),
    }  # fmt: skip
    return render_page(request, "account/notices.html", context, actor=actor, status=status)


@get("/me/notices", include_in_schema=False)
async def show_own_notices(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the notices of the person's organisations, with the form for another one."""
    return await _page(request, db, actor, clock)


@post("/me/notices", include_in_schema=False)
async def submit_notice(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Write a notice, once however often the form is sent."""
    form = await read_form(request)
    typed = form.fill(NoticeForm)
    organisation = form.read_uuid("organisation", fault="请选哪个单位")
    kind = next((each for each in NoticeKind if each == typed.kind), None)
    if kind is None:
        form.add_fault("kind", "请选哪一类")
    first = form.read_day("first", fault="写成 2030-03-05 这样")
    last = form.read_day("last", fault="写成 2030-03-05 这样")
    if form.faults or organisation is None or kind is None or first is None or last is None:
        return await _page(request, db, actor, clock, form=typed, errors=form.faults, status=NoticeInvalid.status)

    async def write(conn: Connection) -> str:
        found = [each for each in await list_divisions_named(conn, typed.village, within="") if each.level == VILLAGE]
        new = NewNotice(
            kind=kind, title=typed.title[:200], village_code=found[0].code if len(found) == 1 else "",
            place=typed.place[:300], first=first, last=last, note=typed.note[:1500],
        )  # fmt: skip
        await add_notice(conn, actor, organisation, new, now=clock.now())
        return "/me/notices?done=sent"

    try:
        return await submit_once(request, actor, form, write, scope=get_person_scope(actor))
    except NoticeInvalid as refusal:
        return await _page(request, db, actor, clock, form=typed, errors=refusal.errors, status=refusal.status)


@post("/me/notices/{notice_id:str}", include_in_schema=False)
async def submit_notice_end(
    request: HttpRequest,
    *,
    notice_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """End a notice.

    Raises:
        NotFound: it is of no organisation of the actor's.
    """
    await read_form(request)
    found = parse_id(notice_id)
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            await end_notice(conn, actor, found, now=clock.now())
    except NoticeNotOpen as refusal:
        errors = [FieldFault("organisation", refusal.text("zh"))]
        return await _page(request, db, actor, clock, errors=errors, status=refusal.status)
    return redirect("/me/notices?done=ended")


ROUTES = [show_own_notices, submit_notice, submit_notice_end]
