"""Read mediations, each reader those that concern them; the transaction has the reader's scope."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.history import open_reason
from market.cases.casework.models import CaseOutcome, CaseState, LockedCase
from market.cases.casework.moves import TEXT_CONTEXT
from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.people.identity.models import Actor
from market.sales.mediation.models import MEDIATION

MAX_PROPOSALS = 100


class _MediationFields(Struct, frozen=True, kw_only=True):
    case_id: UUID
    number: int
    state: CaseState
    outcome: CaseOutcome | None
    assignee: str
    received_at: datetime
    due_at: datetime
    source_id: UUID
    source: str
    order_id: UUID
    order_number: int
    code: str
    suborder_id: UUID
    producer_id: UUID
    producer: str
    county_code: str
    title: str
    amount_fen: Fen
    granted_fen: Fen | None
    share_bp: int | None
    agreed: bool | None
    refused_by: UUID
    proposed_bp: int | None
    proposed_by: UUID | None
    buyer_agreed: bool
    seller_agreed: bool


class Mediation(_MediationFields, frozen=True, kw_only=True):
    """A mediation of a refused claim or return (`source` is its category): what is disputed, and how it ended.

    `text` is what the buyer says, `refused` why the claim or return was refused, `proposal` what the mediator wrote
    about the proposed share, and `decision` what the platform wrote if the sides did not agree.
    """

    text: str
    refused: str
    proposal: str
    decision: str


class UnansweredProposal(Struct, frozen=True):
    """A mediation whose proposal a seller has not answered, and until when it can."""

    case_id: UUID
    due_at: datetime


class _MediationRow(_MediationFields, frozen=True, kw_only=True):
    text_sealed: bytes
    refused_sealed: bytes | None
    proposal_sealed: bytes | None
    decision_sealed: bytes | None


_COLUMNS = """
    SELECT cases.id AS case_id, cases.number, cases.state, cases.outcome, cases.path[cases.level] AS assignee,
           cases.received_at, cases.due_at, m.source_id, m.source, order_id,
           orders.number AS order_number, orders.number || '-' || suborders.position AS code, m.suborder_id,
           producer_id, producers.name AS producer, cases.county_code, m.share_bp, agreed, cases.text_sealed,
           (SELECT string_agg(o.title, '、' ORDER BY o.position)
              FROM mediation_lines l JOIN order_lines o ON o.id = l.line_id WHERE l.case_id = cases.id) AS title,
           (SELECT sum(amount_fen)::bigint FROM mediation_lines l WHERE l.case_id = cases.id) AS amount_fen,
           (SELECT sum(granted_fen)::bigint FROM mediation_lines l WHERE l.case_id = cases.id) AS granted_fen,
           m.refused_by, m.refused_sealed, p.share_bp AS proposed_bp, p.proposed_by,
           p.buyer_agreed_at IS NOT NULL AS buyer_agreed, p.seller_agreed_at IS NOT NULL AS seller_agreed,
           (SELECT reason_sealed FROM case_events WHERE case_id = cases.id AND move = 'propose') AS proposal_sealed,
           (SELECT reason_sealed FROM case_events WHERE case_id = cases.id AND move = 'answer'
                      ORDER BY id DESC LIMIT 1) AS decision_sealed
      FROM cases
      JOIN mediations m ON m.case_id = cases.id
      LEFT JOIN mediation_proposals p ON p.case_id = cases.id
      JOIN suborders ON suborders.id = m.suborder_id
      JOIN orders ON orders.id = order_id
      JOIN producers ON producers.id = producer_id
"""
GET_MEDIATION = Query(_MediationRow, _COLUMNS + " WHERE cases.id = :case_id")
LIST_UNANSWERED_PROPOSALS = Query(
    UnansweredProposal,
    """
    SELECT cases.id AS case_id, due_at
      FROM cases JOIN mediation_proposals p ON p.case_id = cases.id
     WHERE against_producer_id = ANY(:producer_ids::uuid[]) AND category = 'mediation' AND state = 'assigned'
       AND level < cardinality(path) AND seller_agreed_at IS NULL AND due_at > :now
     ORDER BY due_at, cases.id
     LIMIT :limit
    """,
)
FIND_MEDIATION_OF_CASE = Query(_MediationRow, _COLUMNS + " WHERE m.source_id = :source_id")


def _open(seal: Seal, row: _MediationRow) -> Mediation:
    return build_from(
        Mediation,
        row,
        text=seal.open(row.text_sealed, TEXT_CONTEXT),
        refused=open_reason(seal, row.refused_sealed),
        proposal=open_reason(seal, row.proposal_sealed),
        decision=open_reason(seal, row.decision_sealed),
    )


async def get_mediation(conn: Connection, seal: Seal, case_id: UUID) -> Mediation | None:
    """Return a mediation that the person of the transaction may see, or None."""
    row = await GET_MEDIATION.maybe(conn, case_id=case_id)
    return None if row is None else _open(seal, row)


async def list_unanswered_proposals(conn: Connection, actor: Actor, *, now: datetime) -> list[UnansweredProposal]:
    """Return the proposals that wait for the producers that the actor works for, the most urgent first, at most 100.

    Who has not answered by then did not agree.
    """
    return await LIST_UNANSWERED_PROPOSALS.all(conn, producer_ids=list(actor.producers), now=now, limit=MAX_PROPOSALS)


async def load_mediation(conn: Connection, seal: Seal, case: LockedCase) -> Mediation | None:
    """Return the mediation that a case is, or that a refused claim or return led to, or None."""
    read = get_mediation if case.category == MEDIATION else find_mediation_of_case
    return await read(conn, seal, case.id)


async def find_mediation_of_case(conn: Connection, seal: Seal, source_id: UUID) -> Mediation | None:
    """Return the mediation of a refused claim or return, or None."""
    row = await FIND_MEDIATION_OF_CASE.maybe(conn, source_id=source_id)
    return None if row is None else _open(seal, row)
