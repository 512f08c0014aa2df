"""Queries for the case of a month, each for all lines at once: days, charges, households, uses, terms, settled sums."""

from datetime import date

from msgspec import Struct

from market.kernel import Fen, Query
from market.subsidies.engine.models import Funder, Proration, TermsKind
from market.subsidies.names import Operator, ServiceKind


class CaseLines(Struct, frozen=True, gc=False, kw_only=True):
    """Lines of the month, enrolled and bound in it, or claimed, that are alike.

    A number that was never bound has no code, and stands alone.
    """

    codes: list[str]
    number_id: int | None
    number_sealed: bytes | None
    operator: Operator
    kind: ServiceKind
    programme: str
    in_snapshot: bool
    claimed_fen: Fen | None
    charge_fen: Fen
    correction_fen: Fen
    corrected: bool


class ActiveDays(Struct, frozen=True, gc=False, kw_only=True):
    """Days, as spans, and the lines that are active on them; and the bound days between them of pauses that ended."""

    starts: list[date]
    untils: list[date | None]
    paused_starts: list[date]
    paused_untils: list[date]
    lines: list[str]


class ChargeDays(Struct, frozen=True, gc=False, kw_only=True):
    """A charge on days of the month, as spans, and the lines that have it."""

    starts: list[date]
    untils: list[date]
    monthly_fen: Fen
    lines: list[str]


class LineUses(Struct, frozen=True, gc=False, kw_only=True):
    """The days on which a line was used."""

    line: str
    used_on: list[date]


class LineHouseholds(Struct, frozen=True, gc=False, kw_only=True):
    """Lines and the households to which their persons belong on the same days of the month.

    Without days, the person belongs to no household in the month, and `households` are those of the days before it.
    """

    start: date | None
    until: date | None
    lines: list[str]
    households: list[str]


class SettledLine(Struct, frozen=True, gc=False, kw_only=True):
    """What settled cycles posted for a line and a month."""

    line: str
    approved_fen: Fen
    conceded_fen: Fen
    public_fen: Fen
    shares: dict[str, int]

    @property
    def funded_fen(self) -> Fen:
        """The settled sum."""
        return Fen(self.conceded_fen + self.public_fen)


class HouseholdHomes(Struct, frozen=True, gc=False, kw_only=True):
    """Households of one tier and village in a month."""

    households: list[str]
    tier: int
    village: str
    village_name: str


class TermsRow(Struct, frozen=True, kw_only=True):
    """One version of the terms of a programme, with its rules."""

    code: str
    proration: Proration
    idle_days: int | None
    cure_days: int | None
    start: date
    until: date | None
    kind: TermsKind
    household_pays_bp: int | None
    fixed_fen: Fen | None
    line_cap_fen: Fen | None
    household_cap_fen: Fen | None
    funders: list[Funder]
    shares_bp: list[int]


