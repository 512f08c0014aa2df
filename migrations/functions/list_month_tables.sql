-- Package: kernel.
-- The tables of the market that are partitioned by month: the column of the month, what it is, and for how many months at
-- least a table keeps its partitions before they move to the archive. A `number` begins with its month, 26120000000042 is of
-- December 2026; an `id` is a UUID of version 7; a `day` is a date. Ids and numbers have the month of the database server, in UTC.
CREATE OR REPLACE FUNCTION list_month_tables() RETURNS TABLE (name text, key text, kind text, kept integer)
LANGUAGE sql IMMUTABLE AS $$
    VALUES ('audit_entries', 'sequence', 'number', 60),
           ('usage_days', 'used_on', 'day', 120),
           ('claims', 'month', 'day', 120),
           ('run_lines', 'run_id', 'id', 120),
           ('run_explanations', 'run_id', 'id', 120)
$$;
