"""Idle lines of a quarter (R8): notice, first unpaid day, next use, removal; officials phone these people."""

from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from market.kernel import Connection, Query
from market.subsidies.idle.periods import list_idle_periods


class IdleRow(Struct, frozen=True, kw_only=True):
    """An idle period with its notice in the quarter; `last_use` is null if the binding has no known use."""

    line: str
    household: str | None
    village: str | None
    last_use: date | None
    notice_on: date
    unpaid_from: date
    used_again: date | None
    removed_on: date | None


class _IdleLine(Struct, frozen=True):
    line: str
    idle_days: int
    cure_days: int
    rule_from: date
    rule_until: date | None
    starts: list[date]
    untils: list[date | None]
    paused_starts: list[date]
    paused_untils: list[date]
    used_on: list[date]
    household: str | None
    village: str | None


LIST_IDLE_LINES = Query(
    _IdleLine,
    """
    WITH idle AS (
        SELECT e.line_code, e.identity_index, p.idle_days, p.cure_days, p.valid_during,
               range_agg(b.valid_during * daterange(e.entitled_from, NULL))
               - (SELECT coalesce(range_agg(s.paused_during) FILTER (WHERE upper_inf(s.paused_during)), '{}')
                    FROM enrolment_pauses s WHERE s.county_code = :county AND s.line_code = e.line_code) AS bound
          FROM enrolments e
          JOIN programme_rules p ON p.county_code = e.county_code AND p.programme_code = e.programme_code
                                AND p.idle_days IS NOT NULL
                                AND p.valid_during && daterange(:first::date, :until::date)
          JOIN bindings b ON b.county_code = e.county_code AND b.line_code = e.line_code
         WHERE e.county_code = :county AND e.decided AND lower(b.valid_during) < :until
         GROUP BY e.line_code, e.identity_index, p.idle_days, p.cure_days, p.valid_during)
    SELECT i.line_code AS line, idle_days, cure_days, lower(i.valid_during) AS rule_from,
           upper(i.valid_during) AS rule_until,
           ARRAY(SELECT lower(span) FROM unnest(bound) AS span ORDER BY span) AS starts,
           ARRAY(SELECT upper(span) FROM unnest(bound) AS span ORDER BY span) AS untils,
           paused.starts AS paused_starts, paused.untils AS paused_untils,
           ARRAY(SELECT DISTINCT u.used_on
                   FROM bindings b
                   JOIN usage_days u ON u.county_code = b.county_code AND u.operator = b.operator
                                    AND u.kind = b.kind AND u.number_id = b.number_id AND u.used_on <@ b.valid_during
                  WHERE b.county_code = :county AND b.line_code = i.line_code AND u.used_on < :until
                  ORDER BY u.used_on) AS used_on,
           m.household_code AS household, s.village_code AS village
      FROM idle i
     CROSS JOIN LATERAL (
           SELECT coalesce(array_agg(lower(s.paused_during) ORDER BY s.paused_during), '{}') AS starts,
                  coalesce(array_agg(upper(s.paused_during) ORDER BY s.paused_during), '{}') AS untils
             FROM enrolment_pauses s
            WHERE s.county_code = :county AND s.line_code = i.line_code AND NOT upper_inf(s.paused_during)) AS paused
      LEFT JOIN persons p ON p.county_code = :county AND p.identity_index = i.identity_index
      LEFT JOIN memberships m ON m.person_id = p.id AND m.valid_during @> (:until::date - 1)
      LEFT JOIN household_statuses s ON s.county_code = :county AND s.household_code = m.household_code
                                     AND s.valid_during @> (:until::date - 1)
     ORDER BY i.line_code, i.valid_during
    """,
)


async def list_idle_lines(conn: Connection, county: str, first: date, until: date) -> list[IdleRow]:
    """Return the idle periods with a notice in the quarter, given the use known up to its end.

    Paused days count neither as used nor as unused. A notice is by the rule of its day.
    """
    lines = await LIST_IDLE_LINES.all(conn, county=county, first=first, until=until)
    return [
        row
        for line in lines
        for row in _idle_periods(line, until)
        if max(first, line.rule_from) <= row.notice_on < (line.rule_until or until)
    ]


def _idle_periods(line: _IdleLine, until: date) -> Iterator[IdleRow]:
    """Yield each idle period of a line with a notice before `until`."""
    pauses = list(zip(line.paused_starts, line.paused_untils, strict=True))
    for start, bound_until in zip(line.starts, line.untils, strict=True):
        end = min(bound_until or until, until)
        for period in list_idle_periods(
            start, end, line.used_on, idle_days=line.idle_days, cure_days=line.cure_days, pauses=pauses
        ):
            removed = period.removal_on < end and period.used_again is None
            yield IdleRow(
                line=line.line,
                household=line.household,
                village=line.village,
                last_use=period.last_use,
                notice_on=period.notice_on,
                unpaid_from=period.unpaid_from,
                used_again=period.used_again,
                removed_on=period.removal_on if removed else None,
            )
