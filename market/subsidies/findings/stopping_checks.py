"""Checks that stop a line: it is neither settled nor funded until the finding is decided."""

from datetime import date

from msgspec import Struct

from market.kernel import Fen, Query


class CheckRow(Struct, frozen=True):
    """A row of a check."""

    subject: str
    lines: list[str]
    at_risk_fen: Fen
    evidence: str


class DeceasedLine(Struct, frozen=True):
    """A line bound after its person's death; `neighbours` are the other lines of the household's programme."""

    subject: str
    died_on: date
    known_on: date
    at_risk_fen: Fen
    neighbours: list[str]


CLAIM_OUTSIDE_SNAPSHOT = Query(
    CheckRow,
    """
    SELECT r.line_code AS subject, ARRAY[r.line_code] AS lines, r.claimed_fen AS at_risk_fen,
           CASE WHEN l.code IS NULL THEN '这家运营商没有绑定这个号码'
                WHEN e.line_code IS NULL THEN '已绑定，没有登记享受'
                WHEN NOT e.decided THEN '登记状态：' || e.status
                ELSE '本月没有绑定，或还没有开始享受' END
           || '；申请 ' || format_yuan(r.claimed_fen) AS evidence
      FROM run_lines r
      LEFT JOIN lines l ON l.county_code = r.county_code AND l.code = r.line_code
      LEFT JOIN enrolments e ON e.county_code = r.county_code AND e.line_code = r.line_code
     WHERE r.run_id = :run_id AND r.county_code = :county AND r.line_code = ANY(:outside::text[])
       AND NOT r.in_snapshot AND r.claimed_fen IS NOT NULL
    """,
)
# Two applications of one person in one programme whose lines are bound on the same day, except for a ported number.
ONE_IDENTITY_TWO_ENROLMENTS = Query(
    CheckRow,
    """
    WITH twice AS MATERIALIZED (
        SELECT array_agg(line_code) AS lines FROM enrolments WHERE county_code = :county
         GROUP BY identity_index, programme_code HAVING count(*) > 1),
    suspects AS MATERIALIZED (
        SELECT line_code, identity_index, programme_code, applied_on, decided_on FROM enrolments
         WHERE county_code = :county AND line_code = ANY(ARRAY(SELECT unnest(lines) FROM twice)))
    SELECT later.line_code AS subject, ARRAY[later.line_code] AS lines, coalesce(r.claimed_fen, 0) AS at_risk_fen,
           format('同一人已有 %s（%s，%s 审定），%s 又申请', string_agg(DISTINCT earlier.line_code, '、'),
                  later.programme_code, min(earlier.decided_on), later.applied_on) AS evidence
      FROM suspects later
      JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.line_code = later.line_code
      JOIN suspects earlier ON earlier.identity_index = later.identity_index
                           AND earlier.programme_code = later.programme_code
                           AND (earlier.applied_on, earlier.line_code) < (later.applied_on, later.line_code)
      JOIN run_lines s ON s.run_id = :run_id AND s.county_code = :county AND s.line_code = earlier.line_code
      JOIN bindings b ON b.county_code = :county AND b.line_code = later.line_code
                     AND b.valid_during && daterange(:month::date, :next::date)
      JOIN bindings a ON a.county_code = :county AND a.line_code = earlier.line_code
                     AND a.valid_during && (b.valid_during * daterange(:month::date, :next::date))
     GROUP BY later.line_code, later.programme_code, later.applied_on, r.claimed_fen
    """,
)
DEAD_IN_SERVICE_MONTH = Query(
    DeceasedLine,
    """
    WITH dead AS MATERIALIZED (
        SELECT identity_index, died_on, death_known_at FROM persons
         WHERE county_code = :county AND died_on < :next::date),
    theirs AS MATERIALIZED (
        SELECT e.line_code, d.died_on, d.death_known_at
          FROM dead d
          JOIN enrolments e ON e.county_code = :county AND e.identity_index = d.identity_index AND e.decided
          JOIN bindings b ON b.county_code = :county AND b.line_code = e.line_code
                         AND b.valid_during && daterange(d.died_on + 1, NULL)
                         AND b.valid_during && daterange(:month::date, :next::date)
         UNION
        SELECT b.line_code, d.died_on, d.death_known_at
          FROM dead d
          JOIN bindings b ON b.county_code = :county AND b.identity_index = d.identity_index
                         AND b.valid_during && daterange(d.died_on + 1, NULL)
                         AND b.valid_during && daterange(:month::date, :next::date)
         WHERE NOT EXISTS (SELECT FROM enrolments e
                            WHERE e.county_code = :county AND e.line_code = b.line_code AND e.decided))
    SELECT DISTINCT r.line_code AS subject, p.died_on, business_day(p.death_known_at) AS known_on,
           coalesce(r.claimed_fen, 0) AS at_risk_fen,
           ARRAY(SELECT o.line_code FROM run_lines o
                  WHERE o.run_id = r.run_id AND o.county_code = r.county_code AND o.household_code = r.household_code
                    AND o.programme_code = r.programme_code AND o.line_code <> r.line_code
                  ORDER BY o.line_code) AS neighbours
      FROM theirs p
      JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.line_code = p.line_code
    """,
)
ENROLLED_WITHOUT_NOTICE = Query(
    CheckRow,
    """
    SELECT r.line_code AS subject, ARRAY[r.line_code] AS lines, coalesce(r.claimed_fen, 0) AS at_risk_fen,
           CASE WHEN e.notice IS NULL THEN '没有公示'
                WHEN upper(e.notice) > e.decided_on
                THEN format('公示到 %s 止，%s 审定', upper(e.notice) - 1, e.decided_on)
                ELSE format('公示 %s 天，应不少于 %s 天', upper(e.notice) - lower(e.notice), g.notice_days)
           END AS evidence
      FROM run_lines r
      JOIN enrolments e ON e.county_code = r.county_code AND e.line_code = r.line_code AND e.decided
      JOIN unnest(:programmes::text[], :notice_days::integer[]) AS g (code, notice_days) ON g.code = r.programme_code
     WHERE r.run_id = :run_id AND r.county_code = :county AND r.in_snapshot AND r.line_code = ANY(:unnoticed::text[])
       AND (e.notice IS NULL OR upper(e.notice) - lower(e.notice) < g.notice_days
            OR upper(e.notice) > e.decided_on)
    """,
)
# What the operator billed for a month, corrections (冲正) included, compared with the plan's charge for the days of the
# line, to which the calculation adds the corrections too; rounded half up. The month of the cycle is compared, and each
# earlier one that its files correct: a closed month is calculated again without findings of its own. Only a number
# billed below the highest charge of its plans can be below the plan; the others are not calculated. A number has one
# bill: where it passes to another enrolled line within the month, the bill is compared with the days of both.
CHARGE_BELOW_PLAN = Query(
    CheckRow,
    """
    WITH corrected AS (
        SELECT DISTINCT corrects_month AS month, operator, kind, number_id FROM claims
         WHERE county_code = :county AND month = :month AND corrects_month IS NOT NULL),
    bills AS (
        SELECT :month::date AS month, operator, kind, number_id, charge_fen, reduction_fen, corrects_month FROM claims
         WHERE county_code = :county AND number_id = ANY(:billed_below::bigint[])
           AND ((month = :month AND corrects_month IS NULL) OR corrects_month = :month)
         UNION ALL
        SELECT d.month, c.operator, c.kind, c.number_id, c.charge_fen, c.reduction_fen, c.corrects_month
          FROM corrected d
          JOIN claims c ON c.county_code = :county AND coalesce(c.corrects_month, c.month) = d.month
                       AND c.operator = d.operator AND c.kind = d.kind AND c.number_id = d.number_id),
    billed AS MATERIALIZED (
        SELECT month, daterange(month, (month + interval '1 month')::date) AS days, operator, kind, number_id,
               sum(charge_fen) AS charge_fen, sum(reduction_fen) AS claimed_fen,
               coalesce(sum(charge_fen) FILTER (WHERE corrects_month IS NOT NULL), 0) AS correction_fen
          FROM bills GROUP BY month, operator, kind, number_id),
    candidates AS MATERIALIZED (
        SELECT DISTINCT n.month, n.days, o.line_code
          FROM billed n
          JOIN bindings b ON b.county_code = :county AND b.operator = n.operator AND b.kind = n.kind
                         AND b.number_id = n.number_id AND b.valid_during && n.days
          JOIN plans p ON p.county_code = b.county_code AND p.code = b.plan_code AND p.kind = b.kind
                      AND p.valid_during && b.valid_during
          JOIN bindings o ON o.county_code = :county AND o.operator = n.operator AND o.kind = n.kind
                         AND o.number_id = n.number_id AND o.valid_during && n.days
         WHERE n.charge_fen < p.monthly_fen + n.correction_fen),
    numbers AS MATERIALIZED (
        SELECT DISTINCT n.month, n.days, b.operator, b.kind, b.number_id
          FROM candidates n
          JOIN bindings b ON b.county_code = :county AND b.line_code = n.line_code AND b.valid_during && n.days),
    bound AS (
        SELECT n.month, b.line_code, b.operator, b.kind, b.number_id, p.monthly_fen,
               n.month <> :month OR r.claimed_fen > 0 AS claims,
               b.valid_during * p.valid_during * n.days
                 * CASE WHEN e.decided AND e.entitled_from < upper(n.days) THEN daterange(e.entitled_from, NULL)
                        ELSE daterange(NULL, NULL) END AS days
          FROM numbers n
          JOIN bindings b ON b.county_code = :county AND b.operator = n.operator AND b.kind = n.kind
                         AND b.number_id = n.number_id AND b.valid_during && n.days
          JOIN plans p ON p.county_code = b.county_code AND p.code = b.plan_code AND p.kind = b.kind
                      AND p.valid_during && b.valid_during
          LEFT JOIN enrolments e ON e.county_code = :county AND e.line_code = b.line_code
          LEFT JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.line_code = b.line_code
         WHERE (n.month = :month AND r.claimed_fen > 0) OR (e.decided AND e.entitled_from < upper(n.days))),
    sums AS (
        SELECT n.month, n.line_code, sum(m.charge_fen)::bigint AS charge_fen,
               sum(m.correction_fen)::bigint AS correction_fen
          FROM (SELECT DISTINCT month, line_code, operator, kind, number_id FROM bound WHERE NOT isempty(days)) AS n
          JOIN billed m ON m.month = n.month AND m.operator = n.operator AND m.kind = n.kind
                       AND m.number_id = n.number_id
         GROUP BY n.month, n.line_code HAVING sum(m.claimed_fen) > 0),
    parts AS MATERIALIZED (
        SELECT month, operator, kind, number_id, line_code, bool_and(claims) AS claims,
               sum(upper(days) - lower(days)) AS days,
               sum((upper(days) - lower(days))::numeric * (monthly_fen + correction_fen)) AS due
          FROM bound JOIN sums USING (month, line_code)
         WHERE NOT isempty(days)
         GROUP BY month, operator, kind, number_id, line_code),
    wholes AS (
        SELECT month, operator, kind, number_id, sum(days) AS days, sum(due) AS due, count(*) AS lines
          FROM parts GROUP BY month, operator, kind, number_id),
    due AS (
        SELECT p.month, p.line_code, s.charge_fen, s.correction_fen, max(w.lines) > 1 AS passed,
               round(coalesce(sum(m.claimed_fen * p.days::numeric / w.days), 0))::bigint AS claimed_fen,
               round(sum(w.due) / ((p.month + interval '1 month')::date - p.month))::bigint AS plan_fen
          FROM parts p
          JOIN wholes w USING (month, operator, kind, number_id)
          JOIN sums s USING (month, line_code)
          JOIN candidates c USING (month, line_code)
          LEFT JOIN billed m USING (month, operator, kind, number_id)
         WHERE p.claims
         GROUP BY p.month, p.line_code, s.charge_fen, s.correction_fen)
    SELECT line_code AS subject, ARRAY[line_code] AS lines, sum(claimed_fen)::bigint AS at_risk_fen,
           string_agg(CASE WHEN month <> :month THEN to_char(month, 'YYYY-MM ') ELSE '' END
                      || format('账单 %s，套餐按天应为 %s', format_yuan(charge_fen), format_yuan(plan_fen))
                      || CASE WHEN correction_fen <> 0 THEN format('（含冲正 %s）', format_yuan(correction_fen))
                              ELSE '' END
                      || CASE WHEN passed THEN '（号码当月过户，合计）' ELSE '' END, '；' ORDER BY month) AS evidence
      FROM due
     WHERE charge_fen < plan_fen
     GROUP BY line_code
    """,
)
PREPARER_IS_APPROVER = Query(
    CheckRow,
    """
    SELECT r.line_code AS subject, ARRAY[r.line_code] AS lines, coalesce(r.claimed_fen, 0) AS at_risk_fen,
           fault AS evidence
      FROM unnest(:signed_lines::text[], :signed_faults::text[]) AS e(line_code, fault)
      JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.line_code = e.line_code AND r.in_snapshot
    """,
)
# 人、机、卡、号绑定: the operator's word 一致 says nothing about which person was enrolled. The evidence names each
# other person of the month by the first day on which the line was ever bound to them, the same in every month.
BOUND_TO_ANOTHER = Query(
    CheckRow,
    """
    WITH others AS (
        SELECT DISTINCT r.line_code, r.claimed_fen, b.identity_index
          FROM run_lines r
          JOIN enrolments e ON e.county_code = r.county_code AND e.line_code = r.line_code AND e.decided
          JOIN bindings b ON b.county_code = r.county_code AND b.line_code = r.line_code
                         AND b.valid_during && daterange(greatest(e.entitled_from, :month::date), :next::date)
                         AND b.identity_index <> e.identity_index
         WHERE r.run_id = :run_id AND r.county_code = :county AND r.line_code = ANY(:bound_to_another::text[])
           AND r.in_snapshot AND e.entitled_from < :next),
    persons_bound AS (
        SELECT o.line_code, o.claimed_fen, min(lower(b.valid_during)) AS since,
               CASE WHEN p.id IS NULL THEN '不在名册里' ELSE '是名册里的另一个人' END AS who
          FROM others o
          JOIN bindings b ON b.county_code = :county AND b.line_code = o.line_code
                         AND b.identity_index = o.identity_index
          LEFT JOIN persons p ON p.county_code = :county AND p.identity_index = o.identity_index
         GROUP BY o.line_code, o.claimed_fen, o.identity_index, p.id)
    SELECT line_code AS subject, ARRAY[line_code] AS lines, coalesce(claimed_fen, 0) AS at_risk_fen,
           string_agg(format('%s 起绑定的人不是登记享受的人；绑定的人%s', since, who), '；' ORDER BY since, who)
             AS evidence
      FROM persons_bound
     GROUP BY line_code, claimed_fen
    """,
)
ENROLLED_IN_TWO_COUNTIES = Query(
    CheckRow,
    """
    SELECT r.line_code AS subject, ARRAY[r.line_code] AS lines, coalesce(r.claimed_fen, 0) AS at_risk_fen,
           '这个人同时在别的县登记享受' AS evidence
      FROM find_enrolled_elsewhere(:county, :month, :next) AS f
      JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.line_code = f.line_code AND r.in_snapshot
    """,
)
# What officials suspect of a line, with who and when (see hold_line).
HELD_BY_OFFICIAL = Query(
    CheckRow,
    """
    SELECT r.line_code AS subject, ARRAY[r.line_code] AS lines, coalesce(r.claimed_fen, 0) AS at_risk_fen,
           string_agg(format('%s %s：%s', business_day(h.held_at), a.name, h.why), '；' ORDER BY h.held_at, h.id)
             AS evidence
      FROM line_holds h
      JOIN accounts a ON a.id = h.account_id
      JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.line_code = h.line_code
     WHERE h.county_code = :county
     GROUP BY r.line_code, r.claimed_fen
    """,
)
# Imports refuse such a line; a programme whose kinds are changed later leaves it behind.
KIND_OUTSIDE_PROGRAMME = Query(
    CheckRow,
    """
    WITH kinds AS (
        SELECT * FROM (VALUES ('mobile', '手机'), ('broadband', '宽带'), ('television', '电视')) AS k(kind, name))
    SELECT r.line_code AS subject, ARRAY[r.line_code] AS lines, coalesce(r.claimed_fen, 0) AS at_risk_fen,
           format('项目 %s 只用于%s，这条业务是%s', p.code,
                  (SELECT string_agg(name, '、' ORDER BY array_position(p.kinds, kind)) FROM kinds
                    WHERE kind = ANY(p.kinds)),
                  (SELECT name FROM kinds WHERE kind = r.kind)) AS evidence
      FROM run_lines r
      JOIN programmes p ON p.county_code = r.county_code AND p.code = r.programme_code
     WHERE r.run_id = :run_id AND r.county_code = :county AND r.line_code = ANY(:of_other_kind::text[])
       AND r.in_snapshot AND r.kind <> ALL(p.kinds)
    """,
)
# Days on which the household of the enrolled person is neither registered nor monitored by a type that the terms of the
# day name, or on which the register knows nothing of the household: a member may be added from an earlier day on than
# its household. Monitoring ends with the day on which the risk was removed.
NOT_ELIGIBLE = Query(
    CheckRow,
    """
    WITH bare AS MATERIALIZED (
        SELECT person_id, household_code, valid_during FROM memberships m
         WHERE county_code = :county AND valid_during && daterange(:month::date, :next::date)
           AND household_code = ANY(:untold_households::text[])),
    members AS MATERIALIZED (
        SELECT p.identity_index, t.programme_code, m.household_code, s.monitoring, s.risk_removed_on,
               m.valid_during * s.valid_during * t.valid_during
                 * CASE WHEN s.monitoring = ANY(t.monitoring) THEN daterange(s.risk_removed_on + 1, NULL)
                        ELSE daterange(NULL, NULL) END AS days
          FROM household_statuses s
          JOIN programme_terms t ON t.county_code = :county
                                AND (s.monitoring <> ALL(t.monitoring) OR s.risk_removed_on IS NOT NULL)
          JOIN memberships m ON m.county_code = :county AND m.household_code = s.household_code
          JOIN persons p ON p.county_code = :county AND p.id = m.person_id
         WHERE s.county_code = :county AND NOT s.registered),
    suspects AS (
        SELECT * FROM members
         UNION ALL
        SELECT p.identity_index, t.programme_code, m.household_code, NULL, NULL,
               unnest(datemultirange(m.valid_during * t.valid_during) - coalesce(
                   (SELECT range_agg(s.valid_during) FROM household_statuses s
                     WHERE s.county_code = :county AND s.household_code = m.household_code), '{}'))
          FROM bare m
          JOIN persons p ON p.county_code = :county AND p.id = m.person_id
          JOIN programme_terms t ON t.county_code = :county
         WHERE EXISTS (SELECT FROM bare)
           AND NOT EXISTS (SELECT FROM household_statuses s
                            WHERE s.county_code = :county AND s.household_code = m.household_code
                              AND s.valid_during @> m.valid_during * daterange(:month::date, :next::date))),
    days AS (
        SELECT r.line_code, r.claimed_fen, m.household_code, m.monitoring, m.risk_removed_on,
               b.valid_during * m.days * daterange(e.entitled_from, NULL) * daterange(:month::date, :next::date) AS days
          FROM suspects m
          JOIN enrolments e ON e.county_code = :county AND e.identity_index = m.identity_index AND e.decided
                           AND e.programme_code = m.programme_code
          JOIN bindings b ON b.county_code = :county AND b.line_code = e.line_code
          JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.line_code = e.line_code
                          AND r.in_snapshot)
    SELECT line_code AS subject, ARRAY[line_code] AS lines, coalesce(claimed_fen, 0) AS at_risk_fen,
           string_agg(CASE WHEN monitoring IS NULL
                           THEN format('%s 起到 %s，名册里没有农户 %s 的情况', lower(days), upper(days) - 1,
                                       household_code)
                           ELSE format('%s 起，农户 %s 不是原建档立卡，%s', lower(days), household_code,
                             CASE WHEN monitoring = '' THEN '也没有纳入监测'
                                  WHEN risk_removed_on < lower(days)
                                  THEN format('%s（%s 风险消除）', monitoring, risk_removed_on)
                                  ELSE monitoring || '不在标准写明的监测类型里' END)
                      END, '；' ORDER BY days) AS evidence
      FROM days
     WHERE NOT isempty(days)
     GROUP BY line_code, claimed_fen
    """,
)
