"""Read clawbacks: an official those of the county, or of the households of the own divisions."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Fen, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.subsidies.clawbacks.models import (
    Clawback,
    ClawbackAge,
    ClawbackEntry,
    ClawbackItem,
    ClawbackNotFound,
    ClawbackState,
    ClawbackSummary,
    Debtor,
    EntryKind,
    FraudGround,
    Recoverable,
    Service,
)
from market.subsidies.line_codes import show_lines
from market.subsidies.models import FindingId
from market.subsidies.month.steps import SETTLED_STATES
from market.subsidies.names import OPERATOR_NAMES, Operator
from market.subsidies.register.queries import NAME_CONTEXT

REASON_CONTEXT = "clawbacks.reason"
STATEMENT_CONTEXT = "clawbacks.statement"
OPINION_CONTEXT = "clawbacks.opinion"
ENTRY_NOTE_CONTEXT = "clawback_entries.note"
MAX_LISTED = 300


class _SummaryRow(Struct, frozen=True, kw_only=True):
    id: UUID
    number: int
    debtor: Debtor
    operator: Operator | None
    household: str | None
    village_code: str | None
    amount_fen: Fen
    left_fen: Fen
    state: ClawbackState
    posted_on: date | None
    due_on: date | None
    appeal_until: date | None
    waiting: int


class _ClawbackRow(_SummaryRow, frozen=True, kw_only=True):
    month: date | None
    finding_id: FindingId | None
    ground: FraudGround | None
    name_sealed: bytes | None
    reason_sealed: bytes | None
    statement_sealed: bytes | None
    opinion_sealed: bytes | None
    proposed_by: str
    proposed_at: datetime
    decided_by: str
    decided_at: datetime | None
    served_on: date | None
    service: Service | None


class _EntryRow(Struct, frozen=True, kw_only=True):
    id: UUID
    kind: EntryKind
    fen: int
    month: date | None
    paid_on: date | None
    note_sealed: bytes | None
    recorded_by: str
    recorded_at: datetime
    outcome: str | None
    decided_by: str


_SUMMARY = """
           c.id, c.number, c.debtor, c.operator, c.household_code AS household, c.village_code, c.amount_fen,
           c.amount_fen - e.recovered_fen AS left_fen, c.state, business_day(c.posted_at) AS posted_on, c.due_on,
           c.appeal_until, e.waiting
"""
_ENTRIES = """
      CROSS JOIN LATERAL (
          SELECT coalesce(sum(fen) FILTER (WHERE outcome = 'confirmed'), 0)::bigint AS recovered_fen,
                 (count(*) FILTER (WHERE outcome IS NULL))::integer AS waiting
            FROM clawback_entries WHERE clawback_id = c.id) AS e
