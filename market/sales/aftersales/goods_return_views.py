"""Read returns of goods, each reader those that concern them; the transaction has the reader's scope."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from market.cases.casework.history import open_reason, record_case_looks
from market.cases.casework.models import CaseOutcome, CaseState, WaitingCases
from market.cases.casework.moves import TEXT_CONTEXT
from market.cases.casework.worklist import get_assigned_values, select_assigned
from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.models import Actor

RETURN_ADDRESS_CONTEXT = "goods_returns.address"
MAX_GOODS_RETURNS = 100


class GoodsReturnStage(StrEnum):
    """How far a return is; an asked or a contested one waits for the answer of `assignee`."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    SENT = "sent"
    CONTESTED = "contested"
    REFUNDED = "refunded"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


_ENDS = {CaseOutcome.SOLVED: GoodsReturnStage.REFUNDED, CaseOutcome.WITHDRAWN: GoodsReturnStage.WITHDRAWN}


class GoodsReturnLine(Struct, frozen=True, kw_only=True):
    """A returned line: how many of it, and their price."""

    line_id: UUID
    title: str
    quantity: int
    amount_fen: Fen


class _GoodsReturnFields(Struct, frozen=True, kw_only=True):
    case_id: UUID
    number: int
    state: CaseState
    outcome: CaseOutcome | None
    assignee: str
    received_at: datetime
    due_at: datetime
    buyer_id: UUID
    order_id: UUID
    order_number: int
    code: str
    suborder_id: UUID
    producer_id: UUID
    producer: str
    county_code: str
    accepted_by: UUID | None
    accepted_at: datetime | None
    carrier: str | None
    tracking: str | None
    sent_at: datetime | None
    arrived_at: datetime | None
    lines: list[GoodsReturnLine]


class GoodsReturn(_GoodsReturnFields, frozen=True, kw_only=True):
    """A return of goods: what is sent back, how far it is, and who answers until when.

    `text` is the buyer's reason, `address` where the goods go once the return is accepted, empty if the household that
    gave it closed its account. `seller_reason` is why the seller refused it, or why it was not refunded at its arrival,
    `decision` what the one who decided wrote.
    """

    text: str
    seller_reason: str
    decision: str
    address: str

    @property
    def amount_fen(self) -> Fen:
        """The price of what is returned."""
        return Fen(sum(each.amount_fen for each in self.lines))

    @property
    def title(self) -> str:
        """The returned goods in words."""
        return "、".join(f"{each.title} × {each.quantity}" for each in self.lines)

    @property
    def stage(self) -> GoodsReturnStage:
        """How far the return is."""
        if self.state is CaseState.CLOSED and self.outcome is not None:
            return _ENDS.get(self.outcome, GoodsReturnStage.REFUSED)
        if self.state is CaseState.ANSWERED:
            return GoodsReturnStage.SENT if self.sent_at else GoodsReturnStage.ACCEPTED
        return GoodsReturnStage.CONTESTED if self.accepted_at else GoodsReturnStage.ASKED


class _GoodsReturnRow(_GoodsReturnFields, frozen=True, kw_only=True):
    text_sealed: bytes
    seller_reason_sealed: bytes | None
    decision_sealed: bytes | None
    address_sealed: bytes | None


