"""我要招人: the postings of a person's organisations, who applied, and who was hired."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, Fen, FieldFault
from market.kernel.clock import Clock
from market.kernel.division_codes import VILLAGE
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.people.moderation.off_platform import OffPlatformContact
from market.places.divisions.queries import list_divisions_named
from market.places.organisations.register import list_own_organisations
from market.service.http import HttpRequest
from market.service.web.forms import (
    PostedForm,
    make_form_key,
    parse_day,
    parse_id,
    parse_integer,
    parse_typed_yuan,
    read_form,
)
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_zh
from market.service.web.village.jobs import describe_wage
from market.villages.services.applications import hire, list_applicants
from market.villages.services.posting_models import (
    MAX_NOTE_LENGTH,
    PER_NAMES,
    POSTING_STATES,
    ApplicationState,
    JobPosting,
    NewPosting,
    PostingInvalid,
    PostingNotOpen,
    PostingState,
    WagePer,
)
from market.villages.services.postings import end_posting, get_posting, list_organisation_postings, post_job

_FIELDS = {"organisation_id": "organisation", "village_code": "village"}
_DONE = {"sent": "送去核了，县里核过村里人才看得到", "hired": "记下了，等他自己确认", "ended": "停了，村里人看不到了"}
_APPLICANTS = {
    ApplicationState.APPLIED: "报了名", ApplicationState.HIRED: "说是来了，等他确认",
    ApplicationState.CONFIRMED: "来了，他确认了", ApplicationState.DENIED: "他说没有来",
}  # fmt: skip


class PostingForm(Struct, frozen=True):
    """A posting as typed."""

    organisation: str = ""
    title: str = ""
    village: str = ""
    positions: str = ""
    wage_min: str = ""
    wage_max: str = ""
    per: str = WagePer.DAY
    first: str = ""
    last: str = ""
    note: str = ""


def describe_posting(posting: JobPosting, *, expired: bool) -> list[str]:
    """Return what is offered, and where the posting is."""
    state = "过期了" if expired and posting.state is PostingState.LIVE else POSTING_STATES[posting.state]
    why = f"：{posting.reason}" if posting.reason else ""
    return [
        f"{posting.organisation}，{posting.village}，招 {posting.positions} 人，{describe_wage(posting)}",
        f"{day_zh(posting.first)}到{day_zh(posting.last)}，{state}{why}",
        f"报名的 {posting.applied} 人，来上工的 {posting.hired} 人，本人确认的 {posting.confirmed} 人",
    ]


async def _page(
    request: HttpRequest, db: Database, actor: Actor, clock: Clock, *, form: PostingForm | None = None,
    errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    today = clock.today()
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        own = await list_own_organisations(conn, actor.account_id, day=today)
        postings = [
            posting for each in own for posting in await list_organisation_postings(conn, actor, each.id, day=today)
        ]
    context = {
        "rows": [
            (f"/me/jobs/{each.id}", each.title, describe_posting(each, expired=each.last < today)) for each in postings
        ],
        "organisations": [(str(each.id), each.name + ("" if each.verified_at else "（等核）")) for each in own],
        "pers": [(each.value, f"一{words}") for each, words in PER_NAMES.items()],
        "most": MAX_NOTE_LENGTH,
        "form": form or PostingForm(first=today.isoformat()),
        "errors": errors if own else errors and [FieldFault("organisation", "先登记单位")],
        "key": make_form_key(),
        "done": _DONE.get(request.query_params.get("done", "")),
    }
    return render_page(request, "account/jobs.html", context, actor=actor, status=status)


@get("/me/jobs", include_in_schema=False)
async def show_own_postings(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the postings of the person's organisations, with the form for another one."""
    return await _page(request, db, actor, clock)


