-- Package: subsidies.
-- Return the closed months of one phone number, newest first, whichever county its line belongs to: runs as the owner,
-- and is asked with the keyed index of the number, which only the service can compute. An account of broadband may be
-- written like a phone number and be somebody else's. A month in which the line is held is not told: nothing of its
-- reduction is funded.
CREATE OR REPLACE FUNCTION list_bills(p_number_index bytea, p_closed text, p_limit integer) RETURNS TABLE (
    month date, county text, operator text, kind text, charge_fen bigint, reduction_fen bigint, pays_fen bigint,
    days integer, of_days integer, since date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.month, r.county_code, r.operator, r.kind, k.charge_fen, r.approved_fen, k.charge_fen - r.approved_fen,
           r.payable_days, ((c.month + interval '1 month')::date - c.month),
           CASE WHEN e.entitled_from > c.month THEN e.entitled_from END
      FROM bindings b
      JOIN run_lines r ON r.county_code = b.county_code AND r.line_code = b.line_code
      JOIN cycles c ON c.run_id = r.run_id AND c.state = p_closed
                   AND b.valid_during && daterange(c.month, (c.month + interval '1 month')::date)
      JOIN claims k ON k.county_code = b.county_code AND k.operator = b.operator AND k.kind = b.kind
                   AND k.number_id = b.number_id AND k.month = c.month AND k.corrects_month IS NULL
      LEFT JOIN enrolments e ON e.county_code = b.county_code AND e.line_code = b.line_code AND e.decided
     WHERE b.number_id = (SELECT id FROM identifiers WHERE value_index = p_number_index)
       AND b.kind = 'mobile' AND r.in_snapshot
       -- The months of an earlier holder of the number are not those of who has it now.
       AND b.identity_index = (SELECT o.identity_index FROM bindings o
                                WHERE o.number_id = b.number_id AND o.kind = 'mobile'
                                ORDER BY lower(o.valid_during) DESC LIMIT 1)
       -- Nor is a month in which it passed, to them or away, nor what is paid for another household.
       AND NOT EXISTS (SELECT FROM bindings o
                        WHERE o.number_key = b.number_key AND o.identity_index <> b.identity_index
                          AND o.valid_during && daterange(c.month, (c.month + interval '1 month')::date))
       AND (r.household_code IS NULL OR EXISTS (
            SELECT FROM persons p
              JOIN memberships m ON m.person_id = p.id AND m.household_code = r.household_code
             WHERE p.county_code = b.county_code AND p.identity_index = b.identity_index
               AND lower(m.valid_during) < (c.month + interval '1 month')::date))
       AND NOT EXISTS (SELECT FROM withheld_lines h
                        WHERE h.cycle_id = c.id AND h.county_code = r.county_code AND h.line_code = r.line_code)
     ORDER BY c.month DESC, r.line_code
     LIMIT p_limit
$$;
REVOKE ALL ON FUNCTION list_bills FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_bills TO market_app;
