-- Package: reports.
-- Return quarters of all counties of which a month changed since the figures were computed, the longest waiting first.
-- A month changes the figures of the later quarters too (users before, cumulative sums). Each month is read once. A change is seen when it is
-- committed, minutes after the time that it carries at most: what changed shortly before the figures is computed again.
CREATE OR REPLACE FUNCTION list_changed_quarters(p_most integer) RETURNS TABLE (county_code text, quarter date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT q.county_code, q.quarter
      FROM (SELECT m.county_code, m.quarter,
                   max(max(m.changed_at)) OVER (PARTITION BY m.county_code ORDER BY m.quarter) AS changed_at
              FROM (SELECT county_code, date_trunc('quarter', month)::date AS quarter, changed_at FROM county_months) AS m
             GROUP BY m.county_code, m.quarter) AS q
      LEFT JOIN quarter_sums s
        ON s.county_code = q.county_code AND s.quarter = q.quarter AND s.operator = 'total' AND s.kind = 'all'
     WHERE q.changed_at >= coalesce(s.computed_at - interval '10 minutes', '-infinity')
     ORDER BY q.changed_at, q.county_code, q.quarter
     LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_changed_quarters FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_changed_quarters TO market_app;