"""
LIST_CLAWBACKS = Query(
    _SummaryRow,
    "SELECT"
    + _SUMMARY
    + "FROM clawbacks c"
    + _ENTRIES
    + """
     WHERE c.county_code = :county
       AND EXISTS (SELECT FROM unnest(:divisions::text[]) AS scope
                    WHERE starts_with(coalesce(c.village_code, c.county_code), scope))
     ORDER BY c.state IN ('refused', 'annulled', 'cleared'), c.number DESC
     LIMIT :limit
    """,
)
GET_CLAWBACK = Query(
    _ClawbackRow,
    "SELECT"
    + _SUMMARY
    + """
         , q.month, c.finding_id, c.ground, p.name_sealed, c.reason_sealed, c.statement_sealed, c.opinion_sealed,
           a.name AS proposed_by, c.proposed_at, coalesce(d.name, '') AS decided_by, c.decided_at, c.served_on,
           c.service
      FROM clawbacks c
    """
    + _ENTRIES
    + """
      JOIN accounts a ON a.id = c.proposed_by
      LEFT JOIN accounts d ON d.id = c.decided_by
      LEFT JOIN cycles q ON q.id = c.cycle_id
      LEFT JOIN persons p ON p.id = c.person_id
     WHERE c.id = :clawback_id AND c.county_code = :county
    """,
)
LIST_ITEMS = Query(
    ClawbackItem,
    """
    SELECT line_code AS line, for_month AS month, fen FROM clawback_items
     WHERE clawback_id = :clawback_id ORDER BY line_code, for_month
    """,
)
LIST_ENTRIES = Query(
    _EntryRow,
    """
    SELECT e.id, e.kind, e.fen, q.month, e.paid_on, e.note_sealed, r.name AS recorded_by, e.recorded_at, e.outcome,
           coalesce(d.name, '') AS decided_by
      FROM clawback_entries e
      JOIN accounts r ON r.id = e.recorded_by
      LEFT JOIN accounts d ON d.id = e.decided_by
      LEFT JOIN cycles q ON q.id = e.cycle_id
     WHERE e.clawback_id = :clawback_id
     ORDER BY e.id LIMIT 200
    """,
)
# Of the lines that a decided finding stops, what settled months paid of public money, net of adjustments that are
# settled too.
LIST_RECOVERABLE = Query(
    Recoverable,
    """
    SELECT f.id AS finding_id, f.check_code AS "check", l.line_code AS line, p.operator,
           max(e.household_code) AS household, p.for_month AS month, sum(p.public_fen)::bigint AS fen
      FROM findings f
      JOIN finding_lines l ON l.finding_id = f.id AND l.verdict = 'stop'
      JOIN subsidy_postings p ON p.county_code = f.county_code AND p.line_code = l.line_code
      JOIN cycles q ON q.id = p.cycle_id AND q.state = ANY(:settled::text[])
      LEFT JOIN enrolments e ON e.county_code = f.county_code AND e.line_code = l.line_code
     WHERE f.county_code = :county AND f.state = 'decided' AND (:finding_id::uuid IS NULL OR f.id = :finding_id)
       AND NOT EXISTS (SELECT FROM clawback_items i JOIN clawbacks c ON c.id = i.clawback_id
                        WHERE i.county_code = f.county_code AND i.line_code = l.line_code AND i.for_month = p.for_month
                          AND c.state NOT IN ('refused', 'annulled'))
     GROUP BY f.id, f.check_code, f.opened_at, l.line_code, p.operator, p.for_month
    HAVING sum(p.public_fen) > 0
     ORDER BY f.opened_at DESC, f.id, l.line_code, p.for_month
     LIMIT :limit
    """,
)


AGE_CLAWBACKS = Query(
    ClawbackAge,
    "SELECT c.debtor, (SELECT min(d) FROM unnest(ARRAY[30, 90, 365]) AS d"
    " WHERE :day::date - business_day(c.posted_at) <= d) AS days, count(*)::integer AS clawbacks,"
    " sum(c.amount_fen - e.recovered_fen)::bigint AS left_fen FROM clawbacks c"
    + _ENTRIES
    + """
     WHERE c.county_code = :county AND c.state = 'owed'
     GROUP BY c.debtor, days
     ORDER BY c.debtor DESC, days
    """,
)


async def age_clawbacks(conn: Connection, county: str, *, day: date) -> list[ClawbackAge]:
    """Return what is owed in a county on a day, by debtor and age; what is appealed or may be is not owed yet."""
    return await AGE_CLAWBACKS.all(conn, county=county, day=day)


async def list_clawbacks(conn: Connection, county: str, divisions: Sequence[str]) -> list[ClawbackSummary]:
    """Return the clawbacks of a county that an official of `divisions` sees, open ones first, at most 300.

    Those of operators are for who sees the whole county, those of households also for their villages and townships.
    """
    rows = await LIST_CLAWBACKS.all(conn, county=county, divisions=list(divisions), limit=MAX_LISTED)
    return [build_from(ClawbackSummary, row, debtor_name=_name_debtor(row)) for row in rows]


async def get_clawback(
    conn: Connection, seal: Seal, county: str, clawback_id: UUID, *, divisions: Sequence[str]
) -> Clawback:
    """Return a clawback that an official of `divisions` sees.

    Raises:
        ClawbackNotFound: there is none.
    """
    row = await GET_CLAWBACK.maybe(conn, clawback_id=clawback_id, county=county)
    if row is None or not any((row.village_code or county).startswith(scope) for scope in divisions):
        raise ClawbackNotFound
    entries = await LIST_ENTRIES.all(conn, clawback_id=clawback_id)
    return build_from(
        Clawback,
        row,
        debtor_name=_name_debtor(row),
        person=_open(seal, row.name_sealed, NAME_CONTEXT),
        reason=_open(seal, row.reason_sealed, REASON_CONTEXT),
        statement=_open(seal, row.statement_sealed, STATEMENT_CONTEXT),
        opinion=_open(seal, row.opinion_sealed, OPINION_CONTEXT),
        items=await show_lines(conn, seal, await LIST_ITEMS.all(conn, clawback_id=clawback_id), "line"),
        entries=[
            build_from(ClawbackEntry, each, note=_open(seal, each.note_sealed, ENTRY_NOTE_CONTEXT)) for each in entries
        ],
    )


async def list_recoverable(
    conn: Connection, county: str, *, finding_id: FindingId | None = None, limit: int = MAX_LISTED
) -> list[Recoverable]:
    """Return what decided findings show of settled lines and is in no clawback; the newest findings first."""
    return await LIST_RECOVERABLE.all(conn, county=county, finding_id=finding_id, limit=limit, settled=SETTLED_STATES)


def _name_debtor(row: _SummaryRow) -> str:
    return OPERATOR_NAMES[row.operator] if row.operator else row.household or ""


def _open(seal: Seal, sealed: bytes | None, context: str) -> str:
    return "" if sealed is None else seal.open(sealed, context)
