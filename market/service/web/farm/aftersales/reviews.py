"""评价 on a seller's pages: what buyers wrote, the answer to each, and the appeal of one."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.cases.casework.models import CaseOutcome, CaseState
from market.cases.casework.moves import get_person_scope
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.kernel.seal import Seal
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_due
from market.sales.reviews.answer import answer_review
from market.sales.reviews.appeal import REVIEW_APPEAL, appeal_review
from market.sales.reviews.appeal_views import ReviewAppeal, find_appeal_of_review
from market.sales.reviews.models import HIDING_REASON_NAMES, HidingReason, InvalidAppeal
from market.sales.reviews.views import PublicReview, get_seller_review, list_seller_reviews
from market.service.http import HttpRequest
from market.service.web.case_words import load_due_words
from market.service.web.farm.sellers import FarmRow, list_notes
from market.service.web.forms import PostedForm, parse_uuid, read_form, rename_faults
from market.service.web.pages import redirect, render_page
from market.service.web.services import get_services
from market.service.web.ui.format import day_zh

_PAGE_SIZE = 20
_SAID = {
    "answered": ("ok", "回好了", "买东西的人都看得到。"),
    "appealed": ("ok", "申诉交上去了", "平台定了会告诉您。"),
}


def _describe(review: PublicReview) -> str:
    """Describe for the seller whether a review waits for an answer."""
    if review.answer is None:
        return "还没有回"
    return "回过了，买家后来改了评价，可以再回" if review.changed_after_answer else "回过了"


@get("/farm/reviews", include_in_schema=False)
async def show_farm_reviews(
    request: HttpRequest, *, db: NamedDependency[Database], actor: NamedDependency[Actor]
) -> Response[bytes]:
    """List the reviews of what a person's producers sell, latest first."""
    before = parse_uuid(request.query_params.get("before", ""))
    async with db.connection() as conn:
        page = await list_seller_reviews(conn, actor, before=before, limit=_PAGE_SIZE)
    context = {
        "reviews": [
            FarmRow(
                f"/farm/reviews/{each.id}",
                f"{each.rating} 分，{each.title}",
                [each.text or "没写字", f"{each.who}，{day_zh(each.at)}，{_describe(each)}"],
                "",
            )
            for each in page.items
        ],
        "more": f"/farm/reviews?before={page.next}" if page.next else None,
        "notes": list_notes(request, _SAID),
    }
    return render_page(request, "farm/reviews.html", context, actor=actor)


async def _load(db: Database, seal: Seal, actor: Actor, review_id: UUID) -> tuple[PublicReview, ReviewAppeal | None]:
    """Return a review and its appeal.

    Raises:
        NotFound: the review is not of a producer that the person works for.
    """
    async with db.transaction(scope=get_person_scope(actor)) as conn:
        review = await get_seller_review(conn, actor, review_id)
        return review, await find_appeal_of_review(conn, seal, review_id)


def _describe_appeal(appeal: ReviewAppeal | None) -> str:
    """Describe what came of an appeal, or until when it is decided."""
    if appeal is None:
        return ""
    if appeal.state is not CaseState.CLOSED:
        return f"申诉了，等平台定，{format_due(appeal.due_at)}前"
    if appeal.outcome is CaseOutcome.WITHDRAWN:
        return "申诉撤回了"
    return f"申诉有了结果：{'文字不显示，分数照算' if appeal.hidden_for else '照样显示'}。{appeal.decision}"


async def _page(
    request: HttpRequest, actor: Actor, review_id: UUID,
    *, typed: PostedForm | None = None, errors: list[FieldFault] | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    services = get_services(request)
    review, appeal = await _load(services.db, services.seal, actor, review_id)
    context = {
        "review": review,
        "answerable": review.answer is None or review.changed_after_answer,
        "appealable": appeal is None and review.hidden_for is None,
        "appeal": appeal,
        "case_path": f"/cases/{appeal.case_id}" if appeal and appeal.asker_id == actor.account_id else "",
        "appeal_words": _describe_appeal(appeal),
        "due": await load_due_words(request, REVIEW_APPEAL),
        "claims": [(each.value, words) for each, words in HIDING_REASON_NAMES.items()],
        "answer": typed.get_text("answer") if typed else "",
        "reason": typed.get_text("reason") if typed else "",
        "claimed": typed.get_text("claimed") if typed else "",
        "errors": errors or [],
    }
    return render_page(request, "farm/review.html", context, actor=actor, status=status)


@get("/farm/reviews/{review_id:uuid}", include_in_schema=False)
async def show_farm_review(
    request: HttpRequest, *, actor: NamedDependency[Actor], review_id: FromPath[UUID]
) -> Response[bytes]:
    """Show a review, the form to answer it, and the form to appeal it.

    Raises:
        NotFound: it is not of a producer that the person works for.
    """
    return await _page(request, actor, review_id)


@post("/farm/reviews/{review_id:uuid}", include_in_schema=False)
async def submit_review_answer(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    review_id: FromPath[UUID],
) -> Response[Any]:
    """Answer a review; an answer is given once.

    Raises:
        NotFound: it is not of a producer that the person works for.
    """
    form = await read_form(request)
    try:
        async with db.transaction() as conn:
            await answer_review(conn, actor, review_id, form.get_text("answer"), now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        errors = rename_faults(refusal, {}, otherwise="answer")
        return await _page(request, actor, review_id, typed=form, errors=errors, status=refusal.status)
    return redirect("/farm/reviews?said=answered", draft=form.draft)


@post("/farm/reviews/{review_id:uuid}/appeal", include_in_schema=False)
async def submit_review_appeal(
    request: HttpRequest,
    *,
    db: NamedDependency[Database],
    seal: NamedDependency[Seal],
    clock: NamedDependency[Clock],
    actor: NamedDependency[Actor],
    review_id: FromPath[UUID],
) -> Response[Any]:
    """Appeal a review, once, for a legal reason.

    Raises:
        NotFound: it is not of a producer that the person works for.
    """
    form = await read_form(request)
    typed = form.get_text("claimed")
    claimed = next((each for each in HidingReason if each == typed), None)
    try:
        if claimed is None:
            raise InvalidAppeal(errors=(FieldFault("claimed", "请选一条"),))
        async with db.transaction(scope=get_person_scope(actor)) as conn:
            text = form.get_text("reason")
            await appeal_review(conn, seal, actor, review_id, claimed=claimed, text=text, now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        errors = rename_faults(refusal, {}, otherwise="reason")
        return await _page(request, actor, review_id, typed=form, errors=errors, status=refusal.status)
    return redirect("/farm/reviews?said=appealed", draft=form.draft)


ROUTES = [show_farm_reviews, show_farm_review, submit_review_answer, submit_review_appeal]
