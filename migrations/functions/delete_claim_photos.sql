-- Package: aftersales.
-- Take the photos from the claims that were closed before `p_before`, at most `p_most`, and return how many; whoever
-- deletes unused photos deletes their files.
CREATE OR REPLACE FUNCTION delete_claim_photos(p_before timestamptz, p_most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH deleted AS (
        DELETE FROM claim_photos
         WHERE (case_id, photo_id) IN (
               SELECT case_id, photo_id FROM claim_photos JOIN cases ON cases.id = case_id
                WHERE state = 'closed' AND closed_at < p_before
                ORDER BY case_id, photo_id
                LIMIT p_most)
        RETURNING 1
    )
    SELECT count(*)::integer FROM deleted
$$;
REVOKE ALL ON FUNCTION delete_claim_photos FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delete_claim_photos TO market_app;
