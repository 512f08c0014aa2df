-- Package: kernel.
-- Let the transactions that use up one quota of an owner wait for each other, until the end of this one.
CREATE OR REPLACE FUNCTION lock_quota(quota text, owner uuid) RETURNS void
LANGUAGE sql AS $$
    SELECT pg_advisory_xact_lock(7007, hashtext(concat_ws(' ', quota, owner)))
$$;
