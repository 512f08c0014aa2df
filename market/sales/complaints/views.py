"""Read complaints, each reader those that concern them; the transaction has the reader's scope."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.history import open_reason, record_case_looks
from market.cases.casework.models import CaseOutcome, CaseState, WaitingCases
from market.cases.casework.moves import TEXT_CONTEXT
from market.cases.casework.worklist import get_assigned_values, select_assigned
from market.kernel import Connection, Query
from market.kernel.page import MAX_PAGE_SIZE, Page, make_page
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.models import Actor
from market.sales.complaints.models import ComplaintCategory

MAX_COMPLAINTS = 100


class _ComplaintFields(Struct, frozen=True, kw_only=True):
    case_id: UUID
    number: int
    category: ComplaintCategory
    name: str
    state: CaseState
    outcome: CaseOutcome | None
    assignee: str
    received_at: datetime
    due_at: datetime
    code: str
    suborder_id: UUID
    producer_id: UUID
    producer: str
    county_code: str


class Complaint(_ComplaintFields, frozen=True, kw_only=True):
    """A complaint about a sale: who answers until when, the last answer, and why another look was asked for."""

    text: str
    answer: str
    reopened_for: str


class _ComplaintRow(_ComplaintFields, frozen=True, kw_only=True):
    text_sealed: bytes
    answer_sealed: bytes | None
    reopened_for_sealed: bytes | None


_COLUMNS = """
    SELECT cases.id AS case_id, cases.number, cases.category, case_categories.name, cases.state, outcome,
           cases.path[level] AS assignee, cases.received_at, due_at, orders.number || '-' || suborders.position AS code,
           c.suborder_id, producer_id, producers.name AS producer, cases.county_code, text_sealed,
           (SELECT reason_sealed FROM case_events WHERE case_id = cases.id AND move = 'answer'
                      ORDER BY id DESC LIMIT 1) AS answer_sealed,
           (SELECT reason_sealed FROM case_events WHERE case_id = cases.id AND move = 'reopen'
                      ORDER BY id DESC LIMIT 1) AS reopened_for_sealed
      FROM cases
      JOIN case_categories ON case_categories.code = cases.category AND valid_during @> lower(received_during)
      JOIN complaints c ON c.case_id = cases.id
      JOIN suborders ON suborders.id = c.suborder_id
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
"""
GET_COMPLAINT = Query(_ComplaintRow, _COLUMNS + " WHERE cases.id = :case_id")
LIST_SUBORDER_COMPLAINTS = Query(
    _ComplaintRow,
    _COLUMNS + " WHERE c.suborder_id = :suborder_id AND asker_id = :account_id ORDER BY cases.id LIMIT :limit",
)
FIND_BUYER_REPORT = Query(
    _ComplaintRow,
    _COLUMNS + " WHERE c.suborder_id = :suborder_id AND c.category = 'complaint_buyer'",
)
# The latest of each producer and category, by their index.
LIST_PRODUCER_COMPLAINTS = Query(
    _ComplaintRow,
    _COLUMNS
    + """
     WHERE cases.id = ANY(ARRAY(
               SELECT latest.id
                 FROM unnest(:producer_ids::uuid[]) AS own (producer_id)
                CROSS JOIN unnest(:categories::text[]) AS wanted (category)
                CROSS JOIN LATERAL (SELECT id FROM cases x
                                     WHERE x.against_producer_id = own.producer_id AND x.category = wanted.category
                                       AND (:before::uuid IS NULL OR x.id < :before::uuid)
                                     ORDER BY id DESC LIMIT :limit) AS latest))
     ORDER BY cases.id DESC
     LIMIT :limit
    """,
)
SUM_UP_UNANSWERED_COMPLAINTS = Query(
    WaitingCases,
    """
    SELECT count(*)::integer AS count, min(due_at) FILTER (WHERE stopped_at IS NULL) AS due_at FROM cases
     WHERE against_producer_id = ANY(:producer_ids::uuid[]) AND state = 'assigned' AND path[level] = 'seller'
       AND category IN ('complaint_goods', 'complaint_service')
    """,
)
LIST_ASSIGNED_COMPLAINTS = Query(
    _ComplaintRow,
    _COLUMNS + select_assigned("c.county_code", "c.category LIKE 'complaint_%'"),
)


def _open(seal: Seal, row: _ComplaintRow) -> Complaint:
    text = seal.open(row.text_sealed, TEXT_CONTEXT)
    answer, reopened_for = (open_reason(seal, each) for each in (row.answer_sealed, row.reopened_for_sealed))
    return build_from(Complaint, row, text=text, answer=answer, reopened_for=reopened_for)


async def get_complaint(conn: Connection, seal: Seal, case_id: UUID) -> Complaint | None:
    """Return a complaint that the person of the transaction may see, or None."""
    row = await GET_COMPLAINT.maybe(conn, case_id=case_id)
    return None if row is None else _open(seal, row)


async def list_suborder_complaints(conn: Connection, seal: Seal, buyer: Actor, suborder_id: UUID) -> list[Complaint]:
    """Return the buyer's complaints about a part of an order, oldest first."""
    rows = await LIST_SUBORDER_COMPLAINTS.all(
        conn, suborder_id=suborder_id, account_id=buyer.account_id, limit=MAX_COMPLAINTS
    )
    return [_open(seal, row) for row in rows]


async def find_buyer_report(conn: Connection, seal: Seal, suborder_id: UUID) -> Complaint | None:
    """Return what the seller of a sale reported of its buyer, or None; the caller has checked who reads."""
    row = await FIND_BUYER_REPORT.maybe(conn, suborder_id=suborder_id)
    return None if row is None else _open(seal, row)


async def list_producer_complaints(
    conn: Connection, seal: Seal, producer_ids: list[UUID], *, before: UUID | None = None, limit: int = 20
) -> Page[Complaint]:
    """Return the complaints that producers see, latest first; older than the case `before`, if given."""
    size = max(1, min(limit, MAX_PAGE_SIZE))
    rows = await LIST_PRODUCER_COMPLAINTS.all(
        conn, producer_ids=producer_ids, categories=list(ComplaintCategory), before=before, limit=size + 1
    )
    return make_page([_open(seal, row) for row in rows], size, lambda each: each.case_id)


async def sum_up_unanswered_complaints(conn: Connection, actor: Actor) -> WaitingCases:
    """Return how many complaints wait for an answer of the producers that the actor works for, and until when."""
    return await SUM_UP_UNANSWERED_COMPLAINTS.one(conn, producer_ids=list(actor.producers))


async def list_assigned_complaints(conn: Connection, seal: Seal, official: Actor, *, now: datetime) -> list[Complaint]:
    """Return the complaints that the official's roles answer now, by deadline; at most 100. The look is recorded.

    Raises:
        NotAllowed: the actor has no role.
        SecondFactorRequired: the session has no second factor.
    """
    rows = await LIST_ASSIGNED_COMPLAINTS.all(conn, **get_assigned_values(official), limit=MAX_COMPLAINTS)
    found = [_open(seal, row) for row in rows]
    await record_case_looks(conn, official, found, now=now)
    return found
