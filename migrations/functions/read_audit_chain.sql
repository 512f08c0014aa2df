-- Package: audit.
-- The next entries of a chain after a sequence number, oldest first, those of archived months before the others.
CREATE OR REPLACE FUNCTION read_audit_chain(p_chain smallint, p_after bigint, p_limit integer) RETURNS SETOF audit_entries
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    place text;
    found bigint;
    missing bigint := p_limit;
BEGIN
    FOR place IN
        SELECT 'market_archive.' || quote_ident(a.partition)
          FROM archived_audit_heads h JOIN archived_partitions a USING (partition)
         WHERE h.chain = p_chain AND h.sequence > p_after AND to_regclass('market_archive.' || quote_ident(a.partition)) IS NOT NULL
         ORDER BY h.sequence
    LOOP
        RETURN QUERY EXECUTE format('SELECT * FROM %s WHERE chain = $1 AND sequence > $2 ORDER BY sequence LIMIT $3', place)
               USING p_chain, p_after, missing;
        GET DIAGNOSTICS found = ROW_COUNT;
        missing := missing - found;
    END LOOP;
    RETURN QUERY SELECT * FROM audit_entries WHERE chain = p_chain AND sequence > p_after ORDER BY sequence LIMIT missing;
END
$$;
REVOKE ALL ON FUNCTION read_audit_chain FROM PUBLIC;
GRANT EXECUTE ON FUNCTION read_audit_chain TO market_app;
