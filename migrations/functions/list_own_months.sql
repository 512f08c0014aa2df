-- Package: subsidies.
-- Return the lines of the person to whom a phone number is bound on a day, in the newest calculated months, open ones
-- included, whichever county the person belongs to: runs as the owner, and is asked with the keyed index of the number,
-- which only the service can compute. Nothing is told of a number that is bound to nobody on the day, so that who gets a
-- number later reads nothing of who had it. Of the month in which it passed the operator's bill, which is one for both,
-- is told to neither. Of the household's other lines only their number and sum are told.
CREATE OR REPLACE FUNCTION list_own_months(p_number_index bytea, p_closed text, p_day date, p_months integer)
RETURNS TABLE (
    month date, county text, operator text, kind text, closed boolean, charge_fen bigint, claimed_fen bigint,
    reduction_fen bigint, days integer, of_days integer, since date, held text, reasons text[], causes text[],
    household_lines integer, household_fen bigint, passed boolean, number_sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH holder AS (
        SELECT b.county_code, b.identity_index
          FROM bindings b
         WHERE b.number_id = (SELECT id FROM identifiers WHERE value_index = p_number_index)
           AND b.kind = 'mobile' AND b.valid_during @> p_day
         ORDER BY lower(b.valid_during) DESC LIMIT 1),
    months AS (
        SELECT c.id, c.month, c.county_code, c.run_id, c.state
          FROM cycles c JOIN holder USING (county_code)
         WHERE c.run_id IS NOT NULL ORDER BY c.month DESC LIMIT p_months),
    -- A line or a number that passed to the person is theirs from the month after: the month in which it passed is told to
    -- who had it before.
    own AS (
        SELECT c.id, b.line_code, (array_agg(b.number_id ORDER BY lower(b.valid_during) DESC))[1] AS number_id,
               bool_or(EXISTS (
               SELECT FROM bindings o
                WHERE o.identity_index <> b.identity_index
                  AND (o.number_key = b.number_key OR (o.county_code = b.county_code AND o.line_code = b.line_code))
                  AND o.valid_during && daterange(c.month, (c.month + interval '1 month')::date))) AS passed
          FROM months c
          JOIN bindings b ON b.county_code = c.county_code
                         AND b.valid_during && daterange(c.month, (c.month + interval '1 month')::date)
          JOIN holder h ON h.identity_index = b.identity_index
         WHERE NOT EXISTS (
               SELECT FROM bindings o
                WHERE o.identity_index <> b.identity_index
                  AND (o.number_key = b.number_key OR (o.county_code = b.county_code AND o.line_code = b.line_code))
                  AND o.valid_during && daterange(c.month, (c.month + interval '1 month')::date)
                  AND lower(o.valid_during) < lower(b.valid_during))
         GROUP BY c.id, b.line_code)
    SELECT c.month, c.county_code, r.operator, r.kind, c.state = p_closed,
           CASE WHEN NOT own.passed THEN k.charge_fen END, CASE WHEN NOT own.passed THEN r.claimed_fen END,
           CASE WHEN h.held IS NULL THEN r.approved_fen ELSE 0 END, r.payable_days,
           ((c.month + interval '1 month')::date - c.month),
           CASE WHEN e.entitled_from > c.month THEN e.entitled_from END, coalesce(h.held, ''), r.reasons, r.causes,
           f.lines, f.reduction_fen, own.passed, (SELECT value_sealed FROM identifiers WHERE id = own.number_id)
      FROM months c
      JOIN own ON own.id = c.id
      JOIN run_lines r ON r.run_id = c.run_id AND r.county_code = c.county_code AND r.line_code = own.line_code
      LEFT JOIN enrolments e ON e.county_code = r.county_code AND e.line_code = r.line_code AND e.decided
     CROSS JOIN LATERAL (
           SELECT sum(k.charge_fen)::bigint AS charge_fen
             FROM claims k
            WHERE k.county_code = c.county_code AND k.month = c.month AND k.corrects_month IS NULL
              AND k.operator = r.operator AND k.kind = r.kind
              AND k.number_id IN (SELECT number_id FROM bindings b
                                   WHERE b.county_code = r.county_code AND b.line_code = r.line_code)) AS k
     CROSS JOIN LATERAL (
           SELECT max(CASE WHEN l.verdict = 'stop' THEN 'stop' ELSE 'open' END) AS held
             FROM withheld_lines h
             JOIN finding_lines l ON l.finding_id = h.finding_id AND l.line_code = h.line_code
            WHERE h.cycle_id = c.id AND h.county_code = c.county_code AND h.line_code = r.line_code) AS h
     CROSS JOIN LATERAL (
           SELECT count(*)::integer AS lines, coalesce(sum(o.approved_fen), 0)::bigint AS reduction_fen
             FROM run_lines o
            WHERE o.run_id = c.run_id AND o.county_code = c.county_code AND o.household_code = r.household_code
              AND NOT EXISTS (SELECT FROM withheld_lines h
                               WHERE h.cycle_id = c.id AND h.county_code = c.county_code
                                 AND h.line_code = o.line_code)) AS f
     -- What is paid for another household is nothing of the person's, although they hold the number now.
     WHERE r.household_code IS NULL OR EXISTS (
           SELECT FROM holder h
             JOIN persons p ON p.county_code = h.county_code AND p.identity_index = h.identity_index
             JOIN memberships m ON m.person_id = p.id AND m.household_code = r.household_code
            WHERE lower(m.valid_during) < (c.month + interval '1 month')::date)
     ORDER BY c.month DESC, array_position(ARRAY['mobile', 'broadband', 'television'], r.kind), r.line_code
$$;
REVOKE ALL ON FUNCTION list_own_months FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_own_months TO market_app;
