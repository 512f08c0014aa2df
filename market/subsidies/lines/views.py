"""Read a line with its versions and its changes, and the changes that wait; each reader those of the own divisions."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import mask_identity_number
from market.subsidies.lines.models import ChangeDetails, LineNotFound, LineVerb
from market.subsidies.names import Operator, ServiceKind

CHANGE_DETAILS_CONTEXT = "line_changes.details"
CHANGE_NOTE_CONTEXT = "line_changes.note"
CHANGE_REASON_CONTEXT = "line_changes.reason"
MAX_CHANGES = 50


class ChangeOutcome(StrEnum):
    """How a change ended: its rows are in the bindings, or nothing changed."""

    TAKEN = "taken"
    REFUSED = "refused"


class KnownLine(Struct, frozen=True, kw_only=True):
    """A line with its enrolment and its household: that of the enrolled person, else of the person it is bound to.

    `operator` and `kind` are null of a line that is enrolled and was never bound.
    """

    line: str
    operator: Operator | None
    kind: ServiceKind | None
    programme: str | None
    status: str | None
    entitled_from: date | None
    household: str | None
    village_code: str | None
    village: str | None
    person_sealed: bytes | None


class LineVersion(Struct, frozen=True, kw_only=True):
    """A version of the binding of a line: its days, and who brought it, when, with which file.

    `replaced_at` is set of a version that a later file replaced; it is kept, and counts no more.
    """

    start: date
    until: date | None
    change: str
    realname: str
    file: str
    by: str
    imported_at: datetime | None
    replaced_at: datetime | None


class LineChange(Struct, frozen=True, kw_only=True):
    """A change of a line: who reported it, and how it ended; `file` holds its rows once it is taken."""

    id: UUID
    number: int
    line: str
    village: str
    verb: LineVerb
    effective_on: date
    details: ChangeDetails
    note: str
    reported_by: str
    reported_at: datetime
    outcome: ChangeOutcome | None
    decided_by: str
    decided_at: datetime | None
    reason: str
    file: str


class _SealedChange(Struct, frozen=True, kw_only=True):
    id: UUID
    number: int
    line: str
    village: str
    verb: LineVerb
    effective_on: date
    details_sealed: bytes | None
    note_sealed: bytes
    reported_by: str
    reported_at: datetime
    outcome: ChangeOutcome | None
    decided_by: str
    decided_at: datetime | None
    reason_sealed: bytes | None
    file: str


# The household is the last one of the person, so that a line whose person has left stays with its village.
_LINES = """
    SELECT l.code AS line, l.operator, l.kind, e.programme_code AS programme, e.status, e.entitled_from,
           m.household_code AS household, s.village_code, s.village_name AS village, p.name_sealed AS person_sealed
      FROM (SELECT county_code, code, operator, kind FROM lines
             UNION ALL
            SELECT n.county_code, n.line_code, NULL, NULL FROM enrolments n
             WHERE NOT EXISTS (SELECT FROM lines b WHERE b.county_code = n.county_code AND b.code = n.line_code)) AS l
      LEFT JOIN enrolments e ON e.county_code = l.county_code AND e.line_code = l.code
      LEFT JOIN LATERAL (
           SELECT identity_index FROM bindings
            WHERE county_code = l.county_code AND line_code = l.code
            ORDER BY lower(valid_during) DESC LIMIT 1) AS b ON true
      LEFT JOIN persons p ON p.county_code = l.county_code
                         AND p.identity_index = coalesce(e.identity_index, b.identity_index)
      LEFT JOIN LATERAL (
           SELECT household_code FROM memberships
            WHERE county_code = l.county_code AND person_id = p.id
            ORDER BY lower(valid_during) DESC LIMIT 1) AS m ON true
      LEFT JOIN LATERAL (
           SELECT village_code, village_name FROM household_statuses
            WHERE county_code = l.county_code AND household_code = m.household_code
            ORDER BY lower(valid_during) DESC LIMIT 1) AS s ON true
