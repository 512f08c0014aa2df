CREATE OR REPLACE FUNCTION {schema}.make_number() RETURNS bigint
    LANGUAGE sql VOLATILE AS $$
    SELECT {schema}.get_first_number((clock_timestamp() AT TIME ZONE 'UTC')::date)
           + nextval('{schema}.transaction_numbers'::regclass)
$$;
REVOKE ALL ON FUNCTION {schema}.make_number FROM PUBLIC;
