-- Package: services.
-- Take the photos from questions that were closed before a moment, of every county, at most `p_most`; return how many.
CREATE OR REPLACE FUNCTION drop_question_photos(p_before timestamptz, p_most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path TO 'public', 'pg_temp' AS $$
    WITH dropped AS (
        UPDATE questions SET photo_id = NULL
         WHERE case_id IN (SELECT q.case_id FROM questions q JOIN cases c ON c.id = q.case_id
                            WHERE q.photo_id IS NOT NULL AND c.closed_at < p_before LIMIT p_most)
        RETURNING 1)
    SELECT count(*)::integer FROM dropped;
$$;
REVOKE ALL ON FUNCTION drop_question_photos FROM PUBLIC;
GRANT EXECUTE ON FUNCTION drop_question_photos TO market_app;
