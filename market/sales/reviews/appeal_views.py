"""Read appeals of reviews, each reader those that concern them; the transaction has the reader's scope."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.history import open_reason, record_case_looks
from market.cases.casework.models import CaseOutcome, CaseState
from market.cases.casework.moves import TEXT_CONTEXT
from market.cases.casework.worklist import get_assigned_values, select_assigned
from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.models import Actor
from market.sales.reviews.models import HidingReason

MAX_APPEALS = 100


class _AppealFields(Struct, frozen=True, kw_only=True):
    case_id: UUID
    asker_id: UUID | None
    number: int
    state: CaseState
    outcome: CaseOutcome | None
    assignee: str
    received_at: datetime
    due_at: datetime
    review_id: UUID
    writer_id: UUID
    producer_id: UUID
    producer: str
    county_code: str
    title: str
    rating: int
    review: str
    claimed: HidingReason
    hidden_for: HidingReason | None


class ReviewAppeal(_AppealFields, frozen=True, kw_only=True):
    """An appeal: the review with its text, the reason that the seller `claimed`, and what the platform decided."""

    text: str
    decision: str


class _AppealRow(_AppealFields, frozen=True, kw_only=True):
    text_sealed: bytes
    decision_sealed: bytes | None


_COLUMNS = """
    SELECT cases.id AS case_id, asker_id, cases.number, cases.state, outcome, path[level] AS assignee,
           received_at, due_at, a.review_id, r.account_id AS writer_id, r.producer_id, producers.name AS producer,
           cases.county_code, listings.title, r.rating, r.text AS review, a.claimed, r.hidden_for, text_sealed,
           (SELECT reason_sealed FROM case_events WHERE case_id = cases.id AND move = 'answer'
                      ORDER BY id DESC LIMIT 1) AS decision_sealed
      FROM cases
      JOIN review_appeals a ON a.case_id = cases.id
      JOIN reviews r ON r.id = a.review_id
      JOIN listings ON listings.id = r.listing_id
      JOIN producers ON producers.id = r.producer_id
"""
GET_APPEAL = Query(_AppealRow, _COLUMNS + " WHERE cases.id = :case_id")
FIND_APPEAL_OF_REVIEW = Query(_AppealRow, _COLUMNS + " WHERE a.review_id = :review_id")
LIST_ASSIGNED_APPEALS = Query(
    _AppealRow,
    _COLUMNS + select_assigned("c.county_code", "c.category = 'review_appeal'"),
)


def _open(seal: Seal, row: _AppealRow) -> ReviewAppeal:
    text = seal.open(row.text_sealed, TEXT_CONTEXT)
    return build_from(ReviewAppeal, row, text=text, decision=open_reason(seal, row.decision_sealed))


async def get_appeal(conn: Connection, seal: Seal, case_id: UUID) -> ReviewAppeal | None:
    """Return an appeal that the person of the transaction may see, or None."""
    row = await GET_APPEAL.maybe(conn, case_id=case_id)
    return None if row is None else _open(seal, row)


async def find_appeal_of_review(conn: Connection, seal: Seal, review_id: UUID) -> ReviewAppeal | None:
    """Return the appeal of a review that the person of the transaction may see, or None."""
    row = await FIND_APPEAL_OF_REVIEW.maybe(conn, review_id=review_id)
    return None if row is None else _open(seal, row)


async def list_assigned_appeals(conn: Connection, seal: Seal, official: Actor, *, now: datetime) -> list[ReviewAppeal]:
    """Return the appeals that the official's roles decide now, by deadline; at most 100. The look is recorded.

    Raises:
        NotAllowed: the actor has no role.
        SecondFactorRequired: the session has no second factor.
    """
    rows = await LIST_ASSIGNED_APPEALS.all(conn, **get_assigned_values(official), limit=MAX_APPEALS)
    found = [_open(seal, row) for row in rows]
    await record_case_looks(conn, official, found, now=now)
    return found
