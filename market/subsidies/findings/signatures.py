"""Who signed enrolments: agents and assessors that are one person, and agents of many enrolments in few days.

What does not depend on a month's run is read before it, as in `suspects.py`; the fields are parameters of the checks.
"""

from msgspec import Struct

from market.kernel import Query


class SignatureFaults(Struct, frozen=True):
    """Lines whose agent and village assessor are one person, or that have no assessor, each with its fault."""

    signed_lines: list[str]
    signed_faults: list[str]


class EnrolmentBursts(Struct, frozen=True):
    """Lines that an agent of many enrolments in few days applied for: the person, the name, and how many there were."""

    burst_lines: list[str]
    burst_persons: list[bytes]
    burst_agents: list[str]
    burst_within: list[int]


# A text names a person if the whole name of an official of the county, or another such text, is a part of it: titles
# that nobody listed hide no name that is written plainly anywhere, in an enrolment that was replaced since or was never
# decided either. Agent and assessor are compared by identity number where both have one; a number of one of them is
# also that of an official whom the other text names. The texts are compared before the lines are read, because that
# takes longer than the rest of the statement.
FIND_SIGNATURE_FAULTS = Query(
    SignatureFaults,
    """
    WITH signed AS MATERIALIZED (
        SELECT agent, assessor, agent_identity_index AS agent_number, assessor_identity_index AS assessor_number,
               bool_or(decided) AS decided
          FROM enrolments WHERE county_code = :county GROUP BY 1, 2, 3, 4),
    pairs AS MATERIALIZED (
        SELECT agent, assessor, agent_number, assessor_number FROM signed WHERE decided),
    written AS MATERIALIZED (
        SELECT name, fold_official_name(name) AS folded
          FROM (SELECT agent AS name FROM signed
                 UNION SELECT assessor FROM signed
                 UNION SELECT facts ->> 'agent' FROM fact_versions WHERE county_code = :county AND fact = 'enrolments'
                 UNION SELECT facts ->> 'assessor' FROM fact_versions
                        WHERE county_code = :county AND fact = 'enrolments') AS ever),
    texts AS MATERIALIZED (
        SELECT name, folded FROM written
         WHERE name IN (SELECT agent FROM pairs UNION SELECT assessor FROM pairs)),
    names AS MATERIALIZED (
        SELECT folded AS name, decode(md5(folded), 'hex') AS person_key FROM written
         UNION
        SELECT fold_official_name(a.name), get_person_key(a.id)
          FROM accounts a
         WHERE a.id IN (SELECT account_id FROM grants WHERE starts_with(scope, :county))),
    parts AS MATERIALIZED (SELECT name, list_name_parts(name) AS part FROM texts),
    people AS MATERIALIZED (
        SELECT DISTINCT parts.name, names.person_key FROM parts JOIN names ON names.name = parts.part),
    faults AS MATERIALIZED (
        SELECT pairs.*, '没有写村级评议人' AS fault
          FROM pairs JOIN texts ON texts.name = assessor AND texts.folded = ''
         UNION ALL
        SELECT pairs.*,
               CASE WHEN agent = assessor THEN '代办人和村级评议人都是 ' || agent
                    ELSE format('代办人 %s 和村级评议人 %s 是一个人', agent, assessor) END
          FROM pairs
         WHERE coalesce(
                   agent_number = assessor_number,
                   (agent, assessor) IN (
                       SELECT a.name, b.name FROM people a JOIN people b ON b.person_key = a.person_key)
                   OR (agent, assessor_number) IN (SELECT name, person_key FROM people)
                   OR (assessor, agent_number) IN (SELECT name, person_key FROM people))),
    signed_so AS MATERIALIZED (
        SELECT e.line_code, fault
          FROM faults
          JOIN enrolments e ON e.county_code = :county AND e.agent = faults.agent AND e.assessor = faults.assessor
                           AND e.agent_identity_index IS NOT DISTINCT FROM agent_number
                           AND e.assessor_identity_index IS NOT DISTINCT FROM assessor_number AND e.decided
         WHERE e.county_code = :county AND e.agent = ANY(ARRAY(SELECT agent FROM faults)))
    SELECT coalesce(array_agg(line_code), '{}') AS signed_lines, coalesce(array_agg(fault), '{}') AS signed_faults
      FROM signed_so
    """,
)
# An agent is one person by identity number, whatever the names, and without one by name, however it is written; a name
# that one number alone has in the county, of an agent or an official, is that person's. Namesakes of several numbers
# are told apart in the subject by the order in which they applied first.
FIND_BURSTS = Query(
    EnrolmentBursts,
    """
    WITH days AS MATERIALIZED (
        SELECT agent, agent_identity_index AS number, programme_code, applied_on, count(*) AS applied FROM enrolments
         WHERE county_code = :county AND agent <> ''
         GROUP BY agent, agent_identity_index, programme_code, applied_on),
    written AS MATERIALIZED (
        SELECT agent, number, fold_official_name(agent) AS name, min(applied_on) AS first_on
          FROM days GROUP BY agent, number),
    numbers AS (
        SELECT name, number FROM written WHERE number IS NOT NULL
         UNION
        SELECT fold_official_name(name), identity_index FROM accounts
         WHERE identity_index IS NOT NULL
           AND id IN (SELECT account_id FROM grants WHERE starts_with(scope, :county))),
    known AS MATERIALIZED (SELECT name, min(number) AS number FROM numbers GROUP BY name HAVING count(*) = 1),
    agents AS MATERIALIZED (
        SELECT agent, written.number, name, first_on,
               coalesce(written.number, known.number, decode(md5(name), 'hex')) AS person
          FROM written LEFT JOIN known USING (name)),
    persons AS (
        SELECT person, name,
               count(*) OVER (PARTITION BY name) AS namesakes,
               row_number() OVER (PARTITION BY name ORDER BY first_on, person) AS position
          FROM (SELECT person, min(name) AS name, min(first_on) AS first_on FROM agents GROUP BY person) AS named),
    counted AS MATERIALIZED (
        SELECT person, applied_on, sum(sum(applied)) OVER (
                   PARTITION BY person ORDER BY applied_on
                   RANGE BETWEEN CURRENT ROW AND make_interval(
                       days => (SELECT max(days) - 1 FROM unnest(:burst_days::integer[]) AS days)) FOLLOWING) AS within
          FROM days e
          JOIN agents ON agents.agent = e.agent AND agents.number IS NOT DISTINCT FROM e.number
          JOIN unnest(:programmes::text[]) AS k (code) ON k.code = e.programme_code
         WHERE e.applied_on >= :month::date - 366 AND e.applied_on < :next
         GROUP BY person, applied_on),
    busy AS MATERIALIZED (
        SELECT person FROM counted GROUP BY person
        HAVING max(within) >= (SELECT min(least) FROM unnest(:burst_enrolments::integer[]) AS least)),
    signatures AS MATERIALIZED (SELECT agent, number, person FROM agents JOIN busy USING (person)),
    applications AS MATERIALIZED (
        SELECT s.person, e.line_code, c.within
          FROM enrolments e
          JOIN signatures s ON s.agent = e.agent AND s.number IS NOT DISTINCT FROM e.agent_identity_index
          JOIN counted c ON c.person = s.person AND c.applied_on = e.applied_on
          JOIN unnest(:programmes::text[]) AS k (code) ON k.code = e.programme_code
         WHERE e.county_code = :county AND e.applied_on >= :month::date - 366 AND e.applied_on < :next)
    SELECT coalesce(array_agg(e.line_code), '{}') AS burst_lines, coalesce(array_agg(person), '{}') AS burst_persons,
           coalesce(array_agg(CASE WHEN p.namesakes > 1 THEN format('%s（同名第 %s 人）', p.name, p.position)
                                   ELSE p.name END), '{}') AS burst_agents,
           coalesce(array_agg(e.within::bigint), '{}') AS burst_within
      FROM applications e JOIN persons p USING (person)
    """,
)
