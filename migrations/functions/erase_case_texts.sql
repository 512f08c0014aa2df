-- Package: casework.
-- Put `p_text` and `p_reason`, which are sealed, in place of what was written in cases of some categories that ended before a time;
-- return how many cases.
CREATE OR REPLACE FUNCTION erase_case_texts(
    p_categories text[], p_before timestamptz, p_text bytea, p_reason bytea, p_at timestamptz, p_most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH erased AS (
        UPDATE cases SET text_sealed = p_text, text_erased_at = p_at
         WHERE id IN (SELECT id FROM cases
                       WHERE category = ANY(p_categories) AND state = 'closed' AND closed_at < p_before
                         AND text_erased_at IS NULL
                       ORDER BY closed_at LIMIT p_most FOR NO KEY UPDATE SKIP LOCKED)
        RETURNING id
    ), events AS (
        UPDATE case_events SET reason_sealed = p_reason
         WHERE case_id IN (SELECT id FROM erased) AND reason_sealed IS NOT NULL
    )
    SELECT count(*)::integer FROM erased
$$;
REVOKE ALL ON FUNCTION erase_case_texts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_case_texts TO market_app;
