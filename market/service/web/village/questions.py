"""问农技员: ask with words and a photo, read the answer, share it with the neighbours; the agronomist's page."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.cases.casework.models import AGRONOMIST, CaseAnswererInvolved, CaseNotMovable, CaseState
from market.cases.casework.moves import get_person_scope
from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock, get_business_day
from market.kernel.division_codes import get_county_code
from market.kernel.rate_limits import RateClass
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.people.moderation.off_platform import OffPlatformContact
from market.people.notify.notifications import format_due
from market.people.storage.photos import PhotoPurpose
from market.service.http import HttpRequest
from market.service.web.forms import make_form_key, parse_id, read_form, rename_faults
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect, render_page
from market.service.web.ui.format import day_zh
from market.service.web.village.home import choose_village
from market.service.web.village.sharing import SharedCase, SharedKind, make_sharing_routes
from market.villages.services.agronomists import find_agronomist_county
from market.villages.services.question_models import (
    MAX_QUESTION_LENGTH,
    NewQuestion,
    Question,
    QuestionInvalid,
    TooManyQuestions,
)
from market.villages.services.questions import (
    answer_question,
    ask_question,
    list_asked_questions,
    list_own_questions,
    list_shared_questions,
    preview_sharing,
    share_question,
    unshare_question,
)

_TEXT_REFUSALS = (QuestionInvalid, OffPlatformContact)
_DONE = {
    "asked": ("问出去了", "两个工作日里答复，答了短信告诉您。"),
    "shared": ("乡亲们看得到了", "不写您的名字。随时能收回。"),
    "unshared": ("收回了", "别人看不到了。"),
}


class _QuestionView(Struct, frozen=True):
    """A question as its asker or an agronomist sees it."""

    id: str
    title: str
    lines: list[str]
    photo: str
    answered: bool
    shared: bool


def describe_question(question: Question) -> list[str]:
    """Return what was asked, and the answer or who gives it until when."""
    if question.state is CaseState.CLOSED:
        return [question.text, f"答：{question.answer}"]
    who = "农技员" if question.assignee == AGRONOMIST else "县里"
    return [question.text, f"等{who}答复，{format_due(question.due_at)}前"]


def view_question(question: Question) -> _QuestionView:
    """Return a question for display."""
    return _QuestionView(
        str(question.case_id), f"第 {question.number} 件，{day_zh(get_business_day(question.received_at))}",
        describe_question(question), f"/question-photos/{question.photo_id}" if question.photo_id else "",
        question.state is CaseState.CLOSED, question.shared_at is not None,
    )  # fmt: skip


async def _page(
    request: HttpRequest, db: Database, seal: Seal, visitor: Actor | None, clock: Clock,
    *, text: str = "", errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[Any]:  # fmt: skip
    async with db.connection() as conn:
        village = await choose_village(conn, request, visitor, clock)
        answers = visitor is not None and await find_agronomist_county(conn, visitor.account_id) is not None
    if not village.code or village.fault:
        return redirect(f"/village?village={village.code}" if village.code else "/village")
    async with db.transaction(scope=get_county_code(village.code)) as conn:
        shared = await list_shared_questions(conn, village.code)
    own: list[Question] = []
    if visitor is not None:
        async with db.transaction(scope=get_person_scope(visitor)) as conn:
            own = await list_own_questions(conn, seal, visitor.account_id)
    context = {
        "village": village,
        "own": [view_question(each) for each in own],
        "shared": [
            (each.text, [f"答：{each.answer}", f"{each.village}，{day_zh(get_business_day(each.shared_at))}"])
            for each in shared
        ],
        "answers": answers,
        "signed_in": visitor is not None,
        "text": text,
        "errors": errors,
        "key": make_form_key(),
        "most": MAX_QUESTION_LENGTH,
        "done": _DONE.get(request.query_params.get("done", "")),
    }
    return render_page(request, "village/questions.html", context, status=status, actor=visitor)


@get("/village/questions", include_in_schema=False)
async def show_questions(
    request: HttpRequest,
    *,
    visitor: NamedDependency[Actor | None],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Show the form that asks, the visitor's questions, and what neighbours share."""
    return await _page(request, db, seal, visitor, clock)


