"""Complain about a sale as its buyer; answer as the seller or as the official whose turn it is."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.models import SELLER, CaseAnswererInvolved, CaseMove, CaseNotMovable, CaseOutcome, CaseState
from market.cases.casework.moves import lock_case, move_case, open_case
from market.cases.casework.tell import notify_assignee
from market.catalogue.producers.seller_ties import is_of_seller
from market.kernel import Connection, FieldFault, Query
from market.kernel.language import say
from market.kernel.quotas import lock_quota
from market.kernel.seal import Seal
from market.kernel.text import clean_text
from market.people.identity.access import require_case_role, require_producer
from market.people.identity.models import Actor, NotFound
from market.people.notify.notifications import format_due, notify_account, notify_producer
from market.sales.complaints.models import (
    MAX_COMPLAINT_LENGTH,
    MAX_OPEN_COMPLAINTS,
    SELLERS_CATEGORIES,
    ComplainedBefore,
    ComplaintCategory,
    InvalidComplaint,
    NothingToComplain,
    TooManyComplaints,
)
from market.sales.complaints.views import Complaint, get_complaint
from market.sales.orders.models import SuborderState
from market.sales.orders.transitions import lock_order_by_suborder

ANSWERS = frozenset({CaseOutcome.SOLVED, CaseOutcome.UNSOLVED, CaseOutcome.NOT_OURS})
"""How a complaint is answered; not ours says who it is for."""


class OpenedComplaint(Struct, frozen=True):
    """An opened complaint: its case, its number, and until when it is answered."""

    case_id: UUID
    number: int
    due_at: datetime


class _ComplainedSale(Struct, frozen=True, kw_only=True):
    order_number: int
    producer_id: UUID
    village_code: str
    state: SuborderState
    open_complaints: int
    complained: bool


class _ReportedSale(Struct, frozen=True, kw_only=True):
    buyer_id: UUID
    producer_id: UUID
    village_code: str
    open_complaints: int
    complained: bool


GET_COMPLAINED_SALE = Query(
    _ComplainedSale,
    """
    SELECT orders.number AS order_number, producer_id, village_code, suborders.state,
           (SELECT count(*) FROM complaints JOIN cases ON cases.id = case_id
             WHERE asker_id = buyer_id AND cases.state = 'assigned') AS open_complaints,
           EXISTS (SELECT FROM complaints c
                    WHERE c.suborder_id = suborders.id AND c.category = :category) AS complained
      FROM suborders
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
     WHERE suborders.id = :suborder_id AND buyer_id = :buyer_id
    """,
)
GET_REPORTED_SALE = Query(
    _ReportedSale,
    """
    SELECT buyer_id, producer_id, village_code,
           (SELECT count(*) FROM cases
             WHERE for_producer_id = producer_id AND category = 'complaint_buyer' AND cases.state = 'assigned')
               AS open_complaints,
           EXISTS (SELECT FROM complaints c
                    WHERE c.suborder_id = suborders.id AND c.category = 'complaint_buyer') AS complained
      FROM suborders
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
     WHERE suborders.id = :suborder_id AND producer_id = ANY(:producer_ids::uuid[])
    """,
)
INSERT_COMPLAINT = Query(
    UUID,
    """
    INSERT INTO complaints (case_id, category, suborder_id) VALUES (:case_id, :category, :suborder_id)
    RETURNING case_id
    """,
)


def check_complaint_text(text: str, *, field: str, missing: str) -> str:
    """Return the cleaned text of a complaint or an answer.

    Raises:
        InvalidComplaint: it is empty or too long.
    """
    written = clean_text(text)
    if not written:
        raise InvalidComplaint(errors=(FieldFault(field, missing),))
    if len(written) > MAX_COMPLAINT_LENGTH:
        raise InvalidComplaint(errors=(FieldFault(field, say("最多 {0} 字", MAX_COMPLAINT_LENGTH)),))
    return written


async def complain(
    conn: Connection,
    seal: Seal,
    buyer: Actor,
    suborder_id: UUID,
    *,
    category: ComplaintCategory,
    text: str,
    now: datetime,
) -> OpenedComplaint:
    """Complain about a part of an order, once for each category; who answers first is told.

    The caller's transaction has the scope of the buyer (`get_person_scope`). Source: 电子商务法 59.

    Raises:
        NotFound: the suborder is not of an order of the buyer.
        InvalidComplaint: the text is missing or too long, or the category is for sellers.
        NothingToComplain: it was not paid.
        ComplainedBefore: there is a complaint of this category about it.
        TooManyComplaints: five complaints of the buyer are open.
    """
    written = check_complaint_text(text, field="text", missing=say("请写发生了什么"))
    if category is ComplaintCategory.BUYER:
        raise InvalidComplaint(errors=(FieldFault("category", say("请选一条")),))
    # The lock of the order lets complaints of one purchase wait for each other, the quota those of one buyer.
    await lock_order_by_suborder(conn, suborder_id)
    await lock_quota(conn, "complaints", buyer.account_id)
    sale = await GET_COMPLAINED_SALE.maybe(conn, suborder_id=suborder_id, buyer_id=buyer.account_id, category=category)
    if sale is None:
        raise NotFound
    if sale.state in {SuborderState.PLACED, SuborderState.EXPIRED}:
        raise NothingToComplain
    if sale.complained:
        raise ComplainedBefore
    if sale.open_complaints >= MAX_OPEN_COMPLAINTS:
        raise TooManyComplaints
    against = sale.producer_id if category in SELLERS_CATEGORIES else None
    case = await open_case(
        conn, seal, buyer.account_id, by=buyer, category=category, division_code=sale.village_code,
        against_producer_id=against, text=written, now=now,
    )  # fmt: skip
    await INSERT_COMPLAINT.one(conn, case_id=case.id, category=category, suborder_id=suborder_id)
    facts = {"order": str(sale.order_number), "name": case.name, "due": format_due(case.due_at)}
    if against is not None:
        await notify_producer(conn, seal, against, "complaint_opened_seller", facts, now=now)
    told = {"name": case.name, "number": str(case.number), "due": format_due(case.due_at)}
    await notify_assignee(conn, seal, case, "case_assigned", told, now=now)
    return OpenedComplaint(case.id, case.number, case.due_at)


async def report_buyer(
    conn: Connection, seal: Seal, seller: Actor, suborder_id: UUID, *, text: str, now: datetime
) -> OpenedComplaint:
    """Report the buyer of a sale to the county, once for each sale; the buyer does not learn of it.

    The caller's transaction has the scope of the seller (`get_person_scope`).

    Raises:
        NotFound: the sale is not of a producer that the actor works for.
        InvalidComplaint: the text is missing or too long.
        ComplainedBefore: the buyer was reported before about this sale.
        TooManyComplaints: five reports of the producer are open.
    """
    written = check_complaint_text(text, field="text", missing=say("请写发生了什么"))
    await lock_order_by_suborder(conn, suborder_id)
    reported = {"suborder_id": suborder_id, "producer_ids": list(seller.producers)}
    sale = await GET_REPORTED_SALE.maybe(conn, **reported)
    if sale is None:
        raise NotFound
    await lock_quota(conn, "reports", sale.producer_id)
    sale = await GET_REPORTED_SALE.one(conn, **reported)
    if sale.complained:
        raise ComplainedBefore
    if sale.open_complaints >= MAX_OPEN_COMPLAINTS:
        raise TooManyComplaints
    case = await open_case(
        conn, seal, seller.account_id, by=seller, category=ComplaintCategory.BUYER, division_code=sale.village_code,
        against_producer_id=None, against_account_id=sale.buyer_id, for_producer_id=sale.producer_id, text=written,
        now=now,
    )  # fmt: skip
    await INSERT_COMPLAINT.one(conn, case_id=case.id, category=ComplaintCategory.BUYER, suborder_id=suborder_id)
    told = {"name": case.name, "number": str(case.number), "due": format_due(case.due_at)}
    await notify_assignee(conn, seal, case, "case_assigned", told, now=now)
    return OpenedComplaint(case.id, case.number, case.due_at)


async def answer_complaint(
    conn: Connection, seal: Seal, actor: Actor, case_id: UUID, *, outcome: CaseOutcome, text: str, now: datetime
) -> Complaint:
    """Answer a complaint as the seller or the official whose turn it is, which closes it; the buyer is told.

    In the caller's transaction with the actor's scope. Within seven days the buyer may ask the next level once.

    Raises:
        NotFound: the complaint is not for the actor to answer, now or at all.
        SecondFactorRequired: an official's session has no second factor.
        InvalidComplaint: the outcome is not one of `ANSWERS`, or the text is missing or too long.
        CaseNotMovable: it was answered before.
        CaseAnswererInvolved: the actor complained, or an official works for the seller.
    """
    if outcome not in ANSWERS:
        raise InvalidComplaint(errors=(FieldFault("outcome", "请选办得怎么样"),))
    written = check_complaint_text(text, field="text", missing="请写怎么办的，买家看得到")
    complaint = await get_complaint(conn, seal, case_id)
    if complaint is None:
        raise NotFound
    if complaint.assignee == SELLER:
        require_producer(actor, complaint.producer_id)
    else:
        require_case_role(actor, complaint.assignee, complaint.county_code)
        if await is_of_seller(conn, actor.account_id, complaint.producer_id):
            raise CaseAnswererInvolved
    await lock_order_by_suborder(conn, complaint.suborder_id)
    case = await lock_case(conn, case_id)
    if case.state is not CaseState.ASSIGNED or case.assignee != complaint.assignee:
        raise CaseNotMovable(state=case.state)
    answered = await move_case(conn, seal, case, CaseMove.ANSWER, by=actor, reason=written, now=now)
    await move_case(conn, seal, answered, CaseMove.CLOSE, by=None, outcome=outcome, now=now)
    facts = {"name": case.name, "number": str(case.number)}
    template = "report_answered" if complaint.category is ComplaintCategory.BUYER else "complaint_answered"
    await notify_account(conn, seal, case.asker, template, facts, now=now)
    current = await get_complaint(conn, seal, case_id)
    assert current is not None, "a complaint is not deleted"
    return current
