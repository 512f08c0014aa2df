-- Package: subsidies.
-- Return the decisions against the person of an account that they were told of: known by identity number, or by the phone of the account
-- being a mobile number bound to them on the day.
CREATE OR REPLACE FUNCTION find_own_clawbacks(p_account uuid, p_day date)
RETURNS TABLE (id uuid, county_code text, number bigint, ground text, amount_fen bigint, left_fen bigint, state text,
               decided_on date, appeal_until date, reason_sealed bytea, statement_sealed bytea, opinion_sealed bytea,
               ruling_sealed bytea, may_appeal boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT c.id, c.county_code, c.number, c.ground, c.amount_fen,
           c.amount_fen - coalesce((SELECT sum(fen) FROM clawback_entries
                                     WHERE clawback_id = c.id AND outcome = 'confirmed'), 0)::bigint,
           c.state, business_day(c.decided_at), c.appeal_until, c.reason_sealed, c.statement_sealed, c.opinion_sealed,
           (SELECT e.reason_sealed FROM clawback_appeals q JOIN case_events e USING (case_id)
             WHERE q.clawback_id = c.id AND e.move = 'answer'),
           c.state IN ('decided', 'served') AND p_day <= coalesce(c.appeal_until, 'infinity')
      FROM accounts a
      JOIN clawbacks c ON c.person_id IS NOT NULL AND c.state NOT IN ('proposed', 'refused')
      JOIN persons p ON p.id = c.person_id
     WHERE a.id = p_account
       AND (p.identity_index = a.identity_index
            OR EXISTS (SELECT FROM identifiers i JOIN bindings b ON b.number_id = i.id
                        WHERE i.value_index = a.phone_index AND b.kind = 'mobile' AND b.county_code = c.county_code
                          AND b.identity_index = p.identity_index AND b.valid_during @> p_day))
     ORDER BY c.number DESC
     LIMIT 100
$$;
REVOKE ALL ON FUNCTION find_own_clawbacks FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_own_clawbacks TO market_app;
