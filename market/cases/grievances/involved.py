"""Who may not answer a grievance: who had a part in what it is linked to, or in what it names itself."""

import re

from market.cases.grievances.views import Grievance
from market.kernel import Connection, Query
from market.kernel.seal import Seal
from market.kernel.text import fold_identifier, fold_text, normalize_text
from market.people.identity.models import Actor

_MAX_NAMED = 40
_NAMED = re.compile(r"[0-9A-Za-z][0-9A-Za-z-]{3,39}")
"""What may be the code or the number of a line in what people write."""
_SPACED_DIGITS = re.compile(r"(?<=[0-9])[ -]+(?=[0-9])")

# By any account of the person: a duty in the month of the finding (R14) or a decision of it; a step of the lead; of a
# line, a change, a decision of one of its findings, a step of the lead that brought it; and an answer before this one.
# The lines are the linked one, those that the text names by code or number, and those of the person who complained: the
# one who triages cannot leave them out. So is an official whose name is written, unless another account of that name is
# linked as the one complained of: a namesake is not meant.
IS_INVOLVED = Query(
    bool,
    """
    WITH own AS (SELECT a.identity_index, a.phone_index
                   FROM cases c JOIN accounts a ON a.id = c.asker_id
                  WHERE c.id = :case_id),
    about AS MATERIALIZED (
        SELECT g.line_code FROM grievances g WHERE g.case_id = :case_id AND g.line_code IS NOT NULL
         UNION
        SELECT code FROM lines WHERE county_code = :county AND code = ANY(:named::text[])
         UNION
        SELECT b.line_code FROM bindings b JOIN identifiers i ON i.id = b.number_id
         WHERE b.county_code = :county
           AND (i.value_index = ANY(:indexes::bytea[]) OR i.value_index IN (SELECT phone_index FROM own))
         UNION
        SELECT e.line_code FROM enrolments e
         WHERE e.county_code = :county AND e.identity_index IN (SELECT identity_index FROM own))
    SELECT EXISTS (SELECT FROM cycle_duties d JOIN findings f ON f.cycle_id = d.cycle_id
                    WHERE f.id = g.finding_id AND (is_same_person(d.account_id, :account_id)
                                                   OR d.person_key = get_person_key(:account_id)))
        OR EXISTS (SELECT FROM finding_decisions
                    WHERE (finding_id = g.finding_id
                           OR finding_id IN (SELECT l.finding_id FROM finding_lines l
                                              WHERE l.county_code = g.county_code
                                                AND l.line_code IN (SELECT line_code FROM about)))
                      AND is_same_person(account_id, :account_id))
        OR EXISTS (SELECT FROM lead_steps s JOIN leads l ON l.id = s.lead_id
                    WHERE (l.id = g.lead_id
                           OR (l.county_code = g.county_code AND l.line_code IN (SELECT line_code FROM about)))
                      AND (is_same_person(s.account_id, :account_id) OR s.person_key = get_person_key(:account_id)))
        OR EXISTS (SELECT FROM line_changes c
                    WHERE c.county_code = g.county_code AND c.line_code IN (SELECT line_code FROM about)
                      AND (is_same_person(c.reported_by, :account_id) OR is_same_person(c.decided_by, :account_id)))
        OR EXISTS (SELECT FROM case_events e
                    WHERE e.case_id = g.case_id AND e.move = 'answer' AND is_same_person(e.account_id, :account_id))
        OR EXISTS (SELECT FROM accounts a JOIN accounts o ON o.id = g.officer_id
                    WHERE a.id = :account_id AND (a.id = o.id OR a.identity_index = o.identity_index))
        OR EXISTS (SELECT FROM accounts a
                    CROSS JOIN LATERAL (SELECT fold_official_name(a.name) AS name) AS folded
                    WHERE a.id = :account_id AND length(folded.name) > 1
                      AND strpos(:text, folded.name) > 0
                      AND NOT EXISTS (SELECT FROM accounts o
                                       WHERE o.id = g.officer_id AND fold_official_name(o.name) = folded.name))
      FROM grievances g
     WHERE g.case_id = :case_id
    """,
)


async def is_involved(conn: Connection, seal: Seal, official: Actor, grievance: Grievance) -> bool:
    """Return whether an official, by any account, had a part in what a grievance is linked to or names.

    The transaction has the scope of the county.
    """
    written = _SPACED_DIGITS.sub("", normalize_text(grievance.text))
    named = list(dict.fromkeys(_NAMED.findall(written)))[:_MAX_NAMED]
    return bool(
        await IS_INVOLVED.one(
            conn,
            case_id=grievance.case_id,
            county=grievance.county_code,
            account_id=official.account_id,
            named=[each.upper() for each in named],
            indexes=[seal.index(fold_identifier(each)) for each in named],
            text=fold_text(grievance.text),
        )
    )
