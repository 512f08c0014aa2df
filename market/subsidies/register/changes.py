"""Store changes of the register, from a file or a lead's decision; a statement gets all rows as one JSON list."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from market.kernel import Connection, Query
from market.subsidies.models import FileId


class Origin(Struct, frozen=True, kw_only=True):
    """Where a fact comes from: an imported file, or the lead whose decision brought it."""

    file_id: FileId | None = None
    lead_id: UUID | None = None


class RegisterRows(Struct):
    """Rows to store: new facts, and the new form of known ones."""

    persons: list[dict[str, object]] = []
    persons_changed: list[dict[str, object]] = []
    households: list[dict[str, object]] = []
    statuses: list[dict[str, object]] = []
    statuses_changed: list[dict[str, object]] = []
    memberships: list[dict[str, object]] = []
    memberships_changed: list[dict[str, object]] = []


# Identity indexes are decoded before the join: under row-level security, joins on function results use no index.
ADD_PERSONS = Query(
    None,
    """
    INSERT INTO persons (county_code, identity_index, identity_sealed, name_sealed, born_on, sex, died_on,
                         death_known_at, file_id, lead_id)
    SELECT :county, decode(index, 'base64'), decode(sealed, 'base64'), decode(name, 'base64'), born_on, sex, died_on,
           CASE WHEN died_on IS NOT NULL THEN :now::timestamptz END, :file_id, :lead_id
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(index text, sealed text, name text, born_on date, sex text, died_on date)
    """,
)
CHANGE_PERSONS = Query(
    None,
    """
    WITH given AS MATERIALIZED (
        SELECT decode(index, 'base64') AS index, decode(name, 'base64') AS name, born_on, sex, died_on
          FROM jsonb_to_recordset(:rows::jsonb) AS r(index text, name text, born_on date, sex text, died_on date))
    UPDATE persons
       SET file_id = :file_id, lead_id = :lead_id, name_sealed = r.name, born_on = r.born_on, sex = r.sex,
           died_on = r.died_on,
           death_known_at = CASE WHEN r.died_on IS NULL THEN NULL
                                 WHEN persons.died_on IS NULL THEN :now::timestamptz
                                 ELSE persons.death_known_at END
      FROM given r
     WHERE county_code = :county AND identity_index = r.index
    """,
)
ADD_HOUSEHOLDS = Query(
    None,
    """
    INSERT INTO households (county_code, code, split_from)
    SELECT :county, code, nullif(split_from, '')
      FROM jsonb_to_recordset(:rows::jsonb) AS r(code text, split_from text)
    """,
)
# A status that changes on the day it began is corrected; otherwise it ends, and the new one begins, on its own day.
END_HOUSEHOLD_STATUSES = Query(
    None,
    """
    UPDATE household_statuses s
       SET valid_during = daterange(lower(s.valid_during), r.start), file_id = :file_id, lead_id = :lead_id
      FROM jsonb_to_recordset(:rows::jsonb) AS r(household text, start date)
     WHERE county_code = :county AND household_code = r.household
       AND upper_inf(s.valid_during) AND lower(s.valid_during) < r.start
    """,
)
CORRECT_HOUSEHOLD_STATUSES = Query(
    None,
    """
    UPDATE household_statuses s
       SET village_code = r.village, village_name = r.village_name, registered = r.registered,
           monitoring = r.monitoring, risk_removed_on = r.risk_removed_on, tier = r.tier, file_id = :file_id,
           lead_id = :lead_id
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(household text, start date, village text, village_name text, registered boolean, monitoring text,
             risk_removed_on date, tier smallint)
     WHERE county_code = :county AND household_code = r.household
       AND upper_inf(s.valid_during) AND lower(s.valid_during) >= r.start
    """,
)
ADD_HOUSEHOLD_STATUSES = Query(
    None,
    """
    INSERT INTO household_statuses (county_code, household_code, valid_during, village_code, village_name, registered,
                                     monitoring, risk_removed_on, tier, file_id, lead_id)
    SELECT :county, household, daterange(start, NULL), village, village_name, registered, monitoring, risk_removed_on,
           tier, :file_id, :lead_id
      FROM jsonb_to_recordset(:rows::jsonb)
        AS r(household text, start date, village text, village_name text, registered boolean, monitoring text,
             risk_removed_on date, tier smallint)
     WHERE NOT EXISTS (SELECT FROM household_statuses s
                        WHERE s.county_code = :county AND s.household_code = r.household
                          AND upper_inf(s.valid_during))
    """,
)
CHANGE_MEMBERSHIPS = Query(
    None,
    """
    WITH given AS MATERIALIZED (
        SELECT decode(index, 'base64') AS index, household, member_number, relation, start, until, leave_reason
          FROM jsonb_to_recordset(:rows::jsonb)
            AS r(index text, household text, member_number smallint, relation text, start date, until date,
                 leave_reason text))
    UPDATE memberships m
       SET valid_during = daterange(r.start, r.until), member_number = r.member_number, relation = r.relation,
           leave_reason = r.leave_reason, file_id = :file_id, lead_id = :lead_id
      FROM given r
      JOIN persons p ON p.county_code = :county AND p.identity_index = r.index
     WHERE m.person_id = p.id AND m.household_code = r.household AND lower(m.valid_during) = r.start
    """,
)
ADD_MEMBERSHIPS = Query(
    None,
    """
    WITH given AS MATERIALIZED (
        SELECT decode(index, 'base64') AS index, household, member_number, relation, start, until, leave_reason
          FROM jsonb_to_recordset(:rows::jsonb)
            AS r(index text, household text, member_number smallint, relation text, start date, until date,
                 leave_reason text))
    INSERT INTO memberships (county_code, person_id, household_code, member_number, relation, valid_during,
                             leave_reason, file_id, lead_id)
    SELECT :county, p.id, household, member_number, relation, daterange(start, until), leave_reason, :file_id,
           :lead_id
      FROM given r
      JOIN persons p ON p.county_code = :county AND p.identity_index = r.index
     ORDER BY p.id
    """,
)
# Who checked later knows more: an older file that is imported again does not move the day back.
RECORD_CHECKS = Query(
    None,
    """
    INSERT INTO register_checks (county_code, household_code, checked_on, file_id, lead_id)
    SELECT :county, household, checked_on, :file_id, :lead_id
      FROM jsonb_to_recordset(:rows::jsonb) AS r(household text, checked_on date)
    ON CONFLICT ON CONSTRAINT register_checks_unique DO UPDATE
       SET checked_on = excluded.checked_on, file_id = excluded.file_id, lead_id = excluded.lead_id, account_id = NULL
     WHERE register_checks.checked_on < excluded.checked_on
    """,
)


async def store_register_rows(
    conn: Connection, county: str, rows: RegisterRows, *, origin: Origin, now: datetime
) -> None:
    """Store the rows; memberships end before others begin, so that no person is in two households at once."""
    named = {"county": county, "file_id": origin.file_id, "lead_id": origin.lead_id}
    await CHANGE_PERSONS.run(conn, **named, rows=rows.persons_changed, now=now)
    await ADD_PERSONS.run(conn, **named, rows=rows.persons, now=now)
    await ADD_HOUSEHOLDS.run(conn, county=county, rows=rows.households)
    await CORRECT_HOUSEHOLD_STATUSES.run(conn, **named, rows=rows.statuses_changed)
    await END_HOUSEHOLD_STATUSES.run(conn, **named, rows=rows.statuses_changed)
    await ADD_HOUSEHOLD_STATUSES.run(conn, **named, rows=rows.statuses + rows.statuses_changed)
    await CHANGE_MEMBERSHIPS.run(conn, **named, rows=rows.memberships_changed)
    await ADD_MEMBERSHIPS.run(conn, **named, rows=rows.memberships)
