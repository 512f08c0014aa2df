"""Read grievances: an official those of its counties, the complainant the own one by its receipt."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.cases.casework.history import open_reason
from market.cases.casework.models import CaseOutcome, CaseState
from market.cases.casework.moves import TEXT_CONTEXT
from market.cases.casework.receipts import hash_receipt
from market.cases.grievances.models import APPEAL_PERIOD, GrievanceReceiptUnknown, GrievanceSource, GrievanceTopic
from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from

MAX_LISTED = 100


class _GrievanceFields(Struct, frozen=True, kw_only=True):
    case_id: UUID
    number: int
    county_code: str
    source: GrievanceSource
    anonymous: bool
    topic: GrievanceTopic | None
    triage_due_at: datetime
    triaged_at: datetime | None
    line: str | None
    finding_id: UUID | None
    lead: int | None
    officer: str | None
    state: CaseState
    outcome: CaseOutcome | None
    assignee: str
    last_level: bool
    received_at: datetime
    due_at: datetime
    reopened_at: datetime | None
    closed_at: datetime | None
    extended_at: datetime | None


class Grievance(_GrievanceFields, frozen=True, kw_only=True):
    """A grievance: who answers until when, what it was linked to, and the last answer.

    `assignee` is the role that answers; `lead` is the number of the lead whose notice it is about; `officer` is the
    name of the official complained of.
    """

    text: str
    answer: str

    def may_appeal(self, now: datetime) -> bool:
        """Return whether the complainant may ask the next level, once, within 30 days of the answer."""
        return (
            self.closed_at is not None
            and self.reopened_at is None
            and not self.last_level
            and self.outcome is not CaseOutcome.WITHDRAWN
            and now <= self.closed_at + APPEAL_PERIOD
        )


class GrievanceStatus(Struct, frozen=True, kw_only=True):
    """What the complainant reads: who answers until when, the last answer, and whether the next level may be asked."""

    number: int
    state: CaseState
    outcome: CaseOutcome | None
    assignee: str
    due_at: datetime
    answer: str
    may_appeal: bool


class _GrievanceRow(_GrievanceFields, frozen=True, kw_only=True):
    text_sealed: bytes
    answer_sealed: bytes | None


_COLUMNS = """
    SELECT c.id AS case_id, c.number, c.county_code, g.source, g.anonymous, g.topic, g.triage_due_at, g.triaged_at,
           g.line_code AS line, g.finding_id, l.number AS lead, o.name AS officer, c.state, c.outcome,
           c.path[c.level] AS assignee, c.level = cardinality(c.path) AS last_level, c.received_at, c.due_at,
           c.reopened_at, c.closed_at, c.extended_at, c.text_sealed,
           (SELECT reason_sealed FROM case_events WHERE case_id = c.id AND move = 'answer'
             ORDER BY id DESC LIMIT 1) AS answer_sealed
      FROM cases c
      JOIN grievances g ON g.case_id = c.id
      LEFT JOIN leads l ON l.id = g.lead_id
      LEFT JOIN accounts o ON o.id = g.officer_id
"""
GET_GRIEVANCE = Query(_GrievanceRow, _COLUMNS + " WHERE c.id = :case_id")
FIND_BY_NUMBER = Query(_GrievanceRow, _COLUMNS + " WHERE c.number = :number")
LIST_GRIEVANCES = Query(
    _GrievanceRow, _COLUMNS + " WHERE g.county_code = :county ORDER BY c.state = 'closed', c.due_at, c.id LIMIT :limit"
)
FIND_ASKER = Query(
    UUID,
    "SELECT asker FROM find_grievance(:number::bigint, :code_hash::bytea) AS asker WHERE asker IS NOT NULL",
)


def _open(seal: Seal, row: _GrievanceRow) -> Grievance:
    text = seal.open(row.text_sealed, TEXT_CONTEXT)
    return build_from(Grievance, row, text=text, answer=open_reason(seal, row.answer_sealed))


async def get_grievance(conn: Connection, seal: Seal, case_id: UUID) -> Grievance | None:
    """Return a grievance that the transaction may see, or None."""
    row = await GET_GRIEVANCE.maybe(conn, case_id=case_id)
    return None if row is None else _open(seal, row)


async def find_own_grievance(conn: Connection, seal: Seal, number: int) -> Grievance:
    """Return the grievance with a number, in the scope of the account that complained (`find_asker`).

    Raises:
        GrievanceReceiptUnknown: it is not that account's.
    """
    row = await FIND_BY_NUMBER.maybe(conn, number=number)
    if row is None:
        raise GrievanceReceiptUnknown
    return _open(seal, row)


async def find_asker(conn: Connection, number: int, code: str) -> UUID:
    """Return the account that complained with the receipt of this number and code.

    Raises:
        GrievanceReceiptUnknown: there is no such receipt.
    """
    asker = await FIND_ASKER.maybe(conn, number=number, code_hash=hash_receipt(code))
    if asker is None:
        raise GrievanceReceiptUnknown
    return asker


async def list_grievances(conn: Connection, seal: Seal, county: str) -> Sequence[Grievance]:
    """Return a county's grievances, open ones first by deadline, at most 100; the caller checks who may read."""
    return [_open(seal, row) for row in await LIST_GRIEVANCES.all(conn, county=county, limit=MAX_LISTED)]


def tell_status(grievance: Grievance, *, now: datetime) -> GrievanceStatus:
    """Return what the complainant reads of a grievance."""
    return build_from(GrievanceStatus, grievance, may_appeal=grievance.may_appeal(now))
