"""招工: the jobs near a village, and a person's applications."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock
from market.kernel.language import get_language, say
from market.kernel.seal import Seal
from market.people.identity.models import Actor
from market.service.http import HttpRequest
from market.service.web.forms import make_form_key, parse_id, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_zh, yuan_input
from market.service.web.village.home import choose_village
from market.villages.services.applications import (
    answer_hire,
    apply_for_job,
    list_own_applications,
    withdraw_application,
)
from market.villages.services.posting_models import (
    ApplicationState,
    AppliedBefore,
    JobPosting,
    OwnJobApplication,
    PostingInvalid,
    PostingNotOpen,
    PublicPosting,
    WagePer,
)
from market.villages.services.postings import list_near_postings

_DONE = {
    "applied": ("报上了", "单位看得到您的姓名和电话，会联系您。不收钱、不扣证件。"),
    "withdrawn": ("撤回了", "单位看不到您了。"),
    "confirmed": ("记下了", "算找到活了。"),
    "denied": ("记下了", "不算数，名额放回去。"),
}
_WAGES = {WagePer.DAY: "{0} 元一天", WagePer.MONTH: "{0} 元一月", WagePer.PIECE: "{0} 元一件"}
_APPLICATIONS = {
    ApplicationState.APPLIED: "等单位联系", ApplicationState.CONFIRMED: "您说去上工了",
    ApplicationState.DENIED: "您说没有去",
}  # fmt: skip


def describe_wage(posting: JobPosting | PublicPosting) -> str:
    """Return the wage of a posting: `150 到 200 元一天`."""
    least, most = yuan_input(posting.wage_min_fen), yuan_input(posting.wage_max_fen)
    span = least if least == most else say("{0} 到 {1}", least, most)
    return say(_WAGES[posting.per], span)


def _describe_posting(posting: PublicPosting) -> list[str]:
    return [
        describe_wage(posting),
        say("{0}，在{1}，还招 {2} 人", posting.organisation, posting.village, posting.open),
        say("{0}到{1}", day_zh(posting.first), day_zh(posting.last)),
        *([posting.note] if posting.note else []),
    ]


def _describe_application(application: OwnJobApplication) -> list[str]:
    if application.state is ApplicationState.HIRED and application.hired_on is not None:
        return [say("{0}说您 {1}来上工了。是这样吗？", application.organisation, day_zh(application.hired_on))]
    return [say("，").join((application.organisation, application.village, say(_APPLICATIONS[application.state])))]


async def _page(
    request: HttpRequest, db: Database, visitor: Actor | None, clock: Clock,
    *, failed: str = "", errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    own: list[OwnJobApplication] = []
    async with db.connection() as conn:
        village = await choose_village(conn, request, visitor, clock)
        if not village.code or village.fault:
            return redirect(f"/village?village={village.code}" if village.code else "/village")
        postings = await list_near_postings(conn, village.code, day=clock.today())
        if visitor is not None:
            own = await list_own_applications(conn, visitor.account_id)
    applied = {each.posting_id for each in own}
    shown = {str(each.id) for each in postings}
    if failed not in shown or failed in map(str, applied):
        errors = [FieldFault("own" if each.field == "own" else "posting", each.message) for each in errors]
    if failed not in shown:
        failed = ""
    context = {
        "village": village,
        "postings": [(str(each.id), each.title, _describe_posting(each), each.id in applied) for each in postings],
        "own": [(str(each.id), each.title, _describe_application(each), each.state.value) for each in own],
        "signed_in": visitor is not None,
        "failed": failed,
        "errors": errors,
        "key": make_form_key(),
        "done": [say(each) for each in _DONE.get(request.query_params.get("done", ""), ())],
    }
    return render_page(request, "village/jobs.html", context, status=status, actor=visitor)


@get("/village/jobs", include_in_schema=False, english=True)
async def show_jobs(
    request: HttpRequest,
    visitor: NamedDependency[Actor | None],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Show the jobs near a village, and the visitor's applications."""
    return await _page(request, db, visitor, clock)


@post("/village/jobs/{posting_id:str}", include_in_schema=False, english=True)
async def submit_application(
    request: HttpRequest,
    *,
    posting_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Apply, once however often the form is sent."""
    form = await read_form(request)
    village = request.query_params.get("village", "")[:12]
    found, consent = parse_id(posting_id), form.get_text("consent") == "1"

    async def apply(conn: Connection) -> str:
        await apply_for_job(conn, seal, actor, found, consent=consent, now=clock.now())
        return f"/village/jobs?village={village}&done=applied"

    try:
        return await submit_once(request, actor, form, apply)
    except (PostingInvalid, PostingNotOpen, AppliedBefore) as refusal:
        errors = rename_faults(refusal, {}, otherwise="consent")
        return await _page(request, db, actor, clock, failed=posting_id, errors=errors, status=refusal.status)


@post("/village/applications/{application_id:str}", include_in_schema=False, english=True)
async def submit_application_step(
    request: HttpRequest,
    *,
    application_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Withdraw an application, or confirm or deny that one was hired: `act` is withdraw, confirm or deny."""
    form = await read_form(request)
    village = request.query_params.get("village", "")[:12]
    found, act = parse_id(application_id), form.get_text("act")
    try:
        async with db.transaction() as conn:
            if act == "withdraw":
                await withdraw_application(conn, actor, found, now=clock.now())
                done = "withdrawn"
            else:
                done = (await answer_hire(conn, actor, found, found_work=act == "confirm", now=clock.now())).state.value
    except PostingNotOpen as refusal:
        errors = [FieldFault("own", refusal.text(get_language()))]
        return await _page(request, db, actor, clock, errors=errors, status=refusal.status)
    return redirect(f"/village/jobs?village={village}&done={done}")


ROUTES = [show_jobs, submit_application, submit_application_step]
