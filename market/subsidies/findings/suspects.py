"""What a check of a month's lines may find at all: read for many checks in one pass, before each looks into its own.

Joining the county to its run takes each check alone longer than all that it finds. Here the run, and the bindings of
its month with their enrolments, plans and bills, are read once; a check then begins with its few suspects. Each list
has at least what its check finds: the check itself, which states the rule, decides. The fields have the names of the
parameters that checks take.
"""

from datetime import date
from uuid import UUID

from msgspec import Struct

from market.kernel import Query


class RunSuspects(Struct, frozen=True):
    """Lines of a run outside the snapshot, with `OVER_CHARGE` or `NO_USAGE_YET`, or of a kind outside the programme.

    Households whose lines in one programme have two operators, or are too many.
    """

    outside: list[str]
    over_charge: list[str]
    unused: list[str]
    of_other_kind: list[str]
    mixed_households: list[str]
    crowded_households: list[str]


class BindingSuspects(Struct, frozen=True):
    """Lines bound in the month by what their binding, enrolment or bill has; the last three lists are of numbers.

    Bound to another person than the enrolled one; of another real name; decided without a notice of the days asked for;
    with another card or device from a day of the month on; all numbers of lines that have a number billed below a plan,
    as their sum decides; the numbers that several lines have within the month; the numbers billed for another kind or
    programme. Numbers with corrections (冲正) are in the first and the last.
    """

    bound_to_another: list[str]
    of_other_name: list[str]
    unnoticed: list[str]
    changed: list[str]
    billed_below: list[int]
    passed: list[int]
    billed_otherwise: list[int]


class HouseholdSuspects(Struct, frozen=True):
    """Households and persons of the register, whatever lines they have.

    Households with members in the month of which the register does not tell every day of it; persons of several
    households within the year; the entries of households, each with its village, that were checked last longer ago than
    the shortest threshold.
    """

    untold_households: list[str]
    moved_persons: list[UUID]
    old_households: list[str]
    old_villages: list[str]
    old_checked_on: list[date]


