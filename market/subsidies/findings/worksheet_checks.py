"""Checks that list lines on a worksheet for officials, without stopping them."""

from market.kernel import Query
from market.subsidies.findings.stopping_checks import CheckRow

ONE_DEVICE_MANY_SIMS = Query(
    CheckRow,
    """
    WITH several AS MATERIALIZED (
        SELECT device_id FROM bindings
         WHERE county_code = :county AND valid_during && daterange(:month::date, :next::date) AND device_id IS NOT NULL
         GROUP BY device_id HAVING count(*) >= (SELECT min(sims) FROM unnest(:device_sims::integer[]) AS sims)),
    held AS MATERIALIZED (
        SELECT device_id, sim_id, line_code FROM bindings
         WHERE county_code = :county AND valid_during && daterange(:month::date, :next::date)
           AND device_id = ANY(ARRAY(SELECT device_id FROM several))),
    used AS (
        SELECT DISTINCT b.device_id, b.sim_id, r.line_code, r.household_code, r.claimed_fen, g.threshold
          FROM held b
          JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.line_code = b.line_code
          JOIN unnest(:programmes::text[], :device_sims::integer[]) AS g (code, threshold)
            ON g.code = r.programme_code),
    device_lines AS (
        SELECT device_id, line_code, household_code, claimed_fen, threshold, count(DISTINCT sim_id) AS sims FROM used
         GROUP BY device_id, line_code, household_code, claimed_fen, threshold)
    SELECT string_agg(line_code, ';' ORDER BY line_code) AS subject, array_agg(line_code ORDER BY line_code) AS lines,
           coalesce(sum(claimed_fen), 0)::bigint AS at_risk_fen,
           format('一台设备 %s 张卡（不少于 %s），%s 户：%s', sum(sims), min(threshold),
                  count(DISTINCT household_code), string_agg(DISTINCT household_code, '、')) AS evidence
      FROM device_lines
     GROUP BY device_id
    HAVING sum(sims) >= min(threshold)
    """,
)
SPLIT_BEFORE_ENROLMENT = Query(
    CheckRow,
    """
    WITH split AS MATERIALIZED (
        SELECT code, split_from FROM households WHERE county_code = :county AND split_from IS NOT NULL)
    SELECT r.line_code AS subject, ARRAY[r.line_code] AS lines, coalesce(r.claimed_fen, 0) AS at_risk_fen,
           format('%s 户 %s 从 %s 户分出，%s 天后审定（%s 天以内）', h.code, s.split_on, h.split_from,
                  e.decided_on - s.split_on, g.split_days) AS evidence
      FROM split h
      JOIN LATERAL (SELECT min(lower(valid_during)) AS split_on FROM memberships
                     WHERE county_code = :county AND household_code = h.code) AS s ON true
      JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.household_code = h.code
      JOIN enrolments e ON e.county_code = r.county_code AND e.line_code = r.line_code AND e.decided
      JOIN unnest(:programmes::text[], :split_days::integer[]) AS g (code, split_days) ON g.code = r.programme_code
     WHERE r.run_id = :run_id AND r.county_code = :county AND r.in_snapshot
       AND e.decided_on - s.split_on BETWEEN 0 AND g.split_days
    """,
)
REALNAME_DIFFERS = Query(
    CheckRow,
    """
    SELECT r.line_code AS subject, ARRAY[r.line_code] AS lines, coalesce(r.claimed_fen, 0) AS at_risk_fen,
           '实名核验结果：' || string_agg(DISTINCT b.realname, '、') AS evidence
      FROM run_lines r
      JOIN bindings b ON b.county_code = r.county_code AND b.line_code = r.line_code
                     AND b.valid_during && daterange(:month::date, :next::date)
      JOIN unnest(:programmes::text[]) AS k (code) ON k.code = r.programme_code
     WHERE r.run_id = :run_id AND r.county_code = :county AND r.line_code = ANY(:of_other_name::text[])
       AND b.realname <> '一致'
     GROUP BY r.line_code, r.claimed_fen
    """,
)
# Lines and sums are grouped, not joined: of either there may be few, or as many as the county has lines.
PAID_NEVER_USED = Query(
    CheckRow,
    """
    WITH funded AS (
        SELECT o.line_code, sum(o.conceded_fen + o.public_fen)::bigint AS fen
          FROM cycles c JOIN run_lines o ON o.run_id = c.run_id AND o.line_code = ANY(:unused::text[])
         WHERE c.county_code = :county AND o.county_code = :county AND c.month < :month
         GROUP BY o.line_code
        UNION ALL
        SELECT line_code, conceded_fen + public_fen FROM openings
         WHERE county_code = :county AND line_code = ANY(:unused::text[])),
    own AS (
        SELECT r.line_code
          FROM run_lines r
          JOIN unnest(:programmes::text[]) AS k (code) ON k.code = r.programme_code
         WHERE r.run_id = :run_id AND r.county_code = :county AND r.line_code = ANY(:unused::text[])
           AND 'NO_USAGE_YET' = ANY(r.reasons)),
    either AS (
        SELECT line_code, false AS found, fen FROM funded WHERE fen > 0
         UNION ALL
        SELECT line_code, true, 0 FROM own)
    SELECT line_code AS subject, ARRAY[line_code] AS lines, sum(fen)::bigint AS at_risk_fen,
           format('此前已享受 %s，到 %s 没有使用记录', format_yuan(sum(fen)::bigint), :next::date - 1) AS evidence
      FROM either
     GROUP BY line_code HAVING bool_or(found) AND sum(fen) > 0
    """,
)
# The charge is the month's highest of the line's plans, corrections (冲正) included, as in the calculation. The claim
# of a number that passes within the month is split among its lines by days: none of the parts may be above a month's
# charge that the whole is above.
CLAIM_ABOVE_CHARGE = Query(
    CheckRow,
    """
    WITH bills AS MATERIALIZED (
        SELECT operator, kind, number_id, sum(reduction_fen) AS claimed_fen,
               coalesce(sum(charge_fen) FILTER (WHERE corrects_month IS NOT NULL), 0) AS correction_fen
          FROM claims
         WHERE county_code = :county AND number_id = ANY(:passed::bigint[])
           AND ((month = :month AND corrects_month IS NULL) OR corrects_month = :month)
         GROUP BY operator, kind, number_id),
    above AS MATERIALIZED (
        SELECT n.operator, n.kind, n.number_id, n.claimed_fen, max(p.monthly_fen) + n.correction_fen AS charge_fen
          FROM bills n
          JOIN bindings b ON b.county_code = :county AND b.operator = n.operator AND b.kind = n.kind
                         AND b.number_id = n.number_id AND b.valid_during && daterange(:month::date, :next::date)
          JOIN plans p ON p.county_code = :county AND p.code = b.plan_code AND p.kind = b.kind
                      AND p.valid_during && (b.valid_during * daterange(:month::date, :next::date))
         GROUP BY n.operator, n.kind, n.number_id, n.claimed_fen, n.correction_fen
        HAVING n.claimed_fen > max(p.monthly_fen) + n.correction_fen),
    parts AS MATERIALIZED (
        SELECT b.line_code, format('；号码当月过户，账单共申请 %s，月费 %s', format_yuan(max(a.claimed_fen)::bigint),
                                   format_yuan(max(a.charge_fen)::bigint)) AS whole
          FROM above a
          JOIN bindings b ON b.county_code = :county AND b.operator = a.operator AND b.kind = a.kind
                         AND b.number_id = a.number_id AND b.valid_during && daterange(:month::date, :next::date)
         GROUP BY b.line_code),
    charges AS MATERIALIZED (
        SELECT b.line_code, max(p.monthly_fen) + coalesce((
                   SELECT sum(c.charge_fen) FROM claims c
                    WHERE c.county_code = :county AND c.corrects_month = :month
                      AND (c.operator, c.kind, c.number_id) IN (
                          SELECT operator, kind, number_id FROM bindings
                           WHERE county_code = :county AND line_code = b.line_code
                             AND valid_during && daterange(:month::date, :next::date))), 0)::bigint AS charge_fen
          FROM bindings b
          JOIN plans p ON p.county_code = :county AND p.code = b.plan_code AND p.kind = b.kind
                      AND p.valid_during && (b.valid_during * daterange(:month::date, :next::date))
         WHERE b.county_code = :county AND b.line_code = ANY(:over_charge::text[] || ARRAY(SELECT line_code FROM parts))
         GROUP BY b.line_code)
    SELECT r.line_code AS subject, ARRAY[r.line_code] AS lines, claimed_fen AS at_risk_fen,
           format('申请 %s，当月最高月费 %s，核减 %s', format_yuan(claimed_fen),
                  (SELECT format_yuan(charge_fen) FROM charges WHERE charges.line_code = r.line_code),
                  format_yuan(over_fen)) || coalesce(p.whole, '') AS evidence
      FROM run_lines r
      JOIN unnest(:programmes::text[]) AS k (code) ON k.code = r.programme_code
      LEFT JOIN parts p ON p.line_code = r.line_code
     WHERE run_id = :run_id AND county_code = :county
       AND r.line_code = ANY(:over_charge::text[] || ARRAY(SELECT line_code FROM parts))
       AND in_snapshot AND ('OVER_CHARGE' = ANY(reasons) OR (p.whole IS NOT NULL AND claimed_fen > 0))
    """,
)
# A bill under another programme than the line is enrolled in, or under a kind in which its number is not bound. A
# correction is compared with the line of the month that it corrects, in that month and in the month of its file.
CLAIMED_UNDER_OTHER_PROGRAMME = Query(
    CheckRow,
    """
    WITH kinds AS (
        SELECT * FROM (VALUES ('mobile', '手机'), ('broadband', '宽带'), ('television', '电视')) AS k(kind, name)),
    claimed AS MATERIALIZED (
        SELECT c.*, daterange(m.month, (m.month + interval '1 month')::date) AS days
          FROM claims c CROSS JOIN LATERAL (SELECT coalesce(c.corrects_month, c.month) AS month) AS m
         WHERE c.county_code = :county AND c.number_id = ANY(:billed_otherwise::bigint[])
           AND (c.month = :month OR c.corrects_month = :month)),
    bound AS MATERIALIZED (
        SELECT c.file_id, c.row_number, c.operator, c.kind, c.number_id, c.programme_code, c.corrects_month,
               c.reduction_fen, c.days, b.line_code, b.kind AS own_kind
          FROM claimed c
          JOIN bindings b ON b.county_code = :county AND b.operator = c.operator AND b.number_id = c.number_id
                         AND b.valid_during && c.days),
    other AS (
        SELECT DISTINCT c.file_id, c.row_number, c.kind, c.programme_code, c.corrects_month, c.reduction_fen,
               r.line_code, c.own_kind, r.programme_code AS own_programme
          FROM bound c
          JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.line_code = c.line_code
                          AND r.in_snapshot
          JOIN unnest(:programmes::text[]) AS k (code) ON k.code = r.programme_code
         WHERE CASE WHEN c.kind = c.own_kind THEN c.programme_code <> r.programme_code
                    ELSE NOT EXISTS (SELECT FROM bindings o
                                      WHERE o.county_code = :county AND o.operator = c.operator AND o.kind = c.kind
                                        AND o.number_id = c.number_id AND o.valid_during && c.days) END)
    SELECT line_code AS subject, ARRAY[line_code] AS lines, greatest(sum(reduction_fen), 0)::bigint AS at_risk_fen,
           string_agg(format('%s写的是%s %s，登记的是%s %s；申请 %s',
                             coalesce(to_char(corrects_month, 'YYYY-MM 的冲正'), '账单'), billed.name, programme_code,
                             own.name, own_programme, format_yuan(reduction_fen)), '；'
                      ORDER BY other.kind, corrects_month NULLS FIRST, file_id, row_number) AS evidence
      FROM other
      JOIN kinds own ON own.kind = own_kind
      JOIN kinds billed ON billed.kind = other.kind
     GROUP BY line_code
    """,
)
CARD_OR_DEVICE_CHANGED = Query(
    CheckRow,
    """
    WITH own AS MATERIALIZED (
        SELECT r.line_code, r.claimed_fen
          FROM run_lines r
          JOIN unnest(:programmes::text[]) AS k (code) ON k.code = r.programme_code
         WHERE r.run_id = :run_id AND r.county_code = :county AND r.line_code = ANY(:changed::text[])),
    since AS MATERIALIZED (
        SELECT r.line_code, r.claimed_fen, b.valid_during, b.sim_id, b.device_id, b.change
          FROM own r
          JOIN bindings b ON b.county_code = :county AND b.line_code = r.line_code
                         AND lower(b.valid_during) >= :month AND lower(b.valid_during) < :next)
    SELECT b.line_code AS subject, ARRAY[b.line_code] AS lines, coalesce(b.claimed_fen, 0) AS at_risk_fen,
           format('%s 起卡号或设备不同，变更类型写的是“%s”', min(lower(b.valid_during)), min(b.change)) AS evidence
      FROM since b
      JOIN bindings a ON a.county_code = :county AND a.line_code = b.line_code
                     AND a.valid_during -|- b.valid_during AND a.valid_during << b.valid_during
     WHERE (a.sim_id IS DISTINCT FROM b.sim_id OR a.device_id IS DISTINCT FROM b.device_id)
       AND b.change NOT IN ('补换卡', '换机', '过户', '新办')
     GROUP BY b.line_code, b.claimed_fen
    """,
)
REMOVAL_OUTLIER = Query(
    CheckRow,
    """
    WITH rates AS (
        SELECT operator, count(*) AS lines, count(removed_on) AS removed,
               coalesce(sum(claimed_fen) FILTER (WHERE removed_on IS NOT NULL), 0)::bigint AS claimed_fen,
               array_agg(line_code ORDER BY line_code) FILTER (WHERE removed_on IS NOT NULL) AS removed_lines,
               min(g.min_lines) AS min_lines, min(g.factor) AS factor,
               sum(count(*)) OVER () AS all_lines, sum(count(removed_on)) OVER () AS all_removed
          FROM run_lines r
          JOIN unnest(:programmes::text[], :min_village_lines::integer[], :removal_factor::integer[])
                 AS g (code, min_lines, factor) ON g.code = r.programme_code
         WHERE r.run_id = :run_id AND r.county_code = :county AND r.in_snapshot
           AND EXISTS (SELECT FROM programme_rules p
                        WHERE p.county_code = :county AND p.programme_code = r.programme_code
                          AND p.idle_days IS NOT NULL AND p.valid_during && daterange(:month::date, :next::date))
         GROUP BY operator)
    SELECT operator AS subject, removed_lines AS lines, claimed_fen AS at_risk_fen,
           format('%s 条移出 %s 条；全县 %s 条移出 %s 条（%s 倍以上，至少 %s 条）', lines, removed, all_lines,
                  all_removed, factor, min_lines) AS evidence
      FROM rates
     WHERE lines >= min_lines AND removed > 0
       AND removed * all_lines >= factor * all_removed * lines
    """,
)
ENROLMENT_BURST = Query(
    CheckRow,
    """
    SELECT min(e.agent) AS subject, array_agg(r.line_code ORDER BY r.line_code) AS lines,
           coalesce(sum(r.claimed_fen), 0)::bigint AS at_risk_fen,
           format('%s 天内代办 %s 件（%s 件以上）',
                  max(g.days), max(e.within), min(g.enrolments)) AS evidence
      FROM unnest(:burst_lines::text[], :burst_persons::bytea[], :burst_agents::text[], :burst_within::bigint[])
             AS e(line_code, person, agent, within)
      JOIN run_lines r ON r.run_id = :run_id AND r.county_code = :county AND r.line_code = e.line_code
      JOIN unnest(:programmes::text[], :burst_enrolments::integer[], :burst_days::integer[])
             AS g (code, enrolments, days) ON g.code = r.programme_code
     GROUP BY e.person
    HAVING max(e.within) >= min(g.enrolments)
    """,
)
EQUAL_SUMS_IN_VILLAGE = Query(
    CheckRow,
    """
    WITH claimed AS MATERIALIZED (
        SELECT village_code, line_code, claimed_fen, g.min_lines
          FROM run_lines r
          JOIN unnest(:programmes::text[], :min_village_lines::integer[]) AS g (code, min_lines)
            ON g.code = r.programme_code
         WHERE run_id = :run_id AND county_code = :county AND claimed_fen > 0 AND village_code IS NOT NULL),
    equal AS (
        SELECT village_code, min(min_lines) AS min_lines
          FROM claimed
         GROUP BY village_code
        HAVING count(*) >= min(min_lines) AND min(claimed_fen) = max(claimed_fen))
    SELECT village_code AS subject, array_agg(line_code ORDER BY line_code) AS lines,
           sum(claimed_fen)::bigint AS at_risk_fen,
           format('%s 条申请都是 %s（%s 条以上）',
                  count(*), format_yuan(min(claimed_fen)), min(equal.min_lines)) AS evidence
      FROM equal JOIN claimed USING (village_code)
     GROUP BY village_code
    """,
)
