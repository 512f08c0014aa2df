-- Package: subsidies.
-- Return for each county of some scopes, each operator and each of the last months whether its bill has come. A bill is
-- expected of an operator with a bound line in the month, from the county's first cycle on; it is due on the 20th of the
-- next month. Runs as the owner, because one scope shows one county only; it returns counts and sums.
CREATE OR REPLACE FUNCTION list_file_states(p_scopes text[], p_operators text[], p_today date, p_months integer)
RETURNS TABLE (
    county_code text, month date, operator text, due_on date, files integer, rows bigint, rejected bigint, sum_fen bigint,
    arrived_on date
)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
BEGIN ATOMIC
    WITH begun AS (
        SELECT c.county_code, min(c.month) AS first FROM cycles c
         WHERE EXISTS (SELECT FROM unnest(p_scopes) AS scope WHERE starts_with(c.county_code, scope))
         GROUP BY c.county_code),
    spans AS (
        SELECT b.county_code, s.month::date AS month, (s.month + interval '1 month')::date AS until
          FROM begun b
         CROSS JOIN generate_series(
               greatest(b.first, date_trunc('month', p_today::timestamp) - make_interval(months => p_months)),
               date_trunc('month', p_today::timestamp) - interval '1 month', interval '1 month') AS s(month)),
    sent AS (
        SELECT s.county_code, s.month, s.until, o.operator, f.files, f.rows, f.rejected, f.sum_fen, f.arrived_on
          FROM spans s
         CROSS JOIN unnest(p_operators) AS o(operator)
         CROSS JOIN LATERAL (
               SELECT count(*) FILTER (WHERE r.id IS NULL)::integer AS files,
                      coalesce(sum(i.rows) FILTER (WHERE r.id IS NULL), 0)::bigint AS rows,
                      coalesce(sum(i.rejected) FILTER (WHERE r.id IS NULL), 0)::bigint AS rejected,
                      coalesce(sum(i.sum_fen) FILTER (WHERE r.id IS NULL), 0)::bigint AS sum_fen,
                      business_day(min(i.imported_at)) AS arrived_on
                 FROM import_files i LEFT JOIN import_files r ON r.replaces = i.id
                WHERE i.county_code = s.county_code AND i.kind = 'billing' AND i.operator = o.operator
                  AND i.month = s.month) AS f)
    SELECT t.county_code, t.month, t.operator, t.until + 19, t.files, t.rows, t.rejected, t.sum_fen, t.arrived_on
      FROM sent t
     WHERE t.files > 0
        OR EXISTS (SELECT FROM bindings b
                    WHERE b.county_code = t.county_code AND b.operator = t.operator
                      AND b.valid_during && daterange(t.month, t.until))
     ORDER BY t.month DESC, t.county_code, array_position(ARRAY['mobile', 'unicom', 'telecom'], t.operator);
END;
REVOKE ALL ON FUNCTION list_file_states FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_file_states TO market_app;
