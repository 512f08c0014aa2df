"""List the idle lines of an official's divisions; open one, which the audit records; open all of them to call."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import LiteralString

import msgspec
from msgspec import Struct

from market.kernel import Connection, Query
from market.kernel.seal import Seal, UnsealError
from market.kernel.structs import build_from
from market.kernel.text import normalize_phone
from market.people.audit.record import add_audit_entry, record_export
from market.people.identity.models import Actor
from market.subsidies.identifiers import IDENTIFIER_CONTEXT
from market.subsidies.idle.models import (
    DAYS_AHEAD,
    SHOWN_DAYS,
    IdleContact,
    IdleLine,
    IdleLineNotFound,
    IdleState,
)
from market.subsidies.idle.periods import IdlePeriod, list_idle_periods
from market.subsidies.names import Operator, ServiceKind
from market.subsidies.register.queries import NAME_CONTEXT

MAX_LINES = 5000


class _BoundLine(Struct, frozen=True, kw_only=True):
    line: str
    operator: Operator
    kind: ServiceKind
    household: str
    village_code: str
    village: str
    idle_days: int
    cure_days: int
    start: date
    until: date | None
    paused_starts: list[date]
    paused_untils: list[date]
    used_before: date | None
    used_since: date | None
    last_use: date | None
    known_until: date | None
    number_sealed: bytes
    head_sealed: bytes | None
    phone_sealed: bytes | None


def _find_use(which: LiteralString, condition: LiteralString) -> LiteralString:
    """Return a subquery for the last (`max`) or first (`min`) use of a line within its binding, by the key's index."""
    direction = "DESC" if which == "max" else "ASC"
    return f"""
           (SELECT {which}(u.used_on)
              FROM bindings b
             CROSS JOIN LATERAL (
                   SELECT used_on FROM usage_days
                    WHERE county_code = b.county_code AND operator = b.operator AND kind = b.kind
                      AND number_id = b.number_id AND used_on <@ (b.valid_during * s.span) AND used_on <= :today::date
                      AND NOT used_on <@ s.paused AND {condition}
                    ORDER BY used_on {direction} LIMIT 1) AS u
             WHERE b.county_code = :county AND b.line_code = s.line_code)"""


# Three uses decide where a line is: the last one, the last before the days for which an ended period is shown, and the
# first since. No gap that ends within `shown` days, of which there are at most `idle_days`, lies between the others.
# Paused days are not counted, so that fewer periods end than by the calendar, which limits what is read.
LIST_BOUND_LINES = Query(
    _BoundLine,
    f"""
    WITH enrolled AS (
        SELECT e.line_code, e.entitled_from, p.idle_days, p.cure_days, m.household_code, s.village_code, s.village_name,
               least(p.idle_days, :shown::integer) AS shown
          FROM enrolments e
          JOIN programme_rules p ON p.county_code = e.county_code AND p.programme_code = e.programme_code
                                AND p.idle_days IS NOT NULL AND p.valid_during @> :today::date
          JOIN persons w ON w.county_code = :county AND w.identity_index = e.identity_index
          JOIN memberships m ON m.county_code = :county AND m.person_id = w.id AND m.valid_during @> :today::date
          JOIN household_statuses s ON s.county_code = :county AND s.household_code = m.household_code
                                   AND s.valid_during @> :today::date
         WHERE e.county_code = :county AND e.decided
           AND EXISTS (SELECT FROM unnest(:divisions::text[]) AS division WHERE starts_with(s.village_code, division))),
    spans AS (
        SELECT e.*, x.span, y.paused, n.operator, n.kind, n.number_id
          FROM enrolled e
         CROSS JOIN LATERAL (
               SELECT coalesce(range_agg(p.paused_during), '{{}}') AS paused
                 FROM enrolment_pauses p
                WHERE p.county_code = :county AND p.line_code = e.line_code) AS y
         CROSS JOIN LATERAL (
               SELECT span FROM (SELECT unnest(range_agg(b.valid_during * daterange(e.entitled_from, NULL))) AS span
                                   FROM bindings b
                                  WHERE b.county_code = :county AND b.line_code = e.line_code) AS whole
                WHERE span @> :today::date) AS x
          JOIN bindings n ON n.county_code = :county AND n.line_code = e.line_code
                         AND n.valid_during @> :today::date
         WHERE NOT y.paused @> :today::date),
    used AS (
        SELECT s.*, {_find_use("max", "true")} AS last_use,
               {_find_use("max", "used_on < :today::date - s.shown")} AS used_before,
               {_find_use("min", "used_on >= :today::date - s.shown")} AS used_since
          FROM spans s),
    known AS (
        SELECT used.*, greatest(max(last_use) OVER (PARTITION BY operator, kind),
                                least(:today::date, (SELECT (max(month) + interval '1 month')::date - 1 FROM cycles
                                                      WHERE county_code = :county AND run_id IS NOT NULL))
                               ) AS known_until
          FROM used)
    SELECT k.line_code AS line, k.operator, k.kind, k.household_code AS household, k.village_code,
           k.village_name AS village, k.idle_days, k.cure_days, lower(k.span) AS start, upper(k.span) AS until,
           ARRAY(SELECT lower(pause) FROM unnest(k.paused) AS pause ORDER BY pause) AS paused_starts,
           ARRAY(SELECT upper(pause) FROM unnest(k.paused) AS pause ORDER BY pause) AS paused_untils,
           k.used_before, k.used_since, k.last_use, k.known_until, i.value_sealed AS number_sealed,
           head.name_sealed AS head_sealed, phone.value_sealed AS phone_sealed
      FROM known k
      JOIN identifiers i ON i.id = k.number_id
      LEFT JOIN LATERAL (
           SELECT w.name_sealed FROM memberships m JOIN persons w ON w.id = m.person_id
            WHERE m.county_code = :county AND m.household_code = k.household_code AND m.valid_during @> :today::date
            ORDER BY (m.relation = '户主') DESC, m.member_number LIMIT 1) AS head ON true
      LEFT JOIN LATERAL (
           SELECT v.value_sealed
             FROM memberships m
             JOIN persons w ON w.id = m.person_id AND w.died_on IS NULL
             JOIN bindings b ON b.county_code = :county AND b.identity_index = w.identity_index AND b.kind = 'mobile'
                            AND b.valid_during @> :today::date
             JOIN identifiers v ON v.id = b.number_id
            WHERE m.county_code = :county AND m.household_code = k.household_code AND m.valid_during @> :today::date
            ORDER BY (b.line_code = k.line_code), (m.relation = '户主') DESC, m.member_number, b.line_code
            LIMIT 1) AS phone ON true
     WHERE coalesce(k.last_use, lower(k.span) - 1) + k.idle_days <= :today::date + :ahead::integer
        OR k.used_since - coalesce(k.used_before, lower(k.span) - 1) > k.idle_days
     ORDER BY k.village_code, k.line_code
     LIMIT :limit
    """,
)


