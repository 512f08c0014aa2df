-- Package: subsidies.
-- Return how many matters of a village are under public notice on a day, by kind, source and reason: no household and no
-- person. It runs as the owner, because the public sees no county's register.
CREATE OR REPLACE FUNCTION sum_up_notices(p_village text, p_day date)
RETURNS TABLE (kind text, source text, reason text, notice_from date, notice_until date, matters bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT kind, source, reason, lower(notice), upper(notice), count(*)
      FROM leads
     WHERE village_code = p_village AND state IN ('noticed', 'reviewed') AND notice @> p_day
     GROUP BY kind, source, reason, notice
     ORDER BY lower(notice), kind, source, reason
$$;
REVOKE ALL ON FUNCTION sum_up_notices FROM PUBLIC;
GRANT EXECUTE ON FUNCTION sum_up_notices TO market_app;
