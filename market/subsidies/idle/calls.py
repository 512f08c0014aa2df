"""Record what came of a call about an idle line; who called, when, and the outcome are never rewritten."""

from collections.abc import Sequence
from datetime import date, datetime

from msgspec import Struct

from market.kernel import Connection, FieldFault, Query
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import clean_text
from market.people.identity.access import require_role
from market.people.identity.models import Actor, Role
from market.subsidies.idle.lines import find_listed, list_lines_to_call
from market.subsidies.idle.models import (
    MAX_NOTE_LENGTH,
    CallOutcome,
    IdleCall,
    IdleCallInvalid,
    IdleLineNotFound,
)

CALL_NOTE_CONTEXT = "idle_calls.note"
CALLERS = (Role.VILLAGE, Role.TOWNSHIP, Role.COUNTY)
"""The roles that record a call, each for its own divisions."""


class _StoredCall(Struct, frozen=True, kw_only=True):
    line: str
    notice_on: date
    outcome: CallOutcome
    note_sealed: bytes | None
    by: str
    at: datetime


ADD_CALL = Query(
    None,
    """
    INSERT INTO idle_calls (county_code, line_code, notice_on, outcome, note_sealed, account_id, at)
    VALUES (:county, :line, :notice_on, :outcome, :note_sealed, :account_id, :now)
    """,
)
LIST_CALLS = Query(
    _StoredCall,
    """
    SELECT c.line_code AS line, c.notice_on, c.outcome, c.note_sealed, a.name AS by, c.at
      FROM idle_calls c JOIN accounts a ON a.id = c.account_id
     WHERE c.county_code = :county AND c.line_code = ANY(:lines::text[]) AND c.notice_on >= :since::date
     ORDER BY c.at DESC, c.id DESC
     LIMIT 10000
    """,
)


async def record_call(
    conn: Connection,
    seal: Seal,
    actor: Actor,
    divisions: Sequence[str],
    *,
    county: str,
    line: str,
    notice_on: date,
    outcome: str,
    note: str,
    now: datetime,
    today: date,
) -> None:
    """Record the outcome of a call about a notice of a line that the official sees, with a note of at most 200.

    Raises:
        IdleLineNotFound: the line is not on the official's list, or its notice is another by now.
        NotAllowed, SecondFactorRequired: the actor has no role of `CALLERS` for the line's village.
        IdleCallInvalid: the outcome is unknown or the note is too long.
    """
    found = find_listed(await list_lines_to_call(conn, county, divisions, today=today), line)
    if found.period.notice_on != notice_on:
        raise IdleLineNotFound
    require_role(actor, CALLERS, found.village_code)
    chosen = next((each for each in CallOutcome if each == outcome), None)
    faults: list[FieldFault] = []
    if chosen is None:
        faults.append(FieldFault("outcome", "请选一个"))
    note = clean_text(note)
    if len(note) > MAX_NOTE_LENGTH:
        faults.append(FieldFault("note", f"最多 {MAX_NOTE_LENGTH} 字"))
    if faults:
        raise IdleCallInvalid(errors=tuple(faults))
    await ADD_CALL.run(
        conn,
        county=county,
        line=line,
        notice_on=notice_on,
        outcome=chosen,
        note_sealed=seal.seal(note, CALL_NOTE_CONTEXT) if note else None,
        account_id=actor.account_id,
        now=now,
    )


async def list_calls(
    conn: Connection, seal: Seal, county: str, lines: Sequence[str], *, since: date
) -> dict[tuple[str, date], list[IdleCall]]:
    """Return the calls about notices since a day, by line and notice, the newest first."""
    calls: dict[tuple[str, date], list[IdleCall]] = {}
    for row in await LIST_CALLS.all(conn, county=county, lines=list(lines), since=since):
        note = seal.open(row.note_sealed, CALL_NOTE_CONTEXT) if row.note_sealed else ""
        calls.setdefault((row.line, row.notice_on), []).append(build_from(IdleCall, row, note=note))
    return calls
