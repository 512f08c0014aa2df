"""生产指导 on the desk: the county's agronomists, and the questions that none of them answered in time."""

from collections.abc import Sequence
from typing import Any

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from msgspec import Struct

from market.kernel import Connection, Database, FieldFault
from market.kernel.clock import Clock, get_business_day
from market.kernel.seal import Seal
from market.people.identity.access import has_role_for, require_county_role
from market.people.identity.models import COUNTY_KEEPERS, Actor
from market.service.http import HttpRequest
from market.service.web.desk.aftersales.decisions import DecidedCase, DecidedKind, Decision, make_decision_routes
from market.service.web.desk.context import DeskContext, PageNotice, open_desk, render_desk_page
from market.service.web.forms import make_form_key, parse_id, read_form
from market.service.web.idempotent_form import submit_once
from market.service.web.pages import redirect
from market.service.web.ui.format import day_zh
from market.service.web.village.questions import describe_question
from market.villages.services.agronomists import end_agronomist, list_agronomists, name_agronomist
from market.villages.services.question_models import MAX_QUESTION_LENGTH, AgronomistInvalid, NewAgronomist, Question
from market.villages.services.questions import answer_question, get_question

_DONE = {"named": "定好了，登录以后在问农技员里看得到", "ended": "不再是农技员了"}


class AgronomistForm(Struct, frozen=True):
    """An agronomist as typed."""

    phone: str = ""
    subject: str = ""


async def _page(
    request: HttpRequest, db: Database, desk: DeskContext, *, form: AgronomistForm | None = None,
    errors: Sequence[FieldFault] = (), status: int = 200,
) -> Response[bytes]:  # fmt: skip
    async with db.connection() as conn:
        agronomists = await list_agronomists(conn, desk.county)
    done = _DONE.get(request.query_params.get("done", ""))
    context = {
        "agronomists": [
            (str(each.id), each.name, f"{each.subject}，{day_zh(get_business_day(each.named_at))}起")
            for each in agronomists
        ],
        "keeps": has_role_for(desk.actor, COUNTY_KEEPERS, desk.county),
        "form": form or AgronomistForm(),
        "errors": errors,
        "notice": PageNotice("ok", done) if done else None,
        "key": make_form_key(),
    }
    return render_desk_page(request, desk, "agronomists.html", context, status=status)


@get("/agronomists", include_in_schema=False)
async def show_agronomists(
    request: HttpRequest, actor: NamedDependency[Actor], db: NamedDependency[Database], clock: NamedDependency[Clock]
) -> Response[bytes]:
    """List the agronomists of the county, with the form that names another."""
    desk = await open_desk(request, db, actor, clock)
    return await _page(request, db, desk)


@post("/agronomists", include_in_schema=False)
async def submit_agronomist(
    request: HttpRequest,
    *,
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """Name an agronomist, once however often the form is sent."""
    form = await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    require_county_role(actor, COUNTY_KEEPERS, desk.county)
    typed = form.fill(AgronomistForm)
    new = NewAgronomist(phone=typed.phone[:20], subject=typed.subject[:200])

    async def name(conn: Connection) -> str:
        await name_agronomist(conn, seal, actor, desk.county, new, now=desk.now)
        return desk.to("/desk/agronomists", done="named")

    try:
        return await submit_once(request, actor, form, name)
    except AgronomistInvalid as refusal:
        return await _page(request, db, desk, form=typed, errors=refusal.errors, status=refusal.status)


@post("/agronomists/{agronomist_id:str}", include_in_schema=False)
async def submit_agronomist_end(
    request: HttpRequest,
    *,
    agronomist_id: FromPath[str],
    actor: NamedDependency[Actor],
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
) -> Response[Any]:
    """End an agronomist."""
    await read_form(request)
    desk = await open_desk(request, db, actor, clock)
    found = parse_id(agronomist_id)
    async with db.transaction() as conn:
        await end_agronomist(conn, actor, desk.county, found, now=desk.now)
    return redirect(desk.to("/desk/agronomists", done="ended"))


def _view(question: Question) -> DecidedCase:
    return DecidedCase(
        name="生产指导", number=question.number, about=question.village, due_at=question.due_at, due="前答复",
        facts=describe_question(question)[:1], asks="",
        more={
            "most": MAX_QUESTION_LENGTH,
            "photos": [(f"/question-photos/{question.photo_id}", "照片")] if question.photo_id else [],
        },
    )  # fmt: skip


async def _decide(asked: Decision[Question]) -> None:
    async with asked.db.transaction(scope=asked.found.county_code) as conn:
        await answer_question(
            conn, asked.seal, asked.actor, asked.case_id, text=asked.form.get_text("text"), now=asked.now
        )


ROUTES = [
    show_agronomists,
    submit_agronomist,
    submit_agronomist_end,
    *make_decision_routes(
        DecidedKind(
            path="questions", template="question.html", fields=("text",), read=get_question, view=_view, decide=_decide
        )
    ),
]
