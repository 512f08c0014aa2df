-- Package: subsidies.
-- Return what each account of the clawbacks should hold in the ledger: what is receivable of each debtor of a county, what was claimed,
-- recovered and set off in a year; accounts that hold nothing may be missing.
CREATE OR REPLACE FUNCTION sum_receivables() RETURNS TABLE (code text, fen bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH moves (county_code, debtor, kind, at, fen) AS (
        SELECT county_code, coalesce(operator, debtor), 'clawback', posted_at, amount_fen FROM clawbacks WHERE posted_at IS NOT NULL
        UNION ALL
        SELECT e.county_code, coalesce(c.operator, c.debtor),
               CASE e.kind WHEN 'repaid' THEN 'recovered' WHEN 'set_off' THEN 'setoff' ELSE 'clawback' END,
               coalesce(e.decided_at, e.recorded_at), -e.fen
          FROM clawback_entries e JOIN clawbacks c ON c.id = e.clawback_id
         WHERE e.outcome = 'confirmed'
    ), lines (code, fen) AS (
        SELECT format('receivable:%s:%s', county_code, debtor), fen FROM moves
        UNION ALL
        SELECT format('%s:%s:%s', kind, county_code, extract(year FROM business_day(at))), -fen FROM moves)
    SELECT lines.code, sum(lines.fen)::bigint FROM lines GROUP BY lines.code;
$$;
REVOKE ALL ON FUNCTION sum_receivables FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sum_receivables TO market_app;
