"""What was known of a line when its month was calculated, from which file, and who took the steps of the month."""

from datetime import date, datetime

from msgspec import Struct

from market.kernel import Connection, Query
from market.subsidies.models import CycleState
from market.subsidies.month.cycles import Cycle


class KnownFact(Struct, frozen=True, kw_only=True):
    """A fact of a line and the file that brought it; a pause has no file.

    `since` and `until` are the days of the fact, exclusive. `known` is false if the file came after the calculation;
    `replaced_at` is set if a later file replaced the fact.
    """

    fact: str
    since: date | None
    until: date | None
    file: str
    imported_at: datetime | None
    known: bool
    replaced_at: datetime | None


class TakenStep(Struct, frozen=True, kw_only=True):
    """A step of the month and who took it, for the line's village where villages take it by themselves."""

    step: str
    name: str
    at: datetime
    returned: bool
    opinion: str


LIST_KNOWN_FACTS = Query(
    KnownFact,
    """
    WITH person AS (
        SELECT p.id FROM persons p
         WHERE p.county_code = :county
           AND p.identity_index = coalesce(
               (SELECT identity_index FROM enrolments WHERE county_code = :county AND line_code = :line),
               (SELECT identity_index FROM bindings WHERE county_code = :county AND line_code = :line
                 ORDER BY lower(valid_during) DESC LIMIT 1))),
    facts AS (
        SELECT 'enrolment' AS fact, entitled_from AS since, NULL::date AS until, file_id,
               NULL::timestamptz AS replaced_at, NULL::timestamptz AS at
          FROM enrolments WHERE county_code = :county AND line_code = :line
        UNION ALL
        SELECT 'binding', lower(valid_during), upper(valid_during), file_id, NULL, NULL
          FROM bindings WHERE county_code = :county AND line_code = :line
        UNION ALL
        SELECT 'pause', lower(paused_during), upper(paused_during), NULL, NULL, coalesce(ended_at, paused_at)
          FROM enrolment_pauses WHERE county_code = :county AND line_code = :line
        UNION ALL
        SELECT 'membership', lower(m.valid_during), upper(m.valid_during), m.file_id, NULL, NULL
          FROM memberships m JOIN person ON person.id = m.person_id WHERE m.county_code = :county
        UNION ALL
        SELECT 'claim', coalesce(c.corrects_month, c.month), NULL, c.file_id, NULL, NULL
          FROM claims c
         WHERE c.county_code = :county AND coalesce(c.corrects_month, c.month) = :month
           AND EXISTS (SELECT FROM bindings b
                        WHERE b.county_code = :county AND b.line_code = :line AND b.number_id = c.number_id
                          AND b.operator = c.operator AND b.kind = c.kind)
        UNION ALL
        SELECT 'terms', lower(t.valid_during), upper(t.valid_during), t.file_id, NULL, NULL
          FROM programme_terms t
         WHERE t.county_code = :county AND t.programme_code = :programme
           AND t.valid_during && daterange(:month::date, (:month::date + interval '1 month')::date)
        UNION ALL
        SELECT CASE fact WHEN 'bindings' THEN 'binding' ELSE 'enrolment' END, NULL, NULL, file_id, replaced_at, NULL
          FROM fact_versions
         WHERE county_code = :county AND fact IN ('bindings', 'enrolments') AND subject = :line)
    SELECT f.fact, f.since, f.until, coalesce(i.name, '') AS file, coalesce(i.imported_at, f.at) AS imported_at,
           coalesce(coalesce(i.imported_at, f.at) <= r.ran_at, true) AS known, f.replaced_at
      FROM facts f
      JOIN runs r ON r.id = :run_id
      LEFT JOIN import_files i ON i.id = f.file_id
     ORDER BY coalesce(i.imported_at, f.at) NULLS FIRST, f.fact, f.since
     LIMIT 200
    """,
)
LIST_TAKEN_STEPS = Query(
    TakenStep,
    """
    SELECT step, a.name, at, returned, opinion
      FROM (SELECT state AS step, account_id, at, returned, opinion FROM cycle_events
             WHERE county_code = :county AND cycle_id = :cycle_id
               AND (returned OR state NOT IN ('confirmed', 'reviewed'))
            UNION ALL
            SELECT CASE duty WHEN 'village' THEN 'confirmed' ELSE 'reviewed' END, account_id, approved_at, false,
                   opinion
              FROM cycle_approvals
             WHERE county_code = :county AND cycle_id = :cycle_id AND run_id = :run_id
               AND (:village::text IS NULL OR starts_with(:village, scope))) AS taken
      JOIN accounts a ON a.id = account_id
     ORDER BY at, array_position(:states::text[], step)
     LIMIT 100
    """,
)


async def list_known_facts(conn: Connection, cycle: Cycle, *, line: str, programme: str) -> list[KnownFact]:
    """Return the facts of a line, by its stored code, in the order in which their files came."""
    return await LIST_KNOWN_FACTS.all(
        conn, county=cycle.county_code, month=cycle.month, run_id=cycle.run_id, line=line, programme=programme
    )


async def list_taken_steps(conn: Connection, cycle: Cycle, *, village: str | None) -> list[TakenStep]:
    """Return the steps that were taken of a month, with the approvals that concern a village."""
    return await LIST_TAKEN_STEPS.all(
        conn,
        county=cycle.county_code,
        cycle_id=cycle.id,
        run_id=cycle.run_id,
        village=village,
        states=list(CycleState),
    )