def _read_posting(form: PostedForm, typed: PostingForm, village: str) -> tuple[UUID, NewPosting] | None:
    organisation = form.read_uuid("organisation", fault="请选哪个单位")
    first = form.read_day("first", fault="写成 2030-03-05 这样")
    last = form.read_day("last", fault="要写招到哪天，写成 2030-03-05 这样")
    per = next((each for each in WagePer if each == typed.per), None)
    if per is None:
        form.add_fault("per", "请选怎么算")
    if form.faults or organisation is None or first is None or last is None or per is None:
        return None
    return organisation, NewPosting(
        title=typed.title[:200], village_code=village, positions=parse_integer(typed.positions, maximum=100_000) or 0,
        wage_min_fen=parse_typed_yuan(typed.wage_min) or Fen(0),
        wage_max_fen=parse_typed_yuan(typed.wage_max or typed.wage_min) or Fen(0), per=per, first=first, last=last,
        note=typed.note[:1000],
    )  # fmt: skip


@post("/me/jobs", include_in_schema=False)
async def submit_posting(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Write a posting, once however often the form is sent."""
    form = await read_form(request)
    typed = form.fill(PostingForm)

    async def write(conn: Connection) -> str:
        found = [each for each in await list_divisions_named(conn, typed.village, within="") if each.level == VILLAGE]
        new = _read_posting(form, typed, found[0].code if len(found) == 1 else "")
        if new is None:
            raise PostingInvalid(errors=tuple(form.faults))
        await post_job(conn, actor, new[0], new[1], now=clock.now())
        return "/me/jobs?done=sent"

    try:
        return await submit_once(request, actor, form, write, scope=get_person_scope(actor))
    except (PostingInvalid, OffPlatformContact) as refusal:
        errors = [FieldFault(_FIELDS.get(each.field, each.field), each.message) for each in refusal.errors]
        return await _page(request, db, actor, clock, form=typed, errors=errors, status=refusal.status)


async def _posting_page(
    request: HttpRequest, db: Database, seal: Seal, actor: Actor, clock: Clock,
    *, posting_id: UUID, errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    today = clock.today()
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        applicants = await list_applicants(conn, seal, actor, posting_id, now=clock.now())
        posting = await get_posting(conn, posting_id)
    context = {
        "posting": posting,
        "lines": describe_posting(posting, expired=posting.last < today),
        "people": [
            (
                str(each.id), each.name, each.phone, _APPLICANTS[each.state],
                each.state is ApplicationState.APPLIED and posting.state is PostingState.LIVE,
            )
            for each in applicants
        ],
        "open": posting.state in {PostingState.DRAFT, PostingState.LIVE, PostingState.FILLED},
        "today": today.isoformat(),
        "errors": errors,
        "done": _DONE.get(request.query_params.get("done", "")),
    }  # fmt: skip
    return render_page(request, "account/job.html", context, actor=actor, status=status)


@get("/me/jobs/{posting_id:str}", include_in_schema=False)
async def show_own_posting(
    request: HttpRequest,
    *,
    posting_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[bytes]:
    """Show who applied for a posting.

    Raises:
        NotFound: it is of no organisation of the actor's.
    """
    return await _posting_page(request, db, seal, actor, clock, posting_id=parse_id(posting_id))


@post("/me/jobs/{posting_id:str}", include_in_schema=False)
async def submit_posting_step(
    request: HttpRequest,
    *,
    posting_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Say that an applicant was hired, or end the posting: `act` is hire or end."""
    form = await read_form(request)
    found, hires = parse_id(posting_id), form.get_text("act") == "hire"
    hired_on = parse_day(form.get_text("hired_on")) or date.max
    try:
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            if hires:
                person = parse_id(form.get_text("application"))
                await hire(conn, seal, actor, found, person, hired_on=hired_on, now=clock.now())
            else:
                await end_posting(conn, actor, found, now=clock.now())
    except (PostingInvalid, PostingNotOpen) as refusal:
        errors = refusal.errors or (FieldFault("hired_on", refusal.text("zh")),)
        return await _posting_page(
            request, db, seal, actor, clock, posting_id=found, errors=errors, status=refusal.status
        )
    if hires:
        return redirect(f"/me/jobs/{found}?done=hired")
    return redirect("/me/jobs?done=ended")


ROUTES = [show_own_postings, submit_posting, show_own_posting, submit_posting_step]