# The statistics lack rows added in this transaction or since the last ANALYZE, so the planner would expect few rows in
# a county and choose nested loops; hash joins are faster for the whole county. Its sorts and hashes stay in memory.
PLAN_FOR_COUNTY = Query(None, "SELECT set_config('enable_nestloop', 'off', true), set_config('work_mem', '32MB', true)")
# Statements about few rows afterwards: hash joins would read whole tables for each finding.
PLAN_FOR_FEW = Query(None, "SELECT set_config('enable_nestloop', 'on', true)")
# A claim belongs to the line bound to its operator, kind and number in the month, otherwise to the latest one before.
# Of two lines in one month (过户) it belongs to the enrolled one: the number has one bill, and only that is reduced.
LIST_CASE_LINES = Query(
    CaseLines,
    """
    WITH span AS (SELECT daterange(:month::date, :next::date) AS days),
    claimed AS (
        SELECT operator, kind, number_id, min(programme_code) AS programme,
               sum(reduction_fen)::bigint AS claimed_fen,
               coalesce(sum(charge_fen) FILTER (WHERE corrects_month IS NULL), 0)::bigint AS charge_fen,
               coalesce(sum(charge_fen) FILTER (WHERE corrects_month IS NOT NULL), 0)::bigint AS correction_fen,
               bool_or(corrects_month IS NOT NULL) AS corrected
          FROM claims
         WHERE county_code = :county
           AND ((month = :month AND corrects_month IS NULL) OR corrects_month = :month)
         GROUP BY operator, kind, number_id),
    bound AS MATERIALIZED (
        SELECT b.line_code, b.operator, b.kind, b.number_id, lower(b.valid_during) AS start,
               b.valid_during && span.days AS in_month, e.line_code IS NOT NULL AS enrolled, e.programme_code
          FROM span
          JOIN bindings b ON b.county_code = :county AND lower(b.valid_during) < :next
          LEFT JOIN enrolments e ON e.county_code = :county AND e.line_code = b.line_code AND e.decided
                                AND e.entitled_from < :next),
    resolved AS (
        SELECT DISTINCT ON (c.number_id, c.operator, c.kind) c.*, b.line_code,
               CASE WHEN b.line_code IS NULL THEN c.number_id END AS unbound_id
          FROM claimed c
          LEFT JOIN bound b ON b.number_id = c.number_id AND (b.operator = c.operator AND b.kind = c.kind) IS TRUE
         ORDER BY c.number_id, c.operator, c.kind, b.in_month DESC NULLS LAST, NOT b.enrolled, b.start DESC,
                  b.line_code),
    claims_of_lines AS (
        SELECT line_code, operator, kind, unbound_id, min(programme) AS programme,
               sum(claimed_fen)::bigint AS claimed_fen,
               sum(charge_fen)::bigint AS charge_fen, sum(correction_fen)::bigint AS correction_fen,
               bool_or(corrected) AS corrected
          FROM resolved
         GROUP BY line_code, unbound_id, operator, kind),
    enrolled AS (
        SELECT DISTINCT line_code, operator, kind, programme_code FROM bound WHERE in_month AND enrolled)
    SELECT coalesce(array_agg(code) FILTER (WHERE code IS NOT NULL), '{}') AS codes, number_id,
           (SELECT value_sealed FROM identifiers WHERE id = number_id) AS number_sealed, operator, kind, programme,
           in_snapshot, claimed_fen, charge_fen, correction_fen, corrected
      FROM (SELECT coalesce(e.line_code, c.line_code) AS code, c.unbound_id AS number_id,
                   coalesce(e.operator, c.operator) AS operator, coalesce(e.kind, c.kind) AS kind,
                   coalesce(e.programme_code, c.programme) AS programme, e.line_code IS NOT NULL AS in_snapshot,
                   c.claimed_fen, coalesce(c.charge_fen, 0) AS charge_fen,
                   coalesce(c.correction_fen, 0) AS correction_fen, coalesce(c.corrected, false) AS corrected
              FROM enrolled e
              FULL JOIN claims_of_lines c ON c.line_code = e.line_code) AS own
     GROUP BY number_id, operator, kind, programme, in_snapshot, claimed_fen, charge_fen, correction_fen, corrected
    """,
)
# Adjacent versions of a binding are merged, because only the days matter here. An enrolled line is not active while it
# is paused, whatever files say. Most lines have the days and charges of many others, which are listed once for all.
LIST_ACTIVE_DAYS = Query(
    ActiveDays,
    """
    SELECT ARRAY(SELECT lower(span) FROM unnest(days) AS span WHERE lower(span) < :next ORDER BY span) AS starts,
           ARRAY(SELECT upper(span) FROM unnest(days) AS span WHERE lower(span) < :next ORDER BY span) AS untils,
           ARRAY(SELECT lower(span) FROM unnest(paused) AS span WHERE upper(span) < :next ORDER BY span)
               AS paused_starts,
           ARRAY(SELECT upper(span) FROM unnest(paused) AS span WHERE upper(span) < :next ORDER BY span)
               AS paused_untils,
           array_agg(line) AS lines
      FROM (SELECT b.line_code AS line, range_agg(b.valid_during * daterange(e.entitled_from, NULL))
                                        - coalesce(p.days, '{}'::datemultirange) AS days,
                   range_agg(b.valid_during * daterange(e.entitled_from, NULL))
                   * coalesce(p.days, '{}'::datemultirange) AS paused
              FROM bindings b
              LEFT JOIN enrolments e ON e.county_code = b.county_code AND e.line_code = b.line_code
                                    AND e.decided AND e.entitled_from < :next
              LEFT JOIN (SELECT line_code, range_agg(paused_during) AS days FROM enrolment_pauses
                          WHERE county_code = :county AND lower(paused_during) < :next
                          GROUP BY line_code) AS p ON p.line_code = e.line_code
             WHERE b.county_code = :county AND lower(b.valid_during) < :next
             GROUP BY b.line_code, p.days) AS own
     GROUP BY days, paused
    """,
)
LIST_CHARGES = Query(
    ChargeDays,
    """
    SELECT ARRAY(SELECT lower(span) FROM unnest(days) AS span ORDER BY span) AS starts,
           ARRAY(SELECT upper(span) FROM unnest(days) AS span ORDER BY span) AS untils, monthly_fen,
           array_agg(line) AS lines
      FROM (SELECT b.line_code AS line, p.monthly_fen,
                   range_agg(b.valid_during * p.valid_during * daterange(:month::date, :next::date)) AS days
              FROM bindings b
              JOIN plans p ON p.county_code = b.county_code AND p.code = b.plan_code AND p.kind = b.kind
                          AND p.valid_during && b.valid_during
             WHERE b.county_code = :county AND b.valid_during && daterange(:month::date, :next::date)
             GROUP BY b.line_code, p.monthly_fen) AS own
     GROUP BY days, monthly_fen
    """,
)
LIST_LINE_HOUSEHOLDS = Query(
    LineHouseholds,
    """
    WITH who AS MATERIALIZED (
        SELECT DISTINCT ON (b.line_code) b.line_code, p.id AS person_id
          FROM bindings b
          LEFT JOIN enrolments e ON e.county_code = b.county_code AND e.line_code = b.line_code AND e.decided
                                AND e.entitled_from < :next
          LEFT JOIN persons p ON p.county_code = :county
                             AND p.identity_index = coalesce(e.identity_index, b.identity_index)
         WHERE b.county_code = :county AND lower(b.valid_during) < :next
         ORDER BY b.line_code, lower(b.valid_during) DESC),
    present AS MATERIALIZED (
        SELECT person_id, household_code, greatest(lower(valid_during), :month) AS start,
               least(upper(valid_during), :next) AS until
          FROM memberships
         WHERE county_code = :county AND valid_during && daterange(:month::date, :next::date)),
    past AS MATERIALIZED (
        SELECT DISTINCT ON (m.person_id) m.person_id, m.household_code
          FROM memberships m
         WHERE m.county_code = :county AND upper(m.valid_during) <= :month
           AND NOT EXISTS (SELECT FROM present WHERE person_id = m.person_id)
         ORDER BY m.person_id, m.valid_during DESC)
    SELECT start, until, array_agg(line_code) AS lines, array_agg(household_code) AS households
      FROM who JOIN present USING (person_id)
     GROUP BY start, until
     UNION ALL
    SELECT NULL, NULL, array_agg(line_code), array_agg(household_code)
      FROM who JOIN past USING (person_id)
    HAVING count(*) > 0
    """,
)
# For programmes with an idle rule in any month: the last use of a line before the month, and the uses in it, without
# those on the paused days of `LIST_ACTIVE_DAYS`. Pauses are written without the lock of imports, so that only that
# statement reads them.
LIST_USES = Query(
    LineUses,
    """
    WITH idle_lines AS (
        SELECT b.line_code, b.operator, b.kind, b.number_id, b.valid_during
          FROM bindings b
          JOIN enrolments e ON e.county_code = b.county_code AND e.line_code = b.line_code AND e.decided
         WHERE b.county_code = :county AND lower(b.valid_during) < :next
           AND e.programme_code = ANY(ARRAY(SELECT programme_code FROM programme_rules
                                             WHERE county_code = :county AND idle_days IS NOT NULL))),
    paused AS MATERIALIZED (
        SELECT line_code, range_agg(daterange(start, until)) AS days
          FROM unnest(:paused_lines::text[], :paused_starts::date[], :paused_untils::date[])
               AS pause (line_code, start, until)
         GROUP BY line_code),
    uses AS (
        SELECT l.line_code, u.used_on
          FROM idle_lines l
          JOIN usage_days u ON u.county_code = :county AND u.operator = l.operator AND u.kind = l.kind
                           AND u.number_id = l.number_id AND u.used_on <@ l.valid_during AND u.used_on < :next
          LEFT JOIN paused p ON p.line_code = l.line_code
         WHERE p.days IS NULL OR NOT u.used_on <@ p.days)
    SELECT line, array_agg(used_on ORDER BY used_on) AS used_on
      FROM (SELECT line_code AS line, max(used_on) AS used_on FROM uses WHERE used_on < :month GROUP BY line_code
            UNION ALL
            SELECT line_code, used_on FROM uses WHERE used_on >= :month) AS days
     GROUP BY line
    """,
)
# Tier and village are those of the month's first day with a status, otherwise of the first day after it.
LIST_HOUSEHOLD_HOMES = Query(
    HouseholdHomes,
    """
    SELECT array_agg(household_code) AS households, tier, village, village_name
      FROM (SELECT DISTINCT ON (household_code) household_code, tier, village_code AS village, village_name
              FROM household_statuses
             WHERE county_code = :county
             ORDER BY household_code, upper(valid_during) <= :month, valid_during) AS own
     GROUP BY tier, village, village_name
    """,
)
LIST_TERMS = Query(
    TermsRow,
    """
    SELECT programme_code AS code, r.proration, r.idle_days, r.cure_days, lower(valid_during) AS start,
           upper(valid_during) AS until, kind, household_pays_bp, fixed_fen, line_cap_fen, household_cap_fen, funders,
           shares_bp
      FROM programme_terms t
      JOIN programme_rules r USING (county_code, programme_code, valid_during)
     WHERE county_code = :county
     ORDER BY code, valid_during
    """,
)
FIND_BUDGET = Query(int, "SELECT public_fen FROM budgets WHERE county_code = :county AND month = :month")
IS_MONTH_SETTLED = Query(
    bool,
    """
    SELECT EXISTS (SELECT FROM cycles WHERE county_code = :county AND month = :month
                      AND state = ANY(:settled::text[]))
    """,
)
# Nearly every line has one posting, whose shares are the sum: summing JSON took nine tenths of this statement.
LIST_SETTLED_LINES = Query(
    SettledLine,
    """
    SELECT line, sum(approved_fen)::bigint AS approved_fen, sum(conceded_fen)::bigint AS conceded_fen,
           sum(public_fen)::bigint AS public_fen,
           CASE WHEN count(*) = 1 THEN (array_agg(shares))[1] ELSE sum_shares(array_agg(shares)) END AS shares
      FROM (SELECT p.line_code AS line, p.approved_fen, p.conceded_fen, p.public_fen, p.shares
              FROM subsidy_postings p
              JOIN cycles c ON c.id = p.cycle_id AND c.state = ANY(:settled::text[])
             WHERE p.county_code = :county AND p.for_month = :month) AS postings
     GROUP BY line
    """,
)
