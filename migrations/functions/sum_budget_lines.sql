-- Package: subsidies.
-- Return what each budget line should hold, from the cycles: what is left of a county's year, and by funder what is
-- committed by decided months, spent by settled ones, and adjusted by postings for earlier months. `code` is that of
-- the ledger's account; lines that hold nothing may be missing.
CREATE OR REPLACE FUNCTION sum_budget_lines() RETURNS TABLE (code text, fen bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH used (kind, county_code, month, funder, fen) AS (
        SELECT 'committed', c.county_code, c.month, share.key, share.value::bigint
          FROM cycles c
          JOIN run_lines r ON r.run_id = c.run_id
         CROSS JOIN LATERAL jsonb_each_text(r.shares) AS share
         WHERE c.state = 'decided' AND share.key <> 'operator'
        UNION ALL
        SELECT CASE WHEN p.for_month = c.month THEN 'spent' ELSE 'adjusted' END, p.county_code, p.for_month, share.key,
               share.value::bigint
          FROM subsidy_postings p
          JOIN cycles c ON c.id = p.cycle_id
         CROSS JOIN LATERAL jsonb_each_text(p.shares) AS share
         WHERE share.key <> 'operator'
    ), lines (code, fen) AS (
        SELECT format('%s:%s:%s:%s', kind, county_code, extract(year FROM month), funder), fen FROM used
        UNION ALL
        SELECT format('budget:%s:%s', county_code, extract(year FROM month)), -fen FROM used
        UNION ALL
        SELECT format('budget:%s:%s', county_code, extract(year FROM month)), public_fen FROM budgets)
    SELECT lines.code, sum(lines.fen)::bigint FROM lines GROUP BY lines.code;
$$;
REVOKE ALL ON FUNCTION sum_budget_lines FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sum_budget_lines TO market_app;