FIND_RUN_SUSPECTS = Query(
    RunSuspects,
    """
    WITH own AS MATERIALIZED (
        SELECT r.line_code, r.household_code, r.programme_code, r.operator, r.in_snapshot,
               'OVER_CHARGE' = ANY(r.reasons) AS over_charge, 'NO_USAGE_YET' = ANY(r.reasons) AS unused,
               r.kind <> ALL(p.kinds) AS of_other_kind, p.max_lines
          FROM run_lines r
          LEFT JOIN programmes p ON p.county_code = :county AND p.code = r.programme_code
         WHERE r.run_id = :run_id AND r.county_code = :county),
    shared AS MATERIALIZED (
        SELECT household_code, min(operator) <> max(operator) AS mixed, count(*) > min(max_lines) AS crowded
          FROM own WHERE in_snapshot AND household_code IS NOT NULL
         GROUP BY household_code, programme_code HAVING count(*) > 1 OR min(max_lines) < 1)
    SELECT ARRAY(SELECT line_code FROM own WHERE NOT in_snapshot) AS outside,
           ARRAY(SELECT line_code FROM own WHERE over_charge) AS over_charge,
           ARRAY(SELECT line_code FROM own WHERE unused) AS unused,
           ARRAY(SELECT line_code FROM own WHERE of_other_kind) AS of_other_kind,
           ARRAY(SELECT household_code FROM shared WHERE mixed) AS mixed_households,
           ARRAY(SELECT household_code FROM shared WHERE crowded) AS crowded_households
    """,
)
# A number has one bill of a kind and month, apart from corrections. The hash of a number is cheaper than that of the
# number, operator and kind.
FIND_BINDING_SUSPECTS = Query(
    BindingSuspects,
    """
    WITH own AS MATERIALIZED (
        SELECT b.line_code, b.number_id,
               e.decided AND b.identity_index <> e.identity_index AS bound_to_another,
               b.realname <> '一致' AS of_other_name,
               e.decided AND (e.notice IS NULL OR upper(e.notice) > e.decided_on
                              OR upper(e.notice) - lower(e.notice) < :longest_notice::integer) AS unnoticed,
               lower(b.valid_during) >= :month AS changed,
               c.charge_fen < p.monthly_fen AS billed_below,
               c.kind <> b.kind OR c.programme_code IS DISTINCT FROM e.programme_code AS billed_otherwise
          FROM bindings b
          LEFT JOIN enrolments e ON e.county_code = :county AND e.line_code = b.line_code
          LEFT JOIN plans p ON p.county_code = :county AND p.code = b.plan_code AND p.kind = b.kind
                           AND p.valid_during && b.valid_during
          LEFT JOIN claims c ON c.county_code = :county AND c.number_id = b.number_id AND c.month = :month
                            AND c.corrects_month IS NULL
                            AND (c.operator = b.operator) IS TRUE
         WHERE b.county_code = :county AND b.valid_during && daterange(:month::date, :next::date)),
    corrected AS MATERIALIZED (
        SELECT number_id FROM claims
         WHERE county_code = :county AND corrects_month IS NOT NULL AND (month = :month OR corrects_month = :month))
    SELECT ARRAY(SELECT line_code FROM own WHERE bound_to_another) AS bound_to_another,
           ARRAY(SELECT line_code FROM own WHERE of_other_name) AS of_other_name,
           ARRAY(SELECT line_code FROM own WHERE unnoticed) AS unnoticed,
           ARRAY(SELECT line_code FROM own WHERE changed) AS changed,
           ARRAY(SELECT number_id FROM own
                  WHERE line_code IN (SELECT line_code FROM own
                                       WHERE number_id IN (SELECT number_id FROM own WHERE billed_below
                                                            UNION SELECT number_id FROM corrected))
                  UNION SELECT number_id FROM corrected) AS billed_below,
           ARRAY(SELECT number_id FROM own
                  WHERE number_id IN (SELECT number_id FROM own WHERE changed)
                  GROUP BY number_id HAVING count(DISTINCT line_code) > 1) AS passed,
           ARRAY(SELECT number_id FROM own WHERE billed_otherwise UNION SELECT number_id FROM corrected)
             AS billed_otherwise
    """,
)
# The days of checks are written without the lock of imports, so that one statement reads them.
FIND_HOUSEHOLD_SUSPECTS = Query(
    HouseholdSuspects,
    """
    WITH entries AS MATERIALIZED (
        SELECT s.household_code, s.village_code,
               coalesce(k.checked_on, business_day(i.imported_at), lower(s.valid_during)) AS checked_on
          FROM household_statuses s
          LEFT JOIN register_checks k ON k.county_code = s.county_code AND k.household_code = s.household_code
          LEFT JOIN import_files i ON i.id = s.file_id
         WHERE s.county_code = :county AND s.valid_during @> (:next::date - 1)),
    old AS MATERIALIZED (SELECT * FROM entries WHERE :next::date - 1 - checked_on > :shortest_recheck::integer)
    SELECT ARRAY(SELECT DISTINCT household_code FROM memberships m
                  WHERE county_code = :county AND valid_during && daterange(:month::date, :next::date)
                    AND NOT EXISTS (SELECT FROM household_statuses s
                                     WHERE s.county_code = :county AND s.household_code = m.household_code
                                       AND s.valid_during @> daterange(:month::date, :next::date)))
             AS untold_households,
           ARRAY(SELECT person_id FROM memberships
                  WHERE county_code = :county
                    AND valid_during && daterange((:next::date - interval '1 year')::date, :next::date)
                  GROUP BY person_id HAVING min(household_code) <> max(household_code)) AS moved_persons,
           (SELECT coalesce(array_agg(household_code), '{}') FROM old) AS old_households,
           (SELECT coalesce(array_agg(village_code), '{}') FROM old) AS old_villages,
           (SELECT coalesce(array_agg(checked_on), '{}') FROM old) AS old_checked_on
    """,
)
