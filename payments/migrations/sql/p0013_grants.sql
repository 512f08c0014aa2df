-- The privileges of the caller's role on what p0013 adds. Only the owner detaches a month, and sees the archive.

GRANT SELECT ON {schema}.transactions, {schema}.postings, {schema}.transaction_keys, {schema}.archived_months,
      {schema}.archived_sums TO {role};
GRANT EXECUTE ON FUNCTION {schema}.post(text, text, text, timestamptz, text, text[], bigint[]) TO {role};
GRANT EXECUTE ON FUNCTION {schema}.make_months(integer) TO {role};

-- What was granted on tables before they became partitions: the role reads months by the table that they are part of.
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT inhrelid FROM pg_inherits
                 WHERE inhparent IN ('{schema}.transactions'::regclass, '{schema}.postings'::regclass) LOOP
        EXECUTE format('REVOKE ALL ON %s FROM {role}', part);
    END LOOP;
END $$;
