-- The hash of the sums per account of the transactions after one and up to another, which are of one month; of a month
-- in the archive from there.
CREATE OR REPLACE FUNCTION {schema}.hash_sums(p_after bigint, p_through bigint) RETURNS bytea
    LANGUAGE plpgsql STABLE SET search_path = {schema}, pg_temp AS $$
DECLARE
    place text;
    hash bytea;
BEGIN
    SELECT '{schema}_archive.' || quote_ident('postings_' || suffix) INTO place
      FROM archived_months WHERE p_through >= first_id AND p_through < end_id;
    IF place IS NOT NULL AND to_regclass(place) IS NULL THEN
        RETURN '';
    END IF;
    EXECUTE format(
        'SELECT sha256(convert_to(coalesce(string_agg(account_id || '' '' || total, E''\n'' ORDER BY account_id), ''''),'
        '                         ''UTF8''))'
        '  FROM (SELECT account_id, sum(amount_minor) AS total FROM %s'
        '         WHERE transaction_id > $1 AND transaction_id <= $2 GROUP BY account_id) AS sums',
        coalesce(place, '{schema}.postings')) INTO hash USING p_after, p_through;
    RETURN hash;
END $$;
