-- Package: conversations.
-- Delete conversations in which nothing was written since `p_before`, at most `p_most`, and return how many; whoever deletes
-- unused photos deletes theirs.
CREATE OR REPLACE FUNCTION delete_conversations(p_before timestamptz, p_most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH deleted AS (
        DELETE FROM conversations
         WHERE suborder_id IN (SELECT suborder_id FROM conversations WHERE last_at < p_before
                                ORDER BY last_at, suborder_id LIMIT p_most)
        RETURNING 1
    )
    SELECT count(*)::integer FROM deleted
$$;
REVOKE ALL ON FUNCTION delete_conversations FROM PUBLIC;
GRANT EXECUTE ON FUNCTION delete_conversations TO market_app;