_COLUMNS = """
    SELECT cases.id AS case_id, cases.number, cases.state, outcome, path[level] AS assignee, cases.received_at, due_at,
           asker_id AS buyer_id, order_id, orders.number AS order_number,
           orders.number || '-' || suborders.position AS code, g.suborder_id, producer_id,
           producers.name AS producer, cases.county_code, accepted_by, accepted_at, g.carrier, g.tracking, sent_at,
           arrived_at, text_sealed, g.address_sealed,
           (SELECT reason_sealed FROM case_events
                      WHERE case_id = cases.id
                        AND (move = 'escalate' AND case_events.level = 2
                             OR move = 'reopen' AND account_id IS DISTINCT FROM asker_id)
                      ORDER BY id DESC LIMIT 1) AS seller_reason_sealed,
           (SELECT reason_sealed FROM case_events WHERE case_id = cases.id AND move = 'answer'
                      ORDER BY id DESC LIMIT 1) AS decision_sealed,
           (SELECT jsonb_agg(jsonb_build_object('line_id', l.id, 'title', l.title, 'quantity', r.quantity,
                                                'amount_fen', r.amount_fen) ORDER BY l.position)
              FROM goods_return_lines r JOIN order_lines l ON l.id = r.line_id WHERE r.case_id = cases.id) AS lines
      FROM cases
      JOIN goods_returns g ON g.case_id = cases.id
      JOIN suborders ON suborders.id = g.suborder_id
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
"""
GET_GOODS_RETURN = Query(_GoodsReturnRow, _COLUMNS + " WHERE cases.id = :case_id")
LIST_ORDER_RETURNS = Query(
    _GoodsReturnRow, _COLUMNS + " WHERE orders.id = :order_id AND asker_id = :account_id ORDER BY cases.id"
)
# First those that wait for the seller: to answer, then to receive.
LIST_PRODUCER_RETURNS = Query(
    _GoodsReturnRow,
    _COLUMNS
    + """
     WHERE against_producer_id = ANY(:producer_ids::uuid[]) AND cases.category = 'goods_return'
     ORDER BY cases.state = 'closed', NOT (cases.state = 'assigned' AND path[level] = 'seller'), sent_at IS NULL,
              due_at, cases.id DESC
     LIMIT :limit
    """,
)
SUM_UP_WAITING_RETURNS = Query(
    WaitingCases,
    """
    SELECT count(*)::integer AS count,
           min(due_at) FILTER (WHERE state = 'assigned' AND stopped_at IS NULL) AS due_at
      FROM goods_returns g JOIN cases ON cases.id = g.case_id
     WHERE against_producer_id = ANY(:producer_ids::uuid[])
       AND ((state = 'assigned' AND path[level] = 'seller') OR (state = 'answered' AND sent_at IS NOT NULL))
    """,
)
LIST_ASSIGNED_RETURNS = Query(
    _GoodsReturnRow,
    _COLUMNS + select_assigned("c.county_code", "c.category = 'goods_return'"),
)


async def get_goods_return(conn: Connection, seal: Seal, case_id: UUID) -> GoodsReturn | None:
    """Return a return that the person of the transaction may see, or None."""
    row = await GET_GOODS_RETURN.maybe(conn, case_id=case_id)
    return None if row is None else _open(seal, row)


async def list_order_returns(conn: Connection, seal: Seal, buyer: Actor, order_id: UUID) -> list[GoodsReturn]:
    """Return the returns of the buyer's order, oldest first."""
    rows = await LIST_ORDER_RETURNS.all(conn, order_id=order_id, account_id=buyer.account_id)
    return [_open(seal, row) for row in rows]


async def list_producer_returns(conn: Connection, seal: Seal, producer_ids: Sequence[UUID]) -> list[GoodsReturn]:
    """Return the returns to producers: those that wait for them first; at most 100.

    The caller checks that the reader works for the producers.
    """
    rows = await LIST_PRODUCER_RETURNS.all(conn, producer_ids=list(producer_ids), limit=MAX_GOODS_RETURNS)
    return [_open(seal, row) for row in rows]


async def sum_up_waiting_returns(conn: Connection, actor: Actor) -> WaitingCases:
    """Return how many returns wait for an answer, or for the arrival, at the producers that the actor works for.

    Only an answer has a deadline.
    """
    return await SUM_UP_WAITING_RETURNS.one(conn, producer_ids=list(actor.producers))


async def list_assigned_returns(conn: Connection, seal: Seal, official: Actor, *, now: datetime) -> list[GoodsReturn]:
    """Return the returns that the official's roles decide now, by deadline; at most 100. The look is recorded.

    Raises:
        NotAllowed: the actor has no role.
        SecondFactorRequired: the session has no second factor.
    """
    rows = await LIST_ASSIGNED_RETURNS.all(conn, **get_assigned_values(official), limit=MAX_GOODS_RETURNS)
    found = [_open(seal, row) for row in rows]
    await record_case_looks(conn, official, found, now=now)
    return found


def _open(seal: Seal, row: _GoodsReturnRow) -> GoodsReturn:
    address = seal.open(row.address_sealed, RETURN_ADDRESS_CONTEXT) if row.address_sealed else ""
    return build_from(
        GoodsReturn,
        row,
        text=seal.open(row.text_sealed, TEXT_CONTEXT),
        address=address,
        seller_reason=open_reason(seal, row.seller_reason_sealed),
        decision=open_reason(seal, row.decision_sealed),
    )
