-- Package: procurement.
-- Refuse to change or delete an entry of the book of quotas, whoever tries.
CREATE OR REPLACE FUNCTION refuse_entry_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the book of quotas is append-only' USING ERRCODE = 'P0244';
END
$$;
