-- The smallest number of a transaction that is posted in a month.
CREATE OR REPLACE FUNCTION {schema}.get_first_number(p_month date) RETURNS bigint
    LANGUAGE sql IMMUTABLE AS $$
    SELECT ((EXTRACT(year FROM p_month)::bigint - 2000) * 100 + EXTRACT(month FROM p_month)::bigint) * 1000000000000
$$;
