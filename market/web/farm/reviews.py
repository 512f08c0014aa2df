"""评价 on a seller's pages: what buyers wrote, and the answer to each."""

from typing import Any
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from market.http import HttpRequest
from market.identity.models import Actor, NotFound
from market.kernel import Database, FieldFault, Refusal
from market.kernel.clock import Clock
from market.reviews.answer import answer_review
from market.reviews.views import PublicReview, get_seller_review, list_seller_reviews
from market.web.farm.sellers import FarmRow, list_notes
from market.web.forms import parse_uuid, read_form, rename_faults
from market.web.pages import redirect, render_page
from market.web.ui.format import day_short

_PAGE_SIZE = 20
_SAID = {"answered": ("ok", "回好了", "买东西的人都看得到。")}


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
                [each.text or "没写字", f"{each.who}，{day_short(each.at)}，{_describe(each)}"],
                "",
            )
            for each in page.items
        ],
        "more": f"/farm/reviews?before={page.next}" if page.next else None,
        "notes": list_notes(request, _SAID),
    }
    return render_page(request, "farm/reviews.html", context, actor=actor)


def _page(
    request: HttpRequest, actor: Actor, review: PublicReview,
    *, answer: str = "", errors: list[FieldFault] | None = None, status: int = 200,
) -> Response[bytes]:  # fmt: skip
    context = {
        "review": review,
        "answerable": review.answer is None or review.changed_after_answer,
        "answer": answer,
        "errors": errors or [],
    }
    return render_page(request, "farm/review.html", context, actor=actor, status=status)


@get("/farm/reviews/{review_id:uuid}", include_in_schema=False)
async def show_farm_review(
    request: HttpRequest, *, db: NamedDependency[Database], actor: NamedDependency[Actor], review_id: FromPath[UUID]
) -> Response[bytes]:
    """Show a review, and the form to answer it.

    Raises:
        NotFound: it is not of a producer that the person works for.
    """
    async with db.connection() as conn:
        review = await get_seller_review(conn, actor, review_id)
    return _page(request, actor, review)


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
    text = (await read_form(request)).get_text("answer")
    try:
        async with db.transaction() as conn:
            await answer_review(conn, actor, review_id, text, now=clock.now())
    except NotFound:
        raise
    except Refusal as refusal:
        async with db.connection() as conn:
            review = await get_seller_review(conn, actor, review_id)
        errors = rename_faults(refusal, {}, otherwise="answer")
        return _page(request, actor, review, answer=text, errors=errors, status=refusal.status)
    return redirect("/farm/reviews?said=answered")


ROUTES = [show_farm_reviews, show_farm_review, submit_review_answer]
