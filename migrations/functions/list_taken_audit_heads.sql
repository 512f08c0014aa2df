-- Package: audit.
-- The last entry of each chain in archived months whose tables are not in this database any more.
CREATE OR REPLACE FUNCTION list_taken_audit_heads() RETURNS TABLE (chain smallint, n bigint, hash text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT ON (chain) chain, sequence, encode(hash, 'hex')
      FROM archived_audit_heads
     WHERE to_regclass('market_archive.' || quote_ident(partition)) IS NULL
     ORDER BY chain, sequence DESC
$$;
REVOKE ALL ON FUNCTION list_taken_audit_heads FROM PUBLIC;
GRANT EXECUTE ON FUNCTION list_taken_audit_heads TO market_app;