"""
GET_LINE = Query(
    KnownLine,
    _LINES
    + """
     WHERE l.county_code = :county AND l.code = :line
       AND (:county = ANY(:divisions::text[])
            OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS scope WHERE starts_with(s.village_code, scope)))
    """,
)
LIST_VERSIONS = Query(
    LineVersion,
    """
    SELECT v.start, v.until, v.change, v.realname, coalesce(f.name, '') AS file, coalesce(a.name, '') AS by,
           f.imported_at, v.replaced_at
      FROM (SELECT lower(valid_during) AS start, upper(valid_during) AS until, change, realname, file_id,
                   NULL::timestamptz AS replaced_at
              FROM bindings WHERE county_code = :county AND line_code = :line
            UNION ALL
            SELECT lower((facts ->> 'valid_during')::daterange), upper((facts ->> 'valid_during')::daterange),
                   facts ->> 'change', facts ->> 'realname', file_id, replaced_at
              FROM fact_versions WHERE county_code = :county AND fact = 'bindings' AND subject = :line) AS v
      LEFT JOIN import_files f ON f.id = v.file_id
      LEFT JOIN accounts a ON a.id = f.account_id
     ORDER BY v.start, v.replaced_at NULLS LAST
     LIMIT 200
    """,
)
# LIMIT 1 looks up the line of each change: joined as a whole, the lines of a county take a second.
_CHANGES = """
    SELECT c.id, c.number, c.line_code AS line, coalesce(l.village, '') AS village, c.verb, c.effective_on,
           c.details_sealed, c.note_sealed, r.name AS reported_by, c.reported_at, c.outcome,
           coalesce(d.name, '') AS decided_by, c.decided_at, c.reason_sealed, coalesce(f.name, '') AS file
      FROM line_changes c
      JOIN accounts r ON r.id = c.reported_by
      LEFT JOIN accounts d ON d.id = c.decided_by
      LEFT JOIN import_files f ON f.id = c.file_id
      JOIN LATERAL (""" + _LINES + """
            WHERE l.county_code = c.county_code AND l.code = c.line_code
              AND (:county = ANY(:divisions::text[])
                   OR EXISTS (SELECT FROM unnest(:divisions::text[]) AS scope WHERE starts_with(s.village_code, scope)))
            LIMIT 1) AS l ON true
     WHERE c.county_code = :county
"""  # fmt: skip
GET_CHANGE = Query(_SealedChange, _CHANGES + " AND c.id = :change_id")
LIST_CHANGES_OF_LINE = Query(
    _SealedChange, _CHANGES + " AND c.line_code = :line ORDER BY c.id DESC LIMIT :limit::integer"
)
LIST_WAITING_CHANGES = Query(
    _SealedChange, _CHANGES + " AND c.outcome IS NULL ORDER BY c.id LIMIT :limit::integer OFFSET :skip::integer"
)
COUNT_WAITING_CHANGES = Query(int, "SELECT count(*) FROM line_changes WHERE county_code = :county AND outcome IS NULL")


async def get_line(conn: Connection, county: str, line: str, divisions: Sequence[str]) -> KnownLine:
    """Return a line of the divisions.

    Raises:
        LineNotFound: there is none.
    """
    row = await GET_LINE.maybe(conn, county=county, line=line, divisions=list(divisions))
    if row is None:
        raise LineNotFound
    return row


async def list_versions(conn: Connection, county: str, line: str) -> list[LineVersion]:
    """Return the versions of a line's binding by their first day, replaced ones before what replaced them."""
    return await LIST_VERSIONS.all(conn, county=county, line=line)


def get_bound_until(versions: Sequence[LineVersion]) -> date | None:
    """Return the first day after the last version of a line that counts, null if it has not ended.

    Of a line that was never bound it is the first day of all.
    """
    last = [each for each in versions if each.replaced_at is None]
    return last[-1].until if last else date.min


async def list_line_changes(
    conn: Connection, seal: Seal, county: str, line: str, divisions: Sequence[str]
) -> list[LineChange]:
    """Return the changes of a line, latest first, at most 50."""
    rows = await LIST_CHANGES_OF_LINE.all(conn, county=county, line=line, divisions=list(divisions), limit=MAX_CHANGES)
    return [_mask(_open(seal, row)) for row in rows]


async def list_waiting_changes(
    conn: Connection, seal: Seal, county: str, divisions: Sequence[str], *, skip: int = 0
) -> tuple[list[LineChange], bool]:
    """Return the changes that wait, oldest first, at most 50, and whether others follow."""
    rows = await LIST_WAITING_CHANGES.all(
        conn, county=county, divisions=list(divisions), skip=skip, limit=MAX_CHANGES + 1
    )
    return [_mask(_open(seal, row)) for row in rows[:MAX_CHANGES]], len(rows) > MAX_CHANGES


async def count_waiting_changes(conn: Connection, county: str) -> int:
    """Return how many changes of a county wait for its importers."""
    return await COUNT_WAITING_CHANGES.one(conn, county=county)


async def get_change(
    conn: Connection, seal: Seal, county: str, change_id: UUID, divisions: Sequence[str], *, masked: bool = True
) -> LineChange:
    """Return a change of a line of the divisions, with the identity number in full if it is not `masked`.

    Raises:
        LineNotFound: there is none.
    """
    row = await GET_CHANGE.maybe(conn, county=county, change_id=change_id, divisions=list(divisions))
    if row is None:
        raise LineNotFound
    return _mask(_open(seal, row)) if masked else _open(seal, row)


def _mask(change: LineChange) -> LineChange:
    if not change.details.identity:
        return change
    return replace(change, details=replace(change.details, identity=mask_identity_number(change.details.identity)))


def _open(seal: Seal, row: _SealedChange) -> LineChange:
    details = ChangeDetails()
    if row.details_sealed is not None:
        details = msgspec.json.decode(seal.open(row.details_sealed, CHANGE_DETAILS_CONTEXT), type=ChangeDetails)
    return build_from(
        LineChange,
        row,
        details=details,
        note=seal.open(row.note_sealed, CHANGE_NOTE_CONTEXT),
        reason=seal.open(row.reason_sealed, CHANGE_REASON_CONTEXT) if row.reason_sealed else "",
    )
