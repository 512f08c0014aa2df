"""暂停享受: pause the reduction of an enrolled line until another person ends the pause, and say how a line stands."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

import asyncpg
from msgspec import Struct

from market.kernel import Connection, FieldFault, Query, Refusal
from market.kernel.clock import get_business_day
from market.kernel.seal import Seal
from market.kernel.structs import build_from
from market.kernel.text import clean_text
from market.people.audit.record import add_audit_entry
from market.people.identity.access import get_visible_divisions, require_role
from market.people.identity.models import Actor, Role
from market.subsidies.imports.enrolments import DECIDED
from market.subsidies.lines.models import (
    MAX_NOTE_LENGTH,
    ConsentWithdrawn,
    LineChangeDecided,
    LineChangeInvalid,
    LineNotFound,
    SecondChangePart,
)
from market.subsidies.lines.views import KnownLine, get_line
from market.subsidies.names import PENDING_STATUSES

PAUSE_NOTE_CONTEXT = "enrolment_pauses.note"
PAUSE_END_CONTEXT = "enrolment_pauses.end_note"
PAUSERS = frozenset({Role.TOWNSHIP, Role.COUNTY})
"""Who pauses a line and who ends a pause, each for the own divisions."""
_REFUSALS: dict[str, type[Refusal]] = {"P0171": SecondChangePart, "P0173": ConsentWithdrawn}
"""By the error of the trigger `check_enrolment_pause`: the person began the pause, or the consent is withdrawn."""


class PauseReason(StrEnum):
    """Why nothing is reduced for a line for a time; it is no proof of a violation."""

    ASKED = "asked"
    CONSENT = "consent"
    CHECK = "check"
    AWAY = "away"
    OTHER = "other"


PAUSE_REASON_NAMES: dict[PauseReason, str] = {
    PauseReason.ASKED: "农户自己要求",
    PauseReason.CONSENT: "撤回了同意",
    PauseReason.CHECK: "正在核查",
    PauseReason.AWAY: "联系不上",
    PauseReason.OTHER: "别的原因",
}


class EnrolmentState(StrEnum):
    """How a line stands on a day. Source: the statuses of an enrolment, its pauses, and the days of its binding."""

    NONE = "none"
    PENDING = "pending"
    REJECTED = "rejected"
    UPCOMING = "upcoming"
    ACTIVE = "active"
    PAUSED = "paused"
    UNBOUND = "unbound"


ENROLMENT_STATE_NAMES: dict[EnrolmentState, str] = {
    EnrolmentState.NONE: "没有登记享受",
    EnrolmentState.PENDING: "申请中",
    EnrolmentState.REJECTED: "没有通过或撤回",
    EnrolmentState.UPCOMING: "已审定，还没到享受那天",
    EnrolmentState.ACTIVE: "享受中",
    EnrolmentState.PAUSED: "暂停享受",
    EnrolmentState.UNBOUND: "没有绑定，或者停了、销了",
}


class NewPause(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A pause as it is asked for; `paused_from` is the first day without a reduction."""

    line: str
    reason: PauseReason
    paused_from: date
    note: str


