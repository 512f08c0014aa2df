"""Appeal a review as the seller; decide it as the platform: its text is hidden for a legal reason or stays."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.models import CaseMove, CaseNotMovable, CaseOutcome, CaseState
from market.cases.casework.moves import lock_case, move_case, open_case
from market.cases.casework.tell import notify_assignee
from market.kernel import Connection, FieldFault, Query
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.access import require_case_role
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_due, notify_account, notify_producer
from market.sales.reviews.appeal_views import ReviewAppeal, get_appeal
from market.sales.reviews.models import (
    MAX_APPEAL_LENGTH,
    AppealedBefore,
    HidingReason,
    InvalidAppeal,
)

REVIEW_APPEAL = "review_appeal"


class OpenedAppeal(Struct, frozen=True):
    """An opened appeal: its case, and until when the platform decides."""

    case_id: UUID
    due_at: datetime


class _AppealedReview(Struct, frozen=True, kw_only=True):
    producer_id: UUID
    account_id: UUID
    village_code: str
    appealed: bool


# Row-level security hides nobody's appeal of a review from the members of its producer.
LOCK_APPEALED_REVIEW = Query(
    _AppealedReview,
    """
    SELECT r.producer_id, r.account_id, p.village_code,
           EXISTS (SELECT FROM review_appeals a WHERE a.review_id = r.id) AS appealed
      FROM reviews r JOIN producers p ON p.id = r.producer_id
     WHERE r.id = :review_id AND r.producer_id = ANY(:producer_ids::uuid[])
       FOR NO KEY UPDATE OF r
    """,
)
INSERT_APPEAL = Query(
    UUID,
    """
    INSERT INTO review_appeals (case_id, review_id, claimed) VALUES (:case_id, :review_id, :claimed) RETURNING case_id
    """,
)
HIDE_REVIEW = Query(
    UUID, "UPDATE reviews SET hidden_for = :reason, hidden_at = :now WHERE id = :review_id RETURNING id"
)


class _HiddenReview(Struct, frozen=True):
    title: str
    writer_id: UUID


GET_HIDDEN_REVIEW = Query(
    _HiddenReview,
    """
    SELECT title, account_id AS writer_id FROM reviews JOIN listings ON listings.id = listing_id
     WHERE reviews.id = :review_id
    """,
)


def _check_text(text: str, *, missing: str) -> str:
    written = clean_text(text)
    if not written:
        raise InvalidAppeal(errors=(FieldFault("reason", missing),))
    if len(written) > MAX_APPEAL_LENGTH:
        raise InvalidAppeal(errors=(FieldFault("reason", f"最多 {MAX_APPEAL_LENGTH} 字"),))
    return written


async def hide_review(conn: Connection, seal: Seal, review_id: UUID, reason: HidingReason, *, now: datetime) -> None:
    """Hide the text and photos of a review for a legal reason and tell its writer; the caller checks who decides."""
    review = await GET_HIDDEN_REVIEW.one(conn, review_id=review_id)
    await HIDE_REVIEW.one(conn, review_id=review_id, reason=reason, now=now)
    await notify_account(conn, seal, review.writer_id, "review_hidden", {"title": review.title}, now=now)


async def appeal_review(
    conn: Connection, seal: Seal, seller: Actor, review_id: UUID, *, claimed: HidingReason, text: str, now: datetime
) -> OpenedAppeal:
    """Ask the platform, once for each review, to hide its text for a legal reason; the platform's staff are told.

    The caller's transaction has the scope of the seller (`get_person_scope`).

    Raises:
        NotFound: the review is not of a producer that the actor works for.
        InvalidAppeal: the text is missing or too long.
        AppealedBefore: the review was appealed before.
    """
    written = _check_text(text, missing="请写一下哪句话不合法")
    review = await LOCK_APPEALED_REVIEW.maybe(conn, review_id=review_id, producer_ids=list(seller.producers))
    if review is None:
        raise NotFound
    if review.appealed:
        raise AppealedBefore
    case = await open_case(
        conn, seal, seller.account_id, by=seller, category=REVIEW_APPEAL, division_code=review.village_code,
        against_producer_id=None, against_account_id=review.account_id, for_producer_id=review.producer_id,
        text=written, now=now,
    )  # fmt: skip
    await INSERT_APPEAL.one(conn, case_id=case.id, review_id=review_id, claimed=claimed)
    facts = {"name": case.name, "number": str(case.number), "due": format_due(case.due_at)}
    await notify_assignee(conn, seal, case, "case_assigned", facts, now=now)
    return OpenedAppeal(case.id, case.due_at)


async def decide_appeal(
    conn: Connection,
    seal: Seal,
    official: Actor,
    case_id: UUID,
    *,
    hide_for: HidingReason | None,
    reason: str,
    now: datetime,
) -> ReviewAppeal:
    """Decide an appeal as the platform: hide the text and photos of the review for a legal reason, or leave them shown.

    Its stars count in any case. In the caller's transaction with the official's scope; writer and seller are told.

    Raises:
        NotFound: the appeal is not for the official's roles to decide.
        SecondFactorRequired: the session has no second factor.
        InvalidAppeal: the reason is missing or too long.
        CaseNotMovable: it was decided before.
        CaseAnswererInvolved: the official wrote the review, or works for the seller.
    """
    written = _check_text(reason, missing="请写原因，卖家看得到")
    appeal = await get_appeal(conn, seal, case_id)
    if appeal is None:
        raise NotFound
    require_case_role(official, appeal.assignee, appeal.county_code)
    case = await lock_case(conn, case_id)
    if case.state is not CaseState.ASSIGNED:
        raise CaseNotMovable(state=case.state)
    outcome = CaseOutcome.UNSOLVED if hide_for is None else CaseOutcome.SOLVED
    answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=official, reason=written, now=now)
    await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=outcome, now=now)
    facts = {"title": appeal.title}
    if hide_for is None:
        await notify_producer(conn, seal, appeal.producer_id, "review_appeal_rejected_seller", facts, now=now)
    else:
        await HIDE_REVIEW.one(conn, review_id=appeal.review_id, reason=hide_for, now=now)
        await notify_account(conn, seal, appeal.writer_id, "review_hidden", facts, now=now)
        await notify_producer(conn, seal, appeal.producer_id, "review_appeal_granted_seller", facts, now=now)
    decided = await get_appeal(conn, seal, case_id)
    assert decided is not None, "an appeal is not deleted"
    return decided
