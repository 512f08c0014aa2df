"""Refunds by a seller that wait for a second person: they hold their sum of the line until they end."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query


class RefundRequestState(StrEnum):
    """The state of a requested refund."""

    WAITING = "waiting"
    CONSENTED = "consented"
    REFUSED = "refused"
    LAPSED = "lapsed"


class LapseReason(StrEnum):
    """Why a requested refund ended without a decision: what happened to its order or its money, or nobody decided."""

    CANCELLED = "cancelled"
    DISPUTED = "disputed"
    REFUNDED = "refunded"
    EXPIRED = "expired"


class RequestedRefund(Struct, frozen=True, kw_only=True):
    """A requested refund of a line.

    `own`: the person who reads it requested it, by this or another account, and may only withdraw it. `bought`: the
    person is the buyer, and may not consent either.
    """

    id: UUID
    producer_id: UUID
    suborder_id: UUID
    line_id: UUID
    code: str
    title: str
    amount_fen: Fen
    reason: str
    note: str
    requester: str
    requested_at: datetime
    state: RefundRequestState
    decided_at: datetime | None
    decision_note: str
    lapse_reason: LapseReason | None
    own: bool
    bought: bool
    order_number: int
    county_code: str
    requested_by: UUID
    key: str


_COLUMNS = """
    SELECT q.id, producer_id, q.suborder_id, line_id, orders.number || '-' || suborders.position AS code, title,
           q.amount_fen, reason, note, requester.name AS requester, requested_at, q.state, decided_at, decision_note,
           lapse_reason, coalesce(is_same_person(requested_by, :account_id::uuid), false) AS own,
           coalesce(is_same_person(buyer_id, :account_id::uuid), false) AS bought, orders.number AS order_number,
           county_code, requested_by, q.key
      FROM refund_requests q
      JOIN suborders ON suborders.id = q.suborder_id
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
      JOIN order_lines ON order_lines.id = line_id
      JOIN accounts requester ON requester.id = requested_by
"""
LIST_PRODUCER_REFUND_REQUESTS = Query(
    RequestedRefund,
    _COLUMNS
    + """
     WHERE producer_id = :producer_id AND q.suborder_id = coalesce(:suborder_id::uuid, q.suborder_id)
     ORDER BY q.state = 'waiting' DESC, q.id DESC
     LIMIT :limit
    """,
)
LIST_WAITING_REFUND_REQUESTS = Query(
    RequestedRefund,
    _COLUMNS
    + """
     WHERE q.state = 'waiting'
       AND EXISTS (SELECT FROM unnest(:scopes::text[]) AS scope WHERE starts_with(producers.county_code, scope))
     ORDER BY q.id
     LIMIT 1000
    """,
)
GET_REFUND_REQUEST = Query(RequestedRefund, _COLUMNS + " WHERE q.id = :request_id")
COUNT_WAITING_REFUNDS = Query(
    int,
    """
    SELECT count(*)
      FROM refund_requests q JOIN suborders ON suborders.id = q.suborder_id
     WHERE producer_id = ANY(:producer_ids::uuid[]) AND q.state = 'waiting'
    """,
)
INSERT_REFUND_REQUEST = Query(
    UUID,
    """
    INSERT INTO refund_requests (suborder_id, line_id, key, amount_fen, reason, note, requested_by, requested_at)
    VALUES (:suborder_id, :line_id, :key, :amount_fen, :reason, :note, :requested_by, :now)
    RETURNING id
    """,
)
DECIDE_REFUND_REQUEST = Query(
    UUID,
    """
    UPDATE refund_requests SET state = :state, decided_by = :by, decided_at = :now, decision_note = :note
     WHERE id = :request_id AND state = 'waiting'
    RETURNING id
    """,
)
LAPSE_REFUND_REQUEST = Query(
    UUID,
    """
    UPDATE refund_requests SET state = 'lapsed', lapse_reason = :reason, decided_at = :now
     WHERE id = :request_id AND state = 'waiting'
    RETURNING id
    """,
)
SUM_WAITING_FEN = Query(
    int,
    """
    SELECT coalesce(sum(q.amount_fen), 0)::bigint
      FROM refund_requests q JOIN suborders ON suborders.id = q.suborder_id
     WHERE order_id = :order_id AND q.state = 'waiting'
    """,
)
ESCALATE_REFUND_REQUEST = Query(
    UUID,
    """
    UPDATE refund_requests SET escalated_at = :now
     WHERE id = :request_id AND state = 'waiting' AND escalated_at IS NULL
    RETURNING id
    """,
)
LAPSE_LINE_REQUESTS = Query(
    None,
    """
    UPDATE refund_requests SET state = 'lapsed', lapse_reason = 'refunded', decided_at = :now
     WHERE line_id = :line_id AND state = 'waiting'
    """,
)
LAPSE_REFUND_REQUESTS = Query(
    None,
    """
    UPDATE refund_requests SET state = 'lapsed', lapse_reason = :reason, decided_at = :now
     WHERE suborder_id = ANY(:suborder_ids::uuid[]) AND state = 'waiting'
    """,
)


async def lapse_refund_requests(
    conn: Connection, suborder_ids: Sequence[UUID], reason: LapseReason, *, now: datetime
) -> None:
    """End the waiting refunds of suborders of a locked order: what they asked for cannot happen any more."""
    await LAPSE_REFUND_REQUESTS.run(conn, suborder_ids=list(suborder_ids), reason=reason, now=now)


async def list_waiting_refund_requests(
    conn: Connection, scopes: Sequence[str], *, account_id: UUID | None
) -> list[RequestedRefund]:
    """Return the waiting refunds of producers in `scopes`, oldest first, at most 1,000."""
    return await LIST_WAITING_REFUND_REQUESTS.all(conn, scopes=list(scopes), account_id=account_id)