class PauseEnd(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The end of a pause; `resumed_on` is the first day with a reduction."""

    resumed_on: date
    note: str


class EnrolmentPause(Struct, frozen=True, kw_only=True):
    """A pause of a line; `resumed_on` is null while nobody ended it."""

    id: UUID
    line: str
    reason: PauseReason
    paused_from: date
    resumed_on: date | None
    note: str
    paused_by: str
    paused_at: datetime
    ended_by: str
    ended_at: datetime | None
    end_note: str


class _SealedPause(Struct, frozen=True, kw_only=True):
    id: UUID
    line: str
    reason: PauseReason
    paused_from: date
    resumed_on: date | None
    note_sealed: bytes
    paused_by: str
    paused_at: datetime
    ended_by: str
    ended_at: datetime | None
    end_note_sealed: bytes | None


ADD_PAUSE = Query(
    UUID,
    """
    INSERT INTO enrolment_pauses (county_code, line_code, paused_during, reason, note_sealed, paused_by, paused_at)
    VALUES (:county, :line, daterange(:paused_from::date, NULL), :reason, :note_sealed, :account_id, :now)
    RETURNING id
    """,
)
END_PAUSE = Query(
    None,
    """
    UPDATE enrolment_pauses
       SET paused_during = daterange(lower(paused_during), :resumed_on::date), ended_by = :account_id, ended_at = :now,
           end_note_sealed = :end_note_sealed
     WHERE county_code = :county AND id = :pause_id
    """,
)
_PAUSES = """
    SELECT p.id, p.line_code AS line, p.reason, lower(p.paused_during) AS paused_from,
           upper(p.paused_during) AS resumed_on, p.note_sealed, a.name AS paused_by, p.paused_at,
           coalesce(e.name, '') AS ended_by, p.ended_at, p.end_note_sealed
      FROM enrolment_pauses p
      JOIN accounts a ON a.id = p.paused_by
      LEFT JOIN accounts e ON e.id = p.ended_by
"""
LIST_PAUSES = Query(
    _SealedPause,
    _PAUSES + " WHERE p.county_code = :county AND p.line_code = :line ORDER BY p.paused_during DESC LIMIT 100",
)
IS_CONSENT_MISSING = Query(bool, "SELECT is_consent_missing(:county, :line)")
LOCK_PAUSE = Query(_SealedPause, _PAUSES + " WHERE p.county_code = :county AND p.id = :pause_id FOR NO KEY UPDATE OF p")


def find_enrolment_state(
    *,
    status: str | None,
    entitled_from: date | None,
    bound_until: date | None,
    pauses: Sequence[EnrolmentPause],
    day: date,
) -> EnrolmentState:
    """Return how a line stands on a day; `bound_until` is the first day without a binding, null if it is open."""
    if status is None:
        return EnrolmentState.NONE
    if status != DECIDED:
        return EnrolmentState.PENDING if status in PENDING_STATUSES else EnrolmentState.REJECTED
    if bound_until is not None and bound_until <= day:
        return EnrolmentState.UNBOUND
    if any(each.paused_from <= day and (each.resumed_on is None or day < each.resumed_on) for each in pauses):
        return EnrolmentState.PAUSED
    return EnrolmentState.UPCOMING if entitled_from is not None and day < entitled_from else EnrolmentState.ACTIVE


async def pause_line(
    conn: Connection, seal: Seal, actor: Actor, county: str, new: NewPause, *, now: datetime
) -> EnrolmentPause:
    """Pause an enrolled line from a day on, in the caller's transaction of the county, and return the pause.

    Nothing but `end_pause` ends it: neither a file nor a new binding. A day in a settled month changes that month by an
    adjustment when it is calculated again (R10).

    Raises:
        LineNotFound: the line is not in the actor's divisions.
        NotAllowed, SecondFactorRequired: the actor has no role of `PAUSERS` for the line's village.
        LineChangeInvalid: the line is not enrolled or is paused already, or fields are wrong; `errors` lists them.
    """
    line = await get_line(conn, county, new.line.strip(), get_visible_divisions(actor, county))
    require_role(actor, PAUSERS, line.village_code or county)
    today, note = get_business_day(now), clean_text(new.note)
    faults = _list_note_faults(note)
    if line.status != DECIDED or line.entitled_from is None:
        faults.append(FieldFault("line", "这条业务没有审定享受，不用暂停"))
    elif not line.entitled_from <= new.paused_from <= today:
        faults.append(FieldFault("paused_from", f"应在享受起 {line.entitled_from} 到今天 {today} 之间"))
    if faults:
        raise LineChangeInvalid(errors=tuple(faults))
    attempt = conn.transaction()
    await attempt.start()
    try:
        pause_id = await ADD_PAUSE.one(
            conn, county=county, line=line.line, paused_from=new.paused_from, reason=new.reason,
            note_sealed=seal.seal(note, PAUSE_NOTE_CONTEXT), account_id=actor.account_id, now=now,
        )  # fmt: skip
    except asyncpg.ExclusionViolationError as error:
        await attempt.rollback()
        raise LineChangeInvalid(errors=(FieldFault("paused_from", "从这天起已经暂停了"),)) from error
    await attempt.commit()
    await _record(conn, actor, pause_id, "pause", now=now)
    return await _find(conn, seal, county, line, pause_id)


async def end_pause(
    conn: Connection, seal: Seal, actor: Actor, county: str, end: PauseEnd, *, pause_id: UUID, now: datetime
) -> EnrolmentPause:
    """End a pause, as another person than who began it, and return it.

    Raises:
        LineNotFound: the pause is of no line in the actor's divisions.
        NotAllowed, SecondFactorRequired: see `pause_line`.
        LineChangeDecided: it has ended.
        LineChangeInvalid: the day is not after its first one and not after today, or the note is missing.
        SecondChangePart: the actor began it.
        ConsentWithdrawn: the enrolled person withdrew the consent to the line and gave none since.
    """
    pause = await LOCK_PAUSE.maybe(conn, county=county, pause_id=pause_id)
    if pause is None:
        raise LineNotFound
    line = await get_line(conn, county, pause.line, get_visible_divisions(actor, county))
    require_role(actor, PAUSERS, line.village_code or county)
    if pause.resumed_on is not None:
        raise LineChangeDecided
    today, note = get_business_day(now), clean_text(end.note)
    faults = _list_note_faults(note)
    if not pause.paused_from < end.resumed_on <= today:
        faults.append(FieldFault("resumed_on", f"应在 {pause.paused_from} 之后，不晚于今天 {today}"))
    if faults:
        raise LineChangeInvalid(errors=tuple(faults))
    attempt = conn.transaction()
    await attempt.start()
    try:
        await END_PAUSE.run(
            conn, county=county, pause_id=pause_id, resumed_on=end.resumed_on, account_id=actor.account_id, now=now,
            end_note_sealed=seal.seal(note, PAUSE_END_CONTEXT),
        )  # fmt: skip
    except asyncpg.PostgresError as error:
        await attempt.rollback()
        refusal = _REFUSALS.get(error.sqlstate or "")
        if refusal is None:
            raise
        raise refusal from error
    await attempt.commit()
    await _record(conn, actor, pause_id, "resume", now=now)
    return await _find(conn, seal, county, line, pause_id)


async def is_consent_missing(conn: Connection, county: str, line: str) -> bool:
    """Tell whether the enrolled person withdrew the consent to the line and gave none since."""
    return await IS_CONSENT_MISSING.one(conn, county=county, line=line)


async def list_pauses(conn: Connection, seal: Seal, county: str, line: str) -> list[EnrolmentPause]:
    """Return the pauses of a line, latest first, at most 100."""
    return [
        build_from(
            EnrolmentPause,
            row,
            note=seal.open(row.note_sealed, PAUSE_NOTE_CONTEXT),
            end_note=seal.open(row.end_note_sealed, PAUSE_END_CONTEXT) if row.end_note_sealed else "",
        )
        for row in await LIST_PAUSES.all(conn, county=county, line=line)
    ]


def _list_note_faults(note: str) -> list[FieldFault]:
    if not note:
        return [FieldFault("note", "请写为什么")]
    return [FieldFault("note", f"最多 {MAX_NOTE_LENGTH} 个字")] if len(note) > MAX_NOTE_LENGTH else []


async def _find(conn: Connection, seal: Seal, county: str, line: KnownLine, pause_id: UUID) -> EnrolmentPause:
    [found] = [each for each in await list_pauses(conn, seal, county, line.line) if each.id == pause_id]
    return found


async def _record(conn: Connection, actor: Actor, pause_id: UUID, step: str, *, now: datetime) -> None:
    await add_audit_entry(
        conn, actor=str(actor.account_id), action=f"enrolment {step}", object=f"enrolment_pause:{pause_id}",
        detail={}, now=now,
    )  # fmt: skip
