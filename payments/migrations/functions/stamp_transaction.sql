-- `posted_in` distinguishes open from closed transactions, so the writer cannot set it (xmin is wrong in savepoints).
-- The key is taken in all months: by `post` before, else here.
CREATE OR REPLACE FUNCTION {schema}.stamp_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.posted_in := pg_current_xact_id();
    IF NOT EXISTS (SELECT FROM {schema}.transaction_keys WHERE key = NEW.key AND transaction_id = NEW.id) THEN
        INSERT INTO {schema}.transaction_keys (key, transaction_id, order_ref)
        VALUES (NEW.key, NEW.id, NEW.order_ref);
    END IF;
    RETURN NEW;
END $$;
