-- Package: reports.
-- Return quarters of all counties of which a month changed since the figures were computed, the longest waiting first.
-- A month changes the figures of the later quarters too (users before, cumulative sums). A change is seen when it is
-- committed, minutes after the time that it carries at most: what changed shortly before the figures is computed again.
CREATE OR REPLACE FUNCTION list_changed_quarters(p_most integer) RETURNS TABLE (county_code text, quarter date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT q.county_code, q.quarter
      FROM (SELECT DISTINCT m.county_code, date_trunc('quarter', m.month)::date AS quarter FROM county_months m) AS q
     CROSS JOIN LATERAL (SELECT max(m.changed_at) AS changed_at FROM county_months m
                          WHERE m.county_code = q.county_code AND m.month < q.quarter + interval '3 months') AS latest
     WHERE latest.changed_at >= coalesce((SELECT min(s.computed_at) - interval '10 minutes' FROM quarter_sums s
                                           WHERE s.county_code = q.county_code AND s.quarter = q.quarter), '-infinity')
     ORDER BY latest.changed_at, q.county_code, q.quarter
     LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_changed_quarters FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_changed_quarters TO market_app;