async def list_lines_to_call(
    conn: Connection, county: str, divisions: Sequence[str], *, today: date, limit: int = MAX_LINES
) -> list[IdleLine]:
    """Return the idle lines of the divisions, those with the fewest days left first and ended periods last.

    A line is listed from 7 days before its notice until it is used again or removed, and for at most 30 days after
    that. Removal is certain once the use of its day is known; until then the line waits for the operator's report.
    """
    rows = await LIST_BOUND_LINES.all(
        conn, county=county, divisions=list(divisions), today=today, shown=SHOWN_DAYS, ahead=DAYS_AHEAD, limit=limit
    )
    lines = [line for row in rows if (line := _find_idle_line(row, today)) is not None]
    ended = {IdleState.CURED, IdleState.REMOVED}
    return sorted(lines, key=lambda each: (each.state in ended, each.period.removal_on, each.village_code, each.line))


def _find_idle_line(row: _BoundLine, today: date) -> IdleLine | None:
    uses = sorted({day for day in (row.used_before, row.used_since, row.last_use) if day is not None})
    ahead = today + timedelta(days=DAYS_AHEAD + 1)
    end = min(row.until or ahead, ahead)
    pauses = list(zip(row.paused_starts, row.paused_untils, strict=True))
    periods = list(
        list_idle_periods(row.start, end, uses, idle_days=row.idle_days, cure_days=row.cure_days, pauses=pauses)
    )
    if not periods:
        return None
    period = periods[-1]
    state = _find_state(period, row.known_until, today)
    shown_from = today - timedelta(days=SHOWN_DAYS)
    ended_on = {IdleState.CURED: period.used_again, IdleState.REMOVED: period.removal_on}.get(state)
    if ended_on is not None and ended_on <= shown_from:
        return None
    return build_from(IdleLine, row, period=period, state=state)


def _find_state(period: IdlePeriod, known_until: date | None, today: date) -> IdleState:
    if period.used_again is not None:
        return IdleState.CURED
    if period.next_use is not None or (known_until is not None and period.removal_on <= known_until):
        return IdleState.REMOVED
    if today >= period.removal_on:
        return IdleState.OVERDUE
    return IdleState.NOTICED if today > period.notice_on else IdleState.SOON


def open_number(seal: Seal, line: IdleLine) -> str:
    """Return the number or account of an idle line."""
    return seal.open(line.number_sealed, IDENTIFIER_CONTEXT)


def open_contact(seal: Seal, line: IdleLine) -> IdleContact:
    """Return the head of the household and a phone to call; what was erased, or is no mobile number, is empty."""
    try:
        name = seal.open(line.head_sealed, NAME_CONTEXT) if line.head_sealed else ""
    except UnsealError:
        name = ""
    phone = normalize_phone(seal.open(line.phone_sealed, IDENTIFIER_CONTEXT)) if line.phone_sealed else None
    return IdleContact(name, phone or "")


async def open_idle_line(
    conn: Connection, seal: Seal, actor: Actor, lines: Sequence[IdleLine], line: str, *, county: str, now: datetime
) -> tuple[IdleLine, IdleContact]:
    """Return a listed line with whom to call; the audit records who opened it.

    Raises:
        IdleLineNotFound: the line is not listed.
    """
    found = find_listed(lines, line)
    detail: dict[str, object] = {"line": line, "notice_on": str(found.period.notice_on)}
    await add_audit_entry(
        conn, actor=str(actor.account_id), action="open idle line", object=f"county:{county}", detail=detail, now=now
    )
    return found, open_contact(seal, found)


def find_listed(lines: Sequence[IdleLine], line: str) -> IdleLine:
    """Return a line of the list.

    Raises:
        IdleLineNotFound: the line is not listed.
    """
    found = next((each for each in lines if each.line == line), None)
    if found is None:
        raise IdleLineNotFound
    return found


async def open_call_list(
    conn: Connection, seal: Seal, actor: Actor, lines: Sequence[IdleLine], *, county: str, now: datetime
) -> list[tuple[IdleLine, IdleContact]]:
    """Return whom to call about each line; the audit records who took the list, and of how many lines."""
    villages = sorted({each.village_code for each in lines})
    await record_export(
        conn, actor=str(actor.account_id), name="idle call list", county=county,
        detail={"lines": len(lines), "villages": msgspec.to_builtins(villages)}, now=now,
    )  # fmt: skip
    return [(each, open_contact(seal, each)) for each in lines]
