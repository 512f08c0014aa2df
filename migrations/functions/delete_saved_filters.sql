-- Package: saved_filters.
-- Delete the oldest filters that were saved before a moment, at most p_most, and return how many.
CREATE OR REPLACE FUNCTION delete_saved_filters(p_before timestamptz, p_most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH deleted AS (
        DELETE FROM saved_filters
         WHERE (account_id, position) IN (SELECT account_id, position FROM saved_filters WHERE saved_at < p_before
                                           ORDER BY saved_at, account_id, position LIMIT p_most)
        RETURNING 1
    )
    SELECT count(*)::integer FROM deleted
$$;
REVOKE ALL ON FUNCTION delete_saved_filters FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delete_saved_filters TO market_app;
