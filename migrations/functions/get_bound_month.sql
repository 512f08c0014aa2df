-- Package: kernel.
-- The month of a value in the column of a table by month.
CREATE OR REPLACE FUNCTION get_bound_month(p_kind text, p_value text) RETURNS date
LANGUAGE sql STABLE AS $$
    SELECT date_trunc('month', CASE p_kind
           WHEN 'day' THEN p_value::date
           WHEN 'id' THEN (to_timestamp(('x' || lpad(left(replace(p_value, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0)
                           AT TIME ZONE 'UTC')::date
           WHEN 'number' THEN to_date(lpad((p_value::bigint / 10000000000)::text, 4, '0'), 'YYMM')
           END)::date
$$;
