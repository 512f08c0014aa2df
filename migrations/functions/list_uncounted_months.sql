-- Package: reports.
-- Return closed months of all counties of which the figures of reports are not counted, or changed since they were,
-- the longest waiting first. A change is seen when it is committed, minutes after the time that it carries at most.
CREATE OR REPLACE FUNCTION list_uncounted_months(p_most integer) RETURNS TABLE (county_code text, month date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT m.county_code, m.month
      FROM county_months m
      LEFT JOIN counted_months k ON k.county_code = m.county_code AND k.month = m.month
     WHERE m.state = 'closed' AND m.changed_at >= coalesce(k.counted_at - interval '10 minutes', '-infinity')
     ORDER BY m.changed_at, m.county_code, m.month
     LIMIT p_most
$$;
REVOKE ALL ON FUNCTION list_uncounted_months FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_uncounted_months TO market_app;
