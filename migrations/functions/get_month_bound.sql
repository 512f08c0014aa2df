-- Package: kernel.
-- The first value of a month in the column of a table by month, as text.
CREATE OR REPLACE FUNCTION get_month_bound(p_kind text, p_month date) RETURNS text
LANGUAGE sql STABLE AS $$
    SELECT CASE p_kind
           WHEN 'day' THEN to_char(p_month, 'YYYY-MM-DD')
           WHEN 'id' THEN (lpad(to_hex((extract(epoch FROM p_month::timestamp AT TIME ZONE 'UTC') * 1000)::bigint), 12, '0')
                           || repeat('0', 20))::uuid::text
           WHEN 'number' THEN (to_char(p_month, 'YYMM')::bigint * 10000000000)::text
           END
$$;