@post("/village/questions", include_in_schema=False, rate=RateClass.UPLOAD)
async def submit_question(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Ask, once however often the form is sent."""
    form = await read_form(request)
    text = form.get_text("text")[:2000]
    village = request.query_params.get("village", "")[:12]
    photos = await form.store_photos(request, actor, ("photo",), PhotoPurpose.QUESTION)
    if form.faults:
        return await _page(
            request, db, seal, actor, clock, text=text, errors=form.faults, status=QuestionInvalid.status
        )
    new = NewQuestion(text=text, photo_id=photos[0] if photos else None)

    async def ask(conn: Connection) -> str:
        await ask_question(conn, seal, actor, village, new, now=clock.now())
        return f"/village/questions?village={village}&done=asked"

    try:
        return await submit_once(request, actor, form, ask, scope=get_person_scope(actor))
    except (QuestionInvalid, TooManyQuestions) as refusal:
        errors = refusal.errors or (FieldFault("text", refusal.text("zh")),)
        return await _page(request, db, seal, actor, clock, text=text, errors=errors, status=refusal.status)


async def _find_shared(conn: Connection, seal: Seal, actor: Actor, case_id: UUID) -> SharedCase | None:
    own = await list_own_questions(conn, seal, actor.account_id)
    question = next((each for each in own if each.case_id == case_id), None)
    if question is None or question.state is not CaseState.CLOSED:
        return None
    return SharedCase(
        title="给乡亲们看", hint="照片不给别人看。", text=question.text, answer=question.answer, place=question.village,
        public_text=question.public_text, shared=question.shared_at is not None,
        back=f"/village/questions?village={question.village_code}", back_words="回问农技员",
    )  # fmt: skip


SHARING = SharedKind(
    path="/village/questions",
    most=MAX_QUESTION_LENGTH,
    invalid=QuestionInvalid,
    find=_find_shared,
    preview=lambda conn, seal, actor, found, text, now: preview_sharing(conn, seal, actor, found, text=text, now=now),
    share=lambda conn, seal, actor, found, text, now: share_question(conn, seal, actor, found, text=text, now=now),
    unshare=unshare_question,
)


async def _get_county(db: Database, actor: Actor) -> str:
    """Return the county whose questions the actor answers; NotFound for anybody else."""
    async with db.connection() as conn:
        county = await find_agronomist_county(conn, actor.account_id)
    if county is None:
        raise NotFound
    return county


async def _asked_page(
    request: HttpRequest, db: Database, seal: Seal, actor: Actor,
    *, at: str = "", text: str = "", errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    county = await _get_county(db, actor)
    async with db.transaction(scope=county) as conn:
        questions = await list_asked_questions(conn, seal, actor, county)
    context = {
        "waiting": [(each.village, view_question(each)) for each in questions if each.assignee == AGRONOMIST],
        "others": [(each.village, view_question(each)) for each in questions if each.assignee != AGRONOMIST],
        "at": at if any(str(each.case_id) == at and each.assignee == AGRONOMIST for each in questions) else "",
        "text": text,
        "errors": errors,
        "most": MAX_QUESTION_LENGTH,
        "sent": request.query_params.get("done") == "1",
    }
    return render_page(request, "village/asked.html", context, status=status, actor=actor)


@get("/village/asked", include_in_schema=False)
async def show_asked(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], seal: NamedDependency[Seal]
) -> Response[bytes]:
    """List the questions that wait for an agronomist, and those that were answered.

    Raises:
        NotFound: the actor is no agronomist.
    """
    return await _asked_page(request, db, seal, actor)


@post("/village/asked/{case_id:str}", include_in_schema=False)
async def submit_answer(
    request: HttpRequest,
    *,
    case_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Answer a question as an agronomist."""
    form = await read_form(request)
    found, text = parse_id(case_id), form.get_text("text")[:2000]
    county = await _get_county(db, actor)
    try:
        async with db.transaction(scope=county) as conn:
            await answer_question(conn, seal, actor, found, text=text, now=clock.now())
    except (*_TEXT_REFUSALS, CaseNotMovable, CaseAnswererInvolved) as refusal:
        errors = rename_faults(refusal, {}, otherwise="text")
        return await _asked_page(request, db, seal, actor, at=case_id, text=text, errors=errors, status=refusal.status)
    return redirect("/village/asked?done=1")


ROUTES = [show_questions, submit_question, *make_sharing_routes(SHARING), show_asked, submit_answer]
