-- A key is free again only with its transaction in the archive.
CREATE OR REPLACE FUNCTION {schema}.refuse_free_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM {schema}.transactions WHERE id = OLD.transaction_id) THEN
        RAISE EXCEPTION 'the key % is of a transaction of the ledger', OLD.key USING ERRCODE = 'PL004';
    END IF;
    RETURN OLD;
END $$;
